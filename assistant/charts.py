"""Charts of the evaluation's report and of the experts' page, as inline SVG.

Colours come from the page's style by class, so they follow light and dark.
"""

import math
from collections.abc import Sequence

import numpy as np
from markupsafe import Markup

from assistant.metrics import CurvePoint, thinned

__all__ = ["bars", "histogram", "interval_mark", "risk_chart", "timeline"]

_WIDTH, _HEIGHT = 560, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 24, 14, 44
_BINS = 25


def risk_chart(curves: Sequence[tuple[str, Sequence[CurvePoint]]], threshold: float, max_risk: float) -> Markup:
    """Risk (up) against coverage (right), one line for each (class, curve), a dot where `threshold` is now.

    A dashed line stands at `max_risk` (0..1).
    """
    worst = max((point.risk for _, curve in curves for point in curve), default=0.0)
    step = next(step for step in (0.02, 0.05, 0.1, 0.2) if max(worst, max_risk) <= 5 * step)
    lines = max(1, math.ceil(max(worst, max_risk) / step))
    top = lines * step
    parts = [_axes([number * step for number in range(lines + 1)], "Questions answered", "Answers that are wrong")]
    y = _y(max_risk / top)
    parts.append(f'<line class="promise" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y}" y2="{y}"/>')
    for name, curve in curves:
        points = " ".join(f"{_x(point.coverage)},{_y(point.risk / top)}" for point in thinned(curve))
        parts.append(f'<polyline class="line {name}" points="{points}"/>')
        now = [point for point in curve if point.threshold >= threshold][-1:]
        parts += [_dot(name, point, top) for point in now]
    return _svg(parts, "Risk against coverage")


def histogram(above: Sequence[float], below: Sequence[float], threshold: float) -> Markup:
    """Confidences (0..1) of two kinds of questions, one upwards, one downwards; heights are roots of shares."""
    middle = (_TOP + _HEIGHT - _BOTTOM) / 2
    parts = [_bins(above, "good", middle, -1), _bins(below, "bad", middle, 1)]
    parts.append(f'<line class="axis" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{middle}" y2="{middle}"/>')
    x = _x(threshold)
    parts.append(f'<line class="promise" x1="{x}" x2="{x}" y1="{_TOP}" y2="{_HEIGHT - _BOTTOM}"/>')
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        parts.append(f'<text class="tick" x="{_x(share)}" y="{_HEIGHT - 24}" text-anchor="middle">{share:.2f}</text>')
    parts.append(_caption("Confidence"))
    return _svg(parts, "Confidence of answerable and of other questions")


def bars(rows: Sequence[tuple[str, int]]) -> Markup:
    """Horizontal bars of counts with their labels and shares; the last one in the colour of failures."""
    total = sum(count for _, count in rows) or 1
    step = (_HEIGHT - 24) / max(len(rows), 1)
    parts = []
    for number, (label, count) in enumerate(rows):
        y, width = 12 + number * step, count / total * (_WIDTH - 210)
        kind = "bad" if number == len(rows) - 1 else "good"
        parts.append(
            f'<text class="label" x="92" y="{y + step / 2 + 4:.1f}" text-anchor="end">{Markup.escape(label)}</text>'
        )
        parts.append(
            f'<rect class="track" x="104" y="{y + 8:.1f}" width="{_WIDTH - 210}" height="{step - 16:.1f}" rx="4"/>'
        )
        parts.append(f'<rect class="bar {kind}" x="104" y="{y + 8:.1f}" width="{max(width, 2):.1f}" '
                     f'height="{step - 16:.1f}" rx="4"/>')  # fmt: skip
        parts.append(
            f'<text class="label" x="{_WIDTH - 94}" y="{y + step / 2 + 4:.1f}">{count / total:.1%} · {count}</text>'
        )
    return _svg(parts, "Rank of the right document")


def timeline(columns: Sequence[tuple[str, Sequence[tuple[str, int]], int, str]], label: str) -> Markup:
    """Stacked counts over time, the first class at the bottom, with one more count as a narrow bar in front.

    Each column is its name below, (class, count) pairs, the count in front, and the words that it stands for.
    """
    top = _round_up(max((sum(count for _, count in parts) for _, parts, _, _ in columns), default=0))
    step, bottom = (_WIDTH - _LEFT - _RIGHT) / max(len(columns), 1), _y(0)
    drawn = [_level(level, top) for level in sorted({0, top // 2, top})]
    named = {round(n * (len(columns) - 1) / 5) for n in range(6)}  # six names at most
    for number, (name, parts, front, words) in enumerate(columns):
        x, y = _LEFT + (number + 0.12) * step, bottom
        bars_of_column = []
        for kind, count in parts:
            height = count / top * (bottom - _TOP)
            y -= height
            bars_of_column.append(_bar(kind, x, y, step * 0.76, height))
        height = front / top * (bottom - _TOP)
        bars_of_column.append(_bar("front", x + step * 0.26, bottom - height, step * 0.24, height))
        drawn.append(f"<g><title>{Markup.escape(words)}</title>{''.join(bars_of_column)}</g>")
        if number in named:
            middle = f'x="{x + step * 0.38:.1f}" y="{_HEIGHT - 24}"'
            drawn.append(f'<text class="tick" {middle} text-anchor="middle">{Markup.escape(name)}</text>')
    return _svg(drawn, Markup.escape(label))


def interval_mark(value: float, low: float, high: float) -> Markup:
    """A share (0..1) on a line, with its interval."""
    x, start, end = (f"{4 + 112 * share:.1f}" for share in (value, low, high))
    return Markup(
        '<svg class="mark" viewBox="0 0 120 14" aria-hidden="true"><line class="track" x1="4" x2="116" y1="7" y2="7"/>'
        f'<line class="span" x1="{start}" x2="{end}" y1="7" y2="7"/><circle cx="{x}" cy="7" r="3.2"/></svg>'
    )


def _x(share: float) -> float:
    return round(_LEFT + share * (_WIDTH - _LEFT - _RIGHT), 1)


def _y(share: float) -> float:
    return round(_HEIGHT - _BOTTOM - share * (_HEIGHT - _TOP - _BOTTOM), 1)


def _axes(levels: Sequence[float], across: str, up: str) -> str:
    parts = []
    for level in levels:
        y = _y(level / levels[-1])
        parts.append(f'<line class="grid" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y}" y2="{y}"/>')
        parts.append(f'<text class="tick" x="{_LEFT - 8}" y="{y + 4}" text-anchor="end">{level:.0%}</text>')
    for share in (0, 0.2, 0.4, 0.6, 0.8, 1):
        parts.append(f'<text class="tick" x="{_x(share)}" y="{_HEIGHT - 24}" text-anchor="middle">{share:.0%}</text>')
    middle = (_TOP + _HEIGHT - _BOTTOM) / 2
    parts.append(f'<text class="tick" transform="translate(12 {middle}) rotate(-90)" text-anchor="middle">{up}</text>')
    return "".join(parts) + _caption(across)


def _round_up(value: int) -> int:
    """The next even round number, for the top of a scale."""
    power = int("1" + "0" * (len(str(value)) - 1))
    return next(step for step in (2 * power, 4 * power, 6 * power, 8 * power, 10 * power) if value <= step)


def _level(level: int, top: int) -> str:
    y = _y(level / top)
    line = f'<line class="grid" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y}" y2="{y}"/>'
    return line + f'<text class="tick" x="{_LEFT - 8}" y="{y + 4}" text-anchor="end">{level}</text>'


def _bar(kind: str, x: float, y: float, width: float, height: float) -> str:
    if height <= 0:
        return ""
    return f'<rect class="bar {kind}" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"/>'


def _caption(text: str) -> str:
    return (
        f'<text class="tick" x="{(_LEFT + _WIDTH - _RIGHT) / 2}" y="{_HEIGHT - 6}" text-anchor="middle">{text}</text>'
    )


def _dot(name: str, point: CurvePoint, top: float) -> str:
    words = f"from confidence {point.threshold:.2f}: {point.coverage:.1%} answered, {point.risk:.1%} of them wrong"
    at = f'cx="{_x(point.coverage)}" cy="{_y(point.risk / top)}"'
    return f'<circle class="dot {name}" {at} r="5"><title>{words}</title></circle>'


def _bins(values: Sequence[float], kind: str, middle: float, direction: int) -> str:
    counts, edges = np.histogram(values, bins=_BINS, range=(0, 1))
    width = (_WIDTH - _LEFT - _RIGHT) / _BINS
    parts = []
    for count, left, right in zip(counts, edges, edges[1:], strict=False):
        if count:
            height = math.sqrt(count / len(values)) * (middle - _TOP)
            y = middle - height if direction < 0 else middle
            parts.append(
                f'<rect class="bar {kind}" x="{_x(float(left)) + 1:.1f}" y="{y:.1f}" width="{width - 2:.1f}" '
                f'height="{height:.1f}" rx="2"><title>{left:.2f}–{right:.2f}: {count}</title></rect>'
            )
    return "".join(parts)


def _svg(parts: Sequence[str], label: str) -> Markup:
    # Every part is made here from numbers and fixed words; the labels of bars are escaped.
    return Markup(f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{label}">{"".join(parts)}</svg>')

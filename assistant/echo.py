"""Keeps a model from printing its instructions: runs of them, word for word, do not pass."""

__all__ = ["EchoFilter"]

_HELD = 16  # characters in common from which on a text is held back to see how it goes on
_ECHO = 48  # characters in common that are no accident


class EchoFilter:
    """Takes a stream apart from the runs that stand in a secret text."""

    def __init__(self, secret: str) -> None:
        self._secret = secret
        self._held = ""

    def feed(self, text: str) -> str:
        """What may pass now."""
        self._held += text
        return self._pass(final=False)

    def close(self) -> str:
        """What was held back and may pass."""
        return self._pass(final=True)

    def _pass(self, *, final: bool) -> str:
        passed: list[str] = []
        held, at = self._held, 0
        while at < len(held):
            run = self._run(held, at)
            grows = at + run == len(held) and not final
            if run >= _ECHO and not grows:
                at += run
            elif run >= _HELD and grows or grows and run >= len(held) - at:
                break
            else:
                passed.append(held[at])
                at += 1
        self._held = held[at:]
        return "".join(passed)

    def _run(self, text: str, at: int) -> int:
        """Length of the longest run from a position on that stands in the secret text."""
        if text[at : at + _HELD] not in self._secret:
            return 0
        length = len(text[at : at + _HELD])
        while at + length < len(text) and text[at : at + length + 1] in self._secret:
            length += 1
        return length

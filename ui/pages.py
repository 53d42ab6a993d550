"""Templates of all server-rendered HTML. Everything is escaped unless `ui.rendering` made it."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from ui.rendering import is_safe_link, render
from ui.texts import TEXTS, texts

__all__ = ["STATIC", "fragment", "preferred_language"]

STATIC = Path(__file__).parent / "static"


def fragment(template: str, language: str, **values: Any) -> Markup:
    """A template's HTML, with the texts of a language as `t`."""
    return Markup(_ENVIRONMENT.get_template(template).render(t=texts(language), language=language, **values))


def preferred_language(accept_language: str) -> str:
    """ "zh" or "en", whichever the browser's header names first; English where it names neither."""
    for entry in accept_language.lower().split(","):
        name = entry.partition(";")[0].strip()[:2]
        if name in TEXTS:
            return name
    return "en"


def _host(url: str) -> str:
    return urlsplit(url).netloc


def _environment() -> Environment:
    folder = Path(__file__).parent / "templates"
    environment = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.tests["safe_link"] = is_safe_link
    environment.filters["host"] = _host
    environment.filters["markdown"] = render
    return environment


_ENVIRONMENT = _environment()

"""`python -m ui.cli` is `dayi`."""

from ui.cli import run

run()

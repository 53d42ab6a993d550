"""A process that serves slow answers until it is told to stop; the first line it writes is its address."""

import sys
from pathlib import Path

from tests.ui.fakes import FakeServices
from ui.server import run_server
from ui.settings import Settings

services = FakeServices(Settings(data=Path(sys.argv[1])), delay_s=1.0, answer_text="段落\n\n" * 200)
run_server(services, host="127.0.0.1", port=0, ready=lambda address: print(address, flush=True))  # noqa: T201

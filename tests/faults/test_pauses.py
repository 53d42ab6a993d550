"""A full garbage collection stops every answer, so it must not look at all that the server has loaded."""

import subprocess
import sys
from pathlib import Path

PROGRAM = """
import gc, os, signal, sys, threading, time
from pathlib import Path
from tests.ui.fakes import FakeServices
from ui.server import run_server
from ui.settings import Settings

def watch():
    while not gc.get_freeze_count():
        time.sleep(0.05)
    print(gc.get_freeze_count(), len(gc.get_objects()), flush=True)
    os.kill(os.getpid(), signal.SIGTERM)

services = FakeServices(Settings(data=Path(sys.argv[1])))
run_server(services, host="127.0.0.1", port=0, ready=lambda _: threading.Thread(target=watch, daemon=True).start())
"""


def test_what_was_loaded_is_out_of_the_collectors_sight(tmp_path: Path) -> None:
    """Once the chat page is there, nine of ten objects are never looked at again."""
    command = [sys.executable, "-c", PROGRAM, str(tmp_path)]
    root = Path(__file__).parents[2]
    done = subprocess.run(command, cwd=root, stdout=subprocess.PIPE, text=True, timeout=120, check=True)
    kept, seen = map(int, done.stdout.split())
    assert kept > 9 * seen

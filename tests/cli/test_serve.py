"""`dayi serve --demo`: the whole product in one process, from nothing to an answer in the widget's own words."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

pytestmark = pytest.mark.slow


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[httpx.Client]:
    command = [sys.executable, "-m", "ui.cli", "serve", "--demo", "--port", "0", "--data", str(tmp_path / "data")]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        address = next((m[1] for line in process.stderr if (m := re.search(r"answers on (\S+)", line))), "")
        try:
            with httpx.Client(base_url=address, timeout=30) as client:
                yield client
        finally:
            process.terminate()
            process.stderr.read()


def test_demo_answers_in_the_widget(demo: httpx.Client) -> None:
    """The page, the script that it names, the site that the script asks for, and an answer with trees."""
    page = demo.get("/demo", headers={"Accept-Language": "en"}, follow_redirects=True)
    assert 'src="/widget.js" data-site-id="demo"' in page.text
    assert demo.get("/widget.js").status_code == 200
    site = demo.get("/api/v1/sites/demo").json()
    question = site["examples"]["en"][0]
    answer = demo.post("/api/v1/ask", json={"question": question, "site": "demo", "blocks": True}).json()
    assert (answer["product"], answer["outcome"]) == ("nacos", "answered")
    assert answer["blocks"]["quotes"]

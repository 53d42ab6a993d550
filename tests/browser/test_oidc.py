"""Signing in through a provider on another site, in a real browser: its cookie rules are what this must survive."""

import socket
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import BROWSER
from tests.oidc_provider import CLIENT_ID, CLIENT_SECRET, oidc_provider
from tests.ui.conftest import serving
from tests.ui.fakes import FakeServices
from ui.settings import OidcSettings, Settings

pytestmark = BROWSER


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.parametrize("scripts", [True, False])
def test_there_and_back(browser: Browser, tmp_path: Path, scripts: bool) -> None:
    """From a review page to the other site and back to that page, signed in, though the session's cookie is strict."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    with oidc_provider("localhost") as provider:  # to the browser, another site than 127.0.0.1
        oidc = OidcSettings(
            issuer=provider.issuer, client_id=CLIENT_ID, client_secret=CLIENT_SECRET, name="Example Login"
        )
        services = FakeServices(Settings(data=tmp_path, base_url=address, oidc=oidc))
        services.learning.experts.add("lin", None, oidc="lin@example.org")
        with serving(services, port=port):
            context = browser.new_context(java_script_enabled=scripts, locale="en-US")
            page, problems = context.new_page(), list[str]()
            page.on(
                "console",
                lambda m: problems.append(m.text) if m.type == "error" and "/favicon" not in str(m.location) else None,
            )
            page.goto(f"{address}/review/insight")
            page.get_by_role("link", name="Sign in with Example Login").click()
            page.get_by_role("link", name="Allow").click()  # so it is the other site that leads back
            page.wait_for_url(f"{address}/review/insight")
            expect(page.get_by_role("button", name="lin")).to_be_visible()
            assert "/authorize" in [path for path, _ in provider.requests]
            assert problems == []
            context.close()

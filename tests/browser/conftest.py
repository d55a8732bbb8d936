from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

#: The container's root cannot have chromium's sandbox; the rest keeps it from calling home.
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Run the browser of the machine."""
    path = shutil.which("chromium") or shutil.which("google-chrome")
    assert path, "no browser: apt-get install chromium"
    with sync_playwright() as playwright:
        there = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield there
        there.close()

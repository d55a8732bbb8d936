"""Debian's own browser, and windows of it that wait as long as a busy machine may need."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, BrowserContext, expect, sync_playwright

#: How long a page may take before a test gives up on it, in milliseconds: no test measures time.
PATIENCE = 120_000
#: The container's root cannot have chromium's sandbox; the rest keeps it from calling home.
_FLAGS = tuple(
    (
        "--no-sandbox --disable-gpu --disable-quic --no-first-run "
        "--disable-background-networking --disable-component-update --disable-sync"
    ).split()
)


@contextmanager
def launched() -> Iterator[Browser]:
    """Run the browser of the machine."""
    path = shutil.which("chromium") or shutil.which("google-chrome")
    assert path, "no browser: apt-get install chromium"
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=_FLAGS, timeout=PATIENCE)
        yield browser
        browser.close()


def window(browser: Browser, **options: Any) -> BrowserContext:  # noqa: ANN401  Playwright's own
    """Open a window that shares nothing with others; options are those of ``new_context``.

    It comes as through a TLS proxy.
    """
    context = browser.new_context(extra_http_headers={"X-Forwarded-Proto": "https"}, **options)
    context.set_default_timeout(PATIENCE)
    return context

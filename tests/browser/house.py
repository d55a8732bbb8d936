"""One real `briefing serve` in a folder of its own, and what a person sees of it."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.browser.windows import window
from tests.daytime import COMMAND
from tests.waiting import PATIENCE, wait_for
from tests.web.admin.sessions import Seated

ROOT = Path(__file__).parents[2]
PASSWORD = "three words and a number 7"  # noqa: S105  of a store that lives for one test
OPERATOR = "ines"
#: On the machine itself a session needs no https.
PLAIN = "http://127.0.0.1"
#: What axe-core calls a finding that keeps somebody out.
_GRAVE = {"serious", "critical"}


def settings(relay: int) -> str:
    """Return settings by which no edition is due for hours."""
    return f"""
name = "World Desk"
[web]
address = "https://briefing.example"
[publish]
oldest_hours = 0
[schedule]
at = "18:00"
zone = "America/Costa_Rica"
[mail]
sender = "desk@briefing.example"
host = "127.0.0.1"
port = {relay}
security = "none"
"""


def command(folder: Path, *words: str, given: str = "") -> str:
    """Run a command of ours in a folder; return what it says."""
    done = subprocess.run(  # noqa: S603  our own command
        [*COMMAND, *words],
        cwd=folder,
        input=given,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@dataclass(frozen=True)
class House:
    base: str
    folder: Path
    log: Path

    def at(self, path: str) -> str:
        return self.base + path


@contextmanager
def serving(folder: Path, *, port: int) -> Iterator[House]:
    """Serve the briefing of a folder until the end."""
    said, log = folder / "said.txt", folder / "log.txt"
    with said.open("w") as out, log.open("w") as told:
        words = [*COMMAND, "serve", "--port", str(port)]
        served = subprocess.Popen(words, cwd=folder, stdout=out, stderr=told)  # noqa: S603  our own command
        try:
            wait_for(lambda: "served at" in said.read_text() or served.poll() is not None)
            first = said.read_text()
            assert "served at" in first, log.read_text()
            yield House(first.split("served at ")[1].split(";")[0], folder, log)
        finally:
            served.terminate()
            assert served.wait(PATIENCE) in {0, -15}, log.read_text()


def findings(page: Page) -> list[str]:
    """Return what would keep somebody from using the page, by axe-core."""
    found = Axe().run(page).response["violations"]
    return [
        f"{page.url}: {one['id']}: {node['target']}"
        for one in found
        if one["impact"] in _GRAVE
        for node in one["nodes"]
    ]


def looks(page: Page) -> Iterator[int]:
    """Look at a page light and dark in windows of each width: nothing keeps out, all is in it."""
    for colors in ("light", "dark"):
        page.emulate_media(color_scheme=colors)
        for wide in (1280, 768, 390, 320):
            page.set_viewport_size({"width": wide, "height": 1000})
            assert findings(page) == [], (colors, wide)
            assert page.evaluate("document.documentElement.scrollWidth") == wide, page.url
            yield wide


def seat(browser: Browser, session: Seated, path: str, **options: Any) -> Page:  # noqa: ANN401  Playwright's own
    """Open a page for an operator who is signed in at a desk whose address is plain."""
    size = {"width": 1280, "height": 1000}
    context = window(
        browser, base_url=f"{PLAIN}:{session.web.port}", **{"viewport": size, **options}
    )
    name, _, value = session.cookies["Cookie"].partition("=")
    context.add_cookies([{"name": name, "value": value, "url": PLAIN}])
    page = context.new_page()
    page.goto(path)
    return page


def sign_in(page: Page, house: House) -> None:
    """Sign in as an operator who reads English, whatever the language of the briefing."""
    page.request.post(house.at("/admin/language"), form={"language": "en"})
    page.goto(house.at("/admin"))
    page.get_by_label("Name").fill(OPERATOR)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/admin")

"""All pages in a real browser, when every stored word is an attack: nothing runs, nothing leaks."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.browser.windows import window
from tests.newsday import TODAY
from tests.web.hostile import EVIL, Target, crawl, target

pytestmark = pytest.mark.slow
#: On the machine itself a session needs no https.
#: Of the machine itself; a browser trusts it with the cookies of https.
HERE = "https://127.0.0.1"
#: Notes in the page what its policy had to stop.
WATCH = (
    "window.__stopped = [];"
    "document.addEventListener('securitypolicyviolation',"
    " event => window.__stopped.push(`${event.violatedDirective} ${event.blockedURI}`));"
)
#: What a page holds that could run or could load something.
LIVE = """() => {
  const found = [];
  for (const one of document.querySelectorAll('*')) {
    const name = one.localName;
    if (one.matches('script[src^="/"]:empty')) continue;  // our own
    if (/^(script|iframe|object|embed|base|foreignobject|animate|set)$/i.test(name))
      found.push(`<${name}>`);
    for (const {name: key, value} of one.attributes) {
      if (/^on/i.test(key) || key === 'style' || key === 'srcdoc') found.push(`${name} ${key}`);
      const leads = /^(href|src|action|formaction|xlink:href)$/i.test(key);
      if (leads && /^\\s*(javascript|data|vbscript):/i.test(value))
        found.push(`${name} ${key}=${value}`);
      if (key === 'autofocus') found.push(`${name} ${key}`);
    }
  }
  return found;
}"""
#: Lets every handler run that a pointer, a key or a focus could set off.
TOUCH = """() => {
  for (const one of document.querySelectorAll('*'))
    for (const kind of ['mouseover', 'focus', 'load', 'error', 'toggle', 'animationstart'])
      one.dispatchEvent(new Event(kind, {bubbles: false}));
}"""


@dataclass
class Seen:
    """What a browser did that nobody wanted."""

    base: str
    trouble: list[str] = field(default_factory=list)

    def watch(self, context: BrowserContext) -> None:
        context.add_init_script(WATCH)
        context.on("request", lambda one: self._request(one.url))
        context.on("dialog", lambda one: self._dialog(one.message))
        context.on("console", lambda one: self._console(one.type, one.text))
        context.on("weberror", lambda one: self.trouble.append(f"error {one.error}"))
        context.on("page", lambda one: one.on("popup", lambda _: self.trouble.append("popup")))

    def _request(self, url: str) -> None:
        if not url.startswith(f"{self.base}/"):
            self.trouble.append(f"request {url}")

    def _dialog(self, message: str) -> None:
        self.trouble.append(f"dialog {message}")

    def _console(self, kind: str, text: str) -> None:
        # A page that answers 4xx or 5xx, and a question that names no day: known, and no harm.
        if not text.startswith(("Failed to load resource", "The specified value")):
            self.trouble.append(f"{kind} {text}")

    def look(self, page: Page, path: str) -> None:
        """Open a page and set off what may be in it."""
        page.goto(self.base + path, wait_until="load")
        page.evaluate(TOUCH)
        ran = page.evaluate("typeof window.__ran")
        stopped = page.evaluate("window.__stopped")
        live = page.evaluate(LIVE)
        if (ran, stopped, live) != ("undefined", [], []):
            self.trouble.append(f"{path}: ran {ran}, stopped {stopped}, live {live}")
        assert "1337" not in page.evaluate("document.documentElement.innerText"), path


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    with target(tmp_path_factory.mktemp("desk")) as made:
        yield made


def watched(one: Target, browser: Browser, *, signed_in: bool) -> tuple[Seen, Page]:
    seen = Seen(f"http://127.0.0.1:{one.web.port}")
    context = window(browser, bypass_csp=False)
    if signed_in:
        name, _, value = one.session.cookies["Cookie"].partition("=")
        context.add_cookies([{"name": name, "value": value, "url": HERE}])
    seen.watch(context)
    return seen, context.new_page()


def test_on_no_public_page_do_foreign_words_run(one: Target, browser: Browser) -> None:
    found = crawl(one, "/", f"/{TODAY}.html", "/archive?words=script", *one.links, signed_in=False)
    seen, page = watched(one, browser, signed_in=False)
    # Not a test of nothing: the attacks stand on the pages.
    assert sum("__ran" in found.answers[path].text for path in found.pages) > 15
    for path in found.pages:
        seen.look(page, path)
    assert seen.trouble == []


def test_on_no_page_of_the_administration_anything_runs(one: Target, browser: Browser) -> None:
    found = crawl(one, "/admin", "/admin/log?who=%3Cscript%3E__ran=1%3C/script%3E", signed_in=True)
    pages = [path for path in found.pages if path.startswith("/admin")]
    seen, page = watched(one, browser, signed_in=True)
    assert sum("__ran" in found.answers[path].text for path in pages) > 30
    for path in pages:
        seen.look(page, path)
    assert seen.trouble == []
    assert not any(EVIL in url and not url.startswith("mailto:") for url in found.foreign)


def test_what_a_person_types_or_asks_for_does_not_run(one: Target, browser: Browser) -> None:
    """Answers to forms and addresses show again what was sent."""
    attack = "%22%3E%3Cscript%3E__ran=1%3C/script%3E%3Cimg%20src=x%20onerror=__ran=1%3E"
    seen, page = watched(one, browser, signed_in=True)
    for path in (
        f"/archive?words={attack}&section={attack}&publisher={attack}&from={attack}&status={attack}",
        f"/admin/subscribers?q={attack}&state={attack}&page={attack}",
        f"/admin/sources?q={attack}&show={attack}&sort={attack}&order={attack}",
        f"/admin/log?who={attack}&message={attack}",
        f"/admin/sign-in?to={attack}",
        f"/{attack}",
        f"/confirm/{attack}",
        f"/admin/deliveries?day={attack}",
    ):
        seen.look(page, path)
    for path in ("/subscribe", "/preferences", "/admin/subscribers", "/admin/deliveries"):
        page.goto(seen.base + path)
        page.locator("input[name=mail]").fill('"><img src=x onerror=__ran=1>@web.example')
        page.locator("form:has(input[name=mail]) .acts button").first.click()
        page.wait_for_load_state()
        assert page.locator("[role=alert]").count() == 1
        assert page.evaluate("typeof window.__ran") == "undefined"
        assert page.evaluate(LIVE) == []
    assert seen.trouble == []


def test_the_watch_sees_what_would_run_and_what_is_stopped(one: Target, browser: Browser) -> None:
    """What the other tests rest on: an element put into a page by hand does not go unseen."""
    seen, page = watched(one, browser, signed_in=False)
    page.goto(f"{seen.base}/about")
    page.evaluate(
        "source => document.body.insertAdjacentHTML('beforeend', source)",
        f'<img src="//{EVIL}/i" onerror="__ran=1"><a href="javascript:__ran=1">x</a>',
    )
    page.wait_for_timeout(200)
    assert page.evaluate(LIVE) == ["img onerror", "a href=javascript:__ran=1"]
    assert len(page.evaluate("window.__stopped")) > 0
    assert any("Content Security Policy" in one for one in seen.trouble)

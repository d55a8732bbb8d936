"""What a browser could open of a desk by links, and by forms that ask."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode, urljoin, urlsplit

import httpx2
import lxml.html

from tests.web.hostile import LISTED, Target


@dataclass(frozen=True)
class Found:
    """Everything that a browser could open by links and by forms that ask, with what it got."""

    answers: dict[str, httpx2.Response]
    #: Addresses elsewhere to which a page leads.
    foreign: frozenset[str]

    @property
    def pages(self) -> list[str]:
        """Paths of what is shown as a page."""
        return [
            path
            for path, answer in self.answers.items()
            if answer.headers.get("content-type", "").startswith("text/html")
        ]


def crawl(
    one: Target, *starts: str, signed_in: bool, method: str = "GET", most: int = 400
) -> Found:
    """Open whatever is reached from some paths."""
    web, headers = one.web, one.session.cookies if signed_in else {}
    waiting, answers, foreign = list(starts), dict[str, httpx2.Response](), set[str]()
    while waiting:
        path = waiting.pop(0)
        if path in answers:
            continue
        assert len(answers) < most, "it does not end"
        answer = web.client.request("GET", path, headers=headers)
        if method != "GET":
            assert web.client.request(method, path, headers=headers).content == b""
        answers[path] = answer
        for url in addresses(answer, at=path):
            parts = urlsplit(url)
            if parts.netloc or parts.scheme:
                foreign.add(url)
            else:
                waiting.append(f"{parts.path}?{parts.query}" if parts.query else parts.path)
    return Found(answers, frozenset(foreign))


def addresses(answer: httpx2.Response, *, at: str) -> list[str]:
    """Return what an answer leads to: links, what it loads, forms that ask, a redirect."""
    found = [answer.headers["location"]] if "location" in answer.headers else []
    if answer.headers.get("content-type", "").startswith("text/html") and answer.text:
        root = lxml.html.fromstring(answer.text)
        found += root.xpath("//a/@href | //link/@href | //*/@src")
        for form in root.xpath("//form[@method='get' or not(@method)]"):
            found += _questions(form)
    own = {LISTED, "http://127.0.0.1"}
    full = [urljoin(at, str(url)) for url in found]
    shown = [next((u[len(o) :] or "/" for o in own if u.startswith(f"{o}/")), u) for u in full]
    return [url.partition("#")[0] or at for url in shown]


def _questions(form: lxml.html.FormElement) -> list[str]:
    """Return the address that a form asks as it stands, and one with words in every field."""
    told = [(str(name), str(value or "")) for name, value in form.form_values()]
    words = [(name, value or "council") for name, value in told]
    return [f"{form.get('action')}?{urlencode(pairs)}" for pairs in (told, words)]

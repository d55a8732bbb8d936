"""Invented mails, and how tests read them."""

import re
from dataclasses import replace
from html import unescape

from briefing.core.model import Edition, Section
from briefing.press.view import BriefView, PageView
from tests.fakes import brief, document, draft, edition_with, naming
from tests.present import present
from tests.press.test_html import Element, Tree

WEB = "https://desk.example/2026-03-12"


def cited_by_many(reports: int = 3, *, publishers: int = 5, url: str = "") -> Edition:
    """Return an edition of one story, whose first sentence further reports carry too."""
    sources = tuple(
        replace(document(number), url=url or f"https://courier.example/{number}")
        for number in range(reports)
    )
    told = replace(
        brief(sources[0], 2, story="s1", top=True),
        publishers=publishers,
        sources=tuple(source.id for source in sources),
    )
    return edition_with(told, sources=sources)


def filled_page(*, url: str) -> Edition:
    """Return the fullest page: 17 stories of three sentences and six reports, 12 named ones."""
    told = [brief(document(number), 3, story=f"s{number}") for number in range(17)]
    reports = [replace(document(number), url=f"{url}{number}") for number in range(17 * 6)]
    told = [
        replace(item, sources=tuple(f"d{17 * further + number}" for further in range(6)))
        for number, item in enumerate(told)
    ]
    first, *others = told
    sections = (
        Section("economy", (replace(first, top=True), *others[:5])),
        Section("security", tuple(others[5:10])),
        Section("diplomacy", tuple(others[10:])),
    )
    whole = naming(draft(0), *reports[:12]).edition
    return replace(whole, sections=sections, documents={report.id: report for report in reports})


def joined(text: str) -> str:
    return " ".join(text.split())


def contents(tree: Tree) -> list[Element]:
    entries = (item for item in tree.of("li") if item.attributes["class"] == "i entry")
    return [link for entry in entries for link in entry.children]


def numbers_of_sources(tree: Tree, tag: str = "a") -> list[Element]:
    """Return the numbers in the list of sources: links, or spans where there is no address."""
    return [link for item in tree.of("li", "source") for link in item.children if link.tag == tag]


def stories(page: PageView) -> list[BriefView]:
    return [present(page.top), *(item for band in page.bands for item in band.briefs)]


def number_of(mark: Element) -> int:
    return int(mark.text.strip("[+]"))


def visible(html: str) -> str:
    """Return what a reader sees of a page."""
    body = html[html.index("<body") :]
    return joined(unescape(re.sub(r"<[^>]*>", " ", re.sub(r"<br>", " ", body))))

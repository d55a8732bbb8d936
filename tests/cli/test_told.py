"""Who is told of which edit, against the bytes of the mails that each reader was sent."""

import io
import re
from collections.abc import Sequence
from datetime import timedelta
from email.message import EmailMessage
from html import unescape
from itertools import product
from pathlib import Path

import pytest
from pypdf import PdfReader

from briefing.cli import DONE, run
from briefing.core.model import NO_SECTIONS, Form
from tests.cli.told_news import EACH, Report, reports_of
from tests.daytime import stepped
from tests.mail.relays import Taken, real, sending
from tests.mailroom import opened, reader, subscribe
from tests.newsserver import RSS, News, NewsServer, give, page, rss

SETTINGS = """
name = "Ostra Desk"
[collect]
allow_hosts = ["127.0.0.1"]
allow_ports = [{news}]
delay = 0
[corrections]
notify = "now"
{mail}
[[watch]]
name = "money"
words = ["Central bank", "Nickel", "Unemployment"]
offer = true
[[watch]]
name = "arms"
words = ["rifles", "drones", "truce", "ambassador"]
offer = true
"""
SECTIONS = (
    (), ("economy",), ("security",), ("diplomacy",), ("economy", "security"),
    ("economy", "diplomacy"), ("security", "diplomacy"), NO_SECTIONS,
)  # fmt: skip
LISTS = ((), ("money",), ("arms",), ("money", "arms"))
#: Sections and watch-lists; a reader, and the path of a report.
Choice = tuple[tuple[str, ...], tuple[str, ...]]
Telling = tuple[str, str]
#: All but what chooses nothing, and one more.
CHOICES = [
    one for one in product(SECTIONS, LISTS) if one not in {(NO_SECTIONS, ()), ((), LISTS[3])}
]


@pytest.mark.parametrize(
    ("days", "choices"),
    [pytest.param(5, CHOICES, marks=pytest.mark.slow), (1, CHOICES[:13:4])],
    ids=["40 and 40 edits, 30 choices", "8 and 8 edits, 4 choices"],
)
def test_who_was_sent_words_is_told_and_nobody_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, days: int, choices: Sequence[Choice]
) -> None:
    monkeypatch.chdir(tmp_path)
    readers = [
        reader(f"{place}-{form}@readers.example", form=form, sections=sections, lists=lists)
        for place, (sections, lists) in enumerate(choices)
        for form in Form
    ]
    deserved: set[Telling] = set()
    heard: set[Telling] = set()
    with NewsServer() as news, real() as (port, taken), stepped() as later:
        (tmp_path / "briefing.toml").write_text(SETTINGS.format(news=news.port, mail=sending(port)))
        with opened(tmp_path) as store:
            subscribe(store, *readers)
        serve(news, reports_of(0))
        command("sources", "add", news.url("/feed"), "--kind", "feed", "--text", "page")
        for day in range(days):
            reports = reports_of(day)
            serve(news, reports)
            for step in ("collect", "publish", "deliver"):
                command(step)
            sent = words_by_reader(taken)
            assert len(sent) == len(readers)
            serve(news, [report.edited() for report in reports])
            for hours in (20, 1):
                later(timedelta(hours=hours))
                command("collect")
            command("deliver")
            told = words_by_reader(taken)
            for report, one in product(reports, readers):
                telling = (one.address, report.path)
                if report.substantial and has(sent[one.address], report.old):
                    deserved.add(telling)
                words = told.get(one.address, "")
                if news.url(report.path) in words.split():
                    heard.add(telling)
                    assert has(words, report.old), telling
                    assert has(words, report.new), telling
            later(timedelta(hours=3))
    right = len(deserved & heard)
    precision, recall = right / len(heard), right / len(deserved)
    figures = f"{len(deserved)} tellings deserved, {len(heard)} told, {right} right"
    (tmp_path / "figures.txt").write_text(f"{len(readers)} readers, {days * EACH} edits: {figures}")
    assert len(deserved) > len(readers) * days
    assert precision >= 0.99, sorted(heard - deserved)[:20]
    assert recall >= 0.99, sorted(deserved - heard)[:20]


def command(*words: str) -> None:
    assert run(words) == DONE, words


def serve(news: NewsServer, reports: Sequence[Report]) -> None:
    """Let the server show these reports, in its feed and as pages."""
    items = []
    for report in reports:
        url = news.at(report.path, give(page(report.title, [report.text])))
        items.append(News(report.title, url, guid=report.path))
    news.at("/feed", give(rss(items, title="Kalvik Post"), RSS))


def words_by_reader(taken: list[Taken]) -> dict[str, str]:
    """Return all that readers can see of the mails taken, each run of white space a space."""
    found: dict[str, str] = {}
    for mail in taken:
        parts = " ".join(map(words_of, mail.mail.walk()))
        assert mail.recipient not in found
        found[mail.recipient] = " ".join(parts.split())
    taken.clear()
    return found


def words_of(part: EmailMessage) -> str:
    """Return what can be seen of one part of a mail."""
    match part.get_content_type():
        case "text/plain":
            return str(part.get_content())
        case "text/html":
            body = str(part.get_content()).partition("<body")[2]
            return unescape(re.sub("<[^>]*>", "", body))
        case "application/pdf":
            pages = PdfReader(io.BytesIO(part.get_content())).pages
            return " ".join(page.extract_text() for page in pages)
        case _:
            return ""


def has(text: str, words: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(words)}(?!\w)", text) is not None

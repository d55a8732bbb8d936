import io
import json
import re
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from email.message import EmailMessage
from html import unescape
from itertools import product
from pathlib import Path

import pytest
from pypdf import PdfReader

from briefing.cli import DONE, FAILED, IN_PART, WRONG_USE, run
from briefing.core.model import NO_SECTIONS, Ending, Form, Step
from briefing.store import audit, open_store, runs
from tests.cli.told_news import EACH, Report, reports_of
from tests.daytime import stepped
from tests.mail.relays import Taken, real, sending
from tests.mailroom import opened, reader, subscribe
from tests.newsserver import RSS, News, NewsServer, give, page, redirect, refuse, rss
from tests.small_day import DAY, Said, told
from tests.sources.sandbox import live_pages


@pytest.fixture
def news() -> Iterator[NewsServer]:
    with NewsServer() as server:
        items = []
        for line in DAY:
            server.at(f"/{line['id']}", give(page(line["title"], line["text"].split("\n\n"))))
            items.append(News(line["title"], server.url(f"/{line['id']}"), "Read more…"))
        server.at("/feed", give(rss(items, title="Ostra Courier"), "application/rss+xml"))
        link = '<link rel="alternate" type="application/rss+xml" href="/feed">'
        server.at("/", give(page("Ostra Courier", ["All the news."], head=link)))
        yield server


@pytest.fixture
def desk(tmp_path: Path, news: NewsServer, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "briefing.toml").write_text(
        f'[collect]\nallow_hosts = ["127.0.0.1"]\nallow_ports = [{news.port}]\ndelay = 0\n'
        "[publish]\noldest_hours = 0\n"
    )
    return tmp_path


def test_a_site_becomes_a_source_and_prints(desk: Path, news: NewsServer, capsys: Said) -> None:
    out, _ = told(capsys, "sources", "add", news.url("/"))
    assert out == f"{news.url('/feed')}: added as feed\n"
    never = f"new      not yet               0  Ostra Courier  feed {news.url('/feed')}\n"
    assert told(capsys, "sources", "list")[0] == never
    assert "blurbs only, robots.txt: allowed" in told(capsys, "sources", "check")[0]
    told(capsys, "collect")
    listed = json.loads(told(capsys, "sources", "list", "--json")[0])
    assert listed[0]["name"] == "Ostra Courier"
    assert listed[0]["answered"]
    line = rf"well     \d{{4}}-\d\d-\d\d \d\d:\d\d {len(DAY):>6}  Ostra Courier  feed \S+\n"
    assert re.fullmatch(line, told(capsys, "sources", "list")[0])
    told(capsys, "publish", "--date", "2026-03-12", "-o", "page.pdf")
    assert (desk / "page.pdf").read_bytes().startswith(b"%PDF")
    proof = json.loads(told(capsys, "verify", "2026-03-12", "--json")[0])
    assert proof["failures"] == proof["corrections"] == []


def test_a_failing_source_stops_no_other(desk: Path, news: NewsServer, capsys: Said) -> None:
    news.at("/gone", refuse(410))
    told(capsys, "sources", "add", news.url("/feed"))
    told(capsys, "sources", "add", news.url("/gone"), "--kind", "feed")
    _, err = told(capsys, "collect", code=IN_PART)
    assert f"{news.url('/gone')}: no response since" in err
    facts = json.loads(told(capsys, "collect", "--json", code=IN_PART)[0])
    assert [one["source"] for one in facts["failing"]] == [news.url("/gone")]
    assert "no response since" in told(capsys, "sources", "list")[0]
    checked = json.loads(told(capsys, "sources", "check", "--json", code=IN_PART)[0])
    assert [one["reachable"] for one in checked] == [True, False]
    assert "cannot be read" in told(capsys, "sources", "check", code=IN_PART)[0]
    assert "removed" in told(capsys, "sources", "remove", news.url("/gone"))[0]
    assert (desk / "briefing.db").exists()


def test_make_takes_pages_and_feeds(desk: Path, news: NewsServer, capsys: Said) -> None:
    news.at("/moved", redirect(f"/{DAY[1]['id']}", status=302))
    told(capsys, "make", news.url("/feed"), "-o", "feed.pdf")
    told(capsys, "make", news.url("/moved"), "-o", "page.pdf")
    assert (desk / "feed.pdf").exists()
    assert (desk / "page.pdf").exists()
    news.at("/bare", give(rss([News("Only a title")]), "application/rss+xml"))
    _, err = told(capsys, "make", news.url("/bare"), "-o", "bare.pdf", code=FAILED)
    assert "the feed gives no text" in err
    secret = news.url("/feed").replace("http://", "http://desk:hidden@")
    assert "hidden" not in told(capsys, "make", secret, "-o", "secret.pdf", code=FAILED)[1]


def test_words_that_mean_nothing_are_wrong_use(desk: Path, capsys: Said) -> None:
    address = "http://desk:hidden@ostra.example/feed"
    _, err = told(capsys, "sources", "add", address, "--kind", "feed", code=WRONG_USE)
    assert "hidden" not in err
    assert "no sources yet" in told(capsys, "sources", "check", code=FAILED)[1]
    _, err = told(capsys, "sources", "import", "nowhere.opml", code=FAILED)
    assert "nowhere.opml: cannot be read" in err
    (desk / "no.opml").write_text("no list")
    _, err = told(capsys, "sources", "import", "no.opml", code=FAILED)
    assert err.startswith("briefing: no.opml: ")
    assert "--sources is missing" in told(capsys, "verify", "page.json", code=WRONG_USE)[1]
    _, err = told(capsys, "why", "2026-03-12", "s1", code=FAILED)
    assert "no edition of briefing was published on 2026-03-12" in err


def test_an_import_that_loses_an_outline_is_done_in_part(desk: Path, capsys: Said) -> None:
    row = '<outline type="rss" text="{}" xmlUrl="{}"/>'
    good, bad = row.format("Alder", "https://alder.example/rss"), row.format("Birch", "birch")
    (desk / "whole.opml").write_text(f"<opml><body>{good}{good}</body></opml>")
    (desk / "lost.opml").write_text(f"<opml><body>{good}\n{bad}</body></opml>")
    out, err = told(capsys, "sources", "import", "lost.opml", code=IN_PART)
    assert out == "lost.opml: 1 added, 0 already known, 1 outline skipped\n"
    assert "line 2: birch (Birch): not a web address" in err
    out, _ = told(capsys, "sources", "import", "whole.opml")
    assert out == "whole.opml: 0 added, 1 already known\n"


def test_what_commands_do_stands_in_two_logs(desk: Path, news: NewsServer, capsys: Said) -> None:
    told(capsys, "sources", "add", news.url("/"))
    told(capsys, "collect")
    told(capsys, "publish", "--date", "2026-03-12")
    news.at("/feed", refuse(410))
    told(capsys, "collect", code=FAILED)
    told(capsys, "publish", "--date", "2026-03-13", code=FAILED)  # nothing to print: not done
    with open_store("briefing.db", folder=desk) as store, store.read() as tx:
        ran = runs.recent(tx, "briefing")
        acts = audit.recent(tx)
    assert [(run.step, run.ending) for run in ran] == [
        (Step.COLLECT, Ending.FAILED),
        (Step.PUBLISH, Ending.DONE),
        (Step.COLLECT, Ending.DONE),
    ]
    assert "answers 410 (Gone)" in ran[0].words
    assert ran[1].day == date(2026, 3, 12)
    assert ran[2].figures["fresh"] == len(DAY)
    assert [(act.who, act.what, act.about) for act in acts] == [
        ("command", "collect", ""),
        ("command", "publish", "2026-03-12"),
        ("command", "collect", ""),
        ("command", "add source", news.url("/feed")),
    ]


def test_what_each_publisher_brought_is_counted(desk: Path, news: NewsServer, capsys: Said) -> None:
    url = news.url("/feed")
    told(capsys, "sources", "add", url, "--name", "Courier")
    assert "no reports since" in told(capsys, "sources", "ledger", code=FAILED)[1]
    told(capsys, "collect")
    told(capsys, "sources", "edit", url, "--grade", "B")
    (counted,) = json.loads(told(capsys, "sources", "ledger", "courier", "--json")[0])
    assert counted["name"] == "Courier"
    assert counted["reports"] > 0
    assert (counted["printed"], counted["silent"], counted["grades"]) == (0, 0, ["B"])
    assert "Courier  grade B" in told(capsys, "sources", "ledger", "--days", "365")[0]
    assert "no reports of 'Mail'" in told(capsys, "sources", "ledger", "Mail", code=FAILED)[1]


def test_a_source_is_edited_paused_and_resumed(desk: Path, news: NewsServer, capsys: Said) -> None:
    url = news.url("/feed")
    told(capsys, "sources", "add", url, "--weight", "1.5", "--kind", "state")
    (listed,) = json.loads(told(capsys, "sources", "list", "--json")[0])
    assert (listed["kind"], listed["genre"]) == ("feed", "state")
    told(capsys, "sources", "edit", url, "--name", "Courier", "--weight", "2", "--text", "page")
    told(capsys, "sources", "edit", url, "--kind", "")
    (listed,) = json.loads(told(capsys, "sources", "list", "--json")[0])
    assert listed["genre"] == ""
    assert (listed["name"], listed["weight"], listed["text"]) == ("Courier", 2.0, "page")
    told(capsys, "sources", "pause", url)
    assert "paused since" in told(capsys, "sources", "list")[0]
    assert "is already paused" in told(capsys, "sources", "pause", url, code=WRONG_USE)[1]
    told(capsys, "collect", code=FAILED)
    assert news.count("/feed") == 1  # when it was added
    told(capsys, "sources", "resume", url)
    assert "is not paused" in told(capsys, "sources", "resume", url, code=WRONG_USE)[1]
    told(capsys, "collect")
    assert news.count("/feed") == 2
    for words in (("edit", url), ("edit", "x", "--name", "y"), ("pause", "x"), ("resume", "x")):
        told(capsys, "sources", *words, code=WRONG_USE)
    told(capsys, "sources", "edit", url, "--name", "N" * 99, code=WRONG_USE)
    told(capsys, "sources", "edit", url, "--weight", "nan", code=WRONG_USE)
    told(capsys, "sources", "edit", url, "--grade", "b", code=WRONG_USE)
    _, err = told(capsys, "sources", "edit", url, "--kind", "rumor", code=WRONG_USE)
    assert "give one of wire, opinion" in err
    with open_store("briefing.db", folder=desk) as store, store.read() as tx:
        acts = [act.what for act in audit.recent(tx) if "source" in act.what]
    assert acts == ["resume source", "pause source", "edit source", "edit source", "add source"]


KINDS = {
    "jsonld": live_pages.by_json_ld,
    "microdata": live_pages.by_microdata,
    "blocks": lambda: live_pages.by_blocks("section"),
    "comments": live_pages.with_comments,
    "section": live_pages.section,
    "updated": live_pages.updated,
}


@pytest.mark.slow
def test_live_pages_are_dropped_and_counted(desk: Path, news: NewsServer, capsys: Said) -> None:
    items = [News(line["title"], news.url(f"/{line['id']}"), "Read more…") for line in DAY]
    for name, make in KINDS.items():
        markup = make().replace("Flood reaches Northwick", f"Flood seen from pier {name}")
        items.append(News(f"Flood {name}", news.at(f"/{name}", give(markup)), "Read more…"))
    news.at("/feed", give(rss(items), "application/rss+xml"))
    told(capsys, "sources", "add", news.url("/feed"), "--kind", "feed")
    told(capsys, "collect")
    told(capsys, "publish", "--date", "2026-03-12", "--json", "page.json")
    ledger = json.loads((desk / "page.json").read_text(encoding="utf-8"))["ledger"]
    assert ledger["dropped_documents"]["live blog"] == 3


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

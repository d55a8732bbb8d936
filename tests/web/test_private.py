"""Who can see what: the table of the documentation, walked over all addresses, forms and API."""

import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import time, timedelta
from functools import partial
from html import unescape
from io import BytesIO
from pathlib import Path

import httpx2
import pypdf
import pytest

from briefing.app.keys import digest_key
from briefing.app.publish import publish
from briefing.app.readers.letters import PATHS
from briefing.app.rounds.runs import RunRequests
from briefing.core import model
from briefing.core.schedule import Timetable
from briefing.core.text.watch import Matcher
from briefing.press.formats import FORMATS
from briefing.settings import FILE_NAME, LiveSettings, load
from briefing.setup.settings_editor import SettingsEditor
from briefing.store import audit, drafts, operators, sources
from briefing.web import admin
from briefing.web.api.handlers import OPERATIONS
from briefing.web.application import PAGES
from tests.desk import RECIPE
from tests.newsday import HARBOR, STRAIT, TODAY, YESTERDAY, report
from tests.publishing import FIRST, SECOND, SOURCE, Desk, at, publish_plan, with_mp3
from tests.store.releasing import made, plan
from tests.web.admin.sessions import Seated, seated
from tests.web.api.programs import ROOT
from tests.web.served import FORM, NOW, Served, served

NEXT = TODAY + timedelta(days=1)
DOCS = Path(__file__).parents[2] / "docs" / "operations.md"
VIEWERS = ("strangers", "readers", *(f"{role} token" for role in model.Role), "operators")
#: What shows each thing of the table; in no other text of the desk.
SIGNS: Mapping[str, tuple[str, ...]] = {
    "published edition": (STRAIT[0],),
    "label of a watch-list that readers may choose": ("Zqopen",),
    "label and name of any other watch-list": ("Zqlabel", "zqname"),
    "entries of a watch-list": ("Zqentry", "Zqhidden"),
    "number and addresses for alerts of a watch-list": ("zqalert@desk.example", "from 73 pub"),
    "draft before its release": ("7317",),
    "note of the desk before its edition": ("Zqnote",),
    "release of a draft, and by whom": ("zqsigner",),
    "choice of an editor for an edition to come": ("Zqchosen",),
    "grade of a source, unless `page.grades` prints it": ("grade F", '"grade"', "(F)"),
    "address of a reader": ("zqreader@courier.example",),
    "own words and mutes of a reader": ("Zqown", "Zqmuted"),
    "log of acts": ("Zqaudit",),
}
LISTS = (
    model.WatchList("zqopen", (model.WatchEntry("Zqhidden", ("Ottar",)),), "Zqopen", offer=True),
    model.WatchList(
        "zqname", (model.WatchEntry("Zqentry", ("Serrat",)),), "Zqlabel", pull=True, alert=73
    ),
)
SETTINGS = """
name = "Ostra Desk"
[[watch]]
name = "zqopen"
label = "Zqopen"
words = ["Zqhidden|Ottar"]
offer = true
[[watch]]
name = "zqname"
label = "Zqlabel"
words = ["Zqentry|Serrat"]
alert = 73
alert_mail = ["zqalert@desk.example"]
"""
#: All addresses outside the administration and the API: an address that is new is put here, and
#: what the table says of strangers then holds for it. "." stands for day, edition and week.
ADDRESSES = """
/site.css /admin.css /fonts/{name} /favicon.svg /favicon.ico /logo /robots.txt /keys.txt /healthz
/tomorrow.js /morning.js
/readyz /metrics /api/v1/{rest:path} / /archive /diary /diary.ics /sagas /saga/{id} /saga/{id}/feed
/watch /watch/{name} /feed /podcast /about /last.pdf /last.png /subscribe /preferences
/confirm/{token}
/preferences/{token} /unsubscribe/{token} ./ledger ./{sections:places}.pdf
./{sections:places} ./{sections:places}/source/{number}
..{paper}.pdf ./source/{number} .
"""
#: What a week in review has no address for.
OF_DAYS = ("./ledger", "./{sections:places}")
FORMS = [f"..{kind.suffix}" for kind in FORMATS.values() if kind.suffix]


def known() -> set[str]:
    return {
        one.replace(".", day, 1) if one.startswith(".") else one
        for one in (*ADDRESSES.split(), *FORMS)
        for day in ("/{day}", "/edition/{edition}/{day}", "/week/{week}")
        if not (day == "/week/{week}" and one.startswith(OF_DAYS))
    }


def table() -> dict[str, dict[str, bool]]:
    """Return who sees what, by thing and viewer."""
    text = DOCS.read_text("utf-8").partition("## Who can see what")[2].partition("\n## ")[0]
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    head, *rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    assert tuple(head[1:]) == VIEWERS
    assert {cell for row in rows for cell in row[1:]} == {"yes", "own", "no"}
    return {
        row[0]: dict(zip(VIEWERS, (cell != "no" for cell in row[1:]), strict=True)) for row in rows
    }


@dataclass
class House:
    web: Served
    session: Seated
    #: Paths of links of mails.
    links: tuple[str, ...]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("private")
    path = folder / "own" / FILE_NAME
    path.parent.mkdir()
    path.write_text(SETTINGS, encoding="utf-8")
    live = LiveSettings(path, partial(load, path), load(path))
    release = plan()
    with served(
        folder,
        name="Ostra Desk",
        watch=LISTS,
        release=release,
        timetable=release.timetable,
        requests=RunRequests(),
        editor=partial(SettingsEditor, path=path, live=live),
    ) as web:
        web.clock.at = NOW
        one = web.add(
            "zqreader@courier.example",
            sections=model.NO_SECTIONS,
            lists=("zqopen",),
            own_words=("Zqown",),
            muted=("Zqmuted until 2999-01-01",),
        )
        fill(web)
        links = tuple(web.path(purpose, one) for purpose in PATHS)
        yield House(web, seated(web), links)


def fill(web: Served) -> None:
    """Publish two days, and keep what is the desk's own."""
    desk = Desk(web.store)
    recipe = replace(RECIPE, watch=Matcher.of(LISTS), lists=model.offered_lists(LISTS))
    with web.store.write() as tx:
        sources.add(tx, model.Source(SOURCE, name="Zqsource", grade="F"), at=NOW)
    for day, reports in ((YESTERDAY, FIRST), (TODAY, SECOND)):
        desk.keep(*reports, when=at(day, 18))
        told = publish_plan(recipe=lambda _: recipe, press=desk.press, write=with_mp3)
        publish(web.store, told, day=day, now=at(day, 20))
    desk.keep(report("late", HARBOR, day=TODAY), when=at(TODAY, 20, 30))
    first = Timetable(time(20), "UTC")
    evening = Timetable(time(21), "UTC", edition="evening", others=(first,))
    told = publish_plan(recipe=lambda _: recipe, press=desk.press, timetable=evening)
    publish(web.store, told, day=TODAY, now=at(TODAY, 21))
    briefing = web.desk.briefing
    with web.store.write() as tx:
        operators.keep(tx, model.Operator("zqsigner", "hash", NOW - timedelta(days=1)))
        draft = drafts.put(tx, made(NEXT, variant=7317, number=3), recheck_at=None)
        drafts.sign(tx, draft.stored.id, model.Signature("zqsigner", NOW, draft.digest))
        drafts.put_note(
            tx,
            briefing,
            NEXT,
            model.DeskNote.of("Zqnote is ours.", signed="Desk"),
            who="ada",
            at=NOW,
        )
        choice = model.Choice(0, NEXT, model.Action.DROP, "gone", "", "Zqchosen", "ada", NOW, "")
        drafts.choose(tx, briefing, choice)
        audit.note(tx, model.AuditEvent(NOW, "ada", "test", "Zqaudit"))
        for role in model.Role:
            token = model.ApiToken(f"of {role}", role, NOW)
            operators.keep_token(tx, token, digest_key(f"briefing_{role}"))


def filled(path: str) -> Iterator[str]:
    """Yield a path with parts that are there."""
    parts = {
        "name": ("zqname", "zqopen", "SourceSansPro-Light.woff2"),
        "day": (f"{TODAY}", f"{NEXT}"),
        "week": (f"{TODAY}", f"{NEXT}"),
        "edition": ("evening",),
        "number": ("1",),
        "paper": ("letter",),
        "sections": ("w1", "1"),
        "rest": ("v1/openapi.json",),
        "id": ("s1", "1"),
        "step": ("publish",),
        "group": ("page",),
        "list": ("edition", "channel", "watch"),
        "page": ("editors.md",),
        "key": ("none",),
        "token": ("none",),
    }
    name = re.search(r"\{(\w+)(?::\w+)?\}", path)
    if name is None:
        yield path
        return
    for part in parts[name[1]]:
        yield from filled(path.replace(name[0], part, 1))


def words(answer: httpx2.Response) -> str:
    """Return all that somebody can read of an answer, its headers too."""
    content = answer.content
    text = answer.text
    if content.startswith(b"%PDF") and len(content) > 1_000:
        read = pypdf.PdfReader(BytesIO(content))
        text = "\n".join(page.extract_text() for page in read.pages)
        text += "\n".join(
            each.decode("utf-8", "replace") for all_ in read.attachments.values() for each in all_
        )
    elif content.startswith(b"PK"):
        with zipfile.ZipFile(BytesIO(content)) as book:
            text = "\n".join(book.read(one).decode("utf-8", "replace") for one in book.namelist())
    return f"{answer.headers}\n{unescape(text)}"


def seen(house: House, viewer: str) -> dict[str, str]:
    """Return what a viewer reads, by method and path."""
    web = house.web
    if viewer in {"strangers", "readers"}:
        return _outside(house, links=house.links if viewer == "readers" else ())
    if viewer == "operators":
        paths = [path for page in admin.PAGES for path in filled(page.path)]
        more = ("/admin/settings/lists/watch?row=zqname", f"/admin/tomorrow?day={NEXT}")
        return {path: words(house.session.get(path)) for path in (*paths, *more)}
    headers = {"Authorization": f"Bearer briefing_{viewer.partition(' ')[0]}"}
    asked = [path for one in OPERATIONS if one.method == "GET" for path in filled(one.path)]
    return {path: words(web.get(ROOT + path, headers=headers)) for path in asked}


def _outside(house: House, *, links: tuple[str, ...]) -> dict[str, str]:
    found = dict[str, str]()
    searches = [f"/archive?q={sign}" for signs in SIGNS.values() for sign in signs]
    pages = [(page, path) for page in PAGES for path in filled(page.path)]
    for path in (*(path for _, path in pages), *searches, *links):
        answer = house.web.get(path)
        assert answer.status_code in {503, *range(500)}, path
        found[path] = words(answer)
    for path in (*[path for page, path in pages if "POST" in page.methods], *links):
        found[f"POST {path}"] = words(house.web.post(path, {**FORM, "do": "none"}))
    return found


def test_no_address_is_unknown() -> None:
    assert ({page.path for page in PAGES} - {page.path for page in admin.PAGES}) == known()
    assert SIGNS.keys() == table().keys()


@pytest.mark.parametrize("viewer", VIEWERS)
def test_everybody_sees_what_the_table_says_and_no_more(house: House, viewer: str) -> None:
    read = seen(house, viewer)
    for thing, signs in SIGNS.items():
        # What somebody typed is no news to them.
        shown = {
            path: sign
            for path, text in read.items()
            for sign in signs
            if sign in text and sign not in path
        }
        if viewer == "operators":
            assert shown or thing in ELSEWHERE, thing
        elif table()[thing][viewer]:
            assert shown, f"{viewer} cannot see: {thing}"
        else:
            assert not shown, f"{viewer} sees: {thing}"


#: What operators see outside of the administration, or in a list that they download.
ELSEWHERE = {"published edition", "own words and mutes of a reader"}

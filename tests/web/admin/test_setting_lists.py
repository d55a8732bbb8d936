import json
import re
from collections.abc import Iterator
from functools import partial
from html import unescape
from pathlib import Path
from typing import Any

import httpx2
import pytest
from markupsafe import escape

from briefing.app.rounds.runs import RunRequests
from briefing.settings import load
from tests.examples import examples
from tests.listener import listening
from tests.web.admin.sessions import Seated, read_only, seated, seated_with_settings
from tests.web.served import title

SECTIONS, WATCH, EDITIONS, CHANNELS = (
    f"/admin/settings/lists/{key}" for key in ("sections", "watch", "edition", "channel")
)
Typed = dict[str, Any]
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # noqa: S105  invented
BEGIN = """\
# Ours
name = "Ostra Desk"

[[sections]]
name = "economy"

[[sections]]
name = "security"  # the border, too

[[watch]]
name = "south"
words = ["Nambuda"] # by hand
alert_mail = ["desk@courier.example"]

[[watch]]
name = "banks"
words = ["bank"]

[[edition]]
name = "noon"
at = "12:30" # after the session
release = "desk"

[[channel]]
name = "room" # the press
address = "ntfys://zqtoken@ntfy.example/desk"
"""
_HIDDEN = r'<input type="hidden" name="(seen|previewed|row|asked)" value="([^"]*)"'


@pytest.fixture
def session(path: Path, requests: RunRequests) -> Iterator[Seated]:
    with seated_with_settings(path, BEGIN, requests=requests) as session:
        yield session


def send(
    session: Seated,
    place: str,
    do: str = "save",
    *,
    row: str = "",
    page: str = "",
    **typed: Any,  # noqa: ANN401
) -> httpx2.Response:
    """Press a button of the form of a row, as shown now or on a page shown before."""
    page = page or session.page(f"{place}?row={row}")
    hidden = [(name, unescape(value)) for name, value in re.findall(_HIDDEN, page)]
    told: Typed = {**dict(hidden), "asked": [value for name, value in hidden if name == "asked"]}
    key = place.rpartition("/")[2]
    return session.post(place, {**told, "do": do, **{f"{key}.{n}": v for n, v in typed.items()}})


def save(session: Seated, place: str, *, row: str = "", page: str = "", **typed: Any) -> None:  # noqa: ANN401
    """Preview what is printed, and save it."""
    preview = send(session, place, "preview", row=row, page=page, **typed)
    assert (preview.status_code, "Not saved yet" in preview.text) == (200, True)
    saved = send(session, place, page=preview.text, **typed)
    assert saved.headers["location"] == f"{place}?message=saved"


def remove(session: Seated, place: str, row: str, asked: str) -> None:
    """Remove a row when it was asked whether."""
    question = session.page(f"{place}?row={row}&remove=1")
    assert asked in question
    answer = send(session, place, "remove", page=question)
    assert answer.headers["location"] == f"{place}?message=removed"


def move(session: Seated, do: str, row: str) -> str:
    """Press a button beside a section; return where it leads."""
    (seen, *_) = re.findall('name="seen" value="([^"]*)"', session.page(SECTIONS))
    sent = {"do": do, "row": row, "seen": unescape(seen)}
    return session.post(SECTIONS, sent).headers["location"]


def names(path: Path, key: str) -> list[str]:
    return [one.name for one in getattr(load(path), key)]


def headings(page: str) -> list[str]:
    return re.findall(r'<h2 class="cap">([^<]*)</h2>', page)


def secrets_beside(path: Path) -> list[str]:
    return [one.read_text("utf-8") for one in path.parent.glob("channel-*.secret")]


def test_the_lists_are_shown_without_what_is_secret(session: Seated, path: Path) -> None:
    overview = session.page("/admin/settings")
    for place, called in (
        (SECTIONS, "Sections"),
        (WATCH, "Watch-lists"),
        (EDITIONS, "Further editions"),
        (CHANNELS, "Channels"),
    ):
        assert f'href="{place}"' in overview
        assert title(session.get(place)) == called
        assert session.get(f"{place}?row=none").status_code == 404
    assert session.get("/admin/settings/lists/mail").status_code == 404
    assert headings(session.page(WATCH)) == ["south", "banks"]
    assert title(session.get(f"{WATCH}?row=")) == "Add a watch-list"
    page = session.page(EDITIONS)
    assert re.search("<dt>Time</dt><dd>12:30</dd>.*<dd>as for the first edition</dd>", page)
    german = session.web.get(EDITIONS, headers=session.reading("de")).text
    assert re.search("<dt>Ressorts</dt><dd>alle</dd>.*<dt>Datumszeile</dt><dd>ohne</dd>", german)
    channels = session.page(CHANNELS) + session.page(f"{CHANNELS}?row=room") + overview
    assert "<dd>ntfys</dd>" in channels
    assert "zqtoken" not in channels
    # Without sections in the file they are the defaults.
    path.write_text('name = "World Desk"\n', encoding="utf-8")
    assert headings(session.page(SECTIONS)) == ["economy", "security", "diplomacy"]


@examples("key, row, typed, field, why")
def test_what_is_wrong_stands_beside_its_field_and_stays_typed(  # noqa: PLR0917  a row of the table
    session: Seated, path: Path, key: str, row: str, typed: dict[str, str], field: str, why: str
) -> None:
    answer = send(session, f"/admin/settings/lists/{key}", row=row, **typed)
    assert answer.status_code == 422
    shown = answer.text
    errors = dict(re.findall(rf'class="error" id="{key}-(\w+)-error">([^<]*)<', shown))
    assert [*errors] == [field]
    assert why in unescape(errors[field])
    assert f'href="#{key}-{field}"' in shown
    for name, value in typed.items():
        if value.isprintable() and name not in {"address", "secret_file"}:
            assert escape(value) in shown
    assert "<script>" not in shown
    assert SECRET not in shown
    assert (path.read_text("utf-8"), secrets_beside(path)) == (BEGIN, [])
    assert session.acts() == []


def test_a_section_of_words_is_added_moved_and_removed(session: Seated, path: Path) -> None:
    save(session, SECTIONS, name="climate", words="emission\ncarbon  price\n\ndrought")
    assert load(path).sections[2].words == ("emission", "carbon price", "drought")
    assert move(session, "up", "climate") == f"{SECTIONS}?message=saved"
    assert names(path, "sections") == ["economy", "climate", "security"]
    move(session, "down", "economy")
    assert names(path, "sections") == ["climate", "economy", "security"]
    move(session, "up", "climate")
    move(session, "up", "nothing")
    assert names(path, "sections") == ["climate", "economy", "security"]
    remove(
        session,
        SECTIONS,
        "climate",
        "Readers who chose only this section will get all other sections.",
    )
    assert [act.about for act in session.acts()] == [
        "sections: climate removed",
        "sections: order climate, economy, security",
        "sections: order economy, climate, security",
        "sections: climate added",
    ]
    assert move(session, "remove", "security") == f"{SECTIONS}?message=removed"
    last = send(session, SECTIONS, "remove", page=session.page(f"{SECTIONS}?row=economy&remove=1"))
    assert last.status_code == 409
    assert "Nothing was saved" in last.text
    assert "at least one" in last.text
    assert headings(last.text) == names(path, "sections") == ["economy"]


def test_a_new_section_leads_to_its_page_and_is_listed_once_it_is_taught(
    session: Seated, path: Path
) -> None:
    form = session.page(f"{SECTIONS}?row=")
    answer = send(session, SECTIONS, "teach", page=form, name=" sea trade ")
    assert answer.headers["location"] == f"{SECTIONS}/sea%20trade"
    for name in ("../x", "Climate"):
        assert send(session, SECTIONS, "teach", page=form, name=name).status_code == 422
    assert path.read_text(encoding="utf-8") == BEGIN
    pasted = {"do": "paste", "sentences": "The ferry left the port of Ostra at noon."}
    kept = session.post(f"{SECTIONS}/sea", pasted)
    assert kept.headers["location"] == f"{SECTIONS}/sea?message=kept"
    page = session.page(SECTIONS)
    assert headings(page) == ["economy", "security", "Not on the page yet"]
    assert f'href="{SECTIONS}/sea">Sea</a>' in page


SOUTH = {
    "label": "Southern Africa",
    "words": "Nambuda\r\n\r\n Mozambique|Moçambique \n莫桑比克",
    "publishers": " Port  Authority \r\n",
    "pull": "yes",
    "alert": "2",
    "alert_mail": "desk@courier.example",
    "offer": "yes",
}


def test_what_was_previewed_is_saved_and_comments_stay(session: Seated, path: Path) -> None:
    preview = send(session, WATCH, "preview", row="south", **SOUTH)
    assert path.read_text(encoding="utf-8") == BEGIN
    address = re.search(r'<img src="([^"]*)"', preview.text)
    assert address
    assert session.get(unescape(address[1])).headers["content-type"] == "image/png"
    assert session.get(f"{WATCH}/page.png?of=other").status_code == 404
    save(session, WATCH, row="south", **SOUTH)
    text = path.read_text(encoding="utf-8")
    assert "# Ours" in text
    assert "# by hand" in text
    south, banks = load(path).watch
    assert south.words == ("Nambuda", "Mozambique|Moçambique", "莫桑比克")
    assert (south.label, south.pull, south.alert, south.offer) == ("Southern Africa", True, 2, True)
    assert south.publishers == ("Port Authority",)
    assert south.alert_mail == ("desk@courier.example",)
    assert banks.words == ("bank",)
    (act,) = session.acts()
    assert (act.who, act.what) == ("ada", "change setting")
    assert act.about.startswith("watch: south.words: Nambuda -> Nambuda, Mozambique|Moçambique")
    assert "; south.offer: (empty) -> True" in act.about


def test_a_list_is_added_and_all_are_removed(session: Seated, path: Path) -> None:
    save(session, WATCH, name="crops", words="cocoa", alert="")
    assert names(path, "watch") == ["south", "banks", "crops"]
    for name in ("south", "banks", "crops"):
        remove(session, WATCH, name, "Readers who chose it get their edition without it.")
    assert load(path).watch == ()
    assert "No watch-lists yet." in session.page(WATCH)
    assert session.acts()[0].about == "watch: crops removed"


def test_of_two_people_the_second_is_told(session: Seated, path: Path) -> None:
    mine = send(session, WATCH, "preview", row="south", **SOUTH)
    other = seated(session.web, "bob")
    theirs = send(other, WATCH, "preview", row="banks", words="mint")
    assert send(other, WATCH, page=theirs.text, words="mint").status_code == 303
    # What I saw before their change is not what I would save.
    again = send(session, WATCH, page=mine.text, **SOUTH)
    assert again.status_code == 200
    (before,) = re.findall(r'name="seen" value="[^"]*"', mine.text)
    late = re.sub(r'name="seen" value="[^"]*"', before, again.text)
    told = send(session, WATCH, page=late, **SOUTH)
    assert told.status_code == 409
    assert "Someone else has changed this list" in told.text
    assert "Mozambique|Moçambique" in told.text
    assert [one.words for one in load(path).watch] == [("Nambuda",), ("mint",)]
    save(session, WATCH, page=told.text, **SOUTH)
    assert [one.words[0] for one in load(path).watch] == ["Nambuda", "mint"]
    late_removal = send(other, WATCH, "remove", page=theirs.text)
    assert late_removal.headers["location"] == f"{WATCH}?message=meanwhile"
    assert len(load(path).watch) == 2
    # What was removed meanwhile can be added again.
    page = session.page(f"{WATCH}?row=banks")
    assert send(other, WATCH, "remove", row="banks").status_code == 303
    told = send(session, WATCH, page=page, words="coin")
    assert (told.status_code, title(told)) == (409, "Add a watch-list")
    save(session, WATCH, page=told.text, name="banks", words="coin")
    assert [one.words[0] for one in load(path).watch] == ["Nambuda", "coin"]


def test_a_file_that_cannot_be_written_is_shown_to_be_pasted(
    session: Seated, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    preview = send(session, WATCH, "preview", row="south", **SOUTH)
    hook = {"name": "hook", "address": "https://intranet.example/hook", "secret_file": SECRET}
    # Root may write everywhere: what fails is the disk.
    monkeypatch.setattr("tempfile.mkstemp", read_only)
    answer = send(session, WATCH, page=preview.text, **SOUTH)
    assert answer.status_code == 409
    assert "cannot be written (Read-only file system)" in unescape(answer.text)
    # The whole file is shown on request: it has what is secret.
    assert "zqtoken" not in answer.text
    whole = unescape(send(session, WATCH, "paste", page=answer.text, **SOUTH).text)
    assert 'label = "Southern Africa"' in whole
    assert "zqtoken" in whole
    unkept = send(session, CHANNELS, **hook)
    assert "the secret cannot be kept (Read-only file system)" in unkept.text
    assert session.acts() == []
    assert path.read_text(encoding="utf-8") == BEGIN


def test_a_file_that_cannot_be_used_is_told_and_not_touched(session: Seated, path: Path) -> None:
    path.write_text(BEGIN.replace("words", "wrds"), encoding="utf-8")
    elsewhere = send(session, EDITIONS, row="noon", at="13:00")
    assert "Elsewhere in the file: watch.1." in elsewhere.text
    path.write_text("name = ", encoding="utf-8")
    for place in (SECTIONS, WATCH, EDITIONS, CHANNELS):
        answer = session.get(place)
        assert answer.status_code == 409
        assert "The settings file cannot be read" in answer.text
    assert session.get(f"{SECTIONS}/climate").status_code == 422
    assert session.post(SECTIONS, {"do": "up", "row": "economy"}).status_code == 409
    assert path.read_text(encoding="utf-8") == "name = "


def test_an_edition_is_added_changed_and_removed(
    session: Seated, path: Path, requests: RunRequests
) -> None:
    typed: Typed = {"name": "evening", "at": "6.30 pm", "days": ["mon", "tue"], "release": "none"}
    added = send(session, EDITIONS, **typed, sections=["economy"], deadline="")
    assert added.headers["location"] == f"{EDITIONS}?message=saved"
    assert requests.woken == 1
    noon, evening = load(path).edition
    assert (evening.at, evening.days, evening.sections) == ("18:30", ("mon", "tue"), ("economy",))
    assert load(path).timetable.others[1].edition == "evening"
    assert (noon.name, evening.release) == ("noon", "none")
    noon_typed = {"at": "12:45", "dateline": "Ostra, 12:45", "release": "desk"}
    assert send(session, EDITIONS, row="noon", **noon_typed).status_code == 303
    assert load(path).edition[0].dateline == "Ostra, 12:45"
    text = path.read_text("utf-8")
    assert 'at = "12:45" # after the session\n' in text
    assert "dateline" not in text.partition("evening")[2]
    remove(session, EDITIONS, "evening", "Remove evening? Its past editions stay.")
    assert names(path, "edition") == ["noon"]
    assert [act.about for act in session.acts()] == [
        "edition: evening removed",
        "edition: noon.at: 12:30 -> 12:45; noon.dateline: (empty) -> Ostra, 12:45",
        "edition: evening added",
    ]


HOOK: Typed = {"name": "hook", "address": "https://intranet.example/hook"}


def test_a_channel_is_checked_and_its_secret_kept_in_a_file(session: Seated, path: Path) -> None:
    change = partial(send, session, CHANNELS, row="hook")
    added = send(session, CHANNELS, **HOOK, watch=["south"], secret_file=SECRET)
    assert added.status_code == 303
    hook_now = load(path).channel[1]
    file = path.parent / hook_now.secret_file
    assert file.read_text("utf-8") == f"{SECRET}\n"
    assert file.stat().st_mode & 0o077 == 0
    assert hook_now.watch == ("south",)
    shown = session.page(CHANNELS) + session.page(f"{CHANNELS}?row=hook")
    assert "<dd>webhook, intranet.example</dd>" in shown
    assert SECRET not in shown
    assert "/hook<" not in shown
    assert session.acts()[0].about == "channel: hook added"
    # What is left empty is kept.
    assert change().status_code == 303
    assert (load(path).channel[1].address, load(path).channel[1].watch) == (HOOK["address"], ())
    assert file.exists()
    assert session.acts()[0].about == "channel: hook.watch"
    # A group of readers, one a line.
    group: Typed = {"readers": "a@ministry.example\n*.gov.example", "in_place_of_mail": "yes"}
    assert change(**group).status_code == 303
    served = load(path).channel[1]
    assert (served.readers, served.in_place_of_mail) == (
        ("a@ministry.example", "*.gov.example"),
        True,
    )
    nobody = change(in_place_of_mail="yes", readers="gov")
    assert "Must be like" in unescape(nobody.text)


def test_a_secret_stands_where_nobody_else_reads_and_goes_to_no_other_address(
    session: Seated, path: Path
) -> None:
    address = "ntfys://zqother@ntfy.example/desk"
    assert send(session, CHANNELS, row="room", address=address).status_code == 303
    assert load(path).channel[0].address == "ntfys://{secret}"
    (room,) = secrets_beside(path)
    assert room == "zqother@ntfy.example/desk\n"
    assert "zqother" not in path.read_text("utf-8")
    assert "<dd>ntfys</dd>" in session.page(CHANNELS)
    assert send(session, CHANNELS, **HOOK, secret_file=SECRET).status_code == 303
    elsewhere = send(session, CHANNELS, row="hook", address="json://ntfy.example/{secret}")
    assert elsewhere.status_code == 422
    assert "Must contain {secret} if there is a secret" in elsewhere.text
    assert {*secrets_beside(path)} == {room, f"{SECRET}\n"}
    other = SECRET.replace("Mf", "Nf")
    moved = {"address": "https://other.example/hook", "secret_file": other}
    assert send(session, CHANNELS, row="hook", **moved).status_code == 303
    assert {*secrets_beside(path)} == {room, f"{other}\n"}
    remove(session, CHANNELS, "hook", "Remove hook?")
    assert secrets_beside(path) == [room]
    assert names(path, "channel") == ["room"]
    assert "# the press" in path.read_text("utf-8")


def test_a_channel_is_tried_and_the_outcome_is_one_sentence(session: Seated, path: Path) -> None:
    with listening(204) as room:
        secret = path.parent / "hook.secret"
        secret.write_text(SECRET)
        secret.chmod(0o600)
        path.write_text(
            f"""{BEGIN}
[[channel]]
name = "hook"
address = "http://127.0.0.1:{room.port}/hook"
secret_file = "hook.secret"
[collect]
allow_hosts = ["127.0.0.1"]
allow_ports = [{room.port}]
"""
        )

        def tried(name: str) -> str:
            return unescape(session.sent(CHANNELS, {"do": "test", "row": name}))

        assert session.page(CHANNELS).count('value="test"') == 2
        assert "hook has accepted the test." in tried("hook")
        ((posted,), told) = room.posted, json.loads(room.posted[0].body)
        assert told["type"] == "test"
        assert told["data"]["subject"] == "[Ostra Desk] Test of the channel hook"
        assert posted.headers["webhook-signature"].startswith("v1,")
        act = session.acts()[0]
        assert (act.what, act.about) == ("test channel", "hook: accepted")
        room.answers = [410]
        assert "The test was not accepted by hook: " in tried("hook")
        gone = "The test was not accepted by gone: the settings have no channel gone."
        assert gone in tried("gone")
        assert "zqtoken" not in tried("room")
        assert len(room.posted) == 2

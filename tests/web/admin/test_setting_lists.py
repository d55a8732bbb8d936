import errno
import json
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import httpx2
import pytest

from briefing.app.rounds.runs import RunRequests
from briefing.settings import FILE_NAME, load
from tests.examples import examples
from tests.listener import listening
from tests.web.admin.sessions import Seated, seated_with_settings
from tests.web.served import title

EDITIONS, CHANNELS = (f"/admin/settings/lists/{key}" for key in ("edition", "channel"))
Typed = dict[str, Any]
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # noqa: S105  invented
BEGIN = """\
# Ours
name = "Ostra Desk"

[[watch]]
name = "south"
words = ["Nambuda"]

[[edition]]
name = "noon"
at = "12:30" # after the session
release = "desk"

[[channel]]
name = "room" # the press
address = "ntfys://zqtoken@ntfy.example/desk"
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "own" / FILE_NAME


@pytest.fixture
def requests() -> RunRequests:
    return RunRequests()


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
    hidden = re.findall(r'<input type="hidden" name="(seen|row|asked)" value="([^"]*)"', page)
    told: dict[str, Any] = {"asked": [unescape(value) for name, value in hidden if name == "asked"]}
    told |= {name: unescape(value) for name, value in hidden if name != "asked"}
    key = place.rpartition("/")[2]
    return session.post(place, {**told, "do": do, **{f"{key}.{n}": v for n, v in typed.items()}})


def _read_only(*_given: object, **_named: object) -> None:
    raise OSError(errno.EROFS, "Read-only file system")


def secrets_beside(path: Path) -> list[str]:
    return [one.read_text("utf-8") for one in path.parent.glob("channel-*.secret")]


def test_the_lists_are_shown_without_what_is_secret(session: Seated) -> None:
    overview = session.page("/admin/settings")
    for address in (EDITIONS, CHANNELS):
        assert f'href="{address}"' in overview
    page = session.get(EDITIONS)
    assert title(page) == "Further editions"
    assert re.search("<dt>Time</dt><dd>12:30</dd>.*<dd>as for the first edition</dd>", page.text)
    german = session.web.get(EDITIONS, headers=session.reading("de")).text
    assert re.search("<dt>Ressorts</dt><dd>alle</dd>.*<dt>Datumszeile</dt><dd>ohne</dd>", german)
    channels = session.page(CHANNELS) + session.page(f"{CHANNELS}?row=room") + overview
    assert "<dd>ntfys</dd>" in channels
    assert "zqtoken" not in channels
    for none in (f"{EDITIONS}?row=none", "/admin/settings/lists/mail"):
        assert session.get(none).status_code == 404


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
    assert evening.release == "none"
    noon_typed = {"at": "12:45", "dateline": "Ostra, 12:45", "release": "desk"}
    changed = send(session, EDITIONS, row="noon", **noon_typed)
    assert changed.status_code == 303
    assert load(path).edition[0].dateline == "Ostra, 12:45"
    text = path.read_text("utf-8")
    assert 'at = "12:45" # after the session\n' in text
    assert "dateline" not in text.partition("evening")[2]
    assert noon.name == "noon"
    question = session.page(f"{EDITIONS}?row=evening&remove=1")
    assert "Remove evening? Its past editions stay." in question
    assert send(session, EDITIONS, "remove", page=question).status_code == 303
    assert [one.name for one in load(path).edition] == ["noon"]
    assert [act.about for act in session.acts()] == [
        "edition: evening removed",
        "edition: noon.at: 12:30 -> 12:45; noon.dateline: (empty) -> Ostra, 12:45",
        "edition: evening added",
    ]


@examples("key, typed, field, why")
def test_what_is_wrong_stands_beside_its_field(  # noqa: PLR0917  a row of the table
    session: Seated, path: Path, key: str, typed: dict[str, str], field: str, why: str
) -> None:
    answer = send(session, f"/admin/settings/lists/{key}", **typed)
    assert answer.status_code == 422
    assert re.search(f'id="{key}-{field}-error">{re.escape(why)}', unescape(answer.text))
    assert f'value="{typed["name"]}"' in answer.text
    assert path.read_text("utf-8") == BEGIN
    assert secrets_beside(path) == []
    assert SECRET not in answer.text


def test_a_channel_is_checked_and_its_secret_kept_in_a_file(session: Seated, path: Path) -> None:
    hook: Typed = {"name": "hook", "address": "https://intranet.example/hook", "watch": ["south"]}
    assert send(session, CHANNELS, **hook, secret_file=SECRET).status_code == 303
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
    assert send(session, CHANNELS, row="hook").status_code == 303
    assert (load(path).channel[1].address, load(path).channel[1].watch) == (hook["address"], ())
    assert file.exists()
    assert session.acts()[0].about == "channel: hook.watch"
    # A group of readers, one a line.
    group: Typed = {"readers": "a@ministry.example\n*.gov.example", "in_place_of_mail": "yes"}
    assert send(session, CHANNELS, row="hook", **group).status_code == 303
    served = load(path).channel[1]
    assert (served.readers, served.in_place_of_mail) == (
        ("a@ministry.example", "*.gov.example"),
        True,
    )
    nobody = send(session, CHANNELS, row="hook", in_place_of_mail="yes", readers="gov")
    assert "Must be like" in unescape(nobody.text)


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
            answer = session.post(CHANNELS, {"do": "test", "row": name})
            assert answer.status_code == 303
            return unescape(session.page(answer.headers["location"]))

        page = session.page(CHANNELS)
        assert page.count('value="test"') == 2
        assert "hook has accepted the test." in tried("hook")
        ((posted,), told) = room.posted, json.loads(room.posted[0].body)
        assert told["type"] == "test"
        assert told["data"]["subject"] == "[Ostra Desk] Test of the channel hook"
        assert posted.headers["webhook-signature"].startswith("v1,")
        assert (session.acts()[0].what, session.acts()[0].about) == (
            "test channel",
            "hook: accepted",
        )
        room.answers = [410]
        assert "The test was not accepted by hook: " in tried("hook")
        assert "The test was not accepted by gone: the settings have no channel gone." in tried(
            "gone"
        )
        assert "zqtoken" not in tried("room")
        assert len(room.posted) == 2


def test_the_address_of_a_service_is_kept_where_nobody_else_reads(
    session: Seated, path: Path
) -> None:
    address = "ntfys://zqother@ntfy.example/desk"
    assert send(session, CHANNELS, row="room", address=address).status_code == 303
    assert load(path).channel[0].address == "ntfys://{secret}"
    assert secrets_beside(path) == ["zqother@ntfy.example/desk\n"]
    assert "zqother" not in path.read_text("utf-8")
    assert "<dd>ntfys</dd>" in session.page(CHANNELS)


def test_a_secret_does_not_go_to_another_address(session: Seated, path: Path) -> None:
    hook = {"name": "hook", "address": "https://intranet.example/hook"}
    assert send(session, CHANNELS, **hook, secret_file=SECRET).status_code == 303
    elsewhere = send(session, CHANNELS, row="hook", address="json://ntfy.example/{secret}")
    assert elsewhere.status_code == 422
    assert "Must contain {secret} if there is a secret" in elsewhere.text
    assert secrets_beside(path) == [f"{SECRET}\n"]
    other = SECRET.replace("Mf", "Nf")
    moved = {"address": "https://other.example/hook", "secret_file": other}
    assert send(session, CHANNELS, row="hook", **moved).status_code == 303
    assert secrets_beside(path) == [f"{other}\n"]
    question = session.page(f"{CHANNELS}?row=hook&remove=1")
    assert send(session, CHANNELS, "remove", page=question).status_code == 303
    assert secrets_beside(path) == []
    assert [one.name for one in load(path).channel] == ["room"]
    assert "# the press" in path.read_text("utf-8")


def test_a_file_that_cannot_be_used_is_told(
    session: Seated, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = session.page(f"{EDITIONS}?row=noon")
    path.write_text(BEGIN.replace("words", "wrds"), encoding="utf-8")
    elsewhere = send(session, EDITIONS, row="noon", at="13:00")
    assert "Elsewhere in the file: watch.1." in elsewhere.text
    path.write_text(BEGIN, encoding="utf-8")
    hook = {"name": "hook", "address": "https://intranet.example/hook", "secret_file": SECRET}
    # Root may write everywhere: what fails is the disk.
    with monkeypatch.context() as patched:
        patched.setattr("tempfile.mkstemp", _read_only)
        refused = send(session, EDITIONS, page=form, at="13:00")
        assert "cannot be written (Read-only file system)" in refused.text
        unkept = send(session, CHANNELS, **hook)
        assert "the secret cannot be kept (Read-only file system)" in unkept.text
    path.write_text("[[", encoding="utf-8")
    assert session.get(EDITIONS).status_code == 409

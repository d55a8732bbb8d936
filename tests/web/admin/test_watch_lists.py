import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import httpx2
import pytest

from briefing.settings import FILE_NAME, load
from tests.examples import examples
from tests.web.admin.sessions import Seated, seated, seated_with_settings
from tests.web.served import title

PATH = "/admin/settings/lists/watch"
BEGIN = """\
# Ours
name = "Ostra Desk"

[[watch]]
name = "south"
words = ["Nambuda"] # by hand
alert_mail = ["desk@courier.example"]

[[watch]]
name = "banks"
words = ["bank"]
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "own" / FILE_NAME


@pytest.fixture
def session(path: Path) -> Iterator[Seated]:
    with seated_with_settings(path, BEGIN) as session:
        yield session


def send(session: Seated, do: str, page: str, **typed: Any) -> httpx2.Response:  # noqa: ANN401
    """Press a button of the form that a page shows."""
    told: dict[str, Any] = {name: unescape(found) for name, found in re.findall(_HIDDEN, page)}
    asked = re.findall(r'<input type="hidden" name="asked" value="([^"]*)"', page)
    fields = {f"watch.{name}": value for name, value in typed.items()}
    return session.post(PATH, told | fields | {"do": do, "asked": asked})


_HIDDEN = r'<input type="hidden" name="(seen|previewed|row)" value="([^"]*)"'
TYPED = {
    "label": "Southern Africa",
    "words": "Nambuda\r\n\r\n Mozambique|Moçambique \n莫桑比克",
    "publishers": " Port  Authority \r\n",
    "pull": "yes",
    "alert": "2",
    "alert_mail": "desk@courier.example",
    "offer": "yes",
}


def test_all_lists_are_shown(session: Seated) -> None:
    assert f'href="{PATH}"' in session.get("/admin/settings").text
    page = session.get(PATH)
    assert title(page) == "Watch-lists"
    assert re.findall(r'<h2 class="cap">(\w+)</h2>', page.text) == ["south", "banks"]
    assert session.get(f"{PATH}?row=none").status_code == 404
    assert title(session.get(f"{PATH}?row=")) == "Add a watch-list"


def test_what_was_previewed_is_saved_and_comments_stay(session: Seated, path: Path) -> None:
    preview = send(session, "preview", session.page(f"{PATH}?row=south"), **TYPED)
    assert preview.status_code == 200
    assert "Not saved yet" in preview.text
    assert path.read_text(encoding="utf-8") == BEGIN
    address = re.search(r'<img src="([^"]*)"', preview.text)
    assert address
    assert session.get(unescape(address[1])).headers["content-type"] == "image/png"
    assert session.get(f"{PATH}/page.png?of=other").status_code == 404
    saved = send(session, "save", preview.text, **TYPED)
    assert saved.headers["location"] == f"{PATH}?message=saved"
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


def test_a_list_is_added_and_removed(session: Seated, path: Path) -> None:
    typed = {"name": "crops", "words": "cocoa", "alert": ""}
    preview = send(session, "preview", session.page(f"{PATH}?row="), **typed)
    assert send(session, "save", preview.text, **typed).status_code == 303
    assert [one.name for one in load(path).watch] == ["south", "banks", "crops"]
    for name in ("south", "banks", "crops"):
        page = session.page(f"{PATH}?row={name}&remove=1")
        assert "Readers who chose it get their edition without it." in page
        assert send(session, "remove", page).headers["location"] == f"{PATH}?message=removed"
    assert load(path).watch == ()
    assert "No watch-lists yet." in session.get(PATH).text
    assert session.acts()[0].about == "watch: crops removed"


@examples("name, wrong, field, said")
def test_what_is_wrong_is_said_beside_it_and_stays_typed(  # noqa: PLR0917  a row of the table
    session: Seated, path: Path, name: str, wrong: dict[str, str], field: str, said: str
) -> None:
    typed = {"words": "Nambuda|N’buda", "label": "Kept", **wrong}
    answer = send(session, "save", session.page(f"{PATH}?row={name}"), **typed)
    assert answer.status_code == 422
    errors = re.findall(r'<p class="error" id="watch-(\w+)-error">([^<]*)</p>', answer.text)
    assert [place for place, _ in errors] == [field]
    assert said in unescape(errors[0][1])
    assert f'href="#watch-{field}"' in answer.text
    assert "<script>" not in answer.text
    assert all(value in answer.text for kept, value in typed.items() if kept not in wrong)
    assert path.read_text(encoding="utf-8") == BEGIN


def test_of_two_people_the_second_is_told(session: Seated, path: Path) -> None:
    mine = send(session, "preview", session.page(f"{PATH}?row=south"), **TYPED)
    other = seated(session.web, "bob")
    theirs = send(other, "preview", other.page(f"{PATH}?row=banks"), words="mint")
    assert send(other, "save", theirs.text, words="mint").status_code == 303
    # What I saw before their change is not what I would save.
    again = send(session, "save", mine.text, **TYPED)
    assert again.status_code == 200
    late = re.sub(
        'name="seen" value="[^"]*"', f'name="seen" value="{_seen(mine.text)}"', again.text
    )
    told = send(session, "save", late, **TYPED)
    assert told.status_code == 409
    assert "Someone else has changed this list" in told.text
    assert "Mozambique|Moçambique" in told.text
    assert [one.words for one in load(path).watch] == [("Nambuda",), ("mint",)]
    preview = send(session, "preview", told.text, **TYPED)
    assert send(session, "save", preview.text, **TYPED).status_code == 303
    assert [one.words[0] for one in load(path).watch] == ["Nambuda", "mint"]
    assert send(other, "remove", theirs.text).headers["location"] == f"{PATH}?message=meanwhile"
    assert len(load(path).watch) == 2


def _seen(page: str) -> str:
    return str(dict(re.findall(_HIDDEN, page))["seen"])


def test_what_was_removed_meanwhile_can_be_added_again(session: Seated, path: Path) -> None:
    page, other = session.page(f"{PATH}?row=banks"), seated(session.web, "bob")
    assert send(other, "remove", other.page(f"{PATH}?row=banks")).status_code == 303
    told = send(session, "save", page, words="mint")
    assert (told.status_code, title(told)) == (409, "Add a watch-list")
    typed = {"name": "banks", "words": "mint"}
    preview = send(session, "preview", told.text, **typed)
    assert send(session, "save", preview.text, **typed).status_code == 303
    assert [one.words for one in load(path).watch] == [("Nambuda",), ("mint",)]


def test_a_file_that_cannot_be_written_is_shown_to_be_pasted(
    session: Seated, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin = f'{BEGIN}\n[[channel]]\nname = "room"\naddress = "ntfys://zqtoken@ntfy.example/desk"\n'
    path.write_text(begin, encoding="utf-8")
    preview = send(session, "preview", session.page(f"{PATH}?row=south"), **TYPED)
    # Root may write everywhere: what fails is the disk.
    monkeypatch.setattr("tempfile.mkstemp", _read_only)
    answer = send(session, "save", preview.text, **TYPED)
    assert answer.status_code == 409
    assert "cannot be written (Read-only file system)" in unescape(answer.text)
    # The whole file is shown on request: it has what is secret.
    assert "zqtoken" not in answer.text
    whole = unescape(send(session, "paste", answer.text, **TYPED).text)
    assert 'label = "Southern Africa"' in whole
    assert "zqtoken" in whole
    assert session.acts() == []
    assert path.read_text(encoding="utf-8") == begin


def _read_only(**_told: object) -> tuple[int, str]:
    raise OSError(30, "Read-only file system")

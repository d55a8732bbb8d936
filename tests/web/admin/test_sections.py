import re
import tomllib
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import httpx2
import pytest

from briefing.settings import FILE_NAME
from tests.web.admin.sessions import Seated, seated_with_settings
from tests.web.served import title

PATH = "/admin/settings/lists/sections"
FILE = """\
# Ours.
name = "World Desk"

[[sections]]
name = "economy"

[[sections]]
name = "security"  # the border, too
"""
_HIDDEN = r'<input type="hidden" name="(seen|previewed|row)" value="([^"]*)"'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "own" / FILE_NAME


@pytest.fixture
def session(file: Path) -> Iterator[Seated]:
    with seated_with_settings(file, FILE) as session:
        yield session


def send(session: Seated, do: str, page: str, **typed: Any) -> httpx2.Response:  # noqa: ANN401
    """Press a button of the form that a page shows."""
    told: dict[str, Any] = {name: unescape(value) for name, value in re.findall(_HIDDEN, page)}
    told["asked"] = re.findall(r'<input type="hidden" name="asked" value="([^"]*)"', page)
    return session.post(PATH, {**told, "do": do, **{f"sections.{n}": v for n, v in typed.items()}})


def save(session: Seated, row: str, **typed: str) -> httpx2.Response:
    """Preview a section and save it."""
    preview = send(session, "preview", session.page(f"{PATH}?row={row}"), **typed)
    return send(session, "save", preview.text, **typed)


def move(session: Seated, do: str, row: str) -> str:
    """Press a button beside a section; return where it leads."""
    (seen, *_) = re.findall('name="seen" value="([^"]*)"', session.page(PATH))
    return session.post(PATH, {"do": do, "row": row, "seen": unescape(seen)}).headers["location"]


def rows(file: Path) -> list[dict[str, object]]:
    sections: list[dict[str, object]] = tomllib.loads(file.read_text(encoding="utf-8"))["sections"]
    return sections


def names(file: Path) -> list[object]:
    return [row["name"] for row in rows(file)]


def headings(page: str) -> list[str]:
    return re.findall(r'<h2 class="cap">([^<]*)</h2>', page)


def test_without_sections_in_the_file_they_are_the_defaults(session: Seated, file: Path) -> None:
    file.write_text('name = "World Desk"\n', encoding="utf-8")
    answer = session.get(PATH)
    assert title(answer) == "Sections"
    assert headings(answer.text) == ["economy", "security", "diplomacy"]


def test_a_section_of_words_is_added_moved_and_removed(session: Seated, file: Path) -> None:
    words = "emission\ncarbon  price\n\ndrought"
    assert save(session, "", name="climate", words=words).status_code == 303
    assert rows(file)[2] == {"name": "climate", "words": ["emission", "carbon price", "drought"]}
    assert move(session, "up", "climate") == f"{PATH}?message=saved"
    assert names(file) == ["economy", "climate", "security"]
    move(session, "down", "economy")
    assert names(file) == ["climate", "economy", "security"]
    move(session, "up", "climate")
    move(session, "up", "nothing")
    assert names(file) == ["climate", "economy", "security"]
    question = session.page(f"{PATH}?row=climate&remove=1")
    assert "Readers who chose only this section will get all others." in question
    assert send(session, "remove", question).headers["location"] == f"{PATH}?message=removed"
    assert names(file) == ["economy", "security"]
    assert [act.about for act in session.acts()] == [
        "sections: climate removed",
        "sections: order climate, economy, security",
        "sections: order economy, climate, security",
        "sections: climate added",
    ]


@pytest.mark.parametrize(
    ("row", "typed", "told"),
    [
        ("", {"name": "climate"}, "does not know section"),
        ("", {"name": "Climate", "words": "x"}, "lowercase"),
        ("", {"name": "economy", "words": "x"}, "Is already taken"),
        ("", {"name": "climate", "words": "--"}, "no letter or digit"),
        ("", {"name": "climate", "words": "x" * 41}, "41 characters"),
        ("economy", {"label": "L" * 41}, "41 characters"),
        ("economy", {"label": "a\x07b"}, "one line"),
        ("economy", {"label": "a\u202eb"}, "Latin, Greek or Cyrillic"),
        ("economy", {"label": "\u7d4c\u6e08"}, "Latin, Greek or Cyrillic"),
        ("economy", {"label": "W" * 31}, "at most 30"),
    ],
)
def test_what_is_wrong_stands_beside_its_field_and_nothing_is_written(
    session: Seated, file: Path, row: str, typed: dict[str, str], told: str
) -> None:
    answer = send(session, "preview", session.page(f"{PATH}?row={row}"), **typed)
    assert answer.status_code == 422
    assert re.search(f'class="error" id="sections-[a-z]+-error">[^<]*{told}', unescape(answer.text))
    assert 'aria-invalid="true"' in answer.text
    assert file.read_text(encoding="utf-8") == FILE
    assert not session.acts()


def test_the_last_section_cannot_be_removed(session: Seated, file: Path) -> None:
    assert move(session, "remove", "security") == f"{PATH}?message=removed"
    answer = send(session, "remove", session.page(f"{PATH}?row=economy&remove=1"))
    assert answer.status_code == 409
    assert "Nothing was saved" in answer.text
    assert "at least one" in answer.text
    assert headings(answer.text) == ["economy"]
    assert names(file) == ["economy"]


def test_a_broken_file_is_told_and_not_touched(session: Seated, file: Path) -> None:
    file.write_text("name = ", encoding="utf-8")
    answer = session.get(PATH)
    assert answer.status_code == 409
    assert "The settings file cannot be read" in answer.text
    assert session.get(f"{PATH}/climate").status_code == 422
    assert session.post(PATH, {"do": "up", "row": "economy"}).status_code == 409
    assert file.read_text(encoding="utf-8") == "name = "


@pytest.mark.parametrize("name", ["../x", "Climate"])
def test_a_new_section_leads_to_its_page(session: Seated, file: Path, name: str) -> None:
    form = session.page(f"{PATH}?row=")
    answer = send(session, "teach", form, name=" sea trade ")
    assert answer.headers["location"] == f"{PATH}/sea%20trade"
    assert send(session, "teach", form, name=name).status_code == 422
    assert file.read_text(encoding="utf-8") == FILE


def test_a_section_that_is_taught_is_listed_before_its_model_is_accepted(session: Seated) -> None:
    pasted = {"do": "paste", "sentences": "The ferry left the port of Ostra at noon."}
    assert session.post(f"{PATH}/sea", pasted).headers["location"] == f"{PATH}/sea?message=kept"
    page = session.page(PATH)
    assert headings(page) == ["economy", "security", "Not on the page yet"]
    assert f'href="{PATH}/sea">Sea</a>' in page

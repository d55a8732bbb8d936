import re
import tomllib
from pathlib import Path

import pytest

from tests.web.admin.sessions import Seated
from tests.web.served import Served, title

PATH = "/admin/sections"
FILE = """\
# Ours.
name = "World Desk"

[[sections]]
name = "economy"

[[sections]]
name = "security"  # the border, too
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "briefing.toml"
    path.write_text(FILE, encoding="utf-8")
    return path


def seen(session: Seated) -> str:
    found = re.search('name="seen" value="([^"]*)"', session.get(PATH).text)
    assert found
    return found[1]


def send(session: Seated, do: str, **fields: str) -> tuple[int, str]:
    """Press a button; return the status, and where it leads or what is shown."""
    answer = session.post(PATH, {"do": do, "seen": seen(session), **fields})
    return answer.status_code, answer.headers.get("location") or answer.text


def rows(file: Path) -> list[dict[str, object]]:
    sections: list[dict[str, object]] = tomllib.loads(file.read_text(encoding="utf-8"))["sections"]
    return sections


def names(file: Path) -> list[object]:
    return [row["name"] for row in rows(file)]


def test_without_a_settings_file_the_sections_are_the_defaults(session: Seated) -> None:
    answer = session.get(PATH)
    assert title(answer) == "Sections"
    assert re.findall(r"Name: (\w+)", answer.text) == ["economy", "security", "diplomacy"]


def test_a_desk_without_settings_says_where_sections_are(session: Seated, web: Served) -> None:
    object.__setattr__(web.desk, "section_trainer", None)
    assert "[[sections]]" in session.get(PATH).text
    assert session.get(f"{PATH}/climate").status_code == 404
    assert session.post(PATH, {"do": "add", "name": "x"}).status_code == 200


def test_a_label_is_written_and_its_comments_stay(session: Seated, file: Path) -> None:
    told = {"name": "economy", "label": "Trade and finance", "words": ""}
    assert send(session, "save", **told) == (303, f"{PATH}?message=saved")
    text = file.read_text(encoding="utf-8")
    assert 'label = "Trade and finance"' in text
    assert "# Ours." in text
    assert "# the border, too" in text
    assert rows(file) == [{"name": "economy", "label": "Trade and finance"}, {"name": "security"}]
    (act, *_) = session.acts()
    assert (act.who, act.what) == ("ada", "change setting")
    assert act.about == "sections: economy.label: (empty) -> Trade and finance"


def test_a_section_of_words_is_added_moved_and_removed(session: Seated, file: Path) -> None:
    assert send(session, "add", name="climate", words="emission, carbon price\ndrought,,")[0] == 303
    assert rows(file)[2] == {"name": "climate", "words": ["emission", "carbon price", "drought"]}
    assert send(session, "up", name="climate") == (303, f"{PATH}?message=saved#section-climate")
    assert 'id="section-climate"' in session.get(PATH).text
    assert names(file) == ["economy", "climate", "security"]
    assert send(session, "down", name="economy")[0] == 303
    assert names(file) == ["climate", "economy", "security"]
    assert send(session, "up", name="climate")[0] == 303
    assert send(session, "up", name="nothing")[0] == 303
    assert names(file) == ["climate", "economy", "security"]
    assert 'value="remove">Remove</button>' in session.get(f"{PATH}?remove=climate").text
    assert send(session, "remove", name="climate") == (303, f"{PATH}?message=removed")
    assert names(file) == ["economy", "security"]
    assert [act.about for act in session.acts()] == [
        "sections: climate removed",
        "sections: order climate, economy, security",
        "sections: order economy, climate, security",
        "sections: climate added",
    ]


@pytest.mark.parametrize(
    ("do", "fields", "told"),
    [
        ("add", {"name": "climate"}, "does not know section"),
        ("add", {"name": "Climate", "words": "x"}, "lower-case"),
        ("add", {"name": "economy", "words": "x"}, "is taken already"),
        ("add", {"name": "climate", "words": "--"}, "no letter or digit"),
        ("add", {"name": "climate", "words": "x" * 41}, "41 characters"),
        ("save", {"name": "economy", "label": "L" * 41}, "41 characters"),
        ("save", {"name": "economy", "label": "a\x07b"}, "one line"),
        ("save", {"name": "economy", "label": "a\u202eb"}, "Latin, Greek or Cyrillic"),
        ("save", {"name": "economy", "label": "\u7d4c\u6e08"}, "Latin, Greek or Cyrillic"),
        ("save", {"name": "economy", "label": "W" * 31}, "at most 30"),
        ("teach", {"name": "../x"}, "lower-case"),
        ("teach", {"name": "other"}, "lower-case"),
    ],
)
def test_what_is_wrong_stands_beside_its_field_and_nothing_is_written(
    session: Seated, file: Path, do: str, fields: dict[str, str], told: str
) -> None:
    status, text = send(session, do, **fields)
    assert status == 422
    assert told in text
    assert 'class="error"' in text
    assert 'aria-invalid="true"' in text
    assert file.read_text(encoding="utf-8") == FILE
    assert not session.acts()


def test_the_last_section_cannot_be_removed(session: Seated, file: Path) -> None:
    assert send(session, "remove", name="security")[0] == 303
    status, text = send(session, "remove", name="economy")
    assert status == 422
    assert "at least one" in text
    assert names(file) == ["economy"]


def test_what_another_changed_is_not_overwritten(session: Seated, file: Path) -> None:
    before = seen(session)
    send(session, "save", name="economy", label="Money")
    answer = session.post(PATH, {"do": "save", "seen": before, "name": "economy", "label": "Trade"})
    assert answer.headers["location"] == f"{PATH}?message=meanwhile"
    assert rows(file)[0]["label"] == "Money"


def test_a_broken_file_is_told_and_not_touched(session: Seated, file: Path) -> None:
    file.write_text("name = ", encoding="utf-8")
    answer = session.get(PATH)
    assert answer.status_code == 422
    assert "cannot be read" in answer.text
    assert session.get(f"{PATH}/climate").status_code == 422
    assert session.post(PATH, {"do": "add", "name": "x", "words": "y"}).status_code == 422
    assert file.read_text(encoding="utf-8") == "name = "


def test_a_new_section_leads_to_its_page(session: Seated, file: Path) -> None:
    assert file.exists()
    assert send(session, "teach", name="sea trade") == (303, f"{PATH}/sea%20trade")

"""Form fields and time zones: what is read, refused and shown again."""

from datetime import UTC, datetime, time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing.app.readers.fields import choices, preferences_of
from briefing.core.model import Form, Offered, Preferences
from briefing.web import forms
from briefing.web.forms import Listing
from tests.examples import examples
from tests.mail.nasty import IDS, NASTY

OFFERED = Offered(("economy", "security"))
USUAL = choices(Preferences(), OFFERED)
ALL = {*USUAL}


def test_preferences_are_shown_and_read_back_the_same() -> None:
    preferences = Preferences(("security",), (), Form.LINK, (1, 4), time(6, 15), "Africa/Accra")
    chosen = choices(preferences, OFFERED)
    fields: dict[str, list[str]] = {}
    for name, value in forms.as_fields(chosen):
        fields.setdefault(name, []).append(value)
    read = forms.read_chosen(fields, usual=USUAL, asked=ALL)
    assert read == chosen
    assert not forms.problems(read, offered=OFFERED)
    assert preferences_of(read, OFFERED) == preferences


@examples("field, value, said")
def test_each_wrong_choice_is_told_beside_its_field(field: str, value: Any, said: str) -> None:  # noqa: ANN401  a column
    (problem,) = forms.problems({**USUAL, field: value}, offered=OFFERED)
    assert (problem.field, problem.message) == (field, said)
    assert problem.hint


@pytest.mark.parametrize("value", NASTY, ids=IDS)
@pytest.mark.parametrize("field", sorted(ALL - {"own_words"}))
def test_no_strange_value_is_a_choice(field: str, value: str) -> None:
    chosen = forms.read_chosen({field: [value]}, usual=USUAL, asked={field})
    # A line of mutes that is left empty is none.
    told = [] if field == "muted" and not value.strip() else [field]
    assert [one.field for one in forms.problems(chosen, offered=OFFERED)] == told


def test_own_words_stand_one_a_line_and_each_once() -> None:
    text = " Kim  Jong-un\r\nsuriname, Suriname;\r\n\r\nنمی\u200cشود"
    chosen = forms.read_chosen({"own_words": [text]}, usual=USUAL, asked={"own_words"})
    assert not forms.problems(chosen, offered=OFFERED)
    words = ("Kim Jong-un", "Suriname", "نمی\u200cشود")
    assert preferences_of(chosen, OFFERED).own_words == words
    again = [value for name, value in forms.as_fields(chosen) if name == "own_words"]
    read = forms.read_chosen({"own_words": again}, usual=USUAL, asked={"own_words"})
    assert read["own_words"] == words


@examples("written, said")
def test_an_address_that_is_none_is_told(written: str, said: str) -> None:
    shown_again, address, (problem,) = forms.read_address({"mail": [written]})
    assert (shown_again, address, problem.message) == (written, "", said)


WINTER = datetime(2026, 1, 12, tzinfo=UTC)
SUMMER = datetime(2026, 7, 12, tzinfo=UTC)


def labels(name: str, at: datetime) -> list[str]:
    return [label for group in forms.zone_groups([name], at=at).values() for _, label in group]


def test_zones_stand_under_their_region_with_the_offset_of_the_moment() -> None:
    names = ("UTC", "Europe/Zurich", "Europe/Oslo", "America/Argentina/Buenos_Aires")
    groups = forms.zone_groups(names, at=WINTER)
    assert list(groups) == ["World", "Europe", "America"]
    assert groups["Europe"] == [
        ("Europe/Oslo", "Oslo (UTC+1)"),
        ("Europe/Zurich", "Zurich (UTC+1)"),
    ]
    assert groups["America"][0][1] == "Buenos Aires (UTC−3)"
    assert labels("Europe/Zurich", SUMMER) == ["Zurich (UTC+2)"]
    assert labels("Africa/Accra", SUMMER) == ["Accra (UTC)"]
    assert labels("Asia/Kathmandu", SUMMER) == ["Kathmandu (UTC+5:45)"]
    assert labels("UTC", SUMMER) == ["UTC"]


COLUMNS: dict[str, Any] = {
    "name": ("Name", lambda row: row[0]),
    "size": ("Size", lambda row: row[1]),
}
ROWS = [("b", 2), ("a", 1), ("c", 1)]


def listing(**query: str) -> Listing:
    return Listing("/admin/things", query, keys=("q", "show"))


@examples("query, names")
def test_rows_are_sorted_as_asked(query: dict[str, str], names: str) -> None:
    shown = listing(**query).table(ROWS, COLUMNS, size=len(ROWS))
    assert "".join(name for name, _ in shown["rows"]) == names


def test_a_head_turns_the_order_when_it_is_pressed_again() -> None:
    asked = listing(q="a b", sort="size")
    other = asked.head("name", "Name", sort="size")
    assert (other.sorted, other.href) == ("", "/admin/things?q=a+b&sort=name")
    own = asked.head("size", "Size", sort="size")
    assert own.sorted == "ascending"
    assert own.href.endswith("sort=size&order=descending")
    turned = listing(sort="size", order="descending").head("size", "Size", sort="size")
    assert (turned.sorted, turned.href) == ("descending", "/admin/things?sort=size")


@given(st.text(max_size=300))
def test_whatever_is_asked_for_a_page_is_shown_and_an_address_made(said: str) -> None:
    asked = listing(page=said, q=said)
    assert 1 <= asked.page <= 100_000
    assert len(asked.asked("q")) <= 200
    assert asked.to(page="2").startswith("/admin/things?")
    assert asked.to().isascii()


def test_a_table_has_short_addresses_and_links_its_pages() -> None:
    assert listing(show=" ").to() == "/admin/things"
    assert listing().pages(50, size=50) == ()
    assert listing().pages(51, size=50) == (("Next", "/admin/things?page=2"),)
    middle = listing(page="2", q="a&b")
    assert middle.pages(101, size=50) == (
        ("Previous", "/admin/things?q=a%26b&page=1"),
        ("Next", "/admin/things?q=a%26b&page=3"),
    )
    assert [label for label, _ in middle.pages(100, size=50)] == ["Previous"]

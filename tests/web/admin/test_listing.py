from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from briefing.web.forms import Listing
from tests.examples import examples

SORTS: dict[str, Any] = {"name": lambda row: row[0], "size": lambda row: row[1]}
ROWS = [("b", 2), ("a", 1), ("c", 1)]


def listing(**query: str) -> Listing:
    return Listing("/admin/things", query, keys=("q", "show"))


@examples("query, names")
def test_rows_are_sorted_as_asked(query: dict[str, str], names: str) -> None:
    _, rows = listing(**query).ordered(ROWS, SORTS)
    assert "".join(name for name, _ in rows) == names


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

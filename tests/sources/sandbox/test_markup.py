from briefing.sources.sandbox.markup import (
    absolute,
    bounded_page,
    in_lines,
    parsed_page,
    title_of,
    to_plain,
)
from tests.examples import examples


@examples("markup, text")
def test_markup_becomes_plain_lines(markup: str, text: str) -> None:
    assert to_plain(markup) == text


def test_lines_are_paragraphs_when_no_blank_line_splits_them() -> None:
    assert in_lines("one\ntwo\r\n three ") == "one\ntwo\nthree"


@examples("title, plain, read")
def test_a_title_is_one_plain_line(title: str, *, plain: bool, read: str) -> None:
    assert title_of(title, plain=plain) == read


@examples("url, whole")
def test_addresses_are_made_whole_or_dropped(url: str, whole: str) -> None:
    assert absolute(url, base="https://news.example/x/y") == whole


def test_pages_of_nothing_and_of_too_much_end_in_time() -> None:
    assert parsed_page("") is None
    assert len(to_plain("<div>" * 50_000 + "Deep down.")) < 20
    page = f"<p>One</p><table><tr>{'<TD>a</TD>' * 1_500}<tr><td>b</table><p>Two</p>"
    cut, notes = bounded_page(page)
    assert (cut.count("<td>a"), cut.count("<td>b"), cut.count("<p>")) == (1_000, 1, 2)
    assert notes == ("rows with more than 1,000 cells: only the first are read",)
    short = "<table>" + "<tr><td>a<td>b" * 900
    assert bounded_page(short) == (short, ())

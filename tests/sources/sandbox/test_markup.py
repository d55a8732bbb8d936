import pytest

from briefing.sources.sandbox.markup import (
    absolute,
    bounded_page,
    in_lines,
    parsed_page,
    title_of,
    to_plain,
)


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>One.</p><p>Two\nlines.</p>", "One.\nTwo lines."),
        ("North<b>wick</b>'s <a href='x'>port</a>.", "Northwick's port."),
        ("One<br>two<br/>three", "One\ntwo\nthree"),
        ("<ul><li>a</li><li>b</li></ul>", "a\nb"),
        ("<table><tr><td>a</td><td>b</td></tr></table>", "a b"),
        ("<script>x()</script><style>p {}</style><p>Seen</p>", "Seen"),
        ("<figure><img><figcaption>A quay.</figcaption></figure>Seen", "Seen"),
        ("AT&amp;T &lt;up&gt;", "AT&T <up>"),
        ("one\n\ntwo\nlines", "one\ntwo lines"),
        ("<!-- nothing -->", ""),
        ("  ", ""),
    ],
)
def test_markup_becomes_plain_lines(markup: str, text: str) -> None:
    assert to_plain(markup) == text


def test_lines_are_paragraphs_when_no_blank_line_splits_them() -> None:
    assert in_lines("one\ntwo\r\n three ") == "one\ntwo\nthree"


@pytest.mark.parametrize(
    ("title", "plain", "read"),
    [
        ("<b>Port</b>\nopens", False, "Port opens"),
        ("Port <em>opens</em>", True, "Port opens"),
        ("Ships &amp; quays", True, "Ships & quays"),
        ("What x<y means", True, "What x<y means"),
    ],
)
def test_a_title_is_one_plain_line(title: str, *, plain: bool, read: str) -> None:
    assert title_of(title, plain=plain) == read


@pytest.mark.parametrize(
    ("url", "whole"),
    [
        ("/a b", "https://news.example/a%20b"),
        ("c#d", "https://news.example/x/c#d"),
        ("javascript:alert(1)", ""),
        ("http://[::1", ""),
        (" ", ""),
    ],
)
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

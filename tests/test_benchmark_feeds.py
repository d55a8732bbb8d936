import pytest

from benchmarks.feeds import compare, holds, wanted_of
from briefing.sources.sandbox.pool import shared
from tests.lab.evaluate.test_inputs import RSS, WRONG


def test_feeds_are_compared_with_what_their_first_comment_expects() -> None:
    files = {"a": RSS, "b": WRONG, "c": "Hello", "d": f"{WRONG[: WRONG.index('-->')]}-->Hello"}
    read = [(name, body.encode()) for name, body in files.items()]
    assert compare(read, parse=shared()) == {"checked": 3, "right": 1, "wrong": ["b", "d"]}


@pytest.mark.parametrize(
    ("expression", "wanted"),
    [
        ("version == 'rss20'", [(("kind",), "rss20")]),
        ("not bozo and feed['title'] == 'A'", [(("feed", "title"), "A")]),
        ("bozo", None),
        ("entries[0].content[0].value == 'x'", [(("entry", "0", "text"), "x")]),
        ("entries[1]['date_parsed'] == (2026, 1)", [(("entry", "1", "published"), (2026, 1))]),
        ("feed.title == 'A' or feed.title == 'B'", None),
        ("entries[0].rating == 'x'", None),
        ("len(entries) == 1", None),
        ("feed.title != 'A'", None),
        ("feed.title ==", None),
        ("(" * 500, None),
    ],
)  # fmt: skip
def test_only_what_an_answer_holds_is_expected(expression: str, wanted: object) -> None:
    assert wanted_of(expression) == wanted


def test_values_are_compared_as_plain_text() -> None:
    answer = {
        "title": "A < b",
        "entries": [{"title": "One two", "published": "2026-01-04T08:30:00Z"}, {"published": ""}],
    }
    stamp = ("entry", "0", "published")
    assert holds(answer, [(("feed", "title"), "A &lt; b")])
    assert holds(answer, [(("entry", "0", "title"), "<b>One</b>\n two")])
    assert holds(answer, [(stamp, (2026, 1, 4, 8, 30, 0, 6, 4, 0))])
    assert not holds(answer, [(stamp, (2026, 1, 4, 8, 31, 0, 6, 4, 0))])
    assert not holds(answer, [(("entry", "1", "published"), (2026, 1, 4, 8, 31, 0, 6, 4, 0))])
    assert not holds(answer, [(("entry", "2", "title"), "x")])
    assert not holds({}, [(("kind",), "rss20")])

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from briefing.core.model import Document
from briefing.core.text.copies import find_copies
from tests.examples import examples, news

MORNING = datetime(2026, 1, 4, 6, tzinfo=UTC)

FIRE, LATER, VOTE = (f"{text}\n" for _, text in news(__file__))


def report(name: str, text: str, *, hours: float | None = 0, title: str = "") -> Document:
    published = None if hours is None else MORNING + timedelta(hours=hours)
    return Document(id=name, title=title, text=text, published=published)


def test_a_reprint_under_another_headline_is_a_copy_and_what_shares_less_is_none() -> None:
    documents = [
        report("wire", FIRE, title="Fire at timber yard"),
        report("paper", FIRE, title="Families flee blaze", hours=1),
    ]
    assert find_copies(documents) == {"paper": "wire"}
    assert find_copies([report("first", FIRE), report("next", LATER + FIRE, hours=9)]) == {}
    assert find_copies([report("fire", FIRE), report("vote", VOTE)]) == {}
    form = "Shr {} cts vs {} cts\nNet {} mln vs {} mln\nSales {} mln vs {} mln\nAvg shrs {} mln\n"
    first = form.format(12, 9, "1.4", "1.1", "88.2", "79.9", "11.6")
    second = form.format(71, 66, "20.9", "19.2", "512.0", "498.3", "29.4")
    assert find_copies([report("a", first), report("b", second)]) == {}
    documents = [
        report("a", "Watch the video.", title="Flood in Orrin"),
        report("b", "Watch the video.", title="Vote in Lorvania"),
        report("c", "Watch the video.", title="Flood in Orrin", hours=1),
    ]
    assert find_copies(documents) == {"c": "a"}
    assert find_copies([report("a", ""), report("b", ""), report("c", " \n\x00")]) == {}
    assert find_copies([]) == {}


@examples("text")
def test_a_byline_a_cut_and_a_retouch_make_no_new_report(text: str) -> None:
    assert find_copies([report("wire", FIRE), report("paper", text, hours=2)]) == {"paper": "wire"}


def test_of_copies_the_earliest_then_longest_is_kept_and_named_by_all() -> None:
    documents = [report("late", FIRE, hours=3), report("early", FIRE, hours=1)]
    assert find_copies(documents) == {"late": "early"}
    cut = FIRE[: FIRE.index("The yard")]
    assert find_copies([report("cut", cut), report("full", FIRE)]) == {"cut": "full"}
    assert find_copies([report("one", FIRE), report("two", FIRE)]) == {"two": "one"}
    assert find_copies([report("undated", FIRE, hours=None), report("dated", FIRE)]) == {
        "undated": "dated"
    }
    byline = f"By our own reporter\n{FIRE}"
    documents = [
        report("again", byline, hours=3),
        report("byline", byline, hours=2),
        report("wire", FIRE),
    ]
    assert find_copies(documents) == {"again": "wire", "byline": "wire"}
    half = FIRE[: FIRE.index("The fire chief")]
    documents = [
        report("digest", f"{VOTE}{LATER}{half}"),
        report("fire", FIRE, hours=1),
        report("cut", FIRE[: FIRE.index("The yard")], hours=2),
    ]
    assert find_copies(documents) == {"cut": "fire"}


@given(st.lists(st.text(st.characters(codec=None), max_size=80), max_size=6))
def test_any_characters_are_taken_and_no_original_is_a_copy(texts: list[str]) -> None:
    copies = find_copies([report(str(n), text) for n, text in enumerate(texts)])
    assert not set(copies) & set(copies.values())


def test_many_reports_that_share_one_boilerplate_stay_apart() -> None:
    notice = "All rights are reserved and nothing here may be printed again without our leave.\n"
    documents = [
        report(str(n), " ".join(f"w{n}x{i}" for i in range(60)) + f"\n{notice}") for n in range(800)
    ]
    assert find_copies(documents) == {}

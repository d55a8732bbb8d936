"""Figures: a numeral and the clause that says what it measures."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from briefing.core.model import Figure, Sentence
from briefing.core.text.finders import figures
from briefing.core.text.finders.clauses import Scored, is_balanced, meet, quoted
from briefing.core.text.finders.figures import direction
from tests.core.text.excerpts import lay
from tests.examples import examples
from tests.newsday import ENGLISH
from tests.present import present


def found(sentences: Sequence[Sentence], *, limit: int = 6) -> tuple[Scored[Figure], ...]:
    """Find what a story of these sentences has."""
    return figures.find(sentences, cast=meet(sentences, language=ENGLISH), limit=limit)


def only(text: str) -> tuple[str, str] | None:
    """Return numeral and clause of the best figure of one sentence; the story knows Norland."""
    result = found(lay("Talks in Norland went on.", text))
    return (result[0].item.numeral.text, result[0].item.clause.text) if result else None


@examples("text, numeral")
def test_a_numeral_is_found_with_its_sign_or_unit(text: str, numeral: str) -> None:
    assert only(text) == (numeral, text.removesuffix("."))


@examples("text")
def test_what_measures_nothing_or_leans_on_other_words_is_left_out(text: str) -> None:
    assert only(text) is None


@examples("text, clause")
def test_a_long_sentence_is_cut_to_its_main_clause(text: str, clause: str | None) -> None:
    result = only(text)
    assert result is None or clause is None or result[1] == clause
    assert clause is None or result is not None


def test_what_a_clause_needs_is_never_cut_from_it() -> None:
    assert present(only("Norland was paid $3 million by Acme Inc."))[1].endswith("Acme Inc.")
    text = (
        "The new bridge between Essen and the islands of Norland will cost $4 billion, Ada Lind "
        "told a crowd of several hundred who had waited since noon in front of the old town hall."
    )
    assert only(text) is None
    text = (
        "Tariffs on steel from Norland rose to 25 percent at midnight, but the order will be "
        "withdrawn if both governments agree on a quota before the end of the coming summer."
    )
    assert only(text) is None
    story = lay("Ada Lindqvist runs the port of Essen.", "Lindqvist sold ships worth $4 million.")
    assert found(story) == ()
    story = lay("Then President Lindqvist spoke.", "Lindqvist sold ships worth $4 million in May.")
    assert len(found(story)) == 1
    text = (
        "Exports of Norland {} 12 percent of all that it makes, {} from 14 percent in the long and "
        "dry spring of last year in Essen and on the islands, where all of its harvest was cut."
    )
    assert only(text.format("were", "down")) is None
    for verb, link in (("were", "with some"), ("fell by", "down")):
        clause = f"Exports of Norland {verb} 12 percent of all that it makes"
        assert only(text.format(verb, link)) == ("12 percent", clause)


def test_figures_are_shared_ranked_and_bounded_and_hedges_lower_them() -> None:
    result = found(lay("Growth in Norland slowed to 1.9 percent from 2.2 percent."))
    assert [item.item.numeral.text for item in result] == ["1.9 percent"]
    story = [
        *lay("In May Norland exported 4,000 horses.", "In May Norland exported 9,000 goats."),
        *lay("In May Norland exported 9,000 goats.", document="d2"),
    ]
    result = found(story)
    assert [item.item.numeral.text for item in result] == ["9,000 goats", "4,000 horses"]
    plain, *others = (
        found(lay(text))[0].quality
        for text in (
            "In May Norland exported 9,000 goats by rail.",
            "In May Norland could have exported 9,000 goats by rail.",
            "In May Norland exported 9,000 goats by rail in 2009.",
            "In May Norland again exported 9,000 goats by rail.",
            "In May Norland has 9,000 goats on its hills.",
            "After Norland exported 9,000 goats by rail, Essen rejoiced.",
            "In May dealers in Norland exported 9,000 goats by rail.",
            "In May Norland exported 48 percent protein meal by rail.",
        )
    )
    assert all(quality < plain for quality in others)
    may, june = (
        found(lay(f"In {month} Norland exported 9,000 goats by rail."))[0].quality
        for month in ("May", "June")
    )
    assert may == june
    story = lay(*(f"In May Norland exported {number},000 goats by rail." for number in range(1, 9)))
    assert len(found(story, limit=2)) == 2
    assert found([]) == ()


@given(st.lists(st.text(max_size=120), max_size=4))
def test_any_text_gives_slices_or_nothing(texts: list[str]) -> None:
    story = lay(*texts)
    whole = " ".join(texts)
    for item in found(story):
        assert 0 <= item.quality <= 1
        for piece in (item.item.numeral, item.item.clause):
            assert whole[piece.start : piece.end] == piece.text
        assert item.item.numeral.text in item.item.clause.text


def test_marks_must_have_partners_or_quote_to_the_end() -> None:
    assert is_balanced('“a” (b) [c] "d"')
    assert not is_balanced("”a“")
    assert not is_balanced("(a")
    assert not is_balanced('"a')
    assert quoted("“a” b “c") == ((1, 2), (7, 8))
    assert quoted('a” b “c "d" e') == ((6, 13),)
    assert quoted('a “b "c" d” e') == ((3, 10),)


@examples("clause, expected")
def test_a_figure_moves_as_its_clause_says(clause: str, expected: str) -> None:
    assert direction(clause, words=ENGLISH.figures) == expected

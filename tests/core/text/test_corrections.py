"""How a printed slice changed in its source, and slips that were mended."""

from dataclasses import replace
from datetime import UTC, date, datetime

from hypothesis import given
from hypothesis import strategies as st

from briefing.core.model import CorrectionBrief, CorrectionKind, Document, Sentence
from briefing.core.text.corrections import (
    Comparison,
    compare,
    compare_titles,
    mended,
    without_old_words,
)
from tests.core.text.corrected_sentences import COSMETIC, SUBSTANTIVE, Pair, kept_back, tuned_on
from tests.examples import examples
from tests.present import present

#: What stands around each sentence: it tells which words are names.
_AFTER = (
    "\nVell and Ostra share a border of 300 kilometers. Governor Ines Halm has led the bank of "
    "Kalvik since 2021. Tarn, Sarn, Lund and Ulm are ports."
)


def compared(old: str, new: str, *, printed: str = "") -> Comparison:
    """Compare a slice of a report whose text was one thing and is another."""
    was, now = Document("d1", "", old), Document("d1~2", "", new)
    words = printed or old
    start = old.index(words)
    (comparison,) = compare([Sentence("d1", start, start + len(words), words)], was=was, now=now)
    return comparison


def in_a_report(pair: Pair) -> Comparison:
    old, new = pair
    return compared(old + _AFTER, new + _AFTER, printed=old)


def marked(comparison: Comparison) -> tuple[list[str], list[str]]:
    """Return the words that are marked, old and new."""
    new = comparison.new or comparison.old
    return (
        [
            comparison.old.text[a - comparison.old.start : b - comparison.old.start]
            for a, b in comparison.old_marks
        ],
        [new.text[a - new.start : b - new.start] for a, b in comparison.new_marks],
    )


def test_what_was_printed_is_still_so_or_not_also_in_pairs_kept_back() -> None:
    for pair in tuned_on(SUBSTANTIVE):
        comparison = in_a_report(pair)
        assert comparison.outcome is CorrectionKind.CHANGED
        assert present(comparison.new).text == pair[1]
    for pair in tuned_on(COSMETIC):
        assert in_a_report(pair).outcome is None
    results = [
        in_a_report(pair).outcome is CorrectionKind.CHANGED for pair in kept_back(SUBSTANTIVE)
    ]
    left = [in_a_report(pair).outcome is None for pair in kept_back(COSMETIC)]
    assert (len(results), len(left)) == (35, 35)
    assert min(sum(results), sum(left)) >= 34


@examples("old, new, marks", marks=tuple)
def test_the_difference_is_marked(old: str, new: str, marks: tuple[list[str], list[str]]) -> None:
    assert marked(compared(old, new)) == marks


def test_the_difference_is_of_the_nearest_sentence_and_what_moved_is_told_apart() -> None:
    old = "The bank of Jon Halm in Sund is shut."
    assert marked(compared(old, old.replace("Halm", "Halms"))) == (["Halm"], ["Halms"])
    old = "The bank of Governor Halm in Sund is shut."
    assert compared(old, old.replace("Halm", "Ines Halm")).outcome is None
    old = "On Monday the ship left Sarn with five men."
    comparison = compared(old, "The ship left Sarn with six men on Monday.")
    assert marked(comparison) == (["five"], ["six"])
    assert compared("-", "Rain fell.").outcome is None
    seized = "The navy of Vell seized a ship on Thursday{} brought its 11 sailors to Tarn."
    assert compared(seized.format(" and"), seized.format(". It")).outcome is None
    new = "Exports rose 3 percent in May in Sund. Exports rose 5 percent in June in Sund."
    comparison = compared(
        new.replace("5", "4"), new, printed="Exports rose 4 percent in June in Sund."
    )
    assert marked(comparison) == (["4"], ["5"])


@examples("left, right")
def test_a_number_is_the_same_however_it_is_written(left: str, right: str) -> None:
    frame = "The union of Sund has {} members in the port."
    assert compared(frame.format(left), frame.format(right)).outcome is None


@examples("left, right")
def test_numbers_that_stand_apart_do_not_add_up(left: str, right: str) -> None:
    frame = "The union of Sund has {} leases in the port."
    assert compared(frame.format(left), frame.format(right)).outcome is CorrectionKind.CHANGED


def test_a_short_word_or_a_known_one_is_no_slip() -> None:
    frame = "The {} of the valley was shut by the council of the town at noon."
    for left, right in (("dog", "dot"), ("costal", "coastal"), ("mine", "mind")):
        assert compared(frame.format(left), frame.format(right)).outcome is CorrectionKind.CHANGED


class TestASliceOfASentence:
    OLD = "Governor Ines Halm said that prices had risen by 6.2 percent in the year to May."
    CLAUSE = "prices had risen by 6.2 percent"

    def test_is_changed_where_it_changed_itself(self) -> None:
        comparison = compared(self.OLD, self.OLD.replace("6.2", "6.4"), printed=self.CLAUSE)
        assert comparison.outcome is CorrectionKind.CHANGED
        assert comparison.old.text == self.CLAUSE
        assert present(comparison.new).text == self.OLD.replace("6.2", "6.4")

    def test_is_as_it_was_where_its_sentence_changed_elsewhere(self) -> None:
        for old, new in (("Ines", "Anna"), ("May", "June"), ("said", "has not said")):
            words = self.OLD.replace(old, new).replace("risen by 6.2", "risen  by, 6.2 ")
            assert compared(self.OLD, words, printed=self.CLAUSE).outcome is None

    def test_is_marked_no_further_than_it_reaches(self) -> None:
        old = "The lease brought in $14 million a year."
        for part, mark in (("The lease brought in $1", "1"), ("4 million a year.", "4 million")):
            comparison = compared(old, old.replace("$14", "$25"), printed=part)
            assert marked(comparison)[0] == [mark]
        old, new = (f"Ostra sent {what} north on Monday." for what in ("9 frigates", "12 tugs"))
        assert marked(compared(old, new, printed=old[13:]))[0] == ["frigates"]

    def test_may_lie_across_sentences(self) -> None:
        old = "The port is shut. The road is open."
        assert compared(old, old.replace("shut", "not shut")).outcome is CorrectionKind.CHANGED


class TestASentenceThatIsGone:
    OLD = "Two armed frigates will berth at Sarn from June."

    def gone(self, new: str) -> CorrectionKind | None:
        return compared(f"{self.OLD} Crews were told on Monday.", new, printed=self.OLD).outcome

    def test_is_removed_where_its_facts_or_the_whole_text_are_gone(self) -> None:
        assert self.gone("Fishing goes on.") is CorrectionKind.REMOVED
        assert self.gone("") is CorrectionKind.REMOVED

    def test_is_put_in_other_words_where_its_facts_stand_together(self) -> None:
        reworded = (
            "From June the pier of Sarn will be a base of the navy with a school, a yard, a dock, "
            "a crane and a hall for those who sail. Warships come, two of them, with guns and oil. "
            "These are frigates, gray, old, slow and armed with guns of the last war."
        )
        assert self.gone(reworded) is None

    def test_is_removed_where_its_facts_stand_apart(self) -> None:
        apart = "Two dogs barked. Nobody slept. It rained. Sarn is old. Rain fell. June was dry."
        assert self.gone(apart) is CorrectionKind.REMOVED

    def test_is_no_loss_where_it_held_no_fact_or_nothing(self) -> None:
        old = "Fishing goes on. Cheerful crews sing."
        assert compared(old, "Rain fell.", printed="Cheerful crews sing.").outcome is None
        assert compared("The. End.", "Rain fell.", printed="The.").outcome is None


class TestAHeadline:
    def titles(self, old: str, new: str, text: str = "") -> Comparison:
        return compare_titles(was=Document("a", old, text), now=Document("b", new, text))

    def test_with_another_number_is_changed(self) -> None:
        old = "Bank of Ostra raises rate to 4 percent"
        comparison = self.titles(old, old.replace("4", "3.75"))
        assert (comparison.outcome, marked(comparison)) == (
            CorrectionKind.CHANGED,
            (["4"], ["3.75"]),
        )

    def test_that_was_written_anew_or_mended_or_is_gone_is_no_correction(self) -> None:
        anew = "Mortgages to cost more as money gets dear"
        old = "Bank of Ostra raises rate to 4 percent"
        slip, mended = "Commitee Shuts Harbor Of Sund", "Committee Shuts Harbor of Sund"
        for was, now in ((old, anew), (slip, mended), ("", ""), (old, old), (old, "")):
            assert self.titles(was, now, "The harbor of Sund was quiet.").outcome is None


class TestTheOldWords:
    OLD = "The central bank of Ostra raised its rate to 4 percent on Wednesday."
    NEW = OLD.replace("to 4", "to 3.75")

    def right(self, text: str, *, new: str = NEW) -> bool:
        documents = Sentence("a", 0, len(self.OLD), self.OLD), Sentence("b", 0, len(new), new)
        noticed = datetime(2026, 3, 12, tzinfo=UTC)
        brief = CorrectionBrief(CorrectionKind.CHANGED, *documents, "e", date(2026, 3, 11), noticed)
        # What is only gone contradicts nothing.
        gone = replace(brief, kind=CorrectionKind.REMOVED, new=None)
        return without_old_words([gone, brief])(Sentence("c", 0, len(text), text))

    def test_are_known_again_in_another_report_and_are_not_the_new_ones(self) -> None:
        assert not self.right("Ostra's central bank on Wednesday raised its rate to 4 percent.")
        assert self.right("Ostra's central bank on Wednesday raised its rate to 3.75 percent.")
        assert self.right("Wages of the ferry crews rise by 4 percent.")
        assert self.right("The central bank of Vell keeps its rate.")
        new = self.OLD.replace("raised", "has not raised")
        assert not self.right(self.OLD, new=new)
        assert self.right(new, new=new)


texts = st.text(
    alphabet=st.sampled_from(
        "abAB 019.,;:'\u2019\"-\u2212%$\n\u00e9\u0301\ufb01\u5317\u0660\U0001f600not"
    ),
    max_size=120,
)
real = st.lists(
    st.sampled_from([one for pair in (*SUBSTANTIVE, *COSMETIC) for one in pair]), max_size=6
).map(" ".join)


@given(st.one_of(texts, real), st.one_of(texts, real), st.data())
def test_it_never_raises_and_its_spans_are_exact(old: str, new: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(old)))
    end = data.draw(st.integers(start, len(old)))
    was, now = Document("a", old[:50], old), Document("b", new[:50], new)
    printed = Sentence("a", start, end, old[start:end])
    for comparison in (*compare([printed], was=was, now=now), compare_titles(was=was, now=now)):
        whole = {"a": was, "b": now}
        for words, marks in (
            (comparison.old, comparison.old_marks),
            (comparison.new, comparison.new_marks),
        ):
            if words is None:
                assert marks == ()
                continue
            source = whole[words.document]
            assert words.text in {source.text[words.start : words.end], source.title}
            assert all(words.start <= a < b <= words.end for a, b in marks)
        assert (comparison.new is not None) == (comparison.outcome is CorrectionKind.CHANGED)


@given(st.one_of(texts, real))
def test_a_text_that_is_the_same_is_unchanged(text: str) -> None:
    whole = Document("a", text, text)
    (comparison,) = compare([Sentence("a", 0, len(text), text)], was=whole, now=whole)
    assert comparison.outcome is None


def test_of_many_sentences_of_the_same_words_the_first_stands_in_place_of_another() -> None:
    old, same = "The rate of Vell is 4 percent, Halm said. ", "Rate is 4 percent. " * 50
    comparison = compared(old + same, same, printed=old.strip())
    assert comparison.outcome is CorrectionKind.CHANGED
    assert present(comparison.new).start == 0


@examples("text, by, after")
def test_only_swapped_letters_are_mended(text: str, by: str, after: str) -> None:
    assert after in mended(text, by=by)


@given(st.text(max_size=200), st.text(max_size=200))
def test_a_text_keeps_its_length_and_itself(text: str, by: str) -> None:
    assert len(mended(text, by=by)) == len(text)
    assert mended(text, by=text) == text

"""No text from outside takes whoever reads it more than linear time."""

from collections.abc import Callable
from functools import partial
from time import process_time

import pytest

from briefing.core.language import LANGUAGES
from briefing.core.model import Document, Sentence
from briefing.core.text.analysis import analyze
from briefing.core.text.classifiers import keywords, linear
from briefing.core.text.cluster import cluster
from briefing.core.text.copies import find_copies
from briefing.core.text.facts import contradicts
from briefing.core.text.furniture import LONGEST
from briefing.core.text.rankers.salience import score
from briefing.core.text.segment import split
from briefing.core.text.watch import Matcher
from tests.core.text import test_ahead as days
from tests.core.text import test_analysis as analyses
from tests.core.text import test_cluster as clusters
from tests.core.text import test_copies as copies
from tests.core.text import test_corrections as corrections
from tests.core.text import test_dates as dates
from tests.core.text import test_figures as figures
from tests.core.text import test_furniture as furniture
from tests.core.text import test_gate as gate
from tests.core.text import test_keywords as words
from tests.core.text import test_kind as kinds
from tests.core.text import test_linear as models
from tests.core.text import test_quotes as quotes
from tests.core.text import test_rankers as rankers
from tests.core.text import test_reference as references
from tests.core.text import test_sentences as judges
from tests.core.text import test_watch as watches
from tests.core.text.excerpts import lay
from tests.growth import is_linear

Read = Callable[[str], object]
#: A square of so many characters is minutes of work.
LONG = 250_000
MODEL = linear.from_bytes(models.COMMITTED)
WORDS = keywords.from_words(words.SECTIONS)
ODD = ("a", "a ", "ab cd ", "\ud800", "😀 ", "1,", "’’'")


def analyzed(text: str) -> None:
    document = Document("d1", text, text)
    assert analyses.read(analyses.kept(document), document)


def analyzed_in(code: str, text: str) -> object:
    return analyze(Document("d", text[:200], text, language=code), language=code)


def furnished(text: str) -> None:
    furniture.judge(text)
    furniture.judge(text[:LONGEST], after=text)


def gated(text: str) -> None:
    document = gate.report(text, title=text, url="https://" + text, publisher=text)
    gate.pass_gate(document, gate.cut(document), language="en")


def judged(text: str) -> None:
    event, other = judges.judged(judges.EVENT, text)
    both = judges.judge_of([event, other])
    assert 0 <= both.opens(other) <= 1
    assert 0 <= both.below([event])(other) <= 1


#: Who reads, how many characters, and of what.
READERS: dict[str, tuple[Read, int, tuple[str, ...]]] = {
    "dates ahead": (
        lambda text: days.found(lay(text, text[:900]), published={"d1": days.TODAY}),
        LONG,
        ("Monday ", "3 March ", "will ", "on Monday will ", ", and ", "A", "\ud800\x00"),
    ),
    "figures": (
        lambda text: figures.found(lay(text, text[:900])),
        LONG,
        ("1,000 ", "$1 ", "1", ", said ", "A", "“", "and the ", "\ud800\x00"),
    ),
    "quotations": (
        lambda text: quotes.found(lay(text, *[text[:900]] * 20)),
        LONG,
        ("“A ", "“A,” said B. ", "said Ada ", "Chief ", "of the ", "Aa Bb, ", "\ud800\x00"),
    ),
    "the day of a report": (
        dates.read,
        LONG,
        ("Sunday (March 8) ", "2026 ", "March 8, 2026\n", "S", "\n"),
    ),
    "counts": (lambda text: contradicts(text, "17 people died."), LONG, ("13 people ",)),
    "an analysis": (analyzed, 50_000, ("a", "ab cd ", "Ab. ", "\ud800", "1,", "“a” ", "\n\n- x")),
    "stories": (
        lambda text: cluster(
            [clusters.report("a", text, text), clusters.report("b", *clusters.FERRY[0])], copies={}
        ),
        LONG,
        ODD,
    ),
    "copies": (
        lambda text: find_copies(
            [copies.report("a", text), copies.report("b", f"{text} end of it all", hours=1)]
        ),
        LONG,
        ODD,
    ),
    "furniture": (
        furnished,
        60_000,
        (*"'\"“(A-\x00", "A ", "By A ", "1 ", "a@", "- ", "vs 1 ", "\ud800", "A,"),
    ),
    "the gate": (gated, 250_000, ("five ", "live-", "a:", "/", "1:11", "opinion ", " ")),
    "a dateline": (
        lambda text: gate.skip_dateline(gate.sentence(text)),
        LONG,
        ("ESSEN, Norland (",),
    ),
    "the kind": (
        kinds.told,
        100_000,
        ("A ", "A.B ", "MS. ", "Q ", "THE X: ", "\n \n", "  \t", "[applause", "by the "),
    ),
    "key words": (lambda text: WORDS([text]), LONG, ("port ", "container ", *"x'\ud800ض", "1,")),
    "n-grams": (lambda text: MODEL([text]), LONG, ("a", "a ", "'", "1,", "\ud800", "$")),
    "the ranker": (
        lambda text: score(rankers.story(d1=[text]), titles={}),
        LONG,
        tuple("a’.1 \x00"),
    ),
    "references": (
        lambda text: references.alone(text, text[:5_000]),
        LONG,
        ("The ", *"HA“’", "Aa ", "it said ", "\ud800\0", "אב ", "A.", "said A", "A-a", "Mr. A "),
    ),
    "sentences": (
        split,
        60_000,
        ('"', "“", "(", "A. ", "U.S. ", '?" ', "“A said ", "a\n", "no.Out ", ". ", f"{'A.':>52}"),
    ),
    "who opens": (judged, 100_000, ("x", "Aa ", "“", "1", ", ", "also ")),
    **{
        code: (
            partial(analyzed_in, code),
            12_000,
            ("A. ", "der ", "l’a ", "« ", "12. ", "Aa ", "Von A, ", "(a ", "„"),
        )
        for code in LANGUAGES[1:]
    },
}


@pytest.mark.parametrize("reader", READERS)
def test_a_long_text_of_anything_takes_linear_time(reader: str) -> None:
    read, size, pieces = READERS[reader]
    for piece in pieces:
        assert is_linear(read, piece * (size // len(piece))), piece


def test_many_sentences_in_one_paragraph_are_judged_in_linear_time() -> None:
    unit = "“The port's cranes work,” said Ana Rosk. "

    def judge(text: str) -> None:
        document = Document("d", "Strike over", text)
        sentences = tuple(
            Sentence("d", at, at + len(unit) - 1, unit[:-1], index)
            for index, at in enumerate(range(0, len(text), len(unit)))
        )
        judgment = gate.pass_gate(document, sentences, language="en")
        assert gate.passed(judgment, sentences) == sentences

    assert is_linear(judge, unit * 2_000)


@pytest.mark.parametrize("words", ["Rate is 4 percent. ", "Vell ", "a4 "])
def test_eight_times_the_text_takes_far_less_than_sixty_four_times_the_work(words: str) -> None:
    old = "The rate of Vell is 4 percent, Halm said. "

    def work(size: int) -> float:
        text = words * (size // len(words))
        begun = process_time()
        corrections.compared(old + text, text + "End.", printed=old.strip())
        return process_time() - begun

    small = max(0.005, min(work(4_000), work(4_000)))
    assert work(32_000) < 24 * small


def test_hostile_words_and_texts_take_linear_time() -> None:
    words = ["a" * 10_000, "(a+)+$", "[x", "\\x", *(f"a {number}" for number in range(5_000))]
    matcher = Matcher.of([watches.watching(*words)])

    def work(text: str) -> object:
        return matcher(Document("d", "", text))

    for text in ("a" * 100_000, "a " * 50_000, "ａ中" * 30_000, "a\u0301" * 40_000, "é  " * 30_000):
        assert is_linear(work, text)
    assert len(matcher(Document("d", "", "a" * 10_000))) == 1
    words = ["x" * number for number in range(1, 2_000)]
    assert watches.found("x" * 1_500, *words) == ["x" * 1_500]

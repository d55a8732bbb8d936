"""Quotations: whole sentences of a named speaker."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing.core.model import Quote, Sentence
from briefing.core.text.finders import quotes
from briefing.core.text.finders.clauses import Scored, meet
from tests.examples import examples
from tests.growth import is_linear
from tests.newsday import ENGLISH


def lay(*texts: str, paragraphs: tuple[int, ...] = ()) -> list[Sentence]:
    """Put sentences one after the other into one document, a space between them."""
    placed, start = [], 0
    for index, text in enumerate(texts):
        paragraph = paragraphs[index] if paragraphs else 0
        placed.append(Sentence("d1", start, start + len(text), text, index, paragraph))
        start += len(text) + 1
    return placed


def found(sentences: Sequence[Sentence], *, limit: int = 3) -> tuple[Scored[Quote], ...]:
    """Find what a story of these sentences has."""
    return quotes.find(sentences, cast=meet(sentences, language=ENGLISH), limit=limit)


def read(*texts: str, paragraphs: tuple[int, ...] = ()) -> list[tuple[str, str, str | None]]:
    """Return words, speaker and office of all quotations, best first."""
    return [
        (
            item.item.words.text,
            item.item.speaker.text,
            item.item.office.text if item.item.office else None,
        )
        for item in found(lay(*texts, paragraphs=paragraphs), limit=9)
    ]


WORDS = "We agreed on who answers the radio when a ship calls for help"


@pytest.mark.parametrize(
    ("tail", "speaker", "office"),
    [
        *(
            tuple(row.split("\t"))
            for row in Path(__file__).with_name("speakers.txt").read_text("utf-8").splitlines()[1:]
        ),
        ("said Sen. Ada Lind.", "Sen. Ada Lind", None),
        ("said Harbor Board Dr. Ada Lind.", "Dr. Ada Lind", None),
        ("said President Lind.", "President Lind", None),
        ("said Ada Lind, noting that the talks were long.", "Ada Lind", None),
        ("Ada Lind said.", "Ada Lind", None),
        (f"said Norland {'very ' * 14}senior analyst Ada Lind.", None, None),
        (f"said Ada Lind, a professor of {'unpronounceably' * 4} things.", "Ada Lind", None),
        ("said Lind.", None, None),
        ("said President, Lind.", None, None),
        ("she said.", None, None),
        ("officials said.", None, None),
        ("Ada Lind laughed.", None, None),
        ("according to Ada Lind.", None, None),
    ],
)
def test_the_speaker_stands_behind_the_words(
    tail: str, speaker: str | None, office: str | None
) -> None:
    result = read(f"“{WORDS},” {tail}")
    assert result == ([] if speaker is None else [(WORDS, speaker, office)])


def test_straight_marks_are_marks() -> None:
    assert read(f'"{WORDS}!" said Ada Lind.') == [(f"{WORDS}!", "Ada Lind", None)]


@examples("lead, speaker")
def test_the_speaker_stands_before_the_words(lead: str, speaker: str | None) -> None:
    result = read(f"{lead}“{WORDS}.”")
    assert result == ([] if speaker is None else [(f"{WORDS}.", speaker, None)])


@pytest.mark.parametrize(
    "text",
    [
        "Ada Lind said the plan was “good for everybody who has a ship in the harbor”.",
        f"“{WORDS.lower()},” said Ada Lind.",
        "“We agreed,” said Ada Lind.",
        f"“{WORDS}, and {WORDS}, and {WORDS},” said Ada Lind.",
        "“A harbor for ships of all nations and of all sizes,” said Ada Lind.",
        f"“{WORDS} [of Norland],” said Ada Lind.",
        f"“{WORDS}… and so on,” said Ada Lind.",
        f"“{WORDS},” said Ada Lind, “when the weather is bad”.",
        f"“{WORDS}” said Ada Lind.",
        f"“{WORDS},” said Ada Lind. “But only",
        f"The paper wrote of a “{WORDS}.”",
        "“” said Ada Lind.",
        f"“{WORDS},” said Ada Lind." + " More." * 200,
    ],
)
def test_scraps_and_broken_quotations_are_left_out(text: str) -> None:
    assert read(text) == []


SECOND = "Nobody in this room will leave before the last ship is home."


def test_a_quotation_right_behind_belongs_to_the_same_speaker() -> None:
    first = f"“{WORDS},” said Ada Lind, a pilot from Essen."
    expected = (SECOND, "Ada Lind", "a pilot from Essen")
    assert expected in [*read(f"“Fine,” said Ada Lind, a pilot from Essen. “{SECOND}”")]
    assert read("“Fine,” said Ada Lind, a pilot from Essen.", f"“{SECOND}”") == [expected]
    assert len(read(first, f"“{SECOND}”")) == 1, "one a speaker"


@pytest.mark.parametrize(
    ("texts", "paragraphs"),
    [
        ((f"“{SECOND}”",), (0,)),
        (("“Fine,” said Ada Lind.", f"“{SECOND}”"), (0, 1)),
        (("Ada Lind said it was “fine”.", f"“{SECOND}”"), (0, 0)),
        (("“Fine,” said Ada Lind. “Fine”.", f"“{SECOND}”"), (0, 0)),
        (("The ships are home.", f"“{SECOND}”"), (0, 0)),
    ],
)
def test_words_without_a_sure_speaker_are_left_out(
    texts: tuple[str, ...], paragraphs: tuple[int, ...]
) -> None:
    assert read(*texts, paragraphs=paragraphs) == []


def test_a_last_name_or_the_first_part_of_a_korean_one_is_looked_up() -> None:
    result = found(
        lay("The port is run by Norland Harbor Director Ada Lind.", f"“{WORDS},” Lind said.")
    )
    quote = result[0].item
    assert (quote.speaker.text, quote.speaker.start) == ("Ada Lind", 43)
    assert quote.office is not None
    assert quote.office.text == "Norland Harbor Director"
    assert read("The guest was Han Min-seo.", f"“{WORDS},” Han said.") == [
        (WORDS, "Han Min-seo", None)
    ]


@examples("earlier")
def test_a_last_name_that_two_or_none_bear_is_left_out(earlier: str) -> None:
    assert read(earlier, f"“{WORDS},” Lind said.") == []


def test_words_that_point_or_ask_weigh_less() -> None:
    weights = [
        found(lay(f"“{words},” said Ada Lind."))[0].quality
        for words in (
            "We will keep the harbor open for every ship of Norland tonight",
            "They will keep the harbor open for every ship of Norland tonight",
            "The harbor is open for every ship of Norland this night",
            "We will keep the harbor open tonight for you",
        )
    ]
    assert max(weights) == weights[0]
    assert weights.count(weights[0]) == 1
    asked = found(lay("“How long will we keep the harbor open for every ship?” said Ada Lind."))
    assert asked[0].quality < weights[0]


def test_whom_a_headline_names_may_be_brief_and_precedes_others() -> None:
    sentences = lay(
        f"“{WORDS},” said Ada Lind, the harbor master.",
        "“Silence only costs us ships at sea,” said Bo Falk, the prime minister.",
    )
    cast = meet(sentences, language=ENGLISH)

    def speakers(*titles: str) -> list[str]:
        return [
            scored.item.speaker.text for scored in quotes.find(sentences, cast=cast, titles=titles)
        ]

    assert speakers() == ["Ada Lind"]
    assert speakers("Ships collide", "Falk Opens Talks") == ["Bo Falk", "Ada Lind"]


@given(st.lists(st.text(alphabet='“”" ,.?Aa said Lind', max_size=80), max_size=4))
def test_any_text_gives_slices_or_nothing(texts: list[str]) -> None:
    whole = " ".join(texts)
    for item in found(lay(*texts)):
        pieces = (item.item.words, item.item.speaker, item.item.office)
        assert all(p is None or whole[p.start : p.end] == p.text for p in pieces)
        assert not set('“”"') & set(item.item.words.text)


@pytest.mark.parametrize(
    "text", ["“A ", "“A,” said B. ", "said Ada ", "Chief ", "of the ", "Aa Bb, ", "\ud800\x00"]
)
def test_a_megabyte_of_anything_takes_linear_time(text: str) -> None:
    def find(long: str) -> None:
        found(lay(long, *[(text * 900)[:900]] * 20))

    assert is_linear(find, text * (1_000_000 // len(text)))

"""Quotations: whole sentences of a named speaker."""

import re
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from briefing.core.model import Quote, Sentence
from briefing.core.text.finders import quotes
from briefing.core.text.finders.clauses import Scored, meet
from tests.core.text.excerpts import lay
from tests.examples import examples
from tests.newsday import ENGLISH
from tests.present import present


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


@examples("tail, speaker, office")
def test_the_speaker_comes_after(tail: str, speaker: str | None, office: str | None) -> None:
    result = read(f"“{WORDS},” {tail}")
    assert result == ([] if speaker is None else [(WORDS, speaker, office)])


@examples("lead, speaker")
def test_the_speaker_stands_before_the_words(lead: str, speaker: str | None) -> None:
    result = read(f"{lead}“{WORDS}.”")
    assert result == ([] if speaker is None else [(f"{WORDS}.", speaker, None)])


@examples("text")
def test_scraps_and_broken_quotations_are_left_out(text: str) -> None:
    assert read(text) == []


@examples("texts, paragraphs", texts=tuple, paragraphs=tuple)
def test_no_sure_speaker_no_quotation(texts: tuple[str, ...], paragraphs: tuple[int, ...]) -> None:
    assert read(*texts, paragraphs=paragraphs) == []


def test_a_last_name_or_the_first_part_of_a_korean_one_is_looked_up() -> None:
    result = found(
        lay("The port is run by Norland Harbor Director Ada Lind.", f"“{WORDS},” Lind said.")
    )
    quote = result[0].item
    assert (quote.speaker.text, quote.speaker.start) == ("Ada Lind", 43)
    assert present(quote.office).text == "Norland Harbor Director"
    assert read("The guest was Han Min-seo.", f"“{WORDS},” Han said.") == [
        (WORDS, "Han Min-seo", None)
    ]


@examples("said, speaker")
def test_a_name_before_another_is_not_who_speaks(said: str, speaker: list[str]) -> None:
    told = read("Ada Lind runs the port.", f"“{WORDS},” {said}.")
    assert [name for _, name, _ in told] == speaker


def test_what_the_speaker_did_or_a_word_that_leans_is_no_office_and_no_name_is_nobody() -> None:
    earlier = "Four say that Ada Lind of Ostra pushed them."
    assert read(earlier, f"“{WORDS},” Lind said.") == [(WORDS, "Ada Lind", None)]
    earlier = "Embattled Harbor Director Ada Lind came."
    assert read(earlier, f"“{WORDS},” Lind said.") == [(WORDS, "Ada Lind", "Harbor Director")]
    assert read(f"“{WORDS},” said Dr Ada Lind.") == [(WORDS, "Dr Ada Lind", None)]
    assert read(f"“{WORDS},” said Harbor Director Dr Ada Lind.") == [
        (WORDS, "Dr Ada Lind", "Harbor Director")
    ]
    assert read(f"“{WORDS},” a spokeswoman for the Lind Organization, the owner of it, said.") == []
    assert read(f"“{WORDS},” said Bo Roe, a spokesman for the Lind Organization.") == [
        (WORDS, "Bo Roe", "a spokesman for the Lind Organization")
    ]
    assert read(f'"{WORDS}!" said Ada Lind.') == [(f"{WORDS}!", "Ada Lind", None)]
    for first in ["Both", "Then", "His"]:
        earlier = f"{first} Harbor Director Ada Lind came."
        assert read(earlier, f"“{WORDS},” Lind said.") == [(WORDS, "Ada Lind", "Harbor Director")]


@examples("earlier")
def test_a_last_name_that_two_or_none_bear_is_left_out(earlier: str) -> None:
    assert read(earlier, f"“{WORDS},” Lind said.") == []


def test_words_that_point_or_ask_or_are_of_last_month_weigh_less() -> None:
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

    def weigh(when: str) -> float:
        return found(lay(f"“{WORDS},” Ada Lind told reporters {when}."))[0].quality

    assert weigh("last month") < weigh("on Monday") == weigh("in Essen")
    assert weigh("on Monday in the port that he opened last year") == weigh("on Monday")


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


@examples("after, count")
def test_words_that_are_taken_back_are_not_quoted_alone(after: list[str], count: int) -> None:
    texts = f"“{WORDS},” said Ada Lind, the harbor master.", *after
    assert len(found(lay(*texts))) == count
    assert len(found(lay(*(re.sub("[“”]", '"', text) for text in texts)))) == count


@given(st.lists(st.text(alphabet='“”" ,.?Aa said Lind', max_size=80), max_size=4))
def test_any_text_gives_slices_or_nothing(texts: list[str]) -> None:
    whole = " ".join(texts)
    for item in found(lay(*texts)):
        pieces = (item.item.words, item.item.speaker, item.item.office)
        assert all(p is None or whole[p.start : p.end] == p.text for p in pieces)
        assert not set('“”"') & set(item.item.words.text)

"""Each ranking method on texts small enough to rank by hand."""

import math
import string
from collections.abc import Sequence
from importlib import import_module
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sumy.models.dom import ObjectDocumentModel, Paragraph
from sumy.models.dom import Sentence as SumySentence
from sumy.summarizers.edmundson import EdmundsonSummarizer

from briefing.core.language import Language
from briefing.core.model import Sentence
from briefing.core.ports import Ranker
from briefing.core.text.rankers import classic, lead, salience
from briefing.core.text.rankers.salience import score
from briefing.core.text.words import stem, tokens
from briefing.setup.registry import load, names

RANKERS: dict[str, Ranker] = {
    "lead": lead.score,
    "salience": salience.score,
    **{
        name: getattr(classic, name)
        for name in "edmundson kl lexrank lsa luhn reduction sumbasic textrank".split()
    },
}

SUMY = (
    "kl.KL lex_rank.LexRank lsa.Lsa luhn.Luhn reduction.Reduction sum_basic.SumBasic "
    "text_rank.TextRank"
)

HARBOR = (
    "The harbor board raised port fees by four percent on Monday.",
    "Shipping companies had asked the harbor board to leave port fees alone.",
    "A ferry to the northern islands was late because of fog.",
    "The board said higher fees would pay for a second crane.",
    "Fees at the port last rose in 2019, before the new crane was ordered.",
)


def sentences_of(*texts: str, document: str = "d1", paragraph: int = 0) -> tuple[Sentence, ...]:
    slices = []
    start = 0
    for index, text in enumerate(texts):
        end = start + len(text)
        slices.append(Sentence(document, start, end, text, index=index, paragraph=paragraph))
        start = end + 1
    return tuple(slices)


def values(name: str, sentences: Sequence[Sentence], **titles: str) -> list[float]:
    return [score.value for score in RANKERS[name](sentences, titles=titles)]


class PlainTokenizer:
    def to_words(self, text: str) -> tuple[str, ...]:
        return tuple(tokens(text))


def ratings_by_sumy(made: Any, texts: Sequence[str]) -> list[float]:  # noqa: ANN401
    plain = [SumySentence(text, PlainTokenizer()) for text in texts]
    ratings: list[float] = []

    def keep(infos: Sequence[Any]) -> tuple[()]:
        ratings.extend(float(info.rating) for info in sorted(infos, key=lambda info: info.order))
        return ()

    made(ObjectDocumentModel([Paragraph(plain)]), keep)
    return ratings


def test_every_ranker_is_registered_under_its_name() -> None:
    assert set(RANKERS) <= set(names("ranker"))
    assert all(load("ranker", name) is score for name, score in RANKERS.items())


def test_each_sentence_gets_a_finite_score_always_the_same_and_a_round_of_its_own() -> None:
    for name, rank in RANKERS.items():
        assert rank((), titles={}) == ()
        assert [math.isfinite(v) for v in values(name, sentences_of(HARBOR[0]))] == [True]
        assert len(values(name, sentences_of(HARBOR[0], *HARBOR[:3], HARBOR[0]))) == 5
        story = sentences_of(*HARBOR) + sentences_of(*HARBOR[::-1], document="d2")
        titles = {"d1": "Harbor board raises port fees", "d2": ""}
        assert rank(story, titles=titles) == rank(story, titles=titles)
    for name in ["kl", "sumbasic"]:
        assert len(set(values(name, sentences_of(HARBOR[0], *HARBOR)))) == 6


@pytest.mark.parametrize("name", RANKERS)
@settings(max_examples=25, deadline=None)
@example(texts=["", " ", "!?"])
@example(texts=["The of and.", "It was."])
@example(texts=["\x00\ud800", "🙂🙂", "مرحبا بالعالم"])
@example(texts=["Same same same.", "Same same same."])
@example(texts=["One word.", "Two others.", "Different entirely."])
@example(texts=["one", "two"])
@example(texts=["a" * 5_000, "’" * 5_000])
@given(
    texts=st.lists(
        st.one_of(st.text(max_size=40), st.text(string.ascii_lowercase[:4] + " ", max_size=30)),
        max_size=8,
    )
)
def test_any_texts_get_a_finite_score_each(name: str, texts: list[str]) -> None:
    scores = values(name, sentences_of(*texts), d1="some title")
    assert len(scores) == len(texts)
    assert all(math.isfinite(value) for value in scores)


@pytest.mark.parametrize("path", SUMY.split())
def test_a_ranker_gives_what_sumy_gives(path: str) -> None:
    module, method = path.split(".")
    made = getattr(import_module(f"sumy.summarizers.{module}"), f"{method}Summarizer")(stem)
    made.stop_words = Language.of("en").stop_words
    scores = values(method.lower(), sentences_of(*HARBOR))
    assert scores == pytest.approx(ratings_by_sumy(made, HARBOR))


def test_a_lead_and_edmundson_score_as_published() -> None:
    story = sentences_of(*HARBOR[:3]) + sentences_of(*HARBOR[3:], document="d2")
    assert values("lead", story) == pytest.approx([1, 1 / 2, 1 / 3, 1, 1 / 2])
    without_byline = sentences_of("By Ann Example", *HARBOR)[1:]
    assert values("lead", without_byline)[0] == 1
    # Two paragraphs. Title words count once in the title and once in the location method.
    first = sentences_of("Crane arrives.", "Perhaps nothing follows.")
    last = sentences_of("A major crane.", paragraph=1)
    scores = values("edmundson", first + last, d1="The crane")
    # title 1 + 1, first paragraph 1, first sentence 1 · stigma −1, paragraph 1, last sentence 1 ·
    # bonus 1, title 1 + 1, last paragraph 1, first sentence 1
    assert scores == [4.0, 1.0, 5.0]
    made = EdmundsonSummarizer(stem)
    made.bonus_words, made.stigma_words, made.null_words = (
        ["first"],
        ["perhaps"],
        Language.of("en").stop_words,
    )
    texts = ("First a crane.", "Perhaps a ferry.", "Then fog.")
    assert values("edmundson", sentences_of(*texts)) == ratings_by_sumy(made, texts)


TERMS = ("position", "length", "brevity", "centrality", "title")


def story(**documents: list[str]) -> tuple[Sentence, ...]:
    return tuple(
        Sentence(key, 100 * index, 100 * index + len(text), text, index=index)
        for key, texts in documents.items()
        for index, text in enumerate(texts)
    )


def term(name: str, sentences: tuple[Sentence, ...], **titles: str) -> list[float]:
    return [item.terms[name] for item in score(sentences, titles=titles)]


def test_positions_and_lengths_count_within_their_documents() -> None:
    sentences = story(d1=["Crane.", "Ferry.", "Fog."], d2=["Harbor."])
    assert term("position", sentences) == pytest.approx([1, math.exp(-0.1), math.exp(-0.2), 1])
    item, two, three = story(d1=["Crane.", "Ferry."], d2=["Fog."])
    assert term("position", (item, three, two)) == pytest.approx([1, 1, math.exp(-0.1)])
    sentences = story(
        d1=["Crane.", "Crane ferry fog.", "Crane ferry fog harbor board fees.", "Crane " * 9]
    )
    assert term("length", sentences) == pytest.approx([1 / 6, 1 / 2, 1, 1 / 6])
    sentences = story(d1=["crane " * 45, "crane " * 46, "crane " * 90])
    assert term("brevity", sentences) == pytest.approx([1, 45 / 46, 1 / 2])


def test_centrality_is_directed_within_a_document_and_mutual_between() -> None:
    # Equal sentences have cosine 1: the first is followed by two, the second by one.
    sentences = story(d1=["Crane arrives.", "Crane arrives.", "Crane arrives."])
    assert term("centrality", sentences) == pytest.approx([1, 1 / 2, 0])
    # d1: one later twin and one in d2 = 2; the last of d1 has only d2 = 1; d2 has both = 2.
    sentences = story(d1=["Crane arrives.", "Crane arrives."], d2=["Crane arrives."])
    assert term("centrality", sentences) == pytest.approx([1, 1 / 2, 1])
    # Crane is in 2 of 3 sentences: log(1 + 3/2); ferry and fog in 1: log(1 + 3).
    sentences = story(d1=["Crane ferry.", "Crane.", "Crane fog crane."])
    crane, rare = math.log(1 + 3 / 3), math.log(1 + 3)
    to_second = crane / math.hypot(crane, rare)
    to_third = crane * 2 * crane / (math.hypot(crane, rare) * math.hypot(2 * crane, rare))
    second_to_third = 2 * crane / math.hypot(2 * crane, rare)
    highest = max(to_second + to_third, second_to_third)
    expected = [(to_second + to_third) / highest, second_to_third / highest, 0]
    assert term("centrality", sentences) == pytest.approx(expected)
    sentences = story(d1=["Crane arrives today.", "Ferry leaves tomorrow."])
    assert term("centrality", sentences) == [1, 1]
    first, second = (item.value for item in score(sentences, titles={}))
    assert first > second
    sentences = story(
        d1=["Visitors enjoyed the sunny weather downtown.", "Ministers signed the fishing pact."],
        d2=["Ministers from both sides signed the fishing pact on Monday."],
        d3=["The fishing pact was signed by ministers after long talks."],
    )
    scores = score(sentences, titles={})
    assert scores[1].value > scores[0].value


def test_title_is_the_share_of_its_words_and_a_value_is_made_of_its_terms() -> None:
    sentences = story(d1=["A crane arrives in fog.", "The ferry."], d2=["Crane."])
    assert term("title", sentences, d1="The crane, the ferry") == pytest.approx([1 / 2, 1 / 2, 0])
    sentences = story(
        d1=["Harbor board raises crane fees.", "Fees pay for cranes.", "Fog again."],
        d2=["Crane fees rise at the harbor."],
    )
    for item in score(sentences, titles={"d1": "Crane fees"}):
        position, length, brevity, centrality, title = (item.terms[name] for name in TERMS)
        told = centrality + 0.2 * title
        assert item.value == pytest.approx(position * length * brevity * told)


@settings(deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["d1", "d2", "d3"]),
        st.lists(st.text("abc \n", max_size=20), max_size=6),
        max_size=3,
    )
)
def test_every_term_lies_between_0_and_1(documents: dict[str, list[str]]) -> None:
    for item in score(story(**documents), titles={"d1": "a b c"}):
        assert all(-1e-9 <= item.terms[name] <= 1 + 1e-9 for name in TERMS)


def test_every_one_of_two_thousand_sentences_is_scored() -> None:
    texts = [f"Word{i % 97} meets word{i % 89} and term{i % 83} in town {i}." for i in range(2_000)]
    sentences = story(d1=texts[:1_000], d2=texts[1_000:])
    assert len(score(sentences, titles={"d1": "Word1 meets"})) == 2_000

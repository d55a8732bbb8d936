"""Sentences that lean on what is not printed above them, and those that open a brief."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing.core.model import Document, Sentence
from briefing.core.text.excerpt import FIRST_LEANING, LEANING
from briefing.core.text.reference import FEATURES, WEIGHTS, Introduced, above, features, leaning
from briefing.core.text.segment import segment
from tests.examples import examples

REPORT = (
    "Ada Lind of Norland opened the harbor of Essen on Monday. Bo Holt said "
    "that two ships would stay away. The captains signed a lease in spring."
)


def below(text: str, headline: str = "", *printed: int, report: str = REPORT) -> float:
    """Return how likely a sentence leans that its report has last, below some of it."""
    sentences = segment(Document("d1", "", f"{report} {text}"))
    return leaning(
        features(
            sentences[-1],
            above=above(headline, [sentences[at] for at in printed]),
            report=Introduced(sentences),
        )
    )


def alone(text: str, headline: str = "") -> float:
    """Return how likely a sentence leans that is all of its report."""
    sentence = Sentence("d1", 0, len(text), text)
    return leaning(features(sentence, above=above(headline), report=Introduced([sentence])))


@examples("text")
def test_what_points_back_never_opens_a_brief(text: str) -> None:
    assert alone(text) == 1
    assert below(text, "", 0) == 1


@examples("text")
def test_what_says_who_and_what_may_open_a_brief(text: str) -> None:
    assert alone(text) <= FIRST_LEANING


def test_what_points_back_is_resolved_by_its_own_report() -> None:
    text = "However, crews closed the gates at noon."
    assert below(text, "", 0, 2) < 1
    assert below(text, "", 0, 1) == 1
    assert below(text, "", 1, 0) == 1
    sentences = segment(Document("d1", "", f"{REPORT} They closed the gates at noon."))
    other = segment(Document("d2", "", REPORT))[-1]
    row = features(sentences[-1], above=above("", [other]), report=Introduced(sentences))
    assert leaning(row) == 1


def test_a_courtesy_title_names_nobody_whom_the_page_has_not() -> None:
    for text in (
        "Mr. Lind called the plan a mistake.",
        "In Essen on Monday Ms. Lind called it so.",
    ):
        assert alone(text) == 1
        assert alone(text, "Lind opens the harbor") <= FIRST_LEANING
        assert below(text, "", 0) < below(text, "", 1) == 1
    assert alone("Mr. Bo Lind called the plan of the harbor a mistake.") <= FIRST_LEANING


@pytest.mark.parametrize(
    ("headline", "office", "leans"),
    [
        ("President Lind visits Essen", "president", True),
        ("President Roe visits Essen", "president", False),
        ("President Roe meets President Lind", "president", True),
        ("Norland President Roe meets Sarnia President Lind", "Norland president", False),
        ("A president visits Essen", "president", False),
    ],
)
def test_the_president_is_the_same_on_the_page(headline: str, office: str, *, leans: bool) -> None:
    report = "President Bo Roe of Norland came to Essen on Monday. He stayed."
    likely = below(f"The {office} called the lease of Essen safe.", headline, report=report)
    assert (likely == 1) is leans


@examples("headline, printed, known", printed=tuple)
def test_a_last_name_needs_the_full(
    headline: str, printed: tuple[int, ...], *, known: bool
) -> None:
    text = "Holt also said that the gates of the northern basin would be shut by noon."
    assert (below(text, headline, *printed) <= FIRST_LEANING) is known


def test_he_needs_somebody_named_above_and_what_adds_counts_against_a_sentence() -> None:
    text = "He wants the gates of the northern basin shut by noon on every day of the week."
    assert below(text, "Ada Lind opens a harbor") == 1
    assert below(text, "Holt stays away from a harbor") < 1
    assert alone("Sales will be higher in spring, he said.") == 1
    assert alone("Sales of Norland will be higher in spring, he said.") < 1
    assert alone("Sales will be higher in spring, said Ada Lind.") < 1
    text = "The lease angered fishing crews of both towns along the northern shore of the bay."
    given_only = below(text)
    assert given_only > below(text, "A lease of berths")
    assert given_only > below(text, "", 2)
    plain = "Crews of two towns on a northern shore sail at noon."
    for text in (
        plain.replace(" sail", " also sail"),
        plain.replace("two towns", "these towns"),
        f"“{plain[:-1]},” said the owner of a ship.",
    ):
        assert below(text) > below(plain)
    inside = below("The exercises drew protests from several neighbors.")
    sentences = segment(
        Document("d1", "", f"{REPORT}\n\nThe exercises drew protests from several neighbors.")
    )
    opening = features(sentences[-1], above=above(""), report=Introduced(sentences))
    assert leaning(opening) < inside


@pytest.mark.parametrize(
    "phrase",
    ["the lease of the berths", "the second lease", "the Antarian lease", "the 2019 lease"],
)
def test_a_noun_that_introduces_itself_counts_less(phrase: str) -> None:
    text = "Fishing crews of two towns along a northern shore were angry over {} until noon."
    assert below(text.format(phrase)) < below(text.format("the lease"))


def test_weights_have_their_signs_and_the_first_is_strict() -> None:
    assert LEANING < FIRST_LEANING < 1
    assert set(WEIGHTS) == {*FEATURES, "bias"}
    assert all(WEIGHTS[name] * sign >= 0 for name, sign in FEATURES.items())


@given(st.text(max_size=300), st.text(max_size=60))
def test_any_text_gets_an_answer(text: str, headline: str) -> None:
    assert 0 <= alone(text, headline) <= 1


@examples("text")
def test_a_state_or_its_seat_speaks_without_a_first_name(text: str) -> None:
    report = "Ada Sudan and Bo Yerevan of Norway met Dockworkers in Essen."
    assert below(text, report=report) <= FIRST_LEANING

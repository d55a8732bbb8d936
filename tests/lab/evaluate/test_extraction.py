import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing.lab.evaluate.extraction import measure

EXPECTED = "The harbor opened again on Monday"


@pytest.mark.parametrize(
    ("extracted", "expected", "precision", "recall", "f1"),
    [
        (EXPECTED, EXPECTED, 1.0, 1.0, 1.0),
        ("", "", 1.0, 1.0, 1.0),
        ("", EXPECTED, 0.0, 0.0, 0.0),
        (EXPECTED, "", 0.0, 0.0, 0.0),
        ("Share this story", "The harbor opened again", 0.0, 0.0, 0.0),
        ("Two words", "Two words", 1.0, 1.0, 1.0),
        # Three expected shingles; five extracted, three of them right.
        (EXPECTED + " share it", EXPECTED, 3 / 5, 1.0, 3 / 4),
        # Two of the three expected shingles.
        ("The harbor opened again on", EXPECTED, 1.0, 2 / 3, 4 / 5),
        # Nine shingles when the text stands there twice, three of them expected.
        (f"{EXPECTED} {EXPECTED}", EXPECTED, 3 / 9, 1.0, 1 / 2),
    ],
)
def test_one_page_is_measured_as_by_hand(
    extracted: str, expected: str, precision: float, recall: float, f1: float
) -> None:
    assert measure([(extracted, expected)]) == pytest.approx(
        {"precision": precision, "recall": recall, "f1": f1}
    )


def test_every_page_counts_the_same_whatever_its_length() -> None:
    long = " ".join(f"w{n}" for n in range(1000))
    assert measure([(long, long), ("", "one short page here")])["f1"] == 0.5


def test_punctuation_and_line_breaks_do_not_count() -> None:
    assert measure([("The harbor,\nopened again", "The harbor opened again.")])["f1"] == 1.0


def test_no_pages_give_zero() -> None:
    assert measure([]) == {"precision": 0.0, "recall": 0.0, "f1": 0.0}


@given(st.lists(st.tuples(st.text(), st.text()), max_size=4))
def test_the_measures_stay_between_zero_and_one(pages: list[tuple[str, str]]) -> None:
    assert all(0 <= value <= 1 for value in measure(pages).values())

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing.core.ports import Classifier
from briefing.core.text.classifiers.joined import Joined
from briefing.core.text.classifiers.keywords import from_words


@dataclass(frozen=True)
class Always:
    """Says the same of every text."""

    row: Mapping[str, float]

    @property
    def sections(self) -> tuple[str, ...]:
        return tuple(self.row)

    def __call__(self, texts: Sequence[str]) -> tuple[Mapping[str, float], ...]:
        return (self.row,) * len(texts)


TRAINED = Always({"economy": 0.6, "other": 0.4})
CLIMATE = from_words({"climate": ["emission", "carbon price"]})
#: Twenty words, one of which is of the section.
TWENTY = "emission " + "x " * 19


def test_it_fits_the_port() -> None:
    port: Classifier = Joined(TRAINED, {"sea": Always({"sea": 0.5, "other": 0.5})}, CLIMATE)
    assert port.sections == ("economy", "other", "sea", "climate")


def test_without_a_match_the_trained_model_decides() -> None:
    row = Joined(TRAINED, {}, CLIMATE)(["Nothing of it.", ""])
    assert row == ({"economy": 0.6, "other": 0.4, "climate": 0.0},) * 2


def test_a_match_counts_as_much_as_forty_words_of_what_the_model_says() -> None:
    # One match against 20 / 40 of the model: 1 / 1.5, and 0.5 / 1.5 of its row.
    row = Joined(TRAINED, {}, CLIMATE)([TWENTY])[0]
    assert row == pytest.approx({"climate": 2 / 3, "economy": 0.2, "other": 0.4 / 3})


def test_one_word_in_a_long_story_does_not_take_it_and_four_do() -> None:
    told = Joined(TRAINED, {}, CLIMATE)
    once, often = told([TWENTY + "x " * 80, "emissions " * 4 + "x " * 96])
    assert max(once, key=lambda name: once[name]) == "economy"
    assert max(often, key=lambda name: often[name]) == "climate"


def test_words_of_a_section_that_the_model_knows_add_to_it() -> None:
    told = Joined(TRAINED, {}, from_words({"economy": ["quay"]}))
    row = told(["quay " + "x " * 19])[0]
    assert row == pytest.approx({"economy": (1 + 0.3) / 1.5, "other": 0.2 / 1.5})


def test_a_model_of_one_section_gives_its_odds_against_all_else() -> None:
    own = Always({"anything": 0.75, "other": 0.25})
    row = Joined(TRAINED, {"sea": own})(["A text."])[0]
    assert row == pytest.approx({"economy": 0.15, "other": 0.1, "sea": 0.75})


def test_two_models_of_one_section_share_by_their_odds() -> None:
    own = {name: Always({"it": p, "other": 1 - p}) for name, p in (("a", 0.5), ("b", 0.75))}
    row = Joined(TRAINED, own)(["A text."])[0]
    assert row == pytest.approx({"economy": 0.12, "other": 0.08, "a": 0.2, "b": 0.6})


def test_a_model_that_is_certain_leaves_a_row() -> None:
    row = Joined(TRAINED, {"sea": Always({"sea": 1.0, "other": 0.0})})(["A text."])[0]
    assert row["sea"] == pytest.approx(1.0)
    assert sum(row.values()) == pytest.approx(1.0)


@given(st.text(st.characters()), st.floats(0, 1))
def test_every_row_sums_to_1(text: str, p: float) -> None:
    own = {"sea": Always({"sea": p, "other": 1 - p})}
    row = Joined(TRAINED, own, CLIMATE)([f"{text} emission {text}"])[0]
    assert sum(row.values()) == pytest.approx(1.0)
    assert min(row.values()) >= 0

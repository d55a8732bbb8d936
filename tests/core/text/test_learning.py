"""One section learned from examples, and added sections beside those of a trained model."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing.core.errors import InputError
from briefing.core.ports import Classifier
from briefing.core.text.classifiers import linear
from briefing.core.text.classifiers.keywords import Joined, from_words
from briefing.core.text.classifiers.learning import (
    Example,
    Quality,
    chances,
    cross_validate,
    doubtful,
    learn,
    without_likely,
)

SEA = ("ferry", "quay", "tide", "harbor", "freighter")
LAND = ("orchard", "village", "railway", "meadow", "barn")
SEEN = ("stood", "was mended", "was sold", "was painted")


def sentences(nouns: tuple[str, ...]) -> list[str]:
    return [f"The {noun} {verb} in spring." for noun in nouns for verb in SEEN]


YES = [Example(text, belongs=True) for text in sentences(SEA)]
NO = [Example(text, belongs=False) for text in sentences(LAND)]


def test_a_section_is_learned_by_the_same_bytes_from_few_or_many() -> None:
    model = learn([*YES, *NO], section="sea")
    assert model.sections == ("sea", "other")
    ferry, barn = chances(model, ["A ferry was late.", "A barn was late."])
    assert ferry > 0.5 > barn

    def written() -> bytes:
        model = learn([*YES, *NO], section="sea")
        return linear.to_bytes(
            model.sections, rarity=model.rarity, weights=model.weights, bias=model.bias
        )

    content = written()
    assert content == written()
    told = linear.from_bytes(content)(["The ferry.", "The barn."])
    assert told[0]["sea"] > 0.5 > told[1]["sea"]
    model = learn([*YES[:10], *NO], section="sea")
    assert chances(model, [YES[0].text])[0] > 0.5


@pytest.mark.parametrize(
    ("examples", "told"),
    [
        ([*YES[:9], *NO], "9 examples; training needs at least 10"),
        ([*YES, *NO[:3]], "3 counterexamples; training needs at least 10"),
        ([], "0 examples"),
    ],
)
def test_too_few_of_either_are_refused(examples: list[Example], told: str) -> None:
    for act in (lambda: learn(examples, section="sea"), lambda: without_likely(examples)):
        with pytest.raises(InputError, match=told):
            act()


def test_examples_without_a_common_word_are_refused_and_lone_surrogates_are_read() -> None:
    alone = [Example(chr(0x4E00 + at), belongs=at % 2 == 0) for at in range(20)]
    with pytest.raises(InputError, match="no word in common"):
        learn(alone, section="sea")
    odd = [Example(f"The ferry \ud800 {at}", belongs=True) for at in range(10)]
    quality = cross_validate([*odd, *NO], kept=[*odd, *NO])
    assert isinstance(quality.right, int | np.integer)


def test_cross_validation_counts_every_example_once_also_what_cannot_be_learned() -> None:
    quality = cross_validate([*YES, *NO], kept=[*YES, *NO])
    assert quality.right + quality.missed == len(YES)
    assert quality.wrong + quality.refused == len(NO)
    turned = [*reversed(NO), *YES]
    assert quality == cross_validate(turned, kept=turned)
    texts = sentences((*SEA, *LAND))
    mixed = [Example(text, belongs=(at // 4 + at) % 2 == 0) for at, text in enumerate(texts)]
    quality = cross_validate(mixed, kept=mixed)
    assert quality.f1.value < 0.7
    hidden = Example("The ferry stood in spring by the quay.", belongs=False, read=False)
    quality = cross_validate([*YES, *NO, hidden], kept=[*YES, *NO])
    assert quality.wrong == cross_validate([*YES, *NO], kept=[*YES, *NO]).wrong + 1


def test_quality_is_as_computed_by_hand_also_of_a_model_that_takes_nothing() -> None:
    quality = Quality(right=8, missed=2, wrong=4, refused=86)
    assert quality.precision.value == pytest.approx(8 / 12)
    assert quality.recall.value == pytest.approx(0.8)
    assert quality.f1.value == pytest.approx(2 * 8 / (10 + 12))
    # Wilson's interval of 8 in 10.
    assert (quality.recall.low, quality.recall.high) == pytest.approx((0.490, 0.943), abs=1e-3)
    assert quality.f1.low < quality.f1.value < quality.f1.high
    assert quality.shares["recall"] == quality.recall
    share = Quality(right=0, missed=0, wrong=0, refused=9).precision
    assert (share.value, share.low, share.high) == (0.0, 0.0, 1.0)


def test_drawn_sentences_that_look_like_the_examples_are_left_out_and_read_ones_stay() -> None:
    hidden = Example("The ferry stood in spring by the quay.", belongs=False, read=False)
    drawn = [Example(one.text, belongs=False, read=False) for one in NO]
    kept = without_likely([*YES, *drawn, hidden])
    assert hidden not in kept
    denied = replace(hidden, read=True)
    assert denied in without_likely([*YES, *drawn, denied])
    assert set(YES) <= set(kept)
    assert len(kept) > len(YES) + len(drawn) / 2


def test_the_doubtful_ones_come_first_and_an_unread_counterexample_counts_less() -> None:
    model = learn([*YES, *NO], section="sea")
    sure, torn = "The ferry at the quay.", "The ferry passed the barn."
    assert doubtful(model, [sure, torn, torn], count=1) == (torn,)
    assert sorted(doubtful(model, [sure, torn, torn], count=9)) == sorted((sure, torn))
    text = "The ferry stood in spring, all said."
    read, unread = (
        chances(
            learn([*YES, *NO, *[Example(text, belongs=False, read=said)] * 3], section="sea"),
            [text],
        )[0]
        for said in (True, False)
    )
    assert read < unread


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


def test_models_decide_without_a_match_and_one_counts_as_forty_words() -> None:
    port: Classifier = Joined(TRAINED, {"sea": Always({"sea": 0.5, "other": 0.5})}, CLIMATE)
    assert port.sections == ("economy", "other", "sea", "climate")
    rows = Joined(TRAINED, {}, CLIMATE)(["Nothing of it.", ""])
    assert rows == ({"economy": 0.6, "other": 0.4, "climate": 0.0},) * 2
    # One match against 20 / 40 of the model: 1 / 1.5, and 0.5 / 1.5 of its row.
    row = Joined(TRAINED, {}, CLIMATE)([TWENTY])[0]
    assert row == pytest.approx({"climate": 2 / 3, "economy": 0.2, "other": 0.4 / 3})
    told = Joined(TRAINED, {}, CLIMATE)
    once, often = told([TWENTY + "x " * 80, "emissions " * 4 + "x " * 96])
    assert max(once, key=lambda name: once[name]) == "economy"
    assert max(often, key=lambda name: often[name]) == "climate"


def test_models_share_by_their_odds() -> None:
    told = Joined(TRAINED, {}, from_words({"economy": ["quay"]}))
    row = told(["quay " + "x " * 19])[0]
    assert row == pytest.approx({"economy": (1 + 0.3) / 1.5, "other": 0.2 / 1.5})
    own = Always({"anything": 0.75, "other": 0.25})
    row = Joined(TRAINED, {"sea": own})(["A text."])[0]
    assert row == pytest.approx({"economy": 0.15, "other": 0.1, "sea": 0.75})
    both = {name: Always({"it": p, "other": 1 - p}) for name, p in (("a", 0.5), ("b", 0.75))}
    row = Joined(TRAINED, both)(["A text."])[0]
    assert row == pytest.approx({"economy": 0.12, "other": 0.08, "a": 0.2, "b": 0.6})
    row = Joined(TRAINED, {"sea": Always({"sea": 1.0, "other": 0.0})})(["A text."])[0]
    assert row["sea"] == pytest.approx(1.0)
    assert sum(row.values()) == pytest.approx(1.0)


@given(st.text(st.characters()), st.floats(0, 1))
def test_every_row_sums_to_1(text: str, p: float) -> None:
    own = {"sea": Always({"sea": p, "other": 1 - p})}
    row = Joined(TRAINED, own, CLIMATE)([f"{text} emission {text}"])[0]
    assert sum(row.values()) == pytest.approx(1.0)
    assert min(row.values()) >= 0

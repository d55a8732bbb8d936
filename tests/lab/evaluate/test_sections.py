from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing.core.language import spoken
from briefing.lab.evaluate import sections
from briefing.lab.evaluate.sections import LabelledText


def line(
    text: str,
    section: str,
    also: tuple[str, ...] = (),
    *,
    kind: str = "letter",
    name: str = "guide",
) -> LabelledText:
    return LabelledText("", name, kind, text, section, also)


def test_measures_are_as_computed_by_hand_with_intervals() -> None:
    texts = [line("1", "a"), line("2", "a", ("b",)), line("3", "b"), line("4", "b")]
    found = sections.report(texts, ["a", "b", "b", "a"])
    # a: precision 1/2, recall 1/2; b: the same.
    assert found["macro_f1"] == pytest.approx(0.5)
    assert found["accuracy"] == pytest.approx(0.5)
    assert found["lenient_accuracy"] == pytest.approx(0.75)
    assert found["confusion"] == {"a": {"a": 1, "b": 1}, "b": {"a": 1, "b": 1}}
    assert found["per_section"]["a"] == {"precision": 0.5, "recall": 0.5, "f1": 0.5, "items": 2}
    assert found["items"] == 4
    report = sections.report([line("1", "a"), line("2", "a")], ["a", "c"])
    assert report["macro_f1"] == pytest.approx(2 / 3)
    assert sections.best({"b": 0.4, "a": 0.4, "c": 0.2}) == "b"  # a tie goes to the first
    texts, answers = [line("1", "a"), line("2", "b"), line("3", "b")], ["a", "b", "a"]
    few, many = (sections.report(texts * n, answers * n)["ci95"]["accuracy"] for n in (5, 200))
    assert few[0] < many[0] < 2 / 3 < many[1] < few[1]
    with pytest.raises(ValueError, match="no texts"):
        sections.report([], [])


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("abc")), min_size=1))
def test_shares_stay_in_0_to_1_lenient_above_strict(pairs: list[tuple[str, str]]) -> None:
    found = sections.report([line("", label, ("c",)) for label, _ in pairs], [g for _, g in pairs])
    assert 0 <= found["accuracy"] <= found["lenient_accuracy"] <= 1
    assert 0 <= found["macro_f1"] <= 1


def test_each_text_is_told_in_its_language_and_each_language_is_measured() -> None:
    heard: list[tuple[str, list[str]]] = []

    def classify(texts: Sequence[str]) -> Sequence[Mapping[str, float]]:
        heard.append((spoken().code, list(texts)))
        return [{"a": 1.0} for _ in texts]

    texts = [line("eins", "a"), line("un", "b"), line("zwei", "a")]
    own = [
        replace(text, language=code) for text, code in zip(texts, ("de", "fr", "de"), strict=True)
    ]
    figures = sections.plain(own, classify=classify)
    assert heard == [("de", ["eins", "zwei"]), ("fr", ["un"])]
    by_language = {code: each["accuracy"] for code, each in figures["languages"].items()}
    assert by_language == {"de": 1.0, "fr": 0.0}
    assert figures["accuracy"] == pytest.approx(2 / 3)
    assert "languages" not in sections.plain(texts, classify=classify)

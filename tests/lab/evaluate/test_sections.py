from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing.core.language import spoken
from briefing.lab.evaluate import sections
from briefing.lab.evaluate.sections import Classify, LabelledText


def line(
    text: str,
    section: str,
    also: tuple[str, ...] = (),
    *,
    kind: str = "letter",
    name: str = "guide",
) -> LabelledText:
    return LabelledText("", name, kind, text, section, also)


#: Enough different texts of four or more words.
NUMBERS = "one two three four five six seven eight nine ten eleven twelve".split()


def story(number: int, section: str, *, kind: str = "letter", name: str = "guide") -> LabelledText:
    word = f"{section}{kind}{NUMBERS[number]}"
    return line(f"{word} begins and then {word} ends", section, kind=kind, name=name)


class Recorder:
    """Learns nothing, remembers each set of texts it was given, and answers "a"."""

    def __init__(self) -> None:
        self.learned: list[list[LabelledText]] = []
        self.measured: list[list[str]] = []

    def train(self, texts: Sequence[LabelledText]) -> Classify:
        self.learned.append(list(texts))
        return self.classify

    def classify(self, texts: Sequence[str]) -> Sequence[Mapping[str, float]]:
        self.measured.append(list(texts))
        return [{"a": 0.5, "b": 0.5} for _ in texts]


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


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("abc")), min_size=1))
def test_shares_stay_in_0_to_1_lenient_above_strict(pairs: list[tuple[str, str]]) -> None:
    found = sections.report([line("", label, ("c",)) for label, _ in pairs], [g for _, g in pairs])
    assert 0 <= found["accuracy"] <= found["lenient_accuracy"] <= 1
    assert 0 <= found["macro_f1"] <= 1


def test_each_text_is_measured_once_by_a_model_that_never_saw_it() -> None:
    with pytest.raises(ValueError, match="no texts"):
        sections.report([], [])
    texts = [story(n, section) for section in "ab" for n in range(10)]
    recorder = Recorder()
    assert sections.five_fold(texts, noisy=[], train=recorder.train)["items"] == 20
    asked = [text for fold in recorder.measured for text in fold]
    assert sorted(asked) == sorted(text.text for text in texts)
    for learned, measured in zip(recorder.learned, recorder.measured, strict=True):
        assert len(measured) == 4
        assert not {text.text for text in learned} & set(measured)


def test_texts_alike_share_a_fold_and_copies_are_not_learned() -> None:
    base = "the mayor of the small town opened a new bridge on sunday"
    chain = [base, f"{base} morning", "Opened a NEW bridge on Sunday morning, reports say"]
    texts = [*(story(n, "a") for n in range(8)), *(line(text, "a") for text in chain)]
    recorder = Recorder()
    sections.five_fold(texts, noisy=[], train=recorder.train)
    assert [sum(text in chain for text in fold) for fold in recorder.measured].count(3) == 1
    texts = [story(n, "a") for n in range(10)]
    copy = line(f"Morning report: {texts[0].text.upper()}!", "b", name="noisy")
    other = line("quite another thing entirely here", "b", name="noisy")
    recorder = Recorder()
    sections.five_fold(texts, noisy=[copy, other], train=recorder.train)
    for learned, measured in zip(recorder.learned, recorder.measured, strict=True):
        assert (copy in learned) == (texts[0].text not in measured)
        assert other in learned
    recorder = Recorder()
    found = sections.five_fold([story(1, "a"), story(2, "a")], noisy=[], train=recorder.train)
    assert found["items"] == 2
    assert len(recorder.learned) == 2


def test_a_kind_is_measured_by_a_model_that_never_saw_it_its_file_or_its_texts() -> None:
    letters = [story(n, "a") for n in range(5)]
    cables = [story(n, "b", kind="cable") for n in range(5)]
    archive = [line(text.text, "b", kind="sentence", name="archive") for text in cables[:2]]
    archive.append(line("an old sentence that nobody asks about", "b", name="archive"))
    free = line("a free text of quite different words", "a", name="free")
    recorder = Recorder()
    found = sections.held_out([*letters, *cables], noisy=[*archive, free], train=recorder.train)
    assert list(found) == ["cable", "letter"]
    assert recorder.learned == [[*letters, free], [*cables, *archive, free]]
    assert found["letter"]["accuracy"] == 1.0
    letter = line("the mayor opened a new bridge", "a", kind="letter")
    cable = line("the mayor opened a new bridge today", "a", kind="cable")
    recorder = Recorder()
    sections.held_out([letter, cable, story(1, "a")], noisy=[], train=recorder.train)
    assert recorder.learned == [[story(1, "a")], []]


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

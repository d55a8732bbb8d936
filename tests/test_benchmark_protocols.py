from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.protocols import assess_protocol, five_fold, held_out
from briefing.lab.evaluate.sections import Classify, LabelledText
from tests.lab.evaluate.test_sections import line
from tests.lab.test_assess import LABELLED
from tests.small_day import write_lines

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


def test_each_text_is_measured_once_by_a_model_that_never_saw_it() -> None:
    texts = [story(n, section) for section in "ab" for n in range(10)]
    recorder = Recorder()
    assert five_fold(texts, noisy=[], train=recorder.train)["items"] == 20
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
    five_fold(texts, noisy=[], train=recorder.train)
    assert [sum(text in chain for text in fold) for fold in recorder.measured].count(3) == 1
    texts = [story(n, "a") for n in range(10)]
    copy = line(f"Morning report: {texts[0].text.upper()}!", "b", name="noisy")
    other = line("quite another thing entirely here", "b", name="noisy")
    recorder = Recorder()
    five_fold(texts, noisy=[copy, other], train=recorder.train)
    for learned, measured in zip(recorder.learned, recorder.measured, strict=True):
        assert (copy in learned) == (texts[0].text not in measured)
        assert other in learned
    recorder = Recorder()
    found = five_fold([story(1, "a"), story(2, "a")], noisy=[], train=recorder.train)
    assert found["items"] == 2
    assert len(recorder.learned) == 2


def test_a_kind_is_measured_by_a_model_that_never_saw_it_its_file_or_its_texts() -> None:
    letters = [story(n, "a") for n in range(5)]
    cables = [story(n, "b", kind="cable") for n in range(5)]
    archive = [line(text.text, "b", kind="sentence", name="archive") for text in cables[:2]]
    archive.append(line("an old sentence that nobody asks about", "b", name="archive"))
    free = line("a free text of quite different words", "a", name="free")
    recorder = Recorder()
    found = held_out([*letters, *cables], noisy=[*archive, free], train=recorder.train)
    assert list(found) == ["cable", "letter"]
    assert recorder.learned == [[*letters, free], [*cables, *archive, free]]
    assert found["letter"]["accuracy"] == 1.0
    letter = line("the mayor opened a new bridge", "a", kind="letter")
    cable = line("the mayor opened a new bridge today", "a", kind="cable")
    recorder = Recorder()
    held_out([letter, cable, story(1, "a")], noisy=[], train=recorder.train)
    assert recorder.learned == [[story(1, "a")], []]


def test_training_is_measured_by_folds_and_by_kinds_held_out(tmp_path: Path) -> None:
    file = write_lines(tmp_path / "l.jsonl", LABELLED)
    told = assess_protocol([file], protocol="five-fold", noisy=())
    assert told["items"] == len(LABELLED)
    assert 0 <= told["macro_f1"] <= 1
    kinds = assess_protocol([file], protocol="held-out", noisy=[file])
    assert {kind: figures["items"] for kind, figures in kinds.items()} == {"brief": 6, "wire": 6}

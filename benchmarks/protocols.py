"""What a training of the sections is worth, by texts of which the model has learned nothing."""

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from briefing.core.ports import Classifier
from briefing.core.text.classifiers import linear
from briefing.lab import train
from briefing.lab.assess.inputs import labelled_texts, measured_texts
from briefing.lab.evaluate.sections import (
    Classify,
    LabelledText,
    best,
    likes,
    plain,
    report,
    unlike,
)

#: Folds of the five-fold protocol.
FOLDS = 5


#: Share of a kind's texts found in a file from which on the whole file counts as that kind.
_SAME_KIND = 0.01


#: Texts to learn from to what was learned.
Train = Callable[[Sequence[LabelledText]], Classify]


def five_fold(
    texts: Sequence[LabelledText], *, noisy: Sequence[LabelledText], train: Train
) -> dict[str, Any]:
    """Measure on each fifth of the texts what was learned from the rest and the noisy ones.

    Texts alike share a fold; a noisy text like one of the fold measured on is left out. Folds are
    dealt by kind and section, so that each has its share of both.
    """
    folds = _folds(texts, _groups([text.text for text in texts]))
    given = [""] * len(texts)
    for fold in range(FOLDS):
        test = [at for at, dealt in enumerate(folds) if dealt == fold]
        rest = [text for text, dealt in zip(texts, folds, strict=True) if dealt != fold]
        # With few texts a fold may be empty.
        if test:
            measured = [texts[at].text for at in test]
            classify = train([*rest, *unlike(noisy, measured)])
            for at, row in zip(test, classify(measured), strict=True):
                given[at] = best(row)
    return report(texts, given)


def held_out(
    texts: Sequence[LabelledText], *, noisy: Sequence[LabelledText], train: Train
) -> dict[str, dict[str, Any]]:
    """Measure each kind with what was learned from the other kinds; kinds in order of name.

    A noisy file in which one in a hundred of the kind's texts is found is of that kind, and is
    left out whole. Of everything else, texts like one of the kind are left out.
    """
    reports = {}
    for kind in sorted({text.kind for text in texts}):
        test = [text for text in texts if text.kind == kind]
        measured = [text.text for text in test]
        others = [text for text in texts if text.kind != kind]
        same = _files_of_a_kind(noisy, measured)
        rest = [*others, *(text for text in noisy if text.name not in same)]
        reports[kind] = plain(test, classify=train(unlike(rest, measured)))
    return reports


def _files_of_a_kind(noisy: Sequence[LabelledText], measured: Sequence[str]) -> frozenset[str]:
    alike: dict[str, set[int]] = {}
    for text, others in zip(noisy, likes([text.text for text in noisy], measured), strict=True):
        alike.setdefault(text.name, set()).update(others)
    return frozenset(
        name for name, likes in alike.items() if len(likes) >= _SAME_KIND * len(measured)
    )


def _groups(texts: Sequence[str]) -> list[int]:
    """Return for each text the position of the first text to which a chain of likes leads."""
    groups = list(range(len(texts)))
    for at, others in enumerate(likes(texts, texts)):
        joined = {groups[other] for other in (at, *others)}
        if len(joined) > 1:
            first = min(joined)
            groups = [first if group in joined else group for group in groups]
    return groups


def _folds(texts: Sequence[LabelledText], groups: Sequence[int]) -> list[int]:
    """Deal groups to folds in turn, apart by kind and section of the first text of each."""
    dealt: Counter[tuple[str, str]] = Counter()
    fold_of: dict[int, int] = {}
    for group in sorted(set(groups)):
        cell = (texts[group].kind, texts[group].section)
        fold_of[group] = dealt[cell] % FOLDS
        dealt[cell] += 1
    return [fold_of[group] for group in groups]


def assess_protocol(
    paths: Sequence[Path], *, protocol: str, noisy: Sequence[Path]
) -> dict[str, Any]:
    """Measure what a training is worth: "five-fold", or each kind "held-out" in turn.

    Args:
        paths: texts labelled by reading, which are measured on.
        protocol: one of the two.
        noisy: further files to learn from, never measured on.
    """
    texts = measured_texts(paths)
    further = labelled_texts(noisy, without=())

    def learn(given: Sequence[LabelledText]) -> Classifier:
        return linear.from_bytes(train.train(given))

    if protocol == "five-fold":
        return five_fold(texts, noisy=further, train=learn)
    return held_out(texts, noisy=further, train=learn)

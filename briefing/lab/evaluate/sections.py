"""Measures a section classifier, on given labels or by the honest protocols."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from briefing.core.language import in_language

#: Folds of the five-fold protocol.
FOLDS = 5
#: Resamples of the bootstrap, and its seed (any fixed one).
_RESAMPLES = 2_000
_SEED = 0
#: Words in a row that two texts must share to count as alike, and the share of the shorter one's
#: such runs from which on they do.
_RUN = 4
_ALIKE = 0.5
#: Share of a kind's texts found in a file from which on the whole file counts as that kind.
_SAME_KIND = 0.01

_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class LabelledText:
    """One text to learn from or to measure on."""

    #: As in its file.
    id: str
    #: The file it came from.
    name: str
    #: What sort of text: "wcep", "headline" ..., for measuring on a kind never learned.
    kind: str
    #: The text itself.
    text: str
    #: The section it belongs to.
    section: str
    #: Other sections that a reasonable editor would accept.
    also: tuple[str, ...] = ()
    #: 0 to 1: how much the label counts.
    trust: float = 1.0
    #: ISO 639-1 code; empty: that which is spoken.
    language: str = ""


#: Texts to a probability by section each.
Classify = Callable[[Sequence[str]], Sequence[Mapping[str, float]]]
#: Texts to learn from to what was learned.
Train = Callable[[Sequence[LabelledText]], Classify]


def best(row: Mapping[str, float]) -> str:
    """Return the likeliest section; ties go to the first in the row."""
    return max(row, key=row.__getitem__)


def report(texts: Sequence[LabelledText], given: Sequence[str]) -> dict[str, Any]:
    """Compare labels with the sections that a classifier gave, in the same order.

    macro_f1: mean F1 over the sections that occur as label. accuracy, lenient_accuracy: share of
    texts given their section, or another acceptable one. confusion: number of texts by section and
    section given. ci95: bounds of the 95 % bootstrap intervals.

    Raises:
        ValueError: there is no text, or the lengths differ.

    References:
        Efron, B. (1979), Bootstrap methods; here by redrawing how many texts fall into each cell
        of label × given × acceptable, which is the same as redrawing texts.
    """
    if not texts:
        raise ValueError("no texts to measure on")
    pairs = list(zip(texts, given, strict=True))
    names = sorted({text.section for text in texts} | set(given))
    table = np.zeros((len(names), len(names), 2), dtype=np.int64)
    for text, section in pairs:
        right = section == text.section or section in text.also
        table[names.index(text.section), names.index(section), int(right)] += 1
    drawn = np.random.default_rng(_SEED).multinomial(
        len(texts), table.ravel() / len(texts), size=_RESAMPLES
    )
    bounds = np.quantile(_measures(drawn.reshape(-1, *table.shape)), [0.025, 0.975], axis=1)
    macro_f1, accuracy, lenient = _measures(table[np.newaxis])[:, 0].tolist()
    keys = ("macro_f1", "accuracy", "lenient_accuracy")
    return {
        "items": len(texts),
        "macro_f1": macro_f1,
        "accuracy": accuracy,
        "lenient_accuracy": lenient,
        "per_section": _per_section(names, table.sum(axis=2)),
        "confusion": {
            name: dict(zip(names, row, strict=True))
            for name, row in zip(names, table.sum(axis=2).tolist(), strict=True)
        },
        "ci95": {key: (low, high) for key, low, high in zip(keys, *bounds.tolist(), strict=True)},
    }


def _measures(tables: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return macro-F1, accuracy and lenient accuracy of each table; shape (3, n_tables)."""
    cells = tables.sum(axis=3)
    right = np.diagonal(cells, axis1=1, axis2=2)
    labelled, given = cells.sum(axis=2), cells.sum(axis=1)
    f1 = 2 * right / np.maximum(labelled + given, 1)
    present = labelled > 0
    macro = (f1 * present).sum(axis=1) / present.sum(axis=1)
    total = cells.sum(axis=(1, 2))
    return np.stack((macro, right.sum(axis=1) / total, tables[..., 1].sum(axis=(1, 2)) / total))


def _per_section(
    names: Sequence[str], cells: NDArray[np.int64]
) -> Mapping[str, Mapping[str, float]]:
    labelled, given, right = cells.sum(axis=1), cells.sum(axis=0), np.diagonal(cells)
    return {
        name: {
            "precision": float(right[at] / max(given[at], 1)),
            "recall": float(right[at] / max(labelled[at], 1)),
            "f1": float(2 * right[at] / max(labelled[at] + given[at], 1)),
            "items": int(labelled[at]),
        }
        for at, name in enumerate(names)
    }


def plain(texts: Sequence[LabelledText], *, classify: Classify) -> dict[str, Any]:
    """Measure a ready classifier; not held out if it learned from these texts.

    "languages" has the figures of each, where texts say theirs.
    """
    own: dict[str, list[LabelledText]] = {}
    for text in texts:
        own.setdefault(text.language, []).append(text)
    given: dict[str, list[str]] = {}
    for code, of in own.items():
        speaks = in_language(lambda _, code=code: code)(classify) if code else classify
        given[code] = [best(row) for row in speaks([text.text for text in of])]
    by_language = {code: report(own[code], given[code]) for code in sorted(own) if code}
    whole = report(
        [text for of in own.values() for text in of], [each for of in given.values() for each in of]
    )
    return whole | ({"languages": by_language} if by_language else {})


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
    for text, likes in zip(noisy, _likes([text.text for text in noisy], measured), strict=True):
        alike.setdefault(text.name, set()).update(likes)
    return frozenset(
        name for name, likes in alike.items() if len(likes) >= _SAME_KIND * len(measured)
    )


def unlike(texts: Sequence[LabelledText], measured: Sequence[str]) -> list[LabelledText]:
    """Return the texts that are like none of those measured on."""
    likes = _likes([text.text for text in texts], measured)
    return [text for text, like in zip(texts, likes, strict=True) if not like]


def _runs(text: str) -> frozenset[tuple[str, ...]]:
    """Return all runs of words in a row; of a shorter text its words as one run."""
    words = _WORD.findall(text.lower())
    return frozenset(tuple(words[at : at + _RUN]) for at in range(max(len(words) - _RUN + 1, 1)))


def _likes(texts: Sequence[str], others: Sequence[str]) -> Iterator[tuple[int, ...]]:
    """Yield for each text the positions of those other texts that are like it, ascending."""
    runs = [_runs(other) for other in others]
    owners: dict[tuple[str, ...], list[int]] = {}
    for at, own_runs in enumerate(runs):
        for run in own_runs:
            owners.setdefault(run, []).append(at)
    for text in texts:
        own = _runs(text)
        shared = Counter(at for run in own for at in owners.get(run, ()))
        yield tuple(
            at
            for at, count in sorted(shared.items())
            if count >= _ALIKE * min(len(own), len(runs[at]))
        )


def _groups(texts: Sequence[str]) -> list[int]:
    """Return for each text the position of the first text to which a chain of likes leads."""
    groups = list(range(len(texts)))
    for at, likes in enumerate(_likes(texts, texts)):
        joined = {groups[other] for other in (at, *likes)}
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

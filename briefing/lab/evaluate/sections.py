"""Measures a section classifier on given labels."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from briefing.core.frozen import frozen
from briefing.core.language import in_language

#: Resamples of the bootstrap, and an arbitrary fixed seed.
_RESAMPLES = 2_000
_SEED = 0
#: Words in the runs that similar texts share, and the least share of the shorter text's runs.
_RUN = 4
_ALIKE = 0.5

_WORD = re.compile(r"\w+")


@frozen
class LabelledText:
    """A text for training or measuring."""

    #: As in its file.
    id: str
    #: Name of its file.
    name: str
    #: Type of text, such as "wcep" or "headline", to measure on types not used in training.
    kind: str
    #: The text itself.
    text: str
    #: Its section.
    section: str
    #: Other sections that a reasonable editor would accept.
    also: tuple[str, ...] = ()
    #: Weight of the label, 0 to 1.
    trust: float = 1.0
    #: ISO 639-1 code; empty for the current language.
    language: str = ""


#: From texts to the probability of each section, for every text.
Classify = Callable[[Sequence[str]], Sequence[Mapping[str, float]]]


def best(row: Mapping[str, float]) -> str:
    """Return the likeliest section; ties go to the first in the row."""
    return max(row, key=row.__getitem__)


def report(texts: Sequence[LabelledText], given: Sequence[str]) -> dict[str, Any]:
    """Compare labels with the sections that a classifier gave, in the same order.

    macro_f1: mean F1 over the sections that occur as labels. accuracy, lenient_accuracy: share of
    texts given their section, or also another acceptable one. confusion: number of texts by label
    and given section. ci95: bounds of the 95 % bootstrap intervals.

    Raises:
        ValueError: there are no texts, or the lengths differ.

    References:
        Efron, B. (1979), Bootstrap methods; here by resampling the counts of the cells
        label × given × acceptable, which is equivalent to resampling texts.
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
    cells = table.sum(axis=2)
    labelled, named, agreed = cells.sum(axis=1), cells.sum(axis=0), np.diagonal(cells)
    return {
        "items": len(texts),
        "macro_f1": macro_f1,
        "accuracy": accuracy,
        "lenient_accuracy": lenient,
        "per_section": {
            name: {
                "precision": float(agreed[at] / max(named[at], 1)),
                "recall": float(agreed[at] / max(labelled[at], 1)),
                "f1": float(2 * agreed[at] / max(labelled[at] + named[at], 1)),
                "items": int(labelled[at]),
            }
            for at, name in enumerate(names)
        },
        "confusion": {
            name: dict(zip(names, row, strict=True))
            for name, row in zip(names, cells.tolist(), strict=True)
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


def plain(texts: Sequence[LabelledText], *, classify: Classify) -> dict[str, Any]:
    """Measure a trained classifier; not a held-out test if it was trained on these texts.

    "languages" has the figures of each language, if texts have one.
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


def unlike(texts: Sequence[LabelledText], measured: Sequence[str]) -> list[LabelledText]:
    """Return the texts that are similar to none of those for measuring."""
    alike = likes([text.text for text in texts], measured)
    return [text for text, others in zip(texts, alike, strict=True) if not others]


def _runs(text: str) -> frozenset[tuple[str, ...]]:
    """Return all runs of words; for a shorter text, all its words as one run."""
    words = _WORD.findall(text.lower())
    return frozenset(tuple(words[at : at + _RUN]) for at in range(max(len(words) - _RUN + 1, 1)))


def likes(texts: Sequence[str], others: Sequence[str]) -> Iterator[tuple[int, ...]]:
    """Yield, for each text, the indexes of the other texts similar to it, ascending."""
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

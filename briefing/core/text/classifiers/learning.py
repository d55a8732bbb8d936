"""Learns one section from examples, and tells how well it does on those it has not seen."""

import math
import zlib
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from briefing.core.errors import InputError
from briefing.core.frozen import frozen
from briefing.core.model import OTHER
from briefing.core.text.classifiers import linear

#: Weighted number of texts in which an n-gram must stand to be learned, and the power of its
#: rarity ln((1 + n) / (1 + df)) + 1; as of the models that are shipped (docs/decisions/0003).
FEWEST, RARITY_POWER = 2.0, 1.5
#: Power of the log-count ratio that stretches each n-gram, and what is added to each count.
RATIO_POWER, RATIO_PRIOR = 0.6, 0.3
#: Inverse strength of the penalty on weights; measured, docs/decisions/0003.
_FREEDOM = 5.0
#: Weight of a counterexample that nobody has read, beside 1 of one that was.
_UNREAD = 0.7
#: Steps of Newton's method, twice as many as it needed, and log-odds that count as certain.
_STEPS, _SUREST = 12, 15.0
#: Probability from which a text is taken.
_HALF = 0.5
#: Share of the examples that may be less likely than a drawn counterexample that is kept.
_LIKELY = 0.25
#: Parts of a cross-validation.
_FOLDS = 5
#: Of the normal distribution: 95 %.
_Z = 1.96
#: Fewest examples of each side to learn from.
FEWEST_EXAMPLES = 10

Floats = NDArray[np.float64]


@frozen
class Example:
    """A sentence that belongs to a section, or does not."""

    text: str
    belongs: bool
    #: Whether a person said so; else it was drawn from the archive.
    read: bool = True


@frozen
class Share:
    """A share with its 95 % interval, each from 0 to 1."""

    value: float
    low: float
    high: float


@frozen
class Quality:
    """What a model said of examples that it had not seen."""

    #: Examples taken, examples not taken, counterexamples taken, counterexamples not taken.
    right: int
    missed: int
    wrong: int
    refused: int

    @property
    def precision(self) -> Share:
        """Of what it takes, the share that belongs."""
        return share_of(self.right, self.right + self.wrong)

    @property
    def recall(self) -> Share:
        """Of what belongs, the share that it takes."""
        return share_of(self.right, self.right + self.missed)

    @property
    def f1(self) -> Share:
        """The harmonic mean of the two.

        Its interval is that of the share J of right ones in all that belong or are taken, for
        F1 = 2 J / (1 + J).
        """
        share = share_of(self.right, self.right + self.wrong + self.missed)
        return Share(*(2 * j / (1 + j) for j in (share.value, share.low, share.high)))

    @property
    def shares(self) -> dict[str, Share]:
        """The three by name."""
        return {"precision": self.precision, "recall": self.recall, "f1": self.f1}


def share_of(count: int, total: int) -> Share:
    """Return a share with its interval.

    References:
        Wilson, E. B. (1927), Probable inference, the law of succession, and statistical inference.
    """
    if not total:
        return Share(0.0, 0.0, 1.0)
    p, square = count / total, _Z * _Z
    middle = (p + square / (2 * total)) / (1 + square / total)
    reach = _Z * math.sqrt(p * (1 - p) / total + square / (4 * total * total))
    reach /= 1 + square / total
    return Share(p, max(0.0, middle - reach), min(1.0, middle + reach))


def learn(examples: Sequence[Example], *, section: str) -> linear.Linear:
    """Learn a model that tells a section from everything else.

    Same examples in the same order: same model.

    Raises:
        InputError: there are too few examples or counterexamples, or no n-gram is in two of them.

    References:
        Wang, S. and Manning, C. (2012), Baselines and bigrams, equations 1 and 2.
    """
    _check(examples)
    return _learned(examples, section=section)


def _learned(examples: Sequence[Example], *, section: str) -> linear.Linear:
    counts = linear.counted([example.text for example in examples])
    rarity = rarity_of(counts, trust=np.ones(len(examples)))
    known = np.flatnonzero(rarity)
    if not len(known):
        raise InputError("the examples have no word in common; add more")
    rows = linear.weighed(counts, rarity=rarity)[:, known]
    labels = np.array([not example.belongs for example in examples], dtype=np.intp)
    trust: Floats = np.array([1.0 if example.read else _UNREAD for example in examples])
    totals = np.bincount(labels, trust)
    # Examples and counterexamples get the same total.
    trust = trust * (totals.sum() / 2 / totals)[labels]
    stretch = ratios(rows, labels, trust, count=2)
    own, bias = _logistic(rows.multiply(stretch).tocsr(), (labels == 0).astype(np.float64), trust)
    weights = np.zeros((linear.WIDTH, 2), dtype=np.float32)
    weights[known, 0] = own * stretch
    return linear.Linear((section, OTHER), rarity, weights, np.array([bias, 0], dtype=np.float32))


def _check(examples: Sequence[Example]) -> None:
    belonging = sum(example.belongs for example in examples)
    for count, name in ((belonging, "examples"), (len(examples) - belonging, "counterexamples")):
        if count < FEWEST_EXAMPLES:
            raise InputError(f"{count} {name}; training needs at least {FEWEST_EXAMPLES}")


def rarity_of(counts: sparse.csr_array, *, trust: Floats) -> NDArray[np.float32]:
    """Return each column's rarity, 0 for those too rare to learn; shape (WIDTH,)."""
    rows = np.repeat(np.arange(counts.shape[0]), np.diff(counts.indptr))
    seen = np.bincount(counts.indices, trust[rows], minlength=linear.WIDTH)
    rarity = (np.log((1 + trust.sum()) / (1 + seen)) + 1) ** RARITY_POWER
    rarity[seen < FEWEST] = 0
    small: NDArray[np.float32] = rarity.astype(np.float32)
    return small


def ratios(
    rows: sparse.csr_array, labels: NDArray[np.intp], weights: Floats, *, count: int
) -> Floats:
    """Return how far each column's counts differ between sections, at most; shape (n_known,)."""
    sums = np.stack(
        [rows[labels == section].T @ weights[labels == section] for section in range(count)]
    )
    inside = sums + RATIO_PRIOR
    outside = sums.sum(axis=0) - sums + RATIO_PRIOR
    shares = inside / inside.sum(axis=1, keepdims=True)
    others = outside / outside.sum(axis=1, keepdims=True)
    ratios: Floats = np.abs(np.log(shares / others)).max(axis=0) ** RATIO_POWER
    return ratios


def _logistic(rows: sparse.csr_array, wanted: Floats, trust: Floats) -> tuple[Floats, float]:
    """Return weights and bias of a logistic regression with a penalty on the weights' squares.

    There are far fewer examples than n-grams, so each example gets a factor and the weights are
    the sum of the rows with them; Newton's method finds the factors.

    References:
        Hastie, T., Tibshirani, R. and Friedman, J. (2009), The Elements of Statistical Learning,
        equation 4.27 and section 12.3.3.
    """
    count = len(wanted)
    system = np.ones((count + 1, count + 1))
    system[count, count] = 0
    kernel = (rows @ rows.T).toarray().astype(np.float64)
    logits = np.zeros(count)
    for _ in range(_STEPS):
        p = 1 / (1 + np.exp(-np.clip(logits, -_SUREST, _SUREST)))
        slope = p * (1 - p)
        system[:count, :count] = kernel + np.diag(1 / (_FREEDOM * trust * slope))
        solved = np.linalg.solve(system, np.append(logits + (wanted - p) / slope, 0.0))
        logits = kernel @ solved[:count] + solved[count]
    weights: Floats = rows.T @ solved[:count]
    return weights, float(solved[count])


def cross_validate(examples: Sequence[Example], *, kept: Sequence[Example]) -> Quality:
    """Count what is said of each example by a model that has not seen it.

    Those that are not ``kept`` for learning are judged too, or it would look better than it is.

    Raises:
        InputError: as :func:`learn`.
    """
    _check(kept)
    counts = [0, 0, 0, 0]
    for example, p in _unseen(examples, kept=frozenset(kept)):
        counts[2 * (not example.belongs) + (example.belongs == (p < _HALF))] += 1
    right, missed, refused, wrong = counts
    return Quality(right, missed, wrong, refused)


def without_likely(examples: Sequence[Example]) -> tuple[Example, ...]:
    """Leave out drawn counterexamples that may well belong to the section.

    Those are as likely, by a model that has not seen them, as a fourth of the examples are.

    Raises:
        InputError: as :func:`learn`.

    References:
        Liu, B., Lee, W. S., Yu, P. S. and Li, X. (2002), Partially supervised classification of
        text documents, section 4: "spies"; here by cross-validation.
    """
    _check(examples)
    likely = dict(_unseen(examples, kept=frozenset(examples)))
    least = float(
        np.quantile([likely[example] for example in examples if example.belongs], _LIKELY)
    )
    return tuple(
        example
        for example in examples
        if example.belongs or example.read or likely[example] < least
    )


def by_chance(text: str) -> tuple[int, str]:
    """Return a key that sorts texts in an order of chance, always the same one."""
    return zlib.crc32(text.encode("utf-8", "surrogatepass")), text


def _unseen(
    examples: Sequence[Example], *, kept: frozenset[Example]
) -> Iterator[tuple[Example, float]]:
    """Yield each example with the probability that a model learned from the others gives it."""
    ordered = sorted(examples, key=lambda example: (example.belongs, by_chance(example.text)))
    for fold in range(_FOLDS):
        held = ordered[fold::_FOLDS]
        rest = [
            example for at, example in enumerate(ordered) if at % _FOLDS != fold and example in kept
        ]
        model = _learned(rest, section="it")
        yield from zip(held, chances(model, [example.text for example in held]), strict=True)


def chances(model: linear.Linear, texts: Sequence[str]) -> tuple[float, ...]:
    """Return the probability that each text belongs to the section of a model."""
    return tuple(row[model.sections[0]] for row in model(texts))


def doubtful(model: linear.Linear, texts: Sequence[str], *, count: int) -> tuple[str, ...]:
    """Return the texts on which a model is least sure, the most doubtful first; each once."""
    once = tuple(dict.fromkeys(texts))
    ranked = sorted(
        zip(once, chances(model, once), strict=True), key=lambda pair: abs(pair[1] - _HALF)
    )
    return tuple(text for text, _ in ranked[:count])

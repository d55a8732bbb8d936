"""Trains the section model on texts labeled by reading, and on loosely labeled ones that fit."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from briefing.core.errors import InputError, MissingPartError
from briefing.core.frozen import frozen
from briefing.core.text.classifiers import linear
from briefing.core.text.classifiers.learning import rarity_of, ratios
from briefing.lab.evaluate.sections import LabelledText

#: Weight of a text: 1 if labeled by reading; less if editors of one house filed it under a heading
#: (their 20,000 sentences would dominate), or if its whole article was tagged. These and the
#: constants below were chosen on the tuning half (docs/decisions/0003).
BY_READING = 1.0
BY_HEADING = 0.03
BY_ARTICLE = 0.35
#: Characters of an article's opening that are used in training, with its title.
_OPENING = 300
#: Weight of a second, acceptable section; the first then loses half as much.
_ALSO = 0.3
#: Exponent of the class weights: 1 gives each section the same total, 0 changes nothing.
_BALANCE = 0.9
#: Inverse regularization strength (scikit-learn's C).
_FREEDOM = 1.5


def from_lines(
    lines: Iterable[Mapping[str, object]], *, name: str, section: str | None = None
) -> tuple[LabelledText, ...]:
    """Turn lines of a labeled file into texts, in order; their keys show the type of file.

    A line with "kind" or "also" was labeled by reading. A line with "title" is an article and gives
    two texts: its title, and title with opening. Any other line is a sentence filed under a
    heading. ``section`` applies to lines without one. Raises InputError if a line lacks text or
    section; the message gives name and line number.
    """
    return tuple(
        chain.from_iterable(
            _from_line({"section": section, "id": str(at), **line}, where=f"{name}:{at}", name=name)
            for at, line in enumerate(lines, start=1)
        )
    )


def _from_line(line: Mapping[str, object], *, where: str, name: str) -> list[LabelledText]:
    id_, text, section = line["id"], line.get("text"), line["section"]
    if not isinstance(text, str) or not isinstance(section, str) or not section:
        raise InputError(f"{where}: a labeled line needs text and section")
    if "kind" in line or "also" in line:
        also = line.get("also") or ()
        if not isinstance(also, list | tuple):
            raise InputError(f"{where}: also must be a list of sections")
        others = tuple(str(other) for other in also if other != section)
        kind = str(line.get("kind", name))
        language = str(line.get("lang", ""))
        return [LabelledText(str(id_), name, kind, text, section, others, language=language)]
    if "title" in line:
        opening = f"{line['title']}. {' '.join(text.split())[:_OPENING]}"
        return [
            LabelledText(str(id_), name, kind, words, section, trust=BY_ARTICLE)
            for kind, words in (("headline", str(line["title"])), ("article", opening))
        ]
    return [LabelledText(str(id_), name, "sentence", text, section, trust=BY_HEADING)]


def stories(texts: Sequence[LabelledText]) -> list[LabelledText]:
    """Return the training texts for a model of whole stories: only those labeled by reading.

    For each headline among them, title and opening of its article are added with the same label. If
    no text was labeled by reading, each article counts with its own label.
    """
    read = [text for text in texts if text.trust == BY_READING]
    labels = {_line(text.text): text for text in read if text.kind == "headline"}
    titles = {(t.name, t.id): _line(t.text) for t in texts if t.kind == "headline"}
    openings = [
        replace(text, kind="story", section=label.section, also=label.also, trust=BY_READING)
        for text in texts
        if text.kind == "article" and text.trust == BY_ARTICLE
        for label in [labels.get(titles.get((text.name, text.id), ""), None if read else text)]
        if label is not None
    ]
    return [*read, *openings]


def _line(text: str) -> str:
    return " ".join(text.split())


@frozen
class _Examples:
    """Row numbers of a matrix, each with section and weight; a row may occur more than once."""

    rows: NDArray[np.intp]
    labels: NDArray[np.intp]
    weights: NDArray[np.float64]


def train(texts: Iterable[LabelledText]) -> bytes:
    """Train a section model and return the bytes of its file.

    A first model is trained on the texts labeled by reading alone; the final one also on those
    others with whose label the first model agrees. If no text was labeled by reading, all count as
    such. Sections that only loosely labeled texts have are left out. Sections are in alphabetical
    order; the same texts in the same order on the same machine give the same bytes.

    Raises:
        InputError: fewer than two sections, none named "other", or no n-gram in two texts.
        MissingPartError: scikit-learn is not installed.

    References:
        Wang, S. and Manning, C. (2012), Baselines and bigrams, equations 1 and 2 (here for
        several sections: the largest ratio of one against the rest, and a power below 1).
        Yarowsky, D. (1995), Unsupervised word sense disambiguation (training again on what a
        first model agrees with).
    """
    given, sections = usable(tuple(texts))
    trust = np.array([text.trust for text in given])
    counts = linear.counted([text.text for text in given])
    rarity = rarity_of(counts, trust=trust)
    known = np.flatnonzero(rarity)
    if not len(known):
        raise InputError("training needs more texts: no word stands in two of them")
    rows = linear.weighed(counts, rarity=rarity)[:, known]
    learned, bias = _learn_twice(rows, given, sections=sections, trust=trust)
    weights = np.zeros((linear.WIDTH, len(sections)), dtype=np.float32)
    weights[known] = learned.T
    return linear.to_bytes(sections, rarity=rarity, weights=weights, bias=bias.astype(np.float32))


def usable(texts: Sequence[LabelledText]) -> tuple[list[LabelledText], tuple[str, ...]]:
    """Return the texts for training, and the sections of those labeled by reading."""
    if not any(text.trust == BY_READING for text in texts):
        texts = [replace(text, trust=BY_READING) for text in texts]
    read = [text for text in texts if text.trust == BY_READING]
    sections = tuple(sorted({name for text in read for name in (text.section, *text.also)}))
    if len(sections) < 2 or "other" not in sections:
        raise InputError("training needs texts of two or more sections, one of them named other")
    return [text for text in texts if text.section in sections], sections


def _learn_twice(
    rows: sparse.csr_array,
    texts: Sequence[LabelledText],
    *,
    sections: Sequence[str],
    trust: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    read = examples(texts, np.flatnonzero(trust == BY_READING), sections=sections)
    weights, bias = _fit(rows, read, count=len(sections))
    loose = np.flatnonzero(trust < BY_READING)
    if not len(loose):
        return weights, bias
    labels = np.array([sections.index(texts[at].section) for at in loose.tolist()])
    agreed = (rows[loose] @ weights.T + bias).argmax(axis=1) == labels
    added = _balanced(
        _Examples(loose[agreed], labels[agreed], trust[loose[agreed]]), count=len(sections)
    )
    both = _Examples(
        np.concatenate((read.rows, added.rows)),
        np.concatenate((read.labels, added.labels)),
        np.concatenate((read.weights, added.weights)),
    )
    return _fit(rows, both, count=len(sections))


def examples(
    texts: Sequence[LabelledText], rows: NDArray[np.intp], *, sections: Sequence[str]
) -> _Examples:
    """Return each text with its section and, at a lower weight, with other acceptable ones."""
    triples = [
        (row, sections.index(section), weight)
        for row in rows.tolist()
        for text in [texts[row]]
        for section, weight in (
            (text.section, 1 - _ALSO / 2 if text.also else 1.0),
            *((other, _ALSO) for other in text.also),
        )
    ]
    kept, labels, weights = (np.array(column) for column in zip(*triples, strict=True))
    return _balanced(_Examples(kept, labels, weights), count=len(sections))


def _balanced(examples: _Examples, *, count: int) -> _Examples:
    """Return the examples with higher weights for rarer sections."""
    totals = np.bincount(examples.labels, examples.weights, minlength=count)
    factors = (totals.sum() / count / np.maximum(totals, 1e-9)) ** _BALANCE
    return _Examples(examples.rows, examples.labels, examples.weights * factors[examples.labels])


def _fit(
    rows: sparse.csr_array, examples: _Examples, *, count: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return weights, shape (n_sections, n_known), and bias."""
    stretch = ratios(rows[examples.rows], examples.labels, examples.weights, count=count)
    weights, bias = weighed(rows.multiply(stretch).tocsr(), examples, count=count, freedom=_FREEDOM)
    return weights * stretch, bias


def logistic(
    rows: sparse.csr_array | NDArray[np.float64],
    labels: NDArray[Any],
    weights: NDArray[np.float64] | None,
    *,
    freedom: float,
    tolerance: float = 1e-6,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return weights and bias of a logistic regression, a row per label; one row for two labels.

    ``weights`` are the sample weights, ``freedom`` is the inverse regularization strength
    (scikit-learn's C). Raises MissingPartError if scikit-learn is not installed.
    """
    try:
        from sklearn.linear_model import LogisticRegression  # noqa: PLC0415  for training only
    except ImportError as error:
        raise MissingPartError(
            "training needs scikit-learn; install it: pip install 'briefing[lab]'"
        ) from error
    model = LogisticRegression(C=freedom, tol=tolerance, max_iter=1_000)
    model.fit(rows, labels, sample_weight=weights)
    return np.asarray(model.coef_), np.asarray(model.intercept_)


def weighed(
    rows: sparse.csr_array, examples: _Examples, *, count: int, freedom: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return weights, shape (n_sections, n_columns), and bias fitted to the examples."""
    weights, bias = logistic(
        rows[examples.rows], examples.labels, examples.weights, freedom=freedom, tolerance=1e-3
    )
    if count == 2:
        # With two sections, scikit-learn keeps one row: the log-odds of the second.
        weights, bias = np.vstack((0 * weights, weights)), np.append(0.0, bias)
    return weights, bias

"""Fits the weights that ship: ``python -m benchmarks.weights NAME PATH... [-o FILE]``.

NAME is ``stories``, ``reading``, ``importance``, ``style``, ``encoder`` or ``worth``; the paths are
those of ``briefing evaluate`` stories, reading, choice, kinds, sections and choice. Figures are
printed.
"""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import minimize
from scipy.special import expit

from benchmarks.rounds import rounds
from benchmarks.rules import labeled_reports
from briefing import encoder
from briefing.core.edition import cluster_reports, tell_topics
from briefing.core.errors import BriefingError, InputError
from briefing.core.language import Language
from briefing.core.model import OTHER, Document, Material, Sentence
from briefing.core.passed import sift
from briefing.core.ports import Embed, KeptSteps
from briefing.core.text import likeness
from briefing.core.text.analysis import analyze
from briefing.core.text.classifiers import linear
from briefing.core.text.classifiers.learning import rarity_of
from briefing.core.text.cluster import candidates
from briefing.core.text.copies import find_copies
from briefing.core.text.furniture import count_words
from briefing.core.text.importance import WEIGHTS, terms
from briefing.core.text.kind import features as kind_features
from briefing.core.text.opening import WORTH, log_odds, opening, passage
from briefing.core.text.reference import FEATURES, Introduced, above, features
from briefing.core.text.speech import is_party
from briefing.lab import train
from briefing.lab.assess.inputs import labelled_texts
from briefing.lab.assess.lines import read_lines
from briefing.lab.assess.pages import labeled_days
from briefing.lab.assess.stories import LabeledReport, read_reports
from briefing.lab.evaluate.figures import in_words
from briefing.lab.evaluate.pages import ReportLabel
from briefing.lab.evaluate.sections import LabelledText
from briefing.lab.evaluate.texts import LabeledArticle, half_of, labels_of, read_article
from briefing.settings import Settings
from briefing.setup.parts import recipe
from briefing.sources.files import read

#: Pairs on one event, and on two, that a file must have to be learned from; fewer are chance.
_FEWEST = 20
#: What is kept of the log-odds: the words of a pair do not vouch for each other's independence, and
#: a mean of likelihoods near 0 and 1 would count one alike pair of two groups for many others.
_KEPT = 0.5
#: Inverse strength of the penalty on weights (scikit-learn's C); five weights need little.
_FREEDOM = 10.0

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class _Examples:
    """Pairs of reports."""

    #: Shape (n_pairs, n_features).
    about: Floats
    #: Whether each is on one event.
    same: Flags


def train_pairs(files: Sequence[Sequence[Sequence[LabeledReport]]]) -> bytes:
    """Learn the weights of a pair and return the bytes of their file.

    Learned from are the pairs that clustering compares, copies left out: so the other events of a
    day, and those of the days around, are the counterexamples. Dates are not learned from.

    Args:
        files: the rounds of each file; each file counts the same, whatever its size, and so do
            its pairs on one event and its others, whatever their share.

    Raises:
        InputError: no file has enough pairs on one event.
        MissingPartError: scikit-learn is not installed.
    """
    examples = [_joined([_pairs(reports) for reports in rounds]) for rounds in files if rounds]
    return _to_json((*likeness.FEATURES, "bias"), _KEPT * _fit(examples))


def _to_json(names: Iterable[str], values: Iterable[float]) -> bytes:
    weights = {name: round(float(value), 3) for name, value in zip(names, values, strict=True)}
    return (json.dumps(weights, indent=1) + "\n").encode()


def _pairs(reports: Sequence[LabeledReport]) -> _Examples:
    copies = find_copies([report.document for report in reports])
    kept = [report for report in reports if report.story and report.document.id not in copies]
    views = likeness.view([report.document for report in kept])
    rows, columns, about = (np.concatenate(part) for part in zip(*candidates(views), strict=True))
    stories = np.array([report.story for report in kept])
    return _Examples(about, stories[rows] == stories[columns])


def _joined(parts: Sequence[_Examples]) -> _Examples:
    return _Examples(
        np.concatenate([part.about for part in parts]),
        np.concatenate([part.same for part in parts]),
    )


def _fit(examples: Sequence[_Examples]) -> Floats:
    chosen = [
        example
        for example in examples
        if _FEWEST <= example.same.sum() <= len(example.same) - _FEWEST
    ]
    if not chosen:
        raise InputError(
            f"training needs more stories: no file with {_FEWEST} pairs of reports on one event "
            f"and {_FEWEST} on two"
        )
    every = _joined(chosen)
    shares = [
        np.where(example.same, example.same.mean(), 1 - example.same.mean()) for example in chosen
    ]
    counts = np.concatenate([1_000 / len(share) / share for share in shares])
    weights, bias = train.logistic(every.about, every.same, counts, freedom=_FREEDOM)
    return np.append(weights[0], bias[0])


#: Variance of the weights around 0; 1 to 10 measured alike (docs/decisions/0016-reading.md).
_READING_VARIANCE = 3.0


@dataclass(frozen=True, slots=True)
class _Example:
    """One sentence below some of those before it in its report."""

    row: tuple[float, ...]
    leans: bool
    #: Those of one sentence sum to 1.
    weight: float


def train_reading(articles: Iterable[tuple[LabeledArticle, Sequence[Sentence]]]) -> bytes:
    """Return the weights as JSON, of articles with their sentences that passed the gate.

    Raises:
        InputError: the articles have no sentence that leans, or none that stands.
    """
    examples = [example for article, kept in articles for example in _examples(article, kept)]
    if len({example.leans for example in examples}) < 2:
        raise InputError("no reading to learn: give articles with sentences of both kinds")
    rows = np.array([(*example.row, 1.0) for example in examples])
    weights = np.array([example.weight for example in examples])
    fitted = _fit_signed(rows, np.array([example.leans for example in examples]), weights)
    return _to_json((*FEATURES, "bias"), fitted)


def _examples(article: LabeledArticle, kept: Sequence[Sentence]) -> Iterator[_Example]:
    """Yield each sentence that is no fragment, under the headline and below others."""
    numbers = [labels_of((sentence.start, sentence.end), article.labels) for sentence in kept]
    known = [bool(own) and not any(article.labels[at].junk for at in own) for own in numbers]
    report = Introduced(kept)
    for here, sentence in enumerate(kept):
        if not known[here]:
            continue
        own = set(numbers[here])
        needs = frozenset().union(*(article.labels[at].needs for at in own))
        before = [at for at in range(here) if known[at]]
        needed = [at for at in before if needs.intersection(numbers[at])]
        pages = _pages(before, needed)
        for page in pages:
            there = own.union(*(numbers[at] for at in page))
            row = features(
                sentence,
                above=above(article.title, [kept[at] for at in page]),
                report=report,
            )
            share = (1 if page else 2) / (len(pages) + 1)
            yield _Example(row, not needs <= there, share)


def _pages(before: Sequence[int], needed: Sequence[int]) -> list[tuple[int, ...]]:
    """Return what may be printed above a sentence: none, some, and what it needs."""
    pages = (
        (),
        before[:1],
        before[-1:],
        before[:2],
        before[-2:],
        before[::2],
        before[:3],
        needed,
        (*before[:1], *needed),
    )
    return sorted({tuple(sorted(set(page))) for page in pages})


def _fit_signed(rows: Floats, leans: Flags, weights: Floats) -> Floats:
    """Fit a logistic model whose weights keep the signs of :data:`FEATURES`."""

    def loss(values: Floats) -> tuple[float, Floats]:
        scores = rows @ values
        missed = np.logaddexp(0, np.where(leans, -scores, scores))
        pull = np.append(values[:-1], 0.0) / _READING_VARIANCE
        slope = rows.T @ (weights * (expit(scores) - leans)) + pull
        return float(weights @ missed + pull @ values / 2), slope

    signs = (*FEATURES.values(), 0)
    bounds = [(0 if sign > 0 else None, 0 if sign < 0 else None) for sign in signs]
    start = np.zeros(rows.shape[1])
    return np.asarray(minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds).x)


#: Inverse strength of the penalty (scikit-learn's C): .1 to 1 make no difference.
_IMPORTANCE_FREEDOM = 0.3
#: How much more a story counts that must be told, and one with which the page may lead.
_MUST, _LEAD = 1.0, 2.0
#: Importance from which a story is worth telling, and of one that must be told.
_WORTH, _MOST = 2, 3
#: Stories from which a day counts no more than this many, so that a wire does not decide alone.
_A_DAY = 30
#: Among how many first stories the lead is looked for.
_AMONG = (1, 3)


#: Inverse strength of the penalty on the weights of words; 3 and 10 measured alike.
_WORDS_FREEDOM = 5.0


@dataclass(frozen=True, slots=True)
class WeighedReport:
    """A labeled report of a day."""

    #: Place of its story.
    story: int
    document: Document
    #: 0 to 3.
    importance: int


@dataclass(frozen=True, slots=True)
class WeighedDay:
    """The stories of a labeled day."""

    name: str
    #: What is known of each story, as :func:`briefing.core.text.importance.terms` gives it.
    terms: Sequence[Mapping[str, float]]
    #: Importance of each story, 0 to 3: the highest of its labeled reports.
    importance: Sequence[int]
    #: Whether the page may lead with it.
    top: Sequence[bool]
    reports: Sequence[WeighedReport]

    @property
    def series(self) -> str:
        """The days of one desk in one month, which are held out together."""
        return self.name.rpartition("-")[0]


def train_importance(days: Sequence[WeighedDay]) -> tuple[bytes, dict[str, Any]]:
    """Return the model of words, the weight of each term, and figures held out by series.

    The words of a report are weighed by a model that no report of its series was learned from, and
    the terms of its day by weights fitted to other series alone, whose words were weighed by models
    that had seen this one: that touches few numbers, and spares a model for each pair. "auc" is the
    chance that a story that should be told (importance 2 or 3) scores above another; "lead_right"
    and "lead_in_first" the share of days on which the first story, or one of the first three, may
    lead.

    Raises:
        InputError: fewer than two series, or one whose other series have no two kinds of stories.
        MissingPartError: scikit-learn is not installed.
    """
    names = [name for name in WEIGHTS if name != "base"]
    worth = [np.array(day.importance) >= _WORTH for day in days]
    counts = [_weights(day) for day in days]
    others = {
        day.series: [place for place, other in enumerate(days) if other.series != day.series]
        for day in days
    }
    if any(
        len({bool(each) for place in places for each in worth[place]}) < len((True, False))
        for places in others.values()
    ):
        raise InputError("training needs days of two series with stories of both kinds")
    models = {
        series: learn_words([days[place] for place in places]) for series, places in others.items()
    }
    rows = [
        np.array([
            [each.get(name, 0.0) for name in names]
            for each in _with_words(day, linear.from_bytes(models[day.series]))
        ])
        for day in days
    ]  # fmt: skip

    def fitted(places: Sequence[int], *, without: int | None = None) -> tuple[Floats, float]:
        values, holds, of = (
            np.concatenate([column[place] for place in places]) for column in (rows, worth, counts)
        )
        if without is not None:
            values[:, without] = 0.0
        return fit(values, holds, freedom=_IMPORTANCE_FREEDOM, counts=of)

    by_series = {series: fitted(places) for series, places in others.items()}
    scores = [
        own @ weights + bias
        for day, own in zip(days, rows, strict=True)
        for weights, bias in [by_series[day.series]]
    ]
    every = range(len(days))
    weights, bias = fitted(every)
    wordless, its_bias = fitted(every, without=names.index("words"))
    right = {among: _lead_right(days, scores, among=among) for among in _AMONG}
    return learn_words(days), {
        "days": len(days),
        "stories": sum(map(len, worth)),
        "auc": round(auc(np.concatenate(scores), np.concatenate(worth)), 4),
        "lead_right": right[1],
        "lead_in_first": right[3],
        "weights": {"base": [round(bias, 2), round(its_bias, 2)]}
        | {
            name: [round(float(value), 2), round(float(other), 2)]
            for name, value, other in zip(names, weights, wordless, strict=True)
        },
    }


def learn_words(days: Sequence[WeighedDay]) -> bytes:
    """Learn which stems, and pairs of them, stand in reports that are worth telling."""
    reports = [report for day in days for report in day.reports]
    counts = linear.counted([passage(report.document) for report in reports])
    rarity = rarity_of(counts, trust=np.ones(len(reports)))
    # Without pieces of words, which add nothing, the file has a fourth of the size.
    rarity[linear.BLOCKS[1] :] = 0
    known = np.flatnonzero(rarity)
    rows = linear.weighed(counts, rarity=rarity)[:, known]
    learned, bias = _graded(rows, days, freedom=_WORDS_FREEDOM)
    weights = np.zeros((linear.WIDTH, 2), dtype=np.float32)
    weights[known, 1] = learned[0]
    return linear.to_bytes(
        (OTHER, WORTH), rarity=rarity, weights=weights, bias=np.array([0, bias[0]], np.float32)
    )


def _graded(
    rows: sparse.csr_array | Floats, days: Sequence[WeighedDay], *, freedom: float
) -> tuple[Floats, Floats]:
    """Fit a logistic model to graded labels: a report of importance 2 is worth telling by 2/3.

    Each report counts as one that is worth telling and as one that is not, by its share of each, so
    that what must be on the page ranks above what may be.
    """
    grades = np.array([report.importance / _MOST for day in days for report in day.reports])
    counts = np.array([
        min(1.0, _A_DAY / len(day.terms)) * (1 + _MUST * (report.importance == _MOST))
        for day in days
        for report in day.reports
    ])  # fmt: skip
    both = sparse.vstack([rows, rows]) if sparse.issparse(rows) else np.concatenate([rows, rows])
    return train.logistic(
        both,
        np.repeat([True, False], len(grades)),
        np.concatenate([counts * grades, counts * (1 - grades)]),
        freedom=freedom,
    )


#: Inverse strength of the penalty on the head for worth; 1 to 10 order stories a little better, and
#: with .3 its log-odds weigh what those of words do.
_WORTH_FREEDOM = 0.3


def write_head(head: encoder.EncoderHead) -> bytes:
    """Return the file of a head, which :func:`briefing.encoder.read` reads."""
    lines = {
        name: [round(float(bias), 4), *(round(float(weight), 4) for weight in weights)]
        for name, bias, weights in zip(head.sections, head.bias, head.weights.T, strict=True)
    }
    return json.dumps(lines).replace("], ", "],\n").encode() + b"\n"


def train_worth(days: Sequence[WeighedDay], *, embed: Embed) -> bytes:
    """Learn from the vectors of openings which reports are worth telling; return the head's file.

    MissingPartError: scikit-learn is not installed.
    """
    reports = [report for day in days for report in day.reports]
    rows = np.array([embed(opening(report.document)) for report in reports]).astype(np.float64)
    weights, bias = _graded(rows, days, freedom=_WORTH_FREEDOM)
    head = encoder.EncoderHead((WORTH,), weights.T.astype(np.float32), bias.astype(np.float32))
    return write_head(head)


def _with_words(day: WeighedDay, model: linear.Linear) -> list[Mapping[str, float]]:
    """Return the terms of a day's stories with what a model says of the words of their reports."""
    shares = model([passage(report.document) for report in day.reports])
    best = [-np.inf] * len(day.terms)
    for report, share in zip(day.reports, shares, strict=True):
        best[report.story] = max(best[report.story], log_odds(share[WORTH]))
    return [{**terms, "words": words} for terms, words in zip(day.terms, best, strict=True)]


def _weights(day: WeighedDay) -> Floats:
    """Return how much each story of a day counts."""
    must = np.array(day.importance) == _MOST
    counts: Floats = 1 + _MUST * must + _LEAD * np.array(day.top, dtype=np.float64)
    return counts * min(1.0, _A_DAY / len(counts))


def _lead_right(days: Sequence[WeighedDay], scores: Sequence[Floats], *, among: int) -> float:
    right = [
        any(day.top[place] for place in np.argsort(-score, kind="stable")[:among])
        for day, score in zip(days, scores, strict=True)
        if any(day.top)
    ]
    return round(sum(right) / max(1, len(right)), 4)


#: Inverse strength of the penalty on standardized weights (scikit-learn's C); of 1/3, 1/10 and
#: 1/30 the middle one was best by a hair.
_STYLE_FREEDOM = 0.1


def train_style(reports: Sequence[tuple[str, Document, bool]]) -> dict[str, Any]:
    """Return the weight of each feature, and the figures of a model that never saw the day.

    Of each report its day, itself, and whether it is opinion.

    "auc" is the chance that an opinion piece scores above another report: each day is scored by a
    model fitted to the other days.

    Raises:
        InputError: fewer than two days, or a day whose other days are all of one kind.
        MissingPartError: scikit-learn is not installed.
    """
    style = Language.of("en").style
    days = np.array([day for day, _, _ in reports])
    values = np.array([kind_features(document, style=style) for _, document, _ in reports])
    opinion = np.array([opinion for _, _, opinion in reports])
    names = sorted(set(days.tolist()))
    if any(len(set(opinion[days != day])) < 2 for day in names):
        raise InputError("training needs opinion pieces and other reports on two days or more")
    scores = np.zeros(len(reports))
    for day in names:
        weights, bias = fit(values[days != day], opinion[days != day])
        scores[days == day] = values[days == day] @ weights + bias
    weights, bias = fit(values, opinion)
    return {
        "reports": len(reports),
        "opinion": int(opinion.sum()),
        "auc": round(auc(scores, opinion), 4),
        "weights": {
            name: round(float(value), 2)
            for name, value in zip(style.weights, (*weights, bias), strict=True)
        },
    }


def fit(
    values: Floats,
    holds: Flags,
    *,
    freedom: float = _STYLE_FREEDOM,
    counts: Floats | None = None,
) -> tuple[Floats, float]:
    """Fit a logistic model to standardized values; return its weights and its constant.

    ``counts`` is how much each row counts, ``freedom`` the inverse strength of the penalty.
    """
    mean, spread = values.mean(axis=0), values.std(axis=0) + 1e-9
    standardized, bias = train.logistic((values - mean) / spread, holds, counts, freedom=freedom)
    weights: Floats = standardized[0] / spread
    return weights, float(bias[0] - weights @ mean)


def auc(scores: Floats, holds: Flags) -> float:
    """Return the chance that a score of what holds is above one of what does not."""
    above = scores[holds][:, None] - scores[~holds][None]
    return float((above > 0).mean() + (above == 0).mean() / 2)


#: Inverse strength of the penalty on the head of the encoder.
_HEAD_FREEDOM = 10.0


def train_head(texts: Iterable[LabelledText], *, embed: Embed) -> bytes:
    """Learn the head of the encoder from the texts labelled by reading; return its file.

    InputError: fewer than two sections, or none named "other"; MissingPartError: scikit-learn is
    not installed.
    """
    given, sections = train.usable(tuple(texts))
    read = [text for text in given if text.trust == train.BY_READING]
    rows = sparse.csr_array(np.array([embed(text.text) for text in read]))
    examples = train.examples(read, np.arange(len(read)), sections=sections)
    weights, bias = train.weighed(rows, examples, count=len(sections), freedom=_HEAD_FREEDOM)
    head = encoder.EncoderHead(sections, weights.T.astype(np.float32), bias.astype(np.float32))
    return write_head(head)


#: A model and the figures of its training.
_Trained = tuple[bytes, dict[str, Any]]


def _stories(paths: Sequence[Path], _without: Sequence[Path]) -> _Trained:
    """From every second round of each file, so that the others can tell what it is worth."""
    learned = [rounds(reports)[::2] for path in paths for reports in read_reports(path)]
    reports = sum(len(reports) for part in learned for reports in part)
    return train_pairs(learned), {"reports": reports}


def _reading(paths: Sequence[Path], _without: Sequence[Path]) -> _Trained:
    """From half A alone, so that half B has articles that nothing was learned from."""
    articles = [read_article(line) for path in paths for line in read_lines(path)]
    learned = [article for article in articles if half_of(article) == "A"]
    documents = [Document(article.id, article.title, article.text) for article in learned]
    kept = [analyze(document, language="en").kept(document) for document in documents]
    return train_reading(zip(learned, kept, strict=True)), {"articles": len(learned)}


def _importance(paths: Sequence[Path], _without: Sequence[Path]) -> _Trained:
    return train_importance([weigh_day(file, own) for file, own in labeled_days(paths)])


def weigh_day(file: Path, labels: Mapping[str, ReportLabel]) -> WeighedDay:
    """Return the stories of a labeled day with their terms."""
    documents, ready = read([str(file)]).documents, recipe(Settings())
    day = max(document.published for document in documents if document.published is not None).date()
    news = sift(Material(documents, day), recipe=ready, known={}, kept=KeptSteps())
    stories = [
        story
        for story in cluster_reports(news, window=ready.window)
        if story.documents[0].id in labels
    ]
    shares = [1 - row.get(OTHER, 0.0) for row in tell_topics(stories, news.sentences, ready)]
    own = [
        [labels[document.id] for document in story.documents if document.id in labels]
        for story in stories
    ]
    return WeighedDay(
        file.name.partition(".")[0],
        terms(stories, shares, kinds=news.kinds, opinions=news.opinions),
        [max(label.importance for label in each) for each in own],
        [any(label.top for label in each) for each in own],
        [
            WeighedReport(place, document, labels[document.id].importance)
            for place, story in enumerate(stories)
            for document in story.documents
            if document.id in labels
        ],
    )


#: Kinds among which style decides, and words from which it can.
_STYLED = frozenset({"wire", "analysis", "opinion", "feature", "live"})
_FEWEST_WORDS = 100


def _style(paths: Sequence[Path], _without: Sequence[Path]) -> _Trained:
    return b"", train_style(
        [
            (day, document, label.kind == "opinion")
            for day, document, label in labeled_reports(paths)
            if label.kind in _STYLED
            and not is_party(document)
            and count_words(document.text) > _FEWEST_WORDS
        ]
    )


def _worth(paths: Sequence[Path], _without: Sequence[Path]) -> _Trained:
    days = [weigh_day(file, own) for file, own in labeled_days(paths)]
    return train_worth(days, embed=encoder.load()), {"days": len(days)}


def _encoder(paths: Sequence[Path], without: Sequence[Path]) -> _Trained:
    texts = train.stories(labelled_texts(paths, without=without))
    return train_head(texts, embed=encoder.load()), {"texts": len(texts)}


TRAINED = {
    "stories": _stories,
    "reading": _reading,
    "importance": _importance,
    "style": _style,
    "encoder": _encoder,
    "worth": _worth,
}


def main(words: Sequence[str] | None = None) -> int:
    """Train what is named, write its file and print the figures; 1 when the data are not enough."""
    parser = ArgumentParser(prog="python -m benchmarks.weights")
    parser.add_argument("name", choices=TRAINED)
    parser.add_argument("paths", nargs="+", type=Path)
    parser.add_argument("-o", "--output", type=Path, help="the weights to write")
    parser.add_argument(
        "--without", action="append", default=[], type=Path, help="encoder: documents never learned"
    )
    asked = parser.parse_args(words)
    try:
        model, facts = TRAINED[asked.name](asked.paths, asked.without)
    except BriefingError as error:
        print(error, file=sys.stderr)
        return 1
    if asked.output and model:
        asked.output.write_bytes(model)
    print(in_words(facts))
    return 0


if __name__ == "__main__":
    sys.exit(main())

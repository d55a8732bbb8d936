"""Fits the weights by which sentences are chosen: ``python -m benchmarks.sentences DATA``.

Which sentence a chief editor would print as the first of a brief, and which below it, was read one
by one; the labels stand beside this module, the texts in the development data. Printed are the
weights of ``briefing/core/text/sentences.py``, and figures on days from which nothing is learned.
The words of a report are weighed by a model that learned nothing from the days of its series.
"""

import csv
import gzip
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np

from benchmarks.days import HELD, LEARN, write_days
from benchmarks.weights import auc, fit, series_of, weighed_day, words_of_others
from briefing.core.edition import cluster_reports, sift, tell_topics
from briefing.core.model import Material, Sentence
from briefing.core.steps import KeptSteps
from briefing.core.text.classifiers.linear import Linear
from briefing.core.text.excerpt import judged
from briefing.core.text.importance import WORTH, Weighed, log_odds, opening, weigh
from briefing.core.text.sentences import BELOW, REPORT, WEIGHTS
from briefing.lab import train
from briefing.lab.assess.pages import labeled_days
from briefing.lab.evaluate.pages import ReportLabel
from briefing.settings import Settings
from briefing.setup.parts import recipe
from briefing.sources.files import read

LABELS = Path(__file__).with_name("sentences.tsv.gz")
#: Folders of the development data whose days are learned from with those of :data:`LEARN`.
FOLDERS = ("days", "days3", "kinds")
#: Importance that the report of a good sentence has, unless its story has none as high.
_WORTH = 2
#: Inverse strength of the penalty where reports of a story are compared.
_FREEDOM = 0.3


@dataclass(frozen=True, slots=True)
class ReadSentence:
    """One sentence as it was read: what is known of it, and what the reader would do with it."""

    #: By name of the feature: as the first of its brief, and below the best opening.
    rows: tuple[Mapping[str, float], Mapping[str, float] | None]
    #: Whether it may open the brief, and be printed below, and its report is worth telling.
    printed: tuple[bool, bool]
    #: Of its story, and of its report.
    story: str = ""
    report: str = ""
    #: 0 if it may not open the brief, else 1 and the importance of its report, and half for a
    #: report with which the page may lead.
    grade: float = 0.0


def read_sentences(
    days: Path, part: str, words: Mapping[str, Linear] = MappingProxyType({})
) -> Iterator[ReadSentence]:
    """Yield the labeled sentences of a folder of days.

    ``words``: models of what reports are told, by series; elsewhere the one that ships.
    """
    labels: defaultdict[str, dict[tuple[str, int], tuple[int, int]]] = defaultdict(dict)
    with gzip.open(LABELS, "rt", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            if row["part"] == part:
                place = (row["document"], int(row["start"]))
                labels[row["file"]][place] = (int(row["opens"]), int(row["adds"]))
    for path, reports in labeled_days([days]):
        if own := labels.get(path.name.partition(".")[0]):
            model = words.get(series_of(path.name.partition(".")[0]))
            yield from _of_day(path, own, reports, model=model)


def _of_day(
    file: Path,
    labels: Mapping[tuple[str, int], tuple[int, int]],
    reports: Mapping[str, ReportLabel],
    *,
    model: Linear | None,
) -> Iterator[ReadSentence]:
    documents, ready = read([str(file)]).documents, recipe(Settings())
    day = max(document.published for document in documents if document.published is not None).date()
    news = sift(Material(documents, day), recipe=ready, known={}, kept=KeptSteps())
    stories = cluster_reports(news, window=ready.window)
    topics = tell_topics(stories, news.sentences, ready)
    sections = (*ready.sections, "other")
    for entry in weigh(stories, topics, sections=sections, kinds=news.kinds):
        words = _words(entry, model) if model else entry.words
        some, scores, judge = judged(entry.story, news.sentences, ranker=ready.ranker, words=words)
        of = {place: labels.get((place.document, place.start)) for place in some}
        labeled = [
            (sentence, label, score.value)
            for (sentence, label), score in zip(of.items(), scores, strict=True)
            if label is not None
        ]
        if labeled:
            best = max(labeled, key=lambda row: (row[1][0], row[2]))[0]
            for sentence, label, _ in labeled:
                below = None if sentence is best else judge.row(sentence, [best])
                its, grade = _is_worth(sentence, entry, reports), 0.0
                if label[0] and (own := reports.get(sentence.document)):
                    grade = 1 + own.importance + bool(own.top) / 2
                yield ReadSentence(
                    (judge.row(sentence), below),
                    (its and label[0] > 0, its and label[1] > 0),
                    f"{file.name} {entry.story.id}",
                    sentence.document,
                    grade,
                )


def _words(entry: Weighed, model: Linear) -> dict[str, float]:
    documents = entry.story.documents
    shares = model([opening(document) for document in documents])
    return {
        document.id: log_odds(share[WORTH])
        for document, share in zip(documents, shares, strict=True)
    }


def _is_worth(sentence: Sentence, entry: Weighed, reports: Mapping[str, ReportLabel]) -> bool:
    """Tell whether the report of a sentence is as important as its story, or worth telling."""
    known = {
        each.id: reports[each.id].importance for each in entry.story.every if each.id in reports
    }
    own = known.get(sentence.document)
    return own is None or own >= min(_WORTH, max(known.values()))


def learn(
    learned: Sequence[ReadSentence], held: Sequence[ReadSentence], *, model: int
) -> tuple[dict[str, float], float]:
    """Return the weights of one model, and its area under the curve on held-out sentences.

    What a sentence that opens owes to its report is learned apart (:func:`learn_report`).
    """
    without = {"base", *(("rank",) if model else (*BELOW, *REPORT))}
    names = [name for name in WEIGHTS if name not in without]

    def table(part: Sequence[ReadSentence]) -> tuple[np.ndarray, np.ndarray]:
        rows = [(each.rows[model], each.printed[model]) for each in part]
        kept = [(row, printed) for row, printed in rows if row is not None]
        values = [[row.get(name, 0.0) for name in names] for row, _ in kept]
        return np.array(values), np.array([printed for _, printed in kept])

    weights, bias = fit(*table(learned))
    values, printed = table(held)
    known = {"base": bias, **dict(zip(names, map(float, weights), strict=True))}
    return known, auc(values @ weights + bias, printed)


def learn_report(learned: Sequence[ReadSentence], opens: Mapping[str, float]) -> dict[str, float]:
    """Return the weights of what a sentence that opens owes to its report.

    Learned from pairs of reports of a story, each by the sentence that opens best, beside how well
    it does: which of the two would open, by the grades of both. Each story counts the same.
    """
    best: defaultdict[str, dict[str, tuple[float, ReadSentence]]] = defaultdict(dict)
    for each in learned:
        row = each.rows[0]
        form = sum(weight * row.get(name, 0.0) for name, weight in opens.items())
        if form > best[each.story].get(each.report, (-np.inf, each))[0]:
            best[each.story][each.report] = form, each
    values, counts = [], []
    for reports in best.values():
        rows = [
            (each.grade, np.array([form, *(each.rows[0][name] for name in REPORT)]))
            for form, each in reports.values()
        ]
        pairs = [one - other for high, one in rows for low, other in rows if high > low]
        values += pairs
        counts += [1 / max(1, len(pairs))] * len(pairs)
    spread = np.std(values, axis=0) + 1e-9
    both = np.concatenate([values, np.negative(values)]) / spread
    holds = np.repeat([True, False], len(values))
    weights, _ = train.logistic(both, holds, np.array(counts * 2), freedom=_FREEDOM)
    form, *own = weights[0] / spread
    return {name: float(weight / form) for name, weight in zip(REPORT, own, strict=True)}


def best_opened(part: Sequence[ReadSentence], opens: Mapping[str, float]) -> tuple[int, int]:
    """Return in how many stories a best report opens, of how many whose reports differ."""
    stories: defaultdict[str, list[ReadSentence]] = defaultdict(list)
    for each in part:
        stories[each.story].append(each)
    told = [
        max(
            sentences,
            key=lambda each: sum(
                weight * each.rows[0].get(name, 0.0) for name, weight in opens.items()
            ),
        ).grade
        == max(each.grade for each in sentences)
        for sentences in stories.values()
        if len({each.grade for each in sentences if each.grade}) > 1
    ]
    return sum(told), len(told)


def main(words: Sequence[str]) -> int:
    """Print the weights and how well they tell what a reader would print."""
    data = Path(words[0])
    with tempfile.TemporaryDirectory() as made:
        folders = {part: write_days(data, Path(made), part) for part in (LEARN, HELD)}
        folders |= {name: data / name for name in FOLDERS}
        learnable = [folder for part, folder in folders.items() if part != HELD]
        models = words_of_others([weighed_day(*day) for day in labeled_days(learnable)])
        parts = {part: list(read_sentences(days, part, models)) for part, days in folders.items()}
    held = parts.pop(HELD)
    learned = [sentence for part in parts.values() for sentence in part]
    (opens, sure), (adds, surely) = (learn(learned, held, model=model) for model in (0, 1))
    alone = best_opened(held, opens)
    opens |= learn_report(learned, opens)
    for name in WEIGHTS:
        print(f'    "{name}": ({opens.get(name, 0.0):.2f}, {adds.get(name, 0.0):.2f}),')
    print(f"{len(learned):,} sentences learned, {len(held):,} held out")
    print(f"opens, without its report: area under the curve {sure:.3f}; adds: {surely:.3f}")
    print(f"a best report opens: {best_opened(held, opens)}, without its weights {alone}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

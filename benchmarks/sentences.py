"""Fits the weights by which sentences are chosen: ``python -m benchmarks.sentences DATA``.

Which sentence a chief editor would print as the first of a brief, and which below it, was read one
by one; the labels stand beside this module, the texts in the development data. Printed are the
weights of ``briefing/core/text/sentences.py``, and figures on days from which nothing is learned.
"""

import csv
import gzip
import io
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.days import HELD, LEARN, write_days
from benchmarks.weights import auc, fit
from briefing.core.edition import cluster_reports, tell_topics
from briefing.core.model import Material, Sentence
from briefing.core.passed import sift
from briefing.core.ports import KeptSteps
from briefing.core.text.excerpt import judged
from briefing.core.text.importance import Weighed, weigh
from briefing.core.text.sentences import BELOW, WEIGHTS
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


@dataclass(frozen=True, slots=True)
class ReadSentence:
    """One sentence as it was read: what is known of it, and what the reader would do with it."""

    #: By name of the feature: as the first of its brief, and below the best opening.
    rows: tuple[Mapping[str, float], Mapping[str, float] | None]
    #: Whether it may open the brief, and be printed below, and its report is worth telling.
    printed: tuple[bool, bool]


def read_sentences(days: Path, part: str) -> Iterator[ReadSentence]:
    """Yield the labeled sentences of a folder of days."""
    labels: defaultdict[str, dict[tuple[str, int], tuple[int, int]]] = defaultdict(dict)
    with gzip.open(LABELS, "rt", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            if row["part"] == part:
                place = (row["document"], int(row["start"]))
                labels[row["file"]][place] = (int(row["opens"]), int(row["adds"]))
    for path, reports in labeled_days([days]):
        if own := labels.get(path.name.partition(".")[0]):
            yield from _of_day(path, own, reports)


def _of_day(
    file: Path,
    labels: Mapping[tuple[str, int], tuple[int, int]],
    reports: Mapping[str, ReportLabel],
) -> Iterator[ReadSentence]:
    documents, ready = read([str(file)]).documents, recipe(Settings())
    day = max(document.published for document in documents if document.published is not None).date()
    news = sift(Material(documents, day), recipe=ready, known={}, kept=KeptSteps())
    stories = cluster_reports(news, window=ready.window)
    topics = tell_topics(stories, news.sentences, ready)
    sections = (*ready.sections, "other")
    for entry in weigh(stories, topics, sections=sections, kinds=news.kinds):
        some, scores, judge = judged(
            entry.story, news.sentences, ranker=ready.ranker, words=entry.words
        )
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
                its = _is_worth(sentence, entry, reports)
                yield ReadSentence(
                    (judge.row(sentence), below), (its and label[0] > 0, its and label[1] > 0)
                )


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
    """Return the weights of one model, and its area under the curve on held-out sentences."""
    names = [name for name in WEIGHTS if name != "base" and (model or name not in BELOW)]

    def table(part: Sequence[ReadSentence]) -> tuple[np.ndarray, np.ndarray]:
        rows = [(each.rows[model], each.printed[model]) for each in part]
        kept = [(row, printed) for row, printed in rows if row is not None]
        values = [[row.get(name, 0.0) for name in names] for row, _ in kept]
        return np.array(values), np.array([printed for _, printed in kept])

    weights, bias = fit(*table(learned))
    values, printed = table(held)
    known = {"base": bias, **dict(zip(names, map(float, weights), strict=True))}
    return known, auc(values @ weights + bias, printed)


def main(words: Sequence[str]) -> int:
    """Print the weights and how well they tell what a reader would print."""
    data = Path(words[0])
    with tempfile.TemporaryDirectory() as made:
        folders = {part: write_days(data, Path(made), part) for part in (LEARN, HELD)}
        folders |= {name: data / name for name in FOLDERS}
        parts = {part: list(read_sentences(days, part)) for part, days in folders.items()}
    held = parts.pop(HELD)
    learned = [sentence for part in parts.values() for sentence in part]
    opens, adds = (learn(learned, held, model=model) for model in (0, 1))
    out = io.StringIO()
    for name in WEIGHTS:
        out.write(
            f'    "{name}": ({opens[0][name]:.2f}, '
            if name in opens[0]
            else f'    "{name}": (0.0, '
        )
        out.write(f"{adds[0][name]:.2f}),\n")
    print(out.getvalue(), end="")
    print(f"{len(learned):,} sentences learned, {len(held):,} held out")
    print(f"opens: area under the curve {opens[1]:.3f}; adds: {adds[1]:.3f}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

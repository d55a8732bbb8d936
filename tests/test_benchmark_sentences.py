"""The command that fits the weights by which sentences are chosen."""

import csv
import gzip
from collections import Counter
from itertools import product

from benchmarks.sentences import LABELS, ReadSentence, best_opened, learn, learn_report
from briefing.core.text.sentences import BELOW, REPORT, WEIGHTS


def test_weights_of_what_a_reader_prints_are_learned_and_tell_it_elsewhere() -> None:
    def read(quoted: float, number: float) -> ReadSentence:
        row = dict.fromkeys(WEIGHTS, 0.0) | {"quoted": quoted, "number": number}
        return ReadSentence((row, {**row, "new": number}), (quoted < 0.5, number > 0))

    part = [read(quoted / 9, number) for quoted, number in product(range(10), (0.0, 1.0))]
    opens, sure = learn(part, part[::3], model=0)
    adds, surely = learn(
        [*part, ReadSentence((part[0].rows[0], None), (True, True))], part, model=1
    )
    assert sure == surely == 1.0
    assert opens["quoted"] < 0 < adds["new"]
    assert opens.keys() == WEIGHTS.keys() - {*BELOW, *REPORT}
    assert adds.keys() == WEIGHTS.keys() - {"rank"}


def test_a_report_that_a_reader_grades_higher_opens_though_another_reads_as_well() -> None:
    """Two reports in each of nine stories; in three the one graded higher reads less well.

    A last story has one report alone, and tells nothing.
    """

    def read(story: str, report: str, sure: float, reads: float) -> ReadSentence:
        row = dict.fromkeys(WEIGHTS, 0.0) | {"report": sure, "rank": 1 - sure, "score": reads}
        return ReadSentence((row, None), (True, True), story, report, 1 + 3 * sure)

    part = [
        read(str(story), report, sure, sure * (0.3 if story % 3 else -0.3))
        for story in range(9)
        for report, sure in (("a", 0.0), ("b", 1.0))
    ]
    part += [read("alone", "a", 1.0, 0.0)]
    before = {"score": 1.0}
    own = learn_report(part, before)
    assert own["report"] > 0 > own["rank"]
    assert best_opened(part, before) == (6, 9)
    assert best_opened(part, before | own) == (9, 9)


def test_each_labeled_sentence_is_graded_and_why_it_is_struck_is_said() -> None:
    with gzip.open(LABELS, "rt", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    parts = Counter(row["part"] for row in rows)
    assert parts.total() == len(
        {(row["part"], row["file"], row["document"], row["start"]) for row in rows}
    )
    assert parts["held"] == 1_120
    assert {row["opens"] for row in rows} == {row["adds"] for row in rows} == {"0", "1", "2"}

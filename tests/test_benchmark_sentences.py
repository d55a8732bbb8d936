"""The command that fits the weights by which sentences are chosen."""

import csv
import gzip
from collections import Counter
from itertools import product

from benchmarks.sentences import LABELS, ReadSentence, learn
from briefing.core.text.sentences import BELOW, WEIGHTS


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
    assert opens.keys() == WEIGHTS.keys() - set(BELOW)
    assert adds.keys() == WEIGHTS.keys()


def test_each_labeled_sentence_is_graded_and_why_it_is_struck_is_said() -> None:
    with gzip.open(LABELS, "rt", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    parts = Counter(row["part"] for row in rows)
    assert parts.total() == len(
        {(row["part"], row["file"], row["document"], row["start"]) for row in rows}
    )
    assert parts["held"] == 1_120
    assert {row["opens"] for row in rows} == {row["adds"] for row in rows} == {"0", "1", "2"}

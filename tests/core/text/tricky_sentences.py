"""Invented news passages that are hard to split, with the sentences an editor would mark."""

import json
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Case:
    """One passage and its sentences."""

    #: What is hard about it; unique.
    name: str
    text: str
    #: The sentences in order, as exact slices.
    sentences: tuple[str, ...]
    #: True when the splitter gets it wrong and we know.
    known_miss: bool = False


#: Those written before the rules of ``segment``, which were made with these in view; and those
#: written after they were frozen: no rule was changed for them.
SEEN, UNSEEN = (
    tuple(Case(**row | {"sentences": tuple(row["sentences"])}) for row in rows)
    for rows in json.loads(Path(__file__).with_suffix(".json").read_text("utf-8")).values()
)
CASES = SEEN + UNSEEN

"""A classifier and rankers whose verdicts a test writes down itself."""

from collections.abc import Mapping, Sequence

from briefing.core.model import OTHER, Score, Sentence
from briefing.core.text.words import tokens


class ByWords:
    """Counts the words of each section; a text with none of them is "other"."""

    def __init__(self, words: Mapping[str, Sequence[str]]) -> None:
        self._words = words
        self.sections = (*words, OTHER)

    def __call__(self, texts: Sequence[str]) -> tuple[Mapping[str, float], ...]:
        return tuple(map(self._tell, texts))

    def _tell(self, text: str) -> Mapping[str, float]:
        spoken = tokens(text)
        counts = {name: sum(map(spoken.count, words)) for name, words in self._words.items()}
        total = sum(counts.values())
        shares = {name: count / total if total else 0.0 for name, count in counts.items()}
        return {**shares, OTHER: 0.0 if total else 1.0}


class AsTold:
    """Gives each text the row that a test wrote for it, and remembers what it was asked."""

    def __init__(self, rows: Mapping[str, Mapping[str, float]]) -> None:
        self._rows = rows
        self.sections = tuple(dict.fromkeys(name for row in rows.values() for name in row))
        self.asked: list[str] = []

    def __call__(self, texts: Sequence[str]) -> tuple[Mapping[str, float], ...]:
        self.asked += texts
        return tuple(self._rows[text] for text in texts)


def in_order(sentences: Sequence[Sentence], *, titles: Mapping[str, str]) -> tuple[Score, ...]:
    """Rank the first sentence given best, the last one worst."""
    return tuple(Score(1 / (1 + place)) for place, _ in enumerate(sentences))


def backwards(sentences: Sequence[Sentence], *, titles: Mapping[str, str]) -> tuple[Score, ...]:
    """Rank the last sentence given best, the first one worst."""
    return tuple(Score(1.0 + place) for place, _ in enumerate(sentences))

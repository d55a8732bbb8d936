"""Classifies texts into the sections of a trained model and those that a desk adds to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from briefing.core.model import OTHER
from briefing.core.ports import Classifier
from briefing.core.text import words
from briefing.core.text.classifiers.keywords import Keywords

#: Words of a text for each match that is worth as much as everything the models say
#: (docs/decisions/0003).
_WORDS_A_MATCH = 40
#: A model of one section is never surer than this, so that odds stay finite.
_SUREST = 1 - 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Joined:
    """A trained model, models of one section each, and words that define sections.

    A model of one section gives its odds against everything else. What the models say of a text of
    n words then counts as much as n / 40 matches: with c(s) matches of section s and C of all,
    p(s) = (c(s) + n / 40 · model(s)) / (C + n / 40). Without a match the models alone decide.
    """

    #: Knows "other".
    base: Classifier
    #: A model by the section that it tells from "other".
    own: Mapping[str, Classifier]
    #: Counts the words of sections; None: no section has words.
    keywords: Keywords | None = None

    @property
    def sections(self) -> tuple[str, ...]:
        """The names it gives: those of the trained model, then those added to it."""
        added = self.keywords.sections if self.keywords else ()
        return tuple(dict.fromkeys((*self.base.sections, *self.own, *added)))

    def __call__(self, texts: Sequence[str]) -> tuple[Mapping[str, float], ...]:
        """Return for each text a probability by section; each row sums to 1."""
        rows: Sequence[Mapping[str, float]] = self.base(texts)
        shares = {
            name: [1 - row[OTHER] for row in model(texts)] for name, model in self.own.items()
        }
        if shares:
            rows = [
                _with_odds(row, {name: shares[name][at] for name in shares})
                for at, row in enumerate(rows)
            ]
        return tuple(self._with_matches(row, text) for row, text in zip(rows, texts, strict=True))

    def _with_matches(self, row: Mapping[str, float], text: str) -> Mapping[str, float]:
        counts = self.keywords.count(text) if self.keywords else {}
        worth = len(words.tokens(text)) / _WORDS_A_MATCH if any(counts.values()) else 1.0
        total = sum(counts.values()) + worth
        return {
            name: (counts.get(name, 0.0) + worth * row.get(name, 0.0)) / total
            for name in self.sections
        }


def _with_odds(row: Mapping[str, float], shares: Mapping[str, float]) -> Mapping[str, float]:
    """Add sections to a row, each with its odds against all that the row holds."""
    odds = {name: min(p, _SUREST) / (1 - min(p, _SUREST)) for name, p in shares.items()}
    total = 1 + sum(odds.values())
    names = dict.fromkeys((*row, *odds))
    # A section that the trained model knows as well keeps what it has there.
    return {name: (row.get(name, 0.0) + odds.get(name, 0.0)) / total for name in names}

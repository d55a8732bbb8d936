"""What the pure rooms ask of whoever stands behind a name: rankers, classifiers and the press."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from briefing.model import Score, Sentence


class Ranker(Protocol):
    """Scores the sentences of one story."""

    def __call__(
        self, sentences: Sequence[Sentence], *, titles: Mapping[str, str]
    ) -> Sequence[Score]:
        """Score every sentence, in the order given.

        Args:
            sentences: document by document, each document's in its own order. Copies are gone,
                but equal sentences of different documents may stand among them.
            titles: the headline of each document by its id.

        Returns:
            One score a sentence; larger is better; equal input, equal output.
        """
        ...


class Classifier(Protocol):
    """Tells how much a text belongs to each section."""

    @property
    def sections(self) -> tuple[str, ...]:
        """The names it can give, "other" among them."""
        ...

    def __call__(self, texts: Sequence[str]) -> Sequence[Mapping[str, float]]:
        """Return for each text a probability by section; each row sums to 1."""
        ...

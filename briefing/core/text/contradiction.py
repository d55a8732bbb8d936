"""Keeps the old words of a correction off the page that prints the new ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from briefing.core.model import CorrectionBrief, Sentence
from briefing.core.text.corrections import differ
from briefing.core.text.summarize import near
from briefing.core.text.words import content_stems

#: Likeness from which a sentence may say the same as the corrected one.
_NEAR = 0.6
#: Of so many of its longest words a sentence must hold one before more is looked at.
_ANCHORS = 3


def without_old_words(corrections: Sequence[CorrectionBrief]) -> Callable[[Sentence], bool]:
    """Return the test of a sentence that none of the corrections contradicts.

    Other publishers may go on printing what one of them has put right.
    """
    changes = [_Change.of(one.old.text, one.new.text) for one in corrections if one.new is not None]
    return lambda sentence: not any(one.is_contradicted(sentence.text) for one in changes)


@dataclass(frozen=True, slots=True)
class _Change:
    """Old words and new ones."""

    old: str
    new: str
    anchors: tuple[str, ...]

    @classmethod
    def of(cls, old: str, new: str) -> _Change:
        both = set(content_stems(old)) & set(content_stems(new))
        words = sorted(both, key=lambda word: (-len(word), word))
        return cls(old, new, tuple(words[:_ANCHORS]))

    def is_contradicted(self, text: str) -> bool:
        """Tell whether a text says what was printed, and not what it was corrected to."""
        low = text.lower()
        if not any(word in low for word in self.anchors) or near(text, self.old) < _NEAR:
            return False
        return not differ(text, self.old) and differ(text, self.new)

"""Keeps the old wording of a correction off the page that prints the new one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from briefing.core.model import CorrectionBrief, Sentence
from briefing.core.text.corrections import differ
from briefing.core.text.summarize import near
from briefing.core.text.words import content_stems

#: Likeness from which a sentence may say the same as the corrected one.
_NEAR = 0.6
#: A sentence is compared only if it contains one of so many of the longest words.
_ANCHORS = 3


def without_old_words(corrections: Sequence[CorrectionBrief]) -> Callable[[Sentence], bool]:
    """Return a test that passes sentences which no correction contradicts.

    Other publishers may still print what one of them has corrected.
    """
    changes = [
        _Change.of(correction.old.text, correction.new.text)
        for correction in corrections
        if correction.new is not None
    ]
    return lambda sentence: not any(change.is_contradicted(sentence.text) for change in changes)


@dataclass(frozen=True, slots=True)
class _Change:
    """Old and new wording of a corrected sentence."""

    old: str
    new: str
    anchors: tuple[str, ...]

    @classmethod
    def of(cls, old: str, new: str) -> _Change:
        both = set(content_stems(old)) & set(content_stems(new))
        words = sorted(both, key=lambda word: (-len(word), word))
        return cls(old, new, tuple(words[:_ANCHORS]))

    def is_contradicted(self, text: str) -> bool:
        """Tell whether a text has the facts of the old wording and not of the new one."""
        low = text.lower()
        if not any(word in low for word in self.anchors) or near(text, self.old) < _NEAR:
            return False
        return not differ(text, self.old) and differ(text, self.new)

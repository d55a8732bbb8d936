"""What may stand beside a story: sought by the finders when it is first asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from functools import cached_property
from typing import TypeVar

from briefing.core.model import DateAhead, Figure, Quote, Sentence, Story
from briefing.core.text.finders import ahead, figures, quotes
from briefing.core.text.finders.clauses import Cast, meet

T = TypeVar("T")

#: Least quality of a finder's item that is printed (docs/decisions/0006-finders.md).
_LEAST_QUALITY = 0.5


class Sought(Iterable[T]):
    """Items that are sought when they are first asked for, and then kept."""

    def __init__(self, find: Callable[[], Iterable[T]]) -> None:
        """Take what finds them."""
        self._find = find

    @cached_property
    def _found(self) -> tuple[T, ...]:
        return tuple(self._find())

    def __eq__(self, other: object) -> bool:
        """Compare what is found."""
        return isinstance(other, Sought) and self._found == other._found

    def __hash__(self) -> int:
        """Agree with the comparison."""
        return hash(self._found)

    def __iter__(self) -> Iterator[T]:
        """Iterate over them, the best first."""
        return iter(self._found)


class PanelFinds:
    """Seeks in the sentences of one story, of which a page may have no room for any."""

    def __init__(self, sentences: Sequence[Sentence], story: Story, *, day: date) -> None:
        """Take the sentences of a story that may be printed, and the day of the edition."""
        self._sentences, self._story, self._day = sentences, story, day
        # a party's figures and plans would stand in the panel as facts
        self._reported = [sentence for sentence in sentences if not sentence.speaker]

    @cached_property
    def _cast(self) -> Cast:
        return meet(self._sentences)

    def figures(self) -> list[Figure]:
        """Find figures."""
        found = figures.find(self._reported, cast=self._cast)
        return [item.figure for item in found if item.quality >= _LEAST_QUALITY]

    def quotes(self) -> list[Quote]:
        """Find quotations."""
        found = quotes.find(self._sentences, cast=self._cast)
        return [item.quote for item in found if item.quality >= _LEAST_QUALITY]

    def ahead(self) -> list[DateAhead]:
        """Find dates ahead."""
        published = self._story.published
        found = ahead.find(self._reported, cast=self._cast, published=published, today=self._day)
        return [item.ahead for item in found if item.quality >= _LEAST_QUALITY]

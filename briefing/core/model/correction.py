"""What was printed and is no longer so: the old words beside the new ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType

from briefing.core.model.document import Document, Sentence


@dataclass(frozen=True, slots=True)
class Correction:
    """A source that is no longer what it was when it was printed."""

    #: Id of the document as printed.
    document: str
    #: Its own title then.
    title: str
    #: Its publisher then.
    publisher: str
    #: Its address then.
    url: str
    #: "changed": a newer version is stored; "vanished": the publisher's page is gone.
    what: str
    #: When we saw it, aware UTC.
    noticed: datetime
    #: Id of the edition that printed it.
    edition: str
    #: How many of its printed sentences stand no longer in the newer version; 0 when it vanished.
    lost: int = 0


class CorrectionKind(StrEnum):
    """What has become of printed words."""

    #: Other words with other facts stand in their place.
    CHANGED = "changed"
    #: The source tells it no longer.
    REMOVED = "removed"
    #: The publisher's page is gone.
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class CorrectionBrief:
    """Printed words whose source has changed in substance, and what it says now."""

    #: What has become of the words.
    kind: CorrectionKind
    #: As printed; of a headline the whole title, and ``start`` and ``end`` count in it.
    old: Sentence
    #: What stands there now, in the newest version; None when nothing does.
    new: Sentence | None
    #: Id of the edition that printed it.
    edition: str
    #: Its local date.
    day: date = field(metadata={"json": "date"})
    #: When we saw that it changed, aware UTC.
    noticed: datetime
    #: Whether it is a headline: a title, and no slice of a text.
    headline: bool = False
    #: The words that differ, as ranges in the old document (or title).
    old_marks: tuple[tuple[int, int], ...] = ()
    #: The same in the new one.
    new_marks: tuple[tuple[int, int], ...] = ()

    @property
    def slices(self) -> Iterator[Sentence]:
        """What is printed of it, old words first."""
        yield self.old
        if self.new is not None:
            yield self.new


@dataclass(frozen=True, slots=True)
class Corrections:
    """What the next edition has to put right."""

    #: Every source of an earlier edition that changed or vanished, for the ledger.
    sources: tuple[Correction, ...] = ()
    #: The most important first.
    briefs: tuple[CorrectionBrief, ...] = ()
    #: The documents that these cite, old and new, by id.
    documents: Mapping[str, Document] = field(default_factory=lambda: MappingProxyType({}))


NO_CORRECTIONS = Corrections()

"""What an address would bring as a source, previewed for a session, stored nowhere else."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, Protocol, TypeVar

from pydantic import TypeAdapter

from briefing.core.model import Source
from briefing.sources.discover import Health
from briefing.sources.opml import Opml
from briefing.store import Transaction, uploads
from briefing.store.uploads import KEPT, Upload


@dataclass(frozen=True, slots=True)
class TrialReport:
    """One report that a source lists."""

    title: str
    #: Its address; may be empty.
    url: str
    #: Aware UTC; None if the source does not say.
    published: datetime | None
    #: Words of the text that the source lists.
    words: int
    #: Whether that is the whole report, and no blurb.
    whole: bool


@dataclass(frozen=True, slots=True)
class Trial:
    """The result of trying an address."""

    #: The source found there, the best first; at least one.
    sources: tuple[Source, ...]
    #: How the first of them does.
    health: Health
    #: What it lists first.
    reports: tuple[TrialReport, ...] = ()
    #: Language of most of these reports (ISO 639-1); empty if unknown.
    language: str = ""

    @property
    def source(self) -> Source:
        """The source that would be added."""
        return self.sources[0]


class Trials(Protocol):
    """Tries addresses, a few at a time."""

    def __call__(self, address: str, *, known: Source | None = None) -> Trial:
        """Try a web address; a known source is tried as what it is.

        Raises:
            InputError: nothing is found there, or it does not answer in time.
            BusyError: others are tried at this moment.
        """
        ...


Previewed = TypeVar("Previewed", Trial, Opml)

#: The kinds, each as JSON.
_KINDS: Mapping[type, TypeAdapter[Any]] = MappingProxyType(
    {Trial: TypeAdapter(Trial), Opml: TypeAdapter(Opml)}
)
#: Digits of a key.
_DIGITS = 24


def keep(tx: Transaction, session: bytes, value: Trial | Opml, *, at: datetime) -> str:
    """Keep what was found; return its key."""
    content = _KINDS[type(value)].dump_json(value)
    digest = hashlib.sha256(content).hexdigest()
    key = digest[:_DIGITS]
    uploads.put(tx, session, key, Upload(at, type(value).__name__, digest, content.decode()))
    return key


def kept(
    tx: Transaction, session: bytes, key: str, kind: type[Previewed], *, at: datetime
) -> Previewed | None:
    """Return what a session keeps under a key; None if it is no longer kept, or of another kind."""
    upload = uploads.get(tx, session, key, since=at - KEPT)
    if upload is None or upload.content is None or upload.name != kind.__name__:
        return None
    value: Previewed = _KINDS[kind].validate_json(upload.content)
    return value


def forget(tx: Transaction, session: bytes, key: str) -> None:
    """Forget what a session keeps under a key."""
    uploads.drop(tx, session, key)

"""Adds sources, one or the feeds of a list, and edits, pauses, resumes and removes them.

Each action raises a UsageError if the address is not a source.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import cssselect2
from pydantic import TypeAdapter

from briefing.core.errors import UsageError, naming, reading
from briefing.core.frozen import frozen
from briefing.core.messages import Translatable, counted
from briefing.core.model import GENRES, GRADES, WEIGHTS, Source
from briefing.sources.decode import one_line
from briefing.sources.discover import Health
from briefing.sources.opml import Opml, read_opml
from briefing.store import Transaction, reader_list, sources
from briefing.store.audit import Actor

#: Longest name or owner, in characters: the longest publisher that fits on one line of a page.
NAME_LENGTH = 80
#: Longest selector, in characters; selectors are written by people.
SELECTOR_LENGTH = 200
#: Fields of a source that an operator can set, by the names of the options.
EDITABLE = {f.metadata.get("key", f.name): f for f in fields(Source) if f.metadata.get("help")}


def add_sources(tx: Transaction, new: Sequence[Source], *, actor: Actor) -> int:
    """Add sources, all of them or none; return how many were not known before."""
    added = [source for source in new if sources.add(tx, source, at=actor.at)]
    if len(added) == 1:
        actor.note(tx, "add source", _shown(added[0].url))
    elif added:
        actor.note(tx, "add sources", counted(len(added), "source"))
    return len(added)


def remove_source(tx: Transaction, address: str, *, actor: Actor) -> None:
    """Remove a source; its reports are kept."""
    _existing(tx, address)
    sources.remove(tx, address)
    actor.note(tx, "remove source", _shown(address))


def pause_source(
    tx: Transaction, address: str, *, actor: Actor, until: datetime | None = None
) -> None:
    """Stop fetching a source until a given time, or until it is resumed.

    UsageError: it is paused already, or the time has passed.
    """
    _existing(tx, address)
    if until and until <= actor.at:
        raise UsageError("a source can only be paused until a later day")
    if not sources.pause(tx, address, at=actor.at, until=until):
        raise UsageError(f"{address} is already paused")
    ends = f" until {until:%Y-%m-%d %H:%M} UTC" if until else ""
    actor.note(tx, "pause source", f"{_shown(address)}{ends}")


def resume_source(tx: Transaction, address: str, *, actor: Actor) -> None:
    """Fetch a paused source again; its earlier failures no longer count.

    UsageError: it is not paused.
    """
    _existing(tx, address)
    if not sources.resume(tx, address):
        raise UsageError(f"{address} is not paused")
    actor.note(tx, "resume source", _shown(address))


def ask_at_once(tx: Transaction, address: str, *, actor: Actor) -> None:
    """Let the next run fetch a source that asked us to wait."""
    _existing(tx, address)
    sources.let_retry(tx, [address])
    actor.note(tx, "fetch source at once", _shown(address))


def edit_source(
    tx: Transaction,
    address: str,
    *,
    actor: Actor,
    **changes: Any,  # noqa: ANN401  fields of a source
) -> Source:
    """Change the editable fields of a source, and return it.

    Weight and grade apply to all its reports in the next edition, the others to reports collected
    from now on.

    UsageError: it is not a source, or a value is not valid.
    """
    before = _existing(tx, address)
    after = replace(before, **changes)
    if faults := faults_of(after):
        raise UsageError(next(iter(faults.values())))
    differences = [
        f"{name} {getattr(before, name) or 'none'} → {getattr(after, name) or 'none'}"
        for name in (field.name for field in EDITABLE.values())
        if getattr(before, name) != getattr(after, name)
    ]
    if differences:
        sources.change(tx, after)
        actor.note(tx, "edit source", f"{_shown(address)}: {'; '.join(differences)}")
    return after


def faults_of(source: Source) -> dict[str, str]:
    """Return what is wrong with a source, by field, with what is allowed; empty: nothing."""
    language = source.language
    faults = dict[str, str]()
    for name, value in (("name", source.name), ("owner", source.owner)):
        if len(value) > NAME_LENGTH:
            faults[name] = Translatable(
                "{name} has more than {n} characters", name=name, n=NAME_LENGTH
            )
        if value != one_line(value):
            faults[name] = Translatable("{name} has characters that cannot be printed", name=name)
    if language and not (len(language) == 2 and language.isascii() and language.islower()):
        faults["language"] = Translatable(
            "language {value} is not valid; give two letters, such as en", value=repr(language)
        )
    if source.weight not in WEIGHTS:
        known = ", ".join(f"{weight:g}" for weight in WEIGHTS)
        faults["weight"] = Translatable(
            "weight {value} is not valid; give one of {known}",
            value=f"{source.weight:g}",
            known=known,
        )
    if source.grade and source.grade not in GRADES:
        faults["grade"] = Translatable(
            "grade {value} is not valid; give a letter from A to F, or none",
            value=repr(source.grade),
        )
    if len(source.links) > SELECTOR_LENGTH:
        faults["links"] = Translatable("links has more than {n} characters", n=SELECTOR_LENGTH)
    try:
        if source.links:
            cssselect2.compile_selector_list(source.links)
    except cssselect2.SelectorError:
        wrong = Translatable(
            "links {value} is not a CSS selector; give one, such as .news h3 a",
            value=repr(source.links),
        )
        faults.setdefault("links", wrong)
    if source.genre and source.genre not in GENRES:
        faults["kind"] = Translatable(
            "kind {value} is not valid; give one of {known}",
            value=repr(source.genre),
            known=", ".join(GENRES),
        )
    return faults


def refuse_password(address: str) -> None:
    """Refuse an address that contains a user name or password (UsageError)."""
    if "@" in address.partition("://")[2].partition("/")[0]:
        raise UsageError(
            Translatable("the address contains a user name or password; remove that part")
        )


def read_opml_file(path: Path) -> Opml:
    """Read a list of feeds (InputError: it cannot be read or is not OPML)."""
    with reading(path), naming(path):
        return read_opml(path.read_bytes())


def _existing(tx: Transaction, address: str) -> Source:
    status = sources.source_status(tx, address)
    if not status:
        raise UsageError(f"{address} is not a source; `briefing sources list` shows all")
    return status.source


def _shown(address: str) -> str:
    """Return an address for the log, without its query, which may contain a secret."""
    return address.partition("?")[0]


@frozen
class TrialReport:
    """One report that a source lists."""

    title: str
    #: Its address; may be empty.
    url: str
    #: Aware UTC; None if the source does not say.
    published: datetime | None
    #: Number of words in the text that the source lists.
    words: int
    #: Whether that is the whole report, not a blurb.
    whole: bool


@frozen
class Trial:
    """The result of trying an address."""

    #: The sources found there, the best first; at least one.
    sources: tuple[Source, ...]
    #: State of the first of them.
    health: Health
    #: Its first entries.
    reports: tuple[TrialReport, ...] = ()
    #: Language of most of these reports (ISO 639-1); empty if unknown.
    language: str = ""

    @property
    def source(self) -> Source:
        """The source that would be added."""
        return self.sources[0]


Previewed = TypeVar("Previewed", Trial, Opml)

#: How each type is written as JSON.
_KINDS: dict[type, TypeAdapter[Any]] = {Trial: TypeAdapter(Trial), Opml: TypeAdapter(Opml)}
#: Digits of a key.
_DIGITS = 24


def keep(tx: Transaction, session: bytes, value: Trial | Opml, *, at: datetime) -> str:
    """Keep what was found for a session; return its key."""
    content = _KINDS[type(value)].dump_json(value)
    digest = hashlib.sha256(content).hexdigest()
    key = digest[:_DIGITS]
    reader_list.put(
        tx, session, key, reader_list.Upload(at, type(value).__name__, digest, content.decode())
    )
    return key


def kept(
    tx: Transaction, session: bytes, key: str, kind: type[Previewed], *, at: datetime
) -> Previewed | None:
    """Return what a session keeps under a key; None: it has expired, or is of another type."""
    upload = reader_list.get(tx, session, key, since=at - reader_list.KEPT)
    if upload is None or upload.content is None or upload.name != kind.__name__:
        return None
    value: Previewed = _KINDS[kind].validate_json(upload.content)
    return value


def forget(tx: Transaction, session: bytes, key: str) -> None:
    """Delete what a session keeps under a key."""
    reader_list.drop(tx, session, key)

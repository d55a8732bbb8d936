"""Subscribers as an operator adds, reads and ends them."""

from __future__ import annotations

import getpass
import os
import tempfile
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from itertools import islice
from pathlib import Path

from briefing.app.bounces.suppression import Resumed, resume_ended
from briefing.app.readers import Reply, put_mail
from briefing.app.readers.decide import PAUSED, RESUMED
from briefing.core.errors import (
    BusyError,
    InputError,
    OutputError,
    UsageError,
    reason_of,
    remedy_of,
)
from briefing.core.model import OTHER, AuditEvent, Consent, Delivery, Preferences, State, Subscriber
from briefing.mail.preferences import read_preferences
from briefing.mail.subscribers_csv import (
    RowError,
    SubscriberRow,
    checked_name,
    read_subscribers_csv,
    write_subscribers_csv,
)
from briefing.setup.clock import now
from briefing.setup.outbox import outbox_of
from briefing.setup.people import find_subscriber
from briefing.setup.post import address_of
from briefing.setup.settings import Settings
from briefing.store import Store, Transaction, audit, deliveries, histories, subscribers

#: Bytes of a list: a hundred bytes each for a million subscribers.
_LARGEST = 100_000_000
#: Lines of a list in one transaction.
_LOT = 500
_NO_PREFERENCES = Preferences()


def new_subscriber(
    address: str, *, name: str, told: Mapping[str, str], settings: Settings
) -> Subscriber:
    """Return a subscriber who is not kept yet.

    Raises:
        InputError: the address is none, or a wish means nothing.
    """
    preferences = _preferences(told, settings=settings)
    return Subscriber(0, address_of(address), checked_name(name), preferences=preferences)


def _preferences(told: Mapping[str, str], *, settings: Settings) -> Preferences:
    names = [one.name for one in settings.sections]
    known = [*names, OTHER] if settings.other else names
    return read_preferences(told, sections=known, usual=_NO_PREFERENCES)


def add_subscriber(store: Store, new: Subscriber, *, consent: str) -> Subscriber:
    """Add somebody who has agreed already.

    Raises:
        UsageError: they are there already, or must not be written to.
    """
    at = now()
    told = Consent(at, "confirmed", "command", origin=_operator(), words=consent)
    with store.write() as tx:
        _check_free(tx, new.address)
        number = subscribers.add(tx, new.now(State.ACTIVE, at=at), consent=told)
        return _kept(tx, number)


def ask_to_confirm(
    store: Store, new: Subscriber, *, settings: Settings, folder: Path
) -> tuple[Subscriber, Delivery]:
    """Add somebody who is yet to agree and send them the mail that asks; of a known one, again.

    What of the mail is returned may be due still: the relay did not take it, or another process
    sends. It is sent by the next that does.

    Raises:
        SettingsError: there is no page on the web that could confirm, or it is not said who sends.
        UsageError: they are there already, or must not be written to.
    """
    if not settings.web.address:
        raise UsageError(
            "web.address is empty: the page that confirms is there; set it, or add them with "
            "--consent when they have agreed"
        )
    outbox = outbox_of(store, settings=settings, folder=folder)
    with store.write() as tx:
        to = _waiting(tx, new, at=(at := now()))
        number = put_mail(tx, Reply.CONFIRM, to, at=at).number
    with suppress(BusyError):
        outbox.send()
    with store.read() as tx:
        mail = deliveries.get(tx, number)
    assert mail is not None  # noqa: S101  kept above
    return to, mail


def _waiting(tx: Transaction, new: Subscriber, *, at: datetime) -> Subscriber:
    """Return the subscriber who is to confirm, added if they are new."""
    known = subscribers.find(tx, new.address)
    if known is None or known.state is not State.PENDING:
        _check_free(tx, new.address)
        asked = Consent(at, "asked", "command", origin=_operator())
        known = _kept(tx, subscribers.add(tx, new.now(State.PENDING, at=at), consent=asked))
    return known


def _kept(tx: Transaction, number: int | None) -> Subscriber:
    found = None if number is None else subscribers.get(tx, number)
    assert found is not None  # noqa: S101  added in this transaction
    return found


def _check_free(tx: Transaction, address: str) -> None:
    reason = _taken(tx, address)
    if reason:
        raise UsageError(f"{address}: {reason}")


def _taken(tx: Transaction, address: str) -> str:
    """Tell why an address cannot be added; empty when it can."""
    suppressed = histories.suppressed(tx, address)
    if suppressed is not None:
        state, since = suppressed
        return (
            f"{state} since {since:%Y-%m-%d}; not written to any more unless they ask "
            "themselves, on the web"
        )
    return "is a subscriber already" if subscribers.find(tx, address) else ""


@dataclass(frozen=True, slots=True)
class Taken:
    """What a list brought."""

    added: int
    #: Lines of people who were there already: line and address.
    known: tuple[tuple[int, str], ...]
    #: Lines that were not taken: line and reason.
    refused: tuple[tuple[int, str], ...]


def read_subscribers(path: Path, *, settings: Settings) -> Iterator[SubscriberRow | RowError]:
    """Yield the lines of a list, read at once.

    Raises:
        InputError: it cannot be read or has no columns that are known.
    """
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST + 1)
        if len(content) > _LARGEST:
            raise InputError(f"{path}: larger than {_LARGEST:,} bytes; split it")
        text = content.decode()
        preferences = partial(_preferences, settings=settings)
        yield from read_subscribers_csv(text, address=address_of, preferences=preferences)
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8; save it as CSV in UTF-8") from error


def import_subscribers(
    store: Store, path: Path, *, settings: Settings, consent: str, dry: bool
) -> Taken:
    """Add all subscribers of a list who can be added; a line that is wrong stops no other.

    Args:
        store: where to.
        path: the list.
        settings: say which sections there are.
        consent: the words that they agreed to, or how; may be empty.
        dry: whether nothing is changed.

    Raises:
        InputError: as :func:`read_subscribers`.
    """
    told = Consent(now(), "imported", "import", origin=path.name, words=consent)
    known: list[tuple[int, str]] = []
    refused: list[tuple[int, str]] = []
    added, seen = 0, set[bytes]()
    lines = _named(path, read_subscribers(path, settings=settings))
    while lot := list(islice(lines, _LOT)):
        with store.read() if dry else store.write() as tx:
            for one in lot:
                reason = one.reason if isinstance(one, RowError) else _refusal(tx, one)
                if isinstance(one, RowError) or reason:
                    refused.append((one.line, reason))
                elif _is_new(tx, one.subscriber, told, seen=seen, dry=dry):
                    added += 1
                else:
                    known.append((one.line, one.subscriber.address))
    return Taken(added, tuple(known), tuple(refused))


def _named(
    path: Path, lines: Iterator[SubscriberRow | RowError]
) -> Iterator[SubscriberRow | RowError]:
    try:
        yield from lines
    except InputError as error:
        said = str(error)
        raise InputError(said if said.startswith(str(path)) else f"{path}: {said}") from error


def _refusal(tx: Transaction, one: SubscriberRow) -> str:
    suppressed = histories.suppressed(tx, one.subscriber.address)
    if suppressed is None:
        return ""
    state, since = suppressed
    return f"{one.subscriber.address}: {state} since {since:%Y-%m-%d}; not written to any more"


def _is_new(
    tx: Transaction, new: Subscriber, told: Consent, *, seen: set[bytes], dry: bool
) -> bool:
    """Add a subscriber, or in a dry run tell whether one would be."""
    if not dry:
        return subscribers.add(tx, replace(new, since=told.at), consent=told) is not None
    key = subscribers.key(new.address)
    fresh = key not in seen and subscribers.find(tx, new.address) is None
    seen.add(key)
    return fresh


def listed_subscribers(store: Store, *, state: State | None = None) -> Iterator[Subscriber]:
    """Yield all subscribers, or those in one state, first added first."""
    with store.read() as tx:
        yield from subscribers.listed(tx, state=state)


def export_subscribers(store: Store, to: Path) -> int:
    """Write all subscribers as CSV, for its owner alone to read; return how many.

    Raises:
        OutputError: the file cannot be written; what stood there before still does.
    """
    try:
        handle, name = tempfile.mkstemp(dir=to.parent, prefix=f".{to.name}.")
        draft = Path(name)
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
                lines = [
                    file.write(line) for line in write_subscribers_csv(listed_subscribers(store))
                ]
            draft.replace(to)
        finally:
            draft.unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(
            f"{to}: cannot be written ({reason_of(error)}); {remedy_of(error)}"
        ) from error
    return len(lines) - 1


@dataclass(frozen=True, slots=True)
class SubscriberHistory:
    """All that is known of one subscriber."""

    subscriber: Subscriber
    #: Oldest first.
    consents: tuple[Consent, ...]
    #: The last ones, newest first.
    deliveries: tuple[Delivery, ...]


def subscriber_story(store: Store, address: str) -> SubscriberHistory:
    """Return all that is known of a subscriber.

    Raises:
        UsageError: nobody has this address.
    """
    with store.read() as tx:
        one = find_subscriber(tx, address)
        return SubscriberHistory(
            one, subscribers.consents(tx, one.id), histories.last_deliveries(tx, one.id)
        )


def forget_subscriber(store: Store, address: str) -> str:
    """Forget a subscriber; return the address. Whoever had left stays one who has left."""
    with store.write() as tx:
        one = find_subscriber(tx, address)
        subscribers.forget(tx, one.id)
        return one.address


def pause_subscriber(store: Store, address: str) -> str:
    """Send a subscriber nothing until further notice.

    Raises:
        UsageError: nobody has this address, or nothing is sent there anyway.
    """
    with store.write() as tx:
        one = find_subscriber(tx, address)
        _check_state(one, (State.ACTIVE,))
        consent = Consent(now(), "changed", "command", origin=_operator(), words=PAUSED)
        subscribers.change_state(tx, one.id, State.PAUSED, consent=consent)
        return one.address


def resume_subscriber(store: Store, address: str) -> str:
    """Send again to who paused, or to an address that had not worked.

    Raises:
        UsageError: nobody has this address, it is active, or only its owner can come back.
    """
    with store.write() as tx:
        one = find_subscriber(tx, address)
        _check_state(one, (State.PAUSED, State.BOUNCED))
        what = "changed" if one.state is State.PAUSED else "returned"
        consent = Consent(now(), what, "command", origin=_operator(), words=RESUMED)
        subscribers.change_state(tx, one.id, State.ACTIVE, consent=consent)
        return one.address


def resume_ended_since(store: Store, since: datetime, *, dry: bool) -> Resumed:
    """Send again to all whose subscription bounces ended since a time, and note who did that."""
    words = f"{RESUMED}: ended by bounces since {since:%Y-%m-%d %H:%M} UTC"
    consent = Consent(now(), "returned", "command", origin=_operator(), words=words)
    with store.read() if dry else store.write() as tx:
        done = resume_ended(tx, since=since, consent=consent, dry=dry)
        if not dry and (done.addresses or done.lifted):
            about = f"{len(done.addresses)} ended by bounces since {since:%Y-%m-%d %H:%M} UTC"
            audit.note(tx, AuditEvent(consent.at, "command", "resume subscribers", about))
    return done


def _check_state(one: Subscriber, states: Collection[State]) -> None:
    if one.state not in states:
        raise UsageError(f"{one.address}: is {one.state}, not {' or '.join(states)}")


def _operator() -> str:
    """Return the name of who is logged in; empty where nobody is."""
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return ""

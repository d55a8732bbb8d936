"""Signing in: a password is checked unless too many wrong ones came before."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from briefing.app.actor import Actor
from briefing.app.operators import sessions
from briefing.app.operators.lockout import (
    FOR_ALL,
    FOR_NAME,
    FOR_NETWORK,
    MEMORY,
    TryLimit,
    locked_until,
)
from briefing.app.operators.names import NOBODY
from briefing.app.operators.passwords import hashed, is_outdated, matches, tries_at, tries_from
from briefing.core.errors import BusyError, InputError
from briefing.core.model import Operator
from briefing.store import Store, Transaction, operators


@dataclass(frozen=True, slots=True)
class SignInAttempt:
    """An attempt to sign in."""

    #: Who has the name.
    operator: Operator | None
    #: Whether it comes from a device on which the operator has signed in before.
    known: bool
    #: Under what it counts, with the limit of each.
    counts: Mapping[bytes, TryLimit]
    network: str
    at: datetime

    @property
    def actor(self) -> Actor:
        """The actor, as far as the audit log may know."""
        return Actor(self.operator.name if self.operator else NOBODY, self.network)


def admit(
    tx: Transaction,
    name: str,
    *,
    device_of: Callable[[Operator | None], str],
    network: str,
    at: datetime,
) -> tuple[datetime | None, SignInAttempt]:
    """Return until when nothing is tried, if so; else the attempt.

    It counts as wrong before it is checked, so that simultaneous attempts are counted too.

    Args:
        tx: a writing transaction.
        name: as typed.
        device_of: returns the id of the device on which the operator has signed in before; empty
            for all others.
        network: where it comes from.
        at: now, aware UTC.
    """
    operator = operators.get(tx, name)
    device = device_of(operator)
    counts = _counts(name, device=device, network=network)
    tried = SignInAttempt(operator, bool(device), counts, network, at)
    for key, limit in counts.items():
        failed = operators.failures(tx, key, since=at - MEMORY)
        until = locked_until(failed, limit=limit)
        if until is not None and at < until:
            return until, tried
    for key in counts:
        operators.note_failure(tx, key, at=at)
    return None, tried


def sign_in(store: Store, tried: SignInAttempt, password: str, *, before: str) -> str:
    """Open a session if the password is right, and return its cookie; empty if it is not.

    Args:
        store: holds the operators.
        tried: as it was admitted.
        password: as typed.
        before: cookie of the session that ends with it; may be empty.

    Raises:
        BusyError: too many passwords are being checked; the attempt does not count.
    """
    operator = tried.operator
    try:
        good = matches(password, kept=operator.hash if operator else None, known=tried.known)
    except BusyError:
        with store.write() as tx:
            _count_no_more(tx, tried)
        raise
    value = open_session(store, operator, password, tried, before) if operator and good else ""
    if not value:
        with store.write() as tx:
            tried.actor.note(tx, "sign-in refused", at=tried.at)
    return value


def identify(store: Store, name: str, password: str, *, at: datetime) -> Actor:
    """Return the operator of the command line whose password it is; a wrong one is audited.

    Raises:
        InputError: it is not, or too many wrong ones came before.
    """
    with store.write() as tx:
        until, tried = admit(tx, name, device_of=lambda _operator: "", network="", at=at)
    if until is not None:
        raise InputError(f"too many wrong passwords; try again after {until:%Y-%m-%d %H:%M} UTC")
    operator = tried.operator
    good = matches(password, kept=operator.hash if operator else None)
    with store.write() as tx:
        if operator is not None and good and operators.get(tx, operator.name) == operator:
            _count_no_more(tx, tried)
            return Actor(operator.name)
        tried.actor.note(tx, "sign-in refused", at=at)
    raise InputError("no such operator, or another password; `briefing operators list` shows all")


def open_session(
    store: Store, operator: Operator, password: str, tried: SignInAttempt, before: str
) -> str:
    """Open a session and return its cookie; empty when the operator has changed meanwhile."""
    renewed = hashed(password) if is_outdated(operator.hash) else operator.hash
    at = tried.at
    with store.write() as tx:
        if operators.get(tx, operator.name) != operator:
            return ""
        if renewed != operator.hash:
            operators.keep(tx, replace(operator, hash=renewed))
        # Of the counts that others share it takes this one try alone.
        _count_no_more(tx, tried)
        for key, limit in tried.counts.items():
            if limit is FOR_NAME:
                operators.clear_failures(tx, key)
        operators.prune_sessions(tx, before=at)
        operators.prune_failures(tx, before=at - MEMORY)
        sessions.end(tx, before)
        tried.actor.note(tx, "sign in", at=at)
        return sessions.begin(tx, operator.name, at=at)


def sign_out(tx: Transaction, value: str, *, actor: Actor, at: datetime) -> None:
    """End the session of a cookie."""
    sessions.end(tx, value)
    actor.note(tx, "sign out", at=at)


def _counts(name: str, *, device: str, network: str) -> Mapping[bytes, TryLimit]:
    """Return the counts of a try: a device that is known has its own, which no stranger fills."""
    if device:
        return {tries_at(name, place=f"device {device}"): FOR_NAME}
    return {
        tries_at(name, place=network): FOR_NAME,
        tries_from(network): FOR_NETWORK,
        tries_at(name): FOR_ALL,
    }


def _count_no_more(tx: Transaction, tried: SignInAttempt) -> None:
    for key in tried.counts:
        operators.forget_failure(tx, key, at=tried.at)

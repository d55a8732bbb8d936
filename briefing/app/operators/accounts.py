"""Operators are added and removed, and given another password."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from briefing.app.actor import Actor
from briefing.app.operators.names import check_name
from briefing.app.operators.passwords import all_tries_at, hashed
from briefing.core.errors import UsageError
from briefing.core.model import Operator
from briefing.store import Transaction, deliveries, drafts, operators


def add(tx: Transaction, name: str, *, password: str, actor: Actor, at: datetime) -> None:
    """Add a person who may sign in.

    Raises:
        UsageError: the name is not valid or is taken, or the password is too short or too long.
    """
    check_name(name)
    if operators.get(tx, name) is not None:
        raise UsageError(
            f"{name}: is already an operator; to set a new password: "
            f"briefing operators password {name}"
        )
    operators.keep(tx, Operator(name, hashed(password), at))
    actor.note(tx, "add operator", name, at=at)


def add_first(tx: Transaction, name: str, *, password: str, actor: Actor, at: datetime) -> None:
    """Add the first person who may sign in.

    Raises:
        UsageError: there is an operator already; or as :func:`add`.
    """
    if operators.listed(tx):
        raise UsageError("there is an operator already; sign in instead")
    add(tx, name, password=password, actor=actor, at=at)


def welcome(tx: Transaction, operator: Operator, *, actor: Actor, at: datetime) -> None:
    """Let an operator of another briefing sign in here with the same password."""
    operators.keep(tx, replace(operator, since=at))
    actor.note(tx, "add operator", operator.name, at=at)


def remove(tx: Transaction, name: str, *, actor: Actor, at: datetime) -> None:
    """Remove an operator and end all their sessions; what they have released counts no longer.

    A draft waits for another operator, and what is not sent yet is held.

    Raises:
        UsageError: there is none with this name.
    """
    _existing(tx, name)
    reason = f"released by {name}, who is no operator any more"
    held = deliveries.hold_open(tx, reason=reason, of=drafts.signed_by(tx, name))
    if held:
        actor.note(tx, "hold mail", f"{reason}: {held}", at=at)
    operators.close_sessions_of(tx, name)
    operators.remove(tx, name)
    actor.note(tx, "remove operator", name, at=at)


def change_password(
    tx: Transaction, name: str, *, password: str, actor: Actor, at: datetime
) -> None:
    """Set another password; ends all sessions of the operator, and the lock of the name.

    Raises:
        UsageError: there is none with this name, or the password is too short or too long.
    """
    operators.keep(tx, replace(_existing(tx, name), hash=hashed(password)))
    operators.close_sessions_of(tx, name)
    operators.clear_failures(tx, all_tries_at(name))
    actor.note(tx, "change password", name, at=at)


def _existing(tx: Transaction, name: str) -> Operator:
    operator = operators.get(tx, name)
    if operator is None:
        raise UsageError(f"{name[:80]!a}: no operator; `briefing operators list` shows all")
    return operator

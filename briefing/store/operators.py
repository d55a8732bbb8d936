"""Operators, their sessions, failed sign-ins, and API tokens."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import Connection, func, insert, select, update

from briefing.core.errors import UsageError
from briefing.core.model import ApiToken, Operator, Role, SecondFactor, Session
from briefing.store.engine import AnyRow, delete_rows, first, has_row, update_rows, upsert
from briefing.store.round_tables import FAILURE, OPERATOR, SECOND_FACTOR, SESSION, TOKEN

#: Prefix of the name of a token in the audit log.
PROGRAM = "token "


def keep(tx: Connection, operator: Operator) -> None:
    """Add an operator, or replace a stored one of that name.

    Open sessions stay open; see :func:`close_sessions_of`.
    """
    columns = asdict(operator)
    upsert(tx, OPERATOR, {"name": columns.pop("name")}, columns)


def get(tx: Connection, name: str) -> Operator | None:
    """Return the operator with a name; None if there is none."""
    return first(tx, select(OPERATOR).where(OPERATOR.name == name), _operator)


def listed(tx: Connection) -> tuple[Operator, ...]:
    """Return all operators by name."""
    return tuple(sorted(map(_operator, tx.execute(select(OPERATOR))), key=lambda each: each.name))


def remove(tx: Connection, name: str) -> bool:
    """Remove an operator and close their sessions; False if the operator does not exist."""
    return delete_rows(tx, OPERATOR, OPERATOR.name == name) > 0


def open_session(tx: Connection, key: bytes, session: Session) -> None:
    """Open a session of a stored operator.

    ``key`` is the digest of the cookie's value, which is not stored itself.
    """
    tx.execute(insert(SESSION), {"key": key, **asdict(session)})


def session(tx: Connection, key: bytes, *, at: datetime) -> Session | None:
    """Return the session of a key; None if there is none, or it has ended by a given time."""
    return first(tx, select(SESSION).where(SESSION.key == key, SESSION.until > at), _session)


def sessions(tx: Connection, *, at: datetime) -> tuple[tuple[bytes, Session], ...]:
    """Return the open sessions with their keys, the most recently used first."""
    open_ = tx.execute(select(SESSION).where(SESSION.until > at))
    pairs = ((row.key, _session(row)) for row in open_)
    return tuple(
        sorted(pairs, key=lambda pair: (pair[1].used or pair[1].since, pair[0]), reverse=True)
    )


def prolong(tx: Connection, key: bytes, *, until: datetime, used: datetime) -> None:
    """Record the use of an open session, and its new end; no effect on a closed one."""
    update_rows(tx, SESSION, SESSION.key == key, until=until, used=used)


def close_session(tx: Connection, key: bytes) -> None:
    """Close a session; may be called twice."""
    delete_rows(tx, SESSION, SESSION.key == key)


def close_sessions_of(tx: Connection, name: str) -> int:
    """Close all sessions of an operator; return how many."""
    return delete_rows(tx, SESSION, SESSION.operator == name)


def factor_of(tx: Connection, name: str) -> SecondFactor | None:
    """Return the second factor of an operator; None if they have none."""
    table = SECOND_FACTOR
    return first(
        tx,
        select(table).where(table.operator == name),
        lambda row: SecondFactor(
            row.operator, row.salt, row.since, row.step, tuple(row.codes.split())
        ),
    )


def with_factor(tx: Connection) -> frozenset[str]:
    """Return the names of the operators who have a second factor."""
    return frozenset(tx.scalars(select(SECOND_FACTOR.operator)))


def keep_factor(tx: Connection, factor: SecondFactor) -> None:
    """Store the second factor of a stored operator, in place of any before."""
    columns = asdict(factor) | {"codes": " ".join(factor.codes)}
    upsert(tx, SECOND_FACTOR, {"operator": columns.pop("operator")}, columns)


def use_step(tx: Connection, name: str, step: int) -> bool:
    """Record the use of the code of a step; False if that or a later one was used before."""
    is_new = SECOND_FACTOR.operator == name, SECOND_FACTOR.step < step
    return update_rows(tx, SECOND_FACTOR, *is_new, step=step) > 0


def use_code(tx: Connection, factor: SecondFactor, left: Sequence[str]) -> bool:
    """Replace the recovery codes of a factor by those left; False if they have changed since."""
    own, codes = SECOND_FACTOR.operator == factor.operator, SECOND_FACTOR.codes
    same = codes == " ".join(factor.codes)
    return update_rows(tx, SECOND_FACTOR, own, same, codes=" ".join(left)) > 0


def remove_factor(tx: Connection, name: str) -> bool:
    """Remove the second factor of an operator; False if there is none."""
    return delete_rows(tx, SECOND_FACTOR, SECOND_FACTOR.operator == name) > 0


def note_failure(tx: Connection, key: bytes, *, at: datetime) -> None:
    """Record a failed sign-in.

    ``key`` is the digest of what is rate-limited, such as a name or a network.
    """
    tx.execute(insert(FAILURE), {"key": key, "at": at})


def failures(tx: Connection, key: bytes, *, since: datetime) -> tuple[datetime, ...]:
    """Return the times of the failed sign-ins of a key since a time, oldest first."""
    query = select(FAILURE.at).where(FAILURE.key == key, FAILURE.at >= since)
    return tuple(tx.scalars(query.order_by(FAILURE.at)))


def clear_failures(tx: Connection, begin: bytes) -> None:
    """Delete the failures of all keys with a prefix, such as those of one name."""
    after = (int.from_bytes(begin) + 1).to_bytes(len(begin))
    delete_rows(tx, FAILURE, FAILURE.key >= begin, FAILURE.key < after)


def forget_failure(tx: Connection, key: bytes, *, at: datetime) -> None:
    """Delete a failure of a given time that turned out not to be one."""
    number = func.max(FAILURE.number)
    query = select(number).where(FAILURE.key == key, FAILURE.at == at).scalar_subquery()
    delete_rows(tx, FAILURE, FAILURE.number == query)


def prune(tx: Connection, *, ended: datetime, failed: datetime) -> int:
    """Delete old sessions and failures; return how many.

    ``ended``: sessions that ended before; ``failed``: failures recorded before.
    """
    sessions = delete_rows(tx, SESSION, SESSION.until < ended)
    return sessions + delete_rows(tx, FAILURE, FAILURE.at < failed)


def keep_token(tx: Connection, token: ApiToken, key: bytes) -> None:
    """Store a token by its digest; UsageError if the name is taken."""
    if has_row(tx, TOKEN.name == token.name):
        raise UsageError(
            f"token {token.name[:40]!a}: it already exists; revoke it first, or give another name"
        )
    tx.execute(insert(TOKEN), {"key": key, **asdict(token)})


def token(tx: Connection, key: bytes, *, at: datetime | None = None) -> ApiToken | None:
    """Return the token of a digest, and record its use at a time; None if there is none.

    With a time, the transaction must be a writing one.
    """
    own = TOKEN.key == key
    used = update(TOKEN).where(own).values(used=at).returning(TOKEN) if at else None
    return first(tx, select(TOKEN).where(own) if used is None else used, _token)


def tokens(tx: Connection) -> tuple[ApiToken, ...]:
    """Return all tokens by name."""
    return tuple(sorted(map(_token, tx.execute(select(TOKEN))), key=lambda entry: entry.name))


def revoke(tx: Connection, name: str) -> bool:
    """Revoke a token; False if the token does not exist."""
    return delete_rows(tx, TOKEN, TOKEN.name == name) > 0


def role_of(tx: Connection, name: str) -> Role | None:
    """Return the role of an actor by its name in the audit log, an operator or "token NAME"."""
    is_token, own = name.startswith(PROGRAM), name.removeprefix(PROGRAM)
    table = TOKEN if is_token else OPERATOR
    role: Role | None = tx.scalar(select(table.role).where(table.name == own))
    return role


def _operator(row: AnyRow) -> Operator:
    return Operator(**row._mapping)


def _session(row: AnyRow) -> Session:
    return Session(*row[1:])


def _token(row: AnyRow) -> ApiToken:
    return ApiToken(row.name, row.role, row.since, row.used)

"""Who may steer: operators, their sessions, sign-ins that failed, and tokens of programs."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from sqlalchemy import Connection, delete, func, insert, select, update

from briefing.core.errors import UsageError
from briefing.core.model import ApiToken, Operator, Session
from briefing.store.round_tables import FAILURE, OPERATOR, SESSION, TOKEN
from briefing.store.upsert import insert_into
from briefing.store.versions import AnyRow


def keep(tx: Connection, operator: Operator) -> None:
    """Add an operator, or put another hash in the place of the one they had.

    Their sessions stay open; see :func:`close_sessions_of`.
    """
    told = asdict(operator)
    keeping = insert_into(tx, OPERATOR).values(told)
    tx.execute(keeping.on_conflict_do_update(index_elements=["name"], set_=told))


def get(tx: Connection, name: str) -> Operator | None:
    """Return the operator of a name."""
    row = tx.execute(select(OPERATOR).where(OPERATOR.c.name == name)).first()
    return None if row is None else Operator(**row._mapping)


def listed(tx: Connection) -> tuple[Operator, ...]:
    """Return all operators by name."""
    found = (Operator(**row._mapping) for row in tx.execute(select(OPERATOR)))
    return tuple(sorted(found, key=lambda one: one.name))


def remove(tx: Connection, name: str) -> bool:
    """Remove an operator and close their sessions; False when there is none of that name."""
    return tx.execute(delete(OPERATOR).where(OPERATOR.c.name == name)).rowcount > 0


def open_session(tx: Connection, key: bytes, session: Session) -> None:
    """Open a session of an operator, who is in the store.

    Args:
        tx: a writing transaction.
        key: digest of the cookie's value, which is not kept itself.
        session: since when, until when, and what its forms carry.
    """
    tx.execute(insert(SESSION), {"key": key, **asdict(session)})


def session(tx: Connection, key: bytes, *, at: datetime) -> Session | None:
    """Return the session of a key; None when there is none, or it is over at that time."""
    columns = (SESSION.c.operator, SESSION.c.form_token, SESSION.c.since, SESSION.c.until)
    found = select(*columns).where(SESSION.c.key == key, SESSION.c.until > at)
    row = tx.execute(found).first()
    return None if row is None else Session(*row)


def prolong(tx: Connection, key: bytes, *, until: datetime) -> None:
    """Let an open session end at another time; nothing when it is closed."""
    tx.execute(update(SESSION).where(SESSION.c.key == key).values(until=until))


def close_session(tx: Connection, key: bytes) -> None:
    """Close a session; closing twice does no harm."""
    tx.execute(delete(SESSION).where(SESSION.c.key == key))


def close_sessions_of(tx: Connection, name: str) -> int:
    """Close all sessions of an operator; return how many."""
    return tx.execute(delete(SESSION).where(SESSION.c.operator == name)).rowcount


def prune_sessions(tx: Connection, *, before: datetime) -> int:
    """Delete the sessions that ended before a time; return how many."""
    return tx.execute(delete(SESSION).where(SESSION.c.until < before)).rowcount


def note_failure(tx: Connection, key: bytes, *, at: datetime) -> None:
    """Note that a sign-in failed.

    Args:
        tx: a writing transaction.
        key: digest of what is limited, such as a name or a network.
        at: when, aware.
    """
    tx.execute(insert(FAILURE), {"key": key, "at": at})


def failures(tx: Connection, key: bytes, *, since: datetime) -> tuple[datetime, ...]:
    """Return when sign-ins failed, from a time on, oldest first."""
    found = select(FAILURE.c.at).where(FAILURE.c.key == key, FAILURE.c.at >= since)
    return tuple(tx.execute(found.order_by(FAILURE.c.at)).scalars())


def clear_failures(tx: Connection, begin: bytes) -> None:
    """Forget the failures of all keys with a begin, such as those of one name."""
    after = (int.from_bytes(begin) + 1).to_bytes(len(begin))
    tx.execute(delete(FAILURE).where(FAILURE.c.key >= begin, FAILURE.c.key < after))


def forget_failure(tx: Connection, key: bytes, *, at: datetime) -> None:
    """Forget one failure of a moment: it was none."""
    number = func.max(FAILURE.c.number)
    found = select(number).where(FAILURE.c.key == key, FAILURE.c.at == at).scalar_subquery()
    tx.execute(delete(FAILURE).where(FAILURE.c.number == found))


def prune_failures(tx: Connection, *, before: datetime) -> int:
    """Delete the failures of all keys before a time; return how many."""
    return tx.execute(delete(FAILURE).where(FAILURE.c.at < before)).rowcount


def keep_token(tx: Connection, token: ApiToken, key: bytes) -> None:
    """Keep a token by its digest.

    Raises:
        UsageError: there is one of that name.
    """
    if tx.execute(select(TOKEN.c.name).where(TOKEN.c.name == token.name)).first():
        raise UsageError(
            f"token {token.name[:40]!a}: there already; revoke it first, or give another name"
        )
    tx.execute(insert(TOKEN), {"key": key, **asdict(token)})


def known_token(tx: Connection, key: bytes) -> ApiToken | None:
    """Return the token of a digest; its use is not noted."""
    row = tx.execute(select(TOKEN).where(TOKEN.c.key == key)).first()
    return None if row is None else _token(row)


def token(tx: Connection, key: bytes, *, at: datetime) -> ApiToken | None:
    """Return the token of a digest, as used at a time; None when it is not there.

    In a writing transaction: the use is noted.
    """
    used = update(TOKEN).where(TOKEN.c.key == key).values(used=at).returning(TOKEN)
    row = tx.execute(used).first()
    return None if row is None else _token(row)


def tokens(tx: Connection) -> tuple[ApiToken, ...]:
    """Return all tokens by name."""
    return tuple(sorted(map(_token, tx.execute(select(TOKEN))), key=lambda one: one.name))


def revoke(tx: Connection, name: str) -> bool:
    """Let a token count no more; False when there is none of that name."""
    return tx.execute(delete(TOKEN).where(TOKEN.c.name == name)).rowcount > 0


def _token(row: AnyRow) -> ApiToken:
    return ApiToken(name=row.name, right=row.right, since=row.since, used=row.used)

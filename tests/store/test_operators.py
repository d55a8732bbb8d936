from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from briefing.core.errors import StoreError, UsageError
from briefing.core.model import ApiToken, AuditEvent, Operator, Role, Session
from briefing.store import Store, audit, open_store, operators
from briefing.store.backup import restore
from tests.examples import examples
from tests.store.news import NOON
from tests.store.ready import act, as_before_roles, backup, look

ANN = Operator("ann", "$argon2id$v=19$…", NOON)
HOUR = timedelta(hours=1)
SIGNED_IN = Session("ann", "form-token", NOON, NOON + HOUR)
READER = ApiToken("press room \ud800", Role.READER, NOON)


def keep(store: Store, *new: Operator) -> None:
    with store.write() as tx:
        for operator in new:
            operators.keep(tx, operator)


def open_sessions(store: Store, *keys: bytes, session: Session = SIGNED_IN) -> None:
    keep(store, ANN)
    with store.write() as tx:
        for key in keys:
            operators.open_session(tx, key, session)


def is_open(store: Store, key: bytes) -> bool:
    return look(store, operators.session, key, at=NOON) is not None


def test_operators_are_listed_by_name_and_found_by_it(store: Store) -> None:
    ben = replace(ANN, name="ben")
    keep(store, ben, ANN)
    with store.read() as tx:
        assert operators.listed(tx) == (ANN, ben)
        assert operators.get(tx, "ann") == ANN
        assert operators.get(tx, "ANN") is None


@examples("rights, roles")
def test_who_had_rights_gets_a_role_that_gives_nobody_power_over_others(
    new_at: str, tmp_path: Path, rights: dict[str, str], roles: dict[str, str]
) -> None:
    with open_store(new_at, folder=tmp_path) as store:
        keep(store, *(replace(ANN, name=name) for name in rights))
        with store.write() as tx:
            operators.keep_token(tx, replace(READER, name="a"), b"a")
            operators.keep_token(tx, replace(READER, name="b"), b"b")
            operators.open_session(tx, b"key", SIGNED_IN)
            as_before_roles(tx)
            for table, given in (("operator", rights), ("token", {"a": "read", "b": "steer"})):
                for name, right in given.items():
                    tx.exec_driver_sql(
                        f"""UPDATE {table} SET "right" = '{right}' WHERE name = '{name}'"""  # noqa: S608
                    )
            tx.exec_driver_sql("UPDATE briefing_version SET version_num = '0103'")
    with open_store(new_at, folder=tmp_path) as store, store.read() as tx:
        assert {one.name: one.role for one in operators.listed(tx)} == roles
        assert [one.role for one in operators.tokens(tx)] == [Role.READER, Role.ADMINISTRATOR]
        kept = operators.session(tx, b"key", at=NOON)
        assert kept
        assert (kept.operator, kept.device, kept.used) == ("ann", "", None)
        assert operators.with_factor(tx) == frozenset()


def test_only_an_operator_has_a_session_and_one_that_is_used_ends_later(store: Store) -> None:
    with pytest.raises(StoreError), store.write() as tx:
        operators.open_session(tx, b"key", SIGNED_IN)
    open_sessions(store, b"key", b"other")
    with store.write() as tx:
        operators.prolong(tx, b"key", until=NOON + 2 * HOUR, used=NOON)
        assert operators.session(tx, b"key", at=NOON + HOUR)
        assert operators.session(tx, b"other", at=NOON + HOUR) is None


@pytest.mark.parametrize(("after", "stands"), [(-1, True), (0, False), (1, False)])
def test_a_session_is_over_at_its_end(store: Store, after: int, *, stands: bool) -> None:
    open_sessions(store, b"\0key")
    with store.read() as tx:
        at = SIGNED_IN.until + timedelta(microseconds=after)
        assert operators.session(tx, b"\0key", at=at) == (SIGNED_IN if stands else None)
        assert operators.session(tx, b"\0", at=NOON) is None


def test_a_session_is_closed_once_or_twice_and_all_of_one_operator_at_once(store: Store) -> None:
    open_sessions(store, b"key", b"one", b"two")
    keep(store, replace(ANN, name="ben"))
    open_sessions(store, b"bens", session=replace(SIGNED_IN, operator="ben"))
    with store.write() as tx:
        for _ in range(2):
            operators.close_session(tx, b"key")
    assert [is_open(store, key) for key in (b"key", b"one", b"bens")] == [False, True, True]
    with store.write() as tx:
        assert operators.close_sessions_of(tx, "ann") == 2
        assert operators.close_sessions_of(tx, "ann") == 0
    assert is_open(store, b"bens")
    act(store, operators.remove, "ben")
    assert not is_open(store, b"bens")


def test_failures_are_counted_by_key_since_a_time_oldest_first(store: Store) -> None:
    times = [NOON + number * HOUR for number in range(3)]
    with store.write() as tx:
        for at in reversed(times):
            operators.note_failure(tx, b"ann 1", at=at)
        for key in (b"ann 1", b"ann 2", b"ano"):
            operators.note_failure(tx, key, at=NOON)
        operators.forget_failure(tx, b"ann 1", at=NOON)
        operators.forget_failure(tx, b"ann 1", at=NOON - HOUR)
        assert operators.failures(tx, b"ann 1", since=NOON) == tuple(times)
        assert operators.failures(tx, b"ann 1", since=times[1]) == tuple(times[1:])
        # all whose keys begin alike
        operators.clear_failures(tx, b"ann")
        kept = [operators.failures(tx, key, since=NOON) for key in (b"ann 1", b"ann 2", b"ano")]
        assert kept == [(), (), (NOON,)]
        operators.note_failure(tx, b"ben", at=times[1])
        assert operators.prune(tx, ended=times[1], failed=times[1]) == 1
        assert operators.failures(tx, b"ben", since=NOON) == (times[1],)


def test_the_use_of_a_token_is_noted(store: Store) -> None:
    other = replace(READER, name="a", role=Role.EDITOR)
    with store.write() as tx:
        operators.keep_token(tx, READER, b"key")
        operators.keep_token(tx, other, b"other key")
        assert operators.tokens(tx) == (other, READER)
        used = replace(READER, used=NOON + HOUR)
        assert operators.token(tx, b"key", at=NOON + HOUR) == used
        assert operators.token(tx, b"none", at=NOON + HOUR) is None
        assert operators.token(tx, b"key") == used
        assert operators.token(tx, b"none") is None
        assert operators.tokens(tx) == (other, used)


def test_a_token_is_kept_once_until_it_is_revoked(store: Store) -> None:
    act(store, operators.keep_token, READER, b"key")
    with pytest.raises(UsageError, match="it already exists; revoke it first"), store.write() as tx:
        operators.keep_token(tx, replace(READER, role=Role.EDITOR), b"other")
    with store.write() as tx:
        assert operators.token(tx, b"other", at=NOON) is None
        assert operators.revoke(tx, READER.name)
        assert not operators.revoke(tx, READER.name)
        assert operators.token(tx, b"key", at=NOON) is None
        operators.keep_token(tx, READER, b"other")


@pytest.mark.usefixtures("tools")
def test_no_session_is_open_again_in_a_store_that_is_put_back(new_at: str, tmp_path: Path) -> None:
    store = open_store(new_at, folder=tmp_path)
    open_sessions(store, b"key")
    with store.write() as tx:
        operators.note_failure(tx, b"ann", at=NOON)
        operators.keep_token(tx, READER, b"token")
    backup(store, tmp_path / "saved", at=NOON)
    assert is_open(store, b"key")
    store.close()
    restore(new_at, folder=tmp_path, source=tmp_path / "saved", replace=True)
    store = open_store(new_at, folder=tmp_path)
    assert not is_open(store, b"key")
    with store.read() as tx:
        assert operators.failures(tx, b"ann", since=NOON) == ()
        assert operators.listed(tx) == (ANN,)
        assert operators.tokens(tx) == (READER,)
    store.close()


def deed(number: int, *, who: str = "ann") -> AuditEvent:
    at = NOON + timedelta(minutes=number)
    return AuditEvent(at, who, "drop story", f"s{number}", "203.0.113.0/24")


def note(store: Store, *events: AuditEvent) -> None:
    with store.write() as tx:
        for event in events:
            audit.note(tx, event)


def recent(store: Store, *, limit: int = 200, who: str = "") -> tuple[AuditEvent, ...]:
    return look(store, audit.recent, limit=limit, who=who)


def test_the_newest_act_comes_first(store: Store) -> None:
    first, second, third = deed(1), deed(2, who="token press"), deed(3)
    note(store, first, third, second)
    assert recent(store) == (third, second, first)
    assert recent(store, limit=1) == (third,)
    assert recent(store, who="ann") == (third, first)
    assert recent(store, who="an") == ()
    same = replace(third, what="later written")
    note(store, same)
    assert recent(store, limit=2) == (same, third)


def test_an_act_keeps_what_no_database_holds_and_can_not_look_like_two(store: Store) -> None:
    note(store, AuditEvent(NOON, "a" * 9_999, "\0\ud800", "ü" * 501))
    assert recent(store) == (AuditEvent(NOON, "a" * 500, "\0\ud800", "ü" * 500),)
    assert recent(store, who="a" * 9_999)
    forged = "x\n2026-03-12 eve add operator\r\n\u2028\x85"
    note(store, AuditEvent(NOON, forged, forged, forged, forged))
    stored, *_ = recent(store)
    flat = "x 2026-03-12 eve add operator"
    assert stored == AuditEvent(NOON, flat, flat, flat, flat)

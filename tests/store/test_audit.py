from datetime import timedelta

from briefing.core.model import AuditEvent
from briefing.store import Store, audit
from tests.store.news import NOON


def act(number: int, *, who: str = "ann") -> AuditEvent:
    at = NOON + timedelta(minutes=number)
    return AuditEvent(at, who, "drop story", f"s{number}", "203.0.113.0/24")


def note(store: Store, *events: AuditEvent) -> None:
    with store.write() as tx:
        for event in events:
            audit.note(tx, event)


def recent(store: Store, *, limit: int = 200, who: str = "") -> tuple[AuditEvent, ...]:
    with store.read() as tx:
        return audit.recent(tx, limit=limit, who=who)


def test_the_newest_act_comes_first(store: Store) -> None:
    first, second, third = act(1), act(2, who="token press"), act(3)
    note(store, first, third, second)
    assert recent(store) == (third, second, first)
    assert recent(store, limit=1) == (third,)
    assert recent(store, who="ann") == (third, first)
    assert recent(store, who="an") == ()


def test_of_two_acts_at_one_time_the_later_written_comes_first(store: Store) -> None:
    note(store, AuditEvent(NOON, "ann", "one"), AuditEvent(NOON, "ann", "two"))
    assert [event.what for event in recent(store)] == ["two", "one"]


def test_no_act_can_look_like_two(store: Store) -> None:
    forged = "x\n2026-03-12 eve add operator\r\n\u2028\x85"
    note(store, AuditEvent(NOON, forged, forged, forged, forged))
    (stored,) = recent(store)
    flat = "x 2026-03-12 eve add operator"
    assert stored == AuditEvent(NOON, flat, flat, flat, flat)


def test_an_act_keeps_what_no_database_holds_and_is_cut_where_it_is_long(store: Store) -> None:
    note(store, AuditEvent(NOON, "a" * 9_999, "\0\ud800", "ü" * 501))
    assert recent(store) == (AuditEvent(NOON, "a" * 500, "\0\ud800", "ü" * 500),)
    assert recent(store, who="a" * 9_999)

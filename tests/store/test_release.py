"""An edition leaves only when enough operators have signed its bytes, on SQLite and PostgreSQL."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from multiprocessing import get_context
from pathlib import Path
from random import Random
from time import sleep
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import delete, select, update

import briefing
from briefing.app import access
from briefing.app.editions import Withdraw, withdraw
from briefing.app.release import Signed, admit, drop, sign, void
from briefing.core import record
from briefing.core.errors import BriefingError, ChoiceError, InputError, StoreError, UsageError
from briefing.core.model import (
    DEADLINE,
    DeliveryStatus,
    EditionId,
    MailKind,
    Operator,
    Role,
    Signature,
    weekly,
)
from briefing.store import (
    Store,
    Transaction,
    archive,
    audit,
    claims,
    deliveries,
    documents,
    drafts,
    editions,
    open_store,
    operators,
)
from briefing.store.audit import Actor
from briefing.store.drafts import StoredDraft
from briefing.store.mail_tables import DELIVERY
from briefing.store.round_tables import DRAFT_FILE
from briefing.store.tables import METADATA
from tests.store.news import item, keep
from tests.store.ready import act, employ, look
from tests.store.releasing import (
    DAY,
    DESK,
    MADE,
    NAME,
    OPERATORS,
    deadline_passes,
    faults,
    made,
    names_in,
    plan,
    put,
    send,
    subscribe,
    work,
)

HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def employed(store: Store) -> None:
    employ(store, *OPERATORS)


def make(store: Store, day: date = DAY, *, variant: int = 0, by: int = 2) -> None:
    act(store, put, day, variant=variant, plan=plan(by))


def release(
    store: Store, who: str, day: date = DAY, *, digest: str = "", by: int = 2, at: datetime = MADE
) -> Signed:
    return act(store, sign, DESK, day, plan=plan(by), actor=Actor(who, at), digest=digest)


def days(store: Store) -> list[date]:
    return list(look(store, archive.days, DESK, first=date.min, last=date.max))


def digest(store: Store) -> str:
    with store.read() as tx:
        draft = drafts.of(tx, DESK)
    return draft.digest if draft else ""


def signed(store: Store, edition: str = f"{DESK}/{DAY}") -> list[str]:
    return [one.who for one in look(store, drafts.signed, edition)]


def test_a_draft_is_nowhere_until_the_second_has_signed(store: Store) -> None:
    subscribe(store)
    make(store)
    assert (days(store), send(store, at=MADE + HOUR)) == ([], [])
    assert release(store, "ann").lacking == 1
    assert (days(store), send(store, at=MADE + HOUR)) == ([], [])
    with store.read() as tx:
        assert editions.get(tx, f"{DESK}/{DAY}") is None
        assert deliveries.next_due(tx) is None
    assert release(store, "ben").lacking == 0
    assert days(store) == [DAY]
    assert send(store, at=MADE + HOUR) == [f"{DESK}/{DAY}"] * 2
    assert signed(store) == ["ann", "ben"]


def test_who_is_removed_has_released_nothing(store: Store) -> None:
    make(store)
    release(store, "ann")
    with store.write() as tx:
        access.remove_operator(tx, "ann", actor=Actor("ben", MADE))
        assert drafts.lapsed(tx, DESK) == ("ann",)
    assert release(store, "ben") == Signed((Signature("ben", MADE, digest(store)),), 1)
    assert days(store) == []
    # another one of that name is another one, who may release it
    act(store, operators.keep, Operator("ann", "no hash", MADE + HOUR, Role.PUBLISHER))
    assert release(store, "ann", at=MADE + 2 * HOUR).lacking == 0
    assert (days(store), signed(store)) == ([DAY], ["ben", "ann"])


def test_mails_that_have_not_left_wait_when_who_released_them_is_removed(store: Store) -> None:
    subscribe(store)
    make(store, by=1)
    release(store, "ann", by=1)
    act(store, access.remove_operator, "ben", actor=Actor("cleo", MADE))
    with store.write() as tx:
        (claimed,) = claims.claim(tx, worker="w", at=MADE, lease=HOUR, limit=1, resend=True)
        access.remove_operator(tx, "ann", actor=Actor("cleo", MADE))
        # Not even the one that a worker is about to send.
        assert claims.begin(tx, {claimed.delivery.id: "w"}, at=MADE, lease=HOUR) == frozenset()
    assert send(store, at=MADE + HOUR) == []
    edition = f"{DESK}/{DAY}"
    with store.write() as tx:
        assert deliveries.audience(tx, edition).counts == {DeliveryStatus.HELD: 2}
        held = {one.reason for one in deliveries.of(tx, edition)}
        assert held == {"released by ann, who is no longer an operator"}
        assert deliveries.decide(tx, edition, send=True, at=MADE) == 2
    assert send(store, at=MADE + HOUR) == [edition] * 2


def test_only_the_draft_that_was_seen_is_signed(store: Store) -> None:
    make(store)
    seen = digest(store)
    act(store, void, DESK, actor=Actor("cleo", MADE), why="an editor has chosen")
    make(store, variant=1)
    with pytest.raises(ChoiceError, match="another draft was made"):
        release(store, "ann", digest=seen)
    assert signed(store) == []
    assert release(store, "ann", digest=digest(store)).lacking == 1


@pytest.mark.parametrize("variant", [0, 1], ids=["same bytes", "other bytes"])
def test_signatures_of_a_dropped_draft_are_void(store: Store, variant: int) -> None:
    make(store)
    release(store, "ann")
    assert act(store, drop, DESK, DAY, actor=Actor("cleo", MADE)) == f"{DESK}/{DAY}"
    make(store, variant=variant)
    assert release(store, "ben").lacking == 1
    with store.read() as tx:
        assert [one.what for one in audit.recent(tx, limit=9)] == [
            *("release edition", "drop draft", "release edition")
        ]


def test_a_dropped_draft_takes_back_the_mails_to_its_reviewers_alone(store: Store) -> None:
    def ask(tx: Transaction, asked: StoredDraft, at: datetime) -> None:
        words = f"rita@desk.example\n{asked.stored.id}"
        deliveries.put_mail(tx, MailKind.REVIEW, words=words, at=at, until=at + HOUR)

    for series, minutes in ((DESK, 0), (weekly(DESK), 5), ("aird-desk", 9)):
        own = made(DAY)
        own = replace(own, id=f"{series}/{DAY}", briefing=series)
        own = replace(own, made=own.made + timedelta(minutes=minutes))
        edition = record.read(own.record, name=own.id).edition
        act(store, admit, own, edition=edition, plan=replace(plan(), ask=ask), recheck_at=None)
    act(store, drop, DESK, DAY, actor=Actor("cleo", MADE))
    with store.read() as tx:
        mails = tx.execute(select(DELIVERY).order_by(DELIVERY.number)).all()
    assert [(mail.words.splitlines()[-1], mail.status, mail.reason) for mail in mails] == [
        (f"{DESK}/{DAY}", "skipped", "its draft was dropped"),
        *((f"{series}/{DAY}", "due", "") for series in (weekly(DESK), "aird-desk")),
    ]


def test_what_is_made_of_another_day_takes_the_place_of_a_draft(store: Store) -> None:
    make(store)
    release(store, "ann")
    make(store, DAY + timedelta(days=1))
    with pytest.raises(InputError, match="no draft of 2026-03-12 is awaiting release"):
        release(store, "ben")
    assert signed(store) == []
    make(store, DAY + timedelta(days=2), by=0)
    assert (days(store), digest(store)) == ([DAY + timedelta(days=2)], "")


def test_a_withdrawal_drops_the_draft_that_knew_of_it(store: Store) -> None:
    make(store, by=0)
    make(store, DAY + timedelta(days=1))
    release(store, "ann", DAY + timedelta(days=1))
    act(store, withdraw, Withdraw(NAME, DAY), actor=Actor("cleo", MADE))
    assert digest(store) == ""
    with pytest.raises(InputError, match="no draft"):
        release(store, "ben", DAY + timedelta(days=1))


def test_a_draft_is_not_withdrawn_and_a_damaged_one_not_signed(store: Store) -> None:
    make(store)
    with store.write() as tx, pytest.raises(UsageError, match="editions drop 2026-03-12"):
        withdraw(tx, Withdraw(NAME, DAY), actor=Actor("cleo", MADE))
    with store.write() as tx, pytest.raises(InputError, match="no draft of 2026-03-13"):
        drop(tx, DESK, DAY + timedelta(days=1), actor=Actor("cleo", MADE))
    with store.write() as tx:
        tx.execute(update(DRAFT_FILE).where(DRAFT_FILE.kind == "pdf").values(content=b"%PDF x"))
    with pytest.raises(StoreError, match="editions drop 2026-03-12"):
        release(store, "ann")


def test_it_goes_at_its_deadline_if_that_is_the_rule_else_later(store: Store) -> None:
    make(store)
    early, late = MADE + timedelta(minutes=44), MADE + timedelta(minutes=45)
    assert not any(deadline_passes(store, go=False, at=at) for at in (early, late, MADE + 9 * HOUR))
    assert not deadline_passes(store, go=True, at=early)
    assert (days(store), signed(store)) == ([], [])
    assert deadline_passes(store, go=True, at=late)
    assert (days(store), signed(store)) == ([DAY], [DEADLINE])
    make(store, DAY + timedelta(days=1))
    for who in ("ann", "ben"):
        release(store, who, DAY + timedelta(days=1), at=MADE + 33 * HOUR)
    assert days(store) == [DAY, DAY + timedelta(days=1)]


def test_texts_of_a_draft_are_kept_however_old(store: Store) -> None:
    keep(store, item(), at=MADE - HOUR)
    with store.write() as tx:
        put(tx, plan=plan())
        assert documents.prune(tx, before=MADE + HOUR) == 0
        void(tx, DESK, actor=Actor("ann", MADE), why="as asked")
        assert documents.prune(tx, before=MADE + HOUR) == 1


def test_one_module_makes_an_edition_of_what_is_printed() -> None:
    """Whatever else kept one would let it leave unsigned; notices have rows of their own."""
    root = Path(briefing.__file__).parent
    files = {file.relative_to(root).as_posix(): file.read_text() for file in root.rglob("*.py")}
    assert [name for name, text in files.items() if "editions.keep(" in text] == ["app/release.py"]
    inserting = {name for name, text in files.items() if "insert(EDITION)" in text}
    assert inserting == {"store/editions.py", "store/deliveries.py"}


class Releasing(RuleBasedStateMachine):
    """People and processes in any order, against what they have signed."""

    def __init__(self, store: Store, at: str, folder: Path) -> None:
        super().__init__()
        self.store, self.at, self.folder = store, at, folder
        with store.write() as tx:
            for table in reversed(METADATA.sorted_tables):
                if table.name != "identity":
                    tx.execute(delete(table))
        subscribe(store, 1)
        employ(store, *OPERATORS)
        self.day, self.variant = DAY, 0
        #: Who has signed the draft; None: there is none.
        self.by: set[str] | None = None
        self.out: set[date] = set()

    @rule(later=st.booleans())
    def publish(self, *, later: bool) -> None:
        """Make the edition of the day, or of the next."""
        self.variant += 1
        self.day += timedelta(days=later)
        make(self.store, self.day, variant=self.variant)
        if self.day not in self.out and (later or self.by is None):
            self.by = set()

    @rule(who=st.sampled_from(OPERATORS), seen=st.booleans())
    def sign(self, *, who: str, seen: bool) -> None:
        """One operator releases what there is."""
        try:
            release(self.store, who, self.day, digest=digest(self.store) if seen else "")
        except BriefingError:
            assert self.by is None or who in self.by
            return
        assert self.by is not None
        self.by.add(who)
        if len(self.by) == 2:
            self.out.add(self.day)
            self.by = None

    @rule()
    def choose(self) -> None:
        act(self.store, void, DESK, actor=Actor("cleo", MADE), why="chosen", day=self.day)
        self.by = None

    @precondition(lambda self: self.out)
    @rule(data=st.data())
    def withdraw(self, data: Any) -> None:  # noqa: ANN401  of hypothesis
        day = data.draw(st.sampled_from(sorted(self.out)))
        act(self.store, withdraw, Withdraw(NAME, day), actor=Actor("cleo", MADE))
        self.out.remove(day)
        self.by = None

    @rule(go=st.booleans(), late=st.booleans())
    def deadline(self, *, go: bool, late: bool) -> None:
        """The round looks, before the deadline or after it."""
        at = datetime.combine(self.day, time(7, 15 if late else 14), MADE.tzinfo)
        assert deadline_passes(self.store, go=go, at=at) is (self.by is not None and go and late)
        if self.by is not None and go and late:
            self.out.add(self.day)
            self.by = None

    @rule()
    def deliver(self) -> None:
        """Whatever is due is sent."""
        sent = {EditionId.parse(name).day for name in send(self.store, at=MADE + 60 * 24 * HOUR)}
        assert sent <= self.out

    @rule()
    def restart(self) -> None:
        """The process begins anew."""
        self.store.close()
        self.store = open_store(self.at, folder=self.folder)

    @invariant()
    def only_what_was_signed_is_out(self) -> None:
        assert set(days(self.store)) == self.out
        assert bool(digest(self.store)) is (self.by is not None)
        with self.store.read() as tx:
            assert faults(tx) == []
            mailed = {one for one in self.out if list(deliveries.of(tx, f"{DESK}/{one}"))}
        assert mailed <= self.out

    def teardown(self) -> None:
        """Close what this run has opened."""
        self.store.close()


def test_nothing_leaves_unsigned_in_any_order(store: Store, at: str, tmp_path: Path) -> None:
    run_state_machine_as_test(
        lambda: Releasing(open_store(at, folder=tmp_path), at, tmp_path),  # type: ignore[arg-type]
        settings=settings(
            max_examples=8,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_killed_servers_send_nothing_unreleased(store: Store, at: str, tmp_path: Path) -> None:
    """Kill -9 at any statement; a mail is noted when it has left."""
    subscribe(store)
    spool, chance = tmp_path / "spool", Random(20260312)  # noqa: S311  no secret
    context = get_context("forkserver")
    context.set_forkserver_preload(["tests.store.releasing"])
    for kill in range(3):
        servers = [
            context.Process(target=work, args=(at, tmp_path, 2 * kill + one, spool), daemon=True)
            for one in range(2)
        ]
        for server in servers:
            server.start()
        # So many mails more, or as good as all that this round can bring.
        wanted = len(names_in(spool)) + chance.randrange(1, 6)
        while len(names_in(spool)) < wanted and any(server.is_alive() for server in servers):
            sleep(0.02)
        for server in servers:
            server.kill()
            server.join()
        with store.read() as tx:
            assert faults(tx) == []
            assert all(editions.get(tx, name) for name in set(names_in(spool)))
    assert len(names_in(spool)) > 3

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event
from threading import enumerate as enumerate_threads

import pytest

from briefing.core.errors import BriefingError, ChoiceError, InputError, StoreError, UsageError
from briefing.core.model import Choice, Source
from briefing.settings import Settings, load
from briefing.setup.clock import now
from briefing.setup.drafts import CachedDrafts
from briefing.setup.news import SourceTrials, collect_news
from briefing.setup.post import mails_of
from briefing.store import drafts as choices
from briefing.store import open_store, sources
from tests.desk import FERRY, chosen
from tests.fakes import Clock
from tests.mail.relays import authority
from tests.mail.servers import PASSWORD, USER, ServerState, Stored, serve
from tests.newsday import TODAY, YESTERDAY, report
from tests.publishing import BRIEFING, FIRST, SOURCE, Desk, at
from tests.store.ready import act

NAMED = Settings(name="Ostra Desk")


@pytest.fixture
def clock() -> Clock:
    return Clock(at(YESTERDAY, 20))


@pytest.fixture
def drafts(desk: Desk, clock: Clock) -> CachedDrafts:
    return patient(desk, clock)


def test_a_draft_is_kept_until_a_change(desk: Desk, drafts: CachedDrafts, clock: Clock) -> None:
    assert drafts.last(YESTERDAY) is None
    first = drafts(YESTERDAY)
    assert first.pdf.startswith(b"%PDF-")
    clock.at += timedelta(minutes=30)
    assert drafts(YESTERDAY) is first
    assert drafts.last(YESTERDAY) is first
    assert drafts.last(TODAY) is None
    one = act(desk.store, choices.choose, BRIEFING, chosen("drop", FIRST[0], day=YESTERDAY))
    assert drafts.last(YESTERDAY) is first
    second = drafts(YESTERDAY)
    assert [told.choice for told in second.edition.choices] == [one]
    assert drafts(YESTERDAY) is second
    desk.keep(report("ferry", FERRY, day=YESTERDAY), when=at(YESTERDAY, 20, 10))
    third = drafts(YESTERDAY)
    assert third.edition.ledger.documents == second.edition.ledger.documents + 1
    assert (third.until, third.made) == (at(YESTERDAY, 20, 10), clock.at)
    assert drafts(YESTERDAY) is third


def test_another_weight_counts_in_the_draft_at_once(desk: Desk, drafts: CachedDrafts) -> None:
    act(desk.store, sources.add, Source(SOURCE), at=at(YESTERDAY, 18))
    before = drafts(YESTERDAY)
    act(desk.store, sources.change, Source(SOURCE, weight=2.0))
    after = drafts(YESTERDAY)
    assert after is not before
    assert "weights" in after.edition.manifest
    assert {one.weight for one in after.edition.documents.values()} == {2.0}
    for story, evidence in after.edition.evidence.items():
        usual = before.edition.evidence[story].salience
        assert evidence.salience.terms["sources"] == 2.0
        assert "sources" not in usual.terms
        assert evidence.salience.value == pytest.approx(2 * usual.value, rel=1e-3)


def test_a_draft_of_another_day_takes_its_place(drafts: CachedDrafts, clock: Clock) -> None:
    first = drafts(YESTERDAY)
    clock.at = at(TODAY, 5)
    second = drafts(TODAY)
    assert second.edition.day == TODAY
    assert drafts.last(YESTERDAY) is None
    assert second is not first


def test_an_earlier_edition_ages_a_draft(desk: Desk, drafts: CachedDrafts, clock: Clock) -> None:
    clock.at = at(YESTERDAY, 21)
    assert drafts(TODAY).edition.number == 1
    desk.publish(YESTERDAY)
    with pytest.raises(InputError, match="nothing to publish"):
        drafts(TODAY)
    with pytest.raises(UsageError, match="already published"):
        drafts(YESTERDAY)


def test_who_asks_at_the_same_time_gets_a_draft_laid_out_once(drafts: CachedDrafts) -> None:
    with ThreadPoolExecutor(4) as pool:
        told = list(pool.map(drafts, [YESTERDAY] * 4))
    assert all(one is told[0] for one in told)
    assert told[0].edition.top is not None


def patient(desk: Desk, clock: Callable[[], datetime], patience: float = 600.0) -> CachedDrafts:
    return CachedDrafts(desk.store, NAMED, clock=clock, patience=patience)


def test_who_waits_gets_the_draft_or_why_none_can_be_made(desk: Desk, clock: Clock) -> None:
    drafts = patient(desk, clock)
    made = drafts.soon(YESTERDAY)
    assert made is not None
    assert drafts.last(YESTERDAY) is made
    assert drafts.soon(YESTERDAY) is made
    assert (drafts.busy, drafts.failure(YESTERDAY)) == (False, None)
    told = list[BriefingError]()
    two_tops(desk)
    with pytest.raises(ChoiceError, match="two stories") as error:
        drafts.soon(YESTERDAY, failed=told.append)
    assert told == [error.value]
    assert drafts.failure(YESTERDAY) is None


class Late:
    """A clock that holds a draft up until it is told to go on."""

    def __init__(self) -> None:
        self.goes, self.asked = Event(), Event()

    def __call__(self) -> datetime:
        self.asked.set()
        assert self.goes.wait(600)
        return at(YESTERDAY, 20)


def test_why_a_draft_failed_that_nobody_waited_for_is_kept_until_the_next(desk: Desk) -> None:
    late, done = Late(), Event()
    drafts = patient(desk, late, 0.0)
    tops = two_tops(desk)
    assert drafts.soon(YESTERDAY, failed=lambda _: done.set()) is None
    assert late.asked.wait(600)
    assert (drafts.busy, drafts.last(YESTERDAY)) == (True, None)
    settle(drafts, late=late)
    assert done.wait(600)
    assert isinstance(drafts.failure(YESTERDAY), ChoiceError)
    assert drafts.failure(TODAY) is None
    act(desk.store, choices.undo, BRIEFING, tops[0].id, who="ada", at=at(YESTERDAY, 20))
    drafts.soon(YESTERDAY)
    settle(drafts, late=late)
    assert drafts.failure(YESTERDAY) is None
    assert drafts.last(YESTERDAY) is not None


def test_an_unforeseen_error_is_not_silent(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    def broken() -> datetime:
        raise RuntimeError("no clock")

    with pytest.raises(RuntimeError, match="no clock"):
        patient(desk, broken).soon(YESTERDAY)
    assert caplog.records == []
    late = Late()

    def breaks_later() -> datetime:
        late()
        raise RuntimeError("no clock")

    drafts = patient(desk, breaks_later, 0.0)
    assert drafts.soon(YESTERDAY) is None
    settle(drafts, late=late)
    assert "could not be laid out" in caplog.text


def test_a_failure_is_told_before_another_draft_and_not_kept_beside_it(desk: Desk) -> None:
    late, busy = Late(), list[bool]()
    drafts = patient(desk, late, 0.0)
    tops = two_tops(desk)

    def take_back(_error: BriefingError) -> None:
        busy.append(drafts.busy)
        act(desk.store, choices.undo, BRIEFING, tops[0].id, who="ada", at=at(YESTERDAY, 20))
        assert drafts.soon(YESTERDAY) is None

    assert drafts.soon(YESTERDAY, failed=take_back) is None
    settle(drafts, late=late)
    assert busy == [True]
    assert drafts.failure(YESTERDAY) is None
    assert drafts.last(YESTERDAY) is not None


def test_a_failure_that_cannot_be_told_is_raised_as_well(desk: Desk, clock: Clock) -> None:
    drafts = patient(desk, clock)
    two_tops(desk)

    def full(error: BriefingError) -> None:
        raise StoreError("the disk is full") from error

    with pytest.raises(StoreError, match="the disk is full"):
        drafts.soon(YESTERDAY, failed=full)
    late = Late()
    drafts = patient(desk, late, 0.0)
    assert drafts.soon(YESTERDAY, failed=full) is None
    settle(drafts, late=late)
    assert isinstance(drafts.failure(YESTERDAY), StoreError)


def two_tops(desk: Desk) -> list[Choice]:
    """Choose two stories to open the page, with which it cannot be laid out."""
    with desk.store.write() as tx:
        return [
            choices.choose(tx, BRIEFING, chosen("top", one, day=YESTERDAY)) for one in FIRST[:2]
        ]


def settle(drafts: CachedDrafts, *, late: Late) -> None:
    """Let what is held up go on, and wait for the drafts that are being laid out."""
    late.goes.set()
    while running := [thread for thread in enumerate_threads() if thread.name == "draft"]:
        for thread in running:
            thread.join(600)
            assert not thread.is_alive()
    assert not drafts.busy


SENDER = "news@agency.example"
TEXT = (
    "The council of the harbor town voted on Monday to lease two berths to the ferry company. "
    "The mayor said that the lease runs for nine years and begins in the spring of next year.\r\n"
)


def letter(sender: str, subject: str, text: str = TEXT) -> bytes:
    return (
        f"From: Agency <{sender}>\r\nTo: desk@desk.example\r\nSubject: {subject}\r\n"
        f"Date: Mon, 30 Nov 2026 06:00:00 +0000\r\nMessage-ID: <{subject[:4]}@agency.example>\r\n"
        f"Content-Type: text/plain\r\n\r\n{text}"
    ).encode()


@pytest.fixture
def state(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ServerState:
    authority().cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    (tmp_path / "password").write_text(PASSWORD)
    mails = [
        Stored("1", letter(SENDER, "Council leases berths")),
        Stored("2", letter(f"{SENDER}.evil.example", "Not of the agency")),
        Stored("3", letter(SENDER, "Pictures of the harbor", " ")),
        Stored("4", letter("other@agency.example", "Ferry company buys ships"), {r"\Seen"}),
        Stored("5", letter(SENDER, "Deleted"), {r"\Deleted"}),
        # Longer than the part of a field that is parsed.
        Stored("6", letter(SENDER, "Hostile").replace(b"Agency", b'"' * 40_000, 1)),
    ]
    return ServerState({"INBOX": [], "News": mails})


def desk(port: int, folder: Path) -> Settings:
    mailbox = f"imaps://{USER.replace('@', '%40')}@127.0.0.1:{port}/News"
    path = folder / "briefing.toml"
    path.write_text(f'[collect]\nmailbox = "{mailbox}"\nmailbox_password_file = "password"\n')
    return load(path)


@pytest.mark.parametrize(
    ("sender", "expected"),
    [
        (SENDER, ["Council leases berths"]),
        ("Agency.example", ["Council leases berths", "Ferry company buys ships"]),
    ],
)
def test_a_trial_shows_what_a_sender_or_a_domain_has_sent(
    state: ServerState, tmp_path: Path, sender: str, expected: list[str]
) -> None:
    with serve(state, name="127.0.0.1") as port:
        trial = SourceTrials(desk(port, tmp_path))(f"mailbox:{sender}")
    assert (trial.source.kind, trial.source.url) == ("mailbox", f"mailbox:{sender}")
    assert [report.title for report in trial.reports] == expected
    assert all(report.whole or report.words for report in trial.reports)
    assert all(r"\Seen" not in mail.flags for mail in state.folders["News"][:3])


def test_each_mail_is_kept_once_however_often_the_mailbox_is_read(
    state: ServerState, tmp_path: Path
) -> None:
    with serve(state, name="127.0.0.1") as port, open_store("a.db", folder=tmp_path) as store:
        act(store, sources.add, Source(f"mailbox:{SENDER}", "mailbox"), at=now())
        first = collect_news(store, settings=desk(port, tmp_path))
        state.folders["News"].append(Stored("7", letter(SENDER, "Bank cuts rates")))
        second = collect_news(store, settings=desk(port, tmp_path))
    visits = [(each.outcome, each.items, each.fresh) for each in (*first.visits, *second.visits)]
    assert visits == [("read", 1, 1), ("read", 2, 1)]


def test_a_mailbox_that_cannot_be_read_fails_its_source_alone(
    state: ServerState, tmp_path: Path
) -> None:
    with serve(state, name="127.0.0.1") as port:
        (tmp_path / "password").write_text("wrong")
        trial = SourceTrials(desk(port, tmp_path))(f"mailbox:{SENDER}")
        assert "does not let" in trial.health.reason
    (tmp_path / "password").unlink()
    mails = mails_of(desk(1, tmp_path))
    assert mails is not None
    with pytest.raises(InputError, match="password"):
        mails(SENDER)
    for sender in ("", "a\r\nb LOGOUT", 'a" DELETED', "news@\u00e4.example"):
        assert "not a sender" in SourceTrials(Settings())(f"mailbox:{sender}").health.reason
    trial = SourceTrials(Settings())(f"mailbox:{SENDER}")
    assert trial.health.reason == "no mailbox is set; set collect.mailbox"

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from sqlalchemy import update

from briefing.app.rounds.runs import RoundTask
from briefing.core.model import Consent, Ending, FetchRecord, Outcome, Run, Source, State, Step
from briefing.setup import daily
from briefing.setup.clock import now
from briefing.store import Store, Transaction, deliveries, sources, subscribers
from briefing.store.tables import SOURCE
from tests import mailroom
from tests.mail.relays import Taken, real
from tests.mailroom import ANN, BO, CEM, reader, subscribe
from tests.store.ready import act, look

#: The edition was due a moment ago; its local date is that of UTC.
PAST = now() - timedelta(minutes=1)
DAY = PAST.date()


@dataclass
class Desk:
    """A desk with readers and nothing to print."""

    folder: Path
    store: Store

    def publish(self, day: date = DAY) -> Run:
        """Do what the round does at the time of an edition."""
        return self.do(RoundTask(Step.PUBLISH, day))

    def deliver(self) -> Run:
        """Do what the round does as soon as a mail is due."""
        return self.do(RoundTask(Step.DELIVER))

    def do(self, task: RoundTask) -> Run:
        settings = mailroom.settings(self.folder)
        handlers = daily.handlers_of(self.store, settings=settings)
        return daily.run_log_of(self.store, settings=settings).record(task, handlers[task.step])[0]

    @property
    def notes(self) -> int:
        return look(self.store, deliveries.due_by, now())[0]


def known(store: Store) -> bool:
    return look(store, subscribers.find, ANN.address) is not None


def answer(store: Store) -> None:
    """Record that the only source has just answered: then there is nothing new for certain."""
    with store.write() as tx:
        sources.add(tx, Source("/srv/news", kind="folder"), at=PAST)
        sources.record(tx, FetchRecord("/srv/news", now(), Outcome.READ))


@contextmanager
def desk(
    folder: Path, port: int, *, web: str = "https://news.desk.example", empty: str = "note"
) -> Iterator[Desk]:
    mailroom.config(
        folder, port=port, web=web, more=f'[schedule]\nat = "{PAST:%H:%M}"\nempty = "{empty}"\n'
    )
    with mailroom.opened(folder) as store:
        if not known(store):
            subscribe(store, ANN, BO, CEM)
        answer(store)
        yield Desk(folder, store)


def test_each_active_reader_is_told_once_that_there_is_no_page(tmp_path: Path) -> None:
    # Who chose an edition that there is no more gets the first; who chose another gets no note.
    old, week = (reader(f"{name}@readers.example", editions=(name,)) for name in ("noon", "week"))
    with real() as (port, taken), desk(tmp_path, port) as there:
        subscribe(there.store, old, week)
        act(there.store, leave)
        assert there.publish().ending is Ending.EMPTY
        run = there.deliver()
        assert (run.ending, dict(run.figures)) == (Ending.DONE, {"sent": 3})
        assert sorted(one.recipient for one in taken) == [ANN.address, BO.address, old.address]
        # tried again, by this process or the next one
        assert there.publish().ending is Ending.EMPTY
        assert there.deliver().figures == {}
        assert len(taken) == 3
        check(taken[0])


def leave(tx: Transaction) -> None:
    cem = subscribers.find(tx, CEM.address)
    assert cem
    subscribers.change_state(tx, cem.id, State.UNSUBSCRIBED, consent=Consent(now(), "left", "form"))


def check(taken: Taken) -> None:
    mail = taken.mail
    assert mail["Subject"] == "No edition of Ostra Desk today"
    assert mail["From"].addresses[0].addr_spec == "news@desk.example"
    assert taken.sender.startswith("bounce+")
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail.get_content_type() == "text/plain"
    text = mail.get_content()
    assert text.startswith("There is no edition of Ostra Desk today, ")
    assert f"{DAY.day} {DAY:%B %Y}" in text
    leave = text.partition("Unsubscribe: ")[2].split()[0]
    assert leave.startswith("https://news.desk.example/unsubscribe/")
    # by one click too, and by the address that the mail comes back to
    assert mail["List-Unsubscribe"].startswith(f"<mailto:{taken.sender}?")
    assert mail["List-Unsubscribe"].endswith(f">, <{leave}>")
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_nobody_is_told_early_unasked_or_while_nothing_can_be_read(tmp_path: Path) -> None:
    with real() as (port, taken):
        with desk(tmp_path, port) as there:
            assert there.publish(DAY + timedelta(days=1)).ending is Ending.EMPTY
            assert there.notes == 0
        with desk(tmp_path, port, web="") as there:
            run = there.publish()
            assert (run.ending, there.notes) == (Ending.EMPTY, 0)
            assert "; no note is sent: web.address is empty" in run.words
        with desk(tmp_path, port, empty="skip") as there:
            assert there.publish().ending is Ending.EMPTY
            assert there.notes == 0
        with desk(tmp_path, port) as there:
            with there.store.write() as tx:
                refused = FetchRecord("/srv/news", now(), Outcome.FAILED, reason="refused")
                sources.record(tx, refused)
                tx.execute(update(SOURCE).values(answered=PAST - timedelta(hours=1)))
            run = there.publish()
            assert run.ending is Ending.BLIND
            assert run.words.endswith("UTC: /srv/news: refused")
            assert there.notes == 0
        assert taken == []


def test_a_relay_that_is_down_is_told_and_the_notes_are_kept(tmp_path: Path) -> None:
    with desk(tmp_path, 1) as there:
        assert there.publish().ending is Ending.EMPTY
        run = there.deliver()
        assert run.ending is Ending.FAILED
        assert run.words.startswith("paused: ")
        assert there.notes == 3

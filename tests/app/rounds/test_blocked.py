"""Whatever stops the round, the operator has one mail about it within five minutes.

The command `briefing serve`, a real relay, a stepped clock; each case takes away what the round
stands on.
"""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from briefing.core.model import Source
from briefing.store import Store, sources
from tests.app.rounds import rehearsed
from tests.app.rounds.forked import forked
from tests.mail.relays import Taken, real, sending
from tests.newsserver import RSS, NewsServer, give, rss
from tests.store.postgres import Server, running
from tests.store.ready import act, ready_store
from tests.waiting import small_disk

KILL = pytest.mark.kill

OPERATOR = "desk@ministry.example"
BEGIN = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
#: When it happens, and as long as it may take until the operator has the mail.
HAPPENS, PATIENCE = BEGIN + timedelta(minutes=31), timedelta(minutes=5)
END = BEGIN + timedelta(minutes=75)
STORE, LOST = "kept/briefing.db", "deleted, emptied or replaced while in use"
SETTINGS = """
name = "Ostra Desk"
[collect]
allow_hosts = ["127.0.0.1"]
allow_ports = [{news}]
delay = 0.0
[store]
at = "{store}"
[schedule]
at = "18:00"
zone = "UTC"
collect_minutes = 15
{mail}
[alerts]
mail = "{operator}"
"""
#: Keeps all others from writing to the store, in a process of its own.
HOLDER = f"""
import os, sqlite3, time
reading, writing = os.pipe()
if os.fork():
    os.read(reading, 1)
    os._exit(0)
os.setsid()
held = sqlite3.connect("{STORE}", isolation_level=None)
held.execute("BEGIN IMMEDIATE")
open("holder", "w").write(str(os.getpid()))
os.write(writing, b".")
for number in (1, 2):
    os.close(number)
time.sleep(600)
"""


class House:
    """A desk in a folder, and what its operator was mailed."""

    def __init__(self, folder: Path, *, news: NewsServer, relay: int, taken: list[Taken]) -> None:
        self.folder, self._news, self._relay, self._taken = folder, news, relay, taken
        (folder / "time").write_text(BEGIN.isoformat())
        (folder / "wait").write_text("2 20")
        (folder / "hold.py").write_text(HOLDER)

    def settle(self, store: str = STORE, more: str = "") -> None:
        """Write the settings, and a store with a source."""
        settings = SETTINGS.format(
            news=self._news.port, mail=sending(self._relay), operator=OPERATOR, store=store
        )
        (self.folder / "briefing.toml").write_text(settings + more)
        opened: Store = ready_store(store, folder=self.folder)
        act(opened, sources.add, Source(self._news.url("/feed")), at=BEGIN)
        opened.close()

    def live(self, *deeds: tuple[datetime, str], until: datetime = END, sets: str = "") -> str:
        """Serve until a moment, while things happen; return what was logged."""
        lines = (f"{at.isoformat()} {command}\n" for at, command in deeds)
        (self.folder / "deeds").write_text("".join(lines))
        words = (str(self.folder), until.isoformat(), "-", "serve", *([sets] if sets else []))
        code, _, said = forked(rehearsed.main, *words, folder=self.folder, seconds=600)
        assert code == 0, said
        return said

    def told(self) -> list[tuple[datetime, str]]:
        """Return when the operator was mailed, by the clock of the desk, and the text."""
        assert {one.recipient for one in self._taken} <= {OPERATOR}
        return [(one.mail["Date"].datetime, one.text()) for one in self._taken]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with (
        NewsServer() as news,
        real() as (port, taken),
        small_disk(tmp_path / "kept", megabytes=700),
    ):
        news.at("/feed", give(rss([]), RSS))
        yield House(tmp_path, news=news, relay=port, taken=taken)
        with suppress(FileNotFoundError):
            os.kill(int((tmp_path / "holder").read_text()), signal.SIGKILL)


@pytest.mark.parametrize(
    ("deed", "words"),
    [
        ("rm -f kept/briefing.db*", LOST),
        pytest.param("rm -rf kept/* kept/.[a-z]*", LOST, marks=KILL),
        pytest.param("truncate -s 0 kept/briefing.db", LOST, marks=KILL),
        pytest.param(f"{sys.executable} hold.py", "another process is writing", marks=KILL),
    ],
)
def test_a_store_that_is_lost_is_told_without_it(house: House, deed: str, words: str) -> None:
    house.settle()
    house.live((HAPPENS, deed))
    ((at, told),) = house.told()
    assert HAPPENS <= at <= HAPPENS + PATIENCE
    assert told.startswith("Ostra Desk:\r\n\r\n- the round is blocked: ")
    assert words in told


@KILL
def test_a_full_disk_is_told_although_nothing_can_be_written(house: House) -> None:
    if not os.path.ismount(house.folder / "kept"):
        pytest.skip("no small disk can be mounted here")
    house.settle()
    house.live((HAPPENS, "cat /dev/zero > kept/filler 2> /dev/null || true"))
    told = house.told()
    assert told
    assert HAPPENS <= told[0][0] <= HAPPENS + PATIENCE
    assert "less than 500 MB is free on the disk of the store; make room" in told[0][1]
    # and what cannot be written then, once
    assert sum("no space left on its disk" in words for _, words in told) <= 1


@KILL
def test_it_is_told_once_that_the_round_works_again(house: House) -> None:
    house.settle()
    freed = HAPPENS + timedelta(minutes=20)
    house.live((HAPPENS, f"{sys.executable} hold.py"), (freed, "kill -9 $(cat holder); rm holder"))
    (_, began), (at, over) = house.told()
    assert "another process is writing" in began
    assert freed <= at <= freed + timedelta(minutes=15)
    assert "the round works again since" in over


@pytest.fixture
def database() -> Iterator[Server]:
    with running() as server:
        yield server


@KILL
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGSTOP], ids=["ended", "hangs"])
def test_a_database_gone_is_told(house: House, database: Server, number: signal.Signals) -> None:
    house.settle(database.make_database())
    own = database.processes[0]
    deed = f"kill -{number.value} {own} $(cat /proc/{own}/task/{own}/children)"
    if number is signal.SIGINT:
        deed = f"kill -{number.value} {own}"
    # Goes on before its connections are closed.
    goes_on = deed.replace(f"-{number.value}", f"-{signal.SIGCONT.value}")
    until = HAPPENS + timedelta(minutes=12)
    if number is signal.SIGSTOP:
        house.live((HAPPENS, deed), (until - timedelta(minutes=1), goes_on), until=until)
    else:
        house.live((HAPPENS, deed))
        database.restart()
    (at, told), *_ = house.told()
    assert HAPPENS <= at <= HAPPENS + PATIENCE
    assert "- the round is blocked: " in told
    assert ("has hung for minutes" if number is signal.SIGSTOP else "postgresql:///") in told
    assert sum("is blocked" in one for _, one in house.told()) == 1


@KILL
@pytest.mark.parametrize(
    ("to", "way"),
    [(timedelta(days=365), "set forward, from"), (timedelta(hours=-5), "set back, from")],
)
def test_a_clock_that_is_set_is_told_in_any_case(house: House, to: timedelta, way: str) -> None:
    house.settle()
    after = HAPPENS + to
    sets = f"{HAPPENS.isoformat()}={after.isoformat()}"
    house.live(until=max(END, after + timedelta(minutes=30)), sets=sets)
    told = [(at, words) for at, words in house.told() if way in words]
    assert [after <= at <= after + PATIENCE for at, _ in told] == [True]


@KILL
def test_alerts_have_a_relay_of_their_own_if_one_is_set(house: House, tmp_path: Path) -> None:
    with real() as (port, taken):
        house.settle(more=f'relay = "smtp://127.0.0.1:{port}"\n')
        house.live((HAPPENS, "rm -f kept/briefing.db*"))
    assert house.told() == []
    assert [one.recipient for one in taken] == [OPERATOR]

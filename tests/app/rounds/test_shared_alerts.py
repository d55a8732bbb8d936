"""Several servers with one store on PostgreSQL: an alert is sent once, and ends once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, closing
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import text as sql

from briefing.app.rounds.alerting import Alerting
from briefing.app.rounds.alerts import Alert, AlertKind
from briefing.app.rounds.notifications import SentAlert
from briefing.app.rounds.sent_alerts import AlertFile
from briefing.core.errors import InputError
from briefing.store import Store, alerts, open_store
from tests.app.rounds.test_alerting import BEGAN, HOUR, NOW, Ear, failed, worked
from tests.store.conftest import server
from tests.store.postgres import Server

__all__ = ["server"]

OVER = (
    "over: collecting works again since 12 March 08:00 UTC; "
    "the problem had lasted since 12 March 06:00 UTC"
)


class Servers:
    """Two machines, each with its own connection to the store and its own folder."""

    def __init__(self, at: str, folder: Path) -> None:
        self.ear = Ear()
        self._open = ExitStack()
        self.folders = [folder / name for name in ("first", "second")]
        for own in self.folders:
            own.mkdir()
        self.stores = [
            self._open.enter_context(closing(open_store(at, folder=own))) for own in self.folders
        ]

    def __getitem__(self, number: int) -> Store:
        return self.stores[number]

    def look(self, number: int, *, at: datetime = NOW) -> None:
        Alerting(self[number], "ostra-desk", None, {"ear": self.ear}, lambda: at)()

    def close(self) -> None:
        self._open.close()


@pytest.fixture
def servers(server: Server, tmp_path: Path) -> Iterator[Servers]:
    with closing(Servers(server.make_database(), tmp_path)) as servers:
        yield servers


def test_an_alert_of_two_servers_is_sent_once_and_ends_once(servers: Servers) -> None:
    failed(servers[0])
    for number in (0, 1, 0, 1):
        servers.look(number)
    assert servers.ear.heard == [BEGAN]
    worked(servers[0], at=NOW)
    for number in (1, 0, 1, 0):
        servers.look(number, at=NOW + HOUR)
    assert servers.ear.heard == [BEGAN, OVER]
    # and no file says what the store says
    assert [list(own.glob("*.alerts.json")) for own in servers.folders] == [[], []]


def test_another_takes_over_when_the_one_that_sends_ends(servers: Servers) -> None:
    failed(servers[0])
    servers.look(0)
    servers[0].close()
    servers.look(1)
    assert servers.ear.heard == [BEGAN]
    worked(servers[1], at=NOW)
    servers.look(1, at=NOW + HOUR)
    assert servers.ear.heard == [BEGAN, OVER]


def test_another_takes_over_when_the_connection_of_the_one_that_sends_is_lost(
    servers: Servers,
) -> None:
    failed(servers[0])
    servers.look(0)
    with servers[1].read() as tx:
        others = "pid <> pg_backend_pid() AND datname = current_database()"
        end = sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity").text
        tx.execute(sql(f"{end} WHERE {others}"))
    servers.look(1)
    worked(servers[1], at=NOW)
    # The first notices that its connection is gone, and then that another sends.
    for number in (0, 0, 1, 0, 1):
        servers.look(number, at=NOW + HOUR)
    assert servers.ear.heard == [BEGAN, OVER]


def test_what_no_channel_took_is_sent_by_whoever_looks_next(servers: Servers) -> None:
    failed(servers[0])
    servers.ear.fault = InputError("relay: nothing answers")
    servers.look(0)
    servers.ear.fault = None
    servers[0].close()
    servers.look(1)
    assert servers.ear.heard == [BEGAN]


@pytest.mark.parametrize("looks", [(0, 1), (1, 0)])
def test_a_refused_start_is_over_when_its_machine_has_started(
    servers: Servers, looks: tuple[int, int]
) -> None:
    refused = Alert(AlertKind.PREFLIGHT, "check of relay", NOW - HOUR, "no answer")
    file = AlertFile(servers[1].place.beside("ostra-desk.alerts.json"))
    file.write({refused.key: SentAlert(refused, NOW - HOUR)})
    servers.look(0)
    assert servers.ear.heard == []
    for number in looks * 2:
        servers.look(number)
    assert len(servers.ear.heard) == 1
    assert servers.ear.heard[0].startswith("over: check of relay: passes again since ")
    assert not file.path.exists()


@pytest.mark.parametrize(
    "content", ["", "[]", '{"kind": "new"}', json.dumps({"kind": "late", "since": 1})]
)
def test_a_row_that_cannot_be_read_is_sent_again(
    servers: Servers, content: str, caplog: pytest.LogCaptureFixture
) -> None:
    failed(servers[0])
    servers.look(0)
    with servers[0].write() as tx:
        alerts.keep(tx, "ostra-desk", {"collect": content})
    servers.look(0)
    assert servers.ear.heard == [BEGAN, BEGAN]
    assert "alert collect: cannot be read" in caplog.text

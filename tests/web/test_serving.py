import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import time, timedelta
from pathlib import Path

import pytest

from briefing.app.rounds.runs import RunRequests
from briefing.core.model import Preferences
from briefing.settings import ScheduleSettings, Settings
from briefing.web import WebContext
from briefing.web.serving import address_of, context_of, end_on_term, listen
from tests import mailroom
from tests.mail.relays import At, Faulty, real
from tests.mailroom import ANN, publish


@contextmanager
def desk(
    folder: Path, told: Settings | None = None, requests: RunRequests | None = None
) -> Iterator[WebContext]:
    settings = told or mailroom.settings(folder)
    with mailroom.opened(folder) as store:
        yield context_of(
            settings.within(folder), store, web="http://127.0.0.1:8000", requests=requests
        )


def test_the_form_shows_the_time_and_the_zone_of_the_schedule_first(tmp_path: Path) -> None:
    told = Settings(schedule=ScheduleSettings(at="05:45", zone="Asia/Kolkata", days=("mon",)))
    with desk(tmp_path, told) as there:
        assert there.usual == Preferences(at=time(5, 45), zone="Asia/Kolkata")
        assert there.timetable
        assert there.timetable.days == (0,)
        assert there.timetable.collect_every == timedelta(minutes=30)
        assert there.requests is None
        assert there.drafts is not None


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "http://127.0.0.1:"),
        ("::1", "http://[::1]:"),
        # Nobody can open the address of all addresses.
        ("0.0.0.0", "http://127.0.0.1:"),  # noqa: S104  for a moment
        ("::", "http://[::1]:"),
    ],
)
def test_the_address_that_is_told_can_be_opened(host: str, address: str) -> None:
    with listen(host, 0) as listening:
        port = listening.getsockname()[1]
        assert port
        assert address_of(listening) == f"{address}{port}"


@pytest.mark.parametrize("name", ["Etc/GMT+12", "US/Eastern"])
def test_the_zone_of_the_schedule_can_always_be_chosen(tmp_path: Path, name: str) -> None:
    with desk(tmp_path, Settings(schedule=ScheduleSettings(zone=name))) as there:
        assert name in there.zones
    with desk(tmp_path, Settings(schedule=ScheduleSettings(zone="Europe/Zurich"))) as there:
        assert there.zones.count("Europe/Zurich") == 1


def test_orders_lead_to_the_round_that_runs_beside(tmp_path: Path) -> None:
    requests = RunRequests()
    with desk(tmp_path, Settings(), requests) as there:
        assert there.requests is requests
        # nobody is named who sends
        assert there.send_test is None


def test_a_test_is_sent_and_what_came_of_it_is_told(tmp_path: Path) -> None:
    publish(tmp_path)
    edition = f"ostra-desk/{mailroom.today()}"
    with real() as (port, taken):
        mailroom.config(tmp_path, port=port)
        with desk(tmp_path) as there:
            assert there.send_test
            assert there.send_test(ANN.address) == f"{edition}: sent"
            assert [one.recipient for one in taken] == [ANN.address]

    def refuse(at: At) -> str:
        return "550 5.1.1 no" if at.step == "RCPT" else ""

    with Faulty(refuse).running() as relay:
        mailroom.config(tmp_path, port=relay.port)
        with desk(tmp_path) as there:
            assert there.send_test
            told = there.send_test(ANN.address)
            assert told.startswith(f"{edition}: not sent: 550 5.1.1 no")


def test_before_the_first_edition_the_relay_alone_is_tried(tmp_path: Path) -> None:
    with real() as (port, taken):
        mailroom.config(tmp_path, port=port)
        with desk(tmp_path) as there:
            assert there.send_test
            assert there.send_test(ANN.address) == "Test of the relay: sent"
    (one,) = taken
    assert one.mail["Subject"] == "[Ostra Desk] Test of the relay"
    assert "reaches you" in one.text()


def test_a_service_is_ended_as_by_a_key() -> None:
    before = signal.getsignal(signal.SIGTERM)
    try:
        end_on_term()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGTERM)
    finally:
        signal.signal(signal.SIGTERM, before)

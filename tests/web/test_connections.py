import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import time, timedelta
from pathlib import Path

import anyio
import pytest
from starlette.responses import Response

from briefing.app.rounds.runs import RunRequests
from briefing.core.errors import SettingsError, UsageError
from briefing.core.model import Preferences, State
from briefing.mail.tokens import Purpose
from briefing.settings import MailSettings, ScheduleSettings, SectionSettings, Settings, WebSettings
from briefing.web import WebContext, guard
from briefing.web.serving import address_of, context_of, end_on_term, listen
from tests import mailroom
from tests.examples import examples
from tests.mail.nasty import NASTY
from tests.mail.relays import At, Faulty, real
from tests.mailroom import ANN, publish
from tests.waiting import PATIENCE, wait_for
from tests.web.running import Running, running, write_settings
from tests.web.served import ONE_CLICK

#: Half as many again as one client may hold.
HALF_OPEN = 150
#: Whoever attacks, and who wants a page.
STRANGER, READER = "127.0.0.1", "127.0.0.2"


def slow_head(there: socket.socket) -> None:
    there.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ")


def slow_body(there: socket.socket) -> None:
    there.sendall(
        b"POST /subscribe HTTP/1.1\r\nHost: x\r\nContent-Length: 9000\r\n"
        b"Content-Type: application/x-www-form-urlencoded\r\n\r\nmail="
    )


def unread_body(there: socket.socket) -> None:
    """Send a request that is answered at once, with a body that never ends."""
    there.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 9000\r\n\r\nx")


def silence(there: socket.socket) -> None:
    """Send nothing."""


def slow_reader(there: socket.socket) -> None:
    """Ask for more than any buffer holds, and read nothing of it."""
    there.settimeout(0)
    there.sendall(b"GET /fonts/SourceSerifPro-Bold.woff2 HTTP/1.1\r\nHost: x\r\n\r\n" * 80)


ATTACKS = (slow_head, slow_body, unread_body, silence, slow_reader)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Serve with more time than any of this takes: whoever holds a connection goes on to."""
    yield from served(tmp_path_factory, request_seconds=120, answer_seconds=600)


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Serve with little time for each."""
    yield from served(tmp_path_factory, request_seconds=2, answer_seconds=3)


def served(folders: pytest.TempPathFactory, **settings: int) -> Iterator[Running]:
    folder, address = folders.mktemp("desk"), 'address = "http://desk.example"'
    limits = (f"{name} = {one}" for name, one in settings.items())
    write_settings(folder, web="\n".join((address, *limits)))
    with running(folder) as made:
        yield made


@contextmanager
def held(server: Running, attack: Callable[[socket.socket], None]) -> Iterator[list[socket.socket]]:
    """Hold as many connections as the server lets one client have."""
    with ExitStack() as opened:
        those = [opened.enter_context(server.connect(STRANGER)) for _ in range(HALF_OPEN)]
        for there in those:
            # It may have been cut already.
            with suppress(OSError):
                attack(there)
        yield those


def is_closed(there: socket.socket) -> bool:
    """Tell whether the server has closed a connection, after all that it sent."""
    there.settimeout(0.02)
    try:
        while there.recv(1 << 20):
            pass
    except TimeoutError:
        return False
    except OSError:
        return True
    return True


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_client_shuts_out_none(server: Running, attack: Callable[[socket.socket], None]) -> None:
    leaving = server.add(f"leaves-{attack.__name__}@readers.example")
    coming = server.add(f"comes-{attack.__name__}@readers.example", State.PENDING)
    leave, confirm = server.path(Purpose.LEAVE, leaving), server.path(Purpose.CONFIRM, coming)
    files, memory = server.open_files(), server.memory()
    with held(server, attack):
        assert server.memory() < memory + 100_000
        # Also whoever shares an address with the stranger, unless pages are being made for it.
        for source in (READER,) if attack is slow_reader else (READER, STRANGER):
            with server.client(source) as client:
                assert client.get("/subscribe").status_code == 200
                assert client.get("/healthz").text == "ok\n"
        with server.client(READER) as client:
            assert client.post(leave, data=ONE_CLICK).status_code == 200
            button = {"token": confirm.rpartition("/")[2], "do": "confirm"}
            assert client.post(confirm, data=button).status_code == 200
        assert server.find(leaving).state is State.UNSUBSCRIBED
        assert server.find(coming).state is State.ACTIVE
        # One client may hold a hundred.
        assert server.open_files() < files + 130


@pytest.mark.parametrize("attack", ATTACKS)
def test_nobody_holds_it_for_ever(strict: Running, attack: Callable[[socket.socket], None]) -> None:
    files = strict.open_files()
    with held(strict, attack) as those:
        wait_for(lambda: all(map(is_closed, those)))
        wait_for(lambda: strict.open_files() <= files + 5)


WEB = "https://briefing.example/desk"


@examples("host, network")
def test_a_network_is_what_one_household_has(host: str, network: str) -> None:
    assert guard.network_of(host) == network


def test_no_strange_text_is_an_address_or_an_origin_of_ours() -> None:
    for host in NASTY:
        assert guard.network_of(host) == guard.UNKNOWN
    for origin in (*NASTY[:-4], "%s {0}"):
        headers = {"origin": origin, "host": "briefing.example"}
        assert not guard.is_own_post(headers, web=WEB), origin


@examples("headers, own")
def test_a_form_comes_from_our_page_or_from_none(headers: dict[str, str], own: bool) -> None:  # noqa: FBT001  a column of the table
    assert guard.is_own_post(headers, web=WEB) is own


@examples("scheme, host, headers, secure")
def test_a_request_is_secure_when_encrypted_or_of_this_machine(
    scheme: str,
    host: str,
    headers: dict[str, str],
    secure: bool,  # noqa: FBT001  a column of the table
) -> None:
    assert guard.is_secure(scheme, host, headers) is secure


def test_a_client_that_asks_for_much_waits_and_then_is_refused_while_others_are_answered() -> None:
    admission, free = guard.Admission(), threading.Event()
    running, refused, answered = [], [], []

    def slow() -> Response:
        running.append(1)
        assert free.wait(PATIENCE)
        return Response()

    async def ask() -> None:
        try:
            answered.append(await admission.answer("one", slow))
        except guard.CrowdedError:
            refused.append(1)

    async def all_at_once() -> None:
        async with anyio.create_task_group() as group:
            for _ in range(40):
                group.start_soon(ask)
            while len(running) < 8 or len(refused) < 8:
                await anyio.sleep(0.01)
            other = await admission.answer("other", Response)
            assert other.status_code == 200
            free.set()

    anyio.run(all_at_once)
    assert (len(running), len(refused), len(answered)) == (32, 8, 32)
    assert not admission._places


@examples("host, client")
def test_a_client_is_one_address_or_one_line(host: str, client: str) -> None:
    assert guard.client_of(host) == client


@contextmanager
def desk(
    folder: Path, told: Settings | None = None, requests: RunRequests | None = None
) -> Iterator[WebContext]:
    settings = told or mailroom.settings(folder)
    with mailroom.opened(folder) as store:
        yield context_of(
            settings.within(folder), store, web="http://127.0.0.1:8000", requests=requests
        )


def test_the_form_shows_the_time_of_the_schedule_and_any_zone_of_it(tmp_path: Path) -> None:
    told = Settings(schedule=ScheduleSettings(at="05:45", zone="Asia/Kolkata", days=("mon",)))
    with desk(tmp_path, told) as there:
        assert there.settings.usual == Preferences(at=time(5, 45), zone="Asia/Kolkata")
        assert there.timetable.days == (0,)
        assert there.timetable.collect_every == timedelta(minutes=30)
        assert there.requests is None
        assert "" in there.drafts
    for name in ("Etc/GMT+12", "US/Eastern", "Europe/Zurich"):
        with desk(tmp_path, Settings(schedule=ScheduleSettings(zone=name))) as there:
            assert there.zones.count(name) == 1


@examples("host, address")
def test_the_address_that_is_told_can_be_opened(host: str, address: str) -> None:
    with listen(host, 0) as listening:
        port = listening.getsockname()[1]
        assert port
        assert address_of(listening) == f"{address}{port}"
        with pytest.raises(UsageError, match=f":{port}: cannot be used for listening"):
            listen(host, port)


def test_a_desk_offers_what_the_settings_say(tmp_path: Path) -> None:
    sections = (SectionSettings(name="economy"), SectionSettings(name="energy"))
    mail = MailSettings(sender="desk@briefing.example", host="127.0.0.1", port=25, security="none")
    web = WebSettings(address="https://briefing.example")
    told = Settings(name="World Desk", web=web, mail=mail, sections=sections, other=True)
    with desk(tmp_path, told) as there:
        assert there.settings.printed == ("economy", "energy", "other")
        assert there.web == "https://briefing.example"
        assert there.sender
        assert "Europe/Zurich" in there.zones
        assert there.briefing == "world-desk"
    requests = RunRequests()
    with desk(tmp_path, Settings(), requests) as there:
        assert there.web == "http://127.0.0.1:8000"
        assert there.settings.printed == ("economy", "security", "diplomacy", "other")
        # Orders lead to the round that runs beside; nobody is named who sends.
        assert there.requests is requests
        assert there.send_test is None
        assert there.sender is None
    wrong = Settings(mail=MailSettings(sender="desk"))
    with pytest.raises(SettingsError, match=r"mail\.sender"), desk(tmp_path, wrong):
        pass


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

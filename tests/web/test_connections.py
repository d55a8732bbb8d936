"""One client holds whatever it can of a real server; everybody else is served as before."""

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress

import pytest

from briefing.core.model import State
from briefing.mail.tokens import Purpose
from tests.waiting import wait_for
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
def test_who_holds_all_that_one_client_can_shuts_nobody_out_and_takes_little_memory(
    server: Running, attack: Callable[[socket.socket], None]
) -> None:
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
def test_nobody_holds_a_connection_for_longer_than_the_deadline(
    strict: Running, attack: Callable[[socket.socket], None]
) -> None:
    files = strict.open_files()
    with held(strict, attack) as those:
        wait_for(lambda: all(map(is_closed, those)))
        wait_for(lambda: strict.open_files() <= files + 5)

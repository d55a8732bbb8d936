import os
import re
import signal
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import httpx2
import pytest

from briefing.core.model import OTHER_MAILS, Preferences, State
from briefing.mail.smtp import RelaySession
from briefing.store import deliveries
from tests.mail.relays import At, Faulty, real, relay
from tests.waiting import PATIENCE, wait_for, wait_until_stopped
from tests.web.running import Running, running, write_settings
from tests.web.served import FORM, ONE_CLICK, READER, SENDER, WEB, link_in, served, title


def test_from_signing_up_to_leaving_and_back_with_real_mails(tmp_path: Path) -> None:
    """Sign up, open the mail's link, confirm, change, leave by one click, and undo."""
    with (
        real() as (port, taken),
        served(tmp_path, connect=lambda: RelaySession(relay(port))) as web,
    ):
        assert title(web.post("/subscribe", FORM)) == "Check your mail"
        web.settle()
        (mail,) = taken
        assert (mail.sender, mail.recipient) == (SENDER.address, READER)
        path = link_in(mail.message)
        assert title(web.get(path)) == "One step left"
        confirmed = web.act(path, "confirm")
        assert title(confirmed) == "You are subscribed"
        assert web.find().state is State.ACTIVE
        preferences = follow(confirmed.text, "/preferences/")
        fields = {**FORM, "days": ["0"], "sections": ["security"], "at": "06:00"}
        fields.pop("mail")
        page = web.get(web.act(preferences, "save", **fields).headers["location"])
        assert "<b>Saved.</b>" in page.text
        assert web.find().preferences == Preferences(
            ("security",), days=(0,), at=web.find().preferences.at, zone="Europe/Zurich"
        )
        leave = follow(page.text, "/unsubscribe/")
        assert web.post(leave, ONE_CLICK).status_code == 200
        assert web.find().state is State.UNSUBSCRIBED
        assert title(web.act(leave, "undo")) == "You are subscribed again"
        assert web.find().state is State.ACTIVE
        log = [(told.what, told.how) for told in web.consents(web.find())]
        assert log == [
            ("asked", "form"),
            ("confirmed", "form"),
            ("changed", "form"),
            ("left", "one-click"),
            ("returned", "form"),
        ]


def follow(page: str, path: str) -> str:
    found = re.search(f'href="({path}[^"]+)"', page)
    assert found
    return found[1]


#: Where the mail stands when the process is killed: not begun, at the relay's door, in its hands,
#: and taken over without an answer.
MOMENTS = tuple("answer greeting MAIL RCPT DATA dot after".split())


@dataclass
class Killer:
    """Kills a process when the relay hears of a mail as much as it is told."""

    pid: int = 0
    step: str = ""
    killed: threading.Event = field(default_factory=threading.Event)

    def __call__(self, at: At) -> str:
        if (self.step, at.step) == ("answer", "greeting"):
            # Not a word of it gets out before the answer is read and the process killed.
            assert self.killed.wait(PATIENCE)
        if (self.step, at.step) == ("after", "dot"):
            # It must not note that the mail was taken before it is killed.
            os.kill(self.pid, signal.SIGSTOP)
            wait_until_stopped(self.pid)
        if at.step == self.step:
            self.kill()
        return ""

    def kill(self) -> None:
        self.step = ""
        os.kill(self.pid, signal.SIGKILL)
        self.killed.set()


def sign_up(server: Running, number: int, *, killed: threading.Event) -> str:
    """Ask for the mail at a new address, from a network of its own; return the address."""
    address = f"reader{number}@ministry.example"
    with server.client(f"127.0.{number}.1") as client:
        try:
            answer = client.post("/subscribe", data={**FORM, "mail": address})
        except httpx2.TransportError:
            # The relay heard of it before all of the answer was read.
            assert killed.wait(PATIENCE)
            return address
    assert answer.status_code == 200
    assert "Check your mail" in answer.text
    return address


def settled(server: Running) -> bool:
    with server.store() as store, store.read() as tx:
        return not deliveries.waits(tx, kinds=OTHER_MAILS, at=datetime.max.replace(tzinfo=UTC))


@contextmanager
def killed_relay(killer: Killer, folder: Path) -> Iterator[Faulty]:
    with Faulty(killer).running() as there:
        write_settings(folder, web=f'address = "{WEB}"', relay=there.port)
        yield there


def kill_often(folder: Path, moments: list[str]) -> Counter[str]:
    """Kill a server at each moment after a sign-up; return how many mails came, by address."""
    killer, asked = Killer(), list[str]()
    with killed_relay(killer, folder) as there:

        def arrived() -> bool:
            return set(asked) == {mail.recipient for mail in there.taken}

        for number, moment in enumerate(moments):
            with running(folder, ends={-signal.SIGKILL}) as server:
                # First what the one before has left, also a mail that comes twice.
                wait_for(arrived)
                wait_for(partial(settled, server))
                killer.pid, killer.step = server.pid, moment
                killer.killed.clear()
                try:
                    asked.append(sign_up(server, number, killed=killer.killed))
                finally:
                    if moment == "answer":
                        killer.kill()
                assert killer.killed.wait(PATIENCE)
        with running(folder) as server:
            wait_for(arrived)
            wait_for(partial(settled, server))
        links: dict[str, set[str]] = {}
        for mail in there.taken:
            links.setdefault(mail.recipient, set()).add(link_in(mail.message))
    # One that came twice is the same mail: either link confirms.
    assert {len(paths) for paths in links.values()} == {1}
    assert len(links) == len(moments)
    return Counter(mail.recipient for mail in there.taken)


@pytest.mark.parametrize(
    ("moment", "times"),
    [("after", 2), *(pytest.param(one, 1, marks=pytest.mark.kill) for one in ("answer", "RCPT"))],
)
def test_each_confirmation_arrives_once_or_twice(tmp_path: Path, moment: str, times: int) -> None:
    assert [*kill_often(tmp_path, [moment]).values()] == [times]


@pytest.mark.soak
def test_fifty_kills(tmp_path: Path) -> None:
    moments = [MOMENTS[number % len(MOMENTS)] for number in range(50)]
    came = kill_often(tmp_path, moments)
    doubled = sum(number == 2 for number in came.values())
    print(f"{len(came)} confirmations after 50 kills, {doubled} of them twice")  # noqa: T201
    assert len(came) == 50
    assert set(came.values()) <= {1, 2}

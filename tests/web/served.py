"""The pages of an invented desk, served for real on loopback."""

import re
import socket
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import httpx2
import uvicorn
from pydantic import PrivateAttr
from starlette.types import ASGIApp, Receive, Scope, Send

from briefing.app.deliver import DeliveryPlan, Dispatch, RelayConnection
from briefing.app.outbox import Outbox, OutboxWorker
from briefing.app.readers import LetterContext, epoch, link
from briefing.core import record
from briefing.core.errors import InputError, StoreError
from briefing.core.model import Consent, Edition, Preferences, State, Subscriber, WatchList
from briefing.core.schedule import Timetable
from briefing.mail.message import Sender
from briefing.mail.relay import Result, ResultKind, Stage
from briefing.mail.tokens import Purpose
from briefing.press.theme import classic
from briefing.settings import SectionSettings, Settings
from briefing.setup.mailing import letter, log_result
from briefing.setup.post import Post
from briefing.setup.section_trainer import SectionTrainer
from briefing.setup.settings_editor import SettingsEditor, TableEditor
from briefing.store import Store, editions, subscribers
from briefing.store.editions import StoredEdition
from briefing.web import WebContext, make_app
from tests.fakes import Clock
from tests.mail.relays import text_of
from tests.newsday import TODAY
from tests.publishing import BRIEFING, edition_of, with_mp3
from tests.publishing import Desk as Newsroom
from tests.store.ready import look, ready_store
from tests.waiting import PATIENCE, wait_for

NOW = datetime(2026, 3, 12, 8, 12, tzinfo=UTC)
WEB = "https://briefing.example"
SECRET = b"a secret of thirty-two characters"
READER = "a.osei@ministry.example"
OTHER = "b.sund@courier.example"
SECTIONS = ("economy", "security", "diplomacy")
SENDER = Sender("World Desk", "desk@briefing.example")
USUAL = Preferences(zone="Europe/Zurich")
#: What a browser sends of the form as it stands.
FORM = {
    "mail": READER,
    "sections": list(SECTIONS),
    "at": "07:00",
    "zone": "Europe/Zurich",
    "form": "pdf",
}
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@dataclass
class Postbox:
    """Takes mails; fails as often as it is told to."""

    mails: list[tuple[str, bytes]] = field(default_factory=list)
    failures: list[Exception] = field(default_factory=list)

    def send(self, sender: str, recipient: str, message: bytes, **_ready: object) -> Result:
        assert sender == SENDER.address
        failure = self.failures.pop() if self.failures else None
        if isinstance(failure, StoreError):
            raise failure
        if failure is not None:
            refused = isinstance(failure, InputError)
            kind, code = (ResultKind.REFUSED, 550) if refused else (ResultKind.LATER, 450)
            return Result(kind, Stage.RCPT, code, str(failure))
        self.mails.append((recipient, message))
        return Result(ResultKind.SENT, Stage.DOT, 250)

    def close(self) -> None:
        pass


class _Watched:
    """Counts what is being answered, with what is done after an answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.running = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.running += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self.running -= 1


@dataclass
class Served:
    """One desk with a client that asks it."""

    desk: WebContext
    store: Store
    clock: Clock
    post_box: Postbox
    client: httpx2.Client
    port: int
    _watched: _Watched

    @cached_property
    def newsroom(self) -> Newsroom:
        """What prints for the desk, which is then the invented one by its name."""
        return Newsroom(self.store, write=with_mp3)

    @property
    def mails(self) -> list[tuple[str, bytes]]:
        """Mails sent, when all that was begun has ended."""
        self.settle()
        return self.post_box.mails

    def later(self, **by: float) -> None:
        """Let time pass when all that was begun has ended."""
        self.settle()
        self.clock.later(**by)

    def settle(self) -> None:
        wait_for(lambda: not self._watched.running, every=0.002)

    def get(self, path: str, **more: Any) -> httpx2.Response:  # noqa: ANN401
        return self.client.get(path, **more)

    def post(self, path: str, data: Mapping[str, Any], **more: Any) -> httpx2.Response:  # noqa: ANN401
        return self.client.post(path, data=dict(data), **more)

    def add(
        self,
        address: str = READER,
        state: State = State.ACTIVE,
        **preferences: Any,  # noqa: ANN401
    ) -> Subscriber:
        """Add a reader as if they had confirmed a month ago."""
        at = self.clock() - timedelta(days=30)
        what = "asked" if state is State.PENDING else "confirmed"
        new = Subscriber(
            0, address, state=state, preferences=replace(USUAL, **preferences), since=at
        )
        with self.store.write() as tx:
            number = subscribers.add(tx, new, consent=Consent(at, what, "form"))
        assert number
        return replace(new, id=number)

    def path(self, purpose: Purpose, one: Subscriber, **told: Any) -> str:  # noqa: ANN401
        """Return the path of a link, with the right epoch unless told."""
        settings = {
            "subscriber": one.id,
            "epoch": epoch(self.consents(one)),
            "web": "",
            "secrets": self.desk.secrets,
            "at": self.clock(),
        }
        return link(purpose, **{**settings, **told})

    def act(self, path: str, do: str, **fields: Any) -> httpx2.Response:  # noqa: ANN401
        """Press a button of the page of a token."""
        return self.post(path, {"token": path.rpartition("/")[2], "do": do, **fields})

    def find(self, address: str = READER) -> Subscriber:
        found = look(self.store, subscribers.find, address)
        assert found
        return found

    def known(self, address: str) -> bool:
        return look(self.store, subscribers.find, address) is not None

    def consents(self, one: Subscriber) -> tuple[Consent, ...]:
        return look(self.store, subscribers.consents, one.id)

    def turn(self, one: Subscriber, state: State, what: str = "left") -> None:
        with self.store.write() as tx:
            subscribers.change_state(tx, one.id, state, consent=Consent(self.clock(), what, "form"))

    def dump(self) -> str:
        self.settle()
        assert self.store.place.file
        with closing(sqlite3.connect(self.store.place.file)) as store:
            return "\n".join(store.iterdump())

    def raw(self, request: bytes) -> bytes:
        with socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE) as there:
            there.sendall(request)
            answer = b""
            while chunk := there.recv(65_536):
                answer += chunk
        return answer


class DeskSettings(Settings):
    """Settings in which a test replaces what they otherwise work out from their tables."""

    _own: dict[str, Any] = PrivateAttr(default_factory=dict)

    @property
    def timetable(self) -> Timetable:
        own: Timetable = self._own.get("timetable") or super().timetable
        return own

    @property
    def usual(self) -> Preferences:
        own: Preferences = self._own.get("usual") or super().usual
        return own

    @property
    def watched(self) -> tuple[WatchList, ...]:
        own: tuple[WatchList, ...] = self._own.get("watch", ())
        return own

    def but(self, **told: Any) -> "DeskSettings":  # noqa: ANN401  values of many kinds
        """Return the same settings but for what is told, which is not checked."""
        web: dict[str, Any] = {
            name: told[name] for name in ("readers", "second_factor") if name in told
        }
        if "patience" in told:
            web["request_seconds"] = told["patience"]
        if rule := told.get("sign_up"):
            web |= {"sign_up": rule.how, "sign_up_domains": rule.domains}
        changes: dict[str, Any] = {"web": self.web.model_copy(update=web)}
        if "name" in told:
            changes["name"] = told["name"]
        if "sections" in told:
            named = tuple(SectionSettings.model_construct(name=name) for name in told["sections"])
            changes |= {"sections": named, "other": False}
        if "spoken" in told:
            changes["publish"] = self.publish.model_copy(update={"spoken": told["spoken"]})
        if "life" in told:
            hours = told["life"] / timedelta(hours=1)
            changes["mail"] = self.mail.model_copy(update={"life_hours": hours})
        if "usual" in told:
            changes["language"] = told["usual"].language
        if "timetable" in told:
            zone = told["timetable"].zone
            changes["schedule"] = self.schedule.model_copy(update={"zone": zone})
        changed = self.model_copy(update=changes)
        own = {name: told[name] for name in ("timetable", "usual", "watch") if name in told}
        changed._own = self._own | own
        return changed


#: What a test says of the settings of a desk, rather than of the context.
OF_SETTINGS = frozenset(
    (
        *("name", "sections", "usual", "timetable", "watch", "readers", "second_factor"),
        *("patience", "sign_up", "spoken", "life"),
    )
)


def desk_settings(**told: Any) -> DeskSettings:  # noqa: ANN401
    """Return the settings of the invented desk, but for what is told."""
    own = {"name": "World Desk", "sections": SECTIONS, "usual": USUAL}
    return DeskSettings().but(**{**own, **told})


def desk_but(desk: WebContext, **told: Any) -> WebContext:  # noqa: ANN401
    """Return the same desk with other settings."""
    assert isinstance(desk.settings, DeskSettings)
    return replace(desk, settings=desk.settings.but(**told))


def _waker(
    desk: WebContext, sender: Sender, connect: Callable[[], RelayConnection]
) -> Callable[[], None]:
    """Return what sends the mails that wait before it returns, for one who wakes at a time."""
    post = Post(sender, desk.web, desk.secrets, ())
    context = LetterContext(desk.settings.name, desk.web, desk.secrets, sender, desk.theme)
    context = replace(context, closed=desk.settings.web.readers == "subscribers")
    dispatch = Dispatch(
        letters=partial(letter, context=context, post=post),
        connect=connect,
        plan=DeliveryPlan(connections=1),
        clock=desk.clock,
        chance=lambda: 0.5,
        watch=log_result,
    )
    outbox = Outbox(desk.store, dispatch, limits=desk.limits)
    worker = OutboxWorker(lambda: outbox)
    lock = threading.Lock()

    def wake() -> None:
        with lock:
            worker.turn()

    return wake


@contextmanager
def served(folder: Path, *, proxies: str = "", **told: Any) -> Iterator[Served]:  # noqa: ANN401
    """Serve a desk; parts of it as told. With ``connect=None`` no mail is sent.

    Its settings file is ``briefing.toml`` in the folder, whether or not there is one.
    ``editor`` is told as what makes it of the store.
    """
    clock, post_box = Clock(NOW), Postbox()
    store = ready_store("desk.db", folder=folder)
    parts: dict[str, Any] = {
        "web": WEB,
        "theme": classic(),
        "secrets": (SECRET,),
        "sender": SENDER,
        "zones": ("UTC", "Africa/Accra", "Europe/Zurich"),
        "settings": desk_settings(**{name: told.pop(name) for name in OF_SETTINGS & told.keys()}),
    }
    first, further = told.pop("drafts", None), told.pop("further_drafts", {})
    parts["drafts"] = ({"": first} if first else {}) | further
    if "release" in told:
        plan = told.pop("release")
        parts["release"] = plan if callable(plan) else lambda _edition: plan
    parts |= {"connect": lambda: post_box, **told}
    connect = parts.pop("connect")
    if "editor" in parts:
        parts["editor"] = parts["editor"](store)
    editor = parts.get("editor") or SettingsEditor(store, folder / "briefing.toml", Settings)
    parts.setdefault("section_trainer", SectionTrainer(TableEditor(editor)))
    desk = WebContext(store=store, clock=clock, **parts)
    if desk.sender is not None and connect is not None:
        desk = replace(desk, wake=_waker(desk, desk.sender, connect))
    watched = _Watched(make_app(desk))
    config = uvicorn.Config(
        watched,
        port=0,
        lifespan="off",
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        forwarded_allow_ips=proxies,
        timeout_graceful_shutdown=5,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            time.sleep(0.005)
            assert thread.is_alive()
        port: int = server.servers[0].sockets[0].getsockname()[1]
        base = f"http://127.0.0.1:{port}"
        # No certificate is looked at: to read those of the world takes longer than an answer.
        with httpx2.Client(
            base_url=base, trust_env=False, timeout=PATIENCE, verify=False
        ) as client:
            yield Served(desk, store, clock, post_box, client, port, watched)
    finally:
        server.should_exit = True
        thread.join()
        store.close()


def link_in(message: bytes) -> str:
    """Return the path of the only address in the text of a mail."""
    (found,) = set(re.findall(r"https?://\S+", text_of(message)))
    assert found.startswith(WEB)
    return str(found.removeprefix(WEB))


def raw_post(path: str, body: bytes, *fields: str) -> bytes:
    head = [f"POST {path} HTTP/1.1", "Host: x", "Connection: close", *fields]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


def title(answer: httpx2.Response) -> str:
    found = re.search("<h1>(.*?)</h1>", answer.text)
    assert found
    return found[1]


@contextmanager
def printing(folder: Path, **told: Any) -> Iterator[tuple[Served, Newsroom]]:  # noqa: ANN401
    with served(folder, name="Ostra Desk", **told) as web:
        yield web, web.newsroom


def forge(web: Served, stored: StoredEdition, forged: Edition, **more: Any) -> None:  # noqa: ANN401
    """Keep an edition of today beside one that was published, from whose record it is forged."""
    own: dict[str, Any] = {"day": TODAY, "record": record.write(forged), **more}
    today = replace(stored, id=f"{BRIEFING}/{TODAY}", **own)
    with web.store.write() as tx:
        editions.keep(tx, today, edition=edition_of(stored), recheck_at=None)

"""Editions as messages: real services and webhooks on loopback, and what is told of failures."""

import base64
import json
import multiprocessing
import re
import shutil
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import date, timedelta
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import insert, update

from briefing.app.editions import Withdraw, withdraw
from briefing.core import record
from briefing.core.errors import SettingsError
from briefing.core.model import CHANNEL_MESSAGES, Delivery, DeliveryStatus, EditionId, Form
from briefing.mail.relay import ResultKind
from briefing.settings import Settings, load
from briefing.setup import clock
from briefing.setup.channels import deliver_due
from briefing.setup.checks import service_checks
from briefing.setup.clock import now
from briefing.setup.daily import deliverable, enabled_steps
from briefing.setup.mailing import release_plan
from briefing.setup.news import publish_edition
from briefing.store import Store, corrections, deliveries, editions, subscribers
from briefing.store.audit import Actor
from briefing.store.mail_tables import DELIVERY
from briefing.store.tables import EDITION
from tests import daytime
from tests.listener import Listener, Posted, listening
from tests.mail.relays import Sink, real, sending
from tests.mail.test_channel import SECRET
from tests.mailroom import ANN, reader, subscribe, today
from tests.publishing import FIRST, Desk
from tests.store.ready import act, look, ready_store
from tests.waiting import PATIENCE

NAMES = ("press-room", "situation-room", "archive")
SETTINGS = """
name = "Ostra Desk"
[publish]
oldest_hours = 0
[collect]
allow_hosts = ["127.0.0.1"]
allow_ports = [{ports}]
[web]
address = "https://news.desk.example"
"""
CHANNELS = """
[[channel]]
name = "press-room"
address = "json://desk:{{secret}}@127.0.0.1:{0}/token"
secret_file = "chat.secret"
[[channel]]
name = "situation-room"
address = "xml://127.0.0.1:{1}/"
[[channel]]
name = "archive"
address = "http://127.0.0.1:{2}/hook"
secret_file = "hook.secret"
"""


def written(folder: Path, *ports: int, channels: str = CHANNELS) -> Settings:
    for name, secret in {"chat": "hidden", "hook": SECRET}.items():
        (folder / f"{name}.secret").write_text(f"{secret}\n")
        (folder / f"{name}.secret").chmod(0o600)
    path = folder / "briefing.toml"
    listed = ", ".join(map(str, ports))
    path.write_text(SETTINGS.format(ports=listed) + channels.format(*(ports or (1, 2, 3))))
    return load(path)


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a store in which the edition of today waits for three channels."""
    folder = tmp_path_factory.mktemp("channels")
    with ready_store("briefing.db", folder=folder) as store:
        Desk(store).keep(*FIRST, when=now())
        publish_edition(store, settings=written(folder), day=today())
    return folder


@pytest.fixture
def store(published: Path, tmp_path: Path) -> Iterator[Store]:
    for file in published.glob("briefing.db*"):
        shutil.copy(file, tmp_path)
    with ready_store("briefing.db", folder=tmp_path) as store:
        yield store


@pytest.fixture
def rooms() -> Iterator[list[Listener]]:
    with ExitStack() as open_:
        yield [open_.enter_context(listening()) for _ in NAMES]


@pytest.fixture
def taking() -> Iterator[Sink]:
    with real() as sink:
        yield sink


def ports(rooms: list[Listener]) -> list[int]:
    return [room.port for room in rooms]


def id_of(day: date) -> str:
    return str(EditionId("ostra-desk", day))


def waiting(store: Store) -> dict[str, Delivery]:
    with store.read() as tx:
        return {sent.address: sent for sent in deliveries.of(tx, id_of(today()))}


def due_again(store: Store) -> None:
    with store.write() as tx:
        tx.execute(update(DELIVERY).where(DELIVERY.subscriber < 0).values(due=now()))


def is_genuine(posted: Posted, *, later: int = 0) -> bool:
    """Tell whether a webhook is what it should be, by the code of its documentation."""
    page = (Path(__file__).parents[2] / "docs/channels.md").read_text()
    (code,) = re.findall(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    names: dict[str, Any] = {}
    exec(code, names)  # noqa: S102  our own documentation
    names["time"] = SimpleNamespace(time=lambda: now().timestamp() + later)
    return bool(names["is_genuine"](posted.headers, posted.body, SECRET))


def test_an_edition_goes_once_to_each_channel_without_any_mail(
    store: Store, tmp_path: Path, rooms: list[Listener]
) -> None:
    settings = written(tmp_path, *ports(rooms))
    for _ in range(2):
        deliver_due(store, settings=settings)
    (chat,), (soap,), (hook,) = (room.posted for room in rooms)
    said = json.loads(chat.body)
    assert said["title"].startswith("Ostra Desk, ")
    assert said["message"] == (
        "- Serrat closes its strait to Ottaran tankers\n"
        "Economy\n- Nickel exports of Kalvia rise as smelter restarts\n"
        "Also\n- Norvian coastguard takes two berths at Port Ostra\n\n"
        f"https://news.desk.example/{today()}"
    )
    (attached,) = said["attachments"]
    assert base64.b64decode(attached["base64"]).startswith(b"%PDF")
    assert attached["filename"] == f"ostra-desk-{today()}.pdf"
    assert f"https://news.desk.example/{today()}".encode() in soap.body
    assert is_genuine(hook)
    assert not is_genuine(hook, later=301)
    assert not is_genuine(replace(hook, body=hook.body + b" "))
    told = json.loads(hook.body)
    assert told["type"] == "edition.published"
    # It is the whole record, as readers may see it.
    public = record.read(json.dumps(told["data"]), name="webhook")
    assert public.intact
    assert public.edition.day == today()
    assert {sent.status for sent in waiting(store).values()} == {DeliveryStatus.SENT}
    assert waiting(store).keys() == {*NAMES}


def test_a_webhook_has_the_same_id_at_each_try_and_a_refusal_stands(
    store: Store, tmp_path: Path, rooms: list[Listener]
) -> None:
    rooms[2].answers, rooms[0].answers = [503, 204], [404]
    settings, told = written(tmp_path, *ports(rooms)), list[str]()
    done = deliver_due(
        store, settings=settings, watch=lambda sent, result: told.append(f"{sent} {result}")
    )
    assert done.attempts == {ResultKind.SENT: 1, ResultKind.LATER: 1, ResultKind.REFUSED: 1}
    assert done.paused == ""
    due_again(store)
    deliver_due(store, settings=settings)
    first, second = rooms[2].posted
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert is_genuine(second)
    assert len(rooms[0].posted) == 1
    after = waiting(store)
    assert after["press-room"].status is DeliveryStatus.REFUSED
    assert after["press-room"].reason == "JSON answers 404 (at the channel)"
    assert after["archive"].status is DeliveryStatus.SENT
    (loss,) = look(store, deliveries.losses, edition=id_of(today()))
    assert (loss.status, loss.number) == (DeliveryStatus.REFUSED, 1)
    assert not any(secret in "".join(told) for secret in ("hidden", "token", SECRET))


def test_what_is_set_wrong_waits_and_is_found_by_the_doctor(
    store: Store, tmp_path: Path, rooms: list[Listener]
) -> None:
    settings = written(tmp_path, *ports(rooms))
    found = service_checks(settings)["channels"]()
    words = "press-room (JSON), situation-room (XML), archive (webhook)"
    assert (found.mark.value, found.words) == ("ok", f"can be sent to, not tried: {words}")
    (tmp_path / "hook.secret").chmod(0o644)
    found = service_checks(settings)["channels"]()
    assert found.mark.value == "broken"
    assert found.words.startswith("archive: ")
    assert "others may read it" in found.words
    deliver_due(store, settings=settings)
    assert rooms[2].posted == []
    assert waiting(store)["archive"].status is DeliveryStatus.DUE
    (tmp_path / "hook.secret").chmod(0o600)
    due_again(store)
    deliver_due(store, settings=settings)
    assert len(rooms[2].posted) == 1


def test_a_secret_may_be_the_whole_address(
    store: Store, tmp_path: Path, rooms: list[Listener]
) -> None:
    channel = (
        '[[channel]]\nname = "press-room"\naddress = "{{secret}}"\nsecret_file = "chat.secret"\n'
    )
    settings = written(tmp_path, channels=channel)
    (tmp_path / "chat.secret").write_text(f"json://127.0.0.1:{rooms[0].port}/a%2Fb/c\n")
    deliver_due(store, settings=settings)
    assert [posted.path for posted in rooms[0].posted] == ["/a%2Fb/c"]


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("http://intranet.example/hook", "must begin with https:"),
        ("https://10.1.2.3/hook", "is not a public address"),
        ("https://169.254.169.254/hook", "is not a public address"),
    ],
)
def test_a_webhook_leads_nowhere_that_a_source_may_not(
    tmp_path: Path, address: str, why: str
) -> None:
    channel = f'[[channel]]\nname = "archive"\naddress = "{address}"\nsecret_file = "hook.secret"\n'
    check = service_checks(written(tmp_path, channels=channel))["channels"]
    assert why in check().words
    assert "/hook" not in check().words


@pytest.mark.parametrize(
    ("keys", "why"),
    [
        ('address = "https://a.example/hidden"', "secret_file must name the secret"),
        ('address = "https://a.example/{{secret}}"\nsecret_file = "x"', "must not contain"),
        ('address = "slack://hidden"\nsecret_file = "x"', r"address must contain \{secret\}"),
        ('address = "slack://hidden/{{secret}}"', r"address must contain \{secret\}"),
        ('address = "slack://hidden"\nwatch = ["coast"]', "watch names no watch-list: coast"),
        ('address = "slack://hidden"\n[[channel]]\nname = "a"\naddress = "b://"', "only once"),
    ],
)
def test_settings_that_cannot_work_are_refused(tmp_path: Path, keys: str, why: str) -> None:
    with pytest.raises(SettingsError, match=why) as raised:
        written(tmp_path, channels=f'[[channel]]\nname = "a"\n{keys}\n')
    assert "hidden" not in str(raised.value)


def test_a_channel_that_the_settings_no_longer_have_gets_nothing(
    store: Store, tmp_path: Path
) -> None:
    settings = written(tmp_path, channels='[mail]\nsender = "news@desk.example"\n')
    deliver_due(store, settings=settings)
    reasons = {sent.reason for sent in waiting(store).values()}
    assert {sent.status for sent in waiting(store).values()} == {DeliveryStatus.REFUSED}
    assert "the settings have no channel archive (at RCPT TO)" in reasons


def test_without_a_sender_only_channels_are_delivered_to(
    store: Store, tmp_path: Path, rooms: list[Listener]
) -> None:
    settings = written(tmp_path, *ports(rooms))
    assert deliverable(settings) == CHANNEL_MESSAGES
    assert "deliver" in enabled_steps(settings)
    assert deliverable(Settings()) == frozenset()
    subscribe(store, ANN)
    ann = look(store, subscribers.find, ANN.address)
    assert ann
    until = now() + timedelta(hours=1)
    act(store, deliveries.add, id_of(today()), ann.id, due=now(), until=until)
    deliver_due(store, settings=settings)
    assert waiting(store)[ANN.address].status is DeliveryStatus.DUE
    # The round must not come back for it at once, again and again.
    assert look(store, deliveries.next_work, alone=True, kinds=deliverable(settings)) is None
    assert look(store, deliveries.next_work, alone=True) is not None


def test_who_had_an_edition_is_told_that_it_is_withdrawn_or_corrected(
    store: Store, tmp_path: Path, rooms: list[Listener]
) -> None:
    rooms[1].answers = [404]
    settings = written(tmp_path, *ports(rooms))
    deliver_due(store, settings=settings)
    with store.read() as tx:
        had = {channel for channel, *_ in corrections.editions_sent(tx, [id_of(today())])}
    assert had == {deliveries.channel_number(name) for name in ("press-room", "archive")}
    wanted = Withdraw("Ostra Desk", today(), reason="a wrong figure", tell_readers=True)
    assert act(store, withdraw, wanted, actor=Actor("command", now())).notices == 2
    deliver_due(store, settings=settings)
    assert [len(room.posted) for room in rooms] == [2, 1, 2]
    assert "a wrong figure" in json.loads(rooms[0].posted[1].body)["message"]
    told = json.loads(rooms[2].posted[1].body)
    assert (told["type"], told["data"]["edition"]) == ("edition.withdrawn", id_of(today()))
    assert "a wrong figure" in told["data"]["text"]


def test_what_may_have_left_before_a_store_was_put_back_is_held(store: Store) -> None:
    assert act(store, deliveries.hold_open) == 3
    assert {sent.status for sent in waiting(store).values()} == {DeliveryStatus.HELD}
    assert act(store, deliveries.decide, id_of(today()), send=False, at=now()) == 3


#: Of each room one reader, who is served there, and one who is nowhere.
SERVED = {name: f"ann@{name}.example" for name in NAMES}
ALONE = "bo@readers.example"


def in_place_of_mail(folder: Path, rooms: list[Listener], relay: int) -> Settings:
    """Write settings by which the channels replace the mail of their readers."""
    channels = CHANNELS
    for name in NAMES:
        line = f'readers = ["{name}.example"]\nin_place_of_mail = true\n'
        channels = channels.replace(f'name = "{name}"\n', f'name = "{name}"\n{line}')
    return written(folder, *ports(rooms), channels=f"{channels}\n{sending(relay)}\n")


def subscribe_all(store: Store) -> None:
    subscribe(store, *(reader(to, form=Form.TEXT) for to in (*SERVED.values(), ALONE)))


def test_who_is_served_by_a_channel_is_mailed_what_it_cannot_get(
    store: Store, tmp_path: Path, rooms: list[Listener], taking: Sink
) -> None:
    relay, taken = taking
    rooms[0].answers, rooms[1].answers, rooms[2].answers = [204], [404], [503]
    settings = in_place_of_mail(tmp_path, rooms, relay)
    subscribe_all(store)
    kept = look(store, editions.get, id_of(today()))
    assert kept
    printed = record.read(kept.record, name="today").edition
    for _ in range(2):
        act(store, release_plan(settings, "").to, printed, now())
        deliver_due(store, settings=settings)
    rows = waiting(store)
    got, refused, late = (rows[to] for to in SERVED.values())
    assert (got.status, got.reason) == (DeliveryStatus.SKIPPED, "sent to the channel press-room")
    assert refused.status is rows[ALONE].status is DeliveryStatus.SENT
    assert (late.status, late.reason) == (DeliveryStatus.DUE, "waits for the channel archive")
    assert {one.recipient for one in taken} == {SERVED["situation-room"], ALONE}
    # Its own time does not bring it before what becomes of the message.
    with store.write() as tx:
        tx.execute(update(DELIVERY).where(DELIVERY.number == late.id).values(due=now()))
    deliver_due(store, settings=settings)
    assert waiting(store)[late.address].due > now()
    # The life of the message is over.
    with store.write() as tx:
        over = DELIVERY.subscriber == deliveries.channel_number("archive")
        tx.execute(update(DELIVERY).where(over).values(due=now(), until=now()))
    deliver_due(store, settings=settings)
    assert waiting(store)["archive"].status is DeliveryStatus.EXPIRED
    assert waiting(store)[late.address].status is DeliveryStatus.SENT
    assert [one.recipient for one in taken].count(late.address) == 1
    assert len(taken) == 3


#: Begins of the days of copies of the edition.
FROM = date(2020, 1, 1)
_FORKS = multiprocessing.get_context("forkserver")


def deliver_in(folder: Path) -> None:
    """Send all that is due; the work of the process that is killed."""
    clock.run_by(daytime.now)
    settings = load(folder / "briefing.toml")
    with ready_store("briefing.db", folder=folder) as store:
        deliver_due(store, settings=settings)


def start(folder: Path) -> BaseProcess:
    _FORKS.set_forkserver_preload(["apprise", __name__])
    child = _FORKS.Process(target=deliver_in, args=(folder,))
    child.start()
    return child


def copy_edition(store: Store, number: int, *, readers: bool = False) -> None:
    """Keep so many editions with the words of today's, on other days, for all channels.

    With readers, also for these, as each is served.
    """
    stored = look(store, editions.get, id_of(today()))
    assert stored
    at, by = now(), {to: name for name, to in SERVED.items()}
    due = at if readers else None
    with store.write() as tx:
        for day in (FROM + timedelta(days=each) for each in range(number)):
            text = stored.record.replace(f'"date":"{today()}"', f'"date":"{day}"', 1)
            own = {"id": id_of(day), "briefing": id_of(day), "day": day, "number": 1}
            times = dict.fromkeys(("made", "since", "until"), at)
            tx.execute(insert(EDITION), {**own, **times, "record": text})
            deliveries.release(
                *(tx, id_of(day)),
                at=at,
                life=timedelta(hours=12),
                due=lambda _: due,
                channels=NAMES,
                instead=lambda to: by.get(to, ""),
            )


def kill_on_the_way(folder: Path, arrived: Callable[[], int], *, of: int, kills: int) -> None:
    """Kill who delivers each time that some more of all has arrived; then let it finish."""
    for kill in range(1, kills + 1):
        child, goal = start(folder), of * kill // (kills + 1)
        waits = threading.Event()
        for _ in range(int(PATIENCE * 1000)):
            if arrived() >= goal or not child.is_alive():
                break
            waits.wait(0.001)
        child.kill()
        child.join(PATIENCE)
    last = start(folder)
    last.join(PATIENCE * 3)
    assert last.exitcode == 0


@pytest.mark.kill
def test_kills_lose_nothing_and_leave_one_message_a_connection_in_doubt(
    store: Store, tmp_path: Path, rooms: list[Listener]
) -> None:
    number, kills = 100, 12
    copy_edition(store, number)
    written(tmp_path, *ports(rooms))

    def arrived() -> int:
        return sum(len(room.posted) for room in rooms)

    kill_on_the_way(tmp_path, arrived, of=3 * number, kills=kills)
    seen = [Counter(map(day_of, whole(room))) for room in rooms]
    held = {
        (NAMES.index(sent.address), day)
        for day in (FROM + timedelta(days=each) for each in range(number))
        for sent in look(store, list_of, id_of(day))
        if sent.status is DeliveryStatus.HELD
    }
    wanted = {FROM + timedelta(days=each) for each in range(number)}
    for place, days in enumerate(seen):
        assert wanted - days.keys() <= {day for room, day in held if room == place}
    doubled = sum(times - 1 for days in seen for times in days.values())
    assert doubled + len(held) <= kills * len(NAMES)
    # Whoever receives a webhook knows one that came twice by its id.
    ids = {posted.headers["webhook-id"]: day_of(posted) for posted in whole(rooms[2])}
    assert len(ids) == len(set(ids.values())) == len(seen[2])


@pytest.mark.kill
def test_kills_leave_who_is_served_by_a_channel_with_each_edition_once(
    store: Store, tmp_path: Path, rooms: list[Listener], taking: Sink
) -> None:
    number, kills = 40, 8
    relay, taken = taking
    rooms[1].answers = [404]
    subscribe_all(store)
    in_place_of_mail(tmp_path, rooms, relay)
    copy_edition(store, number, readers=True)

    def done() -> int:
        return len(taken) + sum(len(room.posted) for room in rooms)

    kill_on_the_way(tmp_path, done, of=5 * number, kills=kills)
    doubtful = 0
    for day in (FROM + timedelta(days=each) for each in range(number)):
        rows = {sent.address: sent for sent in look(store, list_of, id_of(day))}
        for name, to in SERVED.items():
            came = {
                DeliveryStatus.SENT: DeliveryStatus.SKIPPED,
                DeliveryStatus.REFUSED: DeliveryStatus.SENT,
                # Nobody knows yet: a person decides.
                DeliveryStatus.HELD: DeliveryStatus.DUE,
            }
            if rows[to].status is not DeliveryStatus.HELD:
                assert rows[to].status is came[rows[name].status], (day, name)
        doubtful += sum(sent.status is DeliveryStatus.HELD for sent in rows.values())
        doubtful += sum(sent.ambiguous for sent in rows.values())
    mails = Counter((one.recipient, one.id) for one in taken)
    assert not {to for to, _ in mails} & {SERVED["press-room"], SERVED["archive"]}
    for to in (SERVED["situation-room"], ALONE):
        assert number - len([one for one, _ in mails if one == to]) <= doubtful
    doubled = sum(times - 1 for times in mails.values())
    assert doubled + doubtful <= kills * (len(NAMES) + 4)


def list_of(tx: Any, edition: str) -> list[Delivery]:  # noqa: ANN401  a transaction
    return [*deliveries.of(tx, edition)]


def whole(room: Listener) -> list[Posted]:
    """Return what arrived, but for what was cut off by a kill."""
    return [one for one in room.posted if len(one.body) == int(one.headers["Content-Length"])]


def day_of(posted: Posted) -> date:
    if posted.path == "/hook":
        return date.fromisoformat(json.loads(posted.body)["data"]["date"])
    found = re.search(rb"news\.desk\.example/(\d{4}-\d\d-\d\d)", posted.body)
    assert found
    return date.fromisoformat(found[1].decode())

"""An invented desk with a published edition of today, and readers for it."""

from dataclasses import dataclass
from datetime import date, datetime, time
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from briefing.core.model import Consent, Form, Preferences, State, Subscriber
from briefing.settings import Settings, load
from briefing.setup.clock import now
from briefing.setup.news import publish_edition
from briefing.store import Store, subscribers
from briefing.store.location import write_private
from tests.mail.relays import sending
from tests.publishing import FIRST, Desk
from tests.store.ready import act, look, ready_store

BRIEFING = "ostra-desk"
DOMAIN = "desk.example"
#: A place in whose zone the day begins before it does in UTC, and one in which it ends last.
EARLY, LATE = "Asia/Tokyo", "Etc/GMT+12"
SETTINGS = """
name = "Ostra Desk"
[publish]
oldest_hours = 0
[web]
address = "{web}"
{mail}
connections = 2
bounces = "returned"
{more}
"""


@dataclass(frozen=True, slots=True)
class Reader:
    """Who gets the edition of the tests."""

    address: str
    preferences: Preferences
    name: str = ""


def today() -> date:
    """Return the one day on which tests run."""
    return now().date()


def reader(address: str, **wishes: Any) -> Reader:  # noqa: ANN401  of Preferences
    """Return a reader who wants the edition of today as its day begins."""
    return Reader(address, Preferences(**{"at": time(0, 0), **wishes}))


ANN = reader("ann@readers.example")
BO = reader("bo@readers.example", form=Form.TEXT, zone=EARLY, sections=("security",))
CEM = reader("cem@readers.example", form=Form.LINK, zone="Europe/Zurich")
#: Whose time has not come yet.
DEE = reader("dee@readers.example", form=Form.HTML, zone=LATE, at=time(23, 59))


def config(
    folder: Path, *, port: int = 1, web: str = "https://news.desk.example", more: str = ""
) -> str:
    """Write settings; return the words that name them."""
    path = folder / "briefing.toml"
    path.write_text(SETTINGS.format(mail=sending(port), web=web, more=more))
    for name in ("new", "cur", "tmp"):
        (folder / "returned" / name).mkdir(parents=True, exist_ok=True)
    return f"--config={path}"


def replaced(folder: Path, old: str, new: str) -> None:
    """Change the settings of a folder."""
    path = folder / "briefing.toml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def settings(folder: Path) -> Settings:
    return load(folder / "briefing.toml")


def opened(folder: Path) -> Store:
    return ready_store("briefing.db", folder=folder)


def subscribe(store: Store, *readers: Reader, at: datetime | None = None) -> None:
    """Let readers have confirmed their subscriptions, now unless told when."""
    at = at or now()
    with store.write() as tx:
        for recipient in readers:
            new = Subscriber(
                0, recipient.address, recipient.name, State.ACTIVE, recipient.preferences, at
            )
            subscribers.add(tx, new, consent=Consent(at, "confirmed", "form"))


def kept(folder: Path, address: str) -> Subscriber:
    """Return a subscriber as they are stored."""
    with opened(folder) as store:
        found = look(store, subscribers.find, address)
    assert found, address
    return found


def change(folder: Path, address: str, to: State, *, what: str, how: str = "form") -> None:
    """Let a subscription have another state from now on."""
    number, consent = kept(folder, address).id, Consent(now(), what, how)
    with opened(folder) as store:
        act(store, subscribers.change_state, number, to, consent=consent)


def publish(folder: Path, *readers: Reader) -> None:
    """Make a store in which the edition of today is published for some readers."""
    config(folder)
    for name, content in _published(readers).items():
        write_private(folder / name, content, lasting=False)


@cache
def _published(readers: tuple[Reader, ...]) -> dict[str, bytes]:
    """Return the files of such a store: once for each readers, since a page takes a second."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        config(folder)
        with opened(folder) as store:
            subscribe(store, *readers)
            Desk(store).keep(*FIRST, when=now())
            publish_edition(store, settings=settings(folder), day=today())
        return {file.name: file.read_bytes() for file in folder.glob("briefing.db*")}

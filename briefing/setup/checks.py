"""Checks before work begins: the parts of a page, the store, the mail."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path

import briefing
from briefing.app.doctor import (
    Finding,
    broken,
    examine,
    good,
    machine,
    note,
    plan,
    post,
)
from briefing.app.doctor.dates import dates
from briefing.app.doctor.stored import StoreState, store_state, try_to_write
from briefing.app.make import make
from briefing.core.edition import slug
from briefing.core.model import Document, Material
from briefing.setup.alerting import channels_of
from briefing.setup.clock import now
from briefing.setup.messages import queue_of
from briefing.setup.page_checks import Checks
from briefing.setup.parts import press, recipe
from briefing.setup.post import post_of, relay_of, sender_of
from briefing.setup.secrets import is_open_to_others, keys_of, secrets_of
from briefing.setup.settings import Settings
from briefing.setup.timetable import timetable_of
from briefing.store import (
    Store,
    identity,
    open_store,
)
from briefing.store.location import StoreLocation, belonging, find_place

#: Seconds for a probe of the press: on a slow machine it takes some ten.
_PATIENCE = 120.0
#: What a probe prints: invented, and long enough for a page.
_TITLE = "A page can be set"
_TEXT = (
    "The press of this machine has set a page on Monday, and the minister said that everybody can "
    "read it. It shows that the next edition can be printed with the settings that were given. "
    "The council of the harbor town will meet again on Tuesday to look at the page and its fonts.\n"
)
_AT = datetime(2026, 1, 1, tzinfo=UTC)


def press_checks(settings: Settings) -> Checks:
    """Return the check that makes a page, the whole way from a report to the PDF."""
    return {"press": lambda: _in_time(partial(_probe, settings), seconds=_PATIENCE)}


def round_checks(settings: Settings, folder: Path) -> Checks:
    """Return the checks of what the round needs beside its parts and the store."""
    engine = {"engine": lambda: _engine(settings, folder)}
    return {
        **(engine if settings.engine.kind != "inline" else {}),
        "disk": lambda: machine.disk(
            _existing(find_place(settings.store.at, folder=folder).folder)
        ),
        "temp": lambda: machine.temp(Path(tempfile.gettempdir())),
        "schedule": lambda: plan.schedule(timetable_of(settings), now=now()),
        "clock": lambda: machine.clock(now()),
    }


def _engine(settings: Settings, folder: Path) -> Finding:
    queue_of(find_place(settings.store.at, folder=folder))
    return good("workers do the work: briefing worker")


def alert_checks(settings: Settings, folder: Path) -> Checks:
    """Return the check of the alert channels."""
    return {"alerts": lambda: _alerts(settings, folder)}


def mail_checks(settings: Settings, folder: Path) -> Checks:
    """Return the checks of what mail needs, without using the network."""
    if not settings.mail.sender:
        return {"mail": partial(note, "nothing is sent", "set mail.sender")}
    return {
        "sender": lambda: good(sender_of(settings).address),
        "relay": lambda: good(f"{relay_of(settings, folder=folder).label}, not tried"),
        "signing": lambda: post.signing(
            keys_of(settings.mail, folder=folder), domain=sender_of(settings).domain
        ),
        "secrets": lambda: _secrets(settings, folder),
        "links": lambda: _links(settings, folder),
    }


def store_findings(settings: Settings, folder: Path, *, store: Store | None) -> Iterator[Finding]:
    """Yield the findings on the store and, if it can be read, on its sources, readers and times.

    Without an open store, an existing one is opened for this.
    """
    states: list[StoreState] = []
    with ExitStack() as opened:

        def look() -> Finding:
            place = find_place(settings.store.at, folder=folder)
            if store is None and place.file and not place.file.exists():
                identity.refuse_lost(place, identity.Inventory(), remembered=identity.recall(place))
                return _not_there(place)
            # Before it is opened: the log that opening makes is gone again when it is closed.
            readable = [str(path) for path in belonging(place) if is_open_to_others(path)]
            opened_store = store or opened.enter_context(
                closing(open_store(settings.store.at, folder=folder))
            )
            _try_folder(opened_store.place.folder)
            with opened_store.write() as tx:
                try_to_write(tx, slug(settings.name), at=now())
            with opened_store.read() as tx:
                states.append(store_state(tx, slug(settings.name), at=now()))
            if readable:
                return note(
                    f"{place.label}: sound, but others may read {', '.join(readable)}",
                    f"run: chmod go= {' '.join(readable)}",
                )
            return good(f"{place.label}: sound, and can be written")

        yield from examine({"store": look})
    if states:
        yield from examine(_state_checks(settings, states[0]))


def _state_checks(settings: Settings, state: StoreState) -> Checks:
    checks: Checks = {
        "sources": lambda: plan.sources(state.source_statuses),
        "timestamps": lambda: plan.timestamps(now(), edition=state.made, others=_passed(state)),
        "editions": lambda: dates(state.days, timetable=timetable_of(settings), now=now()),
    }
    if settings.engine.kind != "inline":
        checks["jobs"] = lambda: plan.jobs(state.backlog, now=now())
    if settings.mail.sender:
        checks["readers"] = lambda: plan.readers(state.active)
    if settings.web.address:
        checks["operators"] = lambda: plan.operators(state.operators)
    return checks


def _passed(state: StoreState) -> Mapping[str, datetime]:
    built = datetime.fromtimestamp(Path(briefing.__file__).stat().st_mtime, UTC)
    began = {"the last run": state.began} if state.began else {}
    return {"the installation of briefing": built, **began}


def _not_there(place: StoreLocation) -> Finding:
    if not place.folder.is_dir():
        return broken(f"{place.label}: its folder does not exist", "make it, or change store.at")
    _try_folder(place.folder)
    return note(f"{place.label}: does not exist yet", "`briefing collect` creates it")


def _try_folder(folder: Path) -> None:
    with tempfile.TemporaryFile(dir=folder):
        pass


def _existing(folder: Path) -> Path:
    return next(parent for parent in (folder, *folder.parents) if parent.exists())


def _probe(settings: Settings) -> Finding:
    # Under "other", since no section of an operator need know of it.
    tried = settings.model_copy(update={"other": True})
    material = probe_material(settings, _AT.date())
    printed = make(material, recipe=recipe(tried, material.documents), press=press(tried))
    return good(f"set a page of {len(printed.pdf) / 1000:,.0f} kB")


def probe_material(settings: Settings, day: date) -> Material:
    """Return an invented report, for a page that shows no more than its look."""
    report = Document("probe", _TITLE, _TEXT, _AT, "Probe", language=settings.language)
    return Material([report], day)


def _in_time(work: Callable[[], Finding], *, seconds: float) -> Finding:
    """Do something in a thread of its own, which is left alone when it takes too long."""
    ended: list[Finding] = []
    thread = threading.Thread(target=lambda: ended.extend(examine({"press": work})), daemon=True)
    thread.start()
    thread.join(seconds)
    if not ended:
        return broken(
            f"no page was set in {seconds:.0f} seconds",
            'try it with theme = "classic"; if that passes, the theme is too slow',
        )
    return ended[0]


def _alerts(settings: Settings, folder: Path) -> Finding:
    channels = channels_of(settings, None, folder=folder, keep=False)
    if not channels:
        advice = "set alerts.mail or alerts.webhook"
        return note("no alerts are sent when the round needs help", advice)
    return good(f"by {' and '.join(channels)}")


def _links(settings: Settings, folder: Path) -> Finding:
    web = post_of(settings, folder=folder, keep=False).web
    return good(f"of mails lead to {web}" if web else "none: web.address is empty")


def _secrets(settings: Settings, folder: Path) -> Finding:
    mail = settings.mail
    path = folder / mail.secrets_file
    if not path.exists():
        _try_folder(path.parent)
        return good(f"{path}: created with the first mail")
    number = len(secrets_of(mail, folder=folder))
    passwords = (mail.password_file, mail.bounces_password_file)
    keys = (key.key_file for key in mail.dkim)
    named = (*passwords, settings.alerts.relay_password_file, *keys)
    files = [folder / name for name in named if name]
    readable = [str(path) for path in files if path.exists() and is_open_to_others(path)]
    if readable:
        return note(
            f"others may read {', '.join(readable)}", f"run: chmod 600 {' '.join(readable)}"
        )
    return good(f"{path}: {number}, not readable by others")

"""What is looked at by ``briefing doctor``, in which order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from functools import partial
from pathlib import Path

from briefing.doctor import Finding, Seen, broken, examine, good, note
from briefing.doctor import machine as machines
from briefing.doctor import post as posts
from briefing.edition import slug
from briefing.errors import BriefingError
from briefing.mail import dns
from briefing.model import State
from briefing.settings import Settings
from briefing.store import editions, open_store, subscribers
from briefing.store.place import find_place
from briefing.wiring.clock import now
from briefing.wiring.parts import theme
from briefing.wiring.post import relay_of, sender_of
from briefing.wiring.returning import mailbox_of
from briefing.wiring.secrets import is_open_to_others, keys_of, secrets_of

Ask = Callable[[str], Sequence[str] | None]


def look_at_all(
    load: Callable[[], Settings], *, folder: Path, ask: Ask = dns.texts
) -> Iterator[Finding]:
    """Yield what is found, one after the other; without settings only what needs none.

    Args:
        load: reads the settings.
        folder: where they stand.
        ask: returns the texts of a name in the DNS, None when it cannot be asked.
    """
    try:
        settings = load()
    except BriefingError as error:
        yield from examine({"settings": partial(broken, str(error)), **_libraries()})
        return
    checks: dict[str, Callable[[], Seen]] = {
        "settings": partial(good, f"of {settings.name!r}"),
        "store": partial(_store, settings, folder),
        "disk": partial(_disk, settings, folder),
        "fonts": partial(_fonts, settings),
        **_libraries(),
        "clock": partial(_clock, settings, folder),
    }
    if settings.mail.sender:
        checks |= _mail(settings, folder, ask=ask)
    else:
        checks["mail"] = partial(note, "nothing is sent", "set mail.sender")
    yield from examine(checks)


def _libraries() -> dict[str, Callable[[], Seen]]:
    return {"pango": machines.pango, "harfbuzz": machines.harfbuzz}


def _mail(settings: Settings, folder: Path, *, ask: Ask) -> dict[str, Callable[[], Seen]]:
    mail = settings.mail
    checks: dict[str, Callable[[], Seen]] = {
        "sender": lambda: good(sender_of(settings).address),
        "relay": lambda: posts.relay(relay_of(settings, folder=folder)),
        "signing": lambda: posts.signing(
            keys_of(mail, folder=folder), domain=sender_of(settings).domain
        ),
        "secrets": lambda: _secrets(settings, folder),
        "leaving": lambda: posts.leaving(settings.web.address, mailbox=mail.bounces),
        "bounces": lambda: _mailbox(settings, folder),
    }
    for place, one in enumerate(mail.dkim):
        checks[f"key {one.selector}"] = partial(_key, settings, place, folder, ask=ask)
    return checks


def _store(settings: Settings, folder: Path) -> Seen:
    place = find_place(settings.store.at, folder=folder)
    if place.file and not place.file.exists():
        return note(f"{place.shown}: not there yet", "`briefing collect` makes it")
    with closing(open_store(settings.store.at, folder=folder)) as store, store.read() as tx:
        active = subscribers.counts(tx).get(State.ACTIVE, 0)
    return good(f"{place.shown}: sound; {active:,} active subscribers")


def _disk(settings: Settings, folder: Path) -> Seen:
    place = find_place(settings.store.at, folder=folder).folder
    return machines.disk(next(one for one in (place, *place.parents) if one.exists()))


def _fonts(settings: Settings) -> Seen:
    chosen = theme(settings)
    return machines.fonts(chosen.folder / "page.css", asset=chosen.asset)


def _clock(settings: Settings, folder: Path) -> Seen:
    """See the clock; a store that cannot be opened is told by its own check."""
    made = None
    with suppress(BriefingError):
        place = find_place(settings.store.at, folder=folder)
        if place.file is None or place.file.exists():
            with closing(open_store(settings.store.at, folder=folder)) as store, store.read() as tx:
                last = editions.last(tx, slug(settings.name))
                made = last.made if last else None
    return machines.clock(now(), newest=made)


def _secrets(settings: Settings, folder: Path) -> Seen:
    mail = settings.mail
    path = folder / mail.secrets_file
    if not path.exists():
        return good(f"{path}: made with the first mail")
    known = len(secrets_of(mail, folder=folder))
    named = (mail.password_file, mail.bounces_password_file, *(one.key_file for one in mail.dkim))
    files = [folder / name for name in named if name]
    shown = [str(one) for one in files if one.exists() and is_open_to_others(one)]
    if shown:
        return note(f"others may read {', '.join(shown)}", f"run: chmod 600 {' '.join(shown)}")
    return good(f"{path}: {known}, read by nobody else")


def _key(settings: Settings, place: int, folder: Path, *, ask: Ask) -> Seen:
    one = settings.mail.model_copy(update={"dkim": settings.mail.dkim[place : place + 1]})
    (key,) = keys_of(one, folder=folder)
    return posts.key(key, ask=ask)


def _mailbox(settings: Settings, folder: Path) -> Seen:
    told = settings.mail.bounces
    if not told:
        return note(
            "mail.bounces is empty", "set it, or have the mail piped to `briefing bounces -`"
        )
    with mailbox_of(settings, folder=folder):
        return good(f"{told}: reached")

"""What is looked at by ``briefing doctor``, in which order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path

from briefing.doctor import Finding, Seen, broken, examine, good, note
from briefing.doctor import machine as machines
from briefing.doctor import post as posts
from briefing.errors import BriefingError
from briefing.mail import dns
from briefing.mail.sign import Key
from briefing.settings import Settings
from briefing.store import editions, open_store, subscribers
from briefing.store.editions import StoredEdition
from briefing.store.place import find_place
from briefing.edition import slug
from briefing.model import State
from briefing.wiring.clock import now
from briefing.wiring.parts import theme
from briefing.wiring.post import relay_of, sender_of
from briefing.wiring.returning import mailbox_of
from briefing.wiring.secrets import is_open_to_others, keys_of, secrets_of

Ask = Callable[[str], Sequence[str] | None]
_CHMOD = "run: chmod 600 {}"


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
    yield from examine(
        {
            "settings": partial(good, f"{settings.name!r}"),
            "store": partial(_store, settings, folder),
            "disk": lambda: machines.disk(_existing(find_place(settings.store.at, folder=folder).folder)),
            "fonts": partial(_fonts, settings),
            **_libraries(),
            "clock": lambda: machines.clock(now(), newest=_newest(settings, folder)),
        }
    )
    if settings.mail.sender:
        yield from examine(_mail(settings, folder, ask=ask))
    else:
        yield from examine({"mail": lambda: note("mail.sender is empty: nothing is sent")})


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


def _newest(settings: Settings, folder: Path):
    ...


def _existing(folder: Path) -> Path:
    """Return a folder, or the first above it that is there."""
    return next(one for one in (folder, *folder.parents) if one.exists())

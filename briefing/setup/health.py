"""The checks of ``briefing doctor``, in order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

from briefing.app.doctor import Finding, Level, broken, examine, good, note
from briefing.app.doctor import post as posts
from briefing.core.errors import SettingsError
from briefing.mail import dns
from briefing.setup.page_checks import Checks, library_checks
from briefing.setup.post import relay_of
from briefing.setup.preflight import preflight
from briefing.setup.returning import mailbox_of
from briefing.setup.secrets import keys_of
from briefing.setup.settings import Settings

Ask = Callable[[str], Sequence[str] | None]


def look_at_all(
    load: Callable[[], Settings], *, folder: Path, ask: Ask = dns.texts
) -> Iterator[Finding]:
    """Yield what is found, one after the other; without settings only what needs none.

    ``ask`` returns the texts of a name in the DNS, None when it cannot be asked.
    """
    try:
        settings = load()
    except SettingsError as error:
        yield from examine({"settings": partial(broken, str(error)), **library_checks()})
        return
    on_network = _mail(settings, folder, ask=ask) if settings.mail.sender else {}
    for finding in preflight(settings, folder=folder, thorough=True):
        # A relay whose settings cannot be used is not asked.
        if finding.name not in on_network or finding.mark is Level.BROKEN:
            on_network.pop(finding.name, None)
            yield finding
    yield from examine(on_network)


def _mail(settings: Settings, folder: Path, *, ask: Ask) -> Checks:
    """Return the checks of mail that speak to others."""
    mail = settings.mail
    checks: Checks = {
        "relay": lambda: posts.relay(relay_of(settings, folder=folder)),
        "leaving": lambda: posts.leaving(settings.web.address, mailbox=mail.bounces),
        "bounces": lambda: _mailbox(settings, folder),
    }
    for place, key in enumerate(mail.dkim):
        checks[f"key {key.selector}"] = partial(_key, settings, place, folder, ask=ask)
    return checks


def _key(settings: Settings, place: int, folder: Path, *, ask: Ask) -> Finding:
    mail = settings.mail.model_copy(update={"dkim": settings.mail.dkim[place : place + 1]})
    (key,) = keys_of(mail, folder=folder)
    return posts.key(key, ask=ask)


def _mailbox(settings: Settings, folder: Path) -> Finding:
    address = settings.mail.bounces
    if not address:
        return note(
            "mail.bounces is empty", "set it, or have the mail piped to `briefing bounces -`"
        )
    with mailbox_of(settings, folder=folder):
        return good(f"{address}: reached")

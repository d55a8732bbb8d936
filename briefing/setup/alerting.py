"""Alerts operators by mail or webhook to what the round cannot fix itself."""

import asyncio
import json
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from briefing import __version__
from briefing.app.doctor import Finding, Use, blockers, line
from briefing.app.readers.fields import address_of
from briefing.app.rounds.alerting import Alerting, Channel, Notification
from briefing.app.rounds.alerts import AlertKind
from briefing.core.edition import slug
from briefing.core.errors import BriefingError, SettingsError, naming
from briefing.core.model import DeliveryStatus
from briefing.core.schedule import Timetable
from briefing.mail.headers import one_line
from briefing.mail.relay import ResultKind
from briefing.mail.smtp import RelaySession
from briefing.press.catalog import translated
from briefing.press.wording import worded_in
from briefing.settings import Settings
from briefing.setup.clock import now
from briefing.setup.logs import escaped, redacted
from briefing.setup.outbox import alert_text, outbox_of, short_mail
from briefing.setup.post import alert_relay_of, post_of, relay_of
from briefing.sources.web.address import make_rules
from briefing.sources.web.client import Asking, checked_target, post_json
from briefing.store import Store

LOG = logging.getLogger("briefing.alerts")

#: Seconds for an attempt to reach a webhook.
_DEADLINE = 10.0
#: Seconds to connect to the relay, for a response, and for the mail: less than for editions, since
#: the relay may be what fails, and the round waits.
_CONNECT, _ANSWER, _BODY = 10.0, 10.0, 30.0


def alerting_of(
    settings: Settings,
    store: Store,
    *,
    timetable: Timetable | None,
    preflight: Callable[[], Sequence[Finding]] = tuple,
) -> Alerting:
    """Return the alerting of a briefing.

    Raises SettingsError if an address is not valid or not allowed, or no sender is set.
    """
    return Alerting(
        store,
        settings.briefing,
        timetable,
        channels_of(settings, store),
        now,
        broken=lambda: _broken(preflight()),
        direct=channels_of(settings, None),
    )


def alert_refusal(settings: Settings, store: Store | None, *, findings: Sequence[Finding]) -> None:
    """Alert operators that a briefing was not started, and why; a failure is only logged.

    ``store`` is None if it cannot be opened.
    """
    try:
        # Without channels the error alone tells it.
        if not (channels := channels_of(settings, store, keep=False)):
            return
        place = settings.place
        # On a server, another process may send the alerts in the store; this is about this process.
        own = store if place.file else None
        Alerting(
            own,
            settings.briefing,
            settings.timetable if own else None,
            channels,
            now,
            broken=lambda: _broken(findings),
            place=place,
        )()
    except (BriefingError, OSError) as error:
        LOG.warning("no alert about a refused start: %s", error)


def _broken(findings: Sequence[Finding]) -> dict[str, str]:
    """Return what prevents the next edition from being made or sent, by name of the check."""
    return {finding.name: line(finding) for finding in blockers(findings, use=Use.SERVE)}


def channels_of(
    settings: Settings, store: Store | None, *, keep: bool = True
) -> Mapping[str, Channel]:
    """Return the channels by which operators are alerted, by name; raise like :func:`alerting_of`.

    With a store, a mail is kept until the relay accepts it; without one it is tried once. ``keep``
    tells whether newly created secrets are saved.
    """
    channels: dict[str, Channel] = {}
    for table in settings.watch:
        for address in table.alert_mail:
            with naming(f"watch {table.name}: alert_mail", kind=SettingsError):
                address_of(address)
        if table.alert_mail and not settings.mail.sender:
            raise SettingsError(
                f"watch {table.name}: alert_mail: needs a sender; set mail.sender, or leave it "
                "empty"
            )
    if settings.alerts.mail:
        channels["mail"] = _by_mail(settings, store, keep=keep)
    if settings.alerts.webhook:
        channels["webhook"] = _by_webhook(settings)
    return channels


def _by_mail(settings: Settings, store: Store | None, *, keep: bool) -> Channel:
    with naming("alerts.mail", kind=SettingsError):
        to = address_of(settings.alerts.mail)
    if not settings.mail.sender:
        raise SettingsError("alerts.mail: needs a sender; set mail.sender, or leave this empty")
    post = post_of(settings, keep=keep)
    own = alert_relay_of(settings)
    relay = own or relay_of(settings)
    quick = replace(
        relay,
        connect_seconds=_CONNECT,
        answer_seconds=_ANSWER,
        body_seconds=_BODY,
        dot_seconds=_BODY,
    )

    def send(every: Sequence[Notification]) -> None:
        # Mails about watched news are already queued.
        notices = [notice for notice in every if notice.alert.kind is not AlertKind.WATCH]
        if not notices:
            return
        with worded_in(settings.language):
            message, at = alert_text(notices, name=settings.name), notices[0].at
        mail = (
            outbox_of(store, settings=settings, relay=quick).send_alert(message)
            if store and own is None
            else None
        )
        if mail is None:
            # The store cannot be written and may itself be the problem, or the alert must not
            # depend on the usual delivery.
            with RelaySession(quick) as session:
                content = short_mail("alert", message, to=to, post=post, at=at)
                result = session.send(post.sender.address, to, content)
            if result.kind not in {ResultKind.SENT, ResultKind.AMBIGUOUS}:
                raise ConnectionError(f"{relay.label}: {result}")
        elif mail.status is DeliveryStatus.REFUSED:
            raise ConnectionError(f"{relay.label}: {mail.reason}")
        elif mail.status is not DeliveryStatus.SENT:
            waiting = mail.reason or f"{relay.label} accepts no mail"
            LOG.warning("an alert mail is waiting: %s", waiting)

    return send


def asking_of(settings: Settings, what: str, *, deadline: float) -> Asking:
    """Return how to post to others; internal addresses are refused unless settings allow them."""
    collect = settings.collect
    return Asking(
        agent=f"briefing/{__version__} ({what})",
        rules=make_rules(collect.allow_hosts, allow_ports=collect.allow_ports),
        deadline=deadline,
        proxy=collect.proxy,
    )


def _by_webhook(settings: Settings) -> Channel:
    asking = asking_of(settings, "alert", deadline=_DEADLINE)
    with naming("alerts.webhook", kind=SettingsError):
        checked_target(settings.alerts.webhook, rules=asking.rules)

    def send(notices: Sequence[Notification]) -> None:
        with worded_in(settings.language):
            content = json.dumps(alert_json(notices, name=settings.name)).encode()
        asyncio.run(post_json(settings.alerts.webhook, content, asking=asking))

    return send


def alert_json(notices: Sequence[Notification], *, name: str) -> dict[str, object]:
    """Return the JSON posted to a webhook; chat programs show its "text", in the language set."""
    return {
        "briefing": slug(name),
        "text": "\n".join(f"{one_line(name)}: {_shown(notice, translated)}" for notice in notices),
        "alerts": [
            {
                "phase": notice.phase,
                "kind": notice.alert.kind,
                "key": notice.alert.key,
                "since": notice.alert.since.isoformat(),
                "at": notice.at.isoformat(),
                "words": _shown(notice),
            }
            for notice in notices
        ],
    }


def _shown(notice: Notification, worded: Callable[[str], str] = str) -> str:
    """Return a message that others may read; headlines and public addresses stay whole."""
    if notice.alert.kind is AlertKind.WATCH:
        return escaped(notice.message)
    return redacted(worded(notice.message))

"""The deliveries of an edition: sent, failed, held and bounced; the form that withdraws it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from itertools import chain, islice
from typing import Any, NamedTuple

from starlette.exceptions import HTTPException
from starlette.responses import Response

from briefing.app.deliver import administration
from briefing.app.editions import Withdraw, published, withdraw
from briefing.app.readers.administration import BulkRequest, change_many
from briefing.app.readers.letters import READERS_MAILS, send_mail_again
from briefing.core.errors import BriefingError
from briefing.core.messages import Translatable, numbered
from briefing.core.model import AuditEvent, BulkAction, Delivery, DeliveryStatus, weekly
from briefing.press.catalog import _, ngettext
from briefing.store import Transaction, deliveries, editions, statistics, subscribers, withdrawals
from briefing.web.admin.acts import UNKNOWN, ask, ask_again, meaning_of
from briefing.web.admin.charts import Plot, columns, figures, over_time
from briefing.web.admin.frame import AdminSession, Times, admin_page, admin_post, day_of, required
from briefing.web.context import WAIT
from briefing.web.forms import FieldError, FieldErrors, read_address, read_day, read_number
from briefing.web.guard import without_addresses

_EDITIONS, _BOUNCES, _SHOWN = 14, 20, 100
#: Most waiting deliveries searched for those already tried.
_LOOKED = 5_000
#: Statuses that need attention, most urgent first.
_TROUBLE = (DeliveryStatus.HELD, DeliveryStatus.REFUSED, DeliveryStatus.EXPIRED)
_PATH = "/admin/deliveries"


def held(session: AdminSession) -> Response:
    """Send or drop the held mails of an edition."""
    do, context = session.do, session.context
    if do not in {"send", "never"}:
        return session.back(_PATH)
    with session.read() as tx:
        edition = required(_edition(tx, session, session.field("day")))
        count = deliveries.audience(tx, edition.id).counts.get(DeliveryStatus.HELD, 0)
    back, send = f"{_PATH}?day={edition.day}", do == "send"
    if not count:
        return session.back(back, message="none")

    def decide(at: datetime) -> str:
        decided = session.run(
            administration.decide_held, edition.id, send=send, life=context.settings.life, at=at
        )
        if send:
            return numbered("{n} mail will be sent.", "{n} mails will be sent.", decided)
        return numbered("{n} mail will not be sent.", "{n} mails will not be sent.", decided)

    title = numbered(
        "Discard {n} held mail of {day}", "Discard {n} held mails of {day}", count, day=edition.day
    )
    if send:
        title = numbered(
            "Send {n} held mail of {day}", "Send {n} held mails of {day}", count, day=edition.day
        )
    return ask(
        session,
        decide,
        title=title,
        button=_("Send") if send else _("Discard"),
        lines=[
            _(
                "A held mail may have arrived. If you send it again, it may arrive twice; if you "
                "do not, it may never arrive."
            )
        ],
        back=back,
        previews=[(_("The edition"), f"/{edition.day}")],
    )


def resend(session: AdminSession) -> Response:
    """Queue a held, refused or expired mail again, or all that failed for one cause.

    Can also pause all readers of a group whose addresses are unknown.
    """
    with session.read() as tx:
        edition = required(_edition(tx, session, session.field("day")))
        number = read_number(session.field("subscriber"))
        person = subscribers.get(tx, number) if number is not None else None
        groups = {group.key: group for group in _groups(tx, edition.id)}
    back, life = f"{_PATH}?day={edition.day}", session.context.settings.life
    if person:
        again = administration.send_again
        return ask_again(session, again, edition.id, person, to=person, back=back, life=life)
    group = required(groups.get(session.field("cause")))
    pauses = session.do == "pause"

    def send(at: datetime) -> str:
        causes = {deliveries.cause_of(mail.reason) for mail in group.mails if mail.address}
        of = {"status": group.status, "life": life, "at": at}
        all_again = administration.send_all_again
        count = sum(session.run(all_again, edition.id, cause=cause, **of) for cause in causes)
        if group.to == "reader":
            return numbered(
                "{n} mail will be sent again, with new links.",
                "{n} mails will be sent again, with new links.",
                count,
            )
        return numbered(
            "{n} message will be sent again, with new links.",
            "{n} messages will be sent again, with new links.",
            count,
        )

    def pause(at: datetime) -> str:
        numbers = tuple(mail.subscriber for mail in group.mails)
        done = session.run(change_many, BulkRequest(BulkAction.PAUSE, numbers), at=at)
        return numbered(
            "{n} reader paused. This can be undone under Readers.",
            "{n} readers paused. This can be undone under Readers.",
            done.readers,
        )

    line = _("The last response was: {reason}.", reason=group.mails[0].reason or _("none"))
    if pauses:
        line = _("Nothing is sent to these readers until they are resumed.")
    return ask(
        session,
        pause if pauses else send,
        title=_title_of(group, day=edition.day, pauses=pauses),
        button=_("Pause") if pauses else _("Send"),
        lines=[line],
        back=back,
        previews=[(_("The edition"), f"/{edition.day}")],
    )


def _title_of(group: Group, *, day: date, pauses: bool) -> Translatable:
    """Return the title of the act that pauses a group's readers or sends to all of them again."""
    number, about = len(group.mails), {"meaning": group.meaning, "day": day}
    if pauses:
        return numbered(
            "Pause {n} reader: {meaning}, {day}",
            "Pause {n} readers: {meaning}, {day}",
            number,
            **about,
        )
    if group.to == "reader":
        return numbered(
            "Send the edition again to {n} reader: {meaning}, {day}",
            "Send the edition again to {n} readers: {meaning}, {day}",
            number,
            **about,
        )
    return numbered(
        "Send the edition again to {n} channel: {meaning}, {day}",
        "Send the edition again to {n} channels: {meaning}, {day}",
        number,
        **about,
    )


def resend_mail(session: AdminSession) -> Response:
    """Queue a mail that belongs to no edition again."""
    number = required(read_number(session.field("mail")))
    with session.read() as tx:
        mail = required(deliveries.get(tx, number))
        to = subscribers.get(tx, mail.subscriber) if mail.kind in READERS_MAILS else None
    return ask_again(session, send_mail_again, number, to=required(to), back=_PATH)


def send_test(session: AdminSession) -> Response:
    """Send the latest edition to one address as a test."""
    send = session.context.send_test
    if send is None:
        return session.site.error(503)
    written, address, wrong = read_address(session.fields)
    if wrong:
        return board(session, written=written, wrong=wrong)
    try:
        result = send(address)
    except (BriefingError, OSError) as error:
        refused = FieldError(
            "mail", _("Nothing was sent: {error}.", error=error), _("Nothing was sent")
        )
        return board(session, written=written, wrong=(refused,))
    # The audit log stores no addresses, so a removed subscriber leaves no trace there.
    session.note(administration.TEST, without_addresses(result))
    # The first-morning page has the relay's form, where a mistake can be corrected.
    path = "morning" if session.field("back") == "morning" else "deliveries"
    return session.back(f"/admin/{path}", message="tested")


def tested(session: AdminSession, test: AuditEvent | None) -> dict[str, Any]:
    """Return the message about a test, for the page that is shown next."""
    if not test or session.asked("message") != "tested":
        return {}
    reason = administration.not_sent(test)
    words = _("The relay has accepted the test.")
    if reason:
        words = _("The test was not sent: {reason}", reason=reason)
    return {"message": words, "bad": bool(reason)}


def board(session: AdminSession, *, written: str = "", wrong: FieldErrors = ()) -> Response:
    """Show the deliveries of an edition, by default the latest, and the errors of a test."""
    briefing, day = session.briefing, session.asked("day")
    with session.read() as tx:
        edition = _edition(tx, session, day)
        if edition is None and day:
            raise HTTPException(404)
        by_edition = statistics.deliveries_by_edition(tx, briefing, limit=_EDITIONS)
        id_, test = edition.id if edition else "", administration.last_test(tx)
        return session.page(
            "deliveries",
            edition=edition,
            review=edition and editions.current(tx, weekly(briefing), edition.day),
            withdrawn=withdrawals.on(tx, briefing)[:_EDITIONS],
            figures=figures,
            counts=deliveries.audience(tx, id_).counts if edition else {},
            next_due=deliveries.next_due(tx),
            minutes=_minutes(statistics.minutes(tx, id_) if edition else (), session.times),
            by_edition=by_edition[::-1],
            groups=_groups(tx, id_) if edition else (),
            mails=deliveries.unsent_mails(tx, kinds=READERS_MAILS, limit=_SHOWN),
            bounces=statistics.bounces_recent(tx, limit=_BOUNCES),
            most=_SHOWN,
            unknown=UNKNOWN,
            test=test,
            written=written,
            wrong=wrong,
            **tested(session, test),
        )


def _edition(tx: Transaction, session: AdminSession, day: str) -> editions.StoredEdition | None:
    """Return the edition of a day, by default the latest; None if there is none."""
    named, today = read_day(day), session.times.today
    return published(tx, session.briefing, day=named, today=today) if named or not day else None


class Group(NamedTuple):
    """Undelivered mails of an edition with similar causes."""

    status: DeliveryStatus
    meaning: str
    #: Recipients: "reader" or "channel".
    to: str
    mails: list[Delivery]

    @property
    def key(self) -> str:
        """The value of its buttons."""
        return f"{self.status} {self.to} {self.meaning}"

    @property
    def provider(self) -> str:
        """The domain that all its addresses share; empty if there is none."""
        domains = {mail.address.rpartition("@")[2] for mail in self.mails}
        return domains.pop() if len(domains) == 1 < len(self.mails) else ""


def _groups(tx: Transaction, edition: str) -> list[Group]:
    """Return undelivered mails, most urgent first; then those that were tried and are still due."""
    groups: dict[str, Group] = {}
    due = islice(deliveries.of(tx, edition, status=DeliveryStatus.DUE), _LOOKED)
    waiting = (mail for mail in due if mail.tries or mail.reason)
    failed = (deliveries.of(tx, edition, status=status) for status in _TROUBLE)
    for mail in chain(*failed, waiting):
        to = "channel" if mail.subscriber < 0 else "reader"
        new = Group(mail.status, meaning_of(mail.status, mail.reason), to, [])
        groups.setdefault(new.key, new).mails.append(mail)
    return [*groups.values()]


def _minutes(minutes: Sequence[tuple[datetime, int]], times: Times) -> tuple[str, Plot] | None:
    width, bars = over_time(minutes, clock=times.clock)
    if not bars:
        return None
    most = max(bars, key=lambda bar: bar.value)
    title = ngettext(
        "{n} mail accepted since {begin}, one bar per {every}; peak at {time}: {most}.",
        "{n} mails accepted since {begin}, one bar per {every}; peak at {time}: {most}.",
        sum(bar.value for bar in bars),
        begin=bars[0].label,
        every=ngettext("minute", "{n} minutes", width),
        time=most.label,
        most=most.value,
    )
    head = ngettext("Accepted per minute", "Accepted per {n} minutes", width)
    return head, columns(bars, title=title)


def withdraw_edition(session: AdminSession) -> Response:
    """Withdraw the edition of a day; its mails are held back once that is confirmed."""
    context, day = session.context, day_of(session)
    with session.read() as tx:
        stored = editions.on(tx, session.briefing, day)
        gone = withdrawals.on(tx, session.briefing, day)
        counts = deliveries.audience(tx, stored.id).counts if stored else {}
    if stored is None:
        if not gone:
            raise HTTPException(404)
        return session.back(_PATH, message="gone")
    tells = session.field("tell") == "1" and context.sender is not None
    wanted = Withdraw(
        context.settings.name, day, reason=session.field("reason"), tell_readers=tells
    )

    def take_back(at: datetime) -> str:
        done = session.run(withdraw, wanted, at=at)
        return Translatable(
            "The edition is withdrawn; {mails} canceled, {notices} mailed. Its reports are "
            "available to the next edition.",
            mails=numbered("{n} mail", "{n} mails", done.canceled),
            notices=numbered("{n} notice", "{n} notices", done.notices),
        )

    if session.field("sure") == "1":
        session.context.store.apply(deliveries.postpone, stored.id, until=session.at + WAIT)
    sent = counts.get(DeliveryStatus.SENT, 0)
    waiting = counts.get(DeliveryStatus.DUE, 0) + counts.get(DeliveryStatus.HELD, 0)
    return ask(
        session,
        take_back,
        title=Translatable("Withdraw the edition of {day}", day=day),
        button=_("Withdraw it"),
        lines=(
            _(
                "The edition is no longer shown. Its record is kept, and its reports are "
                "available to the next edition."
            ),
            waiting
            and ngettext(
                "{n} mail not sent yet will not be sent.",
                "{n} mails not sent yet will not be sent.",
                waiting,
            ),
            sent
            and ngettext(
                "{n} mail accepted by the relay cannot be recalled.",
                "{n} mails accepted by the relay cannot be recalled.",
                sent,
            ),
        ),
        back=f"{_PATH}?day={day}",
        previews=[(_("The edition"), f"/{day}")],
        reason=True,
    )


PAGES = (
    admin_page(_PATH, board, "resend mails"),
    admin_post(f"{_PATH}/held", held, "send held mail"),
    admin_post(f"{_PATH}/again", resend, "resend mails"),
    admin_post(f"{_PATH}/mail", resend_mail, "resend mail"),
    admin_post(f"{_PATH}/test", send_test, "send test"),
    admin_post(f"{_PATH}/withdraw", withdraw_edition, "withdraw edition"),
)

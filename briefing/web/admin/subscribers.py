"""Subscribers: listed and single; searched, added, changed, imported and exported."""

from contextlib import suppress
from datetime import UTC
from functools import partial
from itertools import chain

from starlette.exceptions import HTTPException
from starlette.responses import Response, StreamingResponse

from briefing.app import access
from briefing.app.deliver.administration import send_again
from briefing.app.readers import administration, fields, lists, preferences_line
from briefing.app.readers.decide import Subscription
from briefing.app.readers.letters import READERS_MAILS, UNSENT, send_mail_again
from briefing.core.errors import InputError, UsageError
from briefing.core.messages import Translatable
from briefing.core.model import BulkAction, EditionId, State, Subscriber
from briefing.press.catalog import _, ngettext
from briefing.press.catalog import shown as as_shown
from briefing.press.wording import often, short_day
from briefing.store import reader_list, statistics, subscribers
from briefing.store.reader_list import UNDO, Matching, ReaderOrder
from briefing.web.admin.acts import ask, ask_again
from briefing.web.admin.charts import Column, columns
from briefing.web.admin.frame import (
    AdminSession,
    admin_form,
    admin_page,
    admin_post,
    is_signed_in,
    required,
)
from briefing.web.context import WebContext
from briefing.web.forms import (
    FieldError,
    FieldErrors,
    Listing,
    problems,
    read_address,
    read_chosen,
    read_number,
    sentence,
)
from briefing.web.request import ACT, Intake, SitePage, WebRequest
from briefing.web.subscribe import chosen_by, options

PATH = "/admin/subscribers"
#: Most characters of a date that are shown again.
_SHOWN = 20


def written_agreement(
    session: AdminSession, *, needed: bool = True
) -> tuple[fields.Agreement | None, FieldErrors]:
    """Read the fields of a form, with errors; if not needed, the words must be empty."""
    consent, since, today = session.field("consent"), session.field("since"), session.times.today
    if not needed:
        wrong = FieldError(
            "consent",
            _("You described how consent was given, but chose a confirmation mail."),
            _("Choose “The reader has already agreed”, or leave this empty"),
        )
        return None, (wrong,) if consent.strip() else ()
    errors = tuple(
        FieldError(error.field, sentence(error.reason), str(as_shown(error.hint)))
        for error in fields.agreement_errors(consent, since, today=today)
    )
    return None if errors else fields.read_agreement(consent, since, today=today), errors


def typed_agreement(session: AdminSession) -> dict[str, str]:
    """Return what was typed into the form; the date is today by default."""
    since = next(iter(session.values("since")), f"{session.times.today}")
    consent = session.field("consent").strip()[: fields.LONGEST_AGREEMENT + 1]
    return {"consent": consent, "since": since[:_SHOWN]}


#: Rows per page, days of the chart, and most bulk actions shown.
_PAGE, _DAYS, _DONE = 50, 30, 10


#: Byte order mark, without which spreadsheets assume another encoding.
_MARK = "\ufeff"


def add(session: AdminSession) -> Response:
    """Add somebody who has agreed, or send a confirmation mail, as the public form does."""
    how = "agreed" if session.field("how") == "agreed" else "ask"
    if how == "ask" and not session.context.signs_up:
        return session.site.error(503)
    _written, address, wrong = read_address(session.fields)
    agreement, lacking = written_agreement(session, needed=how == "agreed")
    if wrong or lacking:
        return shown(session, (*wrong, *lacking))
    try:
        if how == "ask":
            context = session.context
            session.change(
                administration.invite,
                address,
                preferences=context.settings.usual,
                limits=context.limits,
            )
        else:
            new = Subscriber(0, address, preferences=session.context.settings.usual)
            session.change(administration.add, new, agreement=agreement)
    except UsageError as error:
        reason = str(as_shown(error)).removeprefix(f"{address}: ")
        message = _("This address {reason}.", reason=reason)
        refused = FieldError("mail", message, _("Nothing was sent"))
        return shown(session, (refused,))
    message = "asked" if how == "ask" else "added"
    return session.site.send_mail_after(session.back(PATH, message=message))


def shown(session: AdminSession, wrong: FieldErrors = ()) -> Response:
    """Show the requested subscribers, with what was typed into the form."""
    listing = Listing(PATH, session.query, keys=("q", "state", "sort", "order"))
    matching = matching_of(listing.asked("q"), listing.asked("state"))
    orders = {order.value: order for order in ReaderOrder}
    order = orders.get(listing.asked("sort"), ReaderOrder.ADDED)
    with session.read() as tx:
        counts = subscribers.counts(tx)
        offset = (listing.page - 1) * _PAGE
        people, total = reader_list.page(
            tx, matching, order=order, down=listing.down, offset=offset, limit=_PAGE
        )
        last = reader_list.last_deliveries(tx, [person.id for person in people])
        done = reader_list.recent_bulk(tx, since=session.at - UNDO, limit=_DONE)
        requests = reader_list.waiting(tx)
    return session.page(
        "subscribers",
        listing=listing,
        order=order,
        counts=counts,
        everybody=sum(counts.values()),
        total=total,
        first=offset + 1,
        people=people,
        last=last,
        often=often,
        page_words=fields.page_words,
        pages=listing.pages(total, size=_PAGE),
        done=done,
        undo=UNDO,
        requests=requests,
        written=read_address(session.fields)[0],
        how="agreed" if session.field("how") == "agreed" else "ask",
        agreement=typed_agreement(session),
        wrong=wrong,
    )


def active(session: AdminSession) -> Response:
    """Show how many were active on each of the last days; a separate page, since this is slow."""
    today, plot = session.at.astimezone(UTC).date(), None
    by_day = session.look(statistics.subscribers_by_day, days=_DAYS, until=today)
    if any(number for _, number in by_day):
        first, last = by_day[0][1], by_day[-1][1]
        title = ngettext(
            "{n} active reader {days} days ago, {last} now.",
            "{n} active readers {days} days ago, {last} now.",
            first,
            days=_DAYS,
            last=last,
        )
        drawn = [Column(short_day(day), number) for day, number in by_day]
        plot = columns(drawn, title=title, step=20, every=7)
    return session.page("subscribers_active", plot=plot)


def matching_of(text: str, state: str) -> Matching:
    """Return the filter that the address of a list asks for; an unknown state means any."""
    return Matching(text, {known.value: known for known in State}.get(state))


def change(session: AdminSession) -> Response:
    """Apply an action to the selected subscribers, or to all that match."""
    asked = {name: session.field(name) for name in "q state sort order page".split()}
    back = Listing(PATH, asked, keys=tuple(asked)).to()
    do, everybody = session.do, session.field("all")
    action = {known.value: known for known in BulkAction}.get(do)
    numbers = tuple(filter(None, map(read_number, session.values("who"))))
    if do == "let-in" and numbers:
        about = {"briefing": session.briefing, "life": session.context.settings.life}
        return session.submit(
            back, administration.let_in, numbers[0], done=do, refused="moved", **about
        )
    if action is None or not (numbers or everybody):
        return session.back(back, message="nobody")
    request = administration.BulkRequest(
        action,
        None if everybody else numbers,
        matching_of(Listing(PATH, asked, keys=()).asked("q"), asked["state"]),
        expected=read_number(everybody) or 0,
    )
    return session.submit(back, administration.change_many, request, done=do, refused="moved")


def undo(session: AdminSession) -> Response:
    """Undo a bulk action, except for subscribers changed since."""
    number = required(read_number(session.field("action")) or None)
    return session.submit(PATH, administration.undo_many, number, done="undone", refused="settled")


def by_link(request: WebRequest) -> Response:
    """Approve a subscriber by the link in a mail, after confirmation."""
    context, number = request.context, required(read_number(request.path["number"]))
    token, about = request.path["token"], access.about_request(number)
    with request.read() as tx:
        who = access.use_link(tx, token, secrets=context.secrets, at=request.at, about=about)
        reader, consents = subscribers.get(tx, number), subscribers.consents(tx, number)
    if not who or not who.role.may("approve subscriber") or not reader:
        raise HTTPException(404)
    lede, action = _("This request has already been decided."), None
    if Subscription(reader, consents).waits:
        lede = _(
            "The owner of this address has confirmed it, but receives nothing until you approve "
            "the request."
        )
        path = f"/admin/requests/{number}/{token}"
        action = {
            "path": path,
            "token": token,
            "do": "let-in",
            "label": _("Approve"),
            "primary": True,
        }
        if request.does == "let-in":
            life, actor = context.settings.life, request.acting(who.name)
            # Another operator may have approved the subscriber at the same moment.
            with suppress(UsageError), context.store.write() as tx:
                administration.let_in(tx, number, briefing=context.briefing, life=life, actor=actor)
            lede, action = _("Approved. The reader is notified by mail."), None
    links = ((f"{PATH}/{number}", _("View the request")),)
    page = request.site.message_page(reader.address, lede, action=action, links=links)
    return request.site.send_mail_after(page)


_IMPORT = f"{PATH}/import"
#: Bytes of a list, 100 for each of 100,000 readers, and seconds for it to arrive.
_LARGEST, _PATIENCE = 10_000_000, 120.0


def bring_list(session: AdminSession) -> Response:
    """Show the uploaded list, or accept a new one."""
    if not session.posts:
        return _page(session)
    file, message = session.file, _("No file is chosen, or it is empty.")
    if file is not None and file.content:
        name = file.name.replace("\\", "/").rpartition("/")[2]
        try:
            wishes, take = _wishes(session.context), partial(lists.bring, session.context.store)
            take(session.key, file.content, name=name, preferences=wishes, actor=session.actor)
        except InputError as error:
            message = _("The list cannot be read: {error}.", error=error)
        else:
            return session.back(_IMPORT)
    hint = _("Choose a CSV file whose first line names its columns, one of them email")
    return _page(session, (FieldError("file", message, hint),))


def _wishes(context: WebContext) -> lists.Wishes:
    return partial(
        fields.read_preferences, offered=context.settings.offered, usual=context.settings.usual
    )


def add_list(session: AdminSession) -> Response:
    """Add the subscribers of the list, or discard it."""
    if session.do == "discard":
        session.change(lists.discard, session.key)
        return session.back(_IMPORT, message="discarded")
    listed, asked = session.field("list"), "consent" in session.fields
    agreed, wrong = written_agreement(session) if asked else (None, ())
    if wrong:
        return _page(session, wrong)
    wishes, store = _wishes(session.context), session.context.store
    try:
        lists.take_in(
            *(store, session.key, listed), preferences=wishes, agreement=agreed, actor=session.actor
        )
    except UsageError:
        return session.back(_IMPORT, message="gone")
    return session.back(_IMPORT)


def report(session: AdminSession) -> Response:
    """Return the lines of the list that are not added."""
    with session.read() as tx:
        brought = required(lists.look_at(tx, session.key, at=session.at))
    return Response(f"{_MARK}{brought.report}", headers=_as_file("not-added.csv"))


def export(session: AdminSession) -> Response:
    """Return all subscribers, after recording who exports them."""
    session.change(lists.note_export)
    lines = chain((_MARK,), lists.export_subscribers(session.context.store))
    return StreamingResponse(lines, headers=_as_file("subscribers.csv"))


def _as_file(name: str) -> dict[str, str]:
    disposition = f'attachment; filename="{name}"'
    return {"Content-Type": "text/csv; charset=utf-8", "Content-Disposition": disposition}


def _page(session: AdminSession, wrong: FieldErrors = ()) -> Response:
    brought = session.look(lists.look_at, session.key, at=session.at)
    return session.page(
        "subscribers_import",
        brought=brought,
        often=often,
        written=typed_agreement(session),
        wrong=wrong,
    )


_DELIVERIES = 14


def subscriber(session: AdminSession) -> Response:  # noqa: PLR0911  each action has its answer
    """Show one subscriber, or apply the action of the form."""
    number = number_of(session)
    if not session.posts:
        return _page_of(session, number)
    do, back = session.do, f"{PATH}/{number}"
    session.require("resend mail" if not do else "change subscriber")
    if do == "let-in":
        about = {"briefing": session.briefing, "life": session.context.settings.life}
        return session.submit(
            back, administration.let_in, number, done=do, refused="other", **about
        )
    if do == "decline":
        return ask(
            session,
            lambda at: (
                session.run(administration.decline, number, at=at)
                or Translatable("The owner of the address is notified by mail.")
            ),
            title=Translatable("Decline request {number}", number=str(number)),
            button=_("Decline"),
            lines=(_("The owner of the address is notified by mail, and the address is deleted."),),
            back=PATH,
        )
    if do in {"pause", "resume"}:
        use_case = administration.pause if do == "pause" else administration.resume
        return session.submit(back, use_case, number, done=f"{do}d", refused="other")
    with session.read() as tx:
        person = required(subscribers.get(tx, number))
    if do == "remove":
        return ask(
            session,
            lambda at: (
                session.run(administration.remove, number, at=at)
                or Translatable("The address is no longer stored.")
            ),
            # The title is kept for an hour; the address is not.
            title=Translatable("Remove reader {number}", number=str(number)),
            button=_("Remove for good"),
            lines=(
                person.address,
                _("Address, name and choices are deleted for good, and nothing more is sent."),
                _("The consent log keeps only the number."),
            ),
            back=back,
        )
    if session.field("edition") or session.field("mail"):
        return _sent_again(session, person)
    return session.back(back)


def number_of(session: AdminSession) -> int:
    """Return the number of the subscriber in the address."""
    return required(read_number(session.path["number"]))


def _sent_again(session: AdminSession, person: Subscriber) -> Response:
    mail = session.field("mail")
    mails = session.look(reader_list.mails_to, person.id, kinds=READERS_MAILS, limit=_DELIVERIES)
    if mail and mail not in {str(each.id) for each in mails}:
        raise HTTPException(404)
    again = partial(ask_again, session, to=person, back=f"{PATH}/{person.id}")
    if mail:
        return again(send_mail_again, int(mail))
    return again(send_again, session.field("edition"), person, life=session.context.settings.life)


def _page_of(session: AdminSession, number: int) -> Response:
    with session.read() as tx:
        person = required(subscribers.get(tx, number))
        consents = subscribers.consents(tx, number)
        editions = reader_list.mails_to(tx, number, limit=_DELIVERIES)
        mails = reader_list.mails_to(tx, person.id, kinds=READERS_MAILS, limit=_DELIVERIES)
    sent = sorted((*editions, *mails), key=lambda delivery: -delivery.id)
    return session.page(
        "subscriber",
        reader=person,
        rules=administration,
        waits=Subscription(person, consents).waits,
        sent=sent,
        parse=EditionId.parse,
        unsent=UNSENT,
        consents=consents[::-1],
        sections=fields.page_words(person.preferences, every=_("all")),
        when=often(person.preferences),
    )


def change_choices(session: AdminSession) -> Response:
    """Show the preferences of a subscriber; save submitted ones and redirect back."""
    number = number_of(session)
    back = f"{PATH}/{number}"
    with session.read() as tx:
        person = required(subscribers.get(tx, number))
    if person.state not in administration.CHANGEABLE:
        return session.back(back, message="other")
    offered, chosen = chosen_by(session, person.preferences)
    seen, wrong = preferences_line(person.preferences), FieldErrors()
    if session.posts:
        chosen = read_chosen(
            session.fields,
            usual=chosen,
            asked={w.name for w in fields.FIELDS} - {"own_words", "muted"},
        )
        seen, wrong = session.field("seen"), problems(chosen, offered=offered)
        if not wrong:
            wanted = {"preferences": fields.preferences_of(chosen, offered), "seen": seen}
            return session.submit(
                back, administration.change, number, done="chosen", refused="moved", **wanted
            )
    return session.page(
        "choices", reader=person, seen=seen, wrong=wrong, **options(session, chosen, offered)
    )


PAGES = (
    admin_page(PATH, shown, "add subscriber"),
    admin_page(f"{PATH}/active", active),
    admin_post(f"{PATH}/add", add, "add subscriber"),
    admin_post(f"{PATH}/bulk", change, "pause subscribers"),
    admin_post(f"{PATH}/undo", undo, "undo pause subscribers"),
    SitePage("/admin/requests/{number}/{token}", by_link, ACT),
    admin_form(
        _IMPORT,
        bring_list,
        "upload subscribers",
        intake=Intake(_LARGEST, _PATIENCE, allows=is_signed_in),
    ),
    admin_post(f"{_IMPORT}/add", add_list, "import subscribers"),
    admin_page(f"{_IMPORT}/report", report),
    admin_post(f"{PATH}/export", export, "export subscribers"),
    admin_form(f"{PATH}/{{number}}", subscriber, "pause subscriber", "resend mail"),
    admin_form(f"{PATH}/{{number}}/choices", change_choices, "change subscriber"),
)

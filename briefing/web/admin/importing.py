"""Subscribers in by a list, looked at before anything is written, and all of them out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from starlette.exceptions import HTTPException
from starlette.responses import Response, StreamingResponse

from briefing.app.readers.lists import ListRules, RowVerdict, export_subscribers, note_export
from briefing.app.readers.upload import UploadView, bring, discard, look_at, take_in
from briefing.core.errors import InputError, UsageError
from briefing.press.wording import often
from briefing.web.admin.agreeing import WrittenAgreement, written_agreement
from briefing.web.admin.frame import AdminSession, view
from briefing.web.admin.session import is_signed_in
from briefing.web.admin.subscribers import PATH
from briefing.web.admin.times import times_in
from briefing.web.forms import FieldError
from briefing.web.page import ACT, ONLY_ACT, SitePage
from briefing.web.request import Intake

_IMPORT = f"{PATH}/import"
#: Bytes of a list, a hundred for each of a hundred thousand readers, and seconds to arrive.
_LARGEST, _PATIENCE = 10_000_000, 120.0
_MESSAGES: Mapping[str, str] = MappingProxyType(
    {
        "discarded": "Discarded. Nobody was added, and the list is no longer stored.",
        "gone": "Nothing has changed: the list is no longer stored, or was imported already.",
    }
)
#: Verdicts as the figures above the lines name them, in order.
_LABELS: Mapping[RowVerdict, str] = MappingProxyType(
    {
        RowVerdict.TWICE: "twice in the list",
        RowVerdict.KNOWN: "already subscribed",
        RowVerdict.SUPPRESSED: "left, bounced or complained",
        RowVerdict.WRONG: "not valid",
    }
)


def bring_list(session: AdminSession) -> Response:
    """Show the list that was brought, or take one."""
    if not session.request.posts:
        return _page(session)
    file = session.request.file
    if file is None or not file.content:
        return _page(session, wrong=(_no_list("No file is chosen, or it is empty."),))
    try:
        bring(
            session.context.store,
            session.key,
            file.content,
            name=file.name.replace("\\", "/").rpartition("/")[2],
            rules=_rules(session),
            actor=session.actor,
            at=session.request.at,
        )
    except InputError as error:
        return _page(session, wrong=(_no_list(f"The list cannot be read: {error}."),))
    return session.back(_IMPORT)


def add_list(session: AdminSession) -> Response:
    """Add those of the list, or discard it."""
    if session.field("do") == "discard":
        session.change(discard, session.key)
        return session.back(_IMPORT, message="discarded")
    agreement = written_agreement(session)
    if agreement.wrong:
        return _page(session, agreement=agreement)
    try:
        take_in(
            session.context.store,
            session.key,
            session.field("list"),
            rules=_rules(session),
            agreement=agreement.read,
            actor=session.actor,
            at=session.request.at,
        )
    except UsageError:
        return session.back(_IMPORT, message="gone")
    return session.back(_IMPORT)


def report(session: AdminSession) -> Response:
    """Return the lines of the list that are not added."""
    brought = _look(session)
    if brought is None:
        raise HTTPException(404)
    # With a mark of its encoding, without which spreadsheets take another.
    return Response(f"\ufeff{brought.report}", headers=_as_file("not-added.csv"))


def export(session: AdminSession) -> Response:
    """Return all subscribers; who takes them along is noted first."""
    session.change(note_export)
    lines = export_subscribers(session.context.store)
    return StreamingResponse(_marked(lines), headers=_as_file("subscribers.csv"))


def _marked(lines: Iterator[str]) -> Iterator[str]:
    yield "\ufeff"
    yield from lines


def _as_file(name: str) -> dict[str, str]:
    disposition = f'attachment; filename="{name}"'
    return {"Content-Type": "text/csv; charset=utf-8", "Content-Disposition": disposition}


def _no_list(message: str) -> FieldError:
    hint = "Choose a CSV file whose first line names its columns, one of them email"
    return FieldError("file", message, hint)


def _rules(session: AdminSession) -> ListRules:
    context = session.context
    return ListRules(context.sections, context.usual, context.lists)


def _look(session: AdminSession) -> UploadView | None:
    with session.context.store.read() as tx:
        return look_at(tx, session.key, at=session.request.at)


def _page(
    session: AdminSession,
    *,
    agreement: WrittenAgreement | None = None,
    wrong: tuple[FieldError, ...] = (),
) -> Response:
    times = times_in(session.zone, now=session.request.at)
    brought = _look(session)
    written = agreement or WrittenAgreement(since=f"{times.today}")
    wrong = (*wrong, *written.wrong)
    first = brought.first if brought else ()
    return session.page(
        "subscribers_import",
        status=422 if wrong else 200,
        brought=brought,
        until=times.moment(brought.until) if brought else "",
        good=brought.counts[RowVerdict.GOOD] if brought else 0,
        figures=[(label, brought.counts[one]) for one, label in _LABELS.items()] if brought else (),
        rest=sum(brought.counts[one] for one in _LABELS) if brought else 0,
        added=[one for one in first if one.verdict is RowVerdict.GOOD],
        others=[one for one in first if one.verdict is not RowVerdict.GOOD],
        today=f"{times.today}",
        usual_when=often(session.context.usual),
        written=written,
        wrong=wrong,
    )


PAGES = (
    SitePage(
        _IMPORT,
        view(bring_list, posts=True, messages=_MESSAGES),
        ACT,
        Intake(_LARGEST, _PATIENCE, allows=is_signed_in),
    ),
    SitePage(f"{_IMPORT}/add", view(add_list, posts=True), ONLY_ACT),
    SitePage(f"{_IMPORT}/report", view(report)),
    SitePage(f"{PATH}/export", view(export, posts=True), ONLY_ACT),
)

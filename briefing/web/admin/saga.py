"""A saga in the administration: what it consists of, joined to another or parted."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.responses import Response

from briefing.app.sagas import (
    DeclineProposal,
    JoinSagas,
    PartSaga,
    ShownSaga,
    decline_proposal,
    join_sagas,
    part_saga,
    proposals,
    show,
)
from briefing.core.errors import InputError, UsageError
from briefing.press.wording import short_date
from briefing.store import sagas
from briefing.store.sagas import StoredSaga
from briefing.web.admin.frame import AdminSession, view
from briefing.web.forms import FieldError
from briefing.web.request import ACT, SitePage
from briefing.web.saga import page_asked

#: Characters of an id that are shown again.
_SHOWN = 20
_MESSAGES: Mapping[str, str] = {
    "joined": "Joined. The next editions go by it.",
    "parted": "Parted. This is the new saga; the next editions go by it.",
    "declined": "It stays as it is, and is not proposed again.",
}


@dataclass(frozen=True, slots=True)
class _Told:
    """One story of the saga, to be chosen."""

    #: What the form sends of it.
    value: str
    #: "Thu 12 March 2026, day 9".
    words: str
    headline: str
    text: str
    chosen: bool


def saga(session: AdminSession) -> Response:
    """Show a saga, or correct it."""
    if not session.request.posts:
        return _page(session)
    try:
        do, message = _ACTS[session.field("do")]
    except KeyError as error:
        raise HTTPException(400) from error
    try:
        done = do(session)
    except (InputError, UsageError) as error:
        field = "days" if do is _part else "into"
        return _page(session, (FieldError(field, f"{error}.", "Look at it again"),), status=400)
    return session.back(f"/admin/sagas/{done.id}", message=message)


def _join(session: AdminSession) -> StoredSaga:
    return _change(session, join_sagas, JoinSagas(_briefing(session), _id(session), _into(session)))


def _decline(session: AdminSession) -> StoredSaga:
    asked = DeclineProposal(_briefing(session), _id(session), _into(session))
    return _change(session, decline_proposal, asked)


def _into(session: AdminSession) -> str:
    return session.field("into").strip()[:_SHOWN]


def _part(session: AdminSession) -> StoredSaga:
    chosen = [tuple(value.rpartition(" ")[::2]) for value in _chosen(session)]
    keys = [(edition, story) for edition, story in chosen]
    return _change(session, part_saga, PartSaga(_briefing(session), _id(session), keys))


#: What the forms do, and the message after it.
_ACTS: Mapping[str, tuple[Callable[[AdminSession], StoredSaga], str]] = {
    "join": (_join, "joined"),
    "part": (_part, "parted"),
    "decline": (_decline, "declined"),
}


def _change(
    session: AdminSession,
    use_case: Callable[..., StoredSaga],
    asked: JoinSagas | PartSaga | DeclineProposal,
) -> StoredSaga:
    with session.write() as tx:
        return use_case(tx, asked, **session.stamp)


def _page(
    session: AdminSession, wrong: Sequence[FieldError] = (), *, status: int = 200
) -> Response:
    context = session.context
    try:
        with context.store.read() as tx:
            shown = show(tx, context.briefing, _id(session))
    except InputError as error:
        raise HTTPException(404) from error
    return session.page(
        "saga",
        status=status,
        path=f"/admin/sagas/{shown.saga.id}",
        saga=shown.saga,
        title=shown.last.headline or shown.saga.id,
        proposals=shown.proposals,
        told=_told(shown, chosen=_chosen(session) if wrong else ()),
        into=session.field("into")[:_SHOWN] if wrong else "",
        wrong=wrong,
    )


def _told(shown: ShownSaga, *, chosen: Sequence[str]) -> tuple[_Told, ...]:
    rows = []
    for one in shown.entries:
        entry = one.entry
        value = f"{entry.edition} {entry.story}"
        number = (entry.day - shown.saga.since).days + 1
        words = f"{short_date(entry.day)} {entry.day.year}, day {number}"
        rows.append(_Told(value, words, entry.headline, entry.sentence.text, value in chosen))
    return tuple(rows)


def _chosen(session: AdminSession) -> Sequence[str]:
    return session.request.fields.get("days", ())


def _id(session: AdminSession) -> str:
    return session.request.path["id"]


def _briefing(session: AdminSession) -> str:
    return session.briefing


def listed(session: AdminSession) -> Response:
    """List the sagas, to open one."""
    asked = page_asked(session.request, "/admin/sagas")
    with session.read() as tx:
        total, found = sagas.newest(tx, session.briefing, limit=asked.limit, offset=asked.offset)
        proposed = proposals(tx, session.briefing)
    return session.page(
        "sagas", sagas=found, total=total, pages=asked.others(total), proposals=proposed
    )


PAGES = (
    SitePage("/admin/sagas", view(listed)),
    SitePage("/admin/sagas/{id}", view(saga, messages=_MESSAGES), ACT),
)

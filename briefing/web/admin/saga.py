"""A saga in the administration: what it consists of, joined to another or parted."""

from collections.abc import Mapping, Sequence

from starlette.exceptions import HTTPException
from starlette.responses import Response

from briefing.app.sagas import decline_proposal, join_sagas, part_saga, proposals, show
from briefing.core.errors import InputError, UsageError
from briefing.store import sagas
from briefing.web.admin.frame import AdminSession, view
from briefing.web.forms import FieldError
from briefing.web.request import ACT, SitePage
from briefing.web.saga import dated, page_asked

#: Characters of an id that are shown again.
_SHOWN = 20
_MESSAGES: Mapping[str, str] = {
    "joined": "Merged. It applies to the next editions.",
    "parted": "Split. This is the new saga; it applies to the next editions.",
    "declined": "Declined. It will not be proposed again.",
}


def saga(session: AdminSession) -> Response:
    """Show a saga, or correct it."""
    if not session.request.posts:
        return _page(session)
    do, briefing, id_ = session.field("do"), session.briefing, session.request.path["id"]
    into = session.field("into").strip()[:_SHOWN]
    try:
        if do == "join":
            done, message = session.run(join_sagas, briefing, id_, into), "joined"
        elif do == "decline":
            done, message = session.run(decline_proposal, briefing, id_, into), "declined"
        elif do == "part":
            parts = (value.rpartition(" ") for value in session.request.fields.get("days", ()))
            keys = [(edition, story) for edition, _, story in parts]
            done, message = session.run(part_saga, briefing, id_, keys), "parted"
        else:
            raise HTTPException(400)
    except (InputError, UsageError) as error:
        field = "days" if do == "part" else "into"
        return _page(session, (FieldError(field, f"{error}.", "Look at it again"),), status=400)
    return session.back(f"/admin/sagas/{done.id}", message=message)


def _page(
    session: AdminSession, wrong: Sequence[FieldError] = (), *, status: int = 200
) -> Response:
    try:
        with session.read() as tx:
            shown = show(tx, session.briefing, session.request.path["id"])
    except InputError as error:
        raise HTTPException(404) from error
    chosen, stories = session.request.fields.get("days", ()) if wrong else (), []
    for entry in (proved.entry for proved in shown.entries):
        value, number = f"{entry.edition} {entry.story}", (entry.day - shown.saga.since).days + 1
        stories.append(
            {
                "value": value,
                "words": f"{dated(entry.day)}, day {number}",
                "headline": entry.headline,
                "text": entry.sentence.text,
                "chosen": value in chosen,
            }
        )
    return session.page(
        "saga",
        status=status,
        path=f"/admin/sagas/{shown.saga.id}",
        saga=shown.saga,
        title=shown.last.headline or shown.saga.id,
        proposals=shown.proposals,
        told=stories,
        into=session.field("into")[:_SHOWN] if wrong else "",
        wrong=wrong,
    )


def listed(session: AdminSession) -> Response:
    """List the sagas, to open one."""
    asked = page_asked(session.request, "/admin/sagas")
    with session.read() as tx:
        total, newest = sagas.newest(tx, session.briefing, limit=asked.limit, offset=asked.offset)
        proposed = proposals(tx, session.briefing)
    return session.page(
        "sagas", sagas=newest, total=total, pages=asked.others(total), proposals=proposed
    )


PAGES = (
    SitePage("/admin/sagas", view(listed)),
    SitePage("/admin/sagas/{id}", view(saga, messages=_MESSAGES), ACT),
)

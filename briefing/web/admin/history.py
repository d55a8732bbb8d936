"""Editions of many days: by publisher, by watch-list and by saga; sagas are merged and split."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, timedelta
from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import Response

from briefing.app.sagas import decline_proposal, join_sagas, part_saga, proposals, show
from briefing.core.errors import InputError, UsageError
from briefing.core.messages import Translatable
from briefing.press.catalog import _, ngettext
from briefing.press.wording import say
from briefing.store import statistics
from briefing.web.admin.frame import AdminSession, admin_form, admin_page
from briefing.web.forms import FieldError, Listing, sentence
from briefing.web.saga import named_by_day, page_of_sagas

PATH = "/admin/settings/watch"


def named(session: AdminSession) -> Response:
    """Show what editions printed for a watch-list, by day, with its entries."""
    shown = named_by_day(session, PATH, private=True)
    return session.page("watched", **shown | {"lists": "/admin/settings/lists/watch"})


#: Most characters of an id that are shown again.
_SHOWN = 20


def saga(session: AdminSession) -> Response:
    """Show a saga, or correct it."""
    if not session.posts:
        return _page(session)
    do, briefing, id_ = session.do, session.briefing, session.path["id"]
    into = session.field("into").strip()[:_SHOWN]
    try:
        if do == "join":
            done, message = session.run(join_sagas, briefing, id_, into), "joined"
        elif do == "decline":
            done, message = session.run(decline_proposal, briefing, id_, into), "declined"
        elif do == "part":
            parts = (value.rpartition(" ") for value in session.values("days"))
            keys = [(edition, story) for edition, _space, story in parts]
            done, message = session.run(part_saga, briefing, id_, keys), "parted"
        else:
            raise HTTPException(400)
    except (InputError, UsageError) as error:
        field = "days" if do == "part" else "into"
        return _page(
            session, (FieldError(field, sentence(error), _("Check the saga again")),), status=400
        )
    return session.back(f"/admin/sagas/{done.id}", message=message)


def _page(
    session: AdminSession, wrong: Sequence[FieldError] = (), *, status: int = 200
) -> Response:
    try:
        shown = session.look(show, session.briefing, session.path["id"])
    except InputError as error:
        raise HTTPException(404) from error
    return session.page(
        "saga",
        status=status,
        shown=shown,
        chosen=session.values("days") if wrong else (),
        into=session.field("into")[:_SHOWN] if wrong else "",
        wrong=wrong,
    )


def listed(session: AdminSession) -> Response:
    """List the sagas."""
    proposed = session.look(proposals, session.briefing)
    shown = page_of_sagas(session, "/admin/sagas")
    return session.page("sagas", proposals=proposed, **shown)


_LEDGER = "/admin/sources/ledger"
#: Rows per page.
_ROWS = 50
#: Days to count, by value of the field, with a label.
_SPANS = {"": (30, Translatable("30 days")), "year": (365, Translatable("A year"))}
#: Column label and sort key; the first is the default. Highest counts come first.
_LEDGER_SORTS: Mapping[str, tuple[str, Callable[[statistics.PublisherCount], Any]]] = {
    "reports": (Translatable("Reports"), lambda each: (-each.reports, each.name.casefold())),
    "name": (Translatable("Publisher"), lambda each: each.name.casefold()),
    "printed": (Translatable("Printed"), lambda each: -each.printed),
    "corrected": (Translatable("Corrected"), lambda each: -each.corrected),
    "first": (Translatable("First"), lambda each: -each.first),
    "silent": (Translatable("Silent days"), lambda each: -each.silent),
}


def ledger(session: AdminSession) -> Response:
    """Show the counts of all publishers, or of those whose names have the requested words."""
    today = session.at.astimezone(UTC).date()
    listing = Listing(_LEDGER, session.query, keys=("q", "span", "sort", "order"))
    span = listing.asked("span") if listing.asked("span") in _SPANS else ""
    since = today - timedelta(days=_SPANS[span][0] - 1)
    counts = session.look(statistics.publisher_counts, session.briefing, since=since, until=today)
    words = listing.asked("q").casefold()
    matching = [each for each in counts if words in each.name.casefold()]
    return session.page(
        "source_ledger",
        **listing.table(matching, _LEDGER_SORTS, size=_ROWS),
        spans={key: label for key, (_, label) in _SPANS.items()},
        span=span,
        known=len(counts),
        summary=ngettext(
            "{n} publisher since {day}.",
            "{n} publishers since {day}.",
            len(counts),
            day=say().day(since, say().date_of_year),
        ),
    )


PAGES = (
    admin_page(_LEDGER, ledger),
    admin_page(f"{PATH}/{{name}}", named, "change setting"),
    admin_page("/admin/sagas", listed),
    admin_form("/admin/sagas/{id}", saga, "merge sagas"),
)

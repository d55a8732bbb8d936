"""An address is tried, its source is shown as it would be, and added from there."""

from __future__ import annotations

from starlette.responses import Response

from briefing.app.collect import previews
from briefing.app.collect.sources import add_sources, faults_of, note_trial, refuse_password
from briefing.app.collect.trial import Trial
from briefing.core.errors import BriefingError
from briefing.core.model import Source
from briefing.store import sources
from briefing.web.admin.frame import AdminSession, view
from briefing.web.admin.source_form import choices, fields_of, read_fields, wrong_fields
from briefing.web.admin.source_states import KINDS, address_of, path_of, title_of
from briefing.web.admin.sources import MESSAGES, list_page
from briefing.web.admin.times import times_in
from briefing.web.forms import FieldError
from briefing.web.page import ACT, ONLY_ACT, SitePage
from briefing.web.sentences import sentence

#: Longest address in characters, as in lists of sources.
_LONGEST = 2_048
_EXAMPLE = "Write it like news.example or https://news.example/feed"


def attempt(session: AdminSession) -> Response:
    """Try the address that was sent; lead to the preview."""
    trials = session.context.trials
    if trials is None:
        return session.back("/admin/sources")
    written = session.field("address").strip()[:_LONGEST]
    if not written or not written.isprintable():
        wrong = FieldError("address", "There is no address to try.", _EXAMPLE)
        return list_page(session, written=written, wrong=(wrong,))
    try:
        refuse_password(written if "://" in written else f"https://{written}")
        session.change(note_trial, written)
        trial = trials(written)
    except BriefingError as error:
        wrong = FieldError("address", "This address cannot be added.", sentence(str(error)))
        return list_page(session, written=written, wrong=(wrong,))
    return session.back(f"/admin/sources/tried/{keep(session, trial)}")


def keep(session: AdminSession, trial: Trial) -> str:
    """Keep the result of a trial; return its key."""
    with session.context.store.write() as tx:
        return previews.keep(tx, session.key, trial, at=session.request.at)


def tried(session: AdminSession) -> Response:
    """Show what an address would bring, or add it with what was filled in."""
    key = session.request.path["key"]
    with session.context.store.read() as tx:
        trial = previews.kept(tx, session.key, key, Trial, at=session.request.at)
    if trial is None:
        return session.back("/admin/sources", message="over")
    if not session.request.posts:
        return _page(session, trial, trial.source, ())
    wrong, source = read_fields(session, trial.source)
    wrong = wrong or wrong_fields(faults_of(source))
    if wrong:
        return _page(session, trial, source, wrong)
    if not session.change(add_sources, [source]):
        return _page(session, trial, source, ())
    with session.context.store.write() as tx:
        previews.forget(tx, session.key, key)
    return session.back(path_of(source.url), message="added")


def _page(
    session: AdminSession, trial: Trial, source: Source, wrong: tuple[FieldError, ...]
) -> Response:
    times = times_in(session.zone, now=session.request.at)
    with session.context.store.read() as tx:
        known = frozenset(sources.addresses(tx))
    health = trial.health
    return session.page(
        "tried",
        status=422 if wrong else 200,
        name=title_of(trial.source),
        facts={
            "Address": address_of(source.url),
            "Kind": KINDS.get(source.kind, source.kind),
            "Reports": f"{health.items}, {health.texts}" if health.items else "none now",
            "Newest": times.moment(health.newest) or "no date given",
            "Language": trial.language or "not known",
            "robots.txt": health.robots or "does not apply",
        },
        reason=sentence(health.reason),
        advice=sentence(health.advice),
        readable=health.reachable and (health.items > 0 or not health.reason),
        reports=[(times.moment(one.published), one) for one in trial.reports],
        known=path_of(source.url) if source.url in known else "",
        others=[
            (title_of(one), address_of(one.url), one.url)
            for one in trial.found[1:]
            if one.url not in known
        ],
        fields=fields_of(source),
        choices=choices(),
        wrong=wrong,
    )


PAGES = (
    SitePage("/admin/sources/try", view(attempt, posts=True), ONLY_ACT),
    SitePage("/admin/sources/tried/{key}", view(tried, posts=True, messages=MESSAGES), ACT),
)

"""Lists of sources as OPML: one is read, shown and added; all sources are downloaded."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.responses import Response

from briefing.app.collect import previews
from briefing.app.collect.sources import add_sources, note_list
from briefing.core.counting import counted
from briefing.core.errors import InputError
from briefing.core.model import Source
from briefing.sources.opml import OPML_BYTES, Opml, read_opml, write_opml
from briefing.store import sources
from briefing.web.admin.frame import AdminSession, view
from briefing.web.admin.session import is_signed_in
from briefing.web.admin.source_states import KINDS, address_of, title_of
from briefing.web.admin.sources import MESSAGES, list_page
from briefing.web.forms import FieldError
from briefing.web.page import ACT, ONLY_ACT, SitePage
from briefing.web.request import Intake
from briefing.web.sentences import capitalized

#: Rows of each kind that are shown.
_SHOWN = 500


@dataclass(frozen=True, slots=True)
class _Split:
    """The sources of a list."""

    new: tuple[Source, ...]
    known: tuple[Source, ...]


def bring(session: AdminSession) -> Response:
    """Read the list that was sent; lead to the preview."""
    sent = session.request.file
    if sent is None or not sent.content:
        return _refused(session, "No file was sent.", "Choose the OPML file that a reader exported")
    try:
        opml = read_opml(sent.content)
    except InputError as error:
        return _refused(session, "This file is no list.", capitalized(str(error)))
    session.change(note_list, opml)
    with session.context.store.write() as tx:
        key = previews.keep(tx, session.key, opml, at=session.request.at)
    return session.back(f"/admin/sources/list/{key}")


def _refused(session: AdminSession, message: str, hint: str) -> Response:
    return list_page(session, wrong=(FieldError("file", message, hint),))


def preview(session: AdminSession) -> Response:
    """Show what a list would add, or add it."""
    key = session.request.path["key"]
    with session.context.store.read() as tx:
        opml = previews.kept(tx, session.key, key, Opml, at=session.request.at)
    if opml is None:
        return session.back("/admin/sources", message="over")
    if session.request.posts:
        session.change(add_sources, opml.sources)
        with session.context.store.write() as tx:
            previews.forget(tx, session.key, key)
        return session.back("/admin/sources", message="imported")
    split = _split(session, opml)
    return session.page(
        "source_list",
        opml=opml,
        summary=_summary(opml, split),
        new=[(title_of(one), address_of(one.url), _about(one)) for one in split.new[:_SHOWN]],
        known=[(title_of(one), address_of(one.url)) for one in split.known[:_SHOWN]],
        more_new=max(0, len(split.new) - _SHOWN),
        more_known=max(0, len(split.known) - _SHOWN),
        adds=counted(len(split.new), "source"),
    )


def download(session: AdminSession) -> Response:
    """Send all sources as an OPML file."""
    context = session.context
    with context.store.read() as tx:
        listed = [status.source for status in sources.source_statuses(tx)]
    content = write_opml(listed, title=context.name, made=session.request.at)
    name = f"{context.briefing}-sources.opml"
    return Response(
        content,
        media_type="text/x-opml",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _split(session: AdminSession, opml: Opml) -> _Split:
    with session.context.store.read() as tx:
        here = frozenset(sources.addresses(tx))
    return _Split(
        tuple(one for one in opml.sources if one.url not in here),
        tuple(one for one in opml.sources if one.url in here),
    )


def _summary(opml: Opml, split: _Split) -> str:
    lost = f", {opml.lost:,} could not be used" if opml.lost else ""
    return f"{len(split.new):,} new, {len(split.known):,} already known{lost}."


def _about(source: Source) -> str:
    parts = (
        "" if source.kind == "feed" else KINDS.get(source.kind, source.kind),
        source.owner and f"owner {source.owner}",
        source.language,
        "" if source.weight == 1 else f"weight {source.weight:g}",
        source.grade and f"grade {source.grade}",
        source.genre,
    )
    return ", ".join(part for part in parts if part)


PAGES = (
    SitePage("/admin/sources.opml", view(download)),
    SitePage(
        "/admin/sources/import",
        view(bring, posts=True),
        ONLY_ACT,
        Intake(OPML_BYTES, allows=is_signed_in),
    ),
    SitePage("/admin/sources/list/{key}", view(preview, posts=True, messages=MESSAGES), ACT),
)

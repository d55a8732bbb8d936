"""Watch-lists, changed on the next page before they are saved; sagas, joined and parted."""

from collections.abc import Sequence
from functools import partial

from starlette.exceptions import HTTPException
from starlette.responses import Response

from briefing.app.sagas import decline_proposal, join_sagas, part_saga, proposals, show
from briefing.core.errors import BriefingError, InputError, LayoutError, UsageError
from briefing.core.model import LONGEST_LABEL
from briefing.press.readback import page_picture
from briefing.settings.file import (
    ChangedMeanwhileError,
    Proposal,
    UnwritableSettingsError,
    WrongSettingsError,
)
from briefing.setup.settings_editor import Row, TableEditor, mark_of
from briefing.web.admin.frame import AdminSession, admin_form, admin_page, is_signed_in, required
from briefing.web.admin.settings import editor_of, pictured
from briefing.web.forms import FieldError, FieldErrors, capitalized, sentence
from briefing.web.request import Intake
from briefing.web.saga import counted_lists, named_by_day, page_of_sagas

PATH = "/admin/settings/watch"
#: The setting, as forms name it to notice that somebody else changed it.
SETTING = "watch"
#: Bytes of a form: what a settings file has at most.
_LARGEST = 1 << 20
#: Characters of a field, but for the entries.
_SHORT = 200
#: A list of which nothing was typed yet.
_EMPTY: Row = {
    "name": "",
    "label": "",
    "words": [],
    "publishers": [],
    "pull": False,
    "alert": 0,
    "offer": False,
}


def watch_lists(session: AdminSession) -> Response:
    """Show the lists, or the form of one; preview, save or remove it, as asked."""
    editor = TableEditor(editor_of(session), SETTING)
    try:
        if session.posts and session.do != "remove":
            return _changed(session, editor)
        if session.posts:
            name, seen = session.field("name")[:_SHORT], session.field("seen")
            editor.write(editor.without(name), seen=seen, actor=session.actor)
            return session.back(PATH, message="removed")
        rows, name = editor.rows(), session.asked("list")
    except ChangedMeanwhileError:
        return session.back(PATH, message="meanwhile")
    except BriefingError as error:
        # The file itself cannot be read or edited.
        return session.page("watch_lists", status=409, trouble=sentence(error), rows=())
    if "list" not in session.request.query:
        counts = {summary.name: summary for summary in counted_lists(session.request)}
        gone = sorted(counts.keys() - {str(row["name"]) for row in rows})
        rows = [_EMPTY | row for row in rows]
        return session.page("watch_lists", trouble="", rows=rows, counts=counts, gone=gone)
    row = next((row for row in rows if row["name"] == name), None)
    if name and row is None:
        raise HTTPException(404)
    return _form(session, editor, row or {}, is_new=not name)


def named(session: AdminSession) -> Response:
    """Show what editions printed of a list, by day, with its entries."""
    return session.page("watched", **named_by_day(session.request, PATH, private=True))


def _changed(session: AdminSession, editor: TableEditor) -> Response:
    """Preview a list as it was typed, or save what was previewed."""
    row, is_new = _row(session), session.field("new") == "1"
    form = partial(_form, session, editor, row)
    if not is_new and row["name"] not in {row["name"] for row in editor.rows()}:
        return form(is_new=True, meanwhile=True)
    if not row["words"]:
        wrong = FieldError("words", "The list has no entry.", "Write at least one")
        return form(is_new=is_new, wrong=(wrong,))
    proposal, rows = None, list[Row]()
    try:
        rows = editor.added(row) if is_new else editor.changed(row)
        proposal = editor.propose(rows)
        if session.do == "save" and session.field("previewed") == mark_of(proposal.text):
            editor.write(rows, seen=session.field("seen"), actor=session.actor)
            return session.back(PATH, message="saved")
    except ChangedMeanwhileError:
        return form(is_new=is_new, proposal=proposal, meanwhile=True)
    except BriefingError as error:
        kept = proposal if isinstance(error, UnwritableSettingsError) else None
        return form(is_new=is_new, proposal=kept, wrong=_wrong(error, row, rows))
    return form(is_new=is_new, proposal=proposal)


def _row(session: AdminSession) -> Row:
    words, publishers = (
        [line for each in session.field(name).splitlines() if (line := " ".join(each.split()))]
        for name in ("words", "publishers")
    )
    alert = session.field("alert").strip()[:_SHORT]
    return {
        "name": session.field("name").strip()[:_SHORT],
        "label": session.field("label").strip()[:_SHORT],
        "words": words,
        "publishers": publishers,
        "pull": session.field("pull") == "yes",
        "offer": session.field("offer") == "yes",
        "alert": int(alert) if alert.isascii() and alert.isdigit() else alert or 0,
    }


def _form(  # noqa: PLR0913  what was sent, and what came of it
    session: AdminSession,
    editor: TableEditor,
    row: Row,
    *,
    is_new: bool,
    proposal: Proposal | None = None,
    wrong: FieldErrors = (),
    meanwhile: bool = False,
) -> Response:
    writable, file, picture = editor.settings.is_writable, editor.settings.file(), None
    if proposal and proposal.changes:
        # Of the next page, and what it shows.
        preview = editor.settings.preview(proposal.settings)
        mark = mark_of(proposal.settings.model_dump_json())
        picture = pictured(preview, f"{PATH}/page.png?of={mark}")
    return session.page(
        "watch_list",
        status=409 if meanwhile else 422 if wrong else 200,
        row=_EMPTY | row,
        is_new=is_new,
        wrong=wrong,
        meanwhile=meanwhile,
        proposal=proposal,
        previewed=mark_of(proposal.text) if proposal else "",
        picture=picture,
        seen=file.seen((SETTING,)),
        longest=LONGEST_LABEL,
        # The whole file, to be pasted where it cannot be written.
        paste=proposal.text if proposal and (wrong or not writable) else "",
        removing=session.asked("remove") == "1",
        writable=writable,
        file=editor.settings.path.name,
    )


def picture(session: AdminSession) -> Response:
    """Return a page that was previewed a moment ago, as PNG."""
    preview = required(editor_of(session).previewed(session.asked("of")))
    try:
        return Response(page_picture(preview.pdf), media_type="image/png")
    except LayoutError as error:
        raise HTTPException(404) from error


def _wrong(error: BriefingError, row: Row, rows: Sequence[Row]) -> FieldErrors:
    """Return what is wrong beside the fields that it is about, else beside the entries."""
    if isinstance(error, InputError):
        return (FieldError("name", f"Name: {error}", capitalized(str(error))),)
    if not isinstance(error, WrongSettingsError):
        return (FieldError("words", sentence(error), "Nothing was saved"),)
    number = next(place for place, each in enumerate(rows, 1) if each["name"] == row["name"])
    own, errors = f"{SETTING}.{number}.", []
    for place, why in error.wrong.items():
        field, _, line = place.removeprefix(own).partition(".")
        reason = f"line {line}: {why}" if line else why
        if not place.startswith(own) or field not in {
            "name",
            "label",
            "words",
            "publishers",
            "alert",
        }:
            field, reason = "words", f"elsewhere in the file, {place}: {why}"
        label = "Entries" if field == "words" else field.capitalize()
        errors.append(FieldError(field, f"{label}: {reason}", capitalized(reason)))
    return tuple(errors)


#: Characters of an id that are shown again.
_SHOWN = 20


def saga(session: AdminSession) -> Response:
    """Show a saga, or correct it."""
    if not session.posts:
        return _page(session)
    do, briefing, id_ = session.do, session.briefing, session.request.path["id"]
    into = session.field("into").strip()[:_SHOWN]
    try:
        if do == "join":
            done, message = session.run(join_sagas, briefing, id_, into), "joined"
        elif do == "decline":
            done, message = session.run(decline_proposal, briefing, id_, into), "declined"
        elif do == "part":
            parts = (value.rpartition(" ") for value in session.values("days"))
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
        shown = session.request.look(show, session.briefing, session.request.path["id"])
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
    """List the sagas, to open one."""
    proposed = session.request.look(proposals, session.briefing)
    shown = page_of_sagas(session.request, "/admin/sagas")
    return session.page("sagas", proposals=proposed, **shown)


PAGES = (
    admin_page(f"{PATH}/page.png", picture),
    admin_form(PATH, watch_lists, "change setting", intake=Intake(_LARGEST, allows=is_signed_in)),
    admin_page(f"{PATH}/{{name}}", named, "change setting"),
    admin_page("/admin/sagas", listed),
    admin_form("/admin/sagas/{id}", saga, "join sagas"),
)

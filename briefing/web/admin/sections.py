"""The sections page: names, labels, words and order of the sections, and which are taught."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.responses import Response

from briefing.core.errors import BriefingError
from briefing.core.model import LONGEST_LABEL
from briefing.setup.section_trainer import SectionTrainer, is_name
from briefing.setup.settings.save import ChangedMeanwhileError, WrongSettingsError
from briefing.setup.table_editor import Row, TableEditor
from briefing.web.admin.frame import AdminSession, redirect, view
from briefing.web.forms import FieldError
from briefing.web.page import ACT, SitePage
from briefing.web.sentences import capitalized

PATH = "/admin/sections"
#: The setting, as forms name it to notice that somebody else changed it.
SEEN = ("sections",)
#: Characters read of a field.
_LONGEST = 4_000
MESSAGES: Mapping[str, str] = MappingProxyType(
    {
        "saved": "Saved. It takes effect with the next edition.",
        "removed": "Removed. It takes effect with the next edition.",
        "meanwhile": "Nothing was saved: somebody else has changed the sections meanwhile. This is "
        "how they are now.",
        "accepted": "Accepted. From the next edition on, its own model recognizes the section.",
        "discarded": "Discarded. The sentences are kept.",
    }
)


def trainer_of(session: AdminSession) -> SectionTrainer:
    """Return what teaches the sections and, beside it, changes them.

    Raises:
        HTTPException: they are not changed from here (404).
    """
    if session.context.section_trainer is None:
        raise HTTPException(404)
    return session.context.section_trainer


def path_of(name: str) -> str:
    """Return the path of the page that teaches a section."""
    return f"{PATH}/{quote(name)}"


def sections(session: AdminSession) -> Response:
    """Show the sections, or apply the action of a form."""
    if session.context.section_trainer is None:
        return session.page("sections", editable=False)
    do = session.field("do") if session.request.posts else ""
    if do == "teach":
        return _begin(session)
    return _changed(session, _ACTIONS[do]) if do in _ACTIONS else _page(session)


def _changed(session: AdminSession, act: Callable[[AdminSession, TableEditor], str]) -> Response:
    try:
        message = act(session, trainer_of(session).sections)
    except ChangedMeanwhileError:
        return session.back(PATH, message="meanwhile")
    except BriefingError as error:
        return _page(session, problem=error)
    if act in {_up, _down}:
        # Whoever moves it a second time need not look for it.
        return redirect(session.request, f"{PATH}?message={message}#{_place_of(_name(session))}")
    return session.back(PATH, message=message)


def _place_of(name: str) -> str:
    """Return the place of a section on the page; no name has an underscore."""
    return f"section-{quote(name.replace(' ', '_'))}"


def _add(session: AdminSession, editor: TableEditor) -> str:
    editor.add(_row(session), seen=_seen(session), actor=session.actor, at=session.request.at)
    return "saved"


def _save(session: AdminSession, editor: TableEditor) -> str:
    editor.change(_row(session), seen=_seen(session), actor=session.actor, at=session.request.at)
    return "saved"


def _up(session: AdminSession, editor: TableEditor) -> str:
    return _moved(session, editor, -1)


def _down(session: AdminSession, editor: TableEditor) -> str:
    return _moved(session, editor, 1)


def _moved(session: AdminSession, editor: TableEditor, by: int) -> str:
    name, seen = _name(session), _seen(session)
    editor.move(name, by, seen=seen, actor=session.actor, at=session.request.at)
    return "saved"


def _remove(session: AdminSession, editor: TableEditor) -> str:
    name, seen = _name(session), _seen(session)
    editor.remove(name, seen=seen, actor=session.actor, at=session.request.at)
    return "removed"


#: What the forms of the page do, by the value of their button.
_ACTIONS: Mapping[str, Callable[[AdminSession, TableEditor], str]] = MappingProxyType(
    {"add": _add, "save": _save, "up": _up, "down": _down, "remove": _remove}
)


def _begin(session: AdminSession) -> Response:
    """Lead to the page that teaches a new section."""
    name = _name(session)
    if is_name(name):
        return session.back(path_of(name))
    wrong = FieldError("name", "The name cannot be used.", _NAME_HINT)
    return _page(session, wrong=(wrong,))


_NAME_HINT = "Write up to 30 lower-case letters, digits, spaces and hyphens, a letter first"


def _name(session: AdminSession) -> str:
    return session.field("name").strip()[:_LONGEST]


def _seen(session: AdminSession) -> str:
    return session.field("seen")[:_LONGEST]


def _row(session: AdminSession) -> Row:
    lines = session.field("words")[:_LONGEST].replace("\r", "\n").replace(",", "\n").split("\n")
    return {
        "name": _name(session),
        "label": session.field("label").strip()[:_LONGEST],
        "words": [word for line in lines if (word := " ".join(line.split()))],
    }


def _page(
    session: AdminSession,
    *,
    problem: BriefingError | None = None,
    wrong: tuple[FieldError, ...] = (),
) -> Response:
    trainer = trainer_of(session)
    try:
        sections = trainer.sections
        file, rows, begun = sections.settings.file(), sections.rows(), trainer.begun()
    except BriefingError as error:
        return session.page("sections", status=422, editable=True, rows=[], broken=str(error))
    typed = _row(session) if problem or wrong else {}
    is_new = session.field("do") in {"add", "teach"}
    wrong = wrong or (_wrong(problem, is_new=is_new) if problem else ())
    return session.page(
        "sections",
        status=422 if wrong else 200,
        editable=True,
        broken="",
        rows=[_shown(row, typed if not is_new else {}) for row in rows],
        new=typed if typed and is_new else {"name": "", "label": "", "words": []},
        adding=bool(typed) and is_new,
        changing="" if is_new else typed.get("name", ""),
        begun=begun,
        wrong=wrong,
        seen=file.seen(SEEN),
        classifier=file.get("classifier"),
        longest=LONGEST_LABEL,
        path_of=path_of,
        place_of=_place_of,
        removing=session.request.query.get("remove", ""),
    )


def _shown(row: Row, typed: Row) -> Row:
    """Return a section with all keys, as typed where that was refused."""
    full = {"label": "", "words": [], "model": "", **row}
    return full | typed if typed.get("name") == row["name"] else full


def _wrong(problem: BriefingError, *, is_new: bool) -> tuple[FieldError, ...]:
    """Return what is wrong beside the fields that it is about."""
    reasons = problem.wrong if isinstance(problem, WrongSettingsError) else {"": str(problem)}
    errors = []
    for place, reason in reasons.items():
        key = next((part for part in place.split(".") if part in {"name", "label", "words"}), "")
        field = key or ("name" if is_new else "words")
        message = f"{field.capitalize()}: {reason}"
        errors.append(FieldError(field, message, capitalized(reason)))
    return tuple(errors)


PAGES = (SitePage(PATH, view(sections, posts=True, messages=MESSAGES), ACT),)

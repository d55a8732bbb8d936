"""The sections page, and the page that teaches one section and accepts what it learned."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.responses import Response

from briefing.core.errors import BriefingError, InputError
from briefing.core.model import LONGEST_LABEL
from briefing.core.text.classifiers.learning import FEWEST_EXAMPLES, Quality
from briefing.settings.file import ChangedMeanwhileError, WrongSettingsError
from briefing.setup.section_trainer import SectionTrainer, is_name
from briefing.setup.settings_editor import Row, TableEditor
from briefing.store import archive
from briefing.store.archive import Question
from briefing.web.admin.frame import AdminSession, redirect, times_in, view
from briefing.web.forms import FieldError, capitalized
from briefing.web.request import ACT, SitePage

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


#: Sentences found at most, and characters read of what is pasted and searched.
_FOUND, _PASTED, _SEARCHED = 30, 14_000, 200
_MESSAGES: Mapping[str, str] = MappingProxyType(
    {
        **MESSAGES,
        "kept": "Saved. Train when there are about thirty examples.",
        "trained": "Trained. See below how well it does; accept it, or answer the doubtful ones "
        "and train again.",
        "forgotten": "Removed.",
        "none": "Nothing was chosen, so nothing has changed.",
    }
)
#: Sentences pasted stand on lines of their own; a sentence may also end within one.
_ENDS = re.compile(r"[\r\n]+")


def section(session: AdminSession) -> Response:
    """Show what a section was taught, or apply the action of a form."""
    trainer, name = trainer_of(session), session.request.path["name"]
    if not is_name(name):
        raise HTTPException(404)
    do = session.field("do") if session.request.posts else ""
    if do not in _ACTIONS_SECTION:
        return _page_section(session, trainer, name)
    try:
        path, message = _ACTIONS_SECTION[do](session, trainer, name)
    except ChangedMeanwhileError:
        return session.back(PATH, message="meanwhile")
    except BriefingError as error:
        return _page_section(session, trainer, name, problem=str(error))
    return session.back(path, message=message)


def _say(
    session: AdminSession, trainer: SectionTrainer, name: str, said: Mapping[str, bool]
) -> tuple[str, str]:
    if not said:
        return path_of(name), "none"
    trainer.say(name, said, actor=session.actor, at=session.request.at)
    return path_of(name), "kept"


def _paste(session: AdminSession, trainer: SectionTrainer, name: str) -> tuple[str, str]:
    lines = _ENDS.split(session.field("sentences")[:_PASTED])
    belongs = session.field("belongs") != "no"
    return _say(session, trainer, name, {line: belongs for line in lines if line.strip()})


def _pick(session: AdminSession, trainer: SectionTrainer, name: str) -> tuple[str, str]:
    picked = session.request.fields.get("pick", ())[:_FOUND]
    return _say(session, trainer, name, dict.fromkeys(picked, True))


def _train(session: AdminSession, trainer: SectionTrainer, name: str) -> tuple[str, str]:
    trainer.train(name, actor=session.actor, at=session.request.at)
    return path_of(name), "trained"


def _answer(session: AdminSession, trainer: SectionTrainer, name: str) -> tuple[str, str]:
    """Keep the answers to the doubts that were shown, and train again."""
    trial = trainer.trial(name)
    if trial is not None and trial.model != session.field("model"):
        # The doubts have numbers, which would stand for other sentences.
        raise InputError(f"{name}: trained again meanwhile; answer its doubts as they are now")
    doubts = trial.doubtful if trial else ()
    told = {text: session.field(f"doubt{at}") for at, text in enumerate(doubts)}
    said = {text: answer == "yes" for text, answer in told.items() if answer in {"yes", "no"}}
    if not said:
        return path_of(name), "none"
    trainer.say(name, said, actor=session.actor, at=session.request.at)
    return _train(session, trainer, name)


def _accept(session: AdminSession, trainer: SectionTrainer, name: str) -> tuple[str, str]:
    seen, model = session.field("seen")[:_SEARCHED], session.field("model")
    trainer.accept(name, model=model, seen=seen, actor=session.actor, at=session.request.at)
    return PATH, "accepted"


def _discard(session: AdminSession, trainer: SectionTrainer, name: str) -> tuple[str, str]:
    trainer.discard(name, actor=session.actor, at=session.request.at)
    return path_of(name), "discarded"


def _forget(session: AdminSession, trainer: SectionTrainer, name: str) -> tuple[str, str]:
    trainer.forget(name, session.field("sentence"), actor=session.actor, at=session.request.at)
    return path_of(name), "forgotten"


_Action = Callable[[AdminSession, SectionTrainer, str], tuple[str, str]]
#: What the forms of the page do, by the value of their button.
_ACTIONS_SECTION: Mapping[str, _Action] = MappingProxyType(
    {
        "paste": _paste,
        "pick": _pick,
        "train": _train,
        "answer": _answer,
        "accept": _accept,
        "discard": _discard,
        "forget": _forget,
    }
)


def _page_section(
    session: AdminSession, trainer: SectionTrainer, name: str, *, problem: str = ""
) -> Response:
    words = session.request.query.get("words", "").strip()[:_SEARCHED]
    try:
        file, examples, trial = (
            trainer.sections.settings.file(),
            trainer.examples(name),
            trainer.trial(name),
        )
        row = next((row for row in trainer.sections.rows() if row["name"] == name), {})
    except BriefingError as error:
        return session.page("section", status=422, name=name, broken=str(error))
    known = {one.text for one in examples}
    wrong = (FieldError("sentences", problem, problem),) if problem else ()
    times = times_in(session.zone, now=session.request.at)
    return session.page(
        "section",
        status=422 if wrong else 200,
        name=name,
        label=row.get("label") or name.capitalize(),
        model=row.get("model", ""),
        broken="",
        yes=[one.text for one in examples if one.belongs],
        no=[one.text for one in examples if not one.belongs],
        fewest=FEWEST_EXAMPLES,
        trial=trial,
        trained=times.moment(trial.made) if trial else "",
        quality=_quality(trial.quality) if trial else (),
        words=words,
        found=[text for text in _found(session, words) if text not in known],
        typed=session.field("sentences")[:_PASTED] if wrong else "",
        seen=file.seen(SEEN),
        wrong=wrong,
        path=path_of(name),
    )


def _found(session: AdminSession, words: str) -> list[str]:
    """Return printed sentences with these words, each once, the newest first."""
    if not words:
        return []
    with session.context.store.read() as tx:
        page = archive.search(tx, session.context.briefing, Question(words=words), limit=_FOUND)
    return list(dict.fromkeys(" ".join(hit.sentence.split()) for hit in page.hits if hit.sentence))


def _quality(quality: Quality) -> tuple[tuple[str, str, str, str], ...]:
    """Return each measure with what it says, its value and its interval, in hundredths."""
    measures = (
        (
            "Precision",
            "Of 100 sentences that it takes, so many belong here",
            quality.precision,
        ),
        ("Recall", "Of 100 that belong here, it takes so many", quality.recall),
        ("F1", "Both in one number; 100 is perfect", quality.f1),
    )
    return tuple(
        (name, words, f"{100 * one.value:.0f}", f"{100 * one.low:.0f} to {100 * one.high:.0f}")
        for name, words, one in measures
    )


PAGES = (
    SitePage(PATH, view(sections, posts=True, messages=MESSAGES), ACT),
    SitePage(f"{PATH}/{{name}}", view(section, posts=True, messages=_MESSAGES), ACT),
)

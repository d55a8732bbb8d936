"""The page of sections, and the page on which a section is taught."""

import re
from collections.abc import Mapping, Sequence
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.responses import Response

from briefing.core.errors import BriefingError, InputError
from briefing.core.messages import Translatable
from briefing.core.model import LONGEST_LABEL
from briefing.core.text.classifiers.learning import FEWEST_EXAMPLES
from briefing.press.catalog import gettext as _
from briefing.press.catalog import shown
from briefing.press.wording import capitalized
from briefing.settings.file import ChangedMeanwhileError, WrongSettingsError
from briefing.setup.parts import classifier_name
from briefing.setup.section_trainer import SectionTrainer, is_name
from briefing.setup.settings_editor import Row
from briefing.store import archive
from briefing.store.archive import Hit, Question
from briefing.web.admin.frame import AdminSession, admin_form, redirect, required
from briefing.web.forms import FieldError, FieldErrors

PATH = "/admin/sections"
#: The setting that forms include, so that changes by others are noticed.
SEEN = ("sections",)
#: Most characters of a field that are read.
_LONGEST = 4_000
#: Labels of its fields.
_LABELS = {
    "name": Translatable("Name"),
    "label": Translatable("Label"),
    "words": Translatable("Words"),
}


def trainer_of(session: AdminSession) -> SectionTrainer:
    """Return the object that teaches and changes sections; 404 if that is not possible here."""
    return required(session.context.section_trainer)


def path_of(name: str) -> str:
    """Return the path of the page that teaches a section."""
    return f"{PATH}/{quote(name)}"


def sections(session: AdminSession) -> Response:  # noqa: PLR0911  each refusal has its answer
    """Show the sections, or apply the action of a form."""
    if session.context.section_trainer is None:
        return session.page("sections", editable=False)
    do = session.do if session.posts else ""
    name, actor = _name(session), session.actor
    if do == "teach" and is_name(name):
        return session.back(path_of(name))
    if do not in {"add", "save", "up", "down", "remove"}:
        wrong = FieldError("name", _("The name cannot be used."), shown(_NAME_HINT))
        return _page(session, wrong=(wrong,) if do == "teach" else ())
    seen = session.field("seen")[:_LONGEST]
    try:
        editor = trainer_of(session).sections
        if do in {"add", "save"}:
            rows = (editor.added if do == "add" else editor.changed)(_row(session))
        elif do == "remove":
            rows = editor.without(name)
        else:
            rows = editor.moved(name, 1 if do == "down" else -1)
        editor.write(rows, seen=seen, actor=actor)
    except ChangedMeanwhileError:
        return session.back(PATH, message="meanwhile")
    except BriefingError as error:
        return _page(session, problem=error)
    if do in {"up", "down"}:
        # Jump to the section, so that it can be moved again at once.
        return redirect(session.request, f"{PATH}?message=saved#{_place_of(name)}")
    return session.back(PATH, message="removed" if do == "remove" else "saved")


def _place_of(name: str) -> str:
    """Return the id of a section on the page; names have no underscore."""
    return f"section-{quote(name.replace(' ', '_'))}"


_NAME_HINT = Translatable(
    "Write up to 30 lower-case letters, digits, spaces and hyphens, a letter first"
)


def _name(session: AdminSession) -> str:
    return session.field("name").strip()[:_LONGEST]


def _row(session: AdminSession) -> Row:
    lines = session.field("words")[:_LONGEST].replace("\r", "\n").replace(",", "\n").split("\n")
    return {
        "name": _name(session),
        "label": session.field("label").strip()[:_LONGEST],
        "words": [word for line in lines if (word := " ".join(line.split()))],
    }


def _page(
    session: AdminSession, *, problem: BriefingError | None = None, wrong: FieldErrors = ()
) -> Response:
    trainer = trainer_of(session)
    try:
        sections = trainer.sections
        file, rows, begun = sections.settings.file(), sections.rows(), trainer.begun()
    except BriefingError as error:
        return session.page("sections", status=422, editable=True, rows=[], broken=shown(error))
    typed = _row(session) if problem or wrong else {}
    is_new = session.do in {"add", "teach"}
    reasons: Mapping[str, str] = {"": shown(problem)} if problem else {}
    if isinstance(problem, WrongSettingsError):
        reasons = problem.wrong
    for place, reason in reasons.items():
        key = next((part for part in place.split(".") if part in {"name", "label", "words"}), "")
        field = key or ("name" if is_new else "words")
        # Shown beside the field that it concerns.
        why = str(shown(reason))
        message = _("{name}: {value}", name=_LABELS[field], value=why)
        wrong = (*wrong, FieldError(field, message, capitalized(why)))
    return session.page(
        "sections",
        editable=True,
        broken="",
        # As typed, if refused.
        rows=[
            row | (typed if not is_new and typed.get("name") == row["name"] else {}) for row in rows
        ],
        new=typed if is_new else {},
        adding=bool(typed) and is_new,
        changing="" if is_new else typed.get("name", ""),
        begun=begun,
        wrong=wrong,
        seen=file.seen(SEEN),
        classifier=classifier_name(sections.settings.live),
        longest=LONGEST_LABEL,
        path_of=path_of,
        place_of=_place_of,
        removing=session.asked("remove"),
    )


#: Most sentences found, and most characters read of pasted and of searched text.
_FOUND, _PASTED, _SEARCHED = 30, 14_000, 200


#: Message about the result, by the value of the button.
_DONE = {
    "paste": "kept",
    "pick": "kept",
    "train": "trained",
    "answer": "trained",
    "accept": "accepted",
    "discard": "discarded",
    "forget": "forgotten",
}
_ANSWERS = {"yes", "no"}


def section(session: AdminSession) -> Response:
    """Show what a section was taught, or apply the action of a form."""
    trainer, name = trainer_of(session), session.request.path["name"]
    if not is_name(name):
        raise HTTPException(404)
    try:
        message = _teach(session, trainer, name) if session.posts else None
    except ChangedMeanwhileError:
        return session.back(PATH, message="meanwhile")
    except BriefingError as error:
        return _page_section(session, trainer, name, problem=shown(error))
    if message is None:
        return _page_section(session, trainer, name)
    return session.back(PATH if message == "accepted" else path_of(name), message=message)


def _teach(session: AdminSession, trainer: SectionTrainer, name: str) -> str | None:
    """Apply the action of a button; return the key of the message, None for an unknown button."""
    do, actor, answers = session.do, session.actor, dict[str, bool]()
    if do == "paste":
        # Each sentence is on its own line; a line may contain several.
        lines = re.split(r"[\r\n]+", session.field("sentences")[:_PASTED])
        answers = {line: session.field("belongs") != "no" for line in lines if line.strip()}
    elif do == "pick":
        answers = dict.fromkeys(session.values("pick")[:_FOUND], True)
    elif do == "answer":
        trial = trainer.trial(name)
        if trial is not None and trial.model != session.field("model"):
            # Doubtful sentences are sent by number, which may now be that of another sentence.
            raise InputError(
                Translatable(
                    "{name}: trained again in the meantime; answer its new questions", name=name
                )
            )
        doubts = trial.doubtful if trial else ()
        sent = {text: session.field(f"doubt{at}") for at, text in enumerate(doubts)}
        answers = {text: answer == "yes" for text, answer in sent.items() if answer in _ANSWERS}
    if do in {"paste", "pick", "answer"}:
        if not answers:
            return "none"
        trainer.say(name, answers, actor=actor)
    if do in {"train", "answer"}:
        trainer.train(name, actor=actor)
    elif do == "accept":
        seen, model = session.field("seen")[:_SEARCHED], session.field("model")
        trainer.accept(name, model=model, seen=seen, actor=actor)
    elif do == "discard":
        trainer.discard(name, actor=actor)
    elif do == "forget":
        trainer.forget(name, session.field("sentence"), actor=actor)
    return _DONE.get(do)


def _page_section(
    session: AdminSession, trainer: SectionTrainer, name: str, *, problem: str = ""
) -> Response:
    words = session.asked("words").strip()[:_SEARCHED]
    try:
        file, trial = trainer.sections.settings.file(), trainer.trial(name)
        examples = trainer.examples(name)
        row = next((row for row in trainer.sections.rows() if row["name"] == name), {})
    except BriefingError as error:
        return session.page("section", status=422, name=name, broken=shown(error))
    known = {example.text for example in examples}
    wrong = (FieldError("sentences", problem, problem),) if problem else ()
    hits: Sequence[Hit] = ()
    if words:
        with session.read() as tx:
            hits = archive.search(tx, session.briefing, Question(words=words), limit=_FOUND).hits
    # Each sentence once, the newest first.
    matches = dict.fromkeys(" ".join(hit.sentence.split()) for hit in hits if hit.sentence)
    return session.page(
        "section",
        name=name,
        model=row.get("model", ""),
        broken="",
        examples=examples,
        fewest=FEWEST_EXAMPLES,
        trial=trial,
        words=words,
        matches=[text for text in matches if text not in known],
        typed=session.field("sentences")[:_PASTED] if wrong else "",
        seen=file.seen(SEEN),
        wrong=wrong,
        path=path_of(name),
    )


PAGES = (
    admin_form(PATH, sections, "change setting"),
    admin_form(f"{PATH}/{{name}}", section, "give examples"),
)

"""The page on which a section is taught."""

import re
from collections.abc import Sequence
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.responses import Response

from briefing.core.errors import BriefingError, InputError
from briefing.core.messages import Translatable
from briefing.core.text.classifiers.learning import FEWEST_EXAMPLES
from briefing.press.catalog import shown
from briefing.settings.file import ChangedMeanwhileError
from briefing.setup.section_trainer import SectionTrainer, is_name
from briefing.store import archive
from briefing.web.admin.frame import AdminSession, admin_form, required
from briefing.web.forms import FieldError

#: The page on which sections are listed, and the setting that they are.
_LIST, _SEEN = "/admin/settings/lists/sections", ("sections",)


def path_of(name: str) -> str:
    """Return the path of the page that teaches a section."""
    return f"{_LIST}/{quote(name)}"


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
    trainer = required(session.context.section_trainer)
    name = session.path["name"]
    if not is_name(name):
        raise HTTPException(404)
    try:
        message = _teach(session, trainer, name) if session.posts else None
    except ChangedMeanwhileError:
        return session.back(_LIST, message="meanwhile")
    except BriefingError as error:
        return _page_section(session, trainer, name, problem=shown(error))
    if message is None:
        return _page_section(session, trainer, name)
    return session.back(_LIST if message == "accepted" else path_of(name), message=message)


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
    hits: Sequence[archive.Hit] = ()
    if words:
        with session.read() as tx:
            hits = archive.search(
                tx, session.briefing, archive.Question(words=words), limit=_FOUND
            ).hits
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
        seen=file.seen(_SEEN),
        wrong=wrong,
        path=path_of(name),
    )


PAGES = (admin_form(f"{_LIST}/{{name}}", section, "give examples"),)

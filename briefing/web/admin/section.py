"""The page that teaches one section: sentences, training, doubts, and whether it is accepted."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType

from starlette.exceptions import HTTPException
from starlette.responses import Response

from briefing.core.errors import BriefingError, InputError
from briefing.core.text.classifiers.learning import FEWEST_EXAMPLES, Quality
from briefing.setup.section_trainer import SectionTrainer, is_name
from briefing.setup.settings.save import ChangedMeanwhileError
from briefing.store import archive
from briefing.store.archive import Question
from briefing.web.admin.frame import AdminSession, view
from briefing.web.admin.sections import MESSAGES, PATH, SEEN, path_of, trainer_of
from briefing.web.admin.times import times_in
from briefing.web.forms import FieldError
from briefing.web.page import ACT, SitePage

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
    if do not in _ACTIONS:
        return _page(session, trainer, name)
    try:
        path, message = _ACTIONS[do](session, trainer, name)
    except ChangedMeanwhileError:
        return session.back(PATH, message="meanwhile")
    except BriefingError as error:
        return _page(session, trainer, name, problem=str(error))
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
_ACTIONS: Mapping[str, _Action] = MappingProxyType(
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


def _page(
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


PAGES = (SitePage(f"{PATH}/{{name}}", view(section, posts=True, messages=_MESSAGES), ACT),)

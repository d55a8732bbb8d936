"""Settings that are lists of tables with a form each, and the page that teaches a section."""

import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from functools import partial
from secrets import token_bytes
from typing import Any
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.responses import Response

from briefing.app.deliver.administration import CHANNEL_TEST, NOT_SENT
from briefing.core.errors import BriefingError, InputError, LayoutError
from briefing.core.messages import Translatable
from briefing.core.model import OTHER
from briefing.core.text.classifiers.learning import FEWEST_EXAMPLES
from briefing.mail.relay import ResultKind
from briefing.press.catalog import _, ngettext, shown
from briefing.press.readback import page_picture
from briefing.settings.file import ChangedMeanwhileError, Proposal, WrongSettingsError
from briefing.settings.mistakes import schema_of
from briefing.settings.reference import LISTS, SettingGroup, asked
from briefing.setup.channels import send_trial
from briefing.setup.section_trainer import SectionTrainer, is_name
from briefing.setup.settings_editor import Row, TableEditor, mark_of
from briefing.store import archive, audit
from briefing.web.admin.frame import AdminSession, admin_form, admin_page, is_signed_in, required
from briefing.web.admin.settings import (
    as_text,
    beside,
    current_page,
    editor_of,
    fields_of,
    pictured,
    typed,
)
from briefing.web.forms import FieldError, sentence
from briefing.web.request import Intake
from briefing.web.saga import counted_lists

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
        if trial and trial.model != session.field("model"):
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


_PATH = "/admin/settings/lists"
#: Most bytes of a form, the same as of a settings file.
_LARGEST = 1 << 20
#: Most characters of a name that are read.
_LONGEST = 200
#: The beginning of an address: up to the host of a webhook, or the scheme of a service.
_LEADS = re.compile(r"https?://(?:[^/@]*@)?([^/:?#]+)|(\w+)://", re.IGNORECASE)
#: Buttons that move a table, and by how many places.
_MOVES = {"up": -1, "down": 1}
_NOTHING: Mapping[str, str] = {}
_MEANWHILE = Translatable(
    "Someone else has changed this list. What you typed is below; save it again to add it."
)


def change_list(session: AdminSession) -> Response:  # noqa: PLR0911  each button has its answer
    """Show the tables of a list, or the form of one; save, move or remove a table."""
    key = session.path["list"]
    group = required(next((each for each in LISTS if each.key == key), None))
    editor, path = TableEditor(editor_of(session), key), f"{_PATH}/{key}"
    name = (session.field("row") if session.posts else session.asked("row"))[:_LONGEST]
    rows: Sequence[Row] = ()
    try:
        rows = editor.rows()
        if not session.posts and "row" not in session.query:
            return _list(session, group, rows)
        row = next((row for row in rows if row.get("name") == name), None) if name else {}
        if not session.posts:
            return _form(session, group, editor, required(row))
        if session.do == "test" and key == "channel":
            return _test(session, editor, name)
        if session.do == "teach" and is_name(new := session.field("sections.name").strip()):
            return session.back(path_of(new))
        if session.do in _MOVES:
            changed = editor.moved(name, _MOVES[session.do])
        elif session.do == "remove":
            changed = editor.without(name)
        else:
            return _save(session, group, editor, row)
        editor.write(changed, seen=session.field("seen"), actor=session.actor)
    except ChangedMeanwhileError:
        return session.back(path, message="meanwhile")
    except BriefingError as error:
        return _list(session, group, rows, trouble=sentence(error))
    session.context.wake_round()
    return session.back(path, message="removed" if session.do == "remove" else "saved")


def _test(session: AdminSession, editor: TableEditor, name: str) -> Response:
    """Send a test to a channel; the outcome is shown in the list."""
    try:
        result = send_trial(editor.settings.live, name)
        reason = "" if result.kind is ResultKind.SENT else result.detail
    except BriefingError as error:
        reason = str(error)
    came = f"{name}{NOT_SENT}{reason}" if reason else f"{name}: accepted"
    session.note(CHANNEL_TEST, came)
    return session.back(f"{_PATH}/channel", message="tested")


def _tested(session: AdminSession) -> dict[str, Any]:
    """Return the message about the last test, for the page that is shown next."""
    if session.asked("message") != "tested":
        return {}
    for test in session.look(audit.recent, limit=1, what=CHANNEL_TEST):
        name, _sign, reason = test.about.partition(NOT_SENT)
        if reason:
            message = _("The test was not accepted by {name}: {reason}.", name=name, reason=reason)
            return {"message": message, "bad": True}
        return {"message": _("{name} has accepted the test.", name=name.partition(":")[0])}
    return {}


def _list(
    session: AdminSession, group: SettingGroup, rows: Sequence[Row], *, trouble: str = ""
) -> Response:
    watched = counted_lists(session) if group.key == "watch" else ()
    names = {row.get("name") for row in rows}
    trainer = session.context.section_trainer if group.key == "sections" else None
    return session.page(
        "setting_list",
        status=409 if trouble else 200,
        group=group,
        fields=(),
        counts={each.name: each for each in watched},
        gone=sorted(each.name for each in watched if each.name not in names),
        rows=[_listed(group, row) for row in rows],
        trouble=trouble,
        # What is taught beside those of the page.
        begun=trainer.begun() if trainer and rows else (),
        path_of=path_of,
        seen=editor_of(session).file().seen((group.key,)) if rows else "",
        **_tested(session),
    )


def _save(
    session: AdminSession, group: SettingGroup, editor: TableEditor, stored: Row | None
) -> Response:
    """Save a table as typed, preview what is printed, or show what is wrong.

    ``stored`` is the table as stored, empty for a new one; None if somebody has removed it.
    """
    before, seen = stored or {}, session.field("seen")
    values = {
        of: value
        for name, value in typed(group, session.fields).items()
        # Defaults are not written.
        if (of := name.partition(".")[2]) in before or value != schema_of(name).get("default")
    }
    secret = str(values.pop("secret_file", ""))
    if not (address := str(values.get("address", ""))):
        # The address is hidden, so it stays as it is.
        values.pop("address", "")
    elif not secret and "{secret}" not in address and not address.casefold().startswith("http"):
        # The address of a service may contain a key, and others may read the settings file.
        scheme, apart, secret = address.partition("://")
        values["address"] = f"{scheme}{apart}{{secret}}" if secret else address
    elif not secret:
        # An operator must not learn the secret by sending it to another address.
        values["secret_file"] = ""
    if name := session.field("row")[:_LONGEST]:
        values["name"] = name
    row: Row = {"name": "", **before, **values}
    form, proposal = partial(_form, session, group, editor, row, before=before), None
    if stored is None:
        return form(trouble=shown(_MEANWHILE))
    try:
        if group.printed:
            proposal = editor.propose((editor.changed if before else editor.added)(row))
            if session.do != "save" or session.field("previewed") != mark_of(proposal.text):
                return form(proposal=proposal)
        editor.save(row, is_new=not before, secret=secret, seen=seen, actor=session.actor)
    except ChangedMeanwhileError:
        return form(trouble=shown(_MEANWHILE))
    except (WrongSettingsError, InputError) as error:
        # A new table comes last.
        names = [row.get("name") for row in editor.rows()]
        number = 1 + (names.index(before["name"]) if before else len(names))
        return form(wrong=_wrong(group, error, number=number))
    except BriefingError as error:
        return form(trouble=sentence(error), proposal=proposal)
    session.context.wake_round()
    return session.back(f"{_PATH}/{group.key}", message="saved")


def _wrong(group: SettingGroup, error: BriefingError, *, number: int) -> Mapping[str, str]:
    """Return errors by setting of the form; an error elsewhere has an empty name."""
    if not isinstance(error, WrongSettingsError):
        return {f"{group.key}.name": shown(error)}
    wrong, table = dict[str, str](), f"{group.key}.{number}"
    for place, why in error.wrong.items():
        if place.startswith(f"{table}."):
            own = place.replace(table, group.key, 1)
            wrong[own] = _("fill this in") if why.startswith("is missing") else why
        elif place in {group.key, table}:
            # A message about a whole table begins with the setting that it concerns.
            word, _space, rest = why.partition(" ")
            named = f"{group.key}.{word.rstrip(':')}"
            wrong |= {named: rest} if named in group.names else {f"{group.key}.name": why}
        else:
            wrong[place] = why
    return beside(group, wrong)


def _form(  # noqa: PLR0913  the form and its outcome
    session: AdminSession,
    group: SettingGroup,
    editor: TableEditor,
    row: Row,
    *,
    before: Row | None = None,
    proposal: Proposal | None = None,
    wrong: Mapping[str, str] = _NOTHING,
    trouble: str = "",
) -> Response:
    """Show the form of a table, with a preview of what was typed or what is wrong with it."""
    settings, kept = editor.settings, row if before is None else before
    shows = session.do == "paste"
    writable = settings.is_writable and not (trouble or shows)
    live, file = settings.live, settings.file()
    picture = current_page() if group.printed else None
    if proposal and proposal.changes:
        # The mark of the next page, and what it shows.
        mark = mark_of(proposal.settings.model_dump_json())
        preview = settings.preview(proposal.settings)
        picture = pictured(preview, f"{_PATH}/{group.key}/page.png?of={mark}")
    values = dict[str, Any]()
    for name in group.names:
        kind, of = asked(name).kind, name.partition(".")[2]
        empty: Any = schema_of(name).get("default", [] if kind in {"several", "phrases"} else "")
        # Hidden values are never sent back, even to the person who typed them.
        values[name] = (kept if kind == "secret" else row).get(of, empty)
    more = {
        "edition.sections": tuple(dict.fromkeys((*live.printed, OTHER))),
        "channel.watch": tuple(table.name for table in live.watch),
    }
    return session.page(
        "setting_list",
        status=409 if trouble else 422 if wrong else 200,
        group=group,
        name=kept.get("name", ""),
        fields=fields_of(group, file, sent=values, wrong=wrong, more=more),
        seen=file.seen((group.key,)),
        trouble=trouble or wrong.get("", ""),
        proposal=proposal,
        picture=picture,
        previewed=mark_of(proposal.text) if proposal else "",
        writable=writable,
        # The whole file, to paste by hand if it is not writable.
        paste=proposal.text if proposal and not writable else "",
        shows=shows,
        path_of_file=settings.path.name,
        removing=session.asked("remove") == "1",
        example=f"whsec_{b64encode(token_bytes(24)).decode()}" if group.key == "channel" else "",
    )


def _listed(group: SettingGroup, row: Row) -> dict[str, object]:
    """Return a table as shown in the list; of hidden values, the target or that they are set."""
    texts = dict[str, str]()
    for name in group.names:
        of = name.partition(".")[2]
        value = row.get(of, schema_of(name).get("default", ""))
        text, kind = as_text(value), asked(name).kind
        if value and kind == "secret":
            text = _leads(value) if of == "address" else "set"
        elif isinstance(value, list) and value and kind == "phrases":
            text = ngettext("{n} line", "{n} lines", len(value))
        texts[name] = text or "none"
    return {"name": row.get("name", ""), "shown": texts}


def _leads(address: object) -> str:
    """Return the target of a channel's address: the host of a webhook, or the kind of service."""
    leads = _LEADS.match(str(address))
    if leads and leads[1]:
        return _("webhook, {host}", host=leads[1])
    return leads[2] if leads else _("chat service")


def picture(session: AdminSession) -> Response:
    """Return a recently previewed page as PNG."""
    preview = required(editor_of(session).previewed(session.asked("of")))
    try:
        return Response(page_picture(preview.pdf), media_type="image/png")
    except LayoutError as error:
        raise HTTPException(404) from error


PAGES = (
    admin_page(f"{_PATH}/{{list}}/page.png", picture),
    admin_form(
        f"{_PATH}/{{list}}",
        change_list,
        "change setting",
        intake=Intake(_LARGEST, allows=is_signed_in),
    ),
    admin_form(f"{_LIST}/{{name}}", section, "add examples"),
)

"""Settings: forms, previews of changes before they are saved, and new briefings."""

from collections.abc import Mapping, Sequence
from datetime import UTC
from functools import partial
from typing import Any
from urllib.parse import quote, urlencode

from starlette.exceptions import HTTPException
from starlette.responses import Response

from briefing.core import schedule
from briefing.core.errors import BriefingError, LayoutError
from briefing.core.language import LANGUAGES, Language
from briefing.core.messages import Translatable
from briefing.core.schedule import clock_time, zone
from briefing.press.catalog import _, ngettext, shown
from briefing.press.readback import page_picture
from briefing.press.wording import long_date
from briefing.settings import AT_START
from briefing.settings.file import (
    ChangedMeanwhileError,
    Proposal,
    SettingsFile,
    UnwritableSettingsError,
    Value,
    WrongSettingsError,
    touched,
)
from briefing.settings.reference import GROUPS, LISTS, SECRET, AskedSetting, SettingGroup, asked
from briefing.setup import registry
from briefing.setup.settings_editor import (
    ChangePreview,
    SettingsEditor,
    find_another,
    make_another,
    mark_of,
)
from briefing.store import operators
from briefing.web.admin.frame import (
    AdminSession,
    Times,
    admin_form,
    admin_page,
    is_signed_in,
    required,
)
from briefing.web.forms import Fields, first, sentence, zone_groups
from briefing.web.guard import log_failure
from briefing.web.request import Intake

_PATH = "/admin/settings"
#: Most bytes read of a logo; at most 64 KiB are accepted.
_LOGO = 80 * 1024
#: Most operators whose release an edition can require.
_MOST_RELEASING = 2
#: Days with an edition that are shown for a changed schedule.
_DAYS = 5
_NOTHING: Mapping[str, Any] = {}
#: Parts that a language table may lack, in words for operators.
_PARTS = {
    "style": Translatable("recognizing opinion by style alone"),
    "importance": Translatable("words that indicate importance"),
}
#: What the picture of a preview shows, by its kind.
_PICTURED = {
    "draft": Translatable("The next edition, as it would be printed"),
    "edition": Translatable(
        "The last edition in the new design; there are no reports for the next one yet"
    ),
    "sample": Translatable("A sample; there are no reports yet"),
}


def overview(session: AdminSession, trouble: str = "") -> Response:
    """Show what can and cannot be set here, or why the file cannot be read or edited."""
    editor, stored = editor_of(session), None
    if not trouble:
        try:
            stored = editor.file()
        except BriefingError as error:
            trouble = shown(error)
    return session.page(
        "settings",
        status=409 if trouble else 200,
        trouble=trouble,
        groups=GROUPS if stored else (),
        lists=LISTS,
        stored=stored,
        public=_public,
        file=editor.path.name,
        writable=editor.is_writable,
        secrets=editor.secrets(),
        at_start=AT_START,
        language=editor.live.language,
        lacks=[shown(_PARTS.get(part, part)) for part in Language.of(editor.live.language).lacks],
    )


def change(session: AdminSession) -> Response:
    """Show the form of a group, preview what was typed, or save it."""
    editor, group = editor_of(session), _group(session)
    try:
        file = editor.file()
        if not session.posts:
            return _page(session, group, file, seen=file.seen(group.names))
        return _answer(session, group, file)
    except BriefingError as error:
        return overview(session, shown(error))


def _answer(  # noqa: PLR0911  each outcome has its answer
    session: AdminSession, group: SettingGroup, file: SettingsFile
) -> Response:
    editor, seen = editor_of(session), session.field("seen")
    values, wrong = _values(session, group, file)
    if wrong:
        return _page(session, group, file, seen=seen, wrong=wrong, status=422)
    # Settings that the form does not change are compared by their current value.
    kept = (part for part in seen.split() if part.rpartition("=")[0] in values)
    seen = " ".join((file.seen([name for name in group.names if name not in values]), *kept))
    page = partial(_page, session, group, values=values)
    try:
        proposal = editor.propose(values)
        if session.do != "save" or session.field("previewed") != mark_of(proposal.text):
            return page(file, seen=seen, proposal=proposal)
        changes = editor.save(values, seen=seen, actor=session.actor).changes
    except WrongSettingsError as error:
        wrong = beside(group, error.wrong)
        return page(editor.file(), seen=seen, wrong=wrong, status=422)
    except ChangedMeanwhileError as error:
        # What was typed, applied to what somebody else has saved.
        now = [(name, as_text(error.file.get(name)) or "none") for name in error.names]
        page = partial(page, seen=error.file.seen(group.names), meanwhile=now, status=409)
        try:
            proposal = editor.propose(values)
        except WrongSettingsError as refused:
            return page(editor.file(), wrong=beside(group, refused.wrong))
        return page(editor.file(), proposal=proposal)
    except UnwritableSettingsError as error:
        wrong = {"": _("{error}. Copy the text below into the file instead.", error=error)}
        page = partial(page, proposal=proposal, writable=False)
        return page(editor.file(), seen=seen, wrong=wrong, status=409)
    # Something may be due by the new schedule.
    session.context.wake_round()
    late = any(change.name.partition(".")[0] in AT_START for change in changes)
    return session.back(_PATH, message="start" if late else "saved" if changes else "same")


def _values(
    session: AdminSession, group: SettingGroup, file: SettingsFile
) -> tuple[Mapping[str, Value], Mapping[str, str]]:
    """Return what was typed, with the picture's name for an uploaded logo; and what is wrong."""
    editor, seen, upload = editor_of(session), session.field("seen"), session.file
    if "page.logo" not in group.names:
        values = touched(typed(group, session.fields), seen=seen)
        reason = _why_not_by(session, values.get("release.by"))
        return values, {"release.by": reason} if reason else {}
    if upload is not None and upload.content:
        try:
            return {"page.logo": editor.keep_logo(upload.content)}, {}
        except BriefingError as error:
            return {}, {"page.logo": sentence(error)}
    name = "" if session.field("without") else session.field("page.logo")
    if name in {"", file.get("page.logo")} or editor.is_logo(name):
        return touched({"page.logo": name}, seen=seen), {}
    return {}, {"page.logo": _("Choose a picture.")}


def _why_not_by(session: AdminSession, by: object) -> str:
    """Return why this number of operators cannot be required to release; empty if it can."""
    if not isinstance(by, int):
        return ""
    if by < editor_of(session).live.release.by:
        return _("Only a change of the settings file can require fewer operators.")
    with session.read() as tx:
        may = sum(each.role.may("release edition") for each in operators.listed(tx))
    if by <= may:
        return ""
    return ngettext(
        "Only {n} operator may release; add others first.",
        "Only {n} operators may release; add others first.",
        may,
    )


def beside(group: SettingGroup, wrong: Mapping[str, str]) -> Mapping[str, str]:
    """Return errors by setting of the form; errors elsewhere are under an empty name."""
    own = {
        place: why
        for place, why in wrong.items()
        if any(place == name or place.startswith(f"{name}.") for name in group.names)
    }
    others = "; ".join(
        _("{name}: {value}", name=place, value=why)
        for place, why in wrong.items()
        if place not in own
    )
    return {**own, "": _("Elsewhere in the file: {others}", others=others)} if others else own


def _page(  # noqa: PLR0913  the form and its outcome
    session: AdminSession,
    group: SettingGroup,
    file: SettingsFile,
    *,
    seen: str,
    values: Mapping[str, Value] = _NOTHING,
    proposal: Proposal | None = None,
    wrong: Mapping[str, str] = _NOTHING,
    meanwhile: Sequence[tuple[str, str]] = (),
    writable: bool = True,
    status: int = 200,
) -> Response:
    """Show a form with errors by setting, and the current values that somebody else has changed."""
    editor, at, shows = editor_of(session), session.at, session.do == "paste"
    writable = writable and editor.is_writable and not shows
    # Installed plug-ins are offered beyond the choices in the settings schema.
    themes = registry.names("theme")
    papers = [paper for name in themes for paper in registry.load("theme", name)().papers]
    choices: dict[str, Sequence[str]] = {
        "page.theme": themes,
        "page.paper": [*dict.fromkeys(papers)],
        "language": LANGUAGES,
        "release.by": [f"{by}" for by in range(editor.live.release.by, _MOST_RELEASING + 1)],
    }
    fields = fields_of(group, file, sent=values, wrong=wrong, more=choices)
    settings = proposal.settings if proposal else editor.live
    days: list[tuple[str, str]] = []
    if group.key == "schedule" and proposal:
        # The next days with an edition, each with its local time.
        table = settings.timetable
        times, after = Times(zone(table.zone) or UTC, at), at
        for _day in range(_DAYS):
            day, after = schedule.next_edition(table, after=after)
            days.append((times.day(day), times.clock(after)))
        if table.week:
            day, end = schedule.next_edition(table.week, after=at)
            days.append((_("{day}, week in review", day=times.day(day)), times.clock(end)))
    return session.page(
        "setting",
        status=status,
        group=group,
        fields=fields,
        trouble=wrong.get("", ""),
        meanwhile=meanwhile,
        paste=proposal.text if proposal and not writable else "",
        shows=shows,
        seen=seen,
        proposal=proposal,
        changes=proposal.changes if proposal else (),
        public=_public,
        previewed=mark_of(proposal.text) if proposal else "",
        begins_again=bool(proposal) and editor.begins_again(settings),
        picture=_picture(editor, group, values, proposal) if group.printed else None,
        days=days,
        zones=zone_groups(session.context.zones, at=at),
        writable=writable,
        file=editor.path.name,
    )


def _picture(
    editor: SettingsEditor,
    group: SettingGroup,
    values: Mapping[str, Value],
    proposal: Proposal | None,
) -> Mapping[str, str]:
    """Return the path of a page's picture, which includes all that was typed, and what it shows.

    The page as it is now is laid out only when its picture is requested.
    """
    if not proposal:
        return current_page()
    preview = editor.preview(proposal.settings)
    query = [(name, as_text(value, apart="\n")) for name, value in values.items()]
    return pictured(preview, f"{_PATH}/{group.key}/page.png?{urlencode(query)}")


def current_page() -> Mapping[str, str]:
    """Return the path of the picture of the page without changes, and what it shows."""
    words = _("The page with the current settings")
    return {"trouble": "", "address": f"{_PATH}/page/page.png", "words": words}


def pictured(preview: ChangePreview, address: str) -> Mapping[str, str]:
    """Return the path of a preview's picture, and what it shows or why there is none."""
    words = f"{shown(_PICTURED[preview.of])}, {long_date(preview.day)}"
    return {"trouble": sentence(preview.trouble), "address": address, "words": words}


def picture(session: AdminSession) -> Response:
    """Return the next page as PNG, with the settings in the address; nothing is saved."""
    editor, group = editor_of(session), _group(session)
    query = {name: [value] for name, value in session.query.items()}
    try:
        values = typed(group, query)
        logo = str(values.get("page.logo", ""))
        if logo and not editor.is_logo(logo) and logo != editor.file().get("page.logo"):
            raise HTTPException(404)
        preview = editor.preview(editor.propose(values).settings if values else editor.live)
        return Response(page_picture(preview.pdf), media_type="image/png")
    except (BriefingError, LayoutError) as error:
        raise HTTPException(404) from error


def create(session: AdminSession) -> Response:
    """Show the form for another briefing, or create it."""
    editor = editor_of(session)
    name, zone = session.field("name").strip(), session.field("zone") or session.zone
    hosting, of = session.context.hosting, session.asked("made")
    wrong: Mapping[str, str] = {}
    if session.posts and hosting and (reason := hosting.why_not(name)):
        wrong = {"name": shown(reason)}
    elif session.posts:
        try:
            made = make_another(editor, name, zone=zone, actor=session.actor)
            if hosting:
                try:
                    hosting.serve(made)
                except BriefingError as error:
                    # It will be served after the next start.
                    log_failure(error, at="another")
            return session.back(f"{_PATH}/another?made={quote(made.parent.name)}")
        except WrongSettingsError as error:
            names = {"name": "name", "schedule.zone": "zone"}
            wrong = {names.get(place, "name"): shown(why) for place, why in error.wrong.items()}
        except BriefingError as error:
            wrong = {"name": shown(error)}
    return session.page(
        "another",
        name=name,
        zone=zone,
        wrong=wrong,
        made=find_another(editor, of),
        served=next((each for each in session.site.others if each.briefing == of), None),
        zones=zone_groups(session.context.zones, at=session.at),
    )


def editor_of(session: AdminSession) -> SettingsEditor:
    """Return the settings editor; 404 if settings cannot be changed here."""
    return required(session.context.editor)


def _group(session: AdminSession) -> SettingGroup:
    key = session.path["group"]
    return required(next((group for group in GROUPS if group.key == key), None))


PAGES = (
    admin_page(_PATH, overview, "change setting"),
    admin_form(f"{_PATH}/another", create, "create briefing"),
    admin_page(f"{_PATH}/{{group}}/page.png", picture),
    admin_form(
        f"{_PATH}/{{group}}", change, "change setting", intake=Intake(_LOGO, allows=is_signed_in)
    ),
)


#: Most characters of a field that are read; no setting here is longer.
_LONGEST = 4_000
#: Most entries of a list that are read, enough for days without an edition of several years.
_MOST = 400


def typed(group: SettingGroup, fields: Fields) -> dict[str, Value]:
    """Return what was typed, by setting; text that should be a number is refused later."""
    return {
        name: _typed(asked(name), fields)
        for name in group.names
        if name in frozenset({*fields, *fields.get("asked", ())})
    }


def _typed(setting: AskedSetting, fields: Fields) -> Value:  # noqa: PLR0911  a kind each
    if setting.kind == "several":
        chosen = set(fields.get(setting.name, ()))
        known = [choice for choice in setting.choices if choice in chosen]
        return [*known, *sorted(chosen - set(known))][:_MOST]
    if setting.kind == "phrases":
        lines = first(fields, setting.name).splitlines()
        return [phrase for line in lines if (phrase := " ".join(line.split()))]
    text = first(fields, setting.name)[:_LONGEST]
    if setting.kind == "weekly":
        # A time without a day means nothing.
        at = first(fields, f"{setting.name}.at")[:_LONGEST].strip()
        return f"{text} {clock_time(at) or at}" if text else ""
    if setting.kind == "lines":
        return text.replace(",", " ").split()[:_MOST]
    if setting.kind == "yes":
        return text == "yes"
    if setting.kind != "number":
        return (setting.name.endswith(".at") and clock_time(text)) or text.strip(" ")
    try:
        number = float(text.strip())
    except ValueError:
        return text.strip()
    # TOML distinguishes integers and floats; whole numbers are written as integers.
    return int(number) if number.is_integer() and abs(number) < 10**12 else number


def fields_of(
    group: SettingGroup,
    file: SettingsFile,
    *,
    sent: Mapping[str, Value],
    wrong: Mapping[str, str],
    more: Mapping[str, Sequence[str]],
) -> list[dict[str, object]]:
    """Return the fields of a form, with the values of a file or those that were typed.

    ``wrong`` has errors by names such as "schedule.holidays.2"; ``more`` has choices that the
    settings schema does not list.
    """
    fields = []
    for name in group.names:
        value: Any = sent[name] if name in sent else file.get(name)
        setting, choices = asked(name), more.get(name, ())
        if choices:
            kind = "several" if setting.kind == "several" else "choice"
            own = map(str, value if kind == "several" else [value] if value else [])
            setting = AskedSetting(name, kind, tuple(dict.fromkeys((*own, *choices))))
        reasons = [
            _("line {n}: {why}", n=line, why=why) if line else str(shown(why))
            for line, why in (
                (place.removeprefix(name).lstrip("."), why)
                for place, why in wrong.items()
                if place == name or place.startswith(f"{name}.")
            )
        ]
        values = tuple(map(str, value)) if isinstance(value, list | tuple) else ()
        fields.append(
            {
                "asked": setting,
                # Ids on the page have no dot.
                "id": name.replace(".", "-"),
                "value": as_text(value, apart="\n"),
                "chosen": values,
                "wrong": "; ".join(reasons),
            }
        )
    return fields


def as_text(value: object, *, apart: str = ", ") -> str:
    """Return a value as readable text."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return apart.join(map(str, value))
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _public(name: str, value: object) -> str:
    """Return a value; for one that may hold a secret, only whether it is set."""
    if name in SECRET and name != "alerts.mail":
        return "set" if value else "not set"
    return as_text(value) or "none"

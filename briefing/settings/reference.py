"""The settings in words: the file written by ``briefing init``, and the forms.

Security-relevant settings are not in the forms, so that signing in is not enough to change them:
relay, mailboxes, proxies, internal hosts and file paths are only in the file. The exception is the
relay of a briefing that sends no mail yet, on its first morning. The labels of the forms are in
``templates/classic/web/admin/setting_words.html``.
"""

import ast
import inspect
import json
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import pairwise
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from briefing.core.frozen import frozen
from briefing.core.messages import Translatable
from briefing.core.model import HEAD_LINES
from briefing.settings import tables, values
from briefing.settings.mistakes import limits, schema_of


@frozen
class AskedSetting:
    """A setting in a form."""

    #: For example "page.paper".
    name: str
    #: "text", "number", "yes", "choice", "several", "lines", "phrases" (lines that may contain
    #: spaces), "weekly" (a weekday and a time), or "secret" (never shown).
    kind: str
    #: Possible values; empty if any value is possible.
    choices: tuple[str, ...] = ()


@frozen
class SettingGroup:
    """Settings that are changed together."""

    #: Used in addresses.
    key: str
    title: str
    #: Names of the settings, separated by spaces.
    listed: str
    #: Whether it changes the look of the page.
    printed: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the settings."""
        return tuple(self.listed.split())


GROUPS = (
    SettingGroup(
        "page",
        Translatable("Name and page"),
        f"name dateline {' '.join(f'page.{name}' for _, name in HEAD_LINES)} page.marking "
        "page.theme page.paper page.accent language",
        printed=True,
    ),
    SettingGroup("logo", Translatable("Logo"), "page.logo", printed=True),
    SettingGroup(
        "schedule",
        Translatable("Schedule"),
        "schedule.at schedule.zone schedule.days schedule.holidays schedule.empty schedule.week "
        "schedule.grace_hours schedule.collect_minutes",
    ),
    SettingGroup(
        "mail",
        Translatable("Mail"),
        "mail.subject mail.sender_name mail.reply_to mail.life_hours",
    ),
    SettingGroup(
        "reports",
        Translatable("Reports"),
        "collect.contact publish.oldest_hours publish.first_hours collect.recheck_days "
        "corrections.notify store.keep_days",
        printed=True,
    ),
    SettingGroup("spoken", Translatable("Spoken edition"), "publish.spoken"),
    SettingGroup("release", Translatable("Release"), "release.by"),
    SettingGroup("alerts", Translatable("Alerts"), "alerts.mail alerts.webhook"),
)
#: Lists of tables that forms change table by table; the settings are those of one table, without
#: the model of a section, which is trained on a page of its own.
LISTS = tuple(
    SettingGroup(
        key,
        title,
        " ".join(f"{key}.{name}" for name in model.model_fields if name != "model"),
        printed,
    )
    for key, title, model, printed in (
        ("sections", Translatable("Sections"), values.SectionSettings, True),
        ("edition", Translatable("Further editions"), values.EditionSettings, False),
        ("channel", Translatable("Channels"), values.ChannelSettings, False),
        ("watch", Translatable("Watch-lists"), values.WatchSettings, True),
    )
)
#: The first settings of a new briefing.
FIRST = SettingGroup("name", Translatable("Name and time"), "name schedule.zone schedule.at")
#: How mail is sent; can be set in a browser, with the password, until a relay has accepted a mail.
RELAY = SettingGroup(
    "relay",
    Translatable("Mail"),
    "mail.sender mail.host mail.port mail.security mail.user web.address",
)
#: The setting that is a weekday and a time.
_WEEKLY = "schedule.week"
#: Settings that name entries of other lists, and those of which a form only shows if they are set.
_NAMING = {"edition.sections", "channel.watch"}
_HIDDEN = {"channel.address", "channel.secret_file"}
_PHRASES = {"sections.words", "watch.words", "watch.publishers"}
#: Settings whose value may be secret, such as a key in an address.
SECRET = frozenset(
    (
        "alerts.webhook alerts.relay alerts.relay_password_file collect.proxy mail.bounces "
        "mail.user store.at mail.password_file mail.bounces_password_file mail.secrets_file "
        "mail.dkim channel"
    ).split()
)


@cache
def asked(name: str) -> AskedSetting:
    """Return a setting for a form."""
    schema = schema_of(name)
    items: Mapping[str, Any] = schema.get("items", {})
    choices = tuple(map(str, schema.get("enum", items.get("enum", ()))))
    if name == _WEEKLY:
        choices = asked("schedule.days").choices
    return AskedSetting(name, _kind(name, schema), choices)


def _kind(name: str, schema: Mapping[str, Any]) -> str:
    if name == _WEEKLY or name in _HIDDEN:
        return "weekly" if name == _WEEKLY else "secret"
    if name in _NAMING or name in _PHRASES:
        return "several" if name in _NAMING else "phrases"
    if schema.get("type") == "array":
        return "several" if "enum" in schema["items"] else "lines"
    if "enum" in schema:
        return "choice"
    return {"boolean": "yes", "integer": "number", "number": "number"}.get(schema["type"], "text")


#: Columns of the file, the same as of the code.
_WIDTH = 100

Model = type[BaseModel]


def template() -> str:
    """Return a settings file with every setting, its default and its meaning."""
    return "\n".join(_block("", tables.Settings, None)) + "\n"


def table_of(field: FieldInfo) -> Model | None:
    """Return the table that a setting is, or of which it is a list."""
    for kind in (field.annotation, *getattr(field.annotation, "__args__", ())):
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            return kind
    return None


@cache
def _meanings() -> Mapping[str, Mapping[str, str]]:
    """Return the text below each setting, by table and name.

    pydantic could collect these (``use_attribute_docstrings``), but it would at each start of a
    command.
    """
    trees = (ast.parse(inspect.getsource(module)) for module in (tables, values))
    classes = [node for tree in trees for node in tree.body if isinstance(node, ast.ClassDef)]
    return {node.name: dict(_documented(node.body)) for node in classes}


def _documented(body: Sequence[ast.stmt]) -> Iterator[tuple[str, str]]:
    for field, text in pairwise(body):
        match field, text:
            case (
                ast.AnnAssign(target=ast.Name(id=name)),
                ast.Expr(value=ast.Constant(value=str(meaning))),
            ):
                yield name, " ".join(meaning.split())


def meaning_of(model: Model, name: str) -> str:
    """Return the meaning of a setting, with its limits."""
    schema = model.model_json_schema()["properties"][name]
    within = limits(schema) if "maximum" in schema else ""
    if "maxLength" in schema:
        within = f"At most {schema['maxLength']} characters"
    text = _meanings()[model.__name__][name]
    return f"{text} {within[0].upper()}{within[1:]}." if within else text


def _block(path: str, model: Model, default: object) -> Iterator[str]:
    """Yield the lines of a table and its subtables, or of a list of tables."""
    yield _comment(inspect.getdoc(model) or "")
    if isinstance(default, tuple):
        yield from _list(path, default, model)
        return
    yield f"[{path}]" if path else ""
    inner = {name: table_of(field) for name, field in model.model_fields.items()}
    for name in (name for name, table in inner.items() if table is None):
        yield _comment(meaning_of(model, name))
        yield f"{name} = {as_toml(model.model_fields[name].default)}"
    for name, table in inner.items():
        if table is not None:
            yield ""
            below = f"{path}.{name}".lstrip(".")
            yield from _block(below, table, model.model_fields[name].default)


def _list(path: str, defaults: Sequence[BaseModel], model: Model) -> Iterator[str]:
    """Yield a commented example of a table, then the default tables."""
    yield f"# [[{path}]]"
    for name, field in model.model_fields.items():
        yield _comment(meaning_of(model, name))
        yield f"# {name} = {as_toml((field.examples or [field.default])[0])}"
    for row in defaults:
        yield f"\n[[{path}]]"
        yield from (f"{name} = {as_toml(value)}" for name, value in row if value)


def _comment(text: str) -> str:
    return textwrap.fill(
        text,
        _WIDTH,
        initial_indent="# ",
        subsequent_indent="# ",
        break_on_hyphens=False,
        break_long_words=False,
    )


def as_toml(value: object) -> str:
    """Return a default in TOML notation, which for the values of settings is that of JSON."""
    return json.dumps(value, ensure_ascii=False)

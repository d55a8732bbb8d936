"""The settings in words: the file of ``briefing init`` and the form.

What opens doors is not among them, so that nobody who is only signed in can open one: the relay,
mailboxes, proxies, hosts inside and places of files. Those stand in the file alone. Only a briefing
that sends no mail yet is asked for its relay, on its first morning. The form has words of its own
(``templates/classic/web/admin/setting_words.html``).
"""

import ast
import inspect
import json
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from briefing.core.messages import Translatable
from briefing.core.model import HEAD_LINES
from briefing.settings import tables, timing, values
from briefing.settings.mistakes import limits, schema_of


@dataclass(frozen=True, slots=True)
class AskedSetting:
    """One setting as a form asks for it."""

    #: Such as "page.paper".
    name: str
    #: "text", "number", "yes", "choice", "several", "lines", "phrases": lines that may have
    #: spaces, "weekly": a weekday and a time, or "secret": never shown.
    kind: str
    #: What can be chosen; empty: anything.
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SettingGroup:
    """Settings that are changed together."""

    #: In addresses.
    key: str
    title: str
    names: tuple[str, ...]
    #: Whether the page looks different.
    printed: bool = False


GROUPS = (
    SettingGroup(
        "page",
        Translatable("Name and page"),
        (
            *("name", "dateline", *(f"page.{name}" for _, name in HEAD_LINES), "page.marking"),
            *("page.theme", "page.paper", "page.accent", "language"),
        ),
        printed=True,
    ),
    SettingGroup("logo", Translatable("Logo"), ("page.logo",), printed=True),
    SettingGroup(
        "schedule",
        Translatable("Schedule"),
        (
            *("schedule.at", "schedule.zone", "schedule.days", "schedule.holidays"),
            *("schedule.empty", "schedule.week", "schedule.grace_hours"),
            "schedule.collect_minutes",
        ),
    ),
    SettingGroup(
        "mail",
        Translatable("Mail"),
        ("mail.subject", "mail.sender_name", "mail.reply_to", "mail.life_hours"),
    ),
    SettingGroup(
        "reports",
        Translatable("Reports"),
        (
            *("collect.contact", "publish.oldest_hours", "publish.first_hours"),
            *("collect.recheck_days", "corrections.notify", "store.keep_days"),
        ),
        printed=True,
    ),
    SettingGroup("spoken", Translatable("Spoken edition"), ("publish.spoken",)),
    SettingGroup("release", Translatable("Release"), ("release.by",)),
    SettingGroup("alerts", Translatable("Alerts"), ("alerts.mail", "alerts.webhook")),
)
#: Lists of tables that forms change table by table; what is asked for is each setting of a table.
LISTS = tuple(
    SettingGroup(key, title, tuple(f"{key}.{name}" for name in model.model_fields), printed)
    for key, title, model, printed in (
        ("edition", Translatable("Further editions"), timing.EditionSettings, False),
        ("channel", Translatable("Channels"), values.ChannelSettings, False),
        ("watch", Translatable("Watch-lists"), values.WatchSettings, True),
    )
)
#: What a new briefing is asked for first.
FIRST = SettingGroup(
    "name", Translatable("Name and time"), ("name", "schedule.zone", "schedule.at")
)
#: How mail leaves; it can be set in a browser until a relay took a mail, with the password beside.
RELAY = SettingGroup(
    "relay",
    Translatable("Mail"),
    ("mail.sender", "mail.host", "mail.port", "mail.security", "mail.user", "web.address"),
)
#: The setting that is a weekday and a time.
_WEEKLY = "schedule.week"
#: Settings that name what others list, and those of which a form shows only that they are set.
_NAMING = {"edition.sections", "channel.watch"}
_HIDDEN = {"channel.address", "channel.secret_file"}
_PHRASES = {"watch.words", "watch.publishers"}
#: Settings whose value may hold something secret, such as a key in an address.
SECRET = frozenset(
    {
        *("alerts.webhook", "alerts.relay", "alerts.relay_password_file", "collect.proxy"),
        *("mail.bounces", "mail.user", "store.at"),
        *("mail.password_file", "mail.bounces_password_file", "mail.secrets_file", "mail.dkim"),
        "channel",
    }
)


@cache
def asked(name: str) -> AskedSetting:
    """Return a setting as a form asks for it."""
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


#: Columns of the file, as of the code.
_WIDTH = 100

Model = type[BaseModel]


def template() -> str:
    """Return a settings file with every setting, its default and its meaning."""
    return "\n".join(_block("", tables.Settings, None)) + "\n"


def table_of(field: FieldInfo) -> Model | None:
    """Return the table that a setting is, or is a list of."""
    for kind in (field.annotation, *getattr(field.annotation, "__args__", ())):
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            return kind
    return None


@cache
def _meanings() -> Mapping[str, Mapping[str, str]]:
    """Return the text below each setting, by table and name.

    pydantic could collect them (``use_attribute_docstrings``), but at every start of a command.
    """
    trees = (ast.parse(inspect.getsource(module)) for module in (tables, timing, values))
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
    """Return what a setting means, with its limits."""
    schema = model.model_json_schema()["properties"][name]
    within = limits(schema) if "maximum" in schema else ""
    if "maxLength" in schema:
        within = f"At most {schema['maxLength']} characters"
    text = _meanings()[model.__name__][name]
    return f"{text} {within[0].upper()}{within[1:]}." if within else text


def _block(path: str, model: Model, default: object) -> Iterator[str]:
    """Yield the lines of a table and of those in it, or of a list of tables."""
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
    """Yield a commented example of a table, then the tables that are the default."""
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
    """Return a default as TOML writes it; JSON does the same for what settings are made of."""
    return json.dumps(value, ensure_ascii=False)

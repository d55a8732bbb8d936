"""Mistakes in a settings file, each with its line and what is allowed."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from functools import cache, reduce
from pathlib import Path
from typing import Any, Literal

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from briefing.core.messages import Translatable, numbered
from briefing.settings.tables import Settings

#: What is allowed, where the schema is not clear enough.
_HINTS = {
    "sections.name": Translatable(
        "must start with a letter and have at most 30 lowercase letters, digits, spaces and hyphens"
    ),
    "watch.name": Translatable(
        "must start with a letter and have at most 30 lowercase letters, digits and hyphens"
    ),
    "channel.name": Translatable(
        "must start with a letter and have at most 30 lowercase letters, digits and hyphens"
    ),
    "watch.alert_mail": Translatable('must be a mail address such as "desk@briefing.example"'),
    "page.accent": Translatable('must be a color such as "#1d4f91"'),
    "schedule.at": Translatable('must be a time such as "06:30"'),
    "edition.name": Translatable(
        "must start with a letter and have at most 20 lowercase letters, digits and hyphens"
    ),
    "edition.at": Translatable('must be a time such as "18:00"'),
    "edition.deadline": Translatable(
        'must be a time such as "18:30", or minutes such as "+45", or empty'
    ),
    "schedule.week": Translatable('must be a weekday and a time such as "fri 17:00", or empty'),
    "schedule.holidays": Translatable('must be a date such as "2026-12-25"'),
    "alerts.webhook": Translatable('must be a web address such as "https://chat.example/hook"'),
    "alerts.relay": Translatable('must be an address such as "smtps://USER@relay.example"'),
    "web.address": Translatable(
        'must be an address such as "https://briefing.example", no slash at the end'
    ),
    "mail.dkim.selector": Translatable(
        "must have at most 63 lowercase letters, digits and hyphens"
    ),
}
#: Types of errors that are not about a value, and that of our own checks.
_UNKNOWN, _MISSING, _OURS = "extra_forbidden", "missing", "value_error"
#: Most characters of a key or a value that are shown.
_SHOWN = 40
#: A shorter word resembles too many others.
_SHORT = 3
#: Numbers from this size on are not shown.
_LARGE = 10**12
#: Similarity from which a name in another table is suggested, 0 to 1.
_NEAR = 0.85

Schema = Mapping[str, Any]
Place = tuple[int | str, ...]


def mistakes(path: Path, text: str, error: ValidationError) -> str:
    """Return one line that names each mistake with its line and what is allowed."""
    lines = []
    for mistake in error.errors(include_url=False):
        line = _line(text, mistake["loc"])
        at = f"line {line}: " if line else ""
        lines.append(f"{at}{_dotted(mistake['loc'])}: {_reason(mistake, in_file=True)}")
    return f"{path}: " + "; ".join(lines)


def reasons(error: ValidationError) -> dict[str, str]:
    """Return what is wrong and what is allowed, by setting, such as "page.paper".

    Items of lists, including lists of tables, are numbered from 1: "sections.2.name". The notation
    in a file is not mentioned.
    """
    wrong: dict[str, list[str]] = {}
    for mistake in error.errors(include_url=False):
        wrong.setdefault(_dotted(mistake["loc"]), []).append(_reason(mistake, in_file=False))
    return {name: reduce(_both, words) for name, words in wrong.items()}


def close_to(word: str, known: Sequence[str], *, least: float = 0.6) -> str:
    """Return the known word that was probably meant; empty if none is similar."""
    if len(word) < _SHORT:
        return ""
    return next(iter(get_close_matches(word.casefold(), known, n=1, cutoff=least)), "")


def _dotted(place: Place) -> str:
    return ".".join(str(part + 1) if isinstance(part, int) else _safe(part) for part in place)


def _safe(word: str) -> str:
    return word if word.isprintable() and len(word) <= _SHOWN else ascii(word[:_SHOWN])


def _both(first: str, second: str) -> Translatable:
    return Translatable("{first}; {second}", first=first, second=second)


def _reason(mistake: ErrorDetails, *, in_file: bool) -> str:
    kind, place, value = mistake["type"], mistake["loc"], mistake["input"]
    if kind == _UNKNOWN:
        return _unknown(place)
    if kind == _MISSING:
        return _both(Translatable("is missing"), _allowed(place, in_file=in_file))
    if kind == _OURS:
        error = mistake.get("ctx", {}).get("error")
        message = error.args[0] if isinstance(error, ValueError) and error.args else ""
        return (
            message
            if isinstance(message, Translatable)
            else mistake["msg"].removeprefix("Value error, ")
        )
    schema = _schema(place)
    wrong = _wrong(value, schema)
    near = close_to(value, schema["enum"]) if "enum" in schema and isinstance(value, str) else ""
    allowed = _allowed(place, in_file=in_file)
    reason = _both(wrong, allowed) if wrong else allowed
    return _both(reason, Translatable('did you mean "{word}"?', word=near)) if near else reason


def _unknown(place: Place) -> str:
    """Return the message for an unknown key: what was probably meant, in this table or another."""
    *table, last = place
    key = str(last)
    here = tuple(_schema(tuple(table)).get("properties", {}))
    elsewhere = {name: path for name, path in _once_only().items() if name not in here}
    meant = elsewhere.get(key) or close_to(key, here, least=_NEAR)
    meant = meant or elsewhere.get(close_to(key, tuple(elsewhere), least=_NEAR), "")
    meant = meant or close_to(key, here)
    guess = f" did you mean {meant}?" if meant else ""
    return f"unknown setting;{guess} `briefing init` lists all settings"


@cache
def _once_only() -> Mapping[str, str]:
    """Return the path of every setting whose last name is unique."""
    names = {path: path.rpartition(".")[2] for path in _paths(_root(), "")}
    count = Counter(names.values())
    return {name: path for path, name in names.items() if count[name] == 1}


def _paths(schema: Schema, before: str) -> Iterator[str]:
    for name, part in schema.get("properties", {}).items():
        inner = _resolved(part)
        inner = _resolved(inner.get("items", inner))
        yield f"{before}{name}"
        yield from _paths(inner, f"{before}{name}.")


def _wrong(value: object, schema: Schema) -> str:
    """Return the wrong value in words; empty for text of valid length, which may be secret."""
    if isinstance(value, bool):
        return Translatable("is {value}", value=str(value).lower())
    if isinstance(value, int | float):
        if abs(value) >= _LARGE:
            return Translatable("is too large")
        return Translatable("is {value}", value=str(value))
    if isinstance(value, str):
        return _wrong_text(value, schema)
    if isinstance(value, list | tuple):
        return Translatable("is a list")
    is_table = isinstance(value, dict)
    return Translatable("is a table") if is_table else Translatable("is a date or a time")


def _wrong_text(value: str, schema: Schema) -> str:
    if "enum" in schema:
        return Translatable('is "{value}"', value=_safe(value))
    if schema.get("type") != "string":
        return Translatable("is text")
    if not value:
        return Translatable("is empty")
    longest = schema.get("maxLength")
    is_long = longest and len(value) > longest
    return numbered("has {n} character", "has {n} characters", len(value)) if is_long else ""


def _allowed(place: Place, *, in_file: bool) -> str:
    name = ".".join(part for part in place if isinstance(part, str))
    schema = _schema(place)
    if "enum" in schema:
        choices = [f'"{choice}"' for choice in schema["enum"]]
        return Translatable(
            "must be {others} or {last}", others=", ".join(choices[:-1]), last=choices[-1]
        )
    if name in _HINTS and schema.get("type") != "array":
        return _HINTS[name]
    kind = str(schema.get("type", ""))
    if "$ref" in schema.get("items", {}):
        return f"must be tables that each start with [[{name}]]"
    table = f"[{name}]" if name in Settings.model_fields else f"[[{name}]]"
    return {
        "integer": _within(Translatable("must be a whole number"), schema),
        "number": _within(Translatable("must be a number"), schema),
        "boolean": Translatable("must be true or false"),
        "string": _of_length(
            Translatable("must be text in quotation marks")
            if in_file
            else Translatable("must be text"),
            schema,
        ),
        "array": Translatable("must be a list in square brackets")
        if in_file
        else Translatable("must be a list"),
    }.get(kind, f"must be a table that starts with {table}")


def limits(schema: Schema) -> str:
    """Return the limits of a number in words; empty if there are none."""
    least, most = schema.get("minimum"), schema.get("maximum")
    above = schema.get("exclusiveMinimum")
    if least is not None and most is not None:
        return f"{least:g} to {most:g}"
    if least is not None:
        return f"{least:g} or more"
    begin = f"above {above:g}" if above is not None else ""
    end = f"at most {most:g}" if most is not None else ""
    return " and ".join(part for part in (begin, end) if part)


def _within(kind: Translatable, schema: Schema) -> Translatable:
    least, most = schema.get("minimum"), schema.get("maximum")
    if least is not None and most is not None:
        return Translatable(
            "{kind} from {least} to {most}", kind=kind, least=f"{least:g}", most=f"{most:g}"
        )
    limit = limits(schema)
    return Translatable("{kind}, {limit}", kind=kind, limit=limit) if limit else kind


def _of_length(kind: Translatable, schema: Schema) -> Translatable:
    least, most = schema.get("minLength", 0), schema.get("maxLength")
    if most:
        return Translatable(
            "{kind} of {least} to {most} characters", kind=kind, least=least, most=most
        )
    return Translatable("{kind}, not empty", kind=kind) if least else kind


@cache
def _root() -> Schema:
    return Settings.model_json_schema()


def schema_of(name: str) -> Schema:
    """Return the JSON schema of a setting, such as "page.paper"; empty if there is none."""
    return _schema(tuple(name.split(".")))


def _schema(place: Place) -> Schema:
    schema = _root()
    for part in place:
        if isinstance(part, str):
            # For a list of tables, the schema of each table.
            schema = _resolved(schema.get("items", schema))
        inner = schema.get("items", {}) if isinstance(part, int) else schema.get("properties", {})
        schema = _resolved(inner if isinstance(part, int) else inner.get(part, {}))
    return schema


def _resolved(schema: Schema) -> Schema:
    name = schema.get("$ref", "").rpartition("/")[2]
    resolved: Schema = _root()["$defs"][name] if name else schema
    return resolved


def _line(text: str, place: Place) -> int | Literal[""]:
    """Return the line of a key in its own table, from 1; otherwise that of the table, or ""."""
    keys = [part for part in place if isinstance(part, str)]
    table = ".".join(keys[:-1])
    # In tables of the same name, such as [[sections]], the one with this number.
    before = place[: max(at for at, part in enumerate(place) if isinstance(part, str))][-1:]
    number = before[0] if before and isinstance(before[0], int) else 0
    passed, here, head = -1, "", 0
    for at, line in enumerate(text.splitlines(), 1):
        key = line.split("=")[0].strip()
        if key.startswith("["):
            here = key.partition("]")[0].strip("[ \t")
            passed += here == table
            if here == ".".join(keys):
                return at
            head = at if here == table and passed == number else head
        elif key.strip("\"'") == keys[-1] and here == table and (not table or passed == number):
            return at
    return head or _first(text, keys[0]) or _line_above(text, place)


def _line_above(text: str, place: Place) -> int | Literal[""]:
    """Return the line of the table or list in which a key is missing."""
    above = place[: max(at for at, part in enumerate(place) if isinstance(part, str))]
    while above and isinstance(above[-1], int):
        above = above[:-1]
    return _line(text, above) if above else ""


def _first(text: str, key: str) -> int | Literal[""]:
    """Return the first line that begins with a key, for a table written on one line."""
    begins = (line.split("=")[0].strip().split(".")[0] for line in text.splitlines())
    return next((at for at, keys in enumerate(begins, 1) if keys == key), "")

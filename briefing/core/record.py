"""The record of an edition, of any schema, as canonical JSON with a digest.

One codec for all types of :mod:`briefing.core.model`: a field is written under its name, and
omitted if it has its default value. The metadata of a field can change that:

- ``json``: another name; None: the field is not written;
- ``value``: the attribute written instead of the field;
- ``exact``: a float that is not rounded;
- ``pairs``: a mapping whose order matters, written as a list of pairs;
- ``private``: seen only by the desk, never by readers.

``DERIVED`` of a type names properties that are also written, and compared when read. ``FORMER``
names fields of older records that are ignored.

References:
    RFC 8785 (JSON Canonicalization Scheme): keys sorted by UTF-16 code units, no white space.
"""

import json
import re
import types
import typing
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from enum import StrEnum
from functools import cache, partial
from json.encoder import encode_basestring
from math import isfinite
from typing import Any, TypeVar

from briefing.core.errors import InputError
from briefing.core.frozen import frozen
from briefing.core.model import Edition, digest

#: The schema that is written; editions of schema 1 can be read too.
SCHEMA = 2
#: Decimals of scores: enough to compare them, and the same on every machine.
DECIMALS = 4

Json = Any
T = TypeVar("T")

#: Lone surrogates, which JSON can escape but UTF-8 cannot encode.
_SURROGATE = re.compile("[\ud800-\udfff]")
_FAULTS = (KeyError, TypeError, ValueError, ArithmeticError, AttributeError, RecursionError)


@frozen
class Seal:
    """The signature of a record."""

    #: Public key and signature, as hexadecimal digits.
    key: str
    value: str


@frozen
class Record:
    """An edition read from JSON; its documents have no texts."""

    edition: Edition
    #: The digest printed on the page; in schema 1 it covered only the printed passages.
    digest: str
    #: Whether the digest written with it, if any, matches its content.
    intact: bool = True
    #: The signature of the digest; None: it is not signed.
    seal: Seal | None = None


def write(edition: Edition, *, seal: Seal | None = None, private: bool = True) -> str:
    """Return an edition as one line of canonical JSON with its digest and signature.

    Without ``private``, what only the desk may see is omitted.
    """
    written = to_json(edition) if private else to_public_json(edition)
    content = written | {"schema": SCHEMA, "digest": digest_of(edition)}
    if seal is not None:
        content["signature"] = to_json(seal)
    return canonical(content) + "\n"


def digest_of(edition: Edition) -> str:
    """Return the SHA-256 of the canonical JSON that readers may see; it identifies the edition."""
    return digest(canonical(to_public_json(edition)))


def canonical(content: Json) -> str:
    """Return canonical JSON: keys sorted, no white space, numbers as ECMAScript writes them.

    ValueError: a number is not finite.
    """
    if isinstance(content, dict):
        keys = sorted(content, key=lambda key: key.encode("utf-16-be", "surrogatepass"))
        return f"{{{','.join(f'{canonical(key)}:{canonical(content[key])}' for key in keys)}}}"
    if isinstance(content, list):
        return f"[{','.join(map(canonical, content))}]"
    if isinstance(content, str):
        return _SURROGATE.sub(lambda match: f"\\u{ord(match[0]):04x}", encode_basestring(content))
    return _number(content) if isinstance(content, float) else json.dumps(content)


def read(text: str, *, name: str) -> Record:
    """Read an edition from JSON; ``name`` of its file is used in error messages.

    InputError: it is not JSON, has an unknown schema, or a field is missing, wrong or unknown.
    """
    try:
        content = _typed(json.loads(text, object_pairs_hook=_once), dict, "edition")
        schema = content.pop("schema")
        if schema == 1:
            content, own, intact = upgraded(content)
            return Record(from_json(Edition, content), own, intact)
        if schema != SCHEMA:
            raise InputError(f"{name}: schema {schema!r}; this version reads 1 and {SCHEMA}")
        claimed, signed = content.pop("digest"), content.pop("signature", None)
        seal = None if signed is None else from_json(Seal, signed)
        edition = from_json(Edition, content)
        own = digest_of(edition)
        return Record(edition, own, claimed == own, seal)
    except _FAULTS as error:
        reason = f"no {error}" if isinstance(error, KeyError) else str(error)
        raise InputError(f"{name}: not an edition ({reason})") from error


def to_json(value: object, *, decimals: int | None = DECIMALS) -> Json:
    """Return a value of the core as JSON; ``decimals`` None: numbers are not rounded."""
    return _json(value, decimals=decimals, private=True)


def to_public_json(edition: Edition) -> Json:
    """Return as JSON what readers may see of an edition."""
    return _json(edition.shown(), decimals=DECIMALS, private=False)


def from_json(kind: Callable[..., T], value: Json) -> T:
    """Read a value of a core type from JSON.

    TypeError, ValueError: the JSON does not fit the type; the message says where.
    """
    made: T = _reader(kind)(value, kind.__name__.lower())
    return made


@frozen
class WrittenField:
    """How a field of a type is written."""

    #: Name of the field, of the attribute that is written, and of the field in JSON.
    name: str
    value: str
    json: str
    #: Its type, and its default; MISSING: it has none.
    hint: Any
    default: object
    exact: bool
    pairs: bool
    private: bool


@cache
def fields_of(kind: type) -> tuple[WrittenField, ...]:
    """Return the fields of a core type that are written."""
    hints = typing.get_type_hints(kind)
    return tuple(
        WrittenField(
            field.name,
            field.metadata.get("value", field.name),
            field.metadata.get("json", field.name),
            hints[field.name],
            field.default if field.default_factory is MISSING else field.default_factory(),
            field.metadata.get("exact", False),
            field.metadata.get("pairs", False),
            field.metadata.get("private", False),
        )
        for field in fields(kind)
        if field.metadata.get("json", field.name) is not None
    )


def _json(value: Any, *, decimals: int | None, private: bool) -> Json:  # noqa: ANN401, PLR0911  any type of the core
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, float):
        return value if decimals is None else round(value, decimals)
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {key: _json(item, decimals=decimals, private=private) for key, item in value.items()}
    if isinstance(value, tuple):
        return [_json(item, decimals=decimals, private=private) for item in value]
    if is_dataclass(value):
        kind: Any = type(value)
        written: dict[str, Json] = {}
        for field in fields_of(kind):
            own = getattr(value, field.value)
            is_shown = private or not field.private
            if is_shown and (own != field.default or field.default is MISSING):
                shown = tuple(own.items()) if field.pairs else own
                places = None if field.exact else decimals
                written[field.json] = _json(shown, decimals=places, private=private)
        written |= {name: getattr(value, name) for name in getattr(kind, "DERIVED", ())}
        return written
    return value


def _number(value: float) -> str:
    """Return a number as ECMAScript writes it: 2, 0.00001, 1e-7."""
    if not isfinite(value):
        raise ValueError(f"{value} is no number of JSON")
    digits = repr(value or 0.0)  # no minus before a zero
    if value and not 1e-6 <= abs(value) < 1e21:
        return re.sub("e([+-])0", r"e\1", digits)
    return f"{Decimal(digits):f}".removesuffix(".0")


_Reader = Callable[[Json, str], Any]


@cache
def _reader(hint: Any) -> _Reader:  # noqa: ANN401, PLR0911  one way for each annotation
    """Return a function that reads JSON as a type; its second argument is the place, for errors."""
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin in {typing.Union, types.UnionType}:
        (reader,) = [_reader(arg) for arg in args if arg is not types.NoneType]
        return lambda value, where: None if value is None else reader(value, where)
    if origin is tuple and args[-1:] == (...,):
        return partial(_read_list, _reader(args[0]))
    if origin is tuple:
        return partial(_read_tuple, tuple(map(_reader, args)))
    if origin is not None and issubclass(origin, Mapping):
        each = _reader(args[1])
        return lambda value, where: {
            key: each(item, f"{where}.{key}") for key, item in _typed(value, dict, where).items()
        }
    if is_dataclass(hint):
        return partial(_read_object, hint)
    if issubclass(hint, StrEnum | date | time):
        return partial(_read_word, hint)
    if hint is float:
        return lambda value, where: float(_typed(value, int | float, where))
    return lambda value, where: _typed(value, hint, where)


def _read_word(hint: Any, value: Json, where: str) -> Any:  # noqa: ANN401  one of these types
    word = _typed(value, str, where)
    try:
        parsed = hint(word) if issubclass(hint, StrEnum) else hint.fromisoformat(word)
        moment = parsed.astimezone(UTC) if isinstance(parsed, datetime) else None
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{where}: {error}") from error
    if moment and parsed.tzinfo is None:
        raise ValueError(f"{where}: {word!r} has no time zone")
    return moment or parsed


def _read_list(reader: _Reader, value: Json, where: str) -> tuple[Any, ...]:
    items = _typed(value, list, where)
    return tuple(reader(item, f"{where}[{place}]") for place, item in enumerate(items))


def _read_tuple(every: Sequence[_Reader], value: Json, where: str) -> tuple[Any, ...]:
    if len(_typed(value, list, where)) != len(every):
        raise ValueError(f"{where}: not {len(every)} values")
    return tuple(reader(item, where) for reader, item in zip(every, value, strict=True))


def _read_object(kind: Any, value: Json, where: str) -> Any:  # noqa: ANN401  a dataclass, in one pass
    left = dict(_typed(value, dict, where))
    values = {}
    for field, read_field in _readers(kind):
        if field.json in left:
            values[field.name] = read_field(left.pop(field.json), f"{where}.{field.json}")
        elif field.default is MISSING:
            raise ValueError(f"{where}: no {field.json!r}")
    try:
        made = kind(**values)
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from error
    for name in getattr(kind, "FORMER", ()):
        left.pop(name, None)
    for name in getattr(kind, "DERIVED", ()):
        if left.pop(name, None) != getattr(made, name):
            raise ValueError(f"{where}: its {name} is not that of its words")
    if left:
        raise ValueError(f"{where}: unknown {min(left)!r:.80}")
    return made


@cache
def _readers(kind: type) -> tuple[tuple[WrittenField, _Reader], ...]:
    """Return the fields of a type with their readers; made on demand, as types may be recursive."""

    def pairs(hint: Any) -> _Reader:  # noqa: ANN401  the annotation of a mapping
        every = partial(_read_tuple, tuple(map(_reader, typing.get_args(hint))))
        return lambda value, where: _once(_read_list(every, value, where))

    return tuple((each, (pairs if each.pairs else _reader)(each.hint)) for each in fields_of(kind))


def _once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """Return pairs as a mapping; reject duplicate names, which parsers resolve differently."""
    made = dict(pairs)
    if len(made) < len(pairs):
        raise ValueError("a name stands twice")
    return made


def _typed(value: Json, kind: Any, where: str) -> Any:  # noqa: ANN401  JSON of that type
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        name = getattr(kind, "__name__", "a number")
        raise TypeError(f"{where}: {value!r:.80} is not {name}")
    return value


#: The fields of a slice, which schema 1 wrote beside those of the item it belongs to.
_SLICE = ("text", "document", "start", "end", "sha256")
#: Reasons in the ledger that have been renamed.
_REASONS = {"dropped by an editor": "left out by an editor"}


def upgraded(content: Json) -> tuple[Json, str, bool]:
    """Convert an edition of schema 1 to schema 2; return it, its digest, and whether that matched.

    The digest of schema 1, printed at the foot of the page, covered only the printed passages.

    KeyError, TypeError, ValueError, AttributeError: it is not an edition of schema 1.
    """
    old = dict(content)
    claimed = old.pop("proof", "")
    panel = {
        "figures": _each(old.pop("figures", []), _apart("clause")),
        "discrepancies": _each(old.pop("discrepancies", []), _discrepancy),
        "quotes": _each(old.pop("quotes", []), _apart("words")),
        "ahead": _each(old.pop("ahead", []), _apart("clause")),
        "chart": old.pop("chart", False),
        "also": _each(old.pop("also", []), _named),
    }
    corrections = _each(old.pop("corrections", []), _correction)
    sections = [
        section | {"briefs": _each(section["briefs"], _brief)} for section in old.pop("sections")
    ]
    manifest = dict(old.pop("manifest", None) or {})
    day, days = old["date"], old.pop("days", [])
    new = old | {
        "number": old.get("number", 1),
        "dateline": old.get("dateline", ""),
        "sections": sections,
        "panel": panel,
        "documents": {key: part | {"id": key} for key, part in old.pop("documents").items()},
        "days": [day | {"stories": [*map(list, day["stories"].items())]} for day in days],
        "ledger": _ledger(old.pop("ledger", None) or {}),
        "setting": old.pop("setting"),
        "evidence": {key: _evidence(part) for key, part in (old.pop("evidence", 0) or {}).items()},
        "choices": [_choice(part, day) for part in manifest.pop("choices", [])],
        "manifest": {key: str(value) for key, value in manifest.items()},
        "corrections": corrections,
        "since": old.get("since", max((d["date"] for d in days if d["date"] < day), default=None)),
        "announced": _each(old.pop("announced", []), _apart("clause")),
        "lists": [*map(list, old.pop("lists", {}).items())],
    }
    if labels := new.get("letterhead", {}).get("labels"):
        new["letterhead"] = new["letterhead"] | {"labels": [*map(list, labels.items())]}
    printed = digest("\n".join(_lines(sections, panel, corrections)))
    return new, printed, claimed in {"", printed}


def _each(values: Json, convert: Callable[[Json], Json]) -> list[Json]:
    return [convert(dict(value)) for value in values]


def _apart(name: str) -> Callable[[Json], Json]:
    """Return a function that moves a value's slice into a field of its own."""
    return lambda value: {name: {key: value.pop(key) for key in _SLICE}} | value


def _title(value: Json) -> Json:
    title, document = value.pop("title"), value.pop("document")
    return {
        "text": title, "document": document, "start": 0, "end": len(title), "sha256": digest(title)
    }  # fmt: skip


def _discrepancy(value: Json) -> Json:
    left, right = _each(value.pop("sides"), _apart("clause"))
    return value | {"left": left, "right": right}


def _watched(value: Json) -> list[Json]:
    return _each(
        value.pop("watched", []),
        lambda hit: {"titled": hit.pop("in") == "title"} | _apart("words")(hit),
    )


def _named(value: Json) -> Json:
    return value | {"watched": _watched(value), "title": _title(value)}


def _brief(value: Json) -> Json:
    if earlier := value.pop("earlier", None):
        value["earlier"] = dict(earlier, title=_title(dict(earlier)))
        del value["earlier"]["document"]
    if saga := value.pop("saga", None):
        value["saga"] = dict(saga, timeline=_each(saga["timeline"], _apart("sentence")))
        del value["saga"]["day"]
    return value | {"watched": _watched(value)}


def _correction(value: Json) -> Json:
    old, new = dict(value.pop("old")), value.pop("new")
    both = {"headline": value.pop("part") == "headline", "old_marks": old.pop("differs")}
    if new is not None:
        new = dict(new)
        both["new_marks"] = new.pop("differs")
    return value | both | {"old": old, "new": new}


def _ledger(value: Json) -> Json:
    dropped, stories = value.get("dropped_stories", {}), value.get("found", [])
    return value | {
        "failures": len(value.get("failed", [])),
        "dropped_stories": {_REASONS.get(name, name): count for name, count in dropped.items()},
        "found": [
            story | ({"why": _REASONS.get(story["why"], story["why"])} if "why" in story else {})
            for story in stories
        ],
    }


def _evidence(value: Json) -> Json:
    sentences = [
        [row["text"], row["section"], row["score"], row["printed"]] for row in value["sentences"]
    ]
    return value | {"sentences": sentences, "shared": dict(value.get("shared", []))}


def _choice(value: Json, day: str) -> Json:
    outcome = {"effect": value["effect"], "story": value["story"]}
    choice = {key: part for key, part in value.items() if key not in outcome}
    return outcome | {"choice": choice | {"day": day}}


def _lines(sections: Json, panel: Json, corrections: Json) -> Iterator[str]:
    """Yield a line for each printed passage, as digested in schema 1."""
    passages = [row for part in sections for brief in part["briefs"] for row in brief["sentences"]]
    sides = [side for pair in panel["discrepancies"] for side in (pair["left"], pair["right"])]
    for figure in (*panel["figures"], *sides):
        passages += [figure["clause"], figure["numeral"]]
    for quote in panel["quotes"]:
        passages += [quote["words"], quote["speaker"], *filter(None, [quote.get("office")])]
    passages += [ahead["clause"] for ahead in panel["ahead"]]
    for passage in corrections:
        if not passage["headline"]:
            passages += [passage["old"], *filter(None, [passage["new"]])]
    for passage in passages:
        yield f"{passage['document']} {passage['start']} {passage['end']} {passage['sha256']}"

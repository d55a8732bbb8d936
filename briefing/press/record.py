"""The edition as JSON, schema 1: written in one way, read back with every field checked."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, TypeVar

from briefing.errors import InputError
from briefing.model import (
    Brief,
    Correction,
    DateAhead,
    DayCount,
    Document,
    Edition,
    Evidence,
    Figure,
    Ledger,
    Panel,
    Quote,
    Scale,
    Score,
    Section,
    Sentence,
    Setting,
    Status,
)
from briefing.press.rulings import read_rulings, tell_rulings

SCHEMA = 1
#: Scores are written with this many decimals: enough to compare, and the same on every machine.
_DECIMALS = 4

#: What may have become of a printed source.
_BECOME = ("changed", "vanished")
#: What UTF-8 cannot hold; JSON can, escaped.
_SURROGATE = re.compile("[\ud800-\udfff]")

Json = Any
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Record:
    """What an edition's JSON says; its documents come without their texts."""

    edition: Edition
    #: SHA-256 of each document's text when it was printed, by id.
    digests: Mapping[str, str]
    #: The digest of all printed passages as it was written; empty when it was not.
    proof: str = ""


def write(edition: Edition) -> str:
    """Return the edition as JSON, indented by one, keys in a fixed order, with a last newline."""
    told = json.dumps(_edition(edition), ensure_ascii=False, indent=1)
    return _SURROGATE.sub(lambda found: f"\\u{ord(found[0]):04x}", told) + "\n"


def read(text: str, *, name: str) -> Record:
    """Read an edition back.

    Args:
        text: what :func:`write` wrote.
        name: of the file, for the error.

    Raises:
        InputError: it is no JSON, of another schema, or a field is missing or wrong.
    """
    try:
        told = json.loads(text)
        if told["schema"] != SCHEMA:
            raise InputError(f"{name}: schema {told['schema']!r}; this version reads {SCHEMA}")
        return Record(
            _read_edition(told),
            {key: str(value["sha256"]) for key, value in told["documents"].items()},
            _typed(told.get("proof", ""), str),
        )
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        reason = f"no {error}" if isinstance(error, KeyError) else str(error)
        raise InputError(f"{name}: not an edition ({reason})") from error


def _edition(edition: Edition) -> Json:
    return {
        "schema": SCHEMA,
        "id": edition.id,
        "name": edition.name,
        "date": edition.day.isoformat(),
        "language": edition.language,
        "number": edition.number,
        "dateline": edition.dateline,
        "proof": edition.proof,
        "sections": [_section(section) for section in edition.sections],
        "documents": {key: _document(value) for key, value in edition.documents.items()},
        "figures": [
            _slice(item.clause) | {"numeral": _slice(item.numeral)}
            for item in edition.panel.figures
        ],
        "quotes": [_quote(item) for item in edition.panel.quotes],
        "ahead": [
            _slice(item.clause) | {"date": item.day.isoformat(), "mention": _slice(item.mention)}
            for item in edition.panel.ahead
        ],
        "days": [
            {"date": item.day.isoformat(), "stories": dict(item.stories)} for item in edition.days
        ],
        "chart": edition.panel.chart,
        "setting": {
            "scale": edition.setting.scale.value,
            "lead": edition.setting.lead,
            "headline": edition.setting.headline,
            "splits": list(edition.setting.splits),
            "side_gap": edition.setting.side_gap,
        },
        "ledger": _ledger(edition.ledger),
        "evidence": {key: _evidence(value) for key, value in edition.evidence.items()},
        "manifest": dict(edition.manifest) | tell_rulings(edition.choices),
    }


def _slice(sentence: Sentence) -> dict[str, Json]:
    return {
        "text": sentence.text,
        "document": sentence.document,
        "start": sentence.start,
        "end": sentence.end,
        "sha256": sentence.sha256,
    }


def _section(section: Section) -> Json:
    return {"name": section.name, "briefs": [_brief(brief) for brief in section.briefs]}


def _brief(brief: Brief) -> Json:
    return {
        "story": brief.story,
        "headline": brief.headline,
        "status": brief.status.value,
        "top": brief.top,
        "reports": brief.reports,
        "publishers": brief.publishers,
        "sentences": [_slice(sentence) for sentence in brief.sentences],
        "sources": list(brief.sources),
    }


def _document(document: Document) -> Json:
    told = {
        "title": document.title,
        "publisher": document.publisher,
        "owner": document.owner,
        "url": document.url,
        "published": document.published.isoformat() if document.published else None,
        "sha256": document.sha256,
    }
    if document.collected is not None:
        told["collected"] = document.collected.isoformat()
    if document.author:
        told["author"] = document.author
    return told


def _quote(quote: Quote) -> Json:
    office = _slice(quote.office) if quote.office else None
    return _slice(quote.words) | {"speaker": _slice(quote.speaker), "office": office}


def _ledger(ledger: Ledger) -> Json:
    return {
        "documents": ledger.documents,
        "publishers": ledger.publishers,
        "stories": ledger.stories,
        "printed": ledger.printed,
        "sentences": ledger.sentences,
        "sentences_printed": ledger.sentences_printed,
        "dropped_documents": dict(ledger.dropped_documents),
        "dropped_sentences": dict(ledger.dropped_sentences),
        "dropped_stories": dict(ledger.dropped_stories),
        "failed": [list(pair) for pair in ledger.failed],
        "no_room": [list(row) for row in ledger.no_room],
        "drops": [list(pair) for pair in ledger.drops],
        "corrections": [_correction(one) for one in ledger.corrections],
    }


def _correction(correction: Correction) -> Json:
    return {
        "document": correction.document,
        "title": correction.title,
        "publisher": correction.publisher,
        "url": correction.url,
        "what": correction.what,
        "noticed": correction.noticed.isoformat(),
        "edition": correction.edition,
        "lost": correction.lost,
    }


def _score(score: Score) -> Json:
    terms = {name: round(value, _DECIMALS) for name, value in score.terms.items()}
    return {"value": round(score.value, _DECIMALS), "terms": terms}


def _evidence(evidence: Evidence) -> Json:
    return {
        "links": [[document, round(link, _DECIMALS)] for document, link in evidence.links],
        "sections": {name: round(p, _DECIMALS) for name, p in evidence.sections.items()},
        "salience": _score(evidence.salience),
        "sentences": [
            {"text": text, "section": section, "printed": printed, "score": _score(score)}
            for text, section, score, printed in evidence.sentences
        ],
        "beaten": list(evidence.beaten),
    }


def _typed(value: Json, kind: type[T]) -> T:
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise TypeError(f"{value!r} is not {kind.__name__}")
    return value


def _each(values: Json, read_one: Callable[[Json], T]) -> tuple[T, ...]:
    return tuple(read_one(value) for value in _typed(values, list))


def _counts(values: Json) -> dict[str, int]:
    return {str(name): _typed(count, int) for name, count in _typed(values, dict).items()}


def _read_edition(told: Json) -> Edition:
    manifest = dict(told.get("manifest") or {})
    day = date.fromisoformat(told["date"])
    choices = read_rulings(manifest.pop("choices", []), day=day)
    return Edition(
        id=_typed(told["id"], str),
        name=_typed(told["name"], str),
        day=day,
        language=_typed(told["language"], str),
        number=_typed(told.get("number", 1), int),
        dateline=_typed(told.get("dateline", ""), str),
        sections=_each(told["sections"], _read_section),
        panel=_read_panel(told),
        days=_each(
            told.get("days", []),
            lambda item: DayCount(date.fromisoformat(item["date"]), _counts(item["stories"])),
        ),
        documents={
            _typed(key, str): _read_document(key, value)
            for key, value in _typed(told["documents"], dict).items()
        },
        ledger=_read_ledger(told.get("ledger") or {}),
        setting=_read_setting(told.get("setting")),
        evidence={
            key: _read_evidence(value) for key, value in (told.get("evidence") or {}).items()
        },
        manifest={key: str(value) for key, value in manifest.items()},
        choices=choices,
    )


def _read_slice(told: Json) -> Sentence:
    return Sentence(
        _typed(told["document"], str),
        _typed(told["start"], int),
        _typed(told["end"], int),
        _typed(told["text"], str),
    )


def _read_section(told: Json) -> Section:
    return Section(_typed(told["name"], str), _each(told["briefs"], _read_brief))


def _read_brief(told: Json) -> Brief:
    return Brief(
        story=_typed(told["story"], str),
        headline=_typed(told["headline"], str),
        status=Status(told["status"]),
        reports=_typed(told["reports"], int),
        publishers=_typed(told["publishers"], int),
        sentences=_each(told["sentences"], _read_slice),
        sources=_each(told["sources"], lambda value: _typed(value, str)),
        top=_typed(told.get("top", False), bool),
    )


def _read_document(key: str, told: Json) -> Document:
    return Document(
        id=key,
        title=_typed(told["title"], str),
        text="",
        published=_read_moment(told.get("published")),
        publisher=_typed(told["publisher"], str),
        owner=_typed(told.get("owner", ""), str),
        url=_typed(told["url"], str),
        author=_typed(told.get("author", ""), str),
        collected=_read_moment(told.get("collected")),
    )


def _read_moment(told: Json) -> datetime | None:
    return datetime.fromisoformat(told).astimezone(UTC) if told else None


def _read_panel(told: Json) -> Panel:
    return Panel(
        figures=_each(
            told.get("figures", []),
            lambda item: Figure(_read_slice(item["numeral"]), _read_slice(item)),
        ),
        quotes=_each(told.get("quotes", []), _read_quote),
        ahead=_each(
            told.get("ahead", []),
            lambda item: DateAhead(
                date.fromisoformat(item["date"]), _read_slice(item), _read_slice(item["mention"])
            ),
        ),
        chart=_typed(told.get("chart", False), bool),
    )


def _read_quote(told: Json) -> Quote:
    office = told.get("office")
    return Quote(
        _read_slice(told), _read_slice(told["speaker"]), _read_slice(office) if office else None
    )


def _read_setting(told: Json) -> Setting:
    return Setting(
        Scale(told["scale"]),
        float(told["lead"]),
        float(told["headline"]),
        tuple(_typed(split, int) for split in told["splits"]),
        float(told["side_gap"]),
    )


def _read_ledger(told: Json) -> Ledger:
    def pairs(name: str) -> tuple[tuple[str, str], ...]:
        return tuple((str(left), str(right)) for left, right in told.get(name, []))

    return Ledger(
        documents=_typed(told.get("documents", 0), int),
        publishers=_typed(told.get("publishers", 0), int),
        stories=_typed(told.get("stories", 0), int),
        printed=_typed(told.get("printed", 0), int),
        sentences=_typed(told.get("sentences", 0), int),
        sentences_printed=_typed(told.get("sentences_printed", 0), int),
        dropped_documents=_counts(told.get("dropped_documents", {})),
        dropped_sentences=_counts(told.get("dropped_sentences", {})),
        dropped_stories=_counts(told.get("dropped_stories", {})),
        failed=pairs("failed"),
        no_room=tuple((str(a), str(b), str(c)) for a, b, c in told.get("no_room", [])),
        drops=pairs("drops"),
        corrections=_each(told.get("corrections", []), _read_correction),
    )


def _read_correction(told: Json) -> Correction:
    if told["what"] not in _BECOME:
        raise ValueError(f"{told['what']!r} is not {' or '.join(_BECOME)}")
    return Correction(
        document=_typed(told["document"], str),
        title=_typed(told["title"], str),
        publisher=_typed(told["publisher"], str),
        url=_typed(told["url"], str),
        what=told["what"],
        noticed=datetime.fromisoformat(told["noticed"]).astimezone(UTC),
        edition=_typed(told["edition"], str),
        lost=_typed(told["lost"], int),
    )


def _read_score(told: Json) -> Score:
    return Score(float(told["value"]), {key: float(term) for key, term in told["terms"].items()})


def _read_evidence(told: Json) -> Evidence:
    return Evidence(
        links=tuple((str(name), float(link)) for name, link in told["links"]),
        sections={str(name): float(p) for name, p in told["sections"].items()},
        salience=_read_score(told["salience"]),
        sentences=tuple(
            (str(row["text"]), str(row["section"]), _read_score(row["score"]), bool(row["printed"]))
            for row in told["sentences"]
        ),
        beaten=tuple(map(str, told["beaten"])),
    )

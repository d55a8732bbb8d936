"""The edition as JSON, schema 1: deterministic output, every field checked when read."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime

from briefing.core.errors import InputError
from briefing.core.model import (
    Brief,
    DateAhead,
    DayCount,
    Discrepancy,
    Document,
    Edition,
    Figure,
    Flow,
    NamedStory,
    Panel,
    Quote,
    Scale,
    Section,
    Sentence,
    Setting,
    Status,
    public_hits,
)
from briefing.press.choices import outcomes_as_json, read_outcomes
from briefing.press.record_corrections import (
    correction_brief_facts,
    read_correction_brief,
)
from briefing.press.record_earlier import earlier_facts, read_earlier, read_since, since_facts
from briefing.press.record_evidence import evidence_facts, read_evidence
from briefing.press.record_ledger import ledger_facts, read_counts, read_ledger
from briefing.press.record_parts import (
    Json,
    each,
    letterhead_facts,
    read_letterhead,
    read_note,
    read_slice,
    read_week,
    slice_facts,
    typed,
    week_facts,
)
from briefing.press.record_sagas import read_saga, saga_facts
from briefing.press.record_watched import choice_facts, read_lists, read_watched, watched_facts

SCHEMA = 1

#: Lone surrogates, which UTF-8 cannot encode, but JSON can escape.
_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Record:
    """An edition read from JSON; its documents have no texts."""

    edition: Edition
    #: SHA-256 of each document's text when it was printed, by id.
    digests: Mapping[str, str]
    #: The digest of all printed passages as written; empty if it was not.
    proof: str = ""


def write(edition: Edition) -> str:
    """Return the edition as JSON, indented by one, keys in a fixed order, with a final newline."""
    text = json.dumps(_edition(edition), ensure_ascii=False, indent=1)
    return _SURROGATE.sub(lambda match: f"\\u{ord(match[0]):04x}", text) + "\n"


def public(edition: Edition) -> Edition:
    """Return an edition without what concerns the desk and not the page.

    These are evidence, editors' choices, failed inputs, the reports and stories not printed, and
    what watch-lists say: only the labels of those that readers may choose are public.
    """
    lists = edition.lists
    sections = tuple(
        replace(section, briefs=tuple(_public_brief(brief, lists) for brief in section.briefs))
        for section in edition.sections
    )
    also = tuple(
        replace(one, watched=public_hits(one.watched, lists, shown=(one.title,), titled=True))
        for one in edition.panel.also
    )
    return replace(
        edition,
        sections=sections,
        panel=replace(edition.panel, also=also),
        ledger=replace(edition.ledger, failed=(), drops=(), found=()),
        evidence={},
        choices=(),
    )


def _public_brief(brief: Brief, lists: Mapping[str, str]) -> Brief:
    hits = public_hits(brief.watched, lists, shown=brief.sentences, titled=False)
    return replace(brief, watched=hits)


def read(text: str, *, name: str) -> Record:
    """Read an edition back.

    Args:
        text: as written by :func:`write`.
        name: name of the file, for error messages.

    Raises:
        InputError: it is not JSON, has another schema, or a field is missing or wrong.
    """
    try:
        content = json.loads(text)
        if content["schema"] != SCHEMA:
            raise InputError(f"{name}: schema {content['schema']!r}; this version reads {SCHEMA}")
        return Record(
            _read_edition(content),
            {key: str(value["sha256"]) for key, value in content["documents"].items()},
            typed(content.get("proof", ""), str),
        )
    except (
        KeyError,
        TypeError,
        ValueError,
        ArithmeticError,
        AttributeError,
        RecursionError,
    ) as error:
        reason = f"no {error}" if isinstance(error, KeyError) else str(error)
        raise InputError(f"{name}: not an edition ({reason})") from error


def _edition(edition: Edition) -> Json:
    corrections = [correction_brief_facts(correction) for correction in edition.corrections]
    discrepancies = [
        {"revised": item.revised, "sides": [_figure(side) for side in item.sides]}
        for item in edition.panel.discrepancies
    ]
    return {
        "schema": SCHEMA,
        "id": edition.id,
        "name": edition.name,
        "date": edition.day.isoformat(),
        "language": edition.language,
        "number": edition.number,
        **since_facts(edition),
        **week_facts(edition.week),
        "dateline": edition.dateline,
        **({"address": edition.address} if edition.address else {}),
        **letterhead_facts(edition.letterhead),
        "proof": edition.proof,
        "sections": [_section(section, edition.day) for section in edition.sections],
        "documents": {key: _document(value) for key, value in edition.documents.items()},
        **_panel(edition.panel),
        **({"announced": [*map(_ahead, edition.announced)]} if edition.announced else {}),
        **({"discrepancies": discrepancies} if discrepancies else {}),
        **({"corrections": corrections} if corrections else {}),
        **({"note": asdict(edition.note)} if edition.note else {}),
        **choice_facts(edition),
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
            "flows": [flow.value for flow in edition.setting.flows],
        },
        "ledger": ledger_facts(edition.ledger),
        "evidence": {key: evidence_facts(value) for key, value in edition.evidence.items()},
        "manifest": dict(edition.manifest) | outcomes_as_json(edition.choices),
    }


def _panel(panel: Panel) -> Json:
    return {
        "figures": [_figure(item) for item in panel.figures],
        "quotes": [_quote(item) for item in panel.quotes],
        "ahead": [_ahead(item) for item in panel.ahead],
        "also": [_named(item) for item in panel.also],
    }


def _section(section: Section, day: date) -> Json:
    return {"name": section.name, "briefs": [_brief(brief, day) for brief in section.briefs]}


def _brief(brief: Brief, day: date) -> Json:
    return {
        "story": brief.story,
        "headline": brief.headline,
        "status": brief.status.value,
        "top": brief.top,
        "reports": brief.reports,
        "publishers": brief.publishers,
        "sentences": [slice_facts(sentence) for sentence in brief.sentences],
        "sources": list(brief.sources),
        **({"touches": list(brief.touches)} if brief.touches else {}),
        **earlier_facts(brief),
        **saga_facts(brief, day=day),
        **({"days": [one.isoformat() for one in brief.days]} if brief.days else {}),
        **watched_facts(brief.watched),
    }


def _document(document: Document) -> Json:
    record: Json = {
        "title": document.title,
        "publisher": document.publisher,
        "owner": document.owner,
        "url": document.url,
        "published": document.published.isoformat() if document.published else None,
        "sha256": document.sha256,
    }
    if document.collected is not None:
        record["collected"] = document.collected.isoformat()
    if document.author:
        record["author"] = document.author
    if document.weight != 1.0:
        record["weight"] = document.weight
    if document.grade:
        record["grade"] = document.grade
    return record


def _named(named: NamedStory) -> Json:
    return {
        "story": named.story,
        "title": named.title.text,
        "document": named.title.document,
        "status": named.status.value,
        "section": named.section,
        **watched_facts(named.watched),
    }


def _ahead(ahead: DateAhead) -> Json:
    announced = {"announced": ahead.announced.isoformat()} if ahead.announced else {}
    mention = slice_facts(ahead.mention)
    return slice_facts(ahead.clause) | {
        "date": ahead.day.isoformat(),
        "mention": mention,
        **announced,
    }


def _figure(figure: Figure) -> Json:
    day = {"date": figure.day.isoformat()} if figure.day else {}
    return slice_facts(figure.clause) | {"numeral": slice_facts(figure.numeral)} | day


def _quote(quote: Quote) -> Json:
    office = slice_facts(quote.office) if quote.office else None
    return slice_facts(quote.words) | {
        "speaker": slice_facts(quote.speaker),
        "office": office,
    }


def _read_edition(fields: Json) -> Edition:
    manifest = dict(fields.get("manifest") or {})
    day = date.fromisoformat(fields["date"])
    choices = read_outcomes(manifest.pop("choices", []), day=day)
    return Edition(
        id=typed(fields["id"], str),
        name=typed(fields["name"], str),
        day=day,
        language=typed(fields["language"], str),
        number=typed(fields.get("number", 1), int),
        dateline=typed(fields.get("dateline", ""), str),
        address=typed(fields.get("address", ""), str),
        letterhead=read_letterhead(fields.get("letterhead", {})),
        sections=each(fields["sections"], _read_section),
        panel=_read_panel(fields),
        days=each(
            fields.get("days", []),
            lambda item: DayCount(date.fromisoformat(item["date"]), read_counts(item["stories"])),
        ),
        documents={
            typed(key, str): _read_document(key, value)
            for key, value in typed(fields["documents"], dict).items()
        },
        ledger=read_ledger(fields.get("ledger") or {}),
        setting=_read_setting(fields.get("setting")),
        evidence={
            key: read_evidence(value) for key, value in (fields.get("evidence") or {}).items()
        },
        manifest={key: str(value) for key, value in manifest.items()},
        choices=choices,
        corrections=each(fields.get("corrections", []), read_correction_brief),
        since=read_since(fields),
        note=read_note(fields.get("note")),
        announced=each(fields.get("announced", []), _read_ahead),
        week=read_week(fields.get("week")),
        only=each(fields.get("only", []), lambda value: typed(value, str)),
        **read_lists(fields),
    )


def _read_section(value: Json) -> Section:
    return Section(typed(value["name"], str), each(value["briefs"], _read_brief))


def _read_brief(value: Json) -> Brief:
    return Brief(
        story=typed(value["story"], str),
        headline=typed(value["headline"], str),
        status=Status(value["status"]),
        reports=typed(value["reports"], int),
        publishers=typed(value["publishers"], int),
        sentences=each(value["sentences"], read_slice),
        sources=each(value["sources"], lambda value: typed(value, str)),
        top=typed(value.get("top", False), bool),
        touches=each(value.get("touches", []), lambda value: typed(value, str)),
        earlier=read_earlier(value),
        saga=read_saga(value),
        days=each(value.get("days", []), date.fromisoformat),
        watched=read_watched(value),
    )


def _read_document(key: str, value: Json) -> Document:
    return Document(
        id=key,
        title=typed(value["title"], str),
        text="",
        published=_read_moment(value.get("published")),
        publisher=typed(value["publisher"], str),
        owner=typed(value.get("owner", ""), str),
        url=typed(value["url"], str),
        author=typed(value.get("author", ""), str),
        collected=_read_moment(value.get("collected")),
        weight=typed(value.get("weight", 1.0), float),
        grade=typed(value.get("grade", ""), str),
        text_sha256=typed(value["sha256"], str),
    )


def _read_moment(value: Json) -> datetime | None:
    return datetime.fromisoformat(value).astimezone(UTC) if value else None


def _read_ahead(item: Json) -> DateAhead:
    return DateAhead(
        date.fromisoformat(item["date"]),
        read_slice(item),
        read_slice(item["mention"]),
        date.fromisoformat(item["announced"]) if "announced" in item else None,
    )


def _read_panel(value: Json) -> Panel:
    return Panel(
        figures=each(value.get("figures", []), _read_figure),
        discrepancies=each(value.get("discrepancies", []), _read_discrepancy),
        quotes=each(value.get("quotes", []), _read_quote),
        ahead=each(value.get("ahead", []), _read_ahead),
        chart=typed(value.get("chart", False), bool),
        also=each(value.get("also", []), _read_named),
    )


def _read_figure(value: Json) -> Figure:
    day = date.fromisoformat(value["date"]) if "date" in value else None
    return Figure(read_slice(value["numeral"]), read_slice(value), day)


def _read_discrepancy(value: Json) -> Discrepancy:
    left, right = each(value["sides"], _read_figure)
    return Discrepancy(left, right, revised=typed(value["revised"], bool))


def _read_named(value: Json) -> NamedStory:
    title = typed(value["title"], str)
    return NamedStory(
        typed(value["story"], str),
        Sentence(typed(value["document"], str), 0, len(title), title),
        Status(value["status"]),
        typed(value.get("section", ""), str),
        read_watched(value),
    )


def _read_quote(value: Json) -> Quote:
    office = value.get("office")
    return Quote(
        read_slice(value),
        read_slice(value["speaker"]),
        read_slice(office) if office else None,
    )


def _read_setting(value: Json) -> Setting:
    return Setting(
        Scale(value["scale"]),
        float(value["lead"]),
        float(value["headline"]),
        tuple(typed(split, int) for split in value["splits"]),
        float(value["side_gap"]),
        tuple(map(Flow, value.get("flows", []))),
    )

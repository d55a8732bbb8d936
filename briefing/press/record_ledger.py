"""The ledger in an edition's JSON."""

from __future__ import annotations

from briefing.core.model import LEFT_OUT_BY_EDITOR, FoundStory, Ledger
from briefing.press.record_corrections import correction_facts, read_correction
from briefing.press.record_parts import DECIMALS, Json, each, typed

#: Reasons as editions of earlier versions have them.
_EARLIER = {"dropped by an editor": LEFT_OUT_BY_EDITOR}


def ledger_facts(ledger: Ledger) -> Json:
    """Return a ledger as JSON."""
    return {
        "documents": ledger.documents,
        "publishers": ledger.publishers,
        "stories": ledger.stories,
        "printed": ledger.printed,
        "named": ledger.named,
        "sentences": ledger.sentences,
        "sentences_printed": ledger.sentences_printed,
        "dropped_documents": dict(ledger.dropped_documents),
        "dropped_sentences": dict(ledger.dropped_sentences),
        "dropped_stories": dict(ledger.dropped_stories),
        "failed": [list(pair) for pair in ledger.failed],
        "no_room": [list(row) for row in ledger.no_room],
        "drops": [list(pair) for pair in ledger.drops],
        "corrections": [correction_facts(correction) for correction in ledger.corrections],
        **_counted(ledger),
        **({"found": [_found(one) for one in ledger.found]} if ledger.found else {}),
    }


def _found(one: FoundStory) -> Json:
    return {
        "story": one.story,
        "headline": one.headline,
        "documents": list(one.documents),
        "section": one.section,
        "probability": round(one.probability, DECIMALS),
        "salience": round(one.salience, DECIMALS),
        **({"why": one.why} if one.why else {}),
    }


def _read_found(value: Json) -> FoundStory:
    return FoundStory(
        story=typed(value["story"], str),
        headline=typed(value["headline"], str),
        documents=each(value["documents"], lambda name: typed(name, str)),
        section=typed(value["section"], str),
        probability=float(value["probability"]),
        salience=float(value["salience"]),
        why=_reason(typed(value.get("why", ""), str)),
    )


def _counted(ledger: Ledger) -> dict[str, int]:
    """Return what few editions have: corrections printed and due, reports given without a date."""
    counts = {
        "dated_by_words": ledger.dated_by_words,
        "undated": ledger.undated,
        "corrected": ledger.corrected,
        "corrections_waiting": ledger.corrections_waiting,
    }
    return {name: count for name, count in counts.items() if count}


def read_counts(values: Json) -> dict[str, int]:
    """Read counts by name."""
    return {str(name): typed(count, int) for name, count in typed(values, dict).items()}


def _reason(written: str) -> str:
    return _EARLIER.get(written, written)


def read_ledger(value: Json) -> Ledger:
    """Read a ledger back."""

    def pairs(name: str) -> tuple[tuple[str, str], ...]:
        return tuple((str(left), str(right)) for left, right in value.get(name, []))

    left_out = read_counts(value.get("dropped_stories", {}))
    return Ledger(
        documents=typed(value.get("documents", 0), int),
        publishers=typed(value.get("publishers", 0), int),
        stories=typed(value.get("stories", 0), int),
        printed=typed(value.get("printed", 0), int),
        named=typed(value.get("named", 0), int),
        sentences=typed(value.get("sentences", 0), int),
        sentences_printed=typed(value.get("sentences_printed", 0), int),
        dropped_documents=read_counts(value.get("dropped_documents", {})),
        dropped_sentences=read_counts(value.get("dropped_sentences", {})),
        dropped_stories={_reason(why): count for why, count in left_out.items()},
        failed=pairs("failed"),
        no_room=tuple((str(a), str(b), str(c)) for a, b, c in value.get("no_room", [])),
        drops=pairs("drops"),
        corrections=each(value.get("corrections", []), read_correction),
        corrected=typed(value.get("corrected", 0), int),
        corrections_waiting=typed(value.get("corrections_waiting", 0), int),
        dated_by_words=typed(value.get("dated_by_words", 0), int),
        undated=typed(value.get("undated", 0), int),
        found=each(value.get("found", []), _read_found),
    )

"""Why a story is printed, as JSON."""

from __future__ import annotations

from briefing.core.model import Evidence, Score
from briefing.press.record_parts import DECIMALS, Json, each, typed

#: Documents by id, each with how likely it is on the event of the story.
_Links = tuple[tuple[str, float], ...]


def evidence_facts(evidence: Evidence) -> dict[str, Json]:
    """Return the evidence of a story as JSON; what few stories have only where there is some."""
    shared = [[document, list(words)] for document, words in evidence.shared.items()]
    matches = [list(match) for match in evidence.matches]
    few = {"shared": shared, "commentary": _links(evidence.commentary), "matches": matches}
    return {
        "links": _links(evidence.links),
        "sections": {name: round(p, DECIMALS) for name, p in evidence.sections.items()},
        "salience": _score(evidence.salience),
        "sentences": [
            {"text": text, "section": section, "printed": printed, "score": _score(score)}
            for text, section, score, printed in evidence.sentences
        ],
        "beaten": list(evidence.beaten),
        **{name: value for name, value in few.items() if value},
    }


def read_evidence(value: Json) -> Evidence:
    """Read the evidence of a story back."""
    shared = typed(value.get("shared", []), list)
    return Evidence(
        links=_read_links(value["links"]),
        sections={str(name): float(p) for name, p in value["sections"].items()},
        salience=_read_score(value["salience"]),
        sentences=tuple(
            (str(row["text"]), str(row["section"]), _read_score(row["score"]), bool(row["printed"]))
            for row in value["sentences"]
        ),
        beaten=tuple(map(str, value["beaten"])),
        shared={str(name): each(words, str) for name, words in shared},
        commentary=_read_links(value.get("commentary", [])),
        matches=tuple(
            (str(words), str(section), float(count))
            for words, section, count in value.get("matches", [])
        ),
    )


def _links(links: _Links) -> list[Json]:
    return [[document, round(link, DECIMALS)] for document, link in links]


def _read_links(values: Json) -> _Links:
    return tuple((str(name), float(link)) for name, link in values)


def _score(score: Score) -> Json:
    terms = {name: round(value, DECIMALS) for name, value in score.terms.items()}
    return {"value": round(score.value, DECIMALS), "terms": terms}


def _read_score(value: Json) -> Score:
    return Score(float(value["value"]), {key: float(term) for key, term in value["terms"].items()})

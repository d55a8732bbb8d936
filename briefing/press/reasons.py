"""Why a story is or is not printed, including editors' choices, as text and as data."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from textwrap import wrap
from typing import Any

from briefing.core.errors import UsageError
from briefing.core.messages import Translatable, counted
from briefing.core.model import (
    Action,
    Brief,
    Choice,
    ChoiceOutcome,
    CorrectionBrief,
    Edition,
    Effect,
    Evidence,
    Score,
    WatchHit,
)
from briefing.core.record import to_json
from briefing.core.text.speech import headline_of, headlines_of
from briefing.press.ledger import LedgerRow

#: Characters per line, and characters before a sentence.
_WIDTH = 80
_DEEP = 8
#: The term of a score for the probability that its sentence opens the brief; older records lack it.
_OPENS = "opens"

Links = tuple[tuple[str, float], ...]


def why_facts(edition: Edition, story: str) -> dict[str, Any]:
    """Return everything recorded about why a story is printed, and the report of each sentence.

    Raises:
        UsageError: the story is not printed; the message lists those that are.
    """
    correction = _correction(edition, story)
    if correction is not None:
        return {"correction": story, **to_json(correction)}
    briefs, evidence = _story(edition, story)
    cited = (edition.documents.get(name) for name, _ in evidence.links)
    return {
        "story": story,
        "headline": headline_of(briefs[0], edition),
        "status": briefs[0].status.value,
        "printed_in": [
            section.name
            for section in edition.sections
            if any(brief.story == story for brief in section.briefs)
        ],
        **to_json(replace(evidence, beaten=_beaten(edition, evidence))),
        "reports": _reports_of_sentences(edition, story),
        "kinds": {report.id: report.kind for report in cited if report and report.kind},
        "choices": to_json(_choices(edition, story)),
        "watched": to_json(briefs[0].watched),
    }


def why_text(edition: Edition, story: str) -> str:
    """Return the same as lines for a terminal; raise UsageError like :func:`why_facts`."""
    correction = _correction(edition, story)
    if correction is not None:
        return _correction_text(correction, story)
    briefs, evidence = _story(edition, story)
    first = briefs[0]
    sections = sorted(evidence.sections.items(), key=lambda pair: -pair[1])
    reports, terms = counted(first.reports, "report"), _terms(evidence.salience)
    opens = any(_OPENS in score.terms for _, _, score, _ in evidence.sentences)
    lines = [
        f"{story}: {headline_of(first, edition)}",
        f"  {first.status.value}; {reports}, {counted(first.publishers, 'publisher')}",
        *(f"  {outcome_text(outcome)}" for outcome in _choices(edition, story)),
        *(_watched(hit) for hit in first.watched),
        f"  salience {evidence.salience.value:.3f}{f' ({terms})' if terms else ''}",
        "  sections " + ", ".join(f"{name} {p:.2f}" for name, p in sections),
        *(
            f"  words of {section}: "
            + ", ".join(f"{words} ({n:g})" for words, of, n in evidence.matches if of == section)
            for section in dict.fromkeys(section for _, section, _ in evidence.matches)
        ),
        "  reports, by likeness to the most central one",
        *(_link(edition, document, link, evidence) for document, link in evidence.links),
        *_linked(edition, evidence, "of nearby stories, printed with it", evidence.beside),
        *_linked(edition, evidence, "in other languages", evidence.foreign),
        f"  sentences by {'how likely each opens the brief' if opens else 'score'} (+ printed)",
    ]
    below = ["  ranked below", *(f"    {headline}" for headline in _beaten(edition, evidence))]
    above, under = (
        [
            part
            for line in block
            for part in wrapped(line, hanging=len(line) - len(line.lstrip(" +")) + 2)
        ]
        for block in (lines, below)
    )
    return "\n".join((*above, *_sentences(edition, story, evidence=evidence), *under))


def _sentences(edition: Edition, story: str, *, evidence: Evidence) -> Iterator[str]:
    """Yield each sentence, with score, section and publisher above it and the terms below it."""
    reports = _reports_of_sentences(edition, story)
    wide = max((len(section) for _, section, _, _ in evidence.sentences), default=0)
    for text, section, score, printed in sorted(
        evidence.sentences, key=lambda row: -row[2].terms.get(_OPENS, 0.0)
    ):
        report = edition.documents.get(reports[text])
        publisher = report.publisher or report.id if report else ""
        mark, value = "+" if printed else " ", score.terms.get(_OPENS, score.value)
        yield f"    {mark} {value:.3f}  {section:<{wide}}  {publisher}".rstrip()
        yield from wrapped(text, indent=_DEEP)
        if score.terms:
            # keep a term and its value together
            named = f"score {score.value:.3f}, {_terms(score)}"
            terms = ", ".join(term.replace(" ", "\xa0") for term in named.split(", "))
            for line in wrapped(f"({terms})", indent=_DEEP, hanging=_DEEP + 1):
                yield line.replace("\xa0", " ")


def _reports_of_sentences(edition: Edition, story: str) -> dict[str, str]:
    """Return the report id of each sentence; empty if the report's text is not given."""
    briefs, evidence = _story(edition, story)
    cited = {sentence.text: sentence.document for brief in briefs for sentence in brief.sentences}
    links = (*evidence.links, *evidence.beside)
    named = (edition.documents.get(name) for name, _ in links)
    reports = [report for report in named if report]
    return {
        text: cited.get(text) or next((report.id for report in reports if text in report.text), "")
        for text, *_ in evidence.sentences
    }


def wrapped(text: str, *, indent: int = 0, hanging: int | None = None) -> list[str]:
    """Wrap a text to lines of at most 80 columns without breaking words.

    ``indent`` is the number of spaces before each line, ``hanging`` that of all but the first if
    different.
    """
    lines = wrap(
        text,
        _WIDTH,
        initial_indent=" " * indent,
        subsequent_indent=" " * (indent if hanging is None else hanging),
        break_long_words=False,
        break_on_hyphens=False,
    )
    return lines or [""]


def _watched(hit: WatchHit) -> str:
    pulls = "; it pulls stories in" if hit.pull and hit.leads else ""
    place = "title" if hit.titled else f"characters {hit.words.start} to {hit.words.end}"
    words = f"{' '.join(hit.words.text.split())!r} in {hit.words.document}, {place}"
    return f"  watched: {hit.entry} (list {hit.list}{pulls}), {words}"


def _link(edition: Edition, document: str, link: float, evidence: Evidence) -> str:
    report, words = edition.documents.get(document), ", ".join(evidence.shared.get(document, ()))
    named = f"{report.publisher}, {document}" if report and report.publisher else document
    named += f", {report.kind}" if report and report.kind else ""
    named += f", {report.language}" if report and document in dict(evidence.foreign) else ""
    return f"    {link:.2f}  {named}" + (f"; both have: {words}" if words else "")


def _linked(edition: Edition, evidence: Evidence, what: str, links: Links) -> list[str]:
    lines = [_link(edition, document, link, evidence) for document, link in links]
    return [f"  {what}", *lines] if lines else []


def _correction(edition: Edition, name: str) -> CorrectionBrief | None:
    """Return the correction named "c1", "c2" …; None if it does not exist."""
    corrections = enumerate(edition.corrections, start=1)
    return {f"c{number}": correction for number, correction in corrections}.get(name)


def _correction_text(correction: CorrectionBrief, name: str) -> str:
    noticed = f"{correction.noticed:%Y-%m-%d %H:%M} UTC"
    kind = f"{correction.edition}; {correction.kind.value}, noticed {noticed}"
    lines = [f"{name}: a correction of {kind}"]
    for when, sentence, marks in (
        ("printed", correction.old, correction.old_marks),
        ("now    ", correction.new, correction.new_marks),
    ):
        if sentence:
            start, end, text = sentence.start, sentence.end, sentence.text
            pieces = ", ".join(repr(text[first - start : last - start]) for first, last in marks)
            place = f"{sentence.document}, characters {start} to {end}"
            lines += [f"  {when}  {' '.join(text.split())}"]
            lines += [f"    {place}; differs: {pieces or 'nothing'}"]
    return "\n".join(lines)


def _beaten(edition: Edition, evidence: Evidence) -> tuple[str, ...]:
    """Return the stories that rank below, by their printed headlines where they have any."""
    shown = headlines_of(edition)
    titles = {
        item.headline: shown[item.story][1] for item in edition.ledger.ranked if item.story in shown
    }
    return tuple(titles.get(title, title) for title in evidence.beaten)


def _story(edition: Edition, story: str) -> tuple[list[Brief], Evidence]:
    briefs = [brief for brief in edition.briefs() if brief.story == story]
    if briefs and story not in edition.evidence:
        raise UsageError(
            f"{edition.id}: this copy leaves out why its stories were chosen, as every PDF does; "
            "give the JSON that `make` wrote, or the date of an edition in the store"
        )
    if not briefs:
        numbers = range(1, len(edition.corrections) + 1)
        stories = dict.fromkeys(brief.story for brief in edition.briefs())
        printed = ", ".join((*stories, *(f"c{number}" for number in numbers)))
        raise UsageError(f"no story {story!r} in {edition.id}; printed: {printed}")
    return briefs, edition.evidence[story]


def _choices(edition: Edition, story: str) -> tuple[ChoiceOutcome, ...]:
    return tuple(outcome for outcome in edition.choices if outcome.story == story)


def _terms(score: Score) -> str:
    return ", ".join(f"{name} {value:.3f}" for name, value in score.terms.items())


#: Width of the columns before a headline, in characters.
_INDENT = 34


def rows_facts(edition: Edition, rows: Sequence[LedgerRow]) -> dict[str, Any]:
    """Return rows with the edition to which they belong."""
    return {"edition": edition.id, "reports": [asdict(row) for row in rows]}


def day_text(edition: Edition, rows: Sequence[LedgerRow]) -> str:
    """Return rows grouped by outcome, in the given order, in 80 columns."""
    groups: dict[str, list[LedgerRow]] = {}
    for row in rows:
        groups.setdefault(row.became, []).append(row)
    reports = counted(edition.ledger.documents, "report")
    lines = [f"{edition.id}: {reports}, {counted(edition.ledger.stories, 'story')}"]
    for became, group in groups.items():
        lines += ["", f"{became}: {len(group)}"]
        lines += (line for row in group for line in _lines(row))
    if not edition.ledger.ranked:
        lines += ["", "This edition was made before the ledger named every story."]
    return "\n".join(lines)


def rows_text(edition: Edition, rows: Sequence[LedgerRow]) -> str:
    """Return each report with its outcome, in 80 columns."""
    return "\n".join(
        line for row in rows for line in (*wrapped(_titled(row)), *_what(edition, row))
    )


def _what(edition: Edition, row: LedgerRow) -> Iterator[str]:
    parts = (
        row.story,
        row.why if row.why != row.became else "",
        f"{row.section} {row.probability:.2f}" if row.probability is not None else row.section,
        f"score {row.score:.3f}" if row.score is not None else "",
        row.beside and f"belongs to {row.beside}",
    )
    details = ", ".join(filter(None, parts))
    yield from wrapped(f"{row.became}: {details}" if details else row.became, indent=2)
    for outcome in _choices(edition, row.story) if row.story else ():
        yield from wrapped(outcome_text(outcome), indent=2)


def _lines(row: LedgerRow) -> list[str]:
    if not row.story:
        return wrapped(_titled(row) + (f": {row.beside}" if row.beside else ""), indent=2)
    score = "" if row.score is None else f"{row.score:.3f}"
    likely = "" if row.probability is None else f"{row.probability:.2f}"
    start = f"  {row.story:<6}{score:>7}  {likely:>4} {row.section}  "
    title = wrapped(_titled(row), indent=_INDENT)
    return [start.ljust(_INDENT) + title[0].lstrip(), *title[1:]]


def _titled(row: LedgerRow) -> str:
    title = row.title or row.document or "without a title"
    return f"{title} ({row.publisher})" if row.publisher else title


_DONE = {
    Action.TOP: Translatable("Put on top"),
    Action.PIN: Translatable("Pinned"),
    Action.DROP: Translatable("Left out"),
    Action.HEADLINE: Translatable("Headline chosen"),
}
#: Why a choice was not applied.
_UNMET = {
    Effect.ABSENT: Translatable("its report is in no story of the day"),
    Effect.WORDLESS: Translatable("it has no new sentence that can stand alone"),
    Effect.OVERRULED: Translatable("another choice about the same story takes precedence"),
    Effect.UNTITLED: Translatable("the title of its report cannot be the headline"),
}


def outcome_text(outcome: ChoiceOutcome) -> str:
    """Return who chose what and when and, if it was not applied, why."""
    text = f"{chosen_text(outcome.choice)}, {outcome.choice.at:%Y-%m-%d %H:%M} UTC"
    return f"{text}; not met: {unmet}" if (unmet := unmet_text(outcome)) else text


def chosen_text(choice: Choice) -> str:
    """Return what was chosen by whom: "Moved to economy by ada"."""
    return f"{choice_text(choice)} by {choice.who}"


def choice_text(choice: Choice) -> Translatable:
    """Return a choice in words: "Moved to economy"."""
    if choice.action is Action.MOVE:
        return Translatable("Moved to {section}", section=choice.section)
    return _DONE[choice.action]


def unmet_text(outcome: ChoiceOutcome) -> str:
    """Return why a choice was not applied; empty if it was."""
    return _UNMET.get(outcome.effect, "")

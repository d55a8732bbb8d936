"""The stories of a draft in the order of its page, with editors' choices."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from itertools import groupby
from math import log1p
from typing import NamedTuple

from briefing.app.editors import OpenEdition, titles_of
from briefing.app.publish import Preview
from briefing.core.messages import Translatable
from briefing.core.model import COPY, Action, Choice, ChoiceOutcome, Document, Edition, Status
from briefing.core.text.segment import split
from briefing.press import ledger
from briefing.press.catalog import _, shown
from briefing.press.lines import safe_url
from briefing.press.reasons import choice_text, unmet_text
from briefing.press.wording import say

#: Filter values that are not reasons of the ledger: the parts of the list, and all single reports.
PRINTED, LEFT, GATED = (
    Translatable("printed"),
    Translatable("not printed"),
    Translatable("reports left out"),
)
#: Shown instead of a missing headline.
NAMELESS = Translatable("(no headline)")
#: Length from which a title cannot be a headline, and most titles to choose from.
_LONGEST, _MOST_TITLES = 150, 12
#: Most reports of a story whose text is shown, and opening sentences of each unprinted one.
_MOST_REPORTS, _OPENING = 6, 2


class Decision(NamedTuple):
    """One editor's choices about one story at one time, which are undone together."""

    #: Oldest first.
    choices: tuple[Choice, ...]
    #: Why they are not applied; empty if they are.
    unmet: str

    @property
    def ids(self) -> str:
        """Their ids, as the button sends them."""
        return ".".join(str(choice.id) for choice in self.choices)

    @property
    def words(self) -> str:
        """What was chosen and by whom."""
        usual = say().sections
        named = (
            replace(each, section=usual.get(each.section, each.section)) for each in self.choices
        )
        first, *others = (str(shown(choice_text(choice))) for choice in named)
        words = (first, *(f"{other[:1].lower()}{other[1:]}" for other in others))
        return _("{choices} by {who}", choices=f" {_('and')} ".join(words), who=self.choices[0].who)


class StoryRow(NamedTuple):
    """A story, or a report that belongs to none."""

    #: Id of the story in the draft; empty for a report.
    story: str
    #: Position in the whole list, from 1.
    number: int
    #: Id of the row on the page, the same in every draft.
    key: str
    #: Id of the report by which choices refer to it.
    document: str
    headline: str
    #: None if unknown.
    status: Status | None
    #: Counts of independent reports and of publisher families.
    reports: int
    publishers: int
    #: The outcome, in the words of the ledger.
    became: str
    #: Why it has no brief, if the outcome does not say so.
    why: str
    #: Its section, or the likeliest printed section.
    section: str
    #: The probability of each printed section, the likeliest first; empty if unknown.
    scores: tuple[tuple[str, float], ...]
    #: Its weight, None if unknown; and the length of its bar, up to 100.
    weight: float | None
    bar: int
    #: Whether it opens the page.
    top: bool
    decisions: tuple[Decision, ...]
    #: Reports whose titles can be its headline, each title once; empty if there is no choice.
    titles: tuple[Document, ...]
    #: Ids of its reports, the printed ones first.
    names: tuple[str, ...]
    #: Ids of all choices about it.
    seen: str
    #: All titles and publishers of its reports, for searching.
    words: str

    @property
    def gated(self) -> bool:
        """Whether it is a report that belongs to no story."""
        return not self.reports

    @property
    def dropped(self) -> bool:
        """Whether an editor dropped it."""
        choices = (choice for each in self.decisions for choice in each.choices)
        return any(choice.action is Action.DROP for choice in choices)

    @property
    def part(self) -> str:
        """The part of the list to which it belongs."""
        if self.became.startswith(f"{PRINTED} in "):
            return PRINTED
        return self.became if self.became == ledger.IN_BRIEF else LEFT

    @property
    def outcome(self) -> str:
        """Its filter value besides that of its part."""
        return GATED if self.gated else self.became if self.part is LEFT else self.part


#: A report, and the pieces of its text, each with whether the page prints it.
Quoted = tuple[Document, tuple[tuple[str, bool], ...]]


class DraftList(NamedTuple):
    """All stories of a draft, and the choices that belong to none of them."""

    rows: tuple[StoryRow, ...]
    others: tuple[Decision, ...]
    #: Id of the choice of the top story; empty if there is none.
    top: str = ""


def key_of(document: str) -> str:
    """Return the id of a report's row on the page."""
    return sha256(document.encode("utf-8", "surrogatepass")).hexdigest()[:12]


def list_stories(
    draft: Preview | None, *, active: Sequence[Choice], open_edition: OpenEdition
) -> DraftList:
    """Return the stories and gated reports of a draft, with the active choices.

    In page order: the top story, printed and named stories; then those with an editor's choice,
    those without room, and the rest by weight; single reports last. Copies belong to their stories.
    """
    if not draft:
        return DraftList((), _decisions(active, {}))
    edition, known = draft.edition, draft.reports
    outcomes = {outcome.choice.id: outcome for outcome in edition.choices}
    about: dict[str, list[Choice]] = {}
    for choice in active:
        about.setdefault(open_edition.story(choice.document), []).append(choice)
    printed = {brief.story: brief.sources[0] for brief in reversed([*edition.briefs()])}
    # The reports whose titles are on the page, by story; then gated reports and copies.
    titled = {also.story: also.title.document for also in edition.panel.also} | printed
    single = {name for name, _ in edition.ledger.drops}
    cited = _cited(edition)
    documents = {story.story: story.documents for story in edition.ledger.ranked}
    most = log1p(max((0.0, *(story.salience for story in edition.ledger.ranked)))) or 1.0

    def made(row: ledger.LedgerRow) -> StoryRow:
        names = documents.get(row.story, (row.document,))
        reports = [known[name] for name in names if name in known]
        own = [report for report in reports if report.id not in single]
        choices = about.get(row.story or row.document, ())
        first = _foremost(titled.get(row.story, ""), choices, own or reports)
        title, titles = first.headline or first.title, titles_of(own)
        topics = draft.topics.get(row.document, {})
        scores = [(name, topics[name]) for name in edition.offered if name in topics]
        scores.sort(key=lambda pair: -pair[1])
        return StoryRow(
            story=row.story,
            number=0,
            key=key_of(next(iter(names), row.document)),
            document=first.id,
            # Shortened if too long to be set.
            headline=title if len(title) <= _LONGEST else f"{title[:_LONGEST]}…",
            status=draft.statuses.get(row.story),
            reports=len(own),
            publishers=len({report.family for report in own}),
            became=row.became,
            why=row.why if row.why != row.became else "",
            section=_section(row, scores[0][0] if scores else ""),
            scores=tuple(scores),
            weight=row.score,
            bar=round(100 * log1p(max(row.score or 0.0, 0.0)) / most),
            top=edition.top is not None and row.story == edition.top.story,
            decisions=_decisions(choices, outcomes),
            titles=titles[:_MOST_TITLES] if len(titles) > 1 else (),
            names=tuple(
                dict.fromkeys((*cited.get(row.story, ()), *(each.id for each in own or reports)))
            ),
            seen=".".join(str(choice.id) for choice in choices),
            words="\n".join(f"{report.title} {report.publisher}" for report in reports),
        )

    alone = [row for row in ledger.dropped_rows(edition) if row.why != COPY]
    rows = _numbered(map(made, ledger.with_titles((*ledger.story_rows(edition), *alone), known)))
    taken = {choice for row in rows for each in row.decisions for choice in each.choices}
    others = [choice for choice in active if choice not in taken]
    top = next((str(choice.id) for choice in active if choice.action is Action.TOP), "")
    return DraftList(rows, _decisions(others, outcomes), top)


def _cited(edition: Edition) -> dict[str, list[str]]:
    """Return, by story, the reports that its sentences come from, in order."""
    cited: dict[str, list[str]] = {}
    for brief in edition.briefs():
        cited.setdefault(brief.story, []).extend(each.document for each in brief.sentences)
    return cited


def _numbered(rows: Iterable[StoryRow]) -> tuple[StoryRow, ...]:
    """Return the rows in page order, numbered from 1."""
    parts = [PRINTED, ledger.IN_BRIEF, LEFT]
    ordered = sorted(
        rows,
        key=lambda row: (parts.index(row.part), not row.top, row.part is LEFT and not row.seen),
    )
    return tuple(row._replace(number=number) for number, row in enumerate(ordered, start=1))


def _section(row: ledger.LedgerRow, likeliest: str) -> str:
    """Return the section of a row; for a printed story, one in which it is printed."""
    printed = row.became.removeprefix(f"{PRINTED} in ").split(", ")
    if row.became.startswith(f"{PRINTED} in ") and row.section not in printed:
        return printed[0]
    return row.section or likeliest


def _decisions(
    choices: Iterable[Choice], outcomes: Mapping[int, ChoiceOutcome]
) -> tuple[Decision, ...]:
    """Return choices with their outcomes, grouped by editor and time."""
    decisions = []
    for _key, group in groupby(
        choices, key=lambda choice: (choice.who, choice.at, choice.document)
    ):
        its = tuple(group)
        reasons = (
            shown(unmet_text(outcomes[choice.id]))
            if choice.id in outcomes
            else _("not in this draft yet")
            for choice in its
        )
        decisions.append(Decision(its, next(filter(None, reasons), "")))
    return tuple(decisions)


def matching(
    rows: Iterable[StoryRow], *, became: str, has_words: Callable[[str], bool]
) -> tuple[StoryRow, ...]:
    """Return the rows with a filter value (empty for any) and the searched words."""
    return tuple(
        row for row in rows if became in {"", row.part, row.outcome} and has_words(row.words)
    )


def filters_of(rows: Iterable[StoryRow]) -> dict[str, int]:
    """Return the filter values with their numbers of rows, in the order of the list."""
    counts: dict[str, int] = {}
    for row in rows:
        for key in dict.fromkeys((row.part, row.outcome)):
            counts[key] = counts.get(key, 0) + 1
    return counts


def quoted(row: StoryRow, edition: Edition, texts: Mapping[str, Document]) -> Iterator[Quoted]:
    """Yield text of a story's reports: printed parts with what follows them, else the opening."""
    printed = [
        sentence
        for brief in edition.briefs()
        if brief.story == row.story
        for sentence in brief.sentences
    ]
    for report in [texts[name] for name in row.names if name in texts][:_MOST_REPORTS]:
        text, pieces, after, follows = report.text, list[tuple[str, bool]](), 0, False
        slices = sorted((each.start, each.end) for each in printed if each.document == report.id)
        spans = split(text, language=report.language or edition.language)
        for start, end in spans if slices else spans[:_OPENING]:
            within = [each for each in slices if each[0] < end and each[1] > start]
            if slices and not within and not follows:
                continue
            for first, last in within:
                pieces += (text[max(start, after) : first], False), (text[first:last], True)
                after = last
            pieces.append((text[max(start, after) : end], False))
            follows = bool(within)
        linked = replace(report, url=safe_url(report.url))
        yield linked, tuple(piece for piece in pieces if piece[0].strip())


def _foremost(titled: str, choices: Iterable[Choice], reports: Sequence[Document]) -> Document:
    """Return the report whose title lists the story: as printed, as chosen, or the first."""
    chosen = sorted(choices, key=lambda choice: (choice.action is Action.HEADLINE, choice.at))
    wanted = [titled, *(choice.document for choice in reversed(chosen))]
    places = {name: place for place, name in reversed([*enumerate(wanted)])}
    last = len(wanted)
    return min(reports, key=lambda report: (not report.headline, places.get(report.id, last)))

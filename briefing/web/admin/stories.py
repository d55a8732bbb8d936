"""PURE: the stories of a draft, listed by outcome, with what editors chose."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from hashlib import sha256
from itertools import groupby
from typing import NamedTuple

from briefing.app.editors import OpenEdition, titles_of
from briefing.app.publish import Preview
from briefing.core import model
from briefing.press import ledger
from briefing.press.reasons import choices_text, unmet_text

#: Groups that are no reason of the ledger: by section, and of all reasons for single reports.
PRINTED, GATED, _TOP = "printed", "reports left out", "top"
#: In place of a headline.
NAMELESS = "(no headline)"
#: Characters of a title that cannot be a headline, and titles to choose from.
_LONGEST, _MOST_TITLES = 150, 12


class Decision(NamedTuple):
    """Choices that one editor made at one time about one story, undone together."""

    #: Oldest first.
    choices: tuple[model.Choice, ...]
    #: Why they are not met; empty if they are.
    unmet: str

    @property
    def ids(self) -> str:
        """Their ids, as the field of the button sends them."""
        return ".".join(str(choice.id) for choice in self.choices)

    @property
    def words(self) -> str:
        """What was chosen and by whom."""
        return choices_text(self.choices)


class StoryRow(NamedTuple):
    """One story, or one report that came into none."""

    #: Id of the report that choices about it name.
    document: str
    headline: str
    #: None if unknown.
    status: model.Status | None
    #: Independent reports and publisher families.
    reports: int
    publishers: int
    #: In the words of the ledger.
    became: str
    #: Why it has no brief, where that is not its outcome.
    why: str
    #: Its section, or the likeliest of those printed.
    section: str
    #: The probability of each printed section, the likeliest first; empty if unknown.
    scores: tuple[tuple[str, float], ...]
    #: Its weight; None if unknown.
    weight: float | None
    #: Whether it opens the page.
    top: bool
    decisions: tuple[Decision, ...]
    #: Reports whose titles can be its headline, each title once; empty if there is no choice.
    titles: tuple[model.Document, ...]
    #: Ids of all choices about it.
    seen: str
    #: All titles and publishers of its reports, to be searched.
    words: str

    @property
    def key(self) -> str:
        """Name of its place on the page, the same in every draft."""
        return key_of(self.document)

    @property
    def gated(self) -> bool:
        """Whether it is a report that came into no story."""
        return not self.reports

    @property
    def dropped(self) -> bool:
        """Whether an editor left it out."""
        choices = (choice for each in self.decisions for choice in each.choices)
        return any(choice.action is model.Action.DROP for choice in choices)


class Group(NamedTuple):
    """Rows of which the same became."""

    #: Their outcome, in the words of the ledger; the value of the filter.
    key: str
    title: str
    rows: tuple[StoryRow, ...]
    #: How many there are; rows may be fewer.
    total: int


class DraftList(NamedTuple):
    """All stories of a draft, and the choices that belong to none of them."""

    rows: tuple[StoryRow, ...]
    others: tuple[Decision, ...]
    #: Id of the choice of the top story; empty without one.
    top: str = ""


def key_of(document: str) -> str:
    """Return the name of the place of a report's row on the page."""
    return sha256(document.encode("utf-8", "surrogatepass")).hexdigest()[:12]


def sections_of(edition: model.Edition) -> tuple[str, ...]:
    """Return the sections that an edition may have, in printed order."""
    return tuple(edition.days[-1].stories)


def list_stories(
    draft: Preview | None, *, active: Sequence[model.Choice], open_edition: OpenEdition
) -> DraftList:
    """Return the stories of a draft and its gated reports, with the choices that are active.

    In the order of the ledger: printed, named, without room, then the rest by weight; single
    reports last. Copies of reports belong to their stories.
    """
    if draft is None:
        return DraftList((), _decisions(active, {}))
    edition, known = draft.edition, draft.reports
    outcomes = {outcome.choice.id: outcome for outcome in edition.choices}
    about: dict[str, list[model.Choice]] = {}
    for choice in active:
        about.setdefault(open_edition.story(choice.document), []).append(choice)
    printed = {brief.story: brief.sources[0] for brief in reversed([*edition.briefs()])}
    # The reports whose titles are on the page, by story; and gated reports and copies.
    titled = {also.story: also.title.document for also in edition.panel.also} | printed
    single = {name for name, _ in edition.ledger.drops}
    documents = {story.story: story.documents for story in edition.ledger.found}

    def made(row: ledger.LedgerRow) -> StoryRow:
        names = documents.get(row.story, (row.document,))
        reports = [known[name] for name in names if name in known]
        own = [report for report in reports if report.id not in single]
        choices = about.get(row.story or row.document, ())
        first = _foremost(titled.get(row.story, ""), choices, own or reports)
        title, titles = first.headline or first.title, titles_of(own)
        topics = draft.topics.get(row.document, {})
        scores = [(name, topics[name]) for name in sections_of(edition) if name in topics]
        scores.sort(key=lambda pair: -pair[1])
        return StoryRow(
            document=first.id,
            # Cut where it is too long to be set.
            headline=title if len(title) <= _LONGEST else f"{title[:_LONGEST]}…",
            status=draft.statuses.get(row.story),
            reports=len(own),
            publishers=len({report.family for report in own}),
            became=row.became,
            why=row.why if row.why != row.became else "",
            section=_section(row, scores[0][0] if scores else ""),
            scores=tuple(scores),
            weight=row.score,
            top=edition.top is not None and row.story == edition.top.story,
            decisions=_decisions(choices, outcomes),
            titles=titles[:_MOST_TITLES] if len(titles) > 1 else (),
            seen=".".join(str(choice.id) for choice in choices),
            words="\n".join(f"{report.title} {report.publisher}" for report in reports),
        )

    alone = [row for row in ledger.dropped_rows(edition) if row.why != model.COPY]
    rows = tuple(map(made, ledger.with_titles((*ledger.story_rows(edition), *alone), known)))
    taken = {choice for row in rows for each in row.decisions for choice in each.choices}
    others = [choice for choice in active if choice not in taken]
    top = next((str(choice.id) for choice in active if choice.action is model.Action.TOP), "")
    return DraftList(rows, _decisions(others, outcomes), top)


def _section(row: ledger.LedgerRow, likeliest: str) -> str:
    """Return the section of a row; of what is printed one in which it is."""
    printed = row.became.removeprefix(f"{PRINTED} in ").split(", ")
    if row.became.startswith(f"{PRINTED} in ") and row.section not in printed:
        return printed[0]
    return row.section or likeliest


def _decisions(
    choices: Iterable[model.Choice], outcomes: Mapping[int, model.ChoiceOutcome]
) -> tuple[Decision, ...]:
    """Return choices with their outcomes, those of one editor and time together."""
    decisions = []
    for _, group in groupby(choices, key=lambda choice: (choice.who, choice.at, choice.document)):
        its = tuple(group)
        reasons = (
            unmet_text(outcomes[choice.id]) if choice.id in outcomes else "not in this draft yet"
            for choice in its
        )
        decisions.append(Decision(its, next(filter(None, reasons), "")))
    return tuple(decisions)


def groups_of(
    rows: Sequence[StoryRow], *, edition: model.Edition, most: int | None = None
) -> tuple[Group, ...]:
    """Return rows grouped by outcome, the nearest to the page first; at most so many of a group.

    Rows are ordered as by :func:`list_stories`; the draft gives the order of sections and reasons.
    """
    reasons = [*edition.ledger.dropped_stories][::-1]
    order = [_TOP, *sections_of(edition), ledger.IN_BRIEF, ledger.NO_ROOM, *reasons, GATED]

    def place(row: StoryRow) -> int:
        name = _filter(row)
        if name == PRINTED:
            name = _TOP if row.top else row.section
        return order.index(name) if name in order else len(order) - 2

    made = []
    for _, grouped in groupby(sorted(rows, key=place), key=place):
        its = tuple(grouped)
        title, first = f"{_filter(its[0]).capitalize()}, {len(its)}", its[0]
        if _filter(first) == PRINTED:
            heading = edition.letterhead.heading(first.section)
            title = "Top story" if first.top else f"{heading}, {len(its)} printed"
        made.append(Group(_filter(first), title, its[:most], len(its)))
    return tuple(made)


def matching(
    rows: Iterable[StoryRow], *, became: str, has_words: Callable[[str], bool]
) -> tuple[StoryRow, ...]:
    """Return the rows of one filter value (empty: of all) whose titles have certain words."""
    return tuple(
        row for row in rows if (not became or _filter(row) == became) and has_words(row.words)
    )


def filters_of(rows: Iterable[StoryRow], *, edition: model.Edition) -> dict[str, int]:
    """Return the values of the filter with how many rows each has, in the order of the groups."""
    counts: dict[str, int] = {}
    for group in groups_of(tuple(rows), edition=edition):
        counts[group.key] = counts.get(group.key, 0) + group.total
    return counts


def _filter(row: StoryRow) -> str:
    if row.became.startswith(f"{PRINTED} in "):
        return PRINTED
    return GATED if row.gated else row.became


def _foremost(
    titled: str, choices: Iterable[model.Choice], reports: Sequence[model.Document]
) -> model.Document:
    """Return the report by whose title a story is listed: as printed, as chosen, or the first."""
    chosen = sorted(choices, key=lambda choice: (choice.action is model.Action.HEADLINE, choice.at))
    wanted = [titled, *(choice.document for choice in reversed(chosen))]
    places = {name: place for place, name in reversed([*enumerate(wanted)])}
    last = len(wanted)
    return min(reports, key=lambda report: (not report.headline, places.get(report.id, last)))

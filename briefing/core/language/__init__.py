"""All that is one language: its table, read once, and passed on by what is made in it.

A table lies beside this module, ``en.toml``; what each entry means stands beside it there. A
language without an entry has none of what the entry tells: a pattern that matches nothing, no word.
"""

from __future__ import annotations

import pkgutil
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from typing import Any, get_type_hints

from briefing.core.errors import UnknownNameError
from briefing.core.language.read import (
    Forms,
    Groups,
    Guarded,
    Pattern,
    Patterns,
    Weights,
    Words,
    read,
)

#: ISO 639-1 codes of the languages that have a table here.
LANGUAGES = ("en",)


@dataclass(frozen=True, slots=True)
class Calendar:
    """Months and weekdays, each by all of its forms, in their order."""

    months: Forms
    weekdays: Forms

    def month(self, form: str) -> int:
        """Return the number of a month, from 1."""
        return _place(self.months, form) + 1

    def weekday(self, form: str) -> int:
        """Return the number of a weekday, Monday is 0."""
        return _place(self.weekdays, form)


def _place(names: Forms, form: str) -> int:
    return [*dict.fromkeys(names.values())].index(names[form.lower().rstrip(".")])


@dataclass(frozen=True, slots=True)
class Style:
    """Classes of words that tell opinion from news, and what each weighs."""

    words: Groups
    weights: Weights


@dataclass(frozen=True, slots=True)
class Places:
    """States and the seats of their governments."""

    states: Words
    seats: Words
    united: Pattern
    of_states: Forms


@dataclass(frozen=True, slots=True)
class SentenceEnds:
    """What a full stop stands behind, and what opens a sentence."""

    starters: Words
    sure_starters: Words
    titles: Words
    counted: Words
    name_parts: Words
    last_words: Words
    hours: Words
    after_hour: Pattern
    companies: Words
    speaker: Pattern


@dataclass(frozen=True, slots=True)
class Speech:
    """Parties and the turns of their transcripts."""

    official_publisher: Pattern
    state_name: Pattern
    statement_title: Pattern
    statement_head: Pattern
    turn: Pattern
    asks: Pattern
    office: Pattern
    shortened: Pattern


@dataclass(frozen=True, slots=True)
class Furniture:
    """What a page prints around a report: bylines, captions, pointers; and who is spoken to."""

    by: Pattern
    byline: Pattern
    byline_phrases: Guarded
    biography: Pattern
    caption: Pattern
    caption_phrases: Guarded
    furniture: Pattern
    furniture_phrases: Guarded
    table: Guarded
    small_words: Words
    name_openers: Words
    first_person: Pattern
    first_words: Pattern
    second_person: Guarded
    opinion_title: Pattern
    opinion_publisher: Pattern
    opinion_path: Words
    opinion_slug: Pattern
    opinion_text: Pattern
    live_title: Pattern
    live_slug: Pattern
    roundup_title: Pattern


@dataclass(frozen=True, slots=True)
class Datelines:
    """Places, dates and agencies before the first words, and credits behind the last."""

    head: Pattern
    credit: Pattern
    label: Pattern
    heading: Pattern
    spoken: Pattern
    offices: Pattern
    firm: Pattern
    signed: Pattern
    tail: Pattern


@dataclass(frozen=True, slots=True)
class KindCues:
    """What tells a transcript, a notice, an analysis or a market report."""

    transcript_title: Pattern
    transcript_text: Pattern
    official_notice: Pattern
    leisure: Words
    proclaimed: Pattern
    record: Pattern
    ticker: Pattern
    traded: Pattern
    stands: Pattern
    issue: Pattern
    explains: Pattern


@dataclass(frozen=True, slots=True)
class Clauses:
    """Who and what a clause is about, and whether it stands alone."""

    calendar: Words
    plain: Words
    name: Pattern
    institution: Pattern
    attribution: Pattern
    doubt: Pattern
    start: Pattern
    abbreviated: Pattern
    end: Pattern
    verb: Pattern
    pointing: Pattern
    leaning: Pattern
    person: Pattern
    pronoun: Pattern
    full_name: Pattern
    heads: Words
    name_places: Words


@dataclass(frozen=True, slots=True)
class FigureCues:
    """Numerals of a panel, and what is said of them."""

    money: Pattern
    percent: Pattern
    index: Pattern
    indexed: Pattern
    votes: Pattern
    voting: Pattern
    contest: Pattern
    count: Pattern
    no_unit: Words
    verbal: tuple[str, ...]
    weight: Pattern
    second: Pattern
    measure: Pattern
    direction: Pattern
    unmoved: Pattern
    up: Pattern
    down: Pattern
    direction_next: Pattern
    hedge: Pattern
    loose: Pattern
    plural: Pattern
    floor: Pattern
    aside: Pattern
    qualifies: Pattern
    year: Pattern
    percents: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Quotes:
    """Who speaks, in which office, and words that stand without their context."""

    introduced: Pattern
    full_name: Pattern
    office: Pattern
    is_office: Pattern
    no_office: Pattern
    titled: Pattern
    ends_in_role: Pattern
    joining: Pattern
    after_quote: Pattern
    verb_next: Pattern
    lead: Pattern
    weak_start: Pattern
    pointing: Pattern
    finite: Pattern
    stand: Pattern


@dataclass(frozen=True, slots=True)
class Ahead:
    """Days named in a text, and verbs of what is to come."""

    names_a_week: Words
    weeks: Forms
    mention: Pattern
    today: Pattern
    day_sign: Pattern
    join: Pattern
    week: Pattern
    will: Pattern
    next_part: Pattern
    copula: Pattern
    noun: Pattern
    past: Pattern
    apart: Pattern
    relative: Pattern
    before_day: Pattern
    starting: Pattern
    part_of_day: Pattern
    after_day: Pattern
    unsure: Pattern
    clause_ends: Pattern
    doubt: Pattern
    uncertain: Pattern
    likely: Pattern
    trailing: Pattern
    sources: Pattern
    rest: Pattern
    asks: Pattern
    opening: Pattern
    followed: Pattern
    lead: Pattern
    boundary: Pattern


@dataclass(frozen=True, slots=True)
class Dates:
    """The day that a report gives as its own."""

    beside: Pattern
    line: Pattern


@dataclass(frozen=True, slots=True)
class ReadingCues:
    """Words that lean on what stands before, and words that open a brief well."""

    adds: Pattern
    the: Pattern
    title_before: Pattern
    group: Pattern
    name: Pattern
    reacts: Pattern
    past: Pattern
    now: Pattern
    turns: Pattern
    personal: Pattern
    points: Pattern
    also: Pattern
    this: Pattern
    he: Pattern
    its: Pattern
    he_said: Pattern
    somebody_said: Pattern
    added: Pattern
    that_time: Pattern
    not_noun: Words
    unique: Pattern
    introduced_after: Words
    says: Pattern


@dataclass(frozen=True, slots=True)
class Importance:
    """Deeds, questions and those who govern."""

    powers: Pattern
    deeds: Words
    acts: Words
    casualties: Words
    light: Words
    office: Pattern
    question: Pattern
    ahead: Pattern


@dataclass(frozen=True, slots=True)
class Facts:
    """Words that carry a fact: numbers, units, negation, doubt, attribution."""

    units: Forms
    turning: Forms
    saying: Words
    alike: Forms
    token: Pattern
    other_name: Words
    tens: Words
    again: Words
    confused: tuple[str, ...]
    numerals: Forms
    multiples: Forms
    ordinals: Forms
    approximate: Forms
    contracted: Forms


@dataclass(frozen=True, slots=True)
class Ranking:
    """Cue words of Edmundson’s ranker."""

    bonus: Words
    stigma: Words


@dataclass(frozen=True, slots=True)
class WeekCues:
    """What a week in review does not say."""

    that_day: Pattern


@dataclass(frozen=True, slots=True)
class Titles:
    """Who writes plain titles, and what makes others less plain."""

    wires: Pattern
    loud: Patterns


@dataclass(frozen=True, slots=True)
class PanelWords:
    """Numerals without what counts, and the sign of a share."""

    no_unit: Pattern
    percent: Pattern


@dataclass(frozen=True, slots=True)
class Phrases:
    """The fixed wording of editions and mails."""

    creed: str
    edition: str
    on_the_web: str
    each_in_its_source: str
    whole_page: str
    contents: str
    also_today: str
    also_this_week: str
    figures: str
    in_their_words: str
    ahead: str
    desk_note: str
    desk_words: str
    corrections: str
    correction: str
    amended: str
    chart: str
    sources: str
    marks: str
    plain_marks: str
    unnamed: str
    ledger: str
    why: str
    change: str
    leave: str
    status: Forms
    confirm_subject: str
    confirm: str
    confirm_button: str
    confirm_by_address: str
    confirm_until: str
    confirm_not_you: str
    when: str
    every_day: str
    workdays: str
    on: str
    both: str
    weekdays: tuple[str, ...]
    city_time: str


@dataclass(frozen=True, slots=True)
class Language:
    """What one language is to the program."""

    #: ISO 639-1 code.
    code: str
    #: Name of the Snowball stemmer.
    stemmer: str
    #: Function words, lower-case.
    stop_words: Words
    calendar: Calendar
    places: Places
    sentences: SentenceEnds
    speech: Speech
    furniture: Furniture
    datelines: Datelines
    kinds: KindCues
    style: Style
    clauses: Clauses
    figures: FigureCues
    quotes: Quotes
    ahead: Ahead
    dates: Dates
    reading: ReadingCues
    importance: Importance
    facts: Facts
    ranking: Ranking
    week: WeekCues
    titles: Titles
    panel: PanelWords
    page: Phrases

    def __reduce__(self) -> tuple[Any, ...]:
        """Go to another process by its code: its table is there as well."""
        return Language.of_text, (self.code,)

    @classmethod
    @cache
    def of(cls, code: str) -> Language:
        """Return a language by its code.

        Raises:
            UnknownNameError: it has no table.
        """
        if code not in LANGUAGES:
            raise UnknownNameError("language", code, LANGUAGES)
        tables = tomllib.loads((pkgutil.get_data(__name__, f"{code}.toml") or b"").decode())
        # sumy's list, read as a file: the module that gives it out takes 0.4 s to import.
        stop_words = pkgutil.get_data("sumy", f"data/stopwords/{tables['stop_words']}.txt") or b""
        return cls(
            code, tables["stemmer"], frozenset(stop_words.decode().split()), **_parts(cls, tables)
        )

    @classmethod
    @cache
    def of_text(cls, tag: str) -> Language:
        """Return the language of a text by its tag, such as "en-GB"; without a table it is bare."""
        code = primary(tag)
        return cls.of(code) if code in LANGUAGES else cls(code, "", frozenset(), **_parts(cls, {}))


def primary(tag: str) -> str:
    """Return the language of a tag without region or script: "en" of "en-GB"."""
    return re.split(r"[-_]", tag.strip(), maxsplit=1)[0].lower()


def _parts(cls: type[Language], tables: Mapping[str, Any]) -> dict[str, Any]:
    hints = get_type_hints(cls)
    return {part.name: read(hints[part.name], part.name, tables) for part in fields(cls)[3:]}

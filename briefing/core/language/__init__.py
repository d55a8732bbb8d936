"""Everything specific to one language, read once from its table.

Each table lies beside this module; comments in ``en.toml`` explain the entries. An entry that a
table lacks is empty: a pattern that matches nothing, or no words.
"""

from __future__ import annotations

import pkgutil
import re
import tomllib
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from datetime import date
from functools import cache, lru_cache, wraps
from typing import Any, ParamSpec, TypeVar, get_args, get_origin, get_type_hints

from briefing.core.errors import UnknownNameError
from briefing.core.frozen import frozen
from briefing.core.language.read import (
    Entries,
    Forms,
    Groups,
    Guarded,
    Pairs,
    Pattern,
    Patterns,
    Texts,
    Weights,
    Words,
)

#: ISO 639-1 codes of the languages that have a table here; the first has every entry.
LANGUAGES = ("en", "de", "fr", "es", "pt", "it", "nl", "ru")


class Calendar(Entries[Forms]):
    """Months and weekdays in order, each with all its forms."""

    def month(self, form: str) -> int:
        """Return the number of a month, from 1."""
        return _place(self.months, form) + 1

    def weekday(self, form: str) -> int:
        """Return the number of a weekday; Monday is 0."""
        return _place(self.weekdays, form)


def _place(names: Forms, form: str) -> int:
    return [*dict.fromkeys(names.values())].index(names[form.lower().rstrip(".")])


class Spelling(Entries[Words]):
    """How words are written."""

    marks: Forms

    def with_plain_marks(self, text: str) -> str:
        """Return a text of the same length with “ and ” as quotation marks."""
        if not any(plain == "“" and sign in text for sign, plain in self.marks.items()):
            return text
        return text.translate({ord(sign): plain for sign, plain in self.marks.items()})


class Style(Entries[Pattern]):
    """Classes of words that distinguish opinion from news, and their weights."""

    words: Groups
    weights: Weights


class Places(Entries[Words]):
    """States and their seats of government."""

    united: Pattern
    of_states: Forms


class SentenceEnds(Entries[Words]):
    """Words that a period follows, and words that open a sentence."""

    ordinal: Pattern
    after_hour: Pattern
    speaker: Pattern


class Furniture(Entries[Pattern]):
    """Page furniture (bylines, captions, pointers), and pronouns for the writer and the reader."""

    byline_phrases: Guarded
    caption_phrases: Guarded
    furniture_phrases: Guarded
    table: Guarded
    second_person: Guarded
    small_words: Words
    name_openers: Words
    opinion_path: Words


class KindCues(Entries[Pattern]):
    """Cues of a transcript, a notice, an analysis or a market report."""

    leisure: Words


class Clauses(Entries[Pattern]):
    """Cues of what a clause is about, and whether it can stand alone."""

    calendar: Words
    plain: Words
    heads: Words
    name_places: Words


class FigureCues(Entries[Pattern]):
    """Numerals for the panel, and words that show what they measure."""

    no_unit: Words
    verbal: tuple[str, ...]
    percents: tuple[str, ...]


class Ahead(Entries[Pattern]):
    """Days named in a text, and verbs about the future."""

    names_a_week: Words
    weeks: Forms


class ReadingCues(Entries[Pattern]):
    """Words that lean on an earlier sentence, and words that open a brief well."""

    not_noun: Words
    introduced_after: Words


class Importance(Entries[Pattern]):
    """Words in a report that bear on its importance: deeds, questions, holders of power."""

    words: str
    deeds: Words
    sections: Groups
    acts: Words
    casualties: Words
    light: Words


class Facts(Entries[Forms]):
    """Words that carry facts: numbers, units, negation, doubt, attribution."""

    token: Pattern
    saying: Words
    other_name: Words
    tens: Words
    again: Words
    confused: Pairs
    decimal: str
    spans: Words
    of_death: Words
    toll: Pattern


class Titles(Entries[Pattern]):
    """Patterns that make a title less plain, and publishers of plain titles."""

    loud: Patterns


class Phrases(Entries[str]):
    """The fixed wording of editions and mails."""

    status: Forms
    since_status: Texts
    reasons: Texts
    counts: Texts
    sections: Texts
    languages: Texts
    messages: Texts
    singular: Pattern
    few: Pattern
    elided: Pattern
    weekdays: tuple[str, ...]
    short_weekdays: tuple[str, ...]
    months: tuple[str, ...]
    months_alone: tuple[str, ...]
    short_months: tuple[str, ...]

    def counted(self, number: int, what: str) -> str:
        """Return a number with the noun that it counts: "2 stories"."""
        text = self.form(number, self.counts.get(what, f"{{n}} {what}"))
        return text.format(n=self.number(number))

    def form(self, number: int, forms: str) -> str:
        """Return the form of a word for a number; forms are "one | many" or "one | few | many"."""
        single, *more = forms.split(" | ")
        if not more or self.singular.fullmatch(str(number)):
            return single
        return more[0] if self.few.fullmatch(str(number)) else more[-1]

    def number(self, number: int) -> str:
        """Return a number in digits with thousands separators: "1,204"."""
        return f"{number:,}".replace(",", self.thousands)

    def day(self, day: date, how: str) -> str:
        """Return a day formatted by a pattern such as "{weekday} {day} {month} {year}"."""
        return how.format(
            weekday=self.weekdays[day.weekday()],
            short_weekday=self.short_weekdays[day.weekday()],
            day=self.first_day if day.day == 1 else day.day,
            month=self.months[day.month - 1],
            month_alone=(self.months_alone or self.months)[day.month - 1],
            short_month=self.short_months[day.month - 1],
            year=day.year,
        )


@frozen
class Language:
    """One language: its stemmer, words, patterns and printed phrases."""

    #: ISO 639-1 code.
    code: str
    #: Name of the Snowball stemmer.
    stemmer: str
    #: Function words, lower-case; "+spanish" in a table stands for sumy's list.
    stop_words: Words
    spelling: Spelling
    calendar: Calendar
    places: Places
    sentences: SentenceEnds
    #: Parties and the turns of their transcripts.
    speech: Entries[Pattern]
    furniture: Furniture
    #: Places, dates and agencies before the first words of a report.
    datelines: Entries[Pattern]
    kinds: KindCues
    style: Style
    clauses: Clauses
    figures: FigureCues
    #: Cues of quotations, their speakers and offices.
    quotes: Entries[Pattern]
    ahead: Ahead
    #: The publication day that a report states itself.
    dates: Entries[Pattern]
    reading: ReadingCues
    importance: Importance
    facts: Facts
    #: Cue words of Edmundson’s ranker.
    ranking: Entries[Words]
    #: Words that a week in review does not print.
    week: Entries[Pattern]
    titles: Titles
    #: Numerals without a unit, and forms of "percent".
    panel: Entries[Pattern]
    page: Phrases

    @property
    def lacks(self) -> Mapping[str, tuple[str, ...]]:
        """Entries of English that this language lacks, by part; empty if the whole part is."""
        own, every = _tables(self.code), _tables(LANGUAGES[0])
        return {
            part: tuple(name for name in entries if part in own and name not in own[part])
            for part, entries in every.items()
            if isinstance(entries, Mapping) and entries.keys() - own.get(part, {}).keys()
        }

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle by code: the other process has the table as well."""
        return Language.of_text, (self.code,)

    @classmethod
    @cache
    def of(cls, code: str) -> Language:
        """Return a language by its code.

        Raises:
            UnknownNameError: there is no table for this code.
        """
        if code not in LANGUAGES:
            raise UnknownNameError("language", code, LANGUAGES)
        tables = _tables(code)
        words = _LISTED.sub(_sumy_list, tables["stop_words"]).split()
        return cls(code, tables["stemmer"], frozenset(words), **_parts(tables))

    @classmethod
    @cache
    def of_text(cls, tag: str) -> Language:
        """Return the language of a tag such as "en-GB"; empty if there is no table for it."""
        code = primary(tag)
        return cls.of(code) if code in LANGUAGES else cls(code, "", frozenset(), **_parts({}))


def primary(tag: str) -> str:
    """Return a tag without region or script: "en" for "en-GB"."""
    return re.split(r"[-_]", tag.strip(), maxsplit=1)[0].lower()


#: The name of a list of stop words that sumy has.
_LISTED = re.compile(r"\+(\w+)")


def _sumy_list(name: re.Match[str]) -> str:
    # Read as a file: its module takes 0.4 s to import.
    return (pkgutil.get_data("sumy", f"data/stopwords/{name[1]}.txt") or b"").decode()


@cache
def _tables(code: str) -> Mapping[str, Any]:
    return tomllib.loads((pkgutil.get_data(__name__, f"{code}.toml") or b"").decode())


def _parts(tables: Mapping[str, Any]) -> dict[str, Any]:
    every = _tables(LANGUAGES[0])
    parts = {}
    for name, hint in get_type_hints(Language).items():
        made = get_origin(hint) or hint
        if issubclass(made, Entries):
            (kind,) = get_args(hint) or get_args(made.__orig_bases__[0])
            parts[name] = made(name, kind, tables, every[name])
    return parts


P = ParamSpec("P")
T = TypeVar("T")

_SPOKEN: ContextVar[Language] = ContextVar("language", default=Language.of("en"))  # noqa: B039  frozen
#: Returns the language in which the current thread or task reads or prints.
spoken: Callable[[], Language] = _SPOKEN.get


def in_language(tag: Callable[..., str]) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Return a decorator that sets the language; ``tag`` derives it from the arguments."""

    def of_each(function: Callable[P, T]) -> Callable[P, T]:
        @wraps(function)
        def spoken_in(*args: P.args, **named: P.kwargs) -> T:
            before = _SPOKEN.set(Language.of_text(tag(*args, **named)))
            try:
                return function(*args, **named)
            finally:
                _SPOKEN.reset(before)

        return spoken_in

    return of_each


def kept(most: int) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Return a decorator that caches the last ``most`` results, separately for each language."""

    def of_each(function: Callable[P, T]) -> Callable[P, T]:
        @lru_cache(maxsize=most)
        def of(_code: str, *args: P.args, **named: P.kwargs) -> T:
            return function(*args, **named)

        return wraps(function)(lambda *args, **named: of(spoken().code, *args, **named))

    return of_each

"""PURE: archive queries from addresses, and highlighting of matches."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from urllib.parse import urlencode

from briefing.store.archive import Question, fold, words_of
from briefing.web.dates import read_date, read_month
from briefing.web.forms import FieldError

#: Hits per page, and the maximum number of pages, since later pages cost more.
ON_A_PAGE, _MOST_PAGES = 20, 500
#: Characters read of a field.
_LONGEST = 300
_NUMBER = re.compile(r"[1-9]\d{0,3}", re.ASCII)
_FIELDS = ("words", "section", "publisher", "from", "to", "status")


@dataclass(frozen=True, slots=True)
class ArchiveQuery:
    """A search as written and as parsed."""

    #: Values by field name, to show again.
    written: Mapping[str, str]
    question: Question
    problems: tuple[FieldError, ...]
    #: From 1.
    page: int
    #: First day of the month to show; None if not given.
    month: date | None

    @property
    def empty(self) -> bool:
        """Whether there is no filter, so everything matches."""
        return self.question == Question()

    def path(self, **changed: str) -> str:
        """Return the path of this search with some fields changed; empty ones are omitted."""
        fields = {**self.written, **changed}
        return f"/archive?{asked}" if (asked := urlencode(_filled(fields))) else "/archive"


def read_question(query: Mapping[str, str]) -> ArchiveQuery:
    """Parse a query; invalid dates are reported and ignored."""
    # PostgreSQL takes no NUL.
    raw = {name: query.get(name, "").replace("\0", "") for name in _FIELDS}
    written = {name: text[:_LONGEST].strip() for name, text in raw.items()}
    since, until = read_date(written["from"]), read_date(written["to"])
    question = Question(
        written["words"],
        written["section"],
        written["publisher"],
        since,
        until,
        written["status"],
    )
    page = query.get("page", "")
    return ArchiveQuery(
        written,
        question,
        _problems(written, since, until),
        min(int(page), _MOST_PAGES) if _NUMBER.fullmatch(page) else 1,
        read_month(query.get("month", "")),
    )


def _filled(fields: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in fields.items() if value}


def _problems(
    written: Mapping[str, str], since: date | None, until: date | None
) -> tuple[FieldError, ...]:
    errors = [
        FieldError(name, f"“{written[name]}” is not a valid date.", "Write it like 2026-03-12")
        for name, day in (("from", since), ("to", until))
        if written[name] and day is None
    ]
    if since and until and since > until:
        errors.append(FieldError("to", "The last day is before the first.", "Choose a later day"))
    return tuple(errors)


def wider(asked: ArchiveQuery) -> tuple[tuple[str, Question, str], ...]:
    """Return wider searches: label, question and path.

    The most likely to help first: any date, any section, then each word alone.
    """
    question = asked.question
    questions: list[tuple[str, Question, str]] = []
    if question.since or question.until:
        free = replace(question, since=None, until=None)
        questions.append(("Any date", free, asked.path(**{"from": "", "to": ""})))
    if question.section:
        questions.append(("All sections", replace(question, section=""), asked.path(section="")))
    if question.publisher:
        questions.append(
            ("All publishers", replace(question, publisher=""), asked.path(publisher=""))
        )
    if question.status:
        questions.append(("Any status", replace(question, status=""), asked.path(status="")))
    each = words_of(question.words)
    for word in each if len(each) > 1 else ():
        quoted = f'"{word}"' if " " in word else word
        questions.append(
            (f"Only “{word}”", replace(question, words=quoted), asked.path(words=quoted))
        )
    return tuple(questions)


def nothing_found(asked: ArchiveQuery, *, heading: Callable[[str], str]) -> str:
    """Return the sentence for a search without results."""
    question = asked.question
    words = [f"“{word}”" for word in words_of(question.words)]
    has = f" has {_and(words, both=len(words) == 2)}" if words else ""
    where = f" in {heading(question.section)}" if question.section else ""
    whose = f" from {question.publisher}" if question.publisher else ""
    status = f" of a {question.status} story" if question.status else ""
    since = f" since {_long(question.since)}" if question.since else ""
    until = f" up to {_long(question.until)}" if question.until else ""
    verb = has or " was found"
    return f"No printed sentence{where}{whose}{status}{verb}{since}{until}."


def _and(words: Sequence[str], *, both: bool) -> str:
    if len(words) < 2:
        return "".join(words)
    joined = f"{', '.join(words[:-1])} and {words[-1]}"
    return f"both {joined}" if both else joined


def _long(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def marked(text: str, words: Sequence[str]) -> tuple[tuple[str, bool], ...]:
    """Split a text into matching and other parts, at word boundaries.

    Args:
        text: as printed.
        words: folded, as :func:`briefing.store.archive.words_of` gives them.
    """
    if not words:
        return ((text, False),) if text else ()
    folded, places = _folded(text)
    hit = [False] * (len(text) + 1)
    for word in words:
        start = folded.find(word)
        while start >= 0:
            first, last = places[start], places[start + len(word) - 1]
            hit[first : last + 1] = [True] * (last + 1 - first)
            start = folded.find(word, start + len(word))
    return tuple(_runs(text, _whole_words(text, hit)))


#: The characters of a page are few, and each takes a microsecond or more to fold.
_folded_character = lru_cache(maxsize=1_000)(fold)


def _folded(text: str) -> tuple[str, list[int]]:
    """Return the folded text, and the original position of each of its characters."""
    folded: list[str] = []
    places: list[int] = []
    for place, character in enumerate(text):
        bare = _folded_character(character)
        if not bare and character.isspace() and folded and folded[-1] != " ":
            bare = " "
        folded.extend(bare)
        places.extend([place] * len(bare))
    return "".join(folded), places


def _whole_words(text: str, hit: list[bool]) -> list[bool]:
    """Extend hits to whole words."""
    grown = hit[: len(text)]
    for order in (range(1, len(text)), range(len(text) - 2, -1, -1)):
        step = order.step
        for place in order:
            near = grown[place - step]
            if near and text[place].isalnum() and text[place - step].isalnum():
                grown[place] = True
    return grown


def _runs(text: str, hit: Sequence[bool]) -> list[tuple[str, bool]]:
    runs: list[tuple[str, bool]] = []
    for character, is_hit in zip(text, hit, strict=True):
        if runs and runs[-1][1] == is_hit:
            runs[-1] = (runs[-1][0] + character, is_hit)
        else:
            runs.append((character, is_hit))
    return runs

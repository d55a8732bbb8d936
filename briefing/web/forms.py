"""Form fields, time zones, dates in addresses, and messages as sentences."""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta, timezone
from itertools import zip_longest
from typing import Any, NamedTuple, TypeVar
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from briefing.app.readers import normalize
from briefing.app.readers.fields import (
    FIELDS,
    MOST_WORDS,
    NOUNS,
    SEVERAL,
    Chosen,
    mute_of,
    separate_words,
    wrong_choices,
)
from briefing.core.errors import InputError
from briefing.core.model import UNTIL, Offered
from briefing.core.schedule import clock_time
from briefing.press.catalog import shown
from briefing.press.wording import _, capitalized, city_of

#: Values by field name, in the order sent.
Fields = Mapping[str, Sequence[str]]

#: Most characters of an address that are shown again; valid addresses are shorter.
_SHOWN = 300
#: Most characters read of own words; longer input is invalid anyway.
_LONGEST_WORDS = 2_000


class FieldError(NamedTuple):
    """An error in one field."""

    #: Id of the field on the page.
    field: str
    #: Message for the top of the page.
    message: str
    #: Hint beside the field.
    hint: str


#: The errors of a form, in its order.
FieldErrors = tuple[FieldError, ...]


def first(fields: Fields, name: str) -> str:
    """Return the first value of a field; empty if it has none."""
    return next(iter(fields.get(name, ())), "")


def read_address(fields: Fields) -> tuple[str, str, FieldErrors]:
    """Return the address as written, normalized, and its errors."""
    written = first(fields, "mail").strip()
    try:
        return written[:_SHOWN], normalize(written), ()
    except InputError as error:
        message = _("The mail address {why}.", why=_(str(error)).removeprefix("it "))
        hint = _("Write it like a.osei@ministry.example")
        return written[:_SHOWN], "", (FieldError("mail", message, hint),)


def as_fields(chosen: Chosen) -> list[tuple[str, str]]:
    """Return the form fields that submit the same values."""
    values = {name: value if name in SEVERAL else [value] for name, value in chosen.items()}
    return [(wish.name, value) for wish in FIELDS for value in values[wish.name]]


#: Fields that a form may lack. If several values can be chosen, no value means none of them.
_NEWER = {"language", "muted"} | {
    wish.name for wish in FIELDS if "older" in wish.metadata and wish.name not in SEVERAL
}


def read_chosen(fields: Fields, *, usual: Chosen, asked: Collection[str]) -> Chosen:
    """Return the submitted values; fields not on the form keep their defaults.

    Programs that post a form may not know newer fields.
    """

    def read(name: str) -> str | tuple[str, ...]:
        many = tuple(dict.fromkeys(fields.get(name, ())))
        if name == "own_words":
            # Several words in one field, or one per field when the form is sent again.
            return separate_words("\n".join(many)[:_LONGEST_WORDS])
        if name == "muted":
            pairs = zip_longest(fields[name], fields.get("muted_until", ()), fillvalue="")
            lines = (
                UNTIL.join(filter(None, (what.strip()[:_SHOWN], until)))
                for what, until in pairs
                if what.strip()
            )
            return tuple(dict.fromkeys(lines))
        text = first(fields, name)[:_SHOWN]
        return many if name in SEVERAL else (name == "at" and clock_time(text)) or text

    sent = (name for name in asked if name not in _NEWER or name in fields)
    return {**usual, **{name: read(name) for name in sent}}


def problems(chosen: Chosen, *, offered: Offered, today: date = date.min) -> FieldErrors:
    """Return the errors in the order of the form; mutes must end after today."""
    errors = []
    muted = FieldError(
        "muted",
        _("Your mutes cannot be saved as entered."),
        _("Give each line a word or a saga, and a date after today; at most 10 lines"),
    )
    ends = [mute_of(each)[1] for each in chosen["muted"]]
    for field, value in wrong_choices(chosen, offered=offered):
        label, hint = NOUNS[field], _("Choose one from the list")
        if field == "sections" and value is None and offered.lists:
            label = f"{label} or watch-list"
        message = _(f"No {label} is selected." if value is None else f"Unknown {label}.")
        if field == "at":
            message, hint = _("Delivery time is not valid."), _("Choose one, for example 07:00")
        elif field == "own_words":
            message = _("Your own words cannot be saved as entered.")
            hint = _("Enter at most 10, each of at most 60 characters, with a letter or digit")
        elif field in SEVERAL:
            hint = _(f"Select at least one {label}")
        if field != "muted":
            errors.append(FieldError(field, message, hint))
    if len(ends) > MOST_WORDS or any(end is None or end <= today for end in ends):
        errors.append(muted)
    return tuple(errors)


#: Regions of zones, whose names are messages.
REGIONS = tuple(
    "Africa America Antarctica Arctic Asia Atlantic Australia Europe Indian Pacific".split()
)


def zone_groups(names: Iterable[str], *, at: datetime) -> dict[str, list[tuple[str, str]]]:
    """Return zones by region, cities in alphabetical order: IANA name and label.

    A label includes the offset at the given time: "Zurich (UTC+1)".
    """
    groups: dict[str, list[tuple[str, str]]] = {}
    for name in names:
        region = name.partition("/")[0]
        region = _(region) if region in REGIONS else _("World")
        offset = at.astimezone(ZoneInfo(name)).utcoffset() or timedelta()
        # From "UTC+05:45", "UTC-03:00" or "UTC".
        utc = re.sub("(?<=[+-])0|:00", "", str(timezone(offset))).replace("-", "−")
        label = utc if name == "UTC" else f"{city_of(name)} ({utc})"
        groups.setdefault(region, []).append((name, label))
    return {region: sorted(zones, key=lambda zone: zone[1]) for region, zones in groups.items()}


#: Four-digit years; adding a day or a time zone stays within the range of dates.
FIRST, LAST = date(1000, 1, 1), date(9998, 12, 31)
_DAY = re.compile(r"(?a)\d{4}-\d{2}-\d{2}")
_MONTH = re.compile(r"(?a)(\d{4})-(\d{2})")


def read_date(text: str) -> date | None:
    """Parse a date such as "2026-03-12"; None if it is not valid."""
    try:
        return date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        return None


def read_day(text: str) -> date | None:
    """Parse the day of an edition; None if it is not valid or out of range."""
    day = read_date(text)
    return day if day and FIRST <= day <= LAST else None


def read_number(text: str) -> int | None:
    """Return a number that every database can store; None for any other text."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None


def read_month(text: str) -> date | None:
    """Return the first day of a month such as "2026-03"; None as for :func:`read_date`."""
    return read_day(f"{text}-01") if _MONTH.fullmatch(text) else None


def near(day: date) -> date:
    """Return a date, or the nearest one within the allowed range."""
    return min(max(day, FIRST), LAST)


def sentence(words: object) -> str:
    """Return words, or the message of an error, as a sentence; empty if there are none."""
    text = str(shown(words))
    end = "" if text.endswith((".", "?")) else "."
    return f"{capitalized(text)}{end}" if text else ""


#: Most characters of a query value that are read.
_LONGEST_ASKED = 200
#: The maximum page number, and most digits of a number that are read.
_MOST_PAGES, _DIGITS = 100_000, 9
_DOWN = "descending"

Row = TypeVar("Row")


class Head(NamedTuple):
    """The head of a sortable column."""

    label: str
    #: Link that sorts by the column, or reverses the order if already sorted by it.
    href: str
    #: "ascending" or "descending"; empty if sorted by another column.
    sorted: str


class Listing(NamedTuple):
    """The address of a table."""

    #: Without the base path.
    path: str
    query: Mapping[str, str]
    #: Query parameters besides order and page.
    keys: tuple[str, ...] = ()

    def asked(self, key: str) -> str:
        """Return a query parameter, stripped."""
        return self.query.get(key, "").strip()[:_LONGEST_ASKED]

    @property
    def page(self) -> int:
        """The requested page, from 1."""
        page = self.query.get("page", "1")
        digits = page[:_DIGITS] if page.isascii() and page.isdigit() else "1"
        return max(1, min(int(digits), _MOST_PAGES))

    @property
    def down(self) -> bool:
        """Whether the order is reversed."""
        return self.query.get("order") == _DOWN

    def head(self, key: str, label: str, *, sort: str) -> Head:
        """Return the head of a column; the table is sorted by the column ``sort``."""
        now = "" if key != sort else _DOWN if self.down else "ascending"
        order = _DOWN if now == "ascending" else ""
        return Head(label, self.to(sort=key, order=order), now)

    def table(
        self,
        rows: Sequence[Row],
        columns: Mapping[str, tuple[str, Callable[[Row], Any]]],
        *,
        size: int,
    ) -> dict[str, Any]:
        """Return what a template shows of a table: its column heads, and the rows of a page.

        Columns have a label and a sort key; the first is the default, and orders ties.
        """
        usual = next(iter(columns))
        sort = sort if (sort := self.query.get("sort", usual)) in columns else usual
        ordered = sorted(rows, key=columns[usual][1])
        ordered.sort(key=columns[sort][1], reverse=self.down)
        first = (self.page - 1) * size
        return {
            "listing": self,
            "heads": {key: self.head(key, label, sort=sort) for key, (label, _) in columns.items()},
            "rows": ordered[first : first + size],
            "first": first + 1,
            "total": len(rows),
            "pages": self.pages(len(rows), size=size),
        }

    def pages(
        self, total: int, *, size: int, labels: tuple[str, str] = ("Previous", "Next")
    ) -> tuple[tuple[str, str], ...]:
        """Return label and path of the previous and the next page, if they exist."""
        before = ((labels[0], self.page - 1),) if self.page > 1 else ()
        after = ((labels[1], self.page + 1),) if self.page * size < total else ()
        return tuple((label, self.to(page=f"{number}")) for label, number in (*before, *after))

    def to(self, **more: str) -> str:
        """Return the path with the current and additional parameters."""
        fields = {key: self.asked(key) for key in self.keys} | more
        question = urlencode({key: value for key, value in fields.items() if value})
        return f"{self.path}?{question}" if question else self.path

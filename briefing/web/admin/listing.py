"""PURE: a table that is searched, sorted and paged by its address alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlencode

#: Characters of a question that are read.
_LONGEST = 200
#: The last page that is looked at, and digits of a number that are read.
_MOST_PAGES, _DIGITS = 100_000, 9
_DOWN = "descending"

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a column by which the table can be sorted."""

    label: str
    #: Path and question that sort by it; the other way round when it is sorted so already.
    href: str
    #: "ascending", "descending"; empty: by another column.
    sorted: str


@dataclass(frozen=True, slots=True)
class Listing:
    """The address of a table."""

    #: Without the base of the desk.
    path: str
    query: Mapping[str, str]
    #: What is asked for beside the order and the page.
    keys: tuple[str, ...]

    def asked(self, key: str) -> str:
        """Return what was asked for under a key, without spaces around it."""
        return self.query.get(key, "").strip()[:_LONGEST]

    @property
    def page(self) -> int:
        """Which page is asked for, 1 for the first."""
        page = self.query.get("page", "1")
        digits = page[:_DIGITS] if page.isascii() and page.isdigit() else "1"
        return max(1, min(int(digits), _MOST_PAGES))

    @property
    def down(self) -> bool:
        """Whether the order is reversed."""
        return self.query.get("order") == _DOWN

    def ordered(
        self, rows: Sequence[Row], sorts: Mapping[str, Callable[[Row], Any]]
    ) -> tuple[str, list[Row]]:
        """Return by what the rows are sorted, and the rows; by the first for an unknown key.

        Rows that are equal stay in the order of the first key.
        """
        usual = next(iter(sorts))
        sort = self.query.get("sort", usual)
        sort = sort if sort in sorts else usual
        ordered = sorted(sorted(rows, key=sorts[usual]), key=sorts[sort], reverse=self.down)
        return sort, ordered

    def head(self, key: str, label: str, *, sort: str) -> Head:
        """Return the head of a column; "sort" is the column by which the table is sorted."""
        now = "" if key != sort else _DOWN if self.down else "ascending"
        more = {"sort": key} | ({"order": _DOWN} if now == "ascending" else {})
        return Head(label, self.to(**more), now)

    def to(self, **more: str) -> str:
        """Return the path with what is asked for and more."""
        fields = {key: self.asked(key) for key in self.keys} | more
        question = urlencode({key: value for key, value in fields.items() if value})
        return f"{self.path}?{question}" if question else self.path

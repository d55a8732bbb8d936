"""PURE: tables that are searched, sorted and paged by their address."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlencode

#: Characters read of a query value.
_LONGEST = 200
#: The maximum page number, and digits read of a number.
_MOST_PAGES, _DIGITS = 100_000, 9
_DOWN = "descending"

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a sortable column."""

    label: str
    #: Link that sorts by it, or reverses the order if already sorted by it.
    href: str
    #: "ascending" or "descending"; empty if sorted by another column.
    sorted: str


@dataclass(frozen=True, slots=True)
class Listing:
    """The address of a table."""

    #: Without the base path.
    path: str
    query: Mapping[str, str]
    #: Query parameters besides order and page.
    keys: tuple[str, ...]

    def asked(self, key: str) -> str:
        """Return a query parameter, stripped."""
        return self.query.get(key, "").strip()[:_LONGEST]

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

    def ordered(
        self, rows: Sequence[Row], sorts: Mapping[str, Callable[[Row], Any]]
    ) -> tuple[str, list[Row]]:
        """Return the sort key and the sorted rows; an unknown key means the first one.

        Equal rows keep the order of the first key.
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

    def pages(self, total: int, *, size: int) -> tuple[tuple[str, str], ...]:
        """Return label and path of the page before and the page after, where there are any."""
        before = (("Previous", self.page - 1),) if self.page > 1 else ()
        after = (("Next", self.page + 1),) if self.page * size < total else ()
        return tuple((label, self.to(page=f"{number}")) for label, number in (*before, *after))

    def to(self, **more: str) -> str:
        """Return the path with the current and additional parameters."""
        fields = {key: self.asked(key) for key in self.keys} | more
        question = urlencode({key: value for key, value in fields.items() if value})
        return f"{self.path}?{question}" if question else self.path

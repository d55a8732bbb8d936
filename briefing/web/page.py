"""One address and what answers there."""

from __future__ import annotations

from dataclasses import dataclass

from briefing.web.request import Upload, View

ASK = ("GET",)
ACT = ("GET", "POST")
#: Forms without a page of their own.
ONLY_ACT = ("POST",)


@dataclass(frozen=True, slots=True)
class SitePage:
    """One address; "{name}" in it is a part of the path."""

    path: str
    view: View
    methods: tuple[str, ...] = ASK
    #: Whether its form sends a file.
    upload: Upload | None = None

"""What the house that publishes a briefing adds to the look of its page."""

from __future__ import annotations

import re
from dataclasses import dataclass

from briefing.core.glyphs import is_settable

#: Characters of the printed label of a section; so many of the widest fill a line of the page.
LONGEST_LABEL = 40

_COLOR = re.compile("(?:#[0-9a-f]{6})?")
_LOGO = re.compile(r"(?:data:image/(?:png|svg\+xml);base64,[A-Za-z0-9+/]+=*)?")


@dataclass(frozen=True, slots=True)
class Letterhead:
    """Marking, name line, accent color, logo and names of sections; each may be empty."""

    #: Printed above and below everything, such as "INTERNAL".
    marking: str = ""
    #: The house, above the nameplate.
    name_line: str = ""
    #: Six hexadecimal digits after "#", in place of the theme's accent.
    accent: str = ""
    #: A checked picture as a data URI, before the nameplate.
    logo: str = ""
    #: The printed label of each section that has another than its class: class and label.
    labels: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        if not _COLOR.fullmatch(self.accent):
            raise ValueError(f"{self.accent!r} is not a color")
        if not _LOGO.fullmatch(self.logo):
            raise ValueError("the logo is not an embedded picture")
        for _, label in self.labels:
            if not is_settable(label, longest=LONGEST_LABEL):
                raise ValueError(f"{label!r} is not a label of a section")

    def label(self, section: str) -> str:
        """Return the printed label of a section; its class if it has no label."""
        return dict(self.labels).get(section, section)

    def heading(self, section: str) -> str:
        """Return the printed label of a section; its class with a capital if it has no label."""
        return dict(self.labels).get(section) or section.capitalize()


#: Adds nothing.
PLAIN = Letterhead()

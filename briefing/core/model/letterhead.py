"""What the house that publishes a briefing adds to the look of its page."""

from __future__ import annotations

from dataclasses import dataclass

#: Characters of the printed label of a section; so many of the widest fill a line of the page.
LONGEST_LABEL = 40


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

    def label(self, section: str) -> str:
        """Return the printed label of a section; its class if it has no label."""
        return dict(self.labels).get(section, section)

    def heading(self, section: str) -> str:
        """Return the printed label of a section; its class with a capital if it has no label."""
        return dict(self.labels).get(section) or section.capitalize()


#: Adds nothing.
PLAIN = Letterhead()

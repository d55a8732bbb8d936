"""What the house that publishes a briefing adds to the look of its page."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Letterhead:
    """Marking, name line, accent color and logo; each may be empty."""

    #: Printed above and below everything, such as "INTERNAL".
    marking: str = ""
    #: The house, above the nameplate.
    name_line: str = ""
    #: Six hexadecimal digits after "#", in place of the theme's accent.
    accent: str = ""
    #: A checked picture as a data URI, before the nameplate.
    logo: str = ""


#: Adds nothing.
PLAIN = Letterhead()

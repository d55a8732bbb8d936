"""What an organization adds to the look of its editions, and whether its colors are readable."""

import re
from dataclasses import field, fields

from briefing.core.frozen import frozen
from briefing.core.glyphs import is_settable

#: Characters of the printed label of a section; so many of the widest fill a line of the page.
LONGEST_LABEL = 40

_COLOR = re.compile("(?:#[0-9a-f]{6})?")
_LOGO = re.compile(r"(?:data:image/(?:png|svg\+xml);base64,[A-Za-z0-9+/]+=*)?")


@frozen
class Letterhead:
    """Marking, name line, accent color, logo and names of sections; each may be empty."""

    #: Printed above and below everything, such as "INTERNAL".
    marking: str = ""
    #: The house, above the nameplate.
    name_line: str = field(default="", metadata={"line": "house"})
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

    @property
    def lines(self) -> tuple[tuple[str, str], ...]:
        """The lines above the nameplate, each with the kind by which it is styled."""
        return tuple((kind, words) for kind, name in HEAD_LINES if (words := getattr(self, name)))

    def label(self, section: str) -> str:
        """Return the printed label of a section; its class if it has no label."""
        return dict(self.labels).get(section, section)


#: Kind and name of each field that is a line above the nameplate.
HEAD_LINES = tuple((f.metadata["line"], f.name) for f in fields(Letterhead) if f.metadata)
#: Adds nothing.
PLAIN = Letterhead()


#: Least contrast of text (WCAG 2.2, 1.4.3).
LEAST_CONTRAST = 4.5
#: The grounds of the screen by day and at night; print and mail are white, with more contrast.
PAPER, NIGHT = "#fdfbf6", "#16140f"
#: Steps from a color to white in which its tint is looked for.
_STEPS = 20


def contrast(color: str, ground: str) -> float:
    """Return the contrast ratio of two colors, from 1 to 21.

    References:
        WCAG 2.2, "contrast ratio" and "relative luminance".
    """
    darker, lighter = sorted((_luminance(color), _luminance(ground)))
    return (lighter + 0.05) / (darker + 0.05)


def lightened(color: str) -> str:
    """Return the color with the least white added that makes text readable on a dark page."""
    channels = _channels(color)
    mixed = (
        "#" + "".join(f"{round(part + (255 - part) * (step / _STEPS)):02x}" for part in channels)
        for step in range(_STEPS + 1)
    )
    return next(tint for tint in mixed if contrast(tint, NIGHT) >= LEAST_CONTRAST)


def _channels(color: str) -> tuple[int, ...]:
    return tuple(int(color[start : start + 2], 16) for start in (1, 3, 5))


def _luminance(color: str) -> float:
    linear = (
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
        for value in (channel / 255 for channel in _channels(color))
    )
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

"""Colors as six hexadecimal digits: contrast, and the tint that reads on a dark ground."""

from __future__ import annotations

#: Least contrast of text (WCAG 2.2, 1.4.3).
LEAST_CONTRAST = 4.5
#: The grounds of the screen by day and at night; print and mail are white, with more contrast.
PAPER, NIGHT = "#fdfbf6", "#16140f"
#: Steps from a color to white in which its tint is looked for.
_STEPS = 20


def contrast(color: str, ground: str) -> float:
    """Return the contrast of two colors, 1 to 21.

    References:
        WCAG 2.2, "contrast ratio" and "relative luminance".
    """
    darker, lighter = sorted((_luminance(color), _luminance(ground)))
    return (lighter + 0.05) / (darker + 0.05)


def lightened(color: str, ground: str = NIGHT) -> str:
    """Return the color, mixed with as little white as gives text enough contrast on a ground."""
    mixed = (_mixed(color, step / _STEPS) for step in range(_STEPS + 1))
    return next(tint for tint in mixed if contrast(tint, ground) >= LEAST_CONTRAST)


def _channels(color: str) -> tuple[int, ...]:
    return tuple(int(color[start : start + 2], 16) for start in (1, 3, 5))


def _luminance(color: str) -> float:
    linear = (
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
        for value in (channel / 255 for channel in _channels(color))
    )
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def _mixed(color: str, white: float) -> str:
    return "#" + "".join(f"{round(part + (255 - part) * white):02x}" for part in _channels(color))

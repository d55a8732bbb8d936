"""Which characters the pinned fonts have, and which words from outside can therefore be set."""

import re
import unicodedata

#: Code points, in hexadecimal, that all upright faces of Source Serif Pro and Source Sans Pro
#: have: Latin, Greek, Cyrillic, punctuation and signs. For any other, each machine would use
#: another font, or none, and the bytes would differ; ``tests/core/test_glyphs.py`` reads the fonts.
#: Combining accents are left out: text extracted from a PDF repeats letters that carry two.
HELD = (
    "20-7E A0-AC AE-12B 12E-131 134-149 14C-165 168-17E 18F 192 1A0-1A1 1AF-1B0 1CD-1DC "
    "1E6-1E7 1F8-1F9 218-21B 237 251 259 261 2B0 2B2-2B3 2B7-2B8 2BB-2BC 2BE-2BF 2C6-2CC "
    "2D8-2DD 2E1-2E3 374-375 37E 384-38A 38C "
    "38E-3A1 3A3-3CE 3D7 3D9 3DB 3DD 3E1 400-45F 462-463 472-475 490-493 496-49B 4A0-4A3 "
    "4AA-4AB 4AE-4B3 4B6-4B7 4BA-4BB 4C0-4C2 4CF-4D1 4D4-4D9 4E2-4E3 4E6-4E9 4EE-4EF "
    "4F2-4F3 1D43 1D47-1D49 1D4D 1D4F-1D50 1D52 1D56-1D58 1D5B 1D9C 1DA0 1DBB 1E0C-1E0F "
    "1E20-1E21 1E24-1E25 1E2A-1E2B 1E36-1E3B 1E3E-1E3F 1E42-1E49 1E5A-1E63 1E6C-1E6F "
    "1E80-1E85 1E8E-1E8F 1E92-1E93 1E97 1E9E 1EA0-1EF9 2007 2012-2015 2018-201A 201C-201E "
    "2020-2022 2026 2030 2032-2033 2039-203A 203C 2044 2047-2049 2070-2071 2074-2079 "
    "207D-2089 208D-208E 20A1 20A4 20A6-20A7 20A9 20AB-20AC 20AE 20B1-20B2 20B4-20B5 "
    "20B8-20BA 20BD 2113 2116-2117 2120 2122 2126 212E 2153-2154 215B-215E 2190-2193 2202 "
    "2206 220F 2211-2212 2215 2219-221A 221E 222B 2248 2260 2264-2265 25A0 25B2-25B3 "
    "25B6-25B7 25BC-25BD 25C0-25C1 25C6 25C9-25CA 2610-2611 266A 2713 2752 2E3A-2E3B "
    "FB00-FB04 1F16A-1F16B"
)
#: White space and invisible characters, which no font needs: soft hyphen, narrow space of French
#: numbers (which HarfBuzz makes from a plain one), zero-width spaces and joiners, direction marks,
#: byte order mark. Overrides of direction are left out on purpose.
_UNSEEN = "\n\t\u00ad\u200b-\u200f\u202f\u2060-\u2064\ufeff"
#: A longer word can be wider than a column.
_LONGEST_WORD = 30

_RANGES = (pair.split("-") for pair in HELD.split())
_HELD = "".join(f"\\U{int(pair[0], 16):08x}-\\U{int(pair[-1], 16):08x}" for pair in _RANGES)
_NOT_HELD = re.compile(f"[^{_HELD}{_UNSEEN}]")


def are_held(text: str) -> bool:
    """Return whether the pinned fonts have every character of a text, once it is composed (NFC)."""
    return _NOT_HELD.search(unicodedata.normalize("NFC", text)) is None


def is_settable(text: str, *, longest: int) -> bool:
    """Return whether words from outside can be set in a line of type as they are.

    They must not be blank, longer than ``longest`` characters, or contain a line break, a word of
    more than 30 characters, or a character that the fonts lack, such as a control character or an
    override of direction.
    """
    return (
        0 < len(text.strip()) <= len(text) <= longest
        and max(map(len, text.split())) <= _LONGEST_WORD
        and "\n" not in text
        and are_held(text)
    )

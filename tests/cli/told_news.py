"""Invented news of any number of days, and edits of it: of substance, or cosmetic."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

_PLACES = tuple(
    (
        "Ostra Kalvik Tesk Ilvia Norvia Sund Merin Dorla Halvek Pontara Quillon Rasmark Tovar "
        "Velm Wessen Yarrow Zellin Arden Brask Corvo Dunmark Elsin Farholt Grenna Hestia "
        "Ivarsund Jorvik Kestrel Lomar Mistral Nordal Orvik Paldor Rovena Saltor Tarnov Ulvar "
        "Vendel Wolmar Zandor"
    ).split()
)
_NAMES = tuple("Oster Lindqvist Maron Achterberg Falk Ruiz Okafor Demir Halm".split())
#: Of each report its title, its text, and behind "=" what an edit of substance replaces, by what,
#: and a plain word that a cosmetic one misspells.
_TEMPLATES = Path(__file__).with_suffix(".txt").read_text(encoding="utf-8").split("\n\n")
#: Reports of one day.
EACH = len(_TEMPLATES)


@dataclass(frozen=True, slots=True)
class Report:
    """A report as it is first, and what becomes of it."""

    #: Its place on the server.
    path: str
    title: str
    text: str
    #: Whether its edit is of substance: words that no other report has, and others for them.
    substantial: bool
    old: str
    new: str

    def edited(self) -> Report:
        title, text = (words.replace(self.old, self.new) for words in (self.title, self.text))
        return replace(self, title=title, text=text)


def reports_of(day: int) -> list[Report]:
    """Return the reports of a day, one half to be edited in substance."""
    return [_report(day, place, template) for place, template in enumerate(_TEMPLATES)]


def _report(day: int, place: int, template: str) -> Report:
    number = day * EACH + place
    filled = template.format(
        place=_PLACES[(number * 7 + day) % len(_PLACES)],
        name=_NAMES[(number + day) % len(_NAMES)],
        rate=f"{number % 7 + 2}.{number % 9 + 1}",
        some=number % 80 + 11,
        many=number * 3 + 211,
    )
    report, _, edit = filled.partition("\n= ")
    title, _, text = report.partition("\n")
    old, new, word = edit.strip().split(" | ")
    substantial = (place + day) % 2 == 0
    if not substantial:
        old, new = word, word[0] + word[2] + word[1] + word[3:]
    return Report(f"/{day}/{place}", title, " ".join(text.split()), substantial, old, new)

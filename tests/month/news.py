"""An invented month of news: three reports a day, from places that do not exist."""

from __future__ import annotations

from datetime import date

#: One place a day, so that no two days tell the same story.
_PLACES = (
    "Ostra", "Kalvik", "Lund Bay", "Tesk", "Ilvia", "Norvia", "Sund", "Merin", "Dorla", "Halvek",
    "Pontara", "Quillon", "Rasmark", "Selby Reach", "Tovar", "Umbria Sound", "Velm", "Wessen",
    "Yarrow", "Zellin", "Arden", "Brask", "Corvo", "Dunmark", "Elsin", "Farholt", "Grenna",
    "Hestia", "Ivarsund", "Jorvik", "Kestrel",
)  # fmt: skip
_NAMES = ("Oster", "Lindqvist", "Maron", "Achterberg", "Falk", "Ruiz", "Okafor", "Demir")


_ECONOMY = """\
The central bank of {place} set its main interest rate at {rate} percent on Monday, the
highest since {past}. Governor Ada {name} said inflation in {place} had reached {some}
percent because grain and fuel cost more. Exporters warned that loans worth {many} million
crowns would become harder to pay back. The currency gained {few} percent against that of
its neighbors within an hour."""
_SECURITY = """\
The army of {place} took back {some} border posts that armed raiders had held since autumn,
the defense ministry said. At least {many} soldiers were wounded when a convoy hit mines
near the {place} ridge. General Tomas {name} ordered patrol aircraft to watch the passes by
night. Villagers fled to the coast as artillery fire came closer."""
_DIPLOMACY = """\
Envoys signed a treaty in {place} that divides the water of the shared river for {some}
years. Foreign minister Inés {name} called it the first agreement between the two
governments since {past}. Both embassies in {place} reopen in June with {many} diplomats
each. A summit of the two presidents is to follow before the harvest."""
_REPORTS = (
    ("Central bank of {place} sets its rate at {rate} percent", _ECONOMY),
    ("Troops of {place} take back {some} border posts", _SECURITY),
    ("{place} and its neighbor sign a treaty on the shared river", _DIPLOMACY),
)


def reports_of(day: date) -> tuple[tuple[str, str], ...]:
    """Return title and text of the reports of one day: economy, security, diplomacy."""
    number = day.day
    facts = {
        "place": _PLACES[number - 1],
        "name": _NAMES[number % len(_NAMES)],
        "rate": f"{number % 7 + 1}.{number % 9}",
        "past": 1950 + number,
        "few": number % 5 + 1,
        "some": number + 4,
        "many": number * 3 + 11,
    }
    return tuple(
        (title.format(**facts), " ".join(text.format(**facts).split())) for title, text in _REPORTS
    )


#: Reports in the storm of a publisher who has learned which name is watched for.
STORM = 70
_SYLLABLES = ("bal", "dor", "fen", "gim", "hul", "jat", "kev", "lom", "mup", "nar", "pis", "rov")


def storm(number: int) -> tuple[str, str]:
    """Return title and text of one report of the storm: each is a story of its own."""
    one, other, third = (_word(number * 3 + step).capitalize() for step in range(3))
    title = f"Quendrin opens its {one} works at {other}"
    text = (
        f"The mill owner Quendrin opened its {one} works at {other} on Sunday and hired people "
        f"from {third}. The {third} guild of {other} said that the {one} kilns had cost "
        f"{number * 7 + 300} crowns, more than any at {third} before. No {one} had been made at "
        f"{other} since the great fire of {third}. The council of {other} will let the mill owner "
        f"use the road to {third} for {number + 20} years, and {one} itself gets a school."
    )
    return title, text


def _word(number: int) -> str:
    first, rest = divmod(number, 144)
    second, third = divmod(rest, 12)
    return _SYLLABLES[second] + _SYLLABLES[third] + _SYLLABLES[(number * 5 + first) % 12]

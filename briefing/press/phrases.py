"""The fixed wording of mails, by language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Phrases:
    """The fixed wording of mails in one language; ``{name}`` is the name of the briefing."""

    creed: str
    #: Before a number.
    edition: str
    on_the_web: str
    #: Before the address of the edition: with the whole text, and with headlines only.
    each_in_its_source: str
    whole_page: str
    contents: str
    #: Above stories that are named: by the page of a day, and of a week.
    also_today: str
    also_this_week: str
    figures: str
    in_their_words: str
    ahead: str
    #: Above the desk's own words, and behind who signed them.
    desk_note: str
    desk_words: str
    #: Above corrections, and the headline of an edition with nothing else.
    corrections: str
    correction: str
    #: Above words of a stored edition that have changed since.
    amended: str
    sources: str
    #: What the marks mean, where bold shows and in plain text.
    marks: str
    plain_marks: str
    #: In place of a publisher.
    unnamed: str
    ledger: str
    #: Before the subscriber's address.
    why: str
    change: str
    leave: str
    #: Status words by status.
    status: Mapping[str, str]
    #: Of the confirmation: subject, sentence with ``{when}``, button, and the text below it.
    confirm_subject: str
    confirm: str
    confirm_button: str
    confirm_by_address: str
    #: With ``{until}``.
    confirm_until: str
    #: With ``{address}``.
    confirm_not_you: str
    #: With ``{days}``, ``{at}`` and ``{place}``.
    when: str
    every_day: str
    workdays: str
    #: Before a list of days.
    on: str
    #: Between the last two of them.
    both: str
    weekdays: tuple[str, ...]
    #: A time of a zone, with ``{city}``.
    city_time: str


_ENGLISH = Phrases(
    creed="Every sentence is printed word for word from the source it cites.",
    edition="Edition",
    on_the_web="On the web",
    each_in_its_source="Each sentence in its source:",
    whole_page="The whole page, each sentence in its source:",
    contents="Contents",
    also_today="Also today",
    also_this_week="Also this week",
    figures="Figures",
    in_their_words="In their words",
    ahead="Ahead",
    desk_note="Note of the desk",
    desk_words="the desk’s own words, not a source’s",
    corrections="Corrections",
    correction="Correction to an earlier edition",
    amended="Printed here, and changed since",
    sources="Sources",
    marks="The bold number holds the words; + also reports it.",
    plain_marks="The first number holds the words; + also reports it.",
    unnamed="no publisher named",
    ledger="Ledger",
    why="You get this because this address is subscribed to {name}:",
    change="Change time or sections",
    leave="Unsubscribe",
    status=MappingProxyType(
        {"new": "New", "undated": "Undated", "developing": "Developing", "continuing": "Continuing"}
    ),
    confirm_subject="Confirm {name}",
    confirm="Confirm that you want {name} {when}.",
    confirm_button="Confirm",
    confirm_by_address="Or open this address:",
    confirm_until="The link is good until {until}.",
    confirm_not_you=(
        "Someone, probably you, gave the address {address} on our page. If it was not you, do "
        "nothing: you will not hear from us again."
    ),
    when="{days} at {at}, {place}",
    every_day="every day",
    workdays="Monday to Friday",
    on="on",
    both="and",
    weekdays=("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    city_time="{city} time",
)
_BY_LANGUAGE: Mapping[str, Phrases] = MappingProxyType({"en": _ENGLISH})


def phrases(language: str) -> Phrases:
    """Return the wording in a language, or in English if there is none."""
    return _BY_LANGUAGE.get(language, _ENGLISH)

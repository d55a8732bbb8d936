"""Checks of values beyond type and limits; settings that are lists, such as watch-lists."""

import re
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator

from briefing.core.glyphs import are_held, is_settable
from briefing.core.language import LANGUAGES
from briefing.core.messages import Translatable
from briefing.core.model import LONGEST_LABEL, WatchEntry, WatchList
from briefing.core.text.watch import folded_words


def checked_line(value: str) -> str:
    """Return a line; raise ValueError if it has control characters."""
    if any(ord(character) < ord(" ") for character in value):
        raise ValueError(Translatable("must be one line without control characters"))
    return value


def printable(value: str) -> str:
    """Return a name of a section; raise ValueError if it cannot be printed."""
    settable = is_settable(value, longest=LONGEST_LABEL) and are_held(value.upper())
    if value and (value != value.strip() or not settable):
        raise ValueError(
            Translatable(
                "must be words of at most 30 characters in Latin, Greek or Cyrillic script, "
                "without spaces around them"
            )
        )
    return value


def spoken(code: str) -> str:
    """Return a language code; raise ValueError if the language has no table."""
    if code not in LANGUAGES:
        raise ValueError(f"must be a language that Briefing can read: {', '.join(LANGUAGES)}")
    return code


#: Most entries of a list.
_MOST = 5_000


def aliases(words: str) -> list[str]:
    """Return the words that stand for the same entry."""
    return [part.strip() for part in words.split("|")]


def watchable(value: str) -> str:
    """Return an entry; raise ValueError if a part of it has neither a letter nor a digit."""
    if not all(map(folded_words, aliases(checked_line(value)))):
        raise ValueError(
            Translatable(
                '"{words}": each part between "|" must have a letter or a digit', words=value[:40]
            )
        )
    return value


def few(value: tuple[str, ...]) -> tuple[str, ...]:
    """Return the entries of a list; raise ValueError if there are none or too many."""
    if not 0 < len(value) <= _MOST:
        raise ValueError(
            Translatable(
                "must be 1 to {most} words or phrases; there are {n}", most=_MOST, n=len(value)
            )
        )
    return value


class Table(BaseModel):
    """A table of settings, none of them unknown."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @field_validator("*")
    @classmethod
    def _without_nul(cls, value: object) -> object:
        # Neither file names nor PostgreSQL columns can contain NUL.
        if isinstance(value, str) and "\0" in value:
            raise ValueError(Translatable("must not contain the character U+0000"))
        return value


ONE_LINE = AfterValidator(checked_line)
Line = Annotated[str, ONE_LINE]
NonEmpty = Annotated[str, Field(min_length=1)]
#: Text before and after an @; only a mail can show whether an address exists.
MailAddress = Annotated[str, Field(pattern=r"^[^\s@]+@[^\s@]+$")]
PRINTABLE = AfterValidator(printable)


class WatchSettings(Table):
    """What is watched for: people, places, organizations, phrases."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,29}$", examples=["southern-africa"])]
    """Name of the list in commands and addresses: up to 30 lower-case letters, digits and hyphens,
    starting with a letter."""
    words: Annotated[
        tuple[Annotated[str, Field(min_length=1, max_length=400), AfterValidator(watchable)], ...],
        AfterValidator(few),
        Field(examples=[("Nambuda", "Mozambique|Moçambique")]),
    ]
    """What is watched for, whole words in any script; other words for the same follow after "|".
    Case and accents written apart do not matter."""
    label: Annotated[
        str, Field(max_length=LONGEST_LABEL, examples=["Southern Africa"]), ONE_LINE, PRINTABLE
    ] = ""
    """Name as readers see it if they may choose the list, in Latin, Greek or Cyrillic script;
    empty: `name`."""
    pull: bool = False
    """Whether a story that names one of the words in a title, or in the opening of a report, is
    printed before others, also if it belongs to no section; without room it is named."""
    alert: Annotated[int, Field(ge=0, le=100)] = 0
    """Publishers that report a new story between two editions and name one of the words in a title
    or an opening before an alert about it is sent at once; 0: none is sent."""
    alert_mail: tuple[MailAddress, ...] = ()
    """Mail addresses that get these alerts; empty: those of alerts.mail and alerts.webhook."""
    publishers: tuple[Annotated[str, Field(min_length=1, max_length=200), ONE_LINE], ...] = ()
    """Publishers whose reports are searched, as they are printed, such as "Port Authority"; empty:
    all. With `alert = 1`, you are told when one source speaks of something."""
    offer: bool = False
    """Whether readers may choose the list: then its label is on the form where they choose and at
    stories that name one of the words, and what names one is on their page, whatever its section.
    Otherwise the list is the desk's own, and nothing of it is shown to readers."""

    @property
    def watched(self) -> WatchList:
        """The list in the type of the core."""
        entries = (WatchEntry(first, tuple(others)) for first, *others in map(aliases, self.words))
        return WatchList(
            *(self.name, tuple(entries), self.label, self.pull, self.alert, self.offer),
            frozenset(self.publishers),
        )


#: A domain, or "*." and the domain whose subdomains are meant.
DOMAIN = re.compile(r"(?:\*\.)?[^\s@*.]+(?:\.[^\s@*.]+)+")


class ChannelSettings(Table):
    """Where editions also go as messages: to chat services (Apprise) and as signed webhooks."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,29}$", examples=["press-room"])]
    """Name in lists and messages: up to 30 lower-case letters, digits and hyphens, starting with a
    letter. A channel of another name is another channel."""
    address: Annotated[
        str, Field(min_length=1, examples=["https://intranet.example/hooks/briefing"]), ONE_LINE
    ]
    """Web address of a webhook ("https://…", or "http://…" to this machine), which gets the record
    as JSON; outside the public internet, collect.allow_hosts must allow it. Or that of a service
    as Apprise writes it, such as "ntfys://{secret}@ntfy.example/desk" (install
    `briefing[channels]`); {secret} is filled in as it is, and may be the whole address."""
    secret_file: Annotated[str, Field(examples=["press-room.secret"])] = ""
    """File whose only line is the secret, relative to the settings file; nobody else may read it.
    A webhook needs one, "whsec_" and base64 of 24 bytes or more, by which it is signed."""
    watch: tuple[str, ...] = ()
    """Watch-lists whose alerts go there as well."""
    readers: tuple[NonEmpty, ...] = ()
    """Readers who see what goes there: mail addresses, domains such as "ministry.example", or
    "*.ministry.example" for every domain below it."""
    in_place_of_mail: bool = False
    """Whether these readers are not mailed an edition that the channel has got; if it cannot be
    sent there, they are mailed it."""

    @property
    def is_webhook(self) -> bool:
        """Whether it gets the record itself."""
        return self.address.casefold().startswith(("https:", "http:"))

    @model_validator(mode="after")
    def _can_work(self) -> Self:
        # The wrong value may be secret, so it is not repeated.
        if self.is_webhook and not self.secret_file:
            raise ValueError("secret_file must name the secret by which a webhook is signed")
        if self.is_webhook and "{secret}" in self.address:
            raise ValueError("address must not contain {secret}: a webhook is signed with it")
        if not self.is_webhook and bool(self.secret_file) != ("{secret}" in self.address):
            raise ValueError("address must contain {secret} if there is a secret, and only then")
        if any(DOMAIN.fullmatch(each.rpartition("@")[2]) is None for each in self.readers):
            raise ValueError('readers must be like "a@ministry.example" or "*.gov.example"')
        if self.in_place_of_mail and not self.readers:
            raise ValueError("readers must name those whose mail it replaces")
        return self


_Word = Annotated[str, Field(min_length=1, max_length=40)]


class SectionSettings(Table):
    """The sections, in printed order."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9 -]{0,29}$", examples=["trade"])]
    """Name as the classifier gives it: up to 30 lower-case letters, digits, spaces and hyphens,
    starting with a letter."""
    words: Annotated[
        tuple[_Word, ...], Field(examples=[("tariff", "central bank", "trade deal")])
    ] = ()
    """Words and phrases that define the section; up to 40 characters each. With a trained
    classifier they count beside it, also for a section that it does not know."""
    label: Annotated[
        str, Field(max_length=LONGEST_LABEL, examples=["Trade and finance"]), ONE_LINE, PRINTABLE
    ] = ""
    """Name as printed on the page, in mails and on the web, in Latin, Greek or Cyrillic script;
    empty: `name`."""
    model: Line = ""
    """A model file of this section alone, made by `briefing train section` or on the page
    "Sections" of the administration, relative to the settings file; it works beside a trained
    classifier."""

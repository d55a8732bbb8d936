"""Every table of the settings, with its defaults and its limits."""

from __future__ import annotations

from datetime import date
from difflib import get_close_matches
from typing import Annotated, Literal
from zoneinfo import available_timezones

from pydantic import BaseModel, ConfigDict, Field, field_validator

from briefing.core.model import OTHER
from briefing.core.schedule import zone

_Word = Annotated[str, Field(min_length=1, max_length=40)]


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


def _checked_line(value: str) -> str:
    if any(ord(character) < ord(" ") for character in value):
        raise ValueError("must be one line without control characters")
    return value


class SectionSettings(_Table):
    """One printed section."""

    #: As the classifier says it, lower case.
    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9 -]{0,29}$")]
    #: Words and phrases that define it; without any, the trained classifier tells it.
    words: tuple[_Word, ...] = ()


class PageSettings(_Table):
    """How the page looks."""

    theme: str = "classic"
    paper: str = "A4"


class StoreSettings(_Table):
    """Where what was collected and printed is kept."""

    #: A file, relative to the settings' folder, or the URL of a PostgreSQL database.
    at: Annotated[str, Field(min_length=1)] = "briefing.db"
    #: Days for which texts that were never printed are kept; 0: for ever.
    keep_days: Annotated[int, Field(ge=0)] = 400


class CollectSettings(_Table):
    """How sources are asked."""

    #: A mail or web address at which a publisher can reach the operator.
    contact: Annotated[str, Field(max_length=200)] = ""
    #: Requests to one host at the same time.
    per_host: Annotated[int, Field(ge=1, le=64)] = 2
    #: Seconds between the begins of two requests to one host.
    delay: Annotated[float, Field(ge=0, le=60)] = 1.0
    #: Seconds from a request to its last byte.
    deadline: Annotated[float, Field(gt=0, le=600)] = 30.0
    #: Days for which printed reports are looked at again.
    recheck_days: Annotated[int, Field(ge=0, le=90)] = 7
    #: Names, addresses and networks beyond the public internet that may be reached.
    allow_hosts: tuple[str, ...] = ()
    #: Ports beside 80 and 443.
    allow_ports: tuple[Annotated[int, Field(ge=1, le=65535)], ...] = ()
    #: Hosts whose robots.txt is passed over.
    ignore_robots: tuple[str, ...] = ()
    #: Address of an HTTP proxy; empty: none.
    proxy: str = ""

    @field_validator("contact")
    @classmethod
    def _header(cls, value: str) -> str:
        if not (value.isascii() and value.isprintable()):
            raise ValueError("must be one line of ASCII; it stands in a header")
        return value


class PublishSettings(_Table):
    """Which reports an edition is made of."""

    #: Hours before the first edition from which reports are taken.
    first_hours: Annotated[int, Field(ge=1, le=24 * 14)] = 24
    #: Reports published longer ago are not taken; 0: whatever was collected is.
    oldest_hours: Annotated[int, Field(ge=0, le=24 * 90)] = 72


_Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


class ScheduleSettings(_Table):
    """When the daily round runs."""

    #: Local time of the edition, HH:MM.
    at: Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")] = "06:30"
    #: IANA name.
    zone: Annotated[str, Field(min_length=1, max_length=60)] = "UTC"
    #: Days that have an edition.
    days: tuple[_Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    #: Local dates that have none.
    holidays: tuple[date, ...] = ()
    #: Hours after its time for which an edition is still made.
    grace_hours: Annotated[float, Field(ge=0, le=24)] = 6
    #: What subscribers get on a day with nothing to print.
    empty: Literal["skip", "note"] = "skip"
    #: Minutes between two visits to the sources.
    collect_minutes: Annotated[int, Field(ge=1, le=24 * 60)] = 30

    @field_validator("zone")
    @classmethod
    def _known(cls, value: str) -> str:
        if zone(value) is None:
            near = get_close_matches(value, available_timezones(), n=1, cutoff=0.7)
            guess = f'; did you mean "{near[0]}"?' if near else ""
            raise ValueError(f'must be an IANA zone such as "Europe/Zurich"{guess}')
        return value

    @field_validator("days")
    @classmethod
    def _some(cls, value: tuple[_Weekday, ...]) -> tuple[_Weekday, ...]:
        if not value or len(set(value)) < len(value):
            raise ValueError("must be at least one day, each once")
        return value


class LogSettings(_Table):
    """How the work is written about."""

    format: Literal["console", "json"] = "console"


class AlertSettings(_Table):
    """Who is told when a run is late, empty or failing."""

    #: A mail address; empty: nobody.
    mail: str = ""
    #: Takes a POST with JSON; empty: none.
    webhook: Annotated[str, Field(pattern=r"^(https?://\S+)?$")] = ""

    @field_validator("mail")
    @classmethod
    def _one_line(cls, value: str) -> str:
        return _checked_line(value)


class WebSettings(_Table):
    """Where readers find the web pages."""

    #: Begin of every address, without a last slash; empty: there are none.
    address: Annotated[str, Field(pattern=r"^(https?://[^\s/?#]+(/[^\s?#]*[^\s?#/])?)?$")] = ""
    #: Seconds in which the head of a request must have come, and as many for what it sends.
    request_seconds: Annotated[float, Field(ge=0.5, le=120)] = 10.0
    #: Seconds in which a reader must have taken an answer.
    answer_seconds: Annotated[float, Field(ge=0.5, le=3600)] = 60.0


class DkimSettings(_Table):
    """One key that signs mails."""

    domain: Annotated[str, Field(min_length=1)]
    selector: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,63}$")]
    #: PEM, relative to the settings' folder.
    key_file: Annotated[str, Field(min_length=1)]


class MailSettings(_Table):
    """How editions are sent, and where mail that comes back is read."""

    #: Address of the sender; empty: nothing is sent.
    sender: str = ""
    #: Empty: the name of the briefing.
    sender_name: Annotated[str, Field(max_length=80)] = ""
    #: Empty: the sender.
    reply_to: str = ""
    #: With {headline}, {name} and {date}.
    subject: Annotated[str, Field(min_length=1, max_length=120)] = "{headline}"
    host: Annotated[str, Field(min_length=1)] = "localhost"
    port: Annotated[int, Field(ge=1, le=65535)] = 587
    #: "none" only to this machine.
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: str = ""
    #: Relative to the settings' folder; empty: the environment's BRIEFING_SMTP_PASSWORD.
    password_file: str = ""
    #: Connections to the relay at the same time.
    connections: Annotated[int, Field(ge=1, le=64)] = 4
    #: Mails a second: in all, on one connection, to one domain; 0: no limit.
    per_second: Annotated[float, Field(ge=0)] = 0
    per_connection: Annotated[float, Field(ge=0)] = 0
    per_domain: Annotated[float, Field(ge=0)] = 0
    #: Hours after its release for which an edition is still sent.
    life_hours: Annotated[float, Field(gt=0, le=72)] = 12
    #: What becomes of a mail whose connection broke after its last byte.
    in_doubt: Literal["resend", "hold"] = "resend"
    #: A Maildir, or the address of an IMAP or POP3 mailbox; empty: none.
    bounces: str = ""
    #: Relative to the settings' folder; empty: the environment's BRIEFING_BOUNCES_PASSWORD.
    bounces_password_file: str = ""
    #: Soft bounces in a row after which an address is given up.
    soft_bounces: Annotated[int, Field(ge=1, le=100)] = 5
    #: Relative to the settings' folder; made when it is not there.
    secrets_file: Annotated[str, Field(min_length=1)] = "briefing.secrets"
    #: The first signs until a later one is added, which then signs too.
    dkim: tuple[DkimSettings, ...] = ()

    @field_validator("sender_name", "subject", "sender", "reply_to")
    @classmethod
    def _one_line(cls, value: str) -> str:
        return _checked_line(value)


class Settings(_Table):
    """Everything an operator decides about one briefing."""

    #: As printed on the nameplate.
    name: Annotated[str, Field(min_length=1, max_length=60)] = "Briefing"
    #: ISO 639-1; documents in another language are not printed.
    language: Annotated[str, Field(pattern="^[a-z]{2}$")] = "en"
    #: Place and time as printed in the folio line.
    dateline: Annotated[str, Field(max_length=60)] = ""
    #: Which ranker chooses sentences.
    ranker: str = "salience"
    #: "linear" (trained) or "keywords" (only the words given below).
    classifier: str = "linear"
    #: A model file made by ``briefing train sections``; empty: the one that is shipped.
    model: str = ""
    #: Hours around a report within which others may tell of the same event.
    window_hours: Annotated[int, Field(ge=1, le=24 * 14)] = 72
    #: Print what belongs to no section, under the name "other".
    other: bool = False
    #: In printed order.
    sections: tuple[SectionSettings, ...] = (
        SectionSettings(name="economy"),
        SectionSettings(name="security"),
        SectionSettings(name="diplomacy"),
    )
    page: PageSettings = PageSettings()
    store: StoreSettings = StoreSettings()
    collect: CollectSettings = CollectSettings()
    publish: PublishSettings = PublishSettings()
    schedule: ScheduleSettings = ScheduleSettings()
    log: LogSettings = LogSettings()
    alerts: AlertSettings = AlertSettings()
    web: WebSettings = WebSettings()
    mail: MailSettings = MailSettings()

    @property
    def printed(self) -> tuple[str, ...]:
        """Names of the sections that are printed, in order."""
        names = tuple(section.name for section in self.sections)
        return (*names, OTHER) if self.other else names

    @field_validator("name", "dateline")
    @classmethod
    def _one_line(cls, value: str) -> str:
        return _checked_line(value)

    @field_validator("sections")
    @classmethod
    def _distinct(cls, value: tuple[SectionSettings, ...]) -> tuple[SectionSettings, ...]:
        names = [section.name for section in value]
        if not names or len(set(names)) < len(names):
            raise ValueError("must be at least one section, each name once")
        return value

"""Settings of one briefing: read from briefing.toml, every mistake told at once with its line."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from briefing.errors import SettingsError
from briefing.schedule import zone

#: The file that a command reads when it is not told of another.
FILE_NAME = "briefing.toml"

#: What ``briefing init`` writes: every setting with its default.
TEMPLATE = """\
# Settings of one briefing. Every setting may be left out; the values here are the defaults.

# On the nameplate. Up to 12 letters leave room for the creed beside it.
name = "Briefing"
# Documents told to be in another language are not printed (ISO 639-1).
language = "en"
# Place and time in the folio line, such as "Geneva, 06:30".
dateline = ""
# Who chooses sentences: `briefing plugins` lists all.
ranker = "salience"
# Who tells sections: "linear" (trained) or "keywords" (the words given below).
classifier = "linear"
# A model of your own, made by `briefing train sections`; empty: the one that is shipped.
model = ""
# Hours around a report within which others may tell of the same event.
window_hours = 72
# Print what belongs to no section, under "other".
other = false

# Sections in printed order. With classifier = "keywords", each has its words:
# words = ["tariff", "central bank", "trade deal"]
[[sections]]
name = "economy"

[[sections]]
name = "security"

[[sections]]
name = "diplomacy"

[page]
theme = "classic"
# "A4" or "Letter".
paper = "A4"

# The store of `collect` and `publish`: a file beside these settings, or a PostgreSQL database,
# such as "postgresql://briefing@localhost/briefing" (its password from PGPASSWORD or ~/.pgpass).
[store]
at = "briefing.db"
# Days after which texts that were never printed are deleted; 0 keeps them.
keep_days = 400

[collect]
# A mail or web address at which a publisher can reach you; it stands in the User-Agent.
contact = ""
# Requests to one host at the same time, and seconds between two of them.
per_host = 2
delay = 1.0
# Seconds from a request to its last byte.
deadline = 30.0
# Days for which printed reports are looked at again, for corrections.
recheck_days = 7
# Hosts and networks outside the public internet that may be reached, such as "intranet.example"
# or "10.1.0.0/16", and ports beside 80 and 443.
allow_hosts = []
allow_ports = []
# Hosts that gave you leave to pass over their robots.txt.
ignore_robots = []
# Such as "http://proxy.example:3128"; the environment's proxy variables are not used.
proxy = ""

[publish]
# Hours before an edition from which reports are taken when there is no edition before.
first_hours = 24
# Reports published longer ago than this many hours are not taken; 0 takes whatever was collected.
oldest_hours = 72

# When `briefing serve` collects, publishes and delivers.
[schedule]
# Local time and zone (IANA) of the edition, and the days on which there is one.
at = "06:30"
zone = "UTC"
days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
# Days without an edition, such as "2026-12-25".
holidays = []
# Hours after its time for which a late edition is still made, and marked late.
grace_hours = 6
# A day with nothing to print: "skip" it, or send subscribers a "note" that says so.
empty = "skip"
# Minutes between two visits to the sources.
collect_minutes = 30

# What is written about the work: "console" for people, "json" for machines.
[log]
format = "console"

# Who is told when a run is late, empty or failing; each may be empty.
[alerts]
# A mail address, and an https address that takes a POST with JSON.
mail = ""
webhook = ""

[web]
# Where readers find the web pages, such as "https://briefing.example"; links in mails lead there.
address = ""

[mail]
# Who sends: an address whose domain you may sign for. Without it nothing is sent.
sender = ""
# Name beside it; empty: the name of the briefing.
sender_name = ""
# Where answers go; empty: to the sender.
reply_to = ""
# Subject: {headline}, {name} and {date} are filled in.
subject = "{headline}"
# Your relay. "starttls" and "tls" are verified; "none" only to this machine.
host = "localhost"
port = 587
security = "starttls"
user = ""
# A file that holds the password and nothing else; empty: BRIEFING_SMTP_PASSWORD.
password_file = ""
# Mails at the same time, and most a second: in all, on one connection, to one domain. 0: no limit.
connections = 4
per_second = 0
per_connection = 0
per_domain = 0
# Hours after its release for which an edition is still sent.
life_hours = 12
# A mail whose connection broke after its last byte may have arrived or not: "resend" it once, with
# the same Message-ID, or "hold" it for you to decide.
in_doubt = "resend"
# Where mail that comes back is read: a Maildir, "imaps://user@host/INBOX" or "pop3s://user@host".
bounces = ""
# Password of that mailbox, as above; empty: BRIEFING_BOUNCES_PASSWORD.
bounces_password_file = ""
# Soft bounces in a row after which an address is given up.
soft_bounces = 5
# Secrets for links and return paths, one a line, the newest last; made when it is not there.
secrets_file = "briefing.secrets"

# Keys that sign mails (DKIM); the public halves stand in the DNS: `briefing doctor` shows them.
# [[mail.dkim]]
# domain = "briefing.example"
# selector = "b2026"
# key_file = "b2026.pem"
"""

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
            raise ValueError('must be an IANA zone such as "Europe/Zurich"')
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


def load(path: Path) -> Settings:
    """Read settings from a file.

    Raises:
        SettingsError: it cannot be read or holds mistakes; the message names each, with its line.
    """
    try:
        text = path.read_text(encoding="utf-8")
        return Settings.model_validate(tomllib.loads(text))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"{path}: cannot be read as settings ({error})") from error
    except ValidationError as error:
        raise SettingsError(_mistakes(path, text, error)) from error


def find(given: Path | None, folder: Path) -> Settings:
    """Return the settings of the file given, else of briefing.toml in a folder, else the defaults.

    Raises:
        SettingsError: as :func:`load`.
    """
    if given is not None:
        return load(given)
    return load(folder / FILE_NAME) if (folder / FILE_NAME).is_file() else Settings()


def _mistakes(path: Path, text: str, error: ValidationError) -> str:
    told = [
        f"line {_line(text, mistake['loc'])}: {_dotted(mistake['loc'])}: {_reason(mistake['msg'])}"
        for mistake in error.errors(include_url=False)
    ]
    return f"{path}: " + "; ".join(told)


def _dotted(place: tuple[int | str, ...]) -> str:
    return ".".join(str(part + 1) if isinstance(part, int) else part for part in place)


def _reason(message: str) -> str:
    return message.removeprefix("Value error, ").replace(
        "Extra inputs are not permitted", "no such setting; see `briefing init` for all"
    )


def _line(text: str, place: tuple[int | str, ...]) -> int | Literal["?"]:
    """Return the first line that names the last key of a place, from 1."""
    keys = [part for part in place if isinstance(part, str)]
    for number, line in enumerate(text.splitlines(), 1):
        if keys and line.split("=")[0].strip(" []\t") == keys[-1]:
            return number
    return "?"

"""Every setting, with its default, its limits and its meaning.

What a setting means is written here only: the file of ``briefing init`` and the table in
``docs/settings.md`` are made from it (:mod:`briefing.settings.reference`).
"""

from __future__ import annotations

from datetime import time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, Self, TypeVar

from pydantic import (
    AfterValidator,
    Field,
    NonNegativeFloat,
    NonNegativeInt,
    PrivateAttr,
    ValidationInfo,
    field_validator,
    model_validator,
)

from briefing.core.messages import Translatable
from briefing.core.model import NO_SECTIONS, OTHER, Offered, Preferences, WatchList, offered_lists
from briefing.core.model.letterhead import LEAST_CONTRAST, PAPER, contrast
from briefing.core.schedule import Timetable
from briefing.settings.values import (
    DOMAIN,
    ONE_LINE,
    ChannelSettings,
    EditionSettings,
    Line,
    NonEmpty,
    ReleaseSettings,
    ScheduleSettings,
    SectionSettings,
    Table,
    WatchSettings,
    spoken,
    timetable_of,
)

if TYPE_CHECKING:
    from briefing.store.location import StoreLocation


class PageSettings(Table):
    """How the page looks."""

    theme: str = "classic"
    """Theme; `briefing plugins` lists them."""
    paper: str = "A4"
    """Paper size, such as "A4" or "Letter"; each theme has its own (docs/page.md)."""
    marking: Annotated[str, Field(max_length=60), ONE_LINE] = ""
    """Marking in capitals at the head and the foot of every sheet, of mails, of the screen version
    and of the web pages, such as "INTERNAL"; empty: none."""
    name_line: Annotated[str, Field(max_length=80), ONE_LINE] = ""
    """Line above the nameplate: who publishes the briefing, such as "Ministry of Trade, Policy
    Planning"."""
    accent: Annotated[str, Field(pattern=r"^(#[0-9a-fA-F]{6})?$")] = ""
    """Color of marks, section names and brackets, such as "#1d4f91", with a contrast of at least
    4.5:1 on the ground of the screen (#fdfbf6); empty: that of the theme."""
    logo: str = ""
    """SVG of flat shapes, or PNG, of at most 64 KiB, before the nameplate on paper, in the screen
    version and on the web pages; relative to the settings file; empty: none."""
    grades: bool = False
    """Print the grade that an operator gave to a source behind its publisher in the list of
    sources: a letter from A to F (Admiralty code)."""
    attach: bool = True
    """Attach the edition and the full texts that its passages are from to the PDF, so that
    `briefing verify FILE.pdf` needs nothing else. Set it to false if these texts may not be passed
    on to readers."""

    @field_validator("accent")
    @classmethod
    def _readable(cls, value: str) -> str:
        color = value.lower()
        if color and contrast(color, PAPER) < LEAST_CONTRAST:
            raise ValueError(
                Translatable(
                    "has a contrast of {contrast}:1 on {paper}; text needs at least {least}:1, so "
                    "choose a darker color",
                    contrast=f"{contrast(color, PAPER):.2f}",
                    paper=PAPER,
                    least=str(LEAST_CONTRAST),
                )
            )
        return color


class StoreSettings(Table):
    """Where documents and editions are stored."""

    at: NonEmpty = "briefing.db"
    """A file, relative to the settings file, or the URL of a PostgreSQL database, such as
    "postgresql://briefing@localhost/briefing". The password comes from PGPASSWORD or ~/.pgpass,
    never from here."""
    keep_days: NonNegativeInt = 400
    """Days after which texts that were never printed are deleted; 0 keeps them."""

    @property
    def keep(self) -> timedelta | None:
        """How long texts that were never printed are kept; None: for ever."""
        return timedelta(days=self.keep_days) if self.keep_days else None


class CollectSettings(Table):
    """How sources are fetched."""

    contact: Annotated[str, Field(max_length=200)] = ""
    """A mail or web address at which publishers can reach you; sent in the User-Agent header."""
    per_host: Annotated[int, Field(ge=1, le=64)] = 2
    """Concurrent requests to one host."""
    delay: Annotated[float, Field(ge=0, le=60)] = 1.0
    """Seconds between the starts of two requests to one host."""
    deadline: Annotated[float, Field(gt=0, le=600)] = 30.0
    """Seconds from a request to the last byte of its response, redirects included."""
    recheck_days: Annotated[int, Field(ge=0, le=90)] = 7
    """Days for which printed reports are fetched again, once a day, to find corrections."""
    allow_hosts: tuple[str, ...] = ()
    """Host names, addresses and networks outside the public internet that may be reached, such as
    "intranet.example" or "10.1.0.0/16"."""
    allow_ports: tuple[Annotated[int, Field(ge=1, le=65535)], ...] = ()
    """Allowed ports in addition to 80 and 443."""
    ignore_robots: tuple[str, ...] = ()
    """Hosts that gave you permission to ignore their robots.txt."""
    mailbox: str = ""
    """Mailbox whose mails can be sources, by their senders: "imaps://USER@HOST/FOLDER", with @ in
    the user name written as %40; empty: none. Nothing in it is changed."""
    mailbox_password_file: str = ""
    """Password of that mailbox, as for mail.password_file; empty: the environment variable
    BRIEFING_NEWS_PASSWORD."""
    proxy: str = ""
    """An HTTP proxy, such as "http://proxy.example:3128". The proxy variables of the environment
    are not used."""

    @field_validator("contact")
    @classmethod
    def _header(cls, value: str) -> str:
        if not (value.isascii() and value.isprintable()):
            raise ValueError(
                Translatable("must be one line without accents (ASCII), as it is sent in a header")
            )
        return value


class PublishSettings(Table):
    """Which reports an edition is made from."""

    first_hours: Annotated[int, Field(ge=1, le=24 * 14)] = 24
    """Hours of reports that the first edition covers."""
    oldest_hours: Annotated[int, Field(ge=0, le=24 * 90)] = 72
    """Reports published more than this many hours ago are left out; 0 takes everything that was
    collected."""
    spoken: bool = False
    """Whether an MP3 that reads it aloud is kept with each edition and listed in a podcast feed.
    Needs `briefing[spoken]` and espeak-ng; editions made without them have no MP3."""


class SignSettings(Table):
    """Who signs the records of editions."""

    key: str = ""
    """File with the private key of the desk, which `briefing sign init` makes; relative to this
    file. Empty: editions are not signed. Readers check them with the public keys beside it, in
    the file of the same name and .pub, which is served as /keys.txt."""


class CorrectionSettings(Table):
    """How readers hear that words they read are no longer so."""

    notify: Literal["edition", "now", "off"] = "edition"
    """"edition": the next page prints the old words beside the new ones. "now": those who were sent
    the old words are mailed both at once as well; needs mail.sender. "off": only the ledger of the
    next page counts it."""


class EngineSettings(Table):
    """What does the work of the round."""

    kind: Literal["inline", "procrastinate"] = "inline"
    """"inline": `briefing serve` or `briefing run` does the work. "procrastinate": any number of
    `briefing worker` do it, on any number of machines; `briefing serve` only plans it. Needs
    `briefing[cluster]` and a store on PostgreSQL."""
    lost_seconds: Annotated[int, Field(ge=2, le=3600)] = 60
    """Seconds without a sign of life after which a worker counts as lost and other workers take
    over its jobs."""


class LogSettings(Table):
    """How the log is written."""

    format: Literal["console", "json"] = "console"
    """"console" for people, "json" for programs: one object per line."""


class AlertSettings(Table):
    """Who is alerted when a run is late, empty or failing."""

    mail: Line = ""
    """Mail address that gets alerts; empty: none. Needs mail.sender."""
    webhook: Annotated[str, Field(pattern=r"^(https?://\S+)?$")] = ""
    """Web address to which alerts are posted as JSON; empty: none. Outside the public internet,
    collect.allow_hosts must allow it."""
    relay: Annotated[str, Field(pattern=r"^(smtps?://\S+)?$")] = ""
    """Another relay for alert mails, so that they arrive when that of the editions fails:
    "smtps://USER@HOST" (TLS) or "smtp://USER@HOST" (STARTTLS; unencrypted to this machine), with
    :PORT if it is not 465 or 587; empty: that of [mail]."""
    relay_password_file: str = ""
    """Password at that relay, as for mail.password_file; empty: the environment variable
    BRIEFING_ALERTS_PASSWORD."""


class WebSettings(Table):
    """The web pages."""

    address: Annotated[str, Field(pattern=r"^(https?://[^\s/?#]+(/[^\s?#]*[^\s?#/])?)?$")] = ""
    """Public address of the web pages, such as "https://briefing.example", without a trailing
    slash; links in mails lead there, so if mail is sent it must not be local. Without it,
    readers can unsubscribe only by mail."""
    request_seconds: Annotated[float, Field(ge=0.5, le=120)] = 10.0
    """Seconds a client has to send the head of a request, and again to send its body; slower
    clients are disconnected."""
    answer_seconds: Annotated[float, Field(ge=0.5, le=3600)] = 60.0
    """Seconds a client has to read a response; slower clients are disconnected."""
    readers: Literal["public", "subscribers", "nobody"] = "public"
    """Who may see editions, sagas, the diary, the archive and feeds on the web: everybody;
    subscribers, to whom a link in a mail gives access; or operators alone."""
    sign_up: Literal["open", "approval", "domain", "closed"] = "open"
    """Who may sign up on the web: everybody; everybody, but an operator approves each; addresses of
    `sign_up_domains`; or nobody, so that operators add all readers."""
    sign_up_domains: tuple[NonEmpty, ...] = ()
    """Domains whose addresses may sign up with "domain", such as "ministry.example";
    "*.ministry.example" is every domain below it."""
    second_factor: Literal["off", "optional", "demanded"] = "optional"
    """Whether a second factor is not available, optional, or required of each operator."""

    @model_validator(mode="after")
    def _can_work(self) -> Self:
        if self.readers == "subscribers" and not self.address.startswith("https:"):
            raise ValueError('address must begin with https: for readers = "subscribers"')
        if any(DOMAIN.fullmatch(each) is None for each in self.sign_up_domains):
            raise ValueError('sign_up_domains must be like "ministry.example" or "*.gov.example"')
        if self.sign_up == "domain" and not self.sign_up_domains:
            raise ValueError('sign_up_domains must name one for sign_up = "domain"')
        return self


class OidcSettings(Table):
    """An identity provider by which operators sign in (OpenID Connect), beside their password."""

    issuer: Annotated[str, Field(pattern=r"^((https://|http://localhost[:/])[^\s?#]+)?$")] = ""
    """Address of the provider, exactly as it states it: "https://login.ministry.example".
    Empty: none."""
    client: str = ""
    """Client ID of this briefing there; its redirect address ends in /admin/provider/back."""
    secret_file: str = "oidc.secret"  # noqa: S105  the name of a file
    """File whose only line is the secret of the client; nobody else may read it."""


class DkimSettings(Table):
    """Keys that sign mails (DKIM); every key signs. `briefing doctor` shows the DNS records."""

    domain: Annotated[str, Field(min_length=1, examples=["briefing.example"])]
    """The domain of the sender, or a parent domain."""
    selector: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,63}$", examples=["b2026"])]
    """Selector: the name of the public key in the DNS."""
    key_file: Annotated[str, Field(min_length=1, examples=["b2026.pem"])]
    """Private key in PEM (RSA of at least 2048 bits, or Ed25519), relative to the settings file."""


class MailSettings(Table):
    """How editions are sent, and where returned mail is read."""

    sender: Line = ""
    """Address of the sender; its domain signs the mails and gets bounces. Empty: no mail is
    sent."""
    sender_name: Annotated[str, Field(max_length=80), ONE_LINE] = ""
    """Display name of the sender; empty: the name of the briefing."""
    reply_to: Line = ""
    """Address for replies; empty: the sender's."""
    subject: Annotated[str, Field(min_length=1, max_length=120), ONE_LINE] = "{headline}"
    """Subject line; {headline}, {name} and {date} are filled in."""
    host: NonEmpty = "localhost"
    """Host name of the relay."""
    port: Annotated[int, Field(ge=1, le=65535)] = 587
    """Port of the relay: 587 for "starttls", 465 for "tls"."""
    security: Literal["starttls", "tls", "none"] = "starttls"
    """"starttls" or "tls", both with certificate verification; "none" only to this machine."""
    user: str = ""
    """User name at the relay; empty: no login."""
    password_file: str = ""
    """File whose first line is the password, relative to the settings file; empty: the environment
    variable BRIEFING_SMTP_PASSWORD."""
    connections: Annotated[int, Field(ge=1, le=64)] = 4
    """Concurrent connections to the relay."""
    per_second: NonNegativeFloat = 0
    """Mails per second in all, of all workers together; 0: no limit."""
    per_connection: NonNegativeFloat = 0
    """Mails per second on one connection; 0: no limit."""
    per_domain: NonNegativeFloat = 0
    """Mails per second to one domain, of all workers together; 0: no limit."""
    life_hours: Annotated[float, Field(gt=0, le=72)] = 12
    """Hours for which an edition is sent after its time, or after its release if that is
    later."""
    in_doubt: Literal["resend", "hold"] = "resend"
    """A mail whose connection broke after its last byte may have arrived: "resend" it once with
    the same Message-ID, or "hold" it for you to decide."""
    bounces: str = ""
    """Where mail to bounce+… of the sender's domain arrives: a Maildir
    or "imaps://USER@HOST/FOLDER", with @ in the user name written as %40; empty: none."""
    bounces_password_file: str = ""
    """Password of that mailbox, as for password_file; empty: the environment variable
    BRIEFING_BOUNCES_PASSWORD."""
    soft_bounces: Annotated[int, Field(ge=1, le=100)] = 5
    """Consecutive soft bounces after which the subscription ends."""
    secrets_file: NonEmpty = "briefing.secrets"
    """Secrets for links and return paths: base64 of 32 random bytes per line, the newest last.
    Created if missing, readable only by its owner. Keep a copy: without it the links in mails
    already sent stop working."""
    dkim: tuple[DkimSettings, ...] = ()


_Named = TypeVar("_Named", WatchSettings, ChannelSettings, EditionSettings)


class Settings(Table):
    """Settings of one briefing. Every setting may be left out; these are the defaults."""

    name: Annotated[str, Field(min_length=1, max_length=60), ONE_LINE] = "Briefing"
    """Name on the nameplate. Up to 12 characters leave room for the motto beside it."""
    language: Annotated[str, AfterValidator(spoken)] = "en"
    """Language of the briefing (ISO 639-1); no sentence in another language is printed."""
    other_languages: Literal["counted", "named", "off"] = "counted"
    """Reports in other languages: "counted" beside the story that they report, with a link ("also
    reported in German, French (4)"), if `briefing[languages]` is installed; "named" also names
    what only they report, in their own words, below the stories in brief; "off" leaves them out."""
    dateline: Annotated[str, Field(max_length=60), ONE_LINE] = ""
    """Place and time in the folio line, such as "Geneva, 06:30"."""
    ranker: str = "salience"
    """Ranker that chooses sentences; `briefing plugins` lists them."""
    classifier: str = "auto"
    """Classifier that assigns sections: "linear" is trained on English, "encoder" adds a small
    neural model to it and knows other languages (install `briefing[languages]`), "keywords" counts
    the words of each section. "auto" is "linear" in English; elsewhere "encoder" if it is
    installed, else "keywords"."""
    model: str = ""
    """A model file made by `briefing train sections`; empty: the model that comes with
    Briefing."""
    story_model: str = ""
    """A model file made by `briefing train sections --part stories`, for whole stories; empty:
    `model` if it is set, else the model of stories that comes with Briefing."""
    window_hours: Annotated[int, Field(ge=1, le=24 * 14)] = 72
    """Hours within which reports of one story usually are published; the further apart, the more
    alike they must be, and twice as far apart they never are one story."""
    also: tuple[NonEmpty, ...] = ()
    """Settings files of further briefings, relative to this one, which `briefing serve` and
    `briefing run` take as well. One that is made in the administration is added here."""
    other: bool = True
    """Whether stories that matter and belong to no section are printed, last, under "Also". A
    section with the name "other" places them elsewhere, and its label names them."""
    sections: tuple[SectionSettings, ...] = (
        SectionSettings(name="economy"),
        SectionSettings(name="security"),
        SectionSettings(name="diplomacy"),
    )
    watch: tuple[WatchSettings, ...] = ()
    channel: tuple[ChannelSettings, ...] = ()
    page: PageSettings = PageSettings()
    store: StoreSettings = StoreSettings()
    collect: CollectSettings = CollectSettings()
    publish: PublishSettings = PublishSettings()
    schedule: ScheduleSettings = ScheduleSettings()
    edition: tuple[EditionSettings, ...] = ()
    release: ReleaseSettings = ReleaseSettings()
    sign: SignSettings = SignSettings()
    corrections: CorrectionSettings = CorrectionSettings()
    engine: EngineSettings = EngineSettings()
    log: LogSettings = LogSettings()
    alerts: AlertSettings = AlertSettings()
    web: WebSettings = WebSettings()
    oidc: OidcSettings = OidcSettings()
    mail: MailSettings = MailSettings()
    _folder: Path = PrivateAttr(default=Path())

    @property
    def folder(self) -> Path:
        """Where their file is, to which the names of other files are relative."""
        return self._folder

    def within(self, folder: Path) -> Settings:
        """Return the same settings, of a file in a folder."""
        own = self.model_copy()
        own._folder = folder
        return own

    @property
    def briefing(self) -> str:
        """Its id in the store."""
        from briefing.core.edition import slug  # noqa: PLC0415  loads all that makes one

        return slug(self.name)

    @property
    def place(self) -> StoreLocation:
        """Where its store is; SettingsError: nowhere that can be used."""
        from briefing.store.location import find_place  # noqa: PLC0415  loads the database

        return find_place(self.store.at, folder=self.folder)

    @property
    def timetable(self) -> Timetable:
        """When it has editions, and weeks in review."""
        return timetable_of(self.schedule, self.edition, self.release)

    def of_edition(self, name: str) -> Settings:
        """Return the settings by which an edition of its days is made; empty: the first."""
        own = next((each for each in self.edition if each.name == name), None)
        if own is None:
            return self
        changes: dict[str, object] = {"dateline": own.dateline}
        if own.sections:
            wanted = tuple(each for each in self.sections if each.name in own.sections)
            changes |= {"sections": wanted, "other": OTHER in own.sections}
        return self.model_copy(update=changes)

    @property
    def life(self) -> timedelta:
        """How long an edition is sent after its time."""
        return timedelta(hours=self.mail.life_hours)

    @property
    def usual(self) -> Preferences:
        """What a subscriber gets who wishes nothing else: time, zone and language of it."""
        table = self.schedule
        at = time.fromisoformat(table.at)
        return Preferences(at=at, zone=table.zone, language=self.language)

    @property
    def printed(self) -> tuple[str, ...]:
        """Names of the sections that are printed, in order."""
        names = tuple(section.name for section in self.sections)
        return (*names, OTHER) if self.other and OTHER not in names else names

    @property
    def watched(self) -> tuple[WatchList, ...]:
        """The watch-lists, for the core."""
        return tuple(table.watched for table in self.watch)

    @property
    def offered(self) -> Offered:
        """What readers may choose."""
        return Offered(self.printed, offered_lists(self.watched), self.timetable.editions)

    @property
    def secret_files(self) -> tuple[tuple[str, str, str], ...]:
        """Each secret: what it is for, its file, and of a password the word in its variable.

        The file of a password may be empty: then it is in the environment.
        """
        mail, news, own, oidc = self.mail, self.collect, self.alerts, self.oidc
        return (
            (Translatable("Relay password"), mail.password_file, "SMTP"),
            (Translatable("Bounce mailbox password"), mail.bounces_password_file, "BOUNCES"),
            *(
                [(Translatable("News mailbox password"), news.mailbox_password_file, "NEWS")]
                if news.mailbox
                else ()
            ),
            *(
                [(Translatable("Alert relay password"), own.relay_password_file, "ALERTS")]
                if own.relay
                else ()
            ),
            (Translatable("Key for links in mails"), mail.secrets_file, ""),
            *(
                [(Translatable("Secret at the identity provider"), oidc.secret_file, "")]
                if oidc.issuer
                else ()
            ),
            *(
                (Translatable("Key of {domain}", domain=key.domain), key.key_file, "")
                for key in mail.dkim
            ),
            *(
                (Translatable("Secret of channel {name}", name=table.name), table.secret_file, "")
                for table in self.channel
                if table.secret_file
            ),
        )

    @field_validator("channel")
    @classmethod
    def _know_lists(
        cls, value: tuple[ChannelSettings, ...], given: ValidationInfo
    ) -> tuple[ChannelSettings, ...]:
        # Without watch-lists if they have mistakes of their own.
        lists = {table.name for table in given.data.get("watch", ())}
        named = {name for table in value for name in table.watch}
        if "watch" in given.data and (unknown := sorted(named - lists)):
            raise ValueError(f"watch names no watch-list: {', '.join(unknown)}")
        return value

    @field_validator("watch", "channel", "edition")
    @classmethod
    def _named_once(cls, value: tuple[_Named, ...]) -> tuple[_Named, ...]:
        if len({table.name for table in value}) < len(value):
            raise ValueError(Translatable("must have each name only once"))
        return value

    @field_validator("edition")
    @classmethod
    def _apart(
        cls, value: tuple[EditionSettings, ...], known: ValidationInfo
    ) -> tuple[EditionSettings, ...]:
        times = [*(own.at for own in value), getattr(known.data.get("schedule"), "at", "")]
        if len({*times}) < len(times):
            raise ValueError("at must be a different time for each edition, the first included")
        sections = {section.name for section in known.data.get("sections", ())} | {OTHER}
        for name in (name for own in value for name in own.sections if sections != {OTHER}):
            if name not in sections:
                raise ValueError(f"sections: there is no section {name!a}")
        return value

    @field_validator("sections")
    @classmethod
    def _distinct(cls, value: tuple[SectionSettings, ...]) -> tuple[SectionSettings, ...]:
        names = [section.name for section in value]
        if not names or len(set(names)) < len(names):
            raise ValueError(Translatable("must list at least one section, each name only once"))
        if {*NO_SECTIONS} & {*names}:
            raise ValueError(f'"{NO_SECTIONS[0]}" is reserved for readers who want no section')
        return value

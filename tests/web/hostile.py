"""A desk on which every word from outside is an attack on a browser, and a walk over its pages."""

import atexit
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from functools import cache, partial
from html import escape
from pathlib import Path
from tempfile import mkdtemp
from urllib.parse import urlencode, urljoin, urlsplit

import httpx2
import lxml.html
from sqlalchemy import update

from briefing.app.collect.sources import Trial, TrialReport
from briefing.app.keys import digest_key
from briefing.app.publish import Preview, draft
from briefing.app.readers.administration import BulkRequest, change_many
from briefing.app.readers.fields import read_preferences
from briefing.app.readers.letters import PATHS
from briefing.app.readers.lists import bring
from briefing.app.rounds.runs import RunRequests
from briefing.core import model, record
from briefing.core.schedule import Timetable
from briefing.core.text.segment import segment
from briefing.settings import FILE_NAME, LiveSettings, load
from briefing.settings.file import edited
from briefing.setup.settings_editor import SettingsEditor
from briefing.sources.discover import Health
from briefing.store import (
    audit,
    claims,
    deliveries,
    documents,
    drafts,
    editions,
    operators,
    subscribers,
)
from briefing.store.audit import Actor
from briefing.store.claims import Settlement
from briefing.store.editions import StoredEdition
from briefing.store.mail_tables import SUBSCRIBER
from briefing.web.admin.sources import key_of
from briefing.web.context import Act
from tests.classifying import ByWords
from tests.desk import FERRY, RECIPE
from tests.newsday import (
    HARBOR,
    HARBOR_AGAIN,
    NICKEL,
    RIVER,
    STRAIT,
    STRAIT_NEXT,
    TODAY,
    WORDS,
    YESTERDAY,
    report,
)
from tests.publishing import SOURCE, files_of, publish_plan
from tests.web.admin.rounds import add_source, ran, settle
from tests.web.admin.sessions import NAME, Seated, seated
from tests.web.admin.steering import PDF, PlainPress, QuickDrafts
from tests.web.served import NOW, Served, served

EVIL = "evil.example"
#: No word is longer than the 30 characters that a headline may have.
SCRIPT = "<script>__ran=1</script>"
IMAGE = f"<img src=//{EVIL}/i onerror=__ran=1>"
DRAWING = "<svg/onload=__ran=1>"
#: Ends an attribute in either kind of marks, and gives the element one of its own.
BREAKER = "\"'onmouseover=__ran=1 autofocus onfocus=__ran=1 x="
#: For the one who renders templates twice.
TEMPLATE = "{{7*191}}{%set x=1%}"
ATTACK = f"{BREAKER}> {SCRIPT} {IMAGE} {TEMPLATE}"
#: A name of a section, as settings would have it.
SECTION = f'"> {DRAWING}'
SECTIONS = (SECTION, "security", "diplomacy")
#: Addresses of reports; only the last may be a link.
URLS = (
    "javascript:__ran=1",
    "data:text/html,<script>__ran=1</script>",
    f'//{EVIL}/"onmouseover="__ran=1',
    'https://courier.example/"onmouseover="__ran=1"><script>__ran=1</script>{{7*191}}',
)
LISTED = "https://briefing.example"
TOKEN = "briefing_of_a_program"  # noqa: S105  invented
#: What is told of the reports that are printed, and of those that wait.
PRINTED, WAITING = (HARBOR, NICKEL, RIVER, STRAIT), (FERRY, STRAIT_NEXT, HARBOR_AGAIN)
TIMETABLE = Timetable(time(6, 30), "Europe/Zurich")
#: The page that is printed next, as the clock of the desk stands.
NEXT = TODAY + timedelta(days=1)
#: A settings file that says what it may of this kind.
SETTINGS_TEXT = edited(
    f"# {ATTACK}\n",
    {
        "name": RECIPE.name,
        "dateline": ATTACK[:60],
        "page.name_line": ATTACK[-80:],
        "page.marking": DRAWING,
        "schedule.zone": "Europe/Zurich",
        "mail.subject": ATTACK[:120],
        "mail.sender_name": IMAGE[:80],
    },
)
HOSTILE_RECIPE = replace(
    RECIPE,
    sections=SECTIONS,
    classifier=ByWords(
        {SECTION: WORDS["economy"], "security": WORDS["security"], "diplomacy": WORDS["diplomacy"]}
    ),
    dateline=f"Ostra {DRAWING}",
)


def reports(
    *, day: date, name: str, told: Sequence[tuple[str, str]] = PRINTED
) -> list[model.Document]:
    """Return reports whose title, text, publisher, author and address attack."""
    return [
        replace(
            report(f"{name}{place}", (f"{title[:40]} {SCRIPT} {DRAWING}", _text(text)), day=day),
            publisher=f'">{DRAWING}{place}',
            author=ATTACK,
            url=URLS[place],
        )
        for place, (title, text) in enumerate(told)
    ]


def _text(text: str) -> str:
    return f"{text}\nThe council said {ATTACK} and more.\n{SCRIPT} {IMAGE}"


class HostileDrafts(QuickDrafts):
    """Lays out what was collected, in the sections of this desk."""

    def __call__(self, day: date) -> Preview:
        assert self.web is not None
        self.kept = draft(
            self.web.store,
            publish_plan(recipe=lambda _: HOSTILE_RECIPE, press=PlainPress(room=400.0)),
            day=day,
            now=self.web.clock(),
        )
        return self.kept


@dataclass
class Target:
    """A desk with all that can be attacked, and what was done with it."""

    web: Served
    session: Seated
    requests: RunRequests
    #: Addresses to which a test was sent.
    tests: list[str] = field(default_factory=list)
    #: Paths of the links of mails, of every purpose and state.
    links: tuple[str, ...] = ()
    reader: model.Subscriber | None = None
    #: Its settings file, in a folder of its own.
    settings: Path = Path()
    #: Paths of previews of sources: of an address that was tried, and of a list.
    previews: tuple[str, ...] = ()

    def path(self, form: str) -> str:
        tried, listed = self.previews
        known = {"/admin/sources/tried/{key}": tried, "/admin/sources/list/{key}": listed}
        path = known.get(form, form).replace("{number}", str(self.number))
        return path.replace("{key}", key_of(URLS[3]))

    @property
    def number(self) -> int:
        assert self.reader
        return self.reader.id

    def state(self) -> tuple[str, tuple[object, ...], int, int, tuple[object, ...], int]:
        """Return all that a request could change."""
        return (
            self.web.dump(),
            (self.settings.read_text("utf-8"), *sorted(self.settings.parent.iterdir())),
            len(self.web.mails),
            len(self.tests),
            tuple(sorted(self.requests._waiting.items())),
            sum(act.number for act in self.web.desk.acts.listed()),
        )


@contextmanager
def target(folder: Path) -> Iterator[Target]:
    """Serve the hostile desk to an operator who is signed in: a copy of one that is made once."""
    made, kept = _made()
    shutil.copytree(kept, folder, dirs_exist_ok=True)
    with _serving(folder) as one:
        one.session.cookie, one.previews, one.links = made.session.cookie, made.previews, made.links
        one.reader = made.reader
        far = timedelta(days=999)
        one.web.desk.acts.add(Act(ATTACK, SCRIPT, "/admin", NOW + far, lambda _: ATTACK), at=NOW)
        yield one


@cache
def _made() -> tuple[Target, Path]:
    """Make the desk; return what is known of it, and the folder of its store."""
    folder = Path(mkdtemp())
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    with _serving(folder) as one:
        one.session = seated(one.web)
        fill(one)
    return one, folder


@contextmanager
def _serving(folder: Path) -> Iterator[Target]:
    drafts, requests, tests = HostileDrafts(), RunRequests(), list[str]()

    def send_test(address: str) -> str:
        tests.append(address)
        return f"sent; the relay said {ATTACK}"

    path = folder / "settings" / FILE_NAME
    path.parent.mkdir(exist_ok=True)
    path.write_text(SETTINGS_TEXT, encoding="utf-8")
    live = LiveSettings(path, partial(load, path), load(path))
    with served(
        folder,
        editor=lambda store: SettingsEditor(store, path, live),
        proxies="127.0.0.1",
        web=LISTED,
        trials=hostile_trial,
        name=RECIPE.name,
        sections=SECTIONS,
        requests=requests,
        drafts=drafts,
        send_test=send_test,
        timetable=TIMETABLE,
    ) as desk:
        drafts.web = desk
        yield Target(desk, Seated(desk, NAME, ""), requests, tests, settings=path)


def fill(one: Target) -> None:
    """Let everything that is stored attack."""
    web = one.web
    for day in (YESTERDAY, TODAY):
        print_edition(web, day)
    _collect(web)
    _subscribe(one)
    _send(web)
    _run(web)
    _steer(web)
    one.links = mail_links(web)
    _bring(one)
    _preview(one)
    wait_for_release(web, NEXT)


def hostile_trial(address: str, *, known: model.Source | None = None) -> Trial:
    """Return what a hostile site would bring."""
    source = known or model.Source(f"https://x.example/{BREAKER}{SCRIPT}", name=ATTACK)
    other = model.Source(URLS[3].replace("courier", "other"), name=IMAGE)
    health = Health(
        source, reachable=True, kind=ATTACK, items=3, reason=ATTACK, advice=f"{address} {IMAGE}"
    )
    reports = tuple(
        TrialReport(title, url, NOW, 9, whole=False)
        for title, url in zip((ATTACK, SCRIPT, DRAWING), URLS, strict=False)
    )
    return Trial((source, other), health, reports, language=SCRIPT)


#: A list whose every name attacks; the last cannot be used.
LIST = "<opml><body>{}</body></opml>".format(
    "".join(
        f'<outline text="{escape(ATTACK, quote=True)}" xmlUrl="{escape(url, quote=True)}" '
        f'briefingOwner="{escape(IMAGE, quote=True)}"/>'
        for url in ("https://a.example/feed", "https://b.example/<b>", URLS[0])
    )
).encode()


def _preview(one: Target) -> None:
    tried = one.session.post("/admin/sources/try", {"address": "x.example"})
    listed = one.session.post("/admin/sources/import", files={"file": ("a.opml", LIST)})
    one.previews = (tried.headers["location"], listed.headers["location"])


def print_edition(web: Served, day: date) -> None:
    """Keep an edition that prints attacks, word for word, with the texts that it cites."""
    cited = reports(day=day, name=f"r{day:%d}-")
    at = datetime.combine(day, time(5), NOW.tzinfo)
    with web.store.write() as tx:
        for item in cited:
            keys = (f"url {item.id}",)
            documents.keep(tx, model.Item(item, keys=keys, from_page=True), source=SOURCE, at=at)
    edition = _edition(web, day, cited)
    stored = _stored(web, edition, at=at)
    with web.store.write() as tx:
        editions.keep(tx, stored, edition=edition, recheck_at=None)


def wait_for_release(web: Served, day: date) -> None:
    """Keep a draft that holds attacks, and that somebody has signed."""
    edition = _edition(web, day, reports(day=day, name=f"r{day:%d}-"))
    with web.store.write() as tx:
        draft = drafts.put(tx, _stored(web, edition, at=NOW), recheck_at=None)
        drafts.sign(tx, draft.stored.id, model.Signature(IMAGE, NOW, draft.digest))


def _stored(web: Served, edition: model.Edition, *, at: datetime) -> StoredEdition:
    files = {**files_of(edition, PDF), "pdf": PDF}
    return StoredEdition(
        edition.id,
        web.desk.briefing,
        edition.day,
        edition.number,
        made=at,
        since=at - timedelta(days=1),
        until=at,
        record=record.write(edition),
        files=files,
    )


def _edition(web: Served, day: date, cited: Sequence[model.Document]) -> model.Edition:
    briefs = [_brief(one, place) for place, one in enumerate(cited)]
    if day == TODAY:
        briefs[0] = replace(briefs[0], saga=_saga(web), watched=_watched(cited[0]))
    last = segment(cited[0])
    attack = next(one for one in last if ATTACK[:40] in one.text or DRAWING in one.text)
    correction = model.Correction(
        cited[0].id, ATTACK[:120], SECTION, URLS[3], "vanished", NOW, f"x/{YESTERDAY}"
    )
    return model.Edition(
        id=f"{web.desk.briefing}/{day}",
        name=web.desk.settings.name,
        day=day,
        language="en",
        number=day.day,
        dateline=f"Ostra {DRAWING}",
        note=model.DeskNote.of(ATTACK, signed=DRAWING),
        sections=(
            model.Section(SECTION, tuple(briefs[:2])),
            model.Section("security", tuple(briefs[2:])),
        ),
        panel=model.Panel(
            figures=(model.Figure(_slice(cited[1], "4.2"), attack),),
            quotes=(model.Quote(attack, _slice(cited[0], SCRIPT), _slice(cited[0], IMAGE)),),
            ahead=(model.DateAhead(NEXT, attack, _slice(cited[0], "Tuesday")),),
            chart=True,
        ),
        documents={one.id: one for one in cited},
        days=tuple(
            model.DayCount(day - timedelta(days=n), {SECTION: n, "security": 2}) for n in (2, 1)
        ),
        ledger=model.Ledger(
            documents=9,
            stories=4,
            printed=4,
            dropped_documents={ATTACK: 2},
            dropped_sentences={ATTACK: 3},
            dropped_stories={ATTACK: 1},
            failed=((f"https://x.example/{SCRIPT}", ATTACK), (URLS[0], IMAGE)),
            no_room=(("s9", ATTACK, SECTION),),
            corrections=(correction,),
        ),
        setting=model.Setting(model.Scale.NORMAL, 12.0, 24.0, splits=(1, 1)),
        since=day - timedelta(days=1),
        manifest={ATTACK: ATTACK},
    )


def _saga(web: Served) -> model.Saga:
    """Return what the edition of the day before told, which was an attack as well."""
    old, *_ = reports(day=YESTERDAY, name=f"r{YESTERDAY:%d}-")
    told = _brief(old, 0)
    name = f"{web.desk.briefing}/{YESTERDAY}"
    entry = model.SagaEntry(name, YESTERDAY, told.story, told.headline, told.sentences[1])
    return model.Saga("s1", YESTERDAY, (entry,))


def _watched(document: model.Document) -> tuple[model.WatchHit, ...]:
    """Return hits of a list whose label and entries attack, of which one can be printed."""
    words = _slice(document, "Tuesday")
    return tuple(
        model.WatchHit("straits", IMAGE, entry, words) for entry in (SCRIPT, DRAWING, ATTACK)
    )


def _slice(document: model.Document, words: str) -> model.Sentence:
    start = document.text.index(words)
    return model.Sentence(document.id, start, start + len(words), words)


def _brief(document: model.Document, place: int) -> model.Brief:
    sentences = segment(document)
    # The last one stands in the stored text alone.
    *attacks, _ = (one for one in sentences if "__ran" in one.text)
    assert attacks
    return model.Brief(
        story=f"s{place}",
        headline=document.title,
        status=tuple(model.Status)[place % 3],
        sentences=(sentences[0], *attacks),
        sources=(document.id,),
        reports=2,
        publishers=2,
        top=place == 0,
        earlier=model.EarlierHeadline(
            f"x/{YESTERDAY}", YESTERDAY, model.Sentence(document.id, 0, len(ATTACK), ATTACK)
        ),
    )


def _collect(web: Served) -> None:
    fresh = [
        replace(one, text=text[1])
        for one, text in zip(reports(day=TODAY, name="next", told=WAITING), WAITING, strict=True)
    ]
    with web.store.write() as tx:
        for place, one in enumerate(fresh):
            item = model.Item(one, keys=(f"url next{place}",), from_page=True)
            documents.keep(tx, item, source=SOURCE, at=NOW - timedelta(hours=1))
    add_source(web, ATTACK, fresh=(3, None, 2), reason=ATTACK, url=URLS[3])
    add_source(web, f"{SCRIPT}2", fresh=(None, None), reason=ATTACK, url=URLS[0])
    add_source(web, "", fresh=(None, None), reason=IMAGE, url=f"https://x.example/{IMAGE}")


def _subscribe(one: Target) -> None:
    web = one.web
    one.reader = web.add(f"{DRAWING}@web.example")
    others = [web.add(f"{n}{IMAGE}@web.example") for n in range(3)]
    with web.store.write() as tx:
        tx.execute(update(SUBSCRIBER).values(name=ATTACK))
        states = (model.State.BOUNCED, model.State.PAUSED, model.State.COMPLAINED)
        for reader, state in zip(others, states, strict=True):
            consent = model.Consent(NOW, "changed", ATTACK, ATTACK, ATTACK)
            subscribers.change_state(tx, reader.id, state, consent=consent, reason=ATTACK)


def _send(web: Served) -> None:
    edition = f"{web.desk.briefing}/{TODAY}"
    for place, status in enumerate(
        (
            model.DeliveryStatus.SENT,
            model.DeliveryStatus.HELD,
            model.DeliveryStatus.REFUSED,
            model.DeliveryStatus.EXPIRED,
        )
    ):
        bounce = model.BounceKind.HARD if status is model.DeliveryStatus.SENT else None
        address = f'{place}"><script>__ran=1</script>@web.example'
        settle(web, edition, address, status, reason=ATTACK, bounce=bounce)


def _bring(one: Target) -> None:
    """Bring a list of attacks, pause a reader with others, and have a mail refused."""
    web, actor = one.web, Actor("ada", NOW, ATTACK)
    program = Actor(f"token {SCRIPT}", NOW)
    listed = f'email,name,"{SCRIPT}"\n"{ATTACK}"\n"{DRAWING}@web.example","{ATTACK}"\n'
    bring(
        web.store,
        digest_key(one.session.cookie),
        listed.encode(),
        name=f"{SCRIPT}.csv",
        preferences=partial(
            read_preferences, offered=model.Offered(SECTIONS), usual=web.desk.settings.usual
        ),
        actor=actor,
    )
    crowd, waiting = web.add("crowd@web.example"), web.add("w@courier.example", model.State.PENDING)
    with web.store.write() as tx:
        token = model.ApiToken(SCRIPT, model.Role.ADMINISTRATOR, NOW)
        operators.keep_token(tx, token, digest_key(SCRIPT))
        change_many(tx, BulkRequest(model.BulkAction.PAUSE, (crowd.id,)), actor=program)
        kind, until = model.MailKind.CONFIRMATION, NOW + timedelta(days=1)
        number = deliveries.put_mail(tx, kind, waiting.id, at=NOW, until=until)
        claims.settle_all(tx, [Settlement(number, model.DeliveryStatus.REFUSED, NOW, ATTACK)])


def _run(web: Served) -> None:
    ran(web, model.Step.COLLECT, ago=60, figures={ATTACK: 3}, words=ATTACK)
    ran(web, model.Step.DELIVER, ago=50, ending=model.Ending.FAILED, words=ATTACK)
    ran(web, model.Step.PUBLISH, ago=40, ending=model.Ending.EMPTY, words=ATTACK, day=TODAY)
    ran(web, model.Step.BOUNCES, ago=30, ending=model.Ending.PART, words=ATTACK)
    ran(web, model.Step.COLLECT, ago=20, ending=None)


def _steer(web: Served) -> None:
    told = (
        ("next0", model.Action.PIN, ""),
        ("next1", model.Action.MOVE, SECTION),
        ("gone", model.Action.DROP, ""),
    )
    with web.store.write() as tx:
        seated_elsewhere = model.Session(NAME, "t", NOW, NOW + timedelta(days=1), ATTACK, ATTACK)
        operators.open_session(tx, bytes(32), seated_elsewhere)
    with web.store.write() as tx:
        for document, action, section in told:
            who = f"token {SCRIPT}"
            choice = model.Choice(0, NEXT, action, document, "", ATTACK, who, NOW, section)
            drafts.choose(tx, web.desk.briefing, choice)
        operators.keep_token(
            tx, model.ApiToken("program", model.Role.ADMINISTRATOR, NOW), digest_key(TOKEN)
        )
        audit.note(tx, model.AuditEvent(NOW, SCRIPT, ATTACK, ATTACK, IMAGE))
        audit.note(tx, model.AuditEvent(NOW, "ada", "send test", ATTACK))


def mail_links(web: Served) -> tuple[str, ...]:
    """Return a link of a mail of every kind and age."""
    one, waiting = web.add("l@courier.example"), web.add("p@courier.example", model.State.PENDING)
    gone = web.add("g@courier.example")
    web.turn(gone, model.State.UNSUBSCRIBED)
    old = web.clock() - timedelta(days=60)
    return (
        *(web.path(purpose, who) for purpose in PATHS for who in (one, waiting, gone)),
        *(web.path(purpose, one, at=old) for purpose in PATHS),
        *(web.path(purpose, one, epoch=9) for purpose in PATHS),
    )


@dataclass(frozen=True)
class Found:
    """Everything that a browser could open by links and by forms that ask, with what it got."""

    answers: dict[str, httpx2.Response]
    #: Addresses elsewhere to which a page leads.
    foreign: frozenset[str]

    @property
    def pages(self) -> list[str]:
        """Paths of what is shown as a page."""
        return [
            path
            for path, answer in self.answers.items()
            if answer.headers.get("content-type", "").startswith("text/html")
        ]


def crawl(
    one: Target, *starts: str, signed_in: bool, method: str = "GET", most: int = 400
) -> Found:
    """Open whatever is reached from some paths; of fonts, each of which takes a second, one."""
    web, headers = one.web, one.session.cookies if signed_in else {}
    waiting, answers, foreign = list(starts), dict[str, httpx2.Response](), set[str]()
    while waiting:
        path = waiting.pop(0)
        fonts = [known for known in answers if known.startswith("/fonts/")]
        if path in answers or (fonts and path.startswith("/fonts/")):
            continue
        assert len(answers) < most, "it does not end"
        answer = web.client.request("GET", path, headers=headers)
        if method != "GET":
            assert web.client.request(method, path, headers=headers).content == b""
        answers[path] = answer
        for url in addresses(answer, at=path):
            parts = urlsplit(url)
            if parts.netloc or parts.scheme:
                foreign.add(url)
            else:
                waiting.append(f"{parts.path}?{parts.query}" if parts.query else parts.path)
    return Found(answers, frozenset(foreign))


def addresses(answer: httpx2.Response, *, at: str) -> list[str]:
    """Return what an answer leads to: links, what it loads, forms that ask, a redirect."""
    found = [answer.headers["location"]] if "location" in answer.headers else []
    if answer.headers.get("content-type", "").startswith("text/html") and answer.text:
        root = lxml.html.fromstring(answer.text)
        found += root.xpath("//a/@href | //link/@href | //*/@src")
        for form in root.xpath("//form[@method='get' or not(@method)]"):
            found += _questions(form)
    own = {LISTED, "http://127.0.0.1"}
    full = [urljoin(at, str(url)) for url in found]
    shown = [next((u[len(o) :] or "/" for o in own if u.startswith(f"{o}/")), u) for u in full]
    return [url.partition("#")[0] or at for url in shown]


def _questions(form: lxml.html.FormElement) -> list[str]:
    """Return the address that a form asks as it stands, and one with words in every field."""
    told = [(str(name), str(value or "")) for name, value in form.form_values()]
    words = [(name, value or "council") for name, value in told]
    return [f"{form.get('action')}?{urlencode(pairs)}" for pairs in (told, words)]

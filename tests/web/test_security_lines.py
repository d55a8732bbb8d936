"""Words that break lines, and files and mails of which every word is an attack."""

import io
import json
import logging
import re
from collections import Counter
from collections.abc import Iterator
from io import BytesIO
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree as ET

import httpx2
import lxml.html
import pytest
from pypdf import PdfReader

from briefing.app.publish import publish
from briefing.mail.tokens import Purpose
from briefing.press.letter import PERSONAL, letter_parts
from briefing.settings import Settings
from briefing.setup.logs import set_up_logs
from briefing.setup.parts import theme
from briefing.store import editions
from tests.mail.nasty import NASTY
from tests.newsday import TODAY
from tests.publishing import edition_of, publish_plan
from tests.store.ready import look
from tests.web.admin.sessions import NAME, seated
from tests.web.api.programs import ROOT
from tests.web.hostile import EVIL, HOSTILE_RECIPE, LISTED, NEXT, Target, crawl
from tests.web.served import FORM, READER, raw_post
from tests.web.test_security_forms import FORMS, path_of

#: Words that break a line, a header or a coding somewhere.
LINES = (
    *(NASTY[number] for number in (0, *range(2, 8), 12)),
    f"x\r\nSet-Cookie: briefing=1\r\nLocation: https://{EVIL}\r\n\r\n<script>",
    "x%0d%0aSet-Cookie:%20a=b",
    "x\u010d\u010aSet-Cookie: a=b",
    "2026-03-12T08:12:00Z [error] forged\n2026-03-12T08:12:00Z [info] forged",
    "\x1b[2J\x1b]0;owned\x07",
    "9" * 4096,
)
#: Header fields that an answer of ours may have.
KNOWN = frozenset(
    (
        "allow cache-control connection content-disposition content-encoding content-length "
        "content-security-policy content-type cross-origin-opener-policy "
        "cross-origin-resource-policy date etag location referrer-policy retry-after "
        "transfer-encoding vary www-authenticate x-content-type-options x-frame-options"
    ).split()
)


#: What is logged when the settings file was changed.
TAKEN_OVER = "settings of 'Ostra Desk' are taken over"


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Write the log as `briefing serve` does."""
    root, ours = logging.getLogger(), logging.getLogger("briefing")
    handlers, level, stream = list(root.handlers), ours.level, io.StringIO()
    root.handlers[:] = []
    set_up_logs("json", stream=stream)
    yield stream
    root.handlers[:] = handlers
    ours.setLevel(level)
    logging.captureWarnings(capture=False)


def events(log: io.StringIO) -> list[str]:
    """Return what was logged, each event one line of JSON, and forget it."""
    lines = log.getvalue().splitlines()
    log.seek(0)
    log.truncate()
    return [json.loads(line)["event"] for line in lines]


def check_plain(answer: httpx2.Response, *, form: str = "") -> None:
    """Check that no field of an answer came from outside."""
    location = answer.headers.get("location", "")
    # Who sets their own password or second factor is signed in anew.
    is_anew = location == "/admin/operators?message=password" or form == "/admin/second-factor"
    signed_in = {"set-cookie"} if is_anew else set[str]()
    assert {name.lower() for name in answer.headers} <= KNOWN | signed_in
    assert len(answer.headers.raw) == len({name.lower() for name, _ in answer.headers.raw})
    assert EVIL not in location
    assert location.isprintable()


class TestLines:
    """No word of a visitor begins a line of its own: in no answer, no mail and no log."""

    @pytest.mark.parametrize("form", FORMS)
    def test_in_an_administrative_form(self, one: Target, log: io.StringIO, form: str) -> None:
        # All words in all forms, but not in all fields of each; each briefing takes a second.
        names = (*FORMS[form], "form_token", "message", LINES[8][:60])
        less = 9 if form == "/admin/settings/another" else 4
        for place, name in enumerate(names):
            for words in LINES[place % less :: less]:
                if form == "/admin/sign-out" and name != "form_token":
                    continue
                hidden = {name: words.encode("utf-8", "replace").decode()}
                # who changed one of these is signed in anew
                if form in {"/admin/password", "/admin/second-factor"}:
                    one.session.cookie = seated(one.web).cookie
                answer = one.session.post(
                    path_of(one, form), {**FORMS[form], **hidden, "do": words}
                )
                check_plain(answer, form=form)
                assert answer.status_code < 500, (form, name, words[:40])
                # what a form wrote into the settings takes effect at the next request
                (said,) = (event for event in events(log) if event != TAKEN_OVER)
                assert re.fullmatch(r"POST \w+ \d{3} \d+ ms", said)
        for address, message in one.web.mails:
            check_mail(address, message)

    def test_in_the_public_forms(self, one: Target, log: io.StringIO) -> None:
        web, reader = one.web, one.web.add()
        preferences = web.path(Purpose.PREFERENCES, reader)
        token = preferences.rpartition("/")[2]
        forms: dict[str, dict[str, Any]] = {
            "/subscribe": {**FORM, "sections": ["security"]},
            "/preferences": {"mail": READER},
            preferences: {**FORM, "token": token, "do": "save", "days": ["1"]},
            web.path(Purpose.LEAVE, reader): {"token": token, "do": "x"},
            web.path(Purpose.CONFIRM, reader): {"token": token, "do": "x"},
            "/admin/sign-in": {"name": NAME, "password": "x", "to": "/admin"},
        }
        for path, form in forms.items():
            for place, name in enumerate((*form, "name", "words")):
                for words in LINES[place % 3 :: 3]:
                    hidden = words.encode("utf-8", "replace").decode()
                    check_plain(web.post(path, {**form, name: hidden}))
                    said = events(log)
                    assert len(said) == 1, said
                    assert re.fullmatch(r"POST \w+ \d{3} \d+ ms", said[0])
                    assert READER not in said[0]
                    assert token not in said[0]
        assert web.mails
        for address, message in web.mails:
            check_mail(address, message)

    @pytest.mark.parametrize("form", ["/subscribe", "/admin/subscribers/add", "/admin/sign-in"])
    def test_in_a_form_of_another_coding(self, still: Target, log: io.StringIO, form: str) -> None:
        names = tuple("mail name form_token password to zone".split())
        for charset in "unicode_escape utf-16 utf-7 rot13 idna undefined hex".split():
            for words in (b"\\ud800\\r\\nBcc: x", b"\xff\xfe\x00\xd8", b"+2AA-", b"xn--\xff"):
                parts = b"".join(
                    b'--b\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n'
                    % (name.encode(), words)
                    for name in names
                )
                kind = f"multipart/form-data; boundary=b; charset={charset}"
                headers = {**still.session.cookies, "Content-Type": kind}
                answer = still.web.client.post(form, content=parts + b"--b--\r\n", headers=headers)
                check_plain(answer)
                assert answer.status_code < 500, (charset, words)
                assert len(events(log)) == 1

    def test_in_a_path_or_a_question(self, still: Target, log: io.StringIO) -> None:
        crooked = tuple("%0d%0aSet-Cookie:%20a=b %0aX-Evil:1 %00 %1b%5b2J %e2%80%a8x %ff".split())
        starts = tuple("/ /confirm/ /preferences/ /fonts/ /admin/ /admin/subscribers/".split())
        asked = (
            *("/admin/sign-in?to=", "/admin/log?who=", "/admin/subscribers?q=", "/archive?words="),
            *("/admin/deliveries?day=", "/admin/sources?sort=", "/admin?message="),
            "/archive?page=",
            *("/admin/subscribers?page=", "/archive?month=", f"{ROOT}/search?words="),
        )
        long = ("9" * 5000, "-1", "1e9", "\u0661", "0x1")
        for path in (*starts, f"{ROOT}/editions/", *asked):
            for words in (*crooked, *long):
                headers = still.session.cookies if path.startswith("/admin") else {}
                answer = still.web.get(path + words, headers=headers)
                check_plain(answer)
                assert answer.status_code < 500, path + words[:40]
                (said,) = events(log)
                assert re.fullmatch(r"GET \w+ \d{3} \d+ ms", said)

    @pytest.mark.parametrize(
        "name",
        (
            "X-Forwarded-For Host User-Agent Referer Origin Cookie Authorization If-None-Match "
            "Content-Type Accept-Language X-Request-Id Forwarded"
        ).split(),
    )
    def test_in_a_header(self, still: Target, log: io.StringIO, name: str) -> None:
        """What a line of a header cannot hold never gets to a page; all else is looked at."""
        for words in (
            b"x\x0bSet-Cookie: a=b",
            b"x\x1b[2J",
            b"x\x85Set-Cookie: a=b",
            b"\xe2\x80\xa8forged",
            b"x\x00y",
            b"x\rSet-Cookie: a=b",
            b"x\n Set-Cookie: a=b",
            f"{READER}, {still.links[0]}".encode(),
            b'"; DROP TABLE operator; --',
            b"a" * 8000,
        ):
            body = b"mail=x%40courier.example"
            fields = [f"Content-Length: {len(body)}"]
            if name != "Content-Type":
                fields.append("Content-Type: application/x-www-form-urlencoded")
            request = raw_post("/preferences", body, *fields)
            if name == "Host":
                request = request.replace(b"Host: x\r\n", b"", 1)
            first, _, rest = request.partition(b"\r\n")
            answer = still.web.raw(first + b"\r\n" + name.encode() + b": " + words + b"\r\n" + rest)
            head = answer.partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")
            assert head[0].split(" ")[1] in {"200", "400", "403", "422", "429"}
            assert {line.partition(":")[0].lower() for line in head[1:]} <= KNOWN
            said = events(log)
            assert len(said) == 1, said
            assert re.fullmatch(r"POST \w+ \d{3} \d+ ms|Invalid HTTP request received\.", said[0])

    def test_a_failure_tells_neither_address_nor_token(self, one: Target, log: io.StringIO) -> None:
        """What a relay or a fault says may hold both."""
        one.web.post_box.failures += [OSError(f"{READER} {one.links[0]}\r\nforged line")]
        one.web.post("/subscribe", {**FORM, "mail": READER, "sections": ["security"]})
        one.web.settle()
        said = log.getvalue()
        assert len(said.splitlines()) >= 2
        assert READER not in said
        assert one.links[0].rpartition("/")[2] not in said
        assert all(json.loads(line)["event"] for line in said.splitlines())


def check_mail(address: str, message: bytes) -> None:
    """Check that a mail has one reader and no line from outside."""
    head = message.partition(b"\r\n\r\n")[0]
    names = Counter(line.partition(b":")[0].lower() for line in re.split(rb"\r\n(?![ \t])", head))
    assert names[b"to"] == names[b"from"] == names[b"subject"] == 1
    assert not {b"bcc", b"cc", b"set-cookie", b"location"} & names.keys()
    assert address in {READER, "new@courier.example"} or address.endswith("@courier.example")


#: Elements that run, load or send by themselves.
LIVE = frozenset("script iframe object embed base form link video audio img".split())
ATOM = "{http://www.w3.org/2005/Atom}"


def check_dead(html: str) -> None:
    """Check that nothing in a page runs or loads anything, and that its links are of the web."""
    root = lxml.html.fromstring(html)
    for element in root.iter(lxml.etree.Element):
        assert element.tag not in LIVE, lxml.html.tostring(element)
        for name, value in element.attrib.items():
            assert not name.startswith("on"), name
            assert name not in {"src", "srcset", "background", "action", "formaction"}
            if name in {"href", "xlink:href"}:
                assert re.match("https?://|#|mailto:", value), value
                assert EVIL not in value
    for style in root.iter("style"):
        assert not re.search(r"@import|url\(", style.text_content())


@pytest.mark.parametrize(
    ("signed_in", "starts"),
    [
        (False, ("/", "/archive?words={0}&section={0}&publisher={0}&from={0}&status={0}", "/{0}")),
        (True, ("/admin", "/admin/subscribers?q={0}&state={0}", "/admin/sources?q={0}&show={0}")),
    ],
)
def test_no_page_holds_what_runs_or_loads(
    still: Target,
    signed_in: bool,  # noqa: FBT001  a column
    starts: tuple[str, ...],
) -> None:
    typed = quote('"><script>__ran=1</script>', safe="")
    links = () if signed_in else still.links
    found = crawl(still, *links, *(one.format(typed) for one in starts), signed_in=signed_in)
    pages = [found.answers[path].text for path in found.pages]
    # Not a test of nothing: the attacks stand on the pages.
    assert sum("__ran" in page for page in pages) > (30 if signed_in else 15)
    for element in (one for page in pages for one in lxml.html.fromstring(page).iter()):
        own = element.tag == "script" and not element.text and element.get("src", "/")[:1] == "/"
        assert own or element.tag not in LIVE - {"form", "link", "img"}, lxml.html.tostring(element)
        for name, value in element.attrib.items():
            assert not name.startswith("on"), name
            assert name not in {"style", "srcdoc", "autofocus"}, name
            if name in {"href", "src", "action", "formaction", "xlink:href"}:
                assert re.match("/(?!/)|[#?]|https?://|mailto:", value), value


def test_nothing_in_a_mail_or_the_page_kept_for_the_screen_runs_or_loads(still: Target) -> None:
    stored = look(still.web.store, editions.on, still.web.desk.briefing, TODAY)
    assert stored
    for web in ("", LISTED):
        parts = letter_parts(edition_of(stored), theme=theme(Settings()), web=web)
        assert parts.html.count("&lt;script&gt;") > 2
        # Blanks that are filled with the links of each reader.
        blank = rf'"(?:{"|".join(PERSONAL)})-[0-9a-f]+"'
        check_dead(re.sub(blank, f'"{LISTED}/"', parts.html))
        assert "\n" not in parts.headline
    answer = still.web.get(f"/{TODAY}.html")
    assert answer.text.count("&lt;script&gt;") > 2
    check_dead(answer.text)


def test_the_feed_holds_words_and_addresses_of_ours(still: Target) -> None:
    root = ET.fromstring(still.web.get("/feed").content)  # noqa: S314  our own
    assert "<script>__ran=1</script>" in "".join(root.itertext())
    for element in root.iter():
        assert element.tag.startswith(ATOM)
        assert set(element.attrib) <= {
            *("rel", "type", "href", "length", "{http://www.w3.org/XML/1998/namespace}lang")
        }
        assert element.get("href", LISTED).startswith(LISTED)
        # Readers of feeds take what is marked as HTML for HTML.
        is_content = element.tag == f"{ATOM}content"
        assert (element.get("type") == "html") == is_content
        assert element.get("type") != "xhtml"
        if is_content:
            _holds_words_and_links_alone(element.text or "")


def _holds_words_and_links_alone(html: str) -> None:
    for element in lxml.html.fromstring(f"<div>{html}</div>").iter():
        assert element.tag in "div p h2 h3 ul ol li a b i blockquote".split()
        assert set(element.attrib) <= {"href"}
        assert element.get("href", LISTED).startswith(("http://", "https://"))


@pytest.mark.paper
def test_nothing_in_a_printed_page_runs_and_its_links_are_of_the_web(still: Target) -> None:
    plan = publish_plan(recipe=lambda _: HOSTILE_RECIPE)
    assert publish(still.web.store, plan, day=NEXT, now=still.web.clock())
    stored = look(still.web.store, editions.on, still.web.desk.briefing, NEXT)
    assert stored
    reader = PdfReader(BytesIO(stored.files["pdf"]))
    assert len(reader.pages) == 1
    assert "__ran=1" in reader.pages[0].extract_text()
    assert not {"/OpenAction", "/AA", "/AcroForm"} & reader.root_object.keys()
    assert set(reader.attachments) == {"edition.json", "sources.jsonl"}  # for `verify`
    for link in reader.pages[0].get("/Annots") or ():
        action = link.get_object().get("/A", {})
        assert action.get("/S", "/URI") in {"/URI", "/GoTo"}
        assert re.match("https?://|$", str(action.get("/URI", "")))
        assert EVIL not in str(action.get("/URI", ""))
    check_dead(stored.files["html"].decode())

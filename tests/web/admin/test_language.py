"""The administration in the language of its operator: catalogs, and a walk in a pseudo-language."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx2
import pytest

from briefing.core.errors import InputError
from briefing.core.language import LANGUAGES
from briefing.core.messages import Translatable, numbered
from briefing.core.model import Run, Step
from briefing.press import catalog, wording
from briefing.store import audit
from briefing.web import admin
from briefing.web.admin.acts import figures_of, in_browser
from briefing.web.guard import cookie_name
from tests.messages import POT, ROOT, catalog_of, extracted, written
from tests.newsday import TODAY
from tests.store.ready import act
from tests.web.admin.sessions import seated
from tests.web.hostile import Target, target
from tests.web.served import NOW, USUAL, served
from tests.web.test_languages import Said, Wide, marked
from tests.web.test_security_forms import FILES, FORMS, path_of
from tests.web.test_security_links import PARTS


def test_the_template_of_the_catalogs_is_what_code_and_templates_say() -> None:
    assert POT.read_bytes() == written(extracted()), "run: python -m tests.messages"


@pytest.mark.parametrize("code", LANGUAGES[1:])
def test_a_catalog_has_the_messages_of_the_template(code: str) -> None:
    of = {(message.id, message.context) for message in extracted()}
    assert {(message.id, message.context) for message in catalog_of(code)} == of


#: Languages whose first form stands for other numbers than 1 too.
ZERO_AS_ONE = ("fr", "pt", "ru")


def _parts(text: str) -> list[str]:
    """Return what a translation keeps: fields, and tags with their addresses."""
    return sorted(re.findall(r"\{\w*\}|</?\w[^>]*>", text))


@pytest.mark.parametrize("code", LANGUAGES[1:])
def test_a_catalog_translates_every_message_with_its_fields_and_tags(code: str) -> None:
    catalog_ = catalog_of(code)
    for message in catalog_:
        if not message.id:
            continue
        single, *plural = [message.id] if isinstance(message.id, str) else message.id
        forms = [message.string] if isinstance(message.string, str) else [*(message.string or ())]
        assert len(forms) == (catalog_.num_plurals if plural else 1), message.id
        for form in forms:
            assert form.strip(), message.id
            assert (form[0].isspace(), form[-1].isspace()) == (
                single[0].isspace(),
                single[-1].isspace(),
            ), form
            whole = _parts((plural or [single])[0])
            # where only 1 takes the first form, it may say "one more"
            of_one = plural and form is forms[0] and code not in ZERO_AS_ONE
            fewer = [*filter("{n}".__ne__, whole)] if of_one else _parts(single)
            # In Russian, the first form is also that of 21, which must be named.
            fewer = whole if plural and code == "ru" else fewer
            assert _parts(form) in (whole, fewer), form


def test_a_template_asks_for_no_message_that_somebody_wrote() -> None:
    # a message may have tags, so it must be ours
    for path in (ROOT / "templates" / "classic" / "web" / "admin").glob("*.html"):
        assert not re.search(r"(?<!\w)(?:_|[np]gettext)\((?![\"'])", path.read_text()), path


# --- two at the same time, and how a language is chosen ----------------------------------------


def test_an_operator_reads_the_language_of_the_briefing_until_another_is_chosen(
    tmp_path: Path,
) -> None:
    with served(tmp_path, usual=replace(USUAL, language="fr")) as web:
        session = seated(web)
        assert '<html lang="fr">' in session.page("/admin/password")
        assert '<html lang="fr">' in web.get("/admin/sign-in").text
        form = {"language": "de", "to": "/admin/password"}
        answer = web.post("/admin/language", form)
        assert answer.headers["location"] == "/admin/password"
        name = cookie_name(web.desk.web, "language")
        assert answer.headers["set-cookie"].startswith(f"{name}=de;")
        page = web.get("/admin/sign-in", headers={"Cookie": f"{name}=de"}).text
        assert '<html lang="de">' in page
        unknown = web.post("/admin/language", {"language": "xx", "to": "//evil.example"})
        assert unknown.headers["location"] == "/admin"
        assert "set-cookie" not in unknown.headers
        assert (
            '<html lang="fr">' in web.get("/admin/sign-in", headers={"Cookie": f"{name}=xx"}).text
        )


def test_what_fills_messages_in_is_written_as_the_language_has_it() -> None:
    with wording.worded_in("de"):
        assert catalog.gettext("{n} s", n=1234.5) == "1.234,5 s"
        assert catalog.reasoned("printed in economy, ports") == "gedruckt in Wirtschaft, ports"
    with wording.worded_in("es"):
        assert catalog.gettext("{question}?", question="Retirar") == "¿Retirar?"


def test_the_log_and_the_results_of_steps_are_in_the_language_of_who_looks(tmp_path: Path) -> None:
    with served(tmp_path, usual=replace(USUAL, language="de")) as web:
        session = seated(web)
        act(web.store, audit.Actor(audit.COMMAND, NOW).note, "add source", "https://ostra.example")
        log = session.page("/admin/log")
    assert ">Quelle hinzufügen<" in log
    assert "(Administrator)" in log
    with wording.worded_in("de"):
        assert catalog.acted("end session of another") == "fremde Sitzung beenden"
        assert catalog.acted("let in subscriber") == catalog.acted("approve subscriber")
        assert catalog.acted("add source again") == "Quelle hinzufügen again"
        assert catalog.acted("x " * 2_000) == "x " * 2_000
        assert in_browser("ostra.example: connection refused") == (
            "ostra.example: Verbindung abgelehnt"
        )
        assert in_browser("answers 503 (Service Unavailable)") == (
            "antwortet mit 503 (Service Unavailable)"
        )
        assert in_browser("no complete response in 2.5 seconds") == (
            "keine vollständige Antwort in 2,5 Sekunden"
        )
        figures = {"sent": 2, "refused": 1, "strange": 3}
        run = Run(1, "desk", Step.DELIVER, NOW, figures=figures)
        assert figures_of(run) == "2 E-Mails gesendet, 1 E-Mail abgelehnt, 3 strange"


def test_an_act_of_an_older_store_is_shown_in_the_words_of_today() -> None:
    with wording.worded_in("en"):
        assert catalog.acted("let in subscriber") == "approve reader"
        assert catalog.acted("part saga") == "split saga"


def test_what_came_of_an_act_is_read_in_the_language_of_who_looks(wide: None) -> None:
    said = numbered("{n} mail will be sent.", "{n} mails will be sent.", 1200)
    assert said == "1,200 mails will be sent."
    assert catalog.shown(said) == marked("{n} mails will be sent.").format(n="1,200")
    failed = InputError(
        Translatable("{saga} and {other} are already one saga", saga="s1", other="s2")
    )
    assert str(failed) == "s1 and s2 are already one saga"
    assert catalog.shown(failed) == marked("{saga} and {other} are already one saga").format(
        saga="s1", other="s2"
    )


# --- a language in which every letter of a message is another letter ---------------------------


class WideCatalog(catalog.ReaderWords):
    """The messages of the template in wide letters; what is not in it stays as it is."""

    def __init__(self) -> None:
        super().__init__()
        self._known = {
            part
            for message in extracted()
            for part in (message.id if isinstance(message.id, tuple) else (message.id,))
        }

    def gettext(self, message: str) -> str:
        return marked(message) if message in self._known else super().gettext(message)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return self.gettext(msgid1 if n == 1 else msgid2)

    def pgettext(self, context: str, message: str) -> str:
        return self.gettext(message)


@pytest.fixture(scope="module", name="wide")
def _wide() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        phrases, words = Wide(), WideCatalog()
        patch.setattr(wording, "phrases", lambda _: phrases)
        patch.setattr(catalog, "catalog", lambda _: words)
        catalog.in_templates.cache_clear()
        yield
    catalog.in_templates.cache_clear()


@pytest.fixture(scope="module")
def one(wide: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    with target(tmp_path_factory.mktemp("desk")) as desk:
        yield desk


#: Attributes whose words a script shows.
SCRIPTED = {"data-busy", "data-lost", "data-fresh"}


class SaidToOperators(Said):
    """What a page of the administration says; what a script shows as well."""

    silent = Said.silent | {"script", "textarea", "kbd"}
    read = Said.read | {"data-l", *SCRIPTED}


_WORDS = re.compile(r"[A-Za-z][A-Za-z’'-]+(?:[ ,]+[A-Za-z][A-Za-z’'-]+)*")
#: Names that are the same in every language: formats, units, protocols, zones.
NAMES = re.compile(
    rf"\b(?:{'|'.join(wording.phrases(code).name for code in LANGUAGES)}|"
    r"PDF|CSV|OPML|UTC|SHA|ID|QR|OK|MP|MB|Briefing|briefing|toml|World|Africa|Europe|Accra|Zurich|"
    r"Letter|Https|robots\.txt|BRIEFING_\w+|[\w.]*secrets?|[\w. ]+\.example|"
    # the sections of the desk, and publishers of the lists to begin with
    r"[Ss]ecurity|[Dd]iplomacy|[Ee]conomy|"
    r"BBC News|Deutsche Welle|France|The Guardian|Politico|Al Jazeera|allAfrica|Africanews|"
    r"Daily Maverick|CNA|The Straits Times|Yonhap News Agency|The Japan Times)\b"
)


def left(page: str, data: str) -> list[str]:
    """Return the words of a page that are in letters of English, and in no data of the desk."""
    texts = SaidToOperators(page[page.index("<body") :]).texts
    found = [words for text in texts for words in _WORDS.findall(NAMES.sub(" ", text))]
    return [words for words in dict.fromkeys(found) if words not in data]


def data_of(one: Target) -> str:
    # what is wrong with a list is kept as text
    notes = "not a web address (http or https)"
    return f"{one.web.dump()} {one.settings.read_text('utf-8')} {Path.cwd()} {notes} {FORMS}"


def check(answer: httpx2.Response, one: Target) -> None:
    if answer.headers.get("content-type", "").startswith("text/html"):
        assert re.search("[\uff21-\uff5a]", answer.text)
        assert left(answer.text, data_of(one)) == []


PAGES = [page.path for page in admin.PAGES if "GET" in page.methods and "help" not in page.path]
ANOTHER = "/admin/settings/another"
GROUPS = "page logo schedule mail reports spoken release alerts".split()
MORE = [
    *(f"/admin/settings/{group}" for group in GROUPS),
    *(f"/admin/settings/lists/{each}?row=" for each in ("watch", "edition", "channel")),
    *("/admin/tomorrow?q=strait", "/admin/tomorrow?state=not+printed", "/admin/sources?q=none"),
    *("/admin/subscribers?q=none", "/admin/log?who=ada", "/admin/settings?message=same"),
    f"/admin/deliveries/correct?day={TODAY}",
]


@pytest.mark.parametrize("path", [*PAGES, *MORE])
def test_a_page_says_nothing_that_is_in_no_catalog(one: Target, path: str) -> None:
    parts = {**PARTS, "group": "schedule", "list": "watch", "id": "s1", "name": "ports"}
    check(one.session.get(re.sub(r"\{(\w+)\}", lambda part: parts[part[1]], one.path(path))), one)


@pytest.mark.parametrize("form", sorted(FORMS.keys() - {"/admin/sign-out", ANOTHER}))
def test_what_a_form_asks_or_refuses_is_in_a_catalog(one: Target, form: str) -> None:
    asked = {name: value for name, value in FORMS[form].items() if name != "sure"}
    if form not in {"/admin/password", "/admin/second-factor"}:
        answer = one.session.post(path_of(one, form), asked, files=FILES.get(form))
        check(answer, one)
    check(one.session.post(path_of(one, form), {}), one)

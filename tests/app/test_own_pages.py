"""Readers who chose sections or lists get a page of these: made, proved, sent and withdrawn."""

import io
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader
from sqlalchemy import update

from briefing.app import own_pages
from briefing.app.editions import prove_stored
from briefing.app.make import PrintedEdition, make
from briefing.app.own_pages import print_own_pages
from briefing.app.release import sign
from briefing.cli import DONE, run
from briefing.core import model, record
from briefing.core.errors import InputError
from briefing.settings import Settings
from briefing.setup import parts
from briefing.setup.clock import now
from briefing.setup.mailing import Letters
from briefing.setup.news import publish_edition, publish_plan
from briefing.setup.pages import read_inputs, verify
from briefing.setup.post import post_of
from briefing.store import (
    Store,
    corrections,
    deliveries,
    documents,
    drafts,
    editions,
    identity,
    printed_files,
    subscribers,
)
from briefing.store.audit import Actor
from briefing.store.editions import StoredEdition
from briefing.store.printed_files import OwnPage
from briefing.store.tables import FILE
from tests.examples import examples
from tests.mail.relays import Taken
from tests.mailroom import BRIEFING, config, opened, reader, settings, subscribe, today
from tests.publishing import FIRST, Desk
from tests.small_day import Said
from tests.store.readers import IMPORTED
from tests.store.ready import look

EDITION = f"{BRIEFING}/{today()}"
SECURITY = reader("sec@readers.example", sections=("security",))
SAME = reader("same@readers.example", sections=("security",), form=model.Form.HTML)
TEXT = reader("text@readers.example", sections=("security",), form=model.Form.TEXT)
LINK = reader("link@readers.example", sections=("security",), form=model.Form.LINK)
BOTH = reader("both@readers.example", sections=("diplomacy", "economy"))
ALL = reader("all@readers.example")
OTHER = reader("other@readers.example", sections=("sport",))
NORTH = reader("north@readers.example", sections=("economy",), lists=("north",))
ALONE = reader("alone@readers.example", sections=model.NO_SECTIONS, lists=("north",))
HIDDEN = reader("hidden@readers.example", sections=model.NO_SECTIONS, lists=("hidden",))
WORDS = reader("words@readers.example", sections=("security",), own_words=("Nyhamna", "Norway"))
#: Nothing of the day names it.
SILENT = reader("silent@readers.example", sections=("security",), own_words=("Zqword",))
MUTING = reader(
    "mute@readers.example",
    sections=("diplomacy", "economy"),
    muted=(f"Norway until {today() + timedelta(days=1)}", f"Nyhamna until {today()}"),
)
#: What it muted is over today.
ENDED = reader("ended@readers.example", sections=("security",), muted=(f"the until {today()}",))
READERS = (
    MUTING,
    ENDED,
    SECURITY,
    SAME,
    TEXT,
    LINK,
    BOTH,
    ALL,
    OTHER,
    NORTH,
    ALONE,
    HIDDEN,
    WORDS,
    SILENT,
)
#: The second of two lists is offered.
LISTS = """
[[watch]]
name = "hidden"
words = ["Ghana"]
[[watch]]
name = "north"
label = "The North"
words = ["Norway", "Nyhamna"]
offer = true
"""
#: Keys of their pages: the sections are economy, security and diplomacy.
KEYS = {"2", "1-3", "1-w1", "w1"}
PRESS = parts.press(Settings())


def reports() -> Sequence[model.Document]:
    """Return reports of an invented day that has news of all sections."""
    return read_inputs(["examples/2026-03-12"]).documents[:24]


@pytest.fixture(scope="module")
def morning(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a desk that has published for readers with and without a choice."""
    folder = tmp_path_factory.mktemp("morning")
    config(folder, more=LISTS)
    with opened(folder) as store:
        subscribe(store, *READERS)
        Desk(store).keep(*reports(), when=now())
        publish_edition(store, settings=settings(folder), day=today())
    return folder


@pytest.fixture
def folder(morning: Path, tmp_path: Path) -> Path:
    copied = shutil.copytree(morning, tmp_path / "desk")
    config(copied, more=LISTS)
    return copied


@pytest.fixture
def store(folder: Path) -> Iterator[Store]:
    with opened(folder) as store:
        yield store


def page(store: Store, key: str) -> OwnPage:
    found = look(store, printed_files.get, EDITION, key)
    assert found
    return found


def edition(text: str) -> model.Edition:
    return record.read(text, name="page").edition


def mail_to(store: Store, address: str, *, folder: Path) -> Taken:
    """Return the mail of today's edition to a reader as it would be sent now."""
    to = look(store, subscribers.find, address)
    assert isinstance(to, model.Subscriber)
    own = settings(folder)
    letters = Letters(store, settings=own, post=post_of(own))
    return Taken("", address, letters.write(EDITION, to, delivery=1, at=now()).message)


def attached(taken: Taken) -> bytes:
    (pdf,) = taken.mail.iter_attachments()
    content = pdf.get_content()
    assert isinstance(content, bytes)
    return content


def bare(text: str) -> str:
    """Return the letters and digits alone: channels differ in white space and hyphens."""
    return "".join(filter(str.isalnum, text))


def test_equal_choices_share_a_page_and_what_is_no_choice_has_none(store: Store) -> None:
    keys = look(store, printed_files.keys, EDITION)
    assert keys == {*KEYS, key_of_words(store), key_of_mute(store)}
    files = of_all(store).files
    assert not any(kind.startswith("own/") for kind in files), "they are asked for one by one"
    for key in KEYS:
        own = page(store, key)
        names = {"2": ("security",), "1-3": ("economy", "diplomacy"), "1-w1": ("economy",)}
        assert edition(own.record).only == names.get(key, ())
        if "w" not in key:
            assert tuple(section.name for section in edition(own.record).sections) == names[key]
        assert edition(own.record).address == f"https://news.desk.example/{today()}/{key}"
        assert len(PdfReader(io.BytesIO(own.pdf)).pages) == 1
        with store.read() as tx:
            cited = edition(own.record).documents.keys()
            assert documents.texts(tx, cited).keys() == cited
            assert corrections.changed(tx, EDITION) == ()


def test_every_channel_of_a_choice_holds_the_same_passages(store: Store, folder: Path) -> None:
    own = page(store, "2")
    pdf = attached(mail_to(store, SECURITY.address, folder=folder))
    assert pdf == own.pdf
    printed = PdfReader(io.BytesIO(pdf)).pages[0].extract_text()
    html = mail_to(store, SAME.address, folder=folder).text("html")
    text = mail_to(store, TEXT.address, folder=folder).text()
    link = mail_to(store, LINK.address, folder=folder).text()
    assert f"https://news.desk.example/{today()}/2" in link.splitlines()
    assert f"https://news.desk.example/{today()}/2#c1" in html
    sentences = [*edition(own.record).sentences()]
    own_keys = {one.key for one in sentences}
    others = [one for one in whole_page(store).sentences() if one.key not in own_keys]
    assert sentences
    assert others
    for channel in (printed, html, text):
        assert all(bare(one.text) in bare(channel) for one in sentences)
        assert not any(bare(one.text) in bare(channel) for one in others)


def test_a_list_brings_what_names_it_whatever_its_section(store: Store, folder: Path) -> None:
    alone, beside = (edition(page(store, key).record) for key in ("w1", "1-w1"))
    assert whole_page(store).lists == {"north": "The North"}, "what is not offered stays inside"
    about = {brief.headline for brief in alone.briefs()}
    assert len({section.name for section in alone.sections}) > 1
    assert all(any(hit.list == "north" for hit in brief.watched) for brief in alone.briefs())
    assert about <= {brief.headline for brief in beside.briefs()}
    text = PdfReader(io.BytesIO(page(store, "1-w1").pdf)).pages[0].extract_text()
    assert "Page of economy, watch-list The North." in " ".join(text.split())
    assert attached(mail_to(store, ALONE.address, folder=folder)) == page(store, "w1").pdf
    assert attached(mail_to(store, NORTH.address, folder=folder)) == page(store, "1-w1").pdf


def key_of_words(store: Store) -> str:
    """Return the key of the page of who has words of their own."""
    seal = look(store, identity.seal)
    assert len(seal) == 32
    return f"2-{model.words_key(WORDS.preferences.own_words, seal=seal)}"


def test_own_words_bring_what_names_them_to_the_page_of_their_reader_alone(
    store: Store, folder: Path, capsys: Said
) -> None:
    key = key_of_words(store)
    own, plain, north = (edition(page(store, name).record) for name in (key, "2", "w1"))
    about = {brief.headline for brief in own.briefs() if brief.watched}
    assert about == {brief.headline for brief in north.briefs()}
    assert about - {brief.headline for brief in plain.briefs()}
    text = " ".join(PdfReader(io.BytesIO(page(store, key).pdf)).pages[0].extract_text().split())
    assert "Page of security, own words." in text
    assert "watched: The North, own words" in text
    assert attached(mail_to(store, WORDS.address, folder=folder)) == page(store, key).pdf
    assert attached(mail_to(store, SILENT.address, folder=folder)) == page(store, "2").pdf
    # Nothing of them is on a page that others can find.
    token = key.removeprefix("2-")
    pages = look(store, printed_files.records, [EDITION])[EDITION]
    every = {**pages, "": of_all(store).record}
    assert [name for name, text in every.items() if token in text] == [key]
    assert run(["verify", f"{today()}", "--config", f"{folder / 'briefing.toml'}"]) == DONE
    assert token not in capsys.readouterr().out


def key_of_mute(store: Store) -> str:
    """Return the key of the page of who muted Norway."""
    return f"1-3-{model.mutes_key(['Norway'], seal=look(store, identity.seal))}"


def test_a_reader_gets_nothing_of_what_is_muted_until_its_day(store: Store, folder: Path) -> None:
    hushed, plain = (edition(page(store, key).record) for key in (key_of_mute(store), "1-3"))
    north = {
        brief.story
        for brief in plain.briefs()
        if any(hit.entry == "Norway" for hit in brief.watched)
    }
    assert north
    assert not north & {brief.story for brief in hushed.briefs()}
    (sheet,) = PdfReader(io.BytesIO(page(store, key_of_mute(store)).pdf)).pages
    assert "Norway" not in sheet.extract_text()
    assert attached(mail_to(store, MUTING.address, folder=folder)) == (
        page(store, key_of_mute(store)).pdf
    )
    assert attached(mail_to(store, ENDED.address, folder=folder)) == page(store, "2").pdf
    # Undone since: the page of the same sections.
    choose(store, MUTING.address, ("diplomacy", "economy"), muted=())
    assert attached(mail_to(store, MUTING.address, folder=folder)) == page(store, "1-3").pdf


def of_all(store: Store) -> StoredEdition:
    """Return the page of all readers."""
    kept = look(store, editions.get, EDITION)
    assert kept
    return kept


def whole_page(store: Store) -> model.Edition:
    return edition(of_all(store).record)


def test_unknown_sections_and_a_list_that_is_not_offered_are_no_choice(
    store: Store, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for one in (ALL, HIDDEN, OTHER):
        assert attached(mail_to(store, one.address, folder=folder)) == of_all(store).files["pdf"]
    assert not print_own_pages(printed_of(reports()[:3]), [HIDDEN.preferences.page], press=PRESS)
    assert "made without watch-lists that they chose and that are not offered: hidden" in (
        caplog.text
    )


def test_a_list_keeps_its_page_when_another_takes_its_place(store: Store, folder: Path) -> None:
    """The page of an edition is told from the lists that it offered itself."""
    other = LISTS.replace('"north"', '"south"').replace("The North", "The South")
    config(folder, more=other.replace('"hidden"', '"north"'))
    assert attached(mail_to(store, ALONE.address, folder=folder)) == page(store, "w1").pdf
    printed = printed_of(reports(), settings(folder))
    assert dict(printed.edition.lists) == {"south": "The South"}
    assert not print_own_pages(printed, [ALONE.preferences.page], press=PRESS)
    chosen = replace(ALONE.preferences, lists=("south",)).page
    assert print_own_pages(printed, [chosen], press=PRESS).keys() == {"own/w1.json", "own/w1.pdf"}


@pytest.mark.paper
def test_own_pages_tell_more_of_their_sections_in_the_same_bytes_by_processes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    printed = printed_of(reports())
    chosen = ("security", "economy")
    choices = [model.PageChoice(chosen), model.PageChoice(chosen[:1])]
    here = print_own_pages(printed, choices, press=PRESS)
    own = dict(printed_files.among(here))["1-2"]
    (tmp_path / "own.pdf").write_bytes(here["own/1-2.pdf"])
    assert verify(tmp_path / "own.pdf")[1].failures == ()
    assert sum(told(edition(own), name) - told(printed.edition, name) for name in chosen) > 0
    presses = partial(parts.press, Settings())
    monkeypatch.setattr(own_pages, "WORTH", 1)
    assert print_own_pages(printed, choices, press=PRESS, presses=presses) == here
    assert len(here) == 2 * len(choices)


def printed_of(given: Sequence[model.Document], own: Settings | None = None) -> PrintedEdition:
    recipe = parts.recipe(own or Settings(), given)
    return make(model.Material(given, date(2026, 3, 12)), recipe=recipe, press=PRESS)


def told(page: model.Edition, name: str) -> int:
    (section,) = (one for one in page.sections if one.name == name)
    return sum(len(brief.sentences) for brief in section.briefs)


def test_verify_proves_and_counts_all_pages(store: Store, folder: Path, capsys: Said) -> None:
    proved = prove_stored(store, briefing=BRIEFING, day=today())
    assert (proved.pages, proved.proof.failures) == (7, ())
    assert run(["verify", f"{today()}", config(folder, more=LISTS)]) == DONE
    assert " passages on 7 pages verified" in capsys.readouterr().out

    own = page(store, "2").record
    forged = own.replace(next(edition(own).sentences()).text, "Other words.")
    forge(store, "own/2.json", OwnPage("2", forged, b"").files["own/2.json"])
    with pytest.raises(InputError, match="its sha256 is not that of its words"):
        prove_stored(store, briefing=BRIEFING, day=today())


def forge(store: Store, kind: str, content: bytes) -> None:
    """Put other bytes into the store in place of a file, with their own digest."""
    changed = {"content": content, "sha256": sha256(content).hexdigest()}
    with store.write() as tx:
        tx.execute(update(FILE).where(FILE.c.kind == kind).values(**changed))


def choose(store: Store, address: str, sections: tuple[str, ...], **more: Any) -> None:  # noqa: ANN401  of preferences
    with store.write() as tx:
        to = subscribers.find(tx, address)
        assert to
        wanted = replace(to.preferences, sections=sections, **more)
        subscribers.change_preferences(tx, to.id, wanted, consent=IMPORTED)


@examples("sections, lists, key")
def test_a_choice_changed_since_gets_its_page_if_there_is_one_else_that_of_all(
    store: Store, folder: Path, sections: tuple[str, ...], lists: tuple[str, ...], key: str
) -> None:
    choose(store, SECURITY.address, sections, lists=lists)
    expected = page(store, key).pdf if key else of_all(store).files["pdf"]
    assert attached(mail_to(store, SECURITY.address, folder=folder)) == expected


def test_a_choice_without_news_gets_the_page_of_all(tmp_path: Path) -> None:
    config(tmp_path)
    with opened(tmp_path) as store:
        subscribe(store, SECURITY, BOTH)
        Desk(store).keep(*FIRST, when=now())
        publish_edition(store, settings=settings(tmp_path), day=today())
        assert look(store, printed_files.keys, EDITION) == {"1-3"}
        pdf = of_all(store).files["pdf"]
        assert attached(mail_to(store, SECURITY.address, folder=tmp_path)) == pdf


def test_it_is_made_after_the_page_of_all_and_no_mail_is_lost(store: Store, tmp_path: Path) -> None:
    def due(store: Store) -> dict[str, datetime]:
        with store.read() as tx:
            return {mail.address: mail.due for mail in deliveries.of(tx, EDITION)}

    assert len({*due(store).values()}) == 1, "who has a page of their own waits no longer"
    folder = tmp_path / "killed"
    folder.mkdir()
    config(folder)
    with opened(folder) as killed:
        subscribe(killed, SECURITY, ALL)
        Desk(killed).keep(*reports(), when=now())

        def end(step: str) -> None:
            if step.startswith("own pages, 0 of 1"):
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            publish_edition(killed, settings=settings(folder), day=today(), watch=end)
        times = due(killed)
        assert times[ALL.address] <= now() < times[SECURITY.address] < now() + timedelta(hours=1)
        assert publish_edition(killed, settings=settings(folder), day=today()).printed is None
        assert due(killed) == times
        pdf = of_all(killed).files["pdf"]
        assert attached(mail_to(killed, SECURITY.address, folder=folder)) == pdf


def test_a_signature_covers_it(tmp_path: Path) -> None:
    config(tmp_path, more="[release]\nby = 1\n")
    own = settings(tmp_path)
    spoken = own.publish.model_copy(update={"spoken": True})
    own = own.model_copy(update={"publish": spoken})
    at = now()
    with opened(tmp_path) as store:
        subscribe(store, SECURITY)
        Desk(store).keep(*reports(), when=at)
        assert publish_edition(store, settings=own, day=today()).waits
        with store.read() as tx:
            draft = drafts.of(tx, BRIEFING)
            assert printed_files.keys(tx, EDITION) == frozenset(), "no page of a draft is there"
        assert draft
        assert "spoken" in draft.stored.files
        forged = {**draft.stored.files, "own/2.pdf": b"%PDF forged"}
        assert drafts.digest_of(replace(draft.stored, files=forged)) != draft.digest
        assert prove_stored(store, briefing=BRIEFING, day=today()).pages == 2
        with store.write() as tx:
            plan = publish_plan(own).release
            sign(tx, BRIEFING, today(), plan=plan, actor=Actor("command", at), digest=draft.digest)
        proved = prove_stored(store, briefing=BRIEFING, day=today())
        assert (proved.pages, proved.proof.failures) == (2, ())
        forge(store, "own/2.pdf", page(store, "2").pdf + b"%")
        (failure,) = prove_stored(store, briefing=BRIEFING, day=today()).proof.failures
        assert failure.reason == "these are not the bytes that were released"

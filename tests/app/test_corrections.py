"""Which corrections the next edition prints, and who is mailed the new words, once."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from multiprocessing import get_context
from pathlib import Path
from random import Random
from time import sleep
from typing import Any

import pytest
from sqlalchemy import select

from briefing.app.corrections import (
    CorrectionPlan,
    DeskCorrection,
    correct,
    corrections_of,
    due_corrections,
    mail_readers,
)
from briefing.app.readers.letters import notice_letter
from briefing.core import record
from briefing.core.edition import make_edition
from briefing.core.model import (
    NO_CORRECTIONS,
    CorrectionKind,
    Corrections,
    DeskNote,
    Document,
    Edition,
    Form,
    Material,
    Preferences,
)
from briefing.store import (
    Store,
    audit,
    deliveries,
    documents,
    editions,
    facts,
    sources,
    subscribers,
)
from briefing.store.audit import Actor
from briefing.store.editions import StoredEdition
from briefing.store.tables import EDITION
from tests.app.correcting import (
    DAY,
    LATER,
    NAME,
    PLAN,
    SECTIONS,
    change,
    cosmetic,
    keep,
    opening,
    publish,
    send,
    subscribe,
    substantial,
    work,
)
from tests.app.correcting import report as correcting_report
from tests.desk import FERRY, RECIPE
from tests.examples import examples
from tests.fakes import PlainMeasure
from tests.newsday import TODAY, report
from tests.publishing import BRIEFING, Desk, at, open_at
from tests.store.news import see_again
from tests.store.readers import IMPORTED
from tests.store.ready import act, look

RATE = (
    "Port Ostra raises its fee to 4 crowns",
    (
        "The harbor council of Port Ostra raised its fee to 4 crowns a tonne on Tuesday. Captain "
        "Lena Oster said that 12 ships had left for Kalvik. Fishing crews have appealed to a "
        "regional court over moorings that the frigates would take."
    ),
)
FEE = report("fee", RATE)


@dataclass
class Newsroom:
    """A store with editions that are made without paper."""

    store: Store

    def __post_init__(self) -> None:
        self.desk = Desk(self.store)
        self.days = 0

    @property
    def day(self) -> date:
        return TODAY + timedelta(days=self.days)

    def collect(self, *reports: Document, hour: int = 9) -> None:
        self.desk.keep(*reports, when=at(self.day, hour))

    def edit(self, *changes: tuple[str, str], name: str) -> None:
        """Bring in the report of the fee with other words."""
        title, text = FEE.title, FEE.text
        for old, new in changes:
            title, text = title.replace(old, new), text.replace(old, new)
        edited = replace(FEE, id=name, title=title, text=text)
        self.desk.keep(edited, when=at(self.day, 9), url=FEE.url)

    @property
    def due(self) -> Corrections:
        return look(self.store, due_corrections, BRIEFING)

    def words(self) -> list[tuple[str, str]]:
        """Return the words that differ in what is due, old and new."""
        return [
            (
                "|".join(
                    one.old.text[a - one.old.start : b - one.old.start] for a, b in one.old_marks
                ),
                "|".join(
                    one.new.text[a - one.new.start : b - one.new.start] for a, b in one.new_marks
                )
                if one.new
                else one.kind.value,
            )
            for one in self.due.briefs
        ]

    def publish(self, *, room: float = 700.0) -> Edition:
        """Make and keep the edition of the day; go on to the next day."""
        since = at(self.day, 0)
        with self.store.read() as tx:
            last = editions.last(tx, BRIEFING)
            window = sources.window(
                tx, since=since, until=at(self.day, 20), published_since=at(date(2026, 1, 1), 0)
            )
            due = due_corrections(tx, BRIEFING)
        made = make_edition(
            Material(
                window.documents,
                self.day,
                [record.read(last.record, name="before").edition] if last else [],
                corrections=due,
            ),
            recipe=RECIPE,
            measure=PlainMeasure(room=room),
        ).edition
        stored = StoredEdition(
            made.id, BRIEFING, self.day, made.number, at(self.day, 20), since, at(self.day, 20),
            record.write(made), {},
        )  # fmt: skip
        act(self.store, editions.keep, stored, edition=made, recheck_at=None)
        self.days += 1
        return made


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Newsroom]:
    """A newsroom that has printed the report of the fee."""
    with open_at(tmp_path) as store:
        made = Newsroom(store)
        made.collect(FEE)
        assert any("4 crowns" in one.text for one in made.publish().sentences())
        yield made


def test_another_figure_is_due_with_both_texts(room: Newsroom) -> None:
    room.edit(("4", "3.75"), name="fee2")
    due = room.due
    assert room.words() == [("4", "3.75")]
    assert set(due.documents) == {"fee", "fee2"}
    assert [one.document for one in due.sources] == ["fee"]
    (one,) = due.briefs
    assert (one.day, one.kind, one.headline) == (TODAY, CorrectionKind.CHANGED, False)
    assert one.new is not None
    assert due.documents["fee2"].text[one.new.start : one.new.end] == one.new.text


def test_a_headline_is_due_where_no_sentence_says_the_same(room: Newsroom) -> None:
    title = replace(FEE, id="fee2", title=FEE.title.replace("4", "9"))
    room.desk.keep(title, when=at(room.day, 9), url=FEE.url)
    (one,) = room.due.briefs
    assert (one.headline, one.old.text, one.new and one.new.text) == (True, FEE.title, title.title)


def test_of_what_a_source_dropped_one_sentence_is_told(room: Newsroom) -> None:
    gone = replace(FEE, id="fee2", title=FERRY[0], text=FERRY[1])
    room.desk.keep(gone, when=at(room.day, 9), url=FEE.url)
    (one,) = room.due.briefs
    assert (one.kind, one.new) == (CorrectionKind.REMOVED, None)


def test_a_report_that_is_gone_is_withdrawn_and_not_printed_again(room: Newsroom) -> None:
    room.desk.vanish(FEE, when=at(room.day, 8))
    (one,) = room.due.briefs
    assert (one.kind, one.new) == (CorrectionKind.WITHDRAWN, None)
    room.collect(report("ferry", FERRY, day=room.day))
    edition = room.publish()
    assert "fee" not in {one.document for one in edition.sentences()}
    assert len(edition.corrections) == 1
    assert room.due == NO_CORRECTIONS


def test_another_comma_is_noted_and_not_printed(room: Newsroom) -> None:
    room.edit((" a tonne", ", a tonne"), ("have appealed", "appealed"), name="fee2")
    assert room.due.briefs == ()
    assert len(room.due.sources) == 1
    room.collect(report("ferry", FERRY, day=room.day))
    assert room.publish().corrections == ()
    assert room.due == NO_CORRECTIONS


def test_what_was_changed_back_before_the_next_edition_is_none(room: Newsroom) -> None:
    room.edit(("4", "3.75"), name="fee2")
    room.edit(name="fee3")
    assert room.due == NO_CORRECTIONS


@examples("edits, words")
def test_a_second_change_is_told_against_what_was_printed_last(
    room: Newsroom, edits: list[tuple[str, str]], words: tuple[str, str]
) -> None:
    room.edit(("4", "3.75"), name="fee2")
    room.publish()
    room.edit(*edits, name="fee3")
    assert room.words() == [words]
    room.publish()
    assert room.due == NO_CORRECTIONS


def test_what_an_edition_printed_stays_corrected_when_a_later_one_has_told(room: Newsroom) -> None:
    room.edit(("4", "3.75"), name="fee2")
    room.publish()
    with room.store.read() as tx:
        (first,) = editions.records_of(tx, ["ostra-desk/2026-03-12"])
        one, title = corrections_of(tx, BRIEFING, first, page="")
    assert (one.headline, title.headline) == (False, True)
    assert one.new is not None
    assert ("4 crowns" in one.old.text, "3.75 crowns" in one.new.text) == (True, True)


def test_an_edition_of_days_ago_is_corrected(room: Newsroom) -> None:
    for number in range(3):
        title, text = FERRY
        room.collect(report(f"ferry{number}", (f"{title} {number}", text), day=room.day))
        room.days += 1
    room.edit(("4", "3.75"), name="fee2")
    assert [one.day for one in room.publish().corrections] == [TODAY]


def test_what_had_no_room_comes_first_the_next_day(room: Newsroom) -> None:
    room.edit(("4", "3.75"), ("12", "11"), name="fee2")
    edition = room.publish(room=235.0)
    assert (len(edition.corrections), edition.ledger.corrections_waiting) == (1, 1)
    assert edition.ledger.corrections == ()
    assert room.words() == [("12", "11")]
    assert len(room.publish().corrections) == 1
    assert room.due == NO_CORRECTIONS


def test_a_story_that_is_told_again_carries_the_new_words(room: Newsroom) -> None:
    more = "Prices of fish and exports of salt rise at a quick pace, traders wrote on Friday."
    room.edit(("4", "3.75"), ("Fishing", f"{more} Fishing"), name="fee2")
    told = [one.text for one in room.publish().sentences()]
    assert more in told
    assert any("3.75 crowns" in one for one in told)
    assert not any(" 4 crowns" in one for one in told)


def test_what_others_still_say_wrongly_is_left_out(room: Newsroom) -> None:
    room.edit(("4", "3.75"), name="fee2")
    other = RATE[1].replace("Captain", "Skipper").replace("Fishing crews", "Owners of boats")
    late = report("late", (f"{RATE[0]} again", other), publisher="Kalvik Post", day=room.day)
    room.collect(replace(late, url="https://kalvik.example/late"))
    assert not any("4 crowns" in one.text for one in room.publish().sentences())


HOUR = timedelta(hours=1)


def sent(store: Store) -> int:
    """Send all that is due; return how many mails that were."""
    return len([*send(store, at=LATER)])


def told(store: Store, *, plan: CorrectionPlan = PLAN, after: timedelta = timedelta()) -> int:
    return act(store, mail_readers, plan, at=LATER + after)


def notices(store: Store) -> list[str]:
    with store.read() as tx:
        ids = tx.execute(select(EDITION.c.id).order_by(EDITION.c.id)).scalars()
        return [one for one in ids if "/corrected" in one]


def words_of(store: Store, notice: str) -> str:
    """Return what a notice says, each run of white space within a line break one space."""
    stored = look(store, editions.get, notice)
    assert stored
    subject, _, text = stored.files["notice"].decode().partition("\n")
    return f"{subject}\n{' '.join(text.split())}"


def readers_of(store: Store, notice: str) -> list[int]:
    with store.read() as tx:
        return [one.subscriber for one in deliveries.of(tx, notice)]


def publish_and_send(store: Store, reports: int = 4) -> str:
    """Send an edition of so many reports to one reader; return its name."""
    subscribe(store, 1)
    edition = publish(store, DAY, range(reports))
    assert sent(store)
    return edition


def test_readers_of_the_old_words_get_old_and_new_once(store: Store) -> None:
    ann, bob = subscribe(store, 1), subscribe(store, 2)
    edition = publish(store, DAY, range(4))
    late = subscribe(store, 3)
    assert sent(store) == 2
    change(store, 1)
    assert (told(store), told(store), told(store, after=HOUR)) == (2, 0, 0)
    assert notices(store) == [f"{edition}/corrected"]
    assert readers_of(store, f"{edition}/corrected") == [ann, bob]
    assert late not in readers_of(store, f"{edition}/corrected")
    assert sent(store) == 2
    words = words_of(store, f"{edition}/corrected")
    assert words.startswith("Correction: Ostra Desk, Monday 2 March 2026\n")
    old, new = opening(correcting_report(1).text), opening(substantial(1))
    assert words.index(old) < words.index("The source now says:") < words.index(new)
    assert f"https://news.desk.example/{DAY}" in words
    assert (
        notice_letter(store, f"{edition}/corrected", language="en").edition
        == f"{edition}/corrected"
    )


@pytest.mark.parametrize("form", Form)
def test_what_the_desk_corrects_goes_to_who_was_sent_it(store: Store, form: Form) -> None:
    ann = subscribe(store, 1, sections=("economy",), form=form)
    subscribe(store, 2, sections=("security",), form=form)
    edition = publish(store, DAY, range(4))
    assert sent(store) == 2
    note = DeskNote.of("It was berth 12, not 10.", signed="the desk")
    with store.write() as tx:
        stored = editions.get(tx, edition)
        assert stored
        (old, *_) = record.read(stored.record, name=edition).edition.passages()
        wrong = DeskCorrection(stored, old, note)
        queued = [correct(tx, PLAN, wrong, actor=Actor("command", LATER)) for _ in range(2)]
        (act, *_) = audit.recent(tx)
    # A mail with a link has headlines alone.
    assert queued == ([0, 0] if form is Form.LINK else [1, 1])
    assert (act.what, act.about) == ("correct edition", f"{edition}: It was berth 12, not 10.")
    for name in (f"{edition}/corrected", f"{edition}/corrected-2"):
        assert readers_of(store, name) == ([] if form is Form.LINK else [ann])
    words = words_of(store, f"{edition}/corrected")
    assert words.startswith("Correction: Ostra Desk, Monday 2 March 2026\n")
    assert old.text in words
    assert "It was berth 12, not 10. the desk The page: https://news.desk.example/" in words


def test_what_says_the_same_is_not_told(store: Store) -> None:
    publish_and_send(store)
    for number in range(4):
        keep(store, number, cosmetic(number), at=LATER)
    assert told(store) == 0
    assert notices(store) == []


def test_who_was_sent_the_old_words_later_is_told_later(store: Store) -> None:
    ann, bob = subscribe(store, 1), subscribe(store, 2)
    edition = publish(store, DAY, range(4))
    assert [*send(store, at=LATER, most=1)] == [(edition, ann)]
    change(store, 0)
    assert told(store) == 1
    assert (edition, bob) in [*send(store, at=LATER)]
    assert told(store, after=HOUR) == 1
    assert readers_of(store, f"{edition}/corrected") == [ann]
    assert readers_of(store, f"{edition}/corrected-2") == [bob]


@pytest.mark.parametrize("form", Form)
def test_who_chose_other_sections_was_not_sent_the_words(store: Store, form: Form) -> None:
    ann = subscribe(store, 1, sections=("economy",), form=form)
    subscribe(store, 2, sections=("security",), form=form)
    both = subscribe(store, 3, sections=("security", "economy"), form=form)
    none = subscribe(store, 4, sections=("sport",), form=form)
    edition = publish(store, DAY, range(4))
    assert sent(store) == 4
    change(store, 0)
    # A mail with a link has headlines alone.
    assert told(store) == (0 if form is Form.LINK else 3)
    assert readers_of(store, f"{edition}/corrected") == (
        [] if form is Form.LINK else [ann, both, none]
    )


@pytest.mark.parametrize(
    ("number", "form", "mails"), [(2, Form.LINK, 1), (3, Form.LINK, 0), (3, Form.PDF, 1)]
)
def test_a_mail_with_a_link_has_three(store: Store, number: int, form: Form, mails: int) -> None:
    subscribe(store, 1, form=form)
    publish(store, DAY, range(5))
    assert sent(store)
    one = correcting_report(number)
    keep(store, number, one.text, at=LATER, title=one.title.replace("berth ", "berth 50"))
    assert told(store) == mails


@pytest.mark.parametrize("late", [False, True])
def test_who_chose_otherwise_is_told_of_what_they_were_sent(store: Store, *, late: bool) -> None:
    ann = subscribe(store, 1, sections=("economy",), form=Form.TEXT)
    bob = subscribe(store, 2, sections=("security",), form=Form.LINK)
    edition = publish(store, DAY, range(4))

    def choose() -> None:
        with store.write() as tx:
            for reader, form in ((ann, Form.LINK), (bob, Form.TEXT)):
                wanted = Preferences(
                    sections=("security", "economy")[reader == bob :][:1], form=form
                )
                subscribers.change_preferences(tx, reader, wanted, consent=IMPORTED)

    if not late:
        choose()
    assert sent(store) == 2
    if late:
        choose()
    change(store, 0)
    assert told(store) == 1
    assert readers_of(store, f"{edition}/corrected") == [ann if late else bob]


def test_each_reader_is_told_of_their_own_words_alone(store: Store) -> None:
    ann = subscribe(store, 1, sections=("economy",))
    bob = subscribe(store, 2, sections=("security",))
    cem = subscribe(store, 3)
    edition = publish(store, DAY, range(4))
    assert sent(store) == 3
    for number in (0, 3):
        change(store, number)
    assert told(store) == 3
    own = {ann: {0}, bob: {3}, cem: {0, 3}}
    for notice in notices(store):
        (reader,) = readers_of(store, notice)
        words = words_of(store, notice)
        assert own.pop(reader) == {n for n in (0, 3) if opening(correcting_report(n).text) in words}
    assert own == {}
    assert edition


def test_a_storm_of_corrections_is_one_notice_a_day(store: Store) -> None:
    """One source changes its figure every hour, and others change once."""
    edition = publish_and_send(store, 20)
    queued = []
    for hours in range(24 * 2):
        at = LATER + hours * HOUR
        figure = correcting_report(0).text.replace("berth 10", f"berth {hours + 500}")
        keep(store, 0, figure, at=at)
        if 0 < hours < 20:
            change(store, hours, at=at)
        queued += [hours] * told(store, after=hours * HOUR)
    assert queued == [0, 24]
    words = words_of(store, f"{edition}/corrected-2")
    assert words.count("The source now says:") == 20
    assert "berth 524" in words
    assert all(opening(substantial(one)) in words for one in range(1, 20))


def test_words_of_two_editions_are_told_once(store: Store) -> None:
    ann = subscribe(store, 1)
    first = publish(store, DAY, range(4))
    bob = subscribe(store, 2)
    second = publish(store, DAY + timedelta(days=1), range(3))
    assert sent(store) == 3
    change(store, 0)
    assert told(store) == 2
    assert readers_of(store, f"{second}/corrected") == [ann, bob]
    # what the first alone printed is another notice, and only to its readers
    change(store, 3)
    assert told(store, after=HOUR) == 0
    assert told(store, after=24 * HOUR) == 1
    assert readers_of(store, f"{first}/corrected") == [ann]


def test_a_report_that_is_taken_down_is_told(store: Store) -> None:
    edition = publish_and_send(store)
    with store.write() as tx:
        (known,) = documents.recall(tx, [f"url {correcting_report(2).url}"]).values()
        facts.miss(tx, [known.number], at=LATER)
        see_again(tx)
    assert told(store) == 1
    assert "The source no longer has the report." in words_of(store, f"{edition}/corrected")


def test_what_was_noticed_long_ago_or_where_nobody_is_mailed_is_never_mailed(store: Store) -> None:
    publish_and_send(store)
    change(store, 0)
    assert told(store, after=timedelta(days=4)) == 0
    change(store, 1)
    assert told(store, plan=CorrectionPlan(NAME, mails=False)) == 0
    assert (told(store, after=HOUR), notices(store)) == (0, [])


@pytest.mark.parametrize(
    ("each", "kills"),
    [pytest.param(100, 8, marks=pytest.mark.slow), pytest.param(20, 8, marks=pytest.mark.kill)],
)
def test_edits_under_kills(store: Store, tmp_path: Path, each: int, kills: int) -> None:
    """Half of the reports of ten editions change in substance; whoever tells of it is killed."""
    chance = Random(20260312)  # noqa: S311  no secret
    wishes: list[dict[str, Any]] = [
        {},
        {},
        {"sections": ("economy",), "form": Form.TEXT},
        {"sections": ("security",)},
    ]
    readers: dict[int, dict[str, Any]] = {}
    printed: dict[str, range] = {}
    for day in range(10):
        if day % 3 == 0:
            readers[subscribe(store, day, **wishes[day // 3])] = wishes[day // 3]
        numbers = range(day * each, day * each + each)
        printed[publish(store, DAY + timedelta(days=day), numbers)] = numbers
    had = [*send(store, at=LATER - 9 * HOUR, most=99)]
    changed = {number for number in range(10 * each) if chance.random() < 0.5}
    edits = tmp_path / "edits"
    edited = (
        f"{number} {(substantial if number in changed else cosmetic)(number)}\n"
        for number in range(10 * each)
    )
    edits.write_text("".join(edited))
    context = get_context("forkserver")
    context.set_forkserver_preload(["tests.app.correcting"])
    got: Counter[tuple[str, int]] = Counter()
    for kill in range(kills + 1):
        process = context.Process(target=work, args=("briefing.db", tmp_path, edits, kill))
        process.start()
        if kill < kills:
            sleep(chance.uniform(0.5, 4))
            process.kill()
        process.join()
        if kill % 3 == 2:
            got.update(send(store, at=LATER, most=99))
    assert process.exitcode == 0
    got.update(send(store, at=LATER, most=99))
    told(store, after=timedelta(days=1))
    got.update(send(store, at=LATER + timedelta(days=1), most=99))
    assert set(got.values()) == {1}

    assert len(changed) > 4 * each
    words = {notice: words_of(store, notice) for notice, _ in got}
    for edition, number in ((one, number) for one, own in printed.items() for number in own):
        old = opening(correcting_report(number).text)
        section = SECTIONS[number % each >= each // 2]
        heard = Counter(one for notice, one in got if old in words[notice])
        for one, wish in readers.items():
            told_of = number in changed and (edition, one) in had
            own = not wish or section in wish["sections"]
            assert heard[one] == (told_of and own), number

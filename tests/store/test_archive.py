from dataclasses import replace
from datetime import date
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete, event, select, text, update

from briefing.core import record
from briefing.core.model import DateAhead, Edition, Evidence, Figure, Kind, Panel, Quote, Score
from briefing.store import Store, archive, open_store
from briefing.store.archive import (
    Announcement,
    Hit,
    PassageKind,
    Question,
    SearchPage,
    fold,
    words_of,
)
from briefing.store.round_tables import PRINTED
from briefing.store.tables import EDITION
from tests.examples import examples
from tests.fakes import named_story, sentences_of, slice_of
from tests.store.archives import DESK, edition, insert_edition, put, report
from tests.store.news import DAY, TODAY, item, keep, publish, window
from tests.store.ready import act, as_before_roles, empty_store, look, ready_store

LEASE = report(1)
RATE = report(
    2, "Zürich bank raises rate", "The bank raises its rate. Łódź follows.", "Zeit & Wort"
)
TREATY = report(3, "Treaty signed", "Two states signed a treaty. The bank is silent.", "Le Monde")

#: Words that are something else to a database, a pattern, a page or a terminal.
HOSTILE = (
    *("%", "_", "/", "\\", "//%", "/_", "'", "''; DROP TABLE printed; --", "*", "?", "[a-z]", ":p"),
    *("%(p)s", "{0}", "\x1b[2J", "\x1a0000", "<script>", "\u202e", "100%", "a_b"),
)


def search(
    store: Store, question: Question | str = "", *, limit: int = 20, offset: int = 0
) -> SearchPage:
    asked = Question(question) if isinstance(question, str) else question
    return look(store, archive.search, DESK, asked, limit=limit, offset=offset)


def headlines(store: Store, question: Question | str = "") -> list[str]:
    return [hit.headline for hit in search(store, question).hits]


TOLL = report(
    4,
    "Toll at the sound",
    "The toll at the sound rose 4 per cent. We pay for nothing, said Captain Lena Öster of Norvia. "
    "The ferries stop on 23 March.",
    "Wire Meridian",
)


def with_panel(made: Edition) -> Edition:
    """Let a figure, a quotation and a date of the toll stand beside the news."""
    rose, _, ferries = sentences_of(TOLL)
    panel = Panel(
        (Figure(slice_of(TOLL, "4 per cent"), rose),),
        (
            Quote(
                slice_of(TOLL, "We pay for nothing"),
                slice_of(TOLL, "Captain Lena Öster"),
                slice_of(TOLL, "Norvia"),
            ),
        ),
        (DateAhead(date(2026, 3, 23), ferries, slice_of(TOLL, "23 March")),),
    )
    return replace(made, panel=panel, documents={**made.documents, TOLL.id: TOLL})


def beside(store: Store, words: str) -> Hit:
    (hit,) = search(store, words).hits
    return hit


FOG = report(6, "Fog in Sund <FOG.S>", "Fog closed the sound.", "Sund Gazette")
DECREE = replace(report(5, "Port closed", "We close the port.", "Navy"), kind=Kind.STATE)


def with_names(made: Edition) -> Edition:
    """Let the page name a story that it does not tell."""
    panel = Panel(also=(named_story(FOG),))
    return replace(made, panel=panel, documents={**made.documents, FOG.id: FOG})


@examples("printed, kind")
def test_headlines_are_found_as_printed(store: Store, printed: str, kind: str) -> None:
    act(store, put, with_names(edition([LEASE], [DECREE])))
    for words in (printed, f'"{printed}"'):
        (hit,) = search(store, words).hits
        assert (hit.headline, hit.kind) == (printed, kind)


def test_a_named_story_has_its_section_status_and_publisher(store: Store) -> None:
    act(store, put, with_names(edition([LEASE], [DECREE])))
    (hit,) = search(store, Question("fog", status="developing", publisher="Sund Gazette")).hits
    assert (hit.brief, hit.section, hit.publishers) == (2, "economy", ("Sund Gazette",))
    assert search(store).total == 3


def test_headlines_of_an_older_store_are_found_after_migration(tmp_path: Path, new_at: str) -> None:
    made = with_names(edition([LEASE], [DECREE]))
    with open_store(new_at, folder=tmp_path) as store, store.write() as tx:
        for each, written in ((made, record.write(made)), (replace(made, day=TODAY - DAY), "{}")):
            archive.put(tx, DESK, insert_edition(tx, each, record=written), each)
        tx.execute(delete(PRINTED).where(PRINTED.kind == PassageKind.HEADLINE.value))
        tx.execute(update(PRINTED).values(sought="", headline="Port closed"))
        as_before_roles(tx)
        for column in ("right", "mail"):
            tx.execute(text(f'ALTER TABLE operator DROP COLUMN "{column}"'))
        tx.execute(text("UPDATE briefing_version SET version_num = '0101_0100'"))
    with open_store(new_at, folder=tmp_path) as store:
        assert headlines(store, "fog") == ["Fog in Sund"]
        assert headlines(store, '"navy: port"') == ["Navy: Port closed"]
        assert search(store).total == 5


@pytest.fixture
def filled(store: Store) -> Store:
    """Return a store with two editions, and one of another briefing."""
    with store.write() as tx:
        put(tx, edition([LEASE, TREATY], [RATE], sections=("economy", "security")), number=7)
        put(tx, edition([TREATY, RATE], day=TODAY + DAY), number=8)
        put(tx, edition([LEASE]), briefing="other-desk")
    return store


def test_an_edition_that_is_kept_is_found(store: Store) -> None:
    keep(store, item())
    kept = publish(store, *window(store))
    (hit,) = search(store, "GRAIN terminal").hits
    assert (hit.edition, hit.day, hit.number) == (kept.id, TODAY, 3)
    assert (hit.section, hit.status) == ("economy", "developing")
    assert hit.headline == "Council leases two berths"
    assert hit.sentence.startswith("The lease brings in $14 million a year")
    assert hit.publishers == ("Ostra Courier",)


def test_a_brief_is_found_once_and_editions_come_by_their_days(filled: Store) -> None:
    found = search(filled, "lease")
    assert found.total == 1
    assert [hit.sentence for hit in found.hits] == [sentences_of(LEASE)[0].text]
    assert [hit.sentence for hit in search(filled, "money").hits] == [sentences_of(LEASE)[1].text]
    found = search(filled)
    assert found.total == 3
    in_order = [(8, TREATY.title), (7, LEASE.title), (7, RATE.title)]
    assert [(hit.number, hit.headline) for hit in found.hits] == in_order
    with filled.read() as tx:
        every = archive.days(tx, DESK, first=TODAY, last=TODAY + DAY)
        assert list(every.items()) == [(TODAY, 7), (TODAY + DAY, 8)]
        assert archive.days(tx, DESK, first=TODAY + DAY, last=date.max) == {TODAY + DAY: 8}
        assert archive.days(tx, DESK, first=TODAY + DAY, last=TODAY) == {}
        assert archive.days(tx, "none", first=date.min, last=date.max) == {}
    with filled.write() as tx:
        put(tx, edition([report(4, publisher="élan"), LEASE], day=TODAY + 2 * DAY))
        assert archive.publishers(tx, DESK) == ("élan", "Le Monde", "Ostra Courier", "Zeit & Wort")
        assert archive.publishers(tx, "other-desk") == ("Ostra Courier",)
        assert archive.publishers(tx, "none") == ()


@examples("words, found")
def test_all_words_stand_in_one_passage(filled: Store, words: str, found: list[str]) -> None:
    assert headlines(filled, words) == found
    assert search(filled, words).total == len(found)


def test_what_stands_beside_the_news_is_found_with_the_story_that_cites_it(store: Store) -> None:
    act(store, put, with_panel(edition([LEASE], [RATE, TOLL])))
    figure, quote, day = (beside(store, words) for words in ("4 per cent", "nothing", "ferries"))
    assert {(hit.brief, hit.headline) for hit in (figure, quote, day)} == {(1, RATE.title)}
    assert {hit.publishers for hit in (figure, quote, day)} == {("Zeit & Wort", "Wire Meridian")}
    rose, _, ferries = (one.text for one in sentences_of(TOLL))
    assert (figure.kind, figure.sentence, figure.beside) == (PassageKind.FIGURE, rose, "")
    assert (quote.kind, quote.sentence) == (PassageKind.QUOTATION, "We pay for nothing")
    assert quote.beside == "Captain Lena Öster, Norvia"
    assert (day.kind, day.sentence) == (PassageKind.DATE, ferries)
    assert day.beside == "Monday 23 March 2026"
    for words in ('"lena oster"', "nothing norvia", "2026-03-23", '"monday 23 march 2026"'):
        assert beside(store, words).headline == RATE.title


def test_a_passage_of_an_uncited_report_belongs_to_its_story(store: Store) -> None:
    made = edition([LEASE], [RATE])
    evidence = Evidence(((RATE.id, 1.0), (TOLL.id, 0.7)), {}, Score(1.0), ())
    with store.write() as tx:
        put(tx, replace(with_panel(made), evidence={"s2": evidence}))
        put(tx, with_panel(edition([LEASE], day=TODAY + DAY)))
    hit = beside(store, "ferries")
    assert (hit.day, hit.headline) == (TODAY, RATE.title)
    assert hit.publishers == ("Zeit & Wort", "Wire Meridian")


def test_a_brief_that_has_the_words_itself_is_found_by_its_sentence(store: Store) -> None:
    act(store, put, with_panel(edition([TOLL])))
    for limit in (1, 20):
        found = search(store, "toll", limit=limit)
        assert (found.total, [hit.kind for hit in found.hits]) == (1, [PassageKind.SENTENCE])
    assert [hit.kind for hit in search(store).hits] == [PassageKind.SENTENCE]


def test_filters_narrow_what_is_found(filled: Store) -> None:
    for question, found in (
        (Question(section="security"), [RATE.title]),
        (Question(section="Security"), []),
        (Question(publisher="Le Monde"), [TREATY.title, LEASE.title]),
        (Question(publisher="Monde"), []),
        (Question(publisher="%"), []),
        (Question("rate", publisher="Zeit & Wort"), [RATE.title]),
        (Question(status="developing"), [TREATY.title, LEASE.title]),
        (Question(status="continuing"), [RATE.title]),
        (Question(status="new"), []),
        (Question(since=TODAY + DAY), [TREATY.title]),
        (Question(until=TODAY), [LEASE.title, RATE.title]),
        (Question(since=TODAY, until=TODAY + DAY), [TREATY.title, LEASE.title, RATE.title]),
        (Question(since=TODAY + DAY, until=TODAY), []),
        (Question("bank", section="economy", until=TODAY + DAY), [TREATY.title]),
    ):
        assert headlines(filled, question) == found, question


def test_a_hostile_word_finds_itself_and_nothing_else(store: Store) -> None:
    texts = [f"Before {hostile} after." for hostile in HOSTILE]
    stories = [[report(number, f"Plain {number}", text)] for number, text in enumerate(texts)]
    act(store, put, edition(*stories))
    every = search(store, limit=99).hits
    for number, word in enumerate(HOSTILE):
        right = [
            hit.headline
            for hit, text in zip(every, texts, strict=True)
            if all(one in fold(f"{hit.headline} {text}") for one in words_of(word))
        ]
        assert f"Plain {number}" in right
        assert headlines(store, word) == right[:20]


@pytest.mark.parametrize("name", [*HOSTILE, "A\nB", "\0\ud800", "x" * 9_999])
def test_a_hostile_publisher_is_found_by_the_name_that_is_listed(store: Store, name: str) -> None:
    with store.write() as tx:
        put(tx, edition([report(1, "Theirs", publisher=f"x{name}")], [report(2, "Others")]))
        listed = archive.publishers(tx, DESK)
    (listed_name,) = set(listed) - {"Ostra Courier"}
    assert headlines(store, Question(publisher=listed_name)) == ["Theirs"]
    (hit,) = search(store, Question(publisher=listed_name)).hits
    assert hit.publishers == (listed_name,)


def test_what_no_database_holds_comes_back_as_it_was(store: Store) -> None:
    hostile = report(1, "Head \0 \ud800", "Word \x1a \udfff more.", publisher="")
    act(store, put, edition([hostile], sections=("sec\0tion",)))
    (hit,) = search(store, Question("word more", section="sec\0tion")).hits
    assert (hit.headline, hit.sentence) == (hostile.title, hostile.text)
    assert hit.publishers == ()
    assert search(store, "\0 \ud800").total == 1


def test_neither_briefs_nor_sources_that_are_not_there_are_found(store: Store) -> None:
    act(store, put, edition())
    assert search(store) == SearchPage(0, ())
    made = edition([LEASE, TREATY], day=TODAY + DAY)
    lost = {key: one for key, one in made.documents.items() if key != TREATY.id}
    object.__setattr__(made, "documents", lost)
    act(store, put, made)
    assert search(store).hits[0].publishers == ("Ostra Courier",)


def test_it_has_neighbors(filled: Store) -> None:
    first, last = TODAY, TODAY + DAY
    near = {-9: (None, first), 0: (None, last), 1: (first, None), 5: (last, None)}
    with filled.read() as tx:
        for ahead, found in near.items():
            assert archive.neighbours(tx, DESK, TODAY + ahead * DAY) == found
        assert archive.neighbours(tx, "none", TODAY) == (None, None)


@examples("question, words")
def test_a_question_is_taken_apart(question: str, words: tuple[str, ...]) -> None:
    assert words_of(question) == words


def test_a_question_of_a_million_words_is_read_in_part() -> None:
    assert len(words_of("word\ufdfa " * 1_000_000)) <= archive.MOST_WORDS


def test_an_often_asked_question_is_planned_anew(used_database: str, tmp_path: Path) -> None:
    with empty_store(used_database, folder=tmp_path) as store:
        act(store, put, edition([LEASE]))
        with store.read() as tx:
            for number in range(30):
                archive.search(tx, DESK, Question(f"word{number}"), limit=20)
            plans = (
                "SELECT sum(custom_plans), sum(generic_plans) FROM pg_prepared_statements "
                "WHERE position('SELECT' in statement) = 1"
            )
            custom, generic = tx.exec_driver_sql(plans).one()
    assert custom > 0
    assert generic == 0


@given(st.text())
def test_what_stands_in_a_text_is_found_in_it_whatever_its_case(text: str) -> None:
    assert all(word in fold(text) for word in words_of(text))
    assert len(words_of(text)) <= archive.MOST_WORDS
    assert fold(fold(text)) == fold(text)
    assert fold(text.casefold()) == fold(text)


QUESTIONS = (
    *map(Question, ("", "lease", "bank", "money", "toll", "ferries", "nowhere")),
    Question("bank", publisher="Zeit & Wort"),
    Question(section="security"),
    Question("treaty", since=TODAY + DAY, until=TODAY + 3 * DAY),
)


def test_each_page_is_a_part_of_all_that_is_found(store: Store) -> None:
    days = [[[LEASE], [TREATY], [RATE]], [[RATE]], [[TREATY], [RATE, TOLL], [LEASE]], [[LEASE]]]
    days += [[[RATE], [LEASE], [TREATY], [RATE]]]
    with store.write() as tx:
        for ago, stories in enumerate(days):
            made = edition(*stories, day=TODAY + ago * DAY, sections=("economy", "security"))
            put(tx, with_panel(made), number=ago)
        put(tx, edition([LEASE]), briefing="other-desk")
    for question in QUESTIONS:
        every = first_matches(store, question)
        assert bool(every) is (question.words != "nowhere")
        for limit, offset in product((1, 2, 5, 13), (0, 1, 2, 4, 5, 9, 13)):
            page = search(store, question, limit=limit, offset=offset)
            assert page.total == len(every)
            found = [(hit.day, hit.number, hit.brief, hit.sentence, hit.kind) for hit in page.hits]
            assert found == every[offset : offset + limit], (question, limit, offset)


def test_a_search_for_words_may_use_all_processors_of_a_server(store: Store) -> None:
    with store.read() as tx:
        if tx.dialect.name != "postgresql":
            pytest.skip("SQLite reads with one")

        def cost() -> str:
            return str(tx.exec_driver_sql("SHOW parallel_tuple_cost").scalar_one())

        usual = cost()
        archive.search(tx, DESK, Question(), limit=1)
        assert cost() == usual != "0"
        archive.search(tx, DESK, Question("lease"), limit=1)
        assert cost() == "0"
    with store.read() as tx:
        assert cost() == usual


def first_matches(store: Store, question: Question) -> list[tuple[date, int, int, str, str]]:
    """Look through all passages, the newest day first, for the first that matches of each brief."""
    query = select(PRINTED, EDITION.day, EDITION.number).join(EDITION)
    ordered = query.where(EDITION.briefing == DESK).order_by(EDITION.day.desc())
    with store.read() as tx:
        rows = tx.execute(ordered.order_by(PRINTED.place)).all()
    found: dict[tuple[str, int], tuple[date, int, int, str, str]] = {}
    for row in rows:
        if (
            all(word in row.sought for word in words_of(question.words))
            and question.publisher in ("", *archive.publishers_of(row.publishers))
            and question.section in ("", row.section)
            and (question.since or row.day) <= row.day <= (question.until or row.day)
        ):
            one = (row.day, row.number, row.brief, row.sentence, row.kind)
            found.setdefault((row.edition, row.brief), one)
    return list(found.values())


def test_a_list_without_words_is_counted_without_reading_passages(tmp_path: Path) -> None:
    asked: list[tuple[str, Any]] = []
    with ready_store("desk.db", folder=tmp_path) as store, store.read() as tx:
        event.listen(tx, "before_cursor_execute", lambda *told: asked.append(told[2:4]))
        archive.search(tx, DESK, Question(), limit=20)
        ((statement, values),) = asked
        plan = tx.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).all()
    assert any("COVERING INDEX ix_printed_edition" in row.detail for row in plan)


FERRIES = date(2026, 3, 23)


def announced(store: Store, *, briefing: str = DESK, days: int = 30) -> tuple[Announcement, ...]:
    return look(store, archive.announced, briefing, since=TODAY, upto=TODAY + days * DAY)


def announcing(made: Edition, *days: date) -> Edition:
    clauses = sentences_of(TOLL)
    mention = slice_of(TOLL, "23 March")
    ahead = tuple(
        DateAhead(day, clause, mention) for day, clause in zip(days, clauses, strict=False)
    )
    documents = {**made.documents, TOLL.id: TOLL}
    return replace(made, panel=Panel((), (), ahead), documents=documents)


def test_what_was_announced_comes_by_its_day(store: Store) -> None:
    act(store, put, with_panel(edition([LEASE], [TOLL])))
    (entry,) = announced(store)
    assert (entry.day, entry.printed) == (FERRIES, TODAY)
    assert entry.words == sentences_of(TOLL)[2].text
    assert entry.edition == f"{DESK}/{TODAY}"
    assert entry.headline
    assert TOLL.publisher in entry.publishers
    assert entry.made.tzinfo is not None


@examples("announcements, days, printed")
def test_each_day_that_was_announced_comes_once(
    store: Store, announcements: list[tuple[int, ...]], days: list[int], printed: list[int]
) -> None:
    with store.write() as tx:
        for ago, ahead in enumerate(announcements):
            made = edition([TOLL], day=TODAY + ago * DAY)
            put(tx, announcing(made, *(FERRIES + day * DAY for day in ahead)), number=ago)
    entries = announced(store)
    assert [entry.day for entry in entries] == [FERRIES + day * DAY for day in days]
    assert [entry.printed for entry in entries] == [TODAY + ago * DAY for ago in printed]


def test_only_the_editions_asked_for_count_and_none_that_is_gone(store: Store) -> None:
    with store.write() as tx:
        put(tx, with_panel(edition([LEASE], [TOLL], day=TODAY - DAY)))
        put(tx, with_panel(edition([LEASE], [TOLL])), briefing="other-desk")
        put(tx, with_panel(edition([LEASE], [TOLL], day=TODAY + 31 * DAY)), number=2)
    assert announced(store) == ()
    assert len(announced(store, briefing="other-desk")) == 1
    with store.write() as tx:
        tx.execute(delete(EDITION))
    assert announced(store, briefing="other-desk") == ()

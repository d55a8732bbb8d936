from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from briefing.core.model import Document, Item, Mark, digest
from briefing.store import Store, documents, sources, versions
from briefing.store.documents import DuePage, Kept, keep_all
from tests.store.news import DAY, FEED, LEASE, NOON, document, item, keep, publish, recall, window
from tests.store.ready import act, look

HOUR = timedelta(hours=1)
LONGER = LEASE + " A second vote is due in May."
SHORTER = "The harbor council voted."


def due(store: Store, *, at: datetime = NOON + 99 * DAY, limit: int = 9) -> tuple[DuePage, ...]:
    return look(store, documents.due, at=at, limit=limit)


def text_of(store: Store) -> str:
    (entry,) = window(store)
    return entry.text


def test_a_document_comes_back_with_all_that_is_known_of_it(store: Store) -> None:
    full = replace(
        document(),
        owner="Meridian",
        author="R. Sund",
        timed=False,
        marks=(Mark.PAYWALL, Mark.LIVE),
        text="Half \ud83d.\nNUL \0.\n",
        title="NUL \0",
    )
    bare = replace(full, id="dbare", published=None, marks=(), timed=True)
    assert keep(store, Item(full, ("id one",))) is Kept.NEW
    assert keep(store, Item(bare, ("id two",)), at=NOON + HOUR) is Kept.NEW
    assert window(store) == (replace(full, collected=NOON), replace(bare, collected=NOON + HOUR))


@pytest.mark.parametrize("key", ["id one", "url https://courier.example/1"])
def test_a_report_is_known_by_any_of_its_keys(store: Store, key: str) -> None:
    keep(store, item())
    assert keep(store, item(key, "id new")) is Kept.KNOWN
    assert recall(store, "id new") == recall(store, "id one")
    assert len(window(store)) == 1


def test_a_report_without_keys_is_known_by_its_id(store: Store) -> None:
    bare = Item(document(), ())
    assert [keep(store, bare), keep(store, bare)] == [Kept.NEW, Kept.KNOWN]


def test_what_two_feeds_list_of_one_report_is_remembered_apart(store: Store) -> None:
    wire = "https://wire.example/feed"
    keep(store, item(listed="a", from_page=True))
    assert keep(store, item(listed="b", text=LONGER), source=wire) is Kept.KNOWN
    known = recall(store)
    assert (known.listed_by(FEED), known.listed_by(wire)) == ("a", "b")
    for number in range(9):
        keep(store, item(listed="c"), source=f"https://further.example/{number}")
    assert recall(store).listed_by(FEED) == ""


def test_recall_tells_what_was_listed_and_the_newest_version(store: Store) -> None:
    keep(store, item(listed="a"))
    keep(store, item(listed="b", text=LONGER))
    result = look(store, documents.recall, ["id one", "id none", *map(str, range(3_000))])
    assert set(result) == {"id one"}
    assert result["id one"].listed_by(FEED) == "b"
    assert result["id one"].listed_by("https://wire.example/feed") == ""
    assert result["id one"].version == document(text=LONGER).id


def test_other_spacing_is_no_edit(store: Store) -> None:
    keep(store, item())
    assert keep(store, item(text=LEASE.replace(" ", "\n "))) is Kept.KNOWN
    assert text_of(store) == LEASE


def test_words_that_come_back_bring_their_version_back(store: Store) -> None:
    result = [keep(store, item(text=text)) for text in (LEASE, LONGER, LEASE, LONGER, LEASE)]
    assert result == [Kept.NEW, Kept.EDITED, Kept.KNOWN, Kept.KNOWN, Kept.KNOWN]
    assert recall(store).version == document().id
    assert text_of(store) == LEASE


SHARED = "url https://ministry.example/statement"


def beside(*keys: str, text: str = LEASE) -> Item:
    ids = frozenset({"id one", "id two"})
    return replace(item(*keys, text=text, listed=digest(text)), beside=ids)


@pytest.mark.parametrize("at_once", [True, False])
def test_different_ids_in_one_listing_are_never_one_report(store: Store, *, at_once: bool) -> None:
    both = [beside("id one", SHARED), beside("id two", SHARED, text=LONGER)]
    for _ in range(3):
        with store.write() as tx:
            if at_once:
                keep_all(tx, both, source=FEED, at=NOON)
            else:
                for entry in both:
                    documents.keep(tx, entry, source=FEED, at=NOON)
    assert {entry.text for entry in window(store)} == {LEASE, LONGER}
    assert recall(store, "id one").number != recall(store, "id two").number


def test_what_its_source_lists_as_two_reports_stays_two_when_one_is_listed(store: Store) -> None:
    keep(store, beside("id one", SHARED))
    keep(store, beside("id two", "url other", text=LONGER))
    alone = replace(item("id two", SHARED, text=LONGER), beside=frozenset({"id two"}))
    assert keep(store, alone) is Kept.KNOWN
    assert recall(store, SHARED).number == recall(store, "id one").number
    assert len(window(store)) == 2


def test_an_item_that_cannot_be_kept_apart_is_the_report_it_looks_like(store: Store) -> None:
    keep(store, beside("id one", SHARED))
    assert keep(store, beside(SHARED)) is Kept.KNOWN
    assert len(window(store)) == 1


def test_a_page_that_is_read_again_is_of_the_report_that_asked_for_it(store: Store) -> None:
    keep(store, beside("id one", SHARED))
    keep(store, beside("id two", text=LONGER))
    number = recall(store, "id two").number
    again = item(SHARED, text=SHORTER, from_page=True)
    act(store, documents.keep, again, source=FEED, at=NOON, number=number)
    assert {entry.text for entry in window(store)} == {LEASE, SHORTER}


def test_the_same_words_of_two_reports_have_names_of_their_own(store: Store) -> None:
    for number in range(1, 12):
        assert keep(store, item(f"id {number}")) is Kept.NEW
    name = document().id
    versions = [recall(store, f"id {number}").version for number in range(1, 12)]
    assert versions[:9] == [name, *(f"{name}~{number}" for number in range(2, 10))]
    numbers = [recall(store, f"id {number}").number for number in (10, 11)]
    assert versions[9:] == [f"{name}~{number}.1" for number in numbers]
    assert {entry.id for entry in window(store)} == set(versions)


PAGE: dict[str, Any] = {"from_page": True}
#: What stands, what comes and from whom, and whether it replaces what stands.
RULES: list[tuple[str, dict[str, Any], dict[str, Any], str, bool]] = [
    ("empty never replaces", {}, {"text": " "}, FEED, False),
    ("empty from the page never does", {}, {"text": "", **PAGE}, FEED, False),
    ("words replace none", {"text": ""}, {"text": SHORTER}, FEED, True),
    ("a title alone is edited", {"text": ""}, {"text": "", "title": "Sold"}, FEED, True),
    ("the page's fewer words", {}, {"text": SHORTER, **PAGE}, FEED, True),
    ("the page's from another", {}, {"text": SHORTER, **PAGE}, "other", True),
    ("fewer listed", {}, {"text": SHORTER}, FEED, True),
    ("fewer as the page failed", {}, {"text": SHORTER, "retry_page": NOON}, FEED, False),
    ("fewer of another source", {}, {"text": SHORTER}, "other", False),
    ("as many of another source", {}, {"title": "Sold"}, "other", False),
    ("more of another source", {}, {"text": LONGER}, "other", True),
    ("fewer than the page's", PAGE, {"text": SHORTER, "listed": "b"}, FEED, False),
    ("more, listed as before", PAGE, {"text": LONGER}, FEED, False),
    ("a headline over the same page", PAGE, {"title": "Sold", **PAGE}, "other", False),
    ("a new headline of the page", PAGE, {"title": "Sold", **PAGE}, FEED, True),
    ("more, listed anew", PAGE, {"text": LONGER, "listed": "b"}, FEED, True),
]


@pytest.mark.parametrize(
    ("stands", "comes", "source", "replaces"),
    [rule[1:] for rule in RULES],
    ids=[r[0] for r in RULES],
)
def test_a_fuller_text_is_not_lost_to_a_failure(
    store: Store, stands: dict[str, Any], comes: dict[str, Any], source: str, *, replaces: bool
) -> None:
    keep(store, item(**{"listed": "a", **stands}))
    result = keep(store, item(**{"listed": "a", **comes}), source=source)
    assert result is (Kept.EDITED if replaces else Kept.KNOWN)
    assert (recall(store).version == item(**comes).document.id) is replaces


def test_two_documents_that_turn_out_the_same_keep_to_the_first(store: Store) -> None:
    keep(store, item("id one"))
    keep(store, item("url two", text=LONGER, retry_page=NOON))
    assert keep(store, item("id one", "url two", text="Third.")) is Kept.KNOWN
    assert recall(store, "url two").number == recall(store, "id one").number
    assert text_of(store) == LEASE
    assert due(store) == ()
    assert len(look(store, documents.texts, [document(text=LONGER).id])) == 1
    assert keep(store, item("url two", text=LONGER)) is Kept.EDITED
    assert text_of(store) == LONGER


def test_a_page_that_failed_is_due_until_it_was_read(store: Store) -> None:
    keep(store, item(retry_page=NOON + HOUR))
    assert due(store, at=NOON) == ()
    (entry,) = due(store, at=NOON + HOUR)
    assert (entry.source, entry.tries, entry.printed, entry.from_page) == (FEED, 0, False, False)
    assert (entry.document.text, entry.since) == (LEASE, NOON + HOUR)
    assert keep(store, item(from_page=True)) is Kept.KNOWN
    assert due(store) == ()
    keep(store, item(retry_page=NOON))
    assert due(store)[0].from_page


def test_a_visit_is_counted_and_put_off(store: Store) -> None:
    keep(store, item(retry_page=NOON))
    number = recall(store).number
    for until in (NOON + HOUR, NOON + DAY):
        act(store, documents.put_off, number, until=until)
    (entry,) = due(store)
    assert (entry.tries, entry.since) == (2, NOON)
    keep(store, item(retry_page=NOON + HOUR))
    assert due(store, at=NOON + HOUR)[0].tries == 2
    act(store, documents.put_off, number, until=None)
    assert due(store) == ()
    keep(store, item(retry_page=NOON + DAY))
    assert (due(store)[0].tries, due(store)[0].since) == (0, NOON + DAY)


def test_the_longest_due_comes_first(store: Store) -> None:
    for number, hours in enumerate((3, 1, 2)):
        keep(store, item(f"id {number}", retry_page=NOON + hours * HOUR))
    assert [entry.since for entry in due(store, limit=2)] == [NOON + HOUR, NOON + 2 * HOUR]


def test_a_printed_page_stays_due_when_it_was_read(store: Store) -> None:
    keep(store, item())
    publish(store, *window(store), recheck_at=NOON + DAY)
    keep(store, item(from_page=True))
    (entry,) = due(store)
    assert (entry.printed, entry.since, entry.from_page) == (True, NOON + DAY, True)


def test_the_window_is_open_at_its_begin_and_closed_at_its_end(store: Store) -> None:
    for hours in range(4):
        keep(store, item(f"id {hours}", title=f"At {hours}"), at=NOON + hours * HOUR)
    with store.read() as tx:
        result = sources.window(
            tx, since=NOON, until=NOON + 2 * HOUR, published_since=NOON - DAY
        ).documents
    assert {entry.title for entry in result} == {"At 1", "At 2"}


def test_a_report_edited_after_the_window_is_not_in_it(store: Store) -> None:
    keep(store, item())
    keep(store, item(text=LONGER), at=NOON + DAY)
    assert window(store, until=NOON) == ()
    assert len(window(store, until=NOON + DAY)) == 1


def test_old_reports_are_counted_and_those_without_a_date_are_new(store: Store) -> None:
    for key, published in (("id old", NOON - 2 * DAY), ("id new", NOON - DAY), ("id bare", None)):
        entry = item(key, title=key)
        keep(store, replace(entry, document=replace(entry.document, published=published)))
    result = look(store, sources.window, since=NOON - DAY, until=NOON, published_since=NOON - DAY)
    assert {entry.title for entry in result.documents} == {"id new", "id bare"}
    assert result.too_old == 1


def test_reports_of_one_moment_come_by_id(store: Store) -> None:
    for number in range(9):
        keep(store, item(f"id {number}", title=f"Title {number}"))
    ids = [entry.id for entry in window(store)]
    assert ids == sorted(ids)


def test_pruning_keeps_what_is_cited_what_it_became_and_what_is_due(store: Store) -> None:
    keep(store, item())
    publish(store, *window(store))
    for text in (LONGER, LONGER + " More."):
        keep(store, item(text=text))
    keep(store, item("id due", title="Due", retry_page=NOON))
    keep(store, item("id none", title="None"))
    with store.write() as tx:
        assert documents.prune(tx, before=NOON + DAY) == 2
        stay = [document().id, document(text=LONGER + " More.").id, document(title="Due").id]
        assert set(documents.texts(tx, stay)) == set(stay)


_TEXTS = ("", "One.", "One two.", "One two three.", "Three two one.", "One\ntwo.")
_ITEMS = st.builds(
    lambda keys, text, listed, from_page, missing: Item(
        Document(f"d{_TEXTS.index(text)}", "", text),
        tuple(f"id {key}" for key in keys),
        listed,
        from_page=from_page,
        retry_page=NOON if missing else None,
    ),
    st.lists(st.integers(0, 7), min_size=1, max_size=3),
    st.sampled_from(_TEXTS),
    st.sampled_from("ab"),
    st.booleans(),
    st.booleans(),
)
_ROUNDS = count()


def reports(items: list[Item]) -> list[set[str]]:
    """Return the keys of each report: items that share one are the same."""
    found: list[set[str]] = []
    for each in items:
        keys = set(each.keys)
        keys.update(*(one for one in found if one & keys))
        found = [one for one in found if not one & keys] + [keys]
    return found


@contextmanager
def fresh_keys(items: list[Item]) -> Iterator[list[Item]]:
    """Give the items keys that no round before had: emptying a store is slow."""
    mark = next(_ROUNDS)
    yield [
        Item(
            Document(f"{item.document.id}-{mark}", f"Round {mark}", item.document.text),
            tuple(f"{key} of {mark}" for key in item.keys),
            item.listed,
            from_page=item.from_page,
            retry_page=item.retry_page,
        )
        for item in items
    ]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(items=st.lists(st.tuples(_ITEMS, st.sampled_from("xy")), min_size=1, max_size=12))
def test_each_report_is_stored_exactly_once(store: Store, items: list[tuple[Item, str]]) -> None:
    with fresh_keys([item for item, _ in items]) as fresh, store.write() as tx:
        results = [
            documents.keep(tx, item, source=source, at=NOON)
            for item, (_, source) in zip(fresh, items, strict=True)
        ]
        known = documents.recall(tx, [key for item in fresh for key in item.keys])
        title = fresh[0].document.title
        every = sources.window(tx, since=NOON - 99 * DAY, until=NOON, published_since=NOON)
        selected = [entry for entry in every.documents if entry.title == title]
        parts = reports(fresh)
        # Every key leads to one document, the same for all keys of a report.
        assert set(known) == {key for item in fresh for key in item.keys}
        owners = [{known[key].number for key in part} for part in parts]
        assert all(len(owner) == 1 for owner in owners)
        assert len(set.union(*owners)) == len(parts)
        # Each report is given out once, with the newest of its texts.
        assert {one.id for one in selected} == {one.version for one in known.values()}
        assert len(selected) == len(parts)
        # Nothing new comes of telling it all again in the last order.
        assert results.count(Kept.NEW) >= len(parts)
        assert Kept.NEW not in [documents.keep(tx, item, source="x", at=NOON) for item in fresh]
        # Words are never given up for none.
        for one in selected:
            texts = [item.document.text for item in fresh if known[item.keys[0]].version == one.id]
            assert one.text in texts or one.text
        tx.rollback()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(before=st.lists(_ITEMS, max_size=4), items=st.lists(_ITEMS, max_size=10))
def test_many_are_kept_as_one_by_one(store: Store, before: list[Item], items: list[Item]) -> None:
    outcomes = []
    with store.write() as tx:
        for together in (True, False):
            with fresh_keys(before + items) as fresh:
                known, new = fresh[: len(before)], fresh[len(before) :]
                keep_all(tx, known, source="x", at=NOON)
                if together:
                    results = list(keep_all(tx, new, source="y", at=NOON))
                else:
                    results = [documents.keep(tx, item, source="y", at=NOON) for item in new]
                keys = [key for item in fresh for key in item.keys]
                told = documents.recall(tx, keys)
                owners = [told[key].number for key in keys]
                parts = [owners.index(owner) for owner in owners]
                texts = documents.texts(tx, [told[key].version for key in keys])
                words = [texts[told[key].version].text for key in keys]
                outcomes.append((results, parts, words))
        tx.rollback()
    assert outcomes[0] == outcomes[1]


RULE, OTHER = b"rule \xff", b"other"


def kept(store: Store, rule: bytes = RULE) -> dict[str, bytes]:
    return look(store, versions.kept_analyses, [document().id, "unknown"], rule=rule)


def test_an_analysis_is_kept_by_its_rule_replaced_and_forgotten(store: Store) -> None:
    keep(store, item())
    name = document().id
    for rule, content in ((RULE, b"\0one"), (OTHER, b"two"), (RULE, b"\0three")):
        act(store, versions.keep_analyses, {name: content, "unknown": b"x"}, rule=rule, at=NOON)
    assert kept(store) == {name: b"\0three"}
    assert kept(store, OTHER) == {name: b"two"}
    act(store, versions.forget_analyses, before=NOON)
    assert kept(store)
    act(store, versions.forget_analyses, before=NOON + HOUR)
    assert kept(store) == kept(store, OTHER) == {}


def test_what_lacks_an_analysis_is_found(store: Store) -> None:
    keep(store, item())
    name = document().id

    def missing(*ids: str) -> list[str]:
        found = look(store, versions.without_analysis, ids or (name, "unknown"), rule=RULE)
        return [one.id for one in found]

    assert missing() == [name]
    assert missing("unknown") == []
    act(store, versions.keep_analyses, {name: b"one"}, rule=OTHER, at=NOON)
    assert missing() == [name]
    act(store, versions.keep_analyses, {name: b"one"}, rule=RULE, at=NOON)
    assert missing() == []

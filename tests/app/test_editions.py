from dataclasses import replace

import pytest
from sqlalchemy import update

from briefing.app.editions import StoredProof, prove_stored
from briefing.core.errors import InputError, StoreError
from briefing.core.proof import Failure
from briefing.core.record import write
from briefing.store import documents
from briefing.store.tables import EDITION, FILE, VERSION
from tests.newsday import STRAIT, TODAY, YESTERDAY
from tests.publishing import BRIEFING, FIRST, Desk, at, edition_of


def proved(after: Desk) -> StoredProof:
    return prove_stored(after.store, briefing=BRIEFING, day=YESTERDAY)


def record_of(after: Desk) -> str:
    return after.publish(YESTERDAY).stored.record


def forge_record(after: Desk, old: str, new: str) -> None:
    record = record_of(after)
    assert old in record
    with after.store.write() as tx:
        tx.execute(update(EDITION).values(record=record.replace(old, new)))


def test_an_edition_is_proved_from_the_store_alone(after: Desk) -> None:
    told = proved(after)
    edition = edition_of(after.publish(YESTERDAY).stored)
    assert (told.edition, told.proof.failures, told.corrections) == (edition.id, (), ())
    assert told.proof.checked == len([*edition.slices(), *edition.briefs()])


def test_it_is_proved_from_the_words_that_were_printed_though_they_were_edited(after: Desk) -> None:
    edition = edition_of(after.publish(YESTERDAY).stored)
    _, *gone = [one.text for one in edition.sentences() if one.document == "strait"]
    assert len(gone) > 1
    text = FIRST[2].text
    for words in gone:
        text = text.replace(words, "")
    after.edit(FIRST[2], text, when=at(TODAY, 9))
    told = proved(after)
    assert told.proof.failures == ()
    (correction,) = told.corrections
    assert (correction.document, correction.title) == ("strait", STRAIT[0])
    assert correction.what == "changed"
    assert correction.lost >= len(gone)


def test_it_is_proved_by_the_names_under_which_its_reports_were_collected(after: Desk) -> None:
    """A source that was renamed since is no change of what was printed."""
    renamed = [replace(one, publisher="Strait Daily", owner="Vell Group") for one in FIRST]
    after.keep(*renamed, when=at(TODAY, 9))
    after.edit(renamed[2], f"{FIRST[2].text} More.", when=at(TODAY, 10))
    with after.store.read() as tx:
        assert documents.texts(tx, ["strait-edited"])["strait-edited"].publisher == "Strait Daily"
    assert proved(after).proof.failures == ()


def test_another_publisher_is_found_though_the_record_agrees_with_itself(after: Desk) -> None:
    edition = edition_of(after.publish(YESTERDAY).stored)
    other = {**edition.documents, "strait": replace(edition.documents["strait"], publisher="X")}
    forge_record(after, record_of(after), write(replace(edition, documents=other)))
    failure = Failure("publisher: X", "strait", f"its source has {FIRST[2].publisher}")
    assert proved(after).proof.failures == (failure,)


def test_sources_that_vanished_are_told_and_the_proof_stands(after: Desk) -> None:
    after.vanish(FIRST[0], when=at(TODAY, 9))
    told = proved(after)
    assert told.proof.failures == ()
    assert [(one.document, one.what, one.lost) for one in told.corrections] == [
        ("harbor", "vanished", 0)
    ]


def test_a_stored_text_that_was_tampered_with_is_found(after: Desk) -> None:
    with after.store.write() as tx:
        tx.execute(update(VERSION).where(VERSION.c.id == "strait").values(text=f"No. {STRAIT[1]}"))
    failures = proved(after).proof.failures
    assert {failure.document for failure in failures} == {"strait"}
    assert all("are other words" in failure.reason for failure in failures)


@pytest.mark.parametrize(
    ("old", "new", "reasons"),
    [
        ('"publishers":1,', '"publishers":99,', ["the digest does not match the record"]),
        (
            '"id":"ostra-desk/2026-03-11"',
            '"id":"ostra-desk/2026-03-10"',
            [
                "the digest does not match the record",
                "the record is not that of ostra-desk/2026-03-11",
            ],
        ),
    ],
)
def test_a_record_that_is_another_is_found(
    after: Desk, old: str, new: str, reasons: list[str]
) -> None:
    forge_record(after, old, new)
    assert [failure.reason for failure in proved(after).proof.failures] == reasons


def test_a_record_that_cannot_be_read_is_one_error(after: Desk) -> None:
    forge_record(after, '"schema":2', '"schema":9')
    with pytest.raises(InputError, match="2026-03-11: schema 9; this version reads 1 and 2"):
        proved(after)


def test_a_stored_file_that_is_not_what_was_kept_is_one_error(after: Desk) -> None:
    with after.store.write() as tx:
        tx.execute(update(FILE).where(FILE.c.kind == "pdf").values(content=b"%PDF forged"))
    with pytest.raises(StoreError, match="its pdf is damaged"):
        proved(after)


def test_an_edition_that_was_never_published_is_one_error(after: Desk) -> None:
    with pytest.raises(InputError) as error:
        prove_stored(after.store, briefing=BRIEFING, day=TODAY)
    assert str(error.value) == (
        "no edition of ostra-desk was published on 2026-03-12; name another day, or make it with "
        "`briefing publish`"
    )

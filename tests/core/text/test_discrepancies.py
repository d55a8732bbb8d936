"""Where sources differ: one thing, two numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from briefing.core.model import Discrepancy, Document, Sentence
from briefing.core.text.finders import discrepancies
from briefing.core.text.finders.clauses import meet
from briefing.core.text.segment import segment

MORNING = datetime(2026, 3, 12, 6, tzinfo=UTC)
#: First sentences, in which both reports name the place.
HEAD = "Rescuers searched the port of Kantara on Wednesday. "


def report(name: str, text: str, *, publisher: str = "", after: float = 0.0) -> Document:
    """Return a report, told so many hours after the morning."""
    return Document(
        name, "Port of Kantara", text, MORNING + timedelta(hours=after), publisher or name
    )


def found(*reports: Document) -> tuple[Discrepancy, ...]:
    """Find where some reports differ."""
    sentences: Sequence[Sentence] = [one for report in reports for one in segment(report)]
    documents = {one.id: one for one in reports}
    return discrepancies.find(sentences, documents=documents, cast=meet(sentences))


def numerals(one: str, two: str) -> list[tuple[str, str]]:
    """Return the numbers in which two reports of one hour differ."""
    return [
        (item.left.numeral.text, item.right.numeral.text)
        for item in found(report("d1", one), report("d2", two))
    ]


@pytest.mark.parametrize(
    ("one", "two", "numbers"),
    [
        (
            "At least 12 people were killed in the Kantara blast, the harbor office said.",
            "The blast in Kantara killed at least 14 people, the coast guard said.",
            ("12", "14"),
        ),
        (
            "The death toll in Kantara rose to 12, the harbor office said.",
            "Fourteen people died in Kantara, the coast guard said.",
            ("12", "Fourteen"),
        ),
        (
            "Divers in Kantara rescued 31 sailors from the burning ferry.",
            "Some of the crew jumped. Boats from Kantara saved 27 sailors from the ferry.",
            ("31", "27"),
        ),
        (
            "Savers withdrew 11 billion kronor from Sundby Bank on Monday.",
            "Depositors withdrew 14 billion kronor from Sundby Bank on Monday.",
            ("11 billion", "14 billion"),
        ),
        (
            "The Kantara council approved the lease of the port by 31 votes to 20.",
            "Kantara's council approved the port lease by 31-19 after a long night.",
            ("31 votes to 20", "31-19"),
        ),
        (
            "Nordhavn Line has a fine of 40 million euros to pay over the spill in Kantara.",
            "A court gave Nordhavn Line a fine of 46 million euros over the Kantara spill.",
            ("40 million euros", "46 million euros"),
        ),
        (
            "Police in Kantara arrested 40 dockers during the march.",
            "Police in Kantara arrested 52 dockers during the march.",
            ("40", "52"),
        ),
        (
            "Exports from Kantara fell 4.1 percent in February, the port office said.",
            "Exports through Kantara fell 6 percent in February, the port office said.",
            ("4.1 percent", "6 percent"),
        ),
        (
            "The tanker Amber Sun drifted for nine hours off Kantara before a tug arrived.",
            "The tanker Amber Sun drifted for 14 hours off Kantara until a tug came.",
            ("nine hours", "14 hours"),
        ),
        (
            "Gunmen in Kantara abducted two dozen students from a school.",
            "Gunmen abducted 47 students/pupils from a school in Kantara.",
            ("two dozen", "47"),
        ),
        (
            "Kantara sent 400 soldiers to the border with Doria.",
            "The government of Kantara deployed 650 troops to the border with Doria.",
            ("400", "650"),
        ),
        (
            "About 1,900 miners at the Kantara pit walked out on Monday.",
            "Some 2,600 miners walked out of the Kantara pit on Monday.",
            ("1,900", "2,600"),
        ),
        (
            "Depositors withdrew 38 billion kronor from Sundby Bank last week.",
            "Depositors withdrew 34 billion kronor from Sundby Bank last week, Ada Lind said.",
            ("38 billion", "34 billion"),
        ),
        (
            "The union said 2,400 men walked off the piers of Kantara, shut last year.",
            "According to Kantara Tugs, 2,150 men walked off the piers on Monday.",
            ("2,400", "2,150"),
        ),
        (
            "A blast at a plant near the Dorian town of Kantara injured nine workers on Wednesday.",
            "The blast at a plant near Kantara injured 11 workers, the hospital in Selm said.",
            ("nine", "11"),
        ),
        (
            "Selm Bank lent $40 million to the port of Kantara.",
            "Selm Bank lent the port of Kantara 52 million dollars.",
            ("$40 million", "52 million dollars"),
        ),
        (
            "A judge in Kantara sentenced Ole Brandt to 12 years in prison.",
            "Ole Brandt was sentenced to 15 years by a Kantara judge.",
            ("12 years", "15 years"),
        ),
    ],
)
def test_two_numbers_for_one_thing_are_found(one: str, two: str, numbers: tuple[str, str]) -> None:
    assert numerals(one, two) == [numbers]


BLAST = "At least 12 people were killed in the Kantara blast, the harbor office said."


@pytest.mark.parametrize(
    ("one", "two"),
    [
        # The same number, told in two ways.
        (BLAST, "The blast in Kantara killed a dozen people, the coast guard said."),
        (
            "A fire in Kantara destroyed 1,012 homes.",
            "A fire in Kantara destroyed about 1,000 homes.",
        ),
        ("A fire in Kantara destroyed 1,012 homes.", "A fire in Kantara destroyed 1,000 homes."),
        (
            "Kantara spent 4.96 million euros on dredging.",
            "Kantara spent nearly 5 million euros on dredging.",
        ),
        ("Kantara exports of tin fell 4.1 percent.", "Kantara exports of tin fell 4 percent."),
        (
            "A tug from Kantara waited 20 hours for the tanker.",
            "A tug from Kantara waited 21 hours for the tanker.",
        ),
        ("A fire in Kantara destroyed about 30 homes.", "A fire in Kantara destroyed 36 homes."),
        (
            "Gunmen in Kantara abducted two dozen students.",
            "Gunmen in Kantara abducted 31 students.",
        ),
        # A bound that leaves room for the other.
        (BLAST, "The blast in Kantara killed 14 people, the coast guard said."),
        (
            "A fire in Kantara destroyed more than 200 homes.",
            "A fire in Kantara destroyed 260 homes.",
        ),
        (
            "A fire in Kantara destroyed 160 homes or more.",
            "A fire in Kantara destroyed 260 homes.",
        ),
        ("A fire in Kantara destroyed up to 400 homes.", "A fire in Kantara destroyed 260 homes."),
        # Another thing, or a part of it.
        (BLAST, "The blast in Kantara killed at least 9 soldiers, the coast guard said."),
        (BLAST, "The blast in Kantara injured at least 40 people, the coast guard said."),
        (BLAST, "The Kantara blast killed 9 of the crew, the coast guard said."),
        ("Divers in Kantara rescued 31 sailors.", "Divers in Kantara rescued 7 more sailors."),
        ("Divers in Kantara rescued 31 sailors.", "Divers in Kantara rescued another 7 sailors."),
        ("Divers in Kantara rescued 31 sailors.", "Divers in Kantara rescued 7 Dutch sailors."),
        ("Kantara lost 31 ships.", "Kantara lost 4 ships a year."),
        (
            "The Kantara shooting killed 8 people.",
            "The Kantara shooting killed nine people, including the gunman.",
        ),
        ("Kantara admitted 31 people to hospital.", "Kantara admitted 1,400 people to hospital."),
        (BLAST, "The Kantara blasts killed at least 14 people, 13 in Kantara and one in Doria."),
        ("A tug from Kantara waited about 30 hours.", "A tug from Kantara waited 35 hours."),
        # Another place, time or body.
        (BLAST, "A blast killed at least 14 people in Doria, the coast guard said."),
        (BLAST, "A Kantara blast killed at least 14 people in 2019, the coast guard said."),
        (BLAST, "A Kantara blast two years ago killed at least 14 people, the coast guard said."),
        (
            "Police in Kantara arrested 40 dockers on Monday.",
            "Police in Kantara arrested 52 dockers on Tuesday.",
        ),
        (
            "Kantara exports of tin fell 4 percent in May.",
            "Kantara exports of tin fell 9 percent in June.",
        ),
        ("Kantara exports of tin fell 4 percent in May.", "Kantara exports of tin fell 9 percent."),
        ("Kantara exports of tin fell 4 percent.", "Kantara exports of tin fell to 9 percent."),
        (
            "The Kantara council approved the lease by 31 votes to 20.",
            "The Kantara parliament approved the lease by 88 votes to 7.",
        ),
        (
            "Police of Kantara arrested 40 dockers in Doria.",
            "Police of Kantara arrested 52 dockers in Selm.",
        ),
        # Somebody else.
        (
            "Kantara Tugs is raising 40 million euros with the help of Selm Bank.",
            "Orvik Ferries is raising 90 million euros with the help of Selm Bank.",
        ),
        (
            "Tugs from Kantara raised 40 million euros with the help of Selm Bank.",
            "Orvik Ferries raised 90 million euros with the help of Selm Bank.",
        ),
        (
            "Selm Bank in Kantara holds 18 million euros of debt of Orvik Ferries.",
            "Selm Bank in Kantara holds 13 million euros of debt of Doria Line.",
        ),
        (
            "Kantara gave up 40 percent of the docks.",
            "Kantara gave up 52 percent of the ferries.",
        ),
        # Another claim.
        ("Kantara sent 400 soldiers to Doria.", "Kantara will send 650 soldiers to Doria."),
        ("Kantara sent 400 soldiers to Doria.", "Kantara may have sent 650 soldiers to Doria."),
        ("Kantara spent 400 million euros on tugs.", "Kantara spent 650 million dollars on tugs."),
        ("The port of Kantara has 14 cranes of steel.", "The ferry line of Doria has 30 cranes."),
        # A number of the hour, or of a poll.
        ("Kantara shares fell 4 percent.", "Kantara shares fell 6 percent."),
        (
            "A Kantara poll found 40 percent of dockers backed it.",
            "A Kantara poll found 52 percent of dockers backed it.",
        ),
        # The other report has the number too.
        (
            BLAST,
            "The Kantara blast killed at least 14 people. Its harbor office counts 12 people.",
        ),
        # Two numbers for one thing in one report.
        (BLAST, "The Kantara blast killed at least 14 people. A fire in Kantara killed 3 people."),
        (
            "Kantara paid 4 million euros to Doria.",
            "Kantara paid 6 million euros to Doria and 9 million euros to Selm.",
        ),
        # Somebody's words.
        (BLAST, "“The Kantara blast killed at least 14 people,” Ada Lind of the coast guard said."),
        (
            "The Kantara council approved the port lease by 31 votes to 20.",
            "Ada Lind said “the Kantara council approved the port lease by 31-19”.",
        ),
        # No number of something.
        ("Kantara spent 40 of the dollars.", "Kantara spent 52 of the dollars."),
        (
            "Kantara moved 40, 50 times its 9 ships.",
            "Kantara moved 52, 50 times its 9 ships.",
        ),
        (
            "The Kantara ferry left pier 12 with the mail.",
            "The Kantara ferry left pier 14 with the mail.",
        ),
        (
            "The Kantara trial opened on March 12 in court.",
            "The Kantara trial opened on March 14 in court.",
        ),
        (
            "The Kantara trial opened at 10 a.m. in court.",
            "The Kantara trial opened at 11 a.m. in court.",
        ),
        ("Kantara won the match 3-1 on Monday.", "Kantara won the match 4-1 on Monday."),
        # Nothing that can stand alone.
        ("He said it killed 12 people in Kantara.", "It killed 14 people in Kantara."),
    ],
)
def test_what_is_no_difference_is_not_found(one: str, two: str) -> None:
    assert numerals(one, two) == []
    assert numerals(two, one) == []


def test_a_toll_that_rises_within_hours_is_no_difference() -> None:
    later = "The blast in Kantara killed at least 14 people, the coast guard said."
    (item,) = found(report("d1", BLAST), report("d2", later, after=5))
    assert not item.revised
    assert found(report("d1", BLAST), report("d2", later, after=7)) == ()
    assert found(report("d1", BLAST), report("d2", later, after=-7)) == ()


def test_a_toll_that_says_it_has_risen_is_no_difference_to_an_earlier_one() -> None:
    later = "The death toll of the blast in Kantara has risen to at least 14, the coast guard said."
    assert found(report("d1", BLAST), report("d2", later, after=1)) == ()
    assert len(found(report("d1", BLAST), report("d2", later))) == 1
    assert len(found(report("d1", BLAST), report("d2", later, after=-1))) == 1


def test_a_toll_of_an_unknown_hour_is_no_difference() -> None:
    one, two = report("d1", BLAST), report("d2", BLAST.replace("12", "14"))
    assert found(one, replace(two, published=None)) == ()
    assert found(replace(one, timed=False), two) == ()


def test_a_number_that_does_not_grow_differs_at_any_hour() -> None:
    one = report("d1", "A judge in Kantara sentenced Ole Brandt to 12 years in prison.")
    two = report("d2", "Ole Brandt was sentenced to 15 years by a Kantara judge.", after=9)
    assert len(found(one, replace(two, published=None))) == len(found(one, two)) == 1


def test_a_later_report_of_the_publisher_revises_its_earlier_one() -> None:
    late = report("d1", BLAST.replace("12", "14"), publisher="Halyard", after=9)
    early = report("d2", BLAST, publisher="Halyard")
    (item,) = found(late, early)
    assert item.revised
    assert [item.left.numeral.text, item.right.numeral.text] == ["12", "14"]


def test_two_reports_of_one_publisher_and_hour_revise_nothing() -> None:
    one = report("d1", BLAST, publisher="Halyard")
    two = report("d2", BLAST.replace("12", "14"), publisher="Halyard")
    assert found(one, two) == ()
    assert found(one, replace(two, published=None)) == ()
    assert found(replace(one, published=None), two) == ()


def test_numbers_of_two_publishers_for_one_thing_contradict_at_any_hour() -> None:
    one = report("d1", BLAST, publisher="Halyard")
    two = report("d2", BLAST.replace("12", "14"), publisher="Kuroshio", after=9)
    later = report("d3", BLAST.replace("12", "15"), publisher="Halyard")
    sentences = [sentence for each in (one, two, later) for sentence in segment(each)]
    documents = {each.id: each for each in (one, two, later)}
    pairs = discrepancies.contradictions(sentences, documents=documents)
    assert [(left.text, right.text) for left, right in pairs] == [("12", "14"), ("14", "15")]


def test_clauses_are_slices_and_hold_their_numbers() -> None:
    texts = {"d1": BLAST, "d2": BLAST.replace("12", "14")}
    texts["d2"] += " Ada Lind leads it. It has a tug. It has a lamp. Nobody knew why."
    (item,) = found(*(report(name, text) for name, text in texts.items()))
    for figure in (item.left, item.right):
        assert figure.clause.start <= figure.numeral.start < figure.numeral.end <= figure.clause.end
        for slice_ in (figure.clause, figure.numeral):
            assert texts[slice_.document][slice_.start : slice_.end] == slice_.text


def test_the_first_pair_of_a_thing_is_given_once() -> None:
    reports = [report(f"d{n}", BLAST.replace("12", str(n))) for n in (12, 14, 17)]
    assert [item.left.numeral.text for item in found(*reports)] == ["12"]


def test_the_pair_nearest_to_the_openings_comes_first() -> None:
    one = "Kantara sent 400 soldiers to Doria. " + BLAST
    two = "Kantara sent 650 soldiers to Doria. " + BLAST.replace("12", "14")
    pairs = found(report("d1", one), report("d2", two))
    assert [item.left.numeral.text for item in pairs] == ["400", "12"]


def test_background_far_down_is_not_read() -> None:
    filler = "".join(
        f"The harbor of Kantara has a pier with a light at row {n}. " for n in range(22)
    )
    two = BLAST.replace("12", "14")
    assert found(report("d1", filler + BLAST), report("d2", two)) == ()
    assert found(report("d1", BLAST[:-1] + " at sea" * 200 + "."), report("d2", two)) == ()

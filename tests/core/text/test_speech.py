"""Who speaks in the words of a party, and in the turns of a transcript."""

from dataclasses import replace

from briefing.core.model import Document, Kind, Mark, Panel, Section, Sentence
from briefing.core.text.analysis import analyze
from briefing.core.text.segment import segment
from briefing.core.text.speech import (
    headlines_of,
    is_proved,
    printed_title,
    quotations,
    speakers_of,
    turns,
    without_labels,
)
from tests.examples import examples
from tests.fakes import brief, draft, named_story
from tests.growth import is_linear

TALK = (
    "Port Hall\n3:31 P.M. EST MS. LIND: Good evening to all.  We opened the port at noon.\n\n"
    "Q    Will Estria keep it open for the whole of the winter of 2026, Ms. Lind?\n\n"
    "THE PRESIDENT: We have agreed with the crews of Ulm bay on all of the terms.\n\n"
    "MODERATOR: We have time for one more question from the Straits Ledger."
)
DOCUMENT = Document("d", "Remarks on the port", TALK, publisher="The Port Office (Vellmark)")


def said(document: Document) -> list[tuple[str, str]]:
    """Return what may be printed of a document, each with its speaker."""
    found = analyze(document, language="en")
    return [(one.speaker, one.text) for one in found.sentences(document)]


def test_a_quotation_ends_with_its_paragraph_though_nothing_closes_it() -> None:
    text = "“The port is open.\nMs. Lind said that “all of the crews” agreed.\n"
    found = [(text[each.start : each.end], each.closed) for each in quotations(text)]
    assert found == [("“The port is open.", False), ("“all of the crews”", True)]


def test_turns_begin_behind_their_labels_and_who_asks_has_no_name() -> None:
    assert [turn.speaker for turn in turns(TALK)] == ["MS. LIND", "", "THE PRESIDENT", "MODERATOR"]
    assert [turn.asks for turn in turns(TALK)] == [False, True, False, True]
    text = "Mr. Reyes: So, the port.  THE VICE PRESIDENT: Thank you."
    assert [(text[turn.start :][:5], turn.speaker) for turn in turns(text)] == [
        ("So, t", "Mr. Reyes"),
        ("Thank", "THE VICE PRESIDENT"),
    ]
    assert turns("The U.N.: a history. He joined NATO: so did she.") == []


def test_an_answer_is_printed_with_its_speaker_and_without_a_name_not_at_all() -> None:
    assert said(replace(DOCUMENT, marks=(Mark.TRANSCRIPT,))) == [
        (
            "The President (The Port Office)",
            "We have agreed with the crews of Ulm bay on all of the terms.",
        )
    ]
    text = (
        "OPENING THE PORT AGAIN: Today the harbor authority of Vellmark opened all of its cranes.\n"
        "I thank the crews of Ulm bay, who have agreed on all of the terms."
    )
    assert said(Document("d", "Cranes", text, publisher="The Port", marks=(Mark.STATEMENT,))) == [
        ("The Port", "Today the harbor authority of Vellmark opened all of its cranes."),
        ("The Port", "I thank the crews of Ulm bay, who have agreed on all of the terms."),
    ]
    for publisher in ["", "x" * 80]:
        document = replace(DOCUMENT, publisher=publisher, marks=(Mark.STATE,))
        assert said(document) == []
        assert speakers_of(document, kind=Kind.STATE)(0) is None


def test_a_speaker_is_the_label_or_the_publisher_and_proved_by_it() -> None:
    plain = replace(DOCUMENT, publisher="Straits Ledger")
    assert speakers_of(plain, kind=Kind.WIRE)(0) == ""
    assert speakers_of(plain, kind=Kind.NOTICE)(0) == ""
    of_party = replace(DOCUMENT, publisher="KCNA")
    assert speakers_of(of_party, kind=Kind.NOTICE)(0) == "KCNA"
    speaker = speakers_of(DOCUMENT, kind=Kind.TRANSCRIPT)
    assert speaker(0) == "The Port Office"
    assert speaker(TALK.index("Good")) == "Ms. Lind"
    document = replace(DOCUMENT, text="Q: Is it open?\nA: It has been open since noon.")
    assert speakers_of(document, kind=Kind.TRANSCRIPT)(18) == "The Port Office"
    assert speakers_of(replace(document, publisher=""), kind=Kind.TRANSCRIPT)(18) is None
    document = Document("d", "", "MS. LIND:")
    (alone,) = segment(document)
    assert without_labels(document, [alone], kind=Kind.TRANSCRIPT) == (alone,)
    assert without_labels(document, [alone], kind=Kind.WIRE) == (alone,)
    start = TALK.index("Good")
    words = Sentence("d", start, start + 4, "Good")
    for name in ("", "Ms. Lind", "The Port Office"):
        assert is_proved(replace(words, speaker=name), DOCUMENT)
    assert not is_proved(replace(words, speaker="The President (The Port Office)"), DOCUMENT)


def test_a_hostile_transcript_takes_time_in_proportion() -> None:
    assert is_linear(lambda text: said(replace(DOCUMENT, text=text)), "MS. LIND: Oh.\n" * 1_000)


@examples("kind, title, printed", kind=Kind)
def test_a_claim_in_a_headline_stands_behind_a_name(kind: Kind, title: str, printed: str) -> None:
    source = Document("d", title, "Ostra opens.", kind=kind, publisher="Ostra Press (Ostra)")
    made, named = brief(source, 1, story="s1"), named_story(replace(source, title="Fog <FOG>"))
    edition = replace(
        draft(0, beside=False).edition,
        sections=(
            Section("economy", (made,)),
            Section("security", (replace(made, story="s2", headline=""),)),
        ),
        panel=Panel(also=(named,)),
        documents={source.id: source},
    )
    assert headlines_of(edition) == {"s1": ("d", printed), "nd": ("d", "Fog")}


def test_a_title_is_printed_without_ticker_symbols() -> None:
    assert printed_title("OSTRA BANK <OSB.N> ESTIMATES LOSS") == "OSTRA BANK ESTIMATES LOSS"
    assert printed_title("<OSB>") == "<OSB>"
    assert printed_title("Growth < 2 percent and > 1") == "Growth < 2 percent and > 1"

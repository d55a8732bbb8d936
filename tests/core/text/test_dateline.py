"""What is printed of a first sentence begins behind its dateline."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing.core.model import Sentence
from briefing.core.text.dateline import skip_dateline
from tests.growth import is_linear


def sentence(text: str, *, index: int = 0) -> Sentence:
    return Sentence("d1", 10, 10 + len(text), text, index)


@pytest.mark.parametrize(
    ("dateline", "news"),
    [
        ("TANGIER, March 11 (Halyard) - ", "Spain and Morocco signed a treaty."),
        ("CHENNAI: ", "Fishing crews went back to sea."),
        ("(Meridian) - ", "Two frigates left the base."),
        ("SUWALKI, Poland, March 11 (Halyard) - ", "Poland ordered twelve radars."),
        ("GENEVA — ", "Envoys met for a third day."),
        ("NEW DELHI, 11 March (Wire Meridian) – ", "“We wait,” the admiral said."),
        ("ST. JOHN'S – ", "A ferry turned back."),
        ("BRUSSELS/PARIS (Halyard) -- ", "Ministers agreed on quotas."),
        ("Essen (CNN) ", "The council of Norland met at noon."),
        ("(CNN)", "The council of Norland met at noon."),
        ("New Essen (CNN Business) ", "Shares of Acme fell at noon."),
        ("Port of Essen, Norland (CNN)  -- ", "Nine ships left at noon."),
        ("BEIJING (AP) — ", "Envoys met for a third day."),
        ("LONDON—", "Envoys met for a third day."),
        ("WASHINGTON, Jan. 5 (UPI) -- ", "Envoys met for a third day."),
        ("Jan. 5 (UPI) -- ", "Envoys met for a third day."),
        ("MOSCOW, January 4. /TASS/. ", "Envoys met for a third day."),
        ("PARIS, Jan. 4, 2026 /PRNewswire/ -- ", "Acme sold its ferry."),
        ("(ANSA) - ROME, JAN 4 - ", "Envoys met for a third day."),
        ("OSLO and ESSEN (Reuters) - ", "Voters chose a mayor."),
        ("By Ada Lind and Bo Roe OSLO (Reuters) - ", "Voters chose a mayor."),
        ("ESSEN, Nor. (May 2, 2014) – ", "A court freed the harbor master."),
        ("Essen — ", "U.S. envoys met the harbor master."),
        ("Great Essen, Norland - ", "Voters have chosen a mayor."),
        ("UPDATE 2 - (ANSA) - ROME, Jan. 4 - ", "Voters chose a mayor."),
        ("UPDATE: EXCLUSIVE: LONDON — ", "Voters chose a mayor."),
        ("FREEING THE FERRIES OF A FEE: ", "Today, the mayor signed an order."),
        ("UPDATE: EXCLUSIVE: BREAKING: LONDON — ", "Voters chose a mayor."),
        ("UPDATE 2 - ", "Voters chose a mayor."),
        ("Ostra, August 18 (ONCA) -- ", "The harbor master met envoys of Essen."),
        ("ESSENVILLE, Ohio | ", "A hush fell over the hall."),
        ("ESSEN, Norland // ", "A hush fell over the hall."),
        ("HÀ NỘI (VNS) — ", "Envoys met for a third day."),
        ("Essen, Aug 18 (ENS) ", "Envoys met for a third day."),
        ("ESSEN, Aug 18 (ENS): ", "Envoys met for a third day."),
        ("ESSEN. Aug 18 (ENS) - ", "Envoys met for a third day."),
        ("ESSEN, (ENSA)-", "Envoys met for a third day."),
        ("Bogotá, Aug 18 (EFE).- ", "Envoys met for a third day."),
        ("Essen, Aug 18, ENSA -- ", "Envoys met for a third day."),
        ("Essen – ENSA – ", "Envoys met for a third day."),
        ("18 August 2026, Essen – ", "Envoys met for a third day."),
        ("Tue Aug 18, 2026 5:03 pm BST ESSEN (AP) - ", "Envoys met for a third day."),
        ("Aug 18 - ", "Envoys met for a third day."),
        ("Herat, Afghanistan — ", "Two rockets struck a tanker."),
        ("New Delhi: ", "Envoys met for a third day."),
        ("Washington, D.C. – ", "Envoys met for a third day."),
        ("(Reuters photo: Bo Roe) ", "The harbor master resigned."),
        ("Photo : Getty Images ", "The harbor master resigned."),
        ("Ada Lind ESSEN TODAY ESSEN — ", "The harbor master resigned."),
        ("By Ada Lind and Bo Roe UPDATED ", "Norland has a mayor."),
        (
            "A boy waits at a bank in Ostra, Monday OSTRA, Norland (AP) — ",
            "The port opened a quay.",
        ),
    ],
)
def test_a_dateline_is_not_printed(dateline: str, news: str) -> None:
    left = skip_dateline(sentence(dateline + news))
    assert left.text == news
    assert left.end - left.start == len(news)


@pytest.mark.parametrize(
    "text",
    [
        "NATO - the alliance of 32 states - met on Monday.",
        "OPEC: no cut before June, delegates said.",
        "The ministry said - twice - that no ship was lost.",
        "U.S. exports rose.",
        "Kenya sold bonds - at last.",
        "MOSCOW said on Monday that talks would go on.",
        "ACME-Norland is selling its ferry.",
        "NATO: We will not wait for anybody.",
        "ADA LIND: We will not wait for anybody.",
        "FILE - In this March 2020 photo a worker sorts ballots.",
        "FILE PHOTO: A worker of Norland sorts ballots.",
        "Associated Press (AP) Editor Ada Lind resigned.",
        "The minister told Reuters (Reuters) That was all.",
        "The Bank of Norland (BN) Governor Ada Lind resigned.",
        "Ada Lind — Norland’s envoy — resigned at noon.",
        "President Bo — Norland was silent.",
        "Then — Norland was silent.",
        "Essen Inc. - Shares were sold.",
        "Essen - Five of the ferries",
        "Ada Roe/AFP/Getty Images",
        "CLAIM: Norland has sold its only ferry.",
        "Retiring Armed Forces of Norland (AFN) Chief Bo Roe met envoys.",
        "Retiring Armed Forces of the Provinces (AFP) Chief Bo Roe met envoys.",
        "MODERATOR: The harbor master is here.",
        "FOREIGN MINISTER LIND: The harbor master is here.",
        "ADA LIND, CNN ANCHOR: The harbor is open.",
        "Norway sells: The harbor is open.",
        "Acme Corp, Essen, Mo. - Shares of the firm were sold.",
        "| AP Photo The harbor is open.",
        "U.S.-China talks were held in Essen.",
    ],
)
def test_words_that_only_look_like_a_dateline_stay(text: str) -> None:
    assert skip_dateline(sentence(text)).text == text


def test_only_the_opening_of_a_report_has_a_dateline() -> None:
    later = sentence("CHENNAI: Fishing crews went back to sea.", index=2)
    assert skip_dateline(later) == later


@pytest.mark.parametrize(
    "credits",
    [
        " (Reporting by Ada Lind; Editing by Bo Roe)",
        " (Additional reporting by Ada Lind in Essen.)",
        " [AFP]",
        " (AP/Reuters)",
        " (Agencies)",
        " — Reuters",
        " /TASS/",
    ],
)
def test_credits_behind_the_full_stop_are_not_printed(credits: str) -> None:
    news = "The ministers of Norland met in Essen."
    left = skip_dateline(sentence(news + credits, index=9))
    assert (left.start, left.end, left.text) == (10, 10 + len(news), news)


@pytest.mark.parametrize(
    "text",
    [
        "He told it to the hall (AFP)",
        "They met. (The talks were short.)",
        "They met (Reporting by Ada Lind)",
        "The minister spoke to Reuters.",
    ],
)
def test_nothing_is_cut_within_a_sentence(text: str) -> None:
    assert skip_dateline(sentence(text, index=9)).text == text


def test_a_line_of_a_million_characters_takes_linear_time() -> None:
    assert is_linear(lambda text: skip_dateline(sentence(text)), "ESSEN, Norland (" * 60_000)
    assert is_linear(lambda text: skip_dateline(sentence(text)), ". (Reporting by " * 60_000)


@given(st.text(max_size=120))
def test_what_is_left_is_always_a_slice_of_the_sentence(text: str) -> None:
    whole = sentence(text)
    left = skip_dateline(whole)
    assert text[left.start - whole.start : left.end - whole.start] == left.text


def test_a_heading_in_capitals_on_the_line_of_a_sentence_is_not_printed() -> None:
    news = "Today, the council opened nine quays."
    for heading, is_cut in (
        ("REVERSING THE OLD COUNCIL’S LEASE OF NINE QUAYS, AND OF A CRANE: ", True),
        ("NINE QUAYS OPEN AS FERRIES WAIT - ", True),
        ("FORMER DEPUTY DIRECTOR OF PORT LIND: ", False),
        ("NINE QUAYS OPEN: ", False),
    ):
        later = sentence(heading + news, index=8)
        assert skip_dateline(later).text == (news if is_cut else heading + news)


def test_lines_of_their_own_before_it_do_not_hide_a_dateline() -> None:
    for text, left in (
        ("ESSEN — The port opened a quay.", "The port opened a quay."),
        ("Essen (CNN) The port opened a quay.", "The port opened a quay."),
        ("Essen — The port has opened a quay.", None),
        ("MODERATOR: The port has opened a quay.", None),
    ):
        third = Sentence("d1", 100, 100 + len(text), text, index=3, paragraph=3)
        assert skip_dateline(third).text == (left or text)


def test_behind_captions_only_agency_and_dash_together_are_a_dateline() -> None:
    for text, words in (
        ("OSTRA (AP) — The port opened a quay.", "The port opened a quay."),
        ("Ostra (AP) — The port opened a quay.", "The port opened a quay."),
        ("Ostra, August 18 (ONCA) -- The port opened a quay.", "The port opened a quay."),
        ("OSTRA — The port opened a quay.", None),
        ("OSTRA (AP) The port opened a quay.", None),
    ):
        sentence = Sentence("d1", 100, 100 + len(text), text, index=5)
        assert skip_dateline(sentence).text == (words or text)

"""What does not belong on the page: documents, sentences, datelines and credits."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing.core.language import Language
from briefing.core.model import Document, Kind, Mark, Sentence
from briefing.core.text import gate
from briefing.core.text.furniture import Reason
from briefing.core.text.gate import Judgment
from briefing.core.text.kind import kind_of, opinion
from briefing.core.text.segment import segment
from tests.examples import examples
from tests.newsday import ENGLISH

skip_dateline = partial(gate.skip_dateline, language=ENGLISH)

NEWS = (
    "The port of Vellmark opened again on Monday after nine days of strike.",
    "Some four thousand workers will get six percent more pay over two years.",
    "The harbor authority said that all of the cranes were back in service.",
    "Exporters had warned that the closure would cost the province dearly.",
)


def cut(document: Document) -> tuple[Sentence, ...]:
    result, at = [], 0
    for index, line in enumerate(document.text.split("\n")):
        result.append(Sentence(document.id, at, at + len(line), line, index, index))
        at += len(line) + 1
    return tuple(result)


def pass_gate(document: Document, sentences: Sequence[Sentence], *, language: str) -> Judgment:
    """Judge a report of which nothing is known yet."""
    own = Language.of_text(document.language or language)
    style = opinion(document, style=own.style)
    kind = kind_of(document, sentences, opinion=style, language=own)
    return gate.judge(document, sentences, kind=kind, language=language)


def passed(judgment: Judgment, sentences: Sequence[Sentence]) -> tuple[Sentence, ...]:
    judged = zip(sentences, judgment.sentences, strict=True)
    return () if judgment.whole else tuple(each for each, reason in judged if reason is None)


def report(*lines: str, title: str = "Strike over", **facts: Any) -> Document:  # noqa: ANN401
    return Document("d", title, "\n".join(lines or NEWS), **facts)


def judge(document: Document, language: str = "en") -> Reason | None:
    """Return why a whole document is left out, None when it stays."""
    judgment = pass_gate(document, cut(document), language=language)
    assert bool(passed(judgment, cut(document))) is (judgment.whole is None)
    return judgment.whole


def kept(document: Document) -> list[str]:
    sentences = segment(document)
    judgment = pass_gate(document, sentences, language="en")
    return [sentence.text for sentence in passed(judgment, sentences)]


@examples("last, printed")
def test_a_teaser_may_end_without_a_full_stop(last: str, *, printed: bool) -> None:
    assert (last in kept(report(NEWS[0], last))) is printed
    assert last not in kept(report(*NEWS, last))
    assert last not in kept(report(last, NEWS[0]))


def test_furniture_is_dropped_and_the_report_is_kept() -> None:
    judgment = pass_gate(
        report(*NEWS, "Related Posts"), cut(report(*NEWS, "Related Posts")), language="en"
    )
    assert judgment == Judgment((None, None, None, None, Reason.FURNITURE), None)
    caption = "FILE PHOTO: Workers wait at the gate of the harbor."
    end = "Nobody was hurt when a crane fell at the gate of the new harbor in the"
    assert kept(report(caption, end, NEWS[0], end)) == [NEWS[0]]
    assert judge(report(caption, caption, end)) is Reason.STUB


@examples("title")
def test_a_title_that_says_opinion_drops_the_report(title: str) -> None:
    assert judge(report(title=title)) is Reason.OPINION


@examples("url")
def test_an_address_that_says_opinion_drops_the_report(url: str) -> None:
    assert judge(report(url=url)) is Reason.OPINION


@examples("given")
def test_news_that_only_sounds_like_something_else_is_kept(given: dict[str, Any]) -> None:
    assert judge(report(**given)) is None


@examples("given")
def test_a_live_page_is_dropped(given: dict[str, Any]) -> None:
    assert judge(report(*given.pop("lines", ()), **given)) is Reason.LIVE_BLOG


@examples("title")
def test_a_roundup_is_dropped(title: str) -> None:
    assert judge(report(title=title)) is Reason.ROUNDUP


def test_a_headline_that_has_no_word_of_its_text_is_that_of_another() -> None:
    long = (*NEWS, *(f"{line[:-1]} again." for line in NEWS))
    other = "Senate of Ostra ratifies lithium treaty"
    assert judge(report(*long, title=other)) is Reason.UNRELATED
    assert judge(report(*long, title=f"{other} as cranes return")) is None
    assert judge(report(*long, title="Treaty ratified, Ostra")) is Reason.UNRELATED
    # Too few words, or too little text, to tell.
    assert judge(report(*long, title="Treaty ratified")) is None
    assert judge(report(*NEWS, title=other)) is None


CAPTION = (
    "FILE - In this file photo, a crane stands at the quay of Sarn. On Monday, the port of Sarn "
    "said that both cranes will be replaced by the spring of next year. (Wire Photo/Ada Lind, File)"
)


def test_a_caption_or_a_label_is_of_its_short_paragraph_alone() -> None:
    assert kept(report(CAPTION, *NEWS)) == list(NEWS)
    spoken = "ANA ROSK: The port is safe. The cranes will be replaced by the spring of next year."
    judgment = pass_gate(report(*NEWS, spoken), segment(report(*NEWS, spoken)), language="en")
    assert judgment.sentences[len(NEWS) :] == (Reason.LABELED, Reason.LABELED)
    assert "both cranes" in "".join(kept(report(" ".join((CAPTION, *NEWS)))))


MINE = (
    "I have worked in this port for thirty years of my life.",
    "We know what the owners think of us and of the union.",
    "My answer to the owners is that it was right to walk out.",
)


def test_prose_in_the_first_person_is_an_opinion_but_not_of_a_party_or_quoted() -> None:
    assert (
        judge(
            report(*MINE, "They were wrong, we were right, and there is no good reason to deny it.")
        )
        is Reason.OPINION
    )
    quoted = tuple(f"“We know that I was right on day {day},” said Ana Rosk." for day in range(5))
    assert judge(report(*NEWS, *quoted)) is None
    assert judge(report(publisher="Vellmark Wire - Opinion")) is Reason.OPINION
    for mark in [Mark.STATEMENT, Mark.STATE]:
        document = report(*NEWS, *MINE, marks=(mark,), publisher="Vellmark")
        assert kept(document) == [*NEWS, *MINE]


def test_a_stub_is_dropped_and_a_teaser_of_one_sentence_passes_in_its_language() -> None:
    for lines in [
        ("",),
        ("The port opened again on Monday.",),
        tuple(f"“{line}”" for line in NEWS),
    ]:
        assert judge(report(*lines)) is Reason.STUB
    assert judge(report(NEWS[0])) is None
    assert judge(report(NEWS[0], marks=(Mark.BLURB,))) is None
    assert judge(report(NEWS[0], marks=(Mark.STATEMENT,), publisher="Vellmark")) is None
    assert judge(report(NEWS[0], marks=(Mark.STATEMENT,))) is Reason.STUB
    assert judge(report(language="de")) is Reason.LANGUAGE
    assert judge(report(language="en-GB")) is None
    assert judge(report(title="Opinion: Port", language="fi"), "fi") is None


def test_what_the_source_itself_calls_no_report_is_dropped() -> None:
    for mark, reason in [(Mark.LIVE, Reason.LIVE_BLOG), (Mark.OPINION, Reason.OPINION)]:
        assert judge(report(marks=(mark,))) is reason
        assert judge(report(NEWS[0], marks=(mark,))) is reason
        assert judge(report(title="Avis", marks=(mark,)), "fi") is reason
    for mark in [Mark.PAYWALL, Mark.BLURB]:
        assert judge(report(marks=(mark,))) is None
    for mark in list(Mark):
        views = {Mark.LIVE: Reason.LIVE_BLOG, Mark.OPINION: Reason.OPINION}
        reason = views.get(mark, Reason.LANGUAGE)
        assert judge(report(NEWS[0], language="de", marks=(mark,))) is reason


def test_an_opinion_stays_one_in_a_live_page_behind_a_paywall_or_among_furniture() -> None:
    assert judge(report(marks=(Mark.LIVE, Mark.OPINION))) is Reason.OPINION
    document = report(NEWS[0], title="Opinion: The strike was right", marks=(Mark.PAYWALL,))
    assert judge(document) is Reason.OPINION
    page = report("Read more.")
    for title, reason in ((page.title, Reason.STUB), ("Opinion: Strike over", Reason.OPINION)):
        document = replace(page, title=title)
        judgment = gate.judge(document, cut(document), kind=Kind.OPINION, language="en")
        assert judgment.whole is reason


@examples("marks, reason", marks=lambda marks: tuple(map(Mark, marks)), reason=Reason)
def test_a_stub_says_why_it_is_one(marks: tuple[Mark, ...], reason: Reason) -> None:
    assert judge(report("The port opened again on Monday.", marks=marks)) is reason


def test_every_reason_is_a_short_phrase_of_its_own() -> None:
    assert len({str(reason) for reason in Reason}) == len(Reason)
    assert all(str(reason).replace(" ", "").isalpha() for reason in Reason)


@given(st.lists(st.text(max_size=80), max_size=8), st.text(max_size=40), st.text(max_size=40))
def test_every_sentence_is_judged_and_always_alike(lines: list[str], title: str, url: str) -> None:
    document = report(*(line.replace("\n", " ") for line in lines), title=title, url=url)
    judgment = pass_gate(document, cut(document), language="en")
    assert len(judgment.sentences) == len(cut(document))
    assert judgment == pass_gate(document, cut(document), language="en")


def sentence(text: str, *, index: int = 0) -> Sentence:
    return Sentence("d1", 10, 10 + len(text), text, index)


@examples("dateline, news")
def test_a_dateline_is_not_printed(dateline: str, news: str) -> None:
    left = skip_dateline(sentence(dateline + news))
    assert left.text == news
    assert left.end - left.start == len(news)


@examples("text")
def test_words_that_only_look_like_a_dateline_stay(text: str) -> None:
    assert skip_dateline(sentence(text)).text == text


@examples("title, before, news")
def test_a_headline_before_a_sentence_is_cut(title: str, before: str, news: str) -> None:
    headline = title.replace("’", "'")
    text = f"{before}{headline} {news}" if before or headline.startswith("Norland") else news
    (left,) = gate.news_sentences(Document(id="d", title=title, text=text), language="en")
    assert left.text == (text if "|" in before else news)
    assert text[left.start : left.end] == left.text


@examples("index, paragraph, text, news")
def test_further_down_only_a_sure_dateline_or_heading_is_cut(
    index: int, paragraph: int, text: str, news: str | None
) -> None:
    below = Sentence("d1", 100, 100 + len(text), text, index, paragraph)
    assert skip_dateline(below).text == (news or text)


@examples("text")
def test_nothing_is_cut_within_a_sentence(text: str) -> None:
    assert skip_dateline(sentence(text, index=9)).text == text


@given(st.text(max_size=120))
def test_what_is_left_is_always_a_slice_of_the_sentence(text: str) -> None:
    whole = sentence(text)
    left = skip_dateline(whole)
    assert text[left.start - whole.start : left.end - whole.start] == left.text


@pytest.mark.parametrize("label", ["Why it matters: ", "Zoom out: ", "Yes, but: "])
def test_a_label_of_the_house_is_cut_wherever_it_stands(label: str) -> None:
    later = Sentence("d", 0, len(label + NEWS[0]), label + NEWS[0], 12, 4)
    assert skip_dateline(later).text == NEWS[0]
    assert skip_dateline(replace(later, text=f"The port: {NEWS[0]}")).text == f"The port: {NEWS[0]}"


def test_a_post_that_a_report_shows_is_not_in_its_own_words() -> None:
    signed = "— Ada Lind (@adalind) May 3, 2018"
    post = "The council of Ostra has betrayed its harbor. It will pay for that in May."
    for shown in (f"{post} {signed}", f"{post} https://x.example/1 -- Bo Roe (@bo) 3 mai 2018"):
        assert kept(report(NEWS[0], shown, *NEWS[1:])) == kept(report(*NEWS))
    # behind a post, and behind a name without a day, the report goes on
    last = "The harbor of Ostra opened on Monday, the council said."
    ended = f"{post} {signed}. {last}"
    assert kept(report(*NEWS, ended)) == [*kept(report(*NEWS)), last]
    named = "The mayor of Ostra — Ada Lind (@adalind) — opened the harbor on Monday."
    assert kept(report(*NEWS, named)) == [*kept(report(*NEWS)), named]
    before = "Ships waited in the bay of Ostra. " * 15 + post
    (first, *_, last_kept) = kept(report(*NEWS, f"{before} {signed}"))
    assert (first, last_kept) == (NEWS[0], "Ships waited in the bay of Ostra.")


def test_what_stands_above_the_headline_or_the_only_dateline_is_no_news() -> None:
    title = "Harbor council of Ostra ends the long strike"
    above = f"Crews cheered at the gate of the northern pier on Tuesday. {title}."
    assert kept(report(above, *NEWS, title=title)) == kept(report(*NEWS))

    def printed(*lines: str) -> list[str]:
        sentences = gate.news_sentences(report(*lines), language="en")
        judgment = pass_gate(report(*lines), sentences, language="en")
        return [each.text for each in passed(judgment, sentences)]

    above = "The council of Ostra is ready for a fight over the harbor."
    for dateline in ("OSTRA, Norland — ", "Ostra (CNN) -- "):
        first, second = (dateline + news for news in NEWS[:2])
        assert printed(above, first, NEWS[1]) == printed(first, NEWS[1]) == [*NEWS[:2]]
        # no news below it, more than a deck above it, and a digest of several
        assert printed(above, f"{dateline}By Ada Lind") == [above]
        others = [f"{above[:-1]} number {number}." for number in range(3)]
        assert printed(*others, first) == [*others, NEWS[0]]
        assert printed(above, first, second) == [above, *NEWS[:2]]

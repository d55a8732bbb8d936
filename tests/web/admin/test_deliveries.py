import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing.app.editors import OpenEdition, stories_of
from briefing.app.publish import Preview
from briefing.core.edition import gauge, make_edition
from briefing.core.errors import InputError
from briefing.core.model import (
    BounceKind,
    Choice,
    Delivery,
    DeliveryStatus,
    Document,
    Edition,
    MailKind,
    Material,
    Section,
    State,
    Subscriber,
)
from briefing.store import claims, deliveries, subscribers
from briefing.store.claims import Settlement
from briefing.web.admin import charts, stories
from briefing.web.admin.tomorrow import ids_in
from tests.desk import DAY, EVENING, OPINION, RECIPE, chosen
from tests.examples import examples
from tests.fakes import PlainMeasure
from tests.newsday import HARBOR, NICKEL, ORCHIDS, SECTIONS, STRAIT
from tests.newsday import TODAY as LAST_DAY
from tests.store.ready import act, look
from tests.web.admin.rounds import keep_edition, settle
from tests.web.admin.sessions import Seated, seated
from tests.web.served import OTHER, READER, Served, link_in, served, title

TODAY, YESTERDAY = date(2026, 3, 12), date(2026, 3, 11)
USER = "550 5.1.1 no such user here"


def numbers(shown: str) -> list[int]:
    return list(map(int, re.findall(r"<dd>(\d+)</dd>", shown)))


def statuses(session: Seated, edition: str) -> dict[DeliveryStatus, int]:
    return look(session.web.store, deliveries.audience, edition).counts


def test_four_figures_and_what_the_other_side_said_word_for_word(session: Seated) -> None:
    web = session.web
    assert title(session.get("/admin/deliveries")) == "Deliveries"
    empty = session.page("/admin/deliveries")
    assert "No edition has been made yet" in empty
    assert "No bounces." in empty
    assert "<svg" not in empty
    edition = keep_edition(web, TODAY, number=412)
    settle(web, edition, "a@courier.example", DeliveryStatus.SENT, ago=100)
    settle(web, edition, "b@courier.example", DeliveryStatus.SENT, ago=98)
    settle(web, edition, OTHER, DeliveryStatus.REFUSED, reason=USER, bounce=BounceKind.HARD)
    settle(web, edition, "c@courier.example", DeliveryStatus.DUE, reason="451 greylisted", again=15)
    settle(web, edition, "dora@courier.example", DeliveryStatus.DUE)
    settle(web, edition, "e@courier.example", DeliveryStatus.SKIPPED)
    shown = session.page("/admin/deliveries")
    assert numbers(shown) == [2, 2, 0, 1]
    assert "Edition 412, Thu 12 March" in shown
    assert "waiting, next today, 07:12" in shown
    # in its row, its cause with the button of that, and its bounce
    assert shown.count(USER) == 2
    assert "1 mail: to be tried again" in shown
    assert ">451 greylisted</td>" in shown
    assert 'data-l="Next">today, 08:27</td>' in shown
    assert "dora@courier.example" not in shown
    assert "1 mail was skipped: no longer wanted" in shown
    said = "2 mails accepted since 06:32, one bar per minute; peak at 06:32: 1."
    assert f"<title>{said}</title>" in shown
    assert 'class="bad">Permanent</td>' in shown


def test_an_earlier_edition_can_be_looked_at_and_no_day_without_any(session: Seated) -> None:
    web = session.web
    settle(web, keep_edition(web, YESTERDAY, number=1), READER, DeliveryStatus.EXPIRED)
    settle(web, keep_edition(web, TODAY, number=2), READER, DeliveryStatus.SENT)
    assert numbers(session.page("/admin/deliveries")) == [1, 0, 0, 0]
    shown = session.page(f"/admin/deliveries?day={YESTERDAY}")
    assert numbers(shown) == [0, 0, 0, 1]
    assert "1 mail: too late" in shown
    assert f'href="/admin/deliveries?day={YESTERDAY}" aria-current="true">' in shown
    assert re.findall(r'scope="row"><a class="at" href="[^"]*"[^>]*>(\w+ \d+) March', shown) == [
        "Thu 12",
        "Wed 11",
    ]
    for day in ("2026-03-01", "x", "2026-13-40", "%22%3E"):
        assert session.get(f"/admin/deliveries?day={day}").status_code == 404
        assert session.post("/admin/deliveries/held", {"day": day, "do": "send"}).status_code == 404
    for number in ("", "x", "99999", "9" * 30, "\u00b2"):
        asked = {"day": f"{TODAY}", "subscriber": number}
        assert session.post("/admin/deliveries/again", asked).status_code == 404


@pytest.mark.parametrize(
    ("do", "after", "said", "what"),
    [
        ("send", DeliveryStatus.DUE, "1 mail will be sent.", "send held mail"),
        ("never", DeliveryStatus.SKIPPED, "1 mail will not be sent.", "drop held mail"),
    ],
)
def test_what_is_held_is_decided_once_and_noted_even_beyond_its_time(
    session: Seated, do: str, after: DeliveryStatus, said: str, what: str
) -> None:
    web = session.web
    edition = keep_edition(web, TODAY)
    settle(web, edition, READER, DeliveryStatus.HELD, reason="nobody knows", ago=60 * 24)
    assert "1 mail: in doubt" in session.page("/admin/deliveries")
    decision = {"day": f"{TODAY}", "do": do}
    assert said in session.confirm("/admin/deliveries/held", decision)
    assert statuses(session, edition) == {after: 1}
    assert session.last_act == (what, f"{edition}: 1")
    assert "no mail is held now" in session.sent("/admin/deliveries/held", decision)
    assert len([act for act in session.acts() if "held" in act.what]) == 1
    with web.store.write() as tx:
        lease = timedelta(hours=1)
        claimed = claims.claim(tx, worker="a", at=web.clock(), lease=lease, limit=9, resend=True)
    assert [one.delivery.address for one in claimed] == [READER] * (do == "send")


def test_all_mails_that_failed_for_one_cause_are_sent_again_by_one_button(session: Seated) -> None:
    web = session.web
    edition = keep_edition(web, TODAY)
    for number in range(40):
        address, late = f"r{number}@courier.example", "it expired before it could be sent"
        settle(web, edition, address, DeliveryStatus.EXPIRED, reason=late)
    for name in ("ann", "bo"):
        said = f"550 5.1.1 <{name}@gone.example> unknown, 4{name}77A1C0F"
        settle(web, edition, f"{name}@gone.example", DeliveryStatus.REFUSED, reason=said)
    shown = session.page("/admin/deliveries")
    assert "Send all 40 again" in shown
    causes = re.findall(r'name="cause" value="([^"]*)"', shown)
    assert causes == ["refused reader unknown address", "expired reader too late"]
    assert "2 mails: unknown address, all at gone.example" in shown
    first = session.get("/admin").text
    assert "40 readers did not receive the edition of Thu 12 March: too late." in first
    said = session.confirm("/admin/deliveries/again", {"day": f"{TODAY}", "cause": causes[1]})
    assert "40 mails will be sent again, with new links." in said
    assert statuses(session, edition) == {DeliveryStatus.DUE: 40, DeliveryStatus.REFUSED: 2}
    with web.store.read() as tx:
        due = list(deliveries.of(tx, edition, status=DeliveryStatus.DUE))
    assert all(one.until > web.clock() for one in due)
    assert session.last_act == ("resend mails", f"{edition}: 40 expired: {late}")
    again = "/admin/deliveries/again"
    for cause in (causes[1], "sent ", "expired", "no"):
        assert session.post(again, {"day": f"{TODAY}", "cause": cause}).status_code == 404
    gone = {"day": f"{TODAY}", "cause": causes[0]}
    assert "2 readers paused." in session.confirm(again, gone | {"do": "pause"})
    assert web.find("ann@gone.example").state is State.PAUSED
    session.confirm(again, gone)
    assert statuses(session, edition) == {DeliveryStatus.DUE: 42}


def test_one_mail_is_sent_again_and_noted(session: Seated) -> None:
    web = session.web
    edition = keep_edition(web, TODAY)
    settle(web, edition, READER, DeliveryStatus.REFUSED, reason=USER, bounce=BounceKind.HARD)
    button = re.search(r'name="subscriber" value="(\d+)"', session.page("/admin/deliveries"))
    assert button
    asked = {"day": f"{TODAY}", "subscriber": button[1]}
    assert web.post("/admin/deliveries/again", asked).status_code == 403
    assert statuses(session, edition) == {DeliveryStatus.REFUSED: 1}
    assert "It will be sent with the next run" in session.confirm("/admin/deliveries/again", asked)
    assert statuses(session, edition) == {DeliveryStatus.DUE: 1}
    assert session.acts()[0].what == "resend mail"
    assert "Nothing has changed" in session.confirm("/admin/deliveries/again", asked)
    assert len([act for act in session.acts() if act.what == "resend mail"]) == 1
    # The same from the page of the reader.
    settle(web, edition, OTHER, DeliveryStatus.HELD, reason="550 no such user", ago=100)
    other = web.find(OTHER).id
    path = f"/admin/subscribers/{other}"
    (of_reader,) = re.findall(r'name="edition" value="([^"]*)"', session.page(path))
    assert of_reader == edition
    assert "with new links" in session.confirm(path, {"edition": edition})
    delivery = look(web.store, deliveries.to, edition, other)
    assert delivery
    assert (delivery.status, delivery.reason) == (DeliveryStatus.DUE, "")
    assert session.acts()[0].about == f"{edition} to subscriber {other}"
    for nothing in (edition, "nothing/2026-03-12"):
        assert "cannot be sent again" in session.confirm(path, {"edition": nothing})


def test_one_who_was_removed_is_named_by_number_and_a_long_list_is_cut(session: Seated) -> None:
    web = session.web
    edition = keep_edition(web, TODAY)
    settle(web, edition, READER, DeliveryStatus.REFUSED, reason=USER, bounce=BounceKind.SOFT)
    number = web.find().id
    act(web.store, subscribers.forget, number)
    shown = session.page("/admin/deliveries")
    assert shown.count(f"removed reader, number {number}") == 2
    assert ">Temporary</td>" in shown
    for place in range(101):
        web.add(f"{place}@courier.example")
    settle(web, edition, OTHER, DeliveryStatus.SENT)
    act(web.store, deliveries.hold_open, reason="the machine was off")
    shown = session.page("/admin/deliveries")
    assert shown.count("the machine was off") == 100
    assert "briefing deliver --status" in shown


def test_a_test_goes_to_one_address_and_what_came_of_it_is_shown(
    session: Seated, tmp_path: Path
) -> None:
    assert "Cannot send a test" in session.page("/admin/deliveries")
    assert session.post("/admin/deliveries/test", {"mail": OTHER}).status_code == 503
    sent: list[str] = []
    failures: list[Exception] = []

    def send(address: str) -> str:
        if failures:
            raise failures.pop()
        sent.append(address)
        return f"250 2.0.0 queued for {address}"

    with served(tmp_path / "sending", send_test=send) as web:
        session = seated(web)
        for failure, said in (
            (InputError("no edition was published yet"), "no edition was published yet"),
            (ConnectionError("relay.example: no answer"), "relay.example: no answer"),
            (ConnectionRefusedError(111, "Connection refused"), "Connection refused"),
        ):
            failures.append(failure)
            answer = session.post("/admin/deliveries/test", {"mail": OTHER})
            assert (answer.status_code, said in answer.text) == (422, True)
            assert f'value="{OTHER}"' in answer.text
        wrong = session.post("/admin/deliveries/test", {"mail": "osei@"})
        assert (wrong.status_code, "1 field to correct" in wrong.text) == (422, True)
        assert not [act for act in session.acts() if act.what == "send test"]
        assert "Last test" not in session.page("/admin/deliveries")
        shown = session.sent("/admin/deliveries/test", {"mail": OTHER})
        assert sent == [OTHER]
        assert "Last test, today, 08:12, by ada: 250 2.0.0 queued for …" in shown
        assert OTHER not in web.dump()


BAD = (DeliveryStatus.HELD, DeliveryStatus.REFUSED, DeliveryStatus.EXPIRED)


def refused(
    web: Served,
    to: Subscriber,
    kind: MailKind = MailKind.CONFIRMATION,
    status: DeliveryStatus = DeliveryStatus.REFUSED,
) -> int:
    """Keep a mail that was not delivered two days ago; return its number."""
    at = web.clock() - timedelta(days=2)
    with web.store.write() as tx:
        number = deliveries.put_mail(tx, kind, to.id, at=at, until=at + timedelta(days=1))
        claims.settle_all(tx, [Settlement(number, status, at, "550 no such user")])
    return number


def mail(web: Served, number: int) -> Delivery:
    web.settle()
    found = look(web.store, deliveries.get, number)
    assert found
    return found


def again(session: Seated, number: int, path: str = "/admin/deliveries/mail") -> str:
    return session.confirm(path, {"mail": str(number)})


@pytest.mark.parametrize(("status", "page"), [(BAD[0], "reader"), *((s, "") for s in BAD[1:])])
def test_a_confirmation_comes_once_more(session: Seated, status: DeliveryStatus, page: str) -> None:
    web = session.web
    one = web.add(OTHER, State.PENDING)
    number = refused(web, one, status=status)
    reader, path = f"/admin/subscribers/{one.id}", "/admin/deliveries/mail"
    assert f'name="mail" value="{number}"' in session.get(reader).text
    assert "Confirmation mail" in session.get("/admin/deliveries").text
    assert "with new links" in again(session, number, reader if page == "reader" else path)
    assert "cannot be sent again" in again(session, number)
    ((to, message),) = web.mails
    assert to == OTHER
    assert mail(web, number).status is DeliveryStatus.SENT
    assert mail(web, number).asked == web.clock() - timedelta(minutes=1)
    about = f"confirmation to subscriber {one.id}, which was {status}"
    assert session.last_act == ("resend mail", about)
    link = link_in(message)
    web.later(hours=30)
    assert web.act(link, "confirm").status_code == 200
    assert web.find(OTHER).state is State.ACTIVE


@pytest.mark.parametrize(
    ("kind", "state"),
    [
        (MailKind.CONFIRMATION, State.ACTIVE),
        (MailKind.CONFIRMATION, State.UNSUBSCRIBED),
        (MailKind.CONFIRMATION, State.COMPLAINED),
        (MailKind.REMINDER, State.UNSUBSCRIBED),
        (MailKind.REMINDER, State.BOUNCED),
    ],
)
def test_nobody_gets_what_they_ended(session: Seated, kind: MailKind, state: State) -> None:
    web = session.web
    one = web.add()
    number = refused(web, one, kind)
    if state is not State.ACTIVE:
        web.turn(one, state)
    assert "cannot be sent again" in again(session, number)
    assert not web.mails
    assert mail(web, number).status is DeliveryStatus.REFUSED
    assert not [act for act in session.acts() if act.what == "resend mail"]


def test_only_the_last_mail_of_its_kind_to_this_reader_is_sent_again(session: Seated) -> None:
    web = session.web
    one, other = web.add(OTHER, State.PENDING), web.add(READER, State.PENDING)
    first, last, alert = refused(web, one), refused(web, one), refused(web, one, MailKind.ALERT)
    assert session.post(f"/admin/subscribers/{other.id}", {"mail": str(last)}).status_code == 404
    for told in (str(alert), "0", "x", "", "9" * 40):
        assert session.post("/admin/deliveries/mail", {"mail": told}).status_code == 404
    assert "cannot be sent again" in again(session, first)
    web.post_box.failures.append(InputError("5.7.1 not today"))
    again(session, last)
    assert not web.mails
    assert mail(web, last).status is DeliveryStatus.REFUSED
    assert "5.7.1 not today" in session.page("/admin/deliveries")
    assert "with new links" in again(session, last)
    assert len(web.mails) == 1


def clock(at: datetime) -> str:
    return f"{at:%H:%M}"


def drawn_days(counts: Sequence[int | None]) -> charts.Plot:
    """Draw days of which each without an answer failed."""
    return charts.sparkline(counts, failed=[count is None for count in counts], title="x")


def texts(plot: charts.Plot) -> list[str]:
    return [word.text for word in plot.words]


def test_days_without_answers_reports_or_questions_are_told_apart() -> None:
    plot = drawn_days([4, None, 0, 2])
    assert plot.crosses == ((8.0, 15.0),)
    assert [(bar.x, bar.high) for bar in plot.bars] == [(0.0, 22.0), (16.0, 1.0), (24.0, 11.0)]
    assert [bar.kind for bar in plot.bars] == ["b", "b", "t"]
    assert drawn_days([None, None]).bars == ()
    assert drawn_days([]).wide == 0
    assert [bar.high for bar in drawn_days([0, 0]).bars] == [1.0, 1.0]
    assert charts.columns([], title="x").bars == ()
    assert charts.over_time([], clock=clock) == (1, ())
    plot = charts.sparkline([4, None, 2], failed=[False] * 3, title="x")
    assert plot.crosses == ()
    assert [bar.x for bar in plot.bars] == [0.0, 16.0]


@given(st.lists(st.none() | st.integers(0, 100_000), max_size=14))
def test_every_day_is_drawn_once_and_inside(counts: Sequence[int | None]) -> None:
    plot = drawn_days(counts)
    assert len(plot.bars) + len(plot.crosses) == len(counts)
    for bar in plot.bars:
        assert 0 <= bar.x <= plot.wide - bar.wide
        assert 0 <= bar.y <= bar.y + bar.high <= plot.high
    assert sum(bar.kind == "t" for bar in plot.bars) == bool(counts and counts[-1] is not None)


def test_columns_and_dots_say_their_numbers_on_one_scale_and_no_label_is_cut() -> None:
    plot = charts.columns([charts.Column("06:30", 10, 5), charts.Column("06:31", 0)], title="x")
    first, lost, second = plot.bars
    assert (first.high, lost.high, lost.kind, second.high) == (48.0, 48.0, "t", 1.0)
    assert lost.y + lost.high == first.y
    assert {"10", "0", "06:31"} <= set(texts(plot))
    assert "06:30" not in texts(plot)  # every third, counted from the last
    plot = charts.columns(
        [charts.Column(f"{day}", 10_000 + day) for day in range(7)], title="x", step=20
    )
    assert texts(plot) == "10000 0 10003 3 10006 6".split()
    plot = charts.columns([charts.Column("12 сентября", 1)], title="x")
    (label,) = (word for word in plot.words if word.text == "12 сентября")
    half = len(label.text) * 13 * 0.48 / 2  # of usual letters
    assert label.x - half >= 0
    assert label.x + half <= plot.wide
    dots = [charts.dot(number, most=100, title="x").dot for number in (100, 25, 1)]
    assert dots == [11.0, 5.5, 1.5]
    plain, noted = (
        charts.columns([charts.Column("6 Mar", 9, 3)], title="x", note=note)
        for note in ("", "6 Mar: 3 too late")
    )
    assert noted.high == plain.high + 18
    assert noted.words[0].text == "6 Mar: 3 too late"
    assert noted.bars[0].y == plain.bars[0].y + 18


@examples("counts, silent")
def test_silence_is_longer_than_any_pause_before(counts: Sequence[int], silent: int) -> None:
    assert charts.silent_days(counts) == silent


def after(*minutes: int) -> list[tuple[datetime, int]]:
    first = datetime(2026, 3, 12, 6, 30, tzinfo=UTC)
    return [(first + timedelta(minutes=minute), 2) for minute in minutes]


def test_counts_of_fates_are_the_audience_and_bars_stand_for_minutes() -> None:
    one = charts.figures({status: 2**place for place, status in enumerate(DeliveryStatus)})
    assert sum(one.values()) == 2 ** len(DeliveryStatus) - 1
    assert charts.figures({})["sent"] == 0
    assert charts.figures({DeliveryStatus.REFUSED: 1, DeliveryStatus.EXPIRED: 2})["lost"] == 3
    width, bars = charts.over_time(after(0, 3), clock=clock)
    assert width == 1
    assert [(bar.label, bar.value) for bar in bars] == [
        ("06:30", 2),
        ("06:31", 0),
        ("06:32", 0),
        ("06:33", 2),
    ]
    width, bars = charts.over_time(after(0, 1, 59), clock=clock)
    assert (width, len(bars)) == (5, 12)
    assert (bars[0].value, bars[-1].value, bars[-1].label) == (4, 2, "07:25")


@given(st.sets(st.integers(0, 30_000), min_size=1).map(sorted))
def test_no_mail_is_lost_on_the_way_to_the_chart(minutes: list[int]) -> None:
    _, bars = charts.over_time(after(*minutes), clock=clock)
    assert len(bars) <= 12
    assert sum(bar.value for bar in bars) == 2 * len(minutes)


BY_ID = {one.id: one for one in DAY}
PINNED = chosen("pin", BY_ID["strait"], id=3)
MOVED = chosen("move", BY_ID["strait"], "diplomacy", id=4)
DROPPED = chosen("drop", BY_ID["harbor"], id=5)


def drafted(*choices: Choice, reports: tuple[Document, ...] = DAY, room: float = 700.0) -> Preview:
    made = make_edition(
        Material(reports, LAST_DAY, choices=choices), recipe=RECIPE, measure=PlainMeasure(room=room)
    )
    topics = {**made.topics, **gauge([BY_ID["opinion"], BY_ID["stub"]], recipe=RECIPE)}
    titles = {one.id: replace(one, text="") for one in reports}
    statuses = {one.story.id: one.status for one in made.stories.excerpts}
    return Preview(made.edition, b"", 1.0, EVENING, titles, topics, statuses)


def listed(draft: Preview, *active: Choice) -> stories.DraftList:
    desk = OpenEdition("ostra-desk", LAST_DAY, SECTIONS, stories_of(draft.edition))
    return stories.list_stories(draft, active=active, open_edition=desk)


def row(headline: str, draft: Preview, *active: Choice) -> stories.StoryRow:
    (found,) = [one for one in listed(draft, *active).rows if one.headline == headline]
    return found


def test_a_row_says_what_became_of_a_story_why_and_how_likely_it_is_of_each_section() -> None:
    orchids = row(ORCHIDS[0], drafted())
    assert (orchids.became, orchids.why) == ("of no section of this briefing", "")
    opinion = row(OPINION[0], drafted())
    assert (opinion.became, opinion.why, opinion.section) == ("opinion", "", "security")
    strait = row(STRAIT[0], drafted())
    assert strait.became == f"printed in {strait.section}"
    assert [name for name, _ in strait.scores] == sorted(
        SECTIONS, key=lambda name: -dict(strait.scores)[name]
    )
    assert strait.weight is not None
    assert strait.titles == ()
    # A report that is no longer there is not quoted.
    assert [*stories.quoted(opinion, drafted().edition, {})] == []


def test_the_list_has_the_order_of_the_page_and_then_what_an_editor_decided_about() -> None:
    rows = listed(drafted(DROPPED), DROPPED).rows
    assert [one.number for one in rows] == [*range(1, len(rows) + 1)]
    assert [one.top for one in rows[:3]] == [True, False, False]
    assert [one.part for one in rows] == ["printed"] * 3 + ["not printed"] * 4
    assert rows[3].dropped
    assert rows[3].bar == 100 >= max(one.bar for one in rows)
    assert stories.filters_of(rows) == {
        "printed": 3,
        "not printed": 4,
        "left out by an editor": 1,
        "of no section of this briefing": 1,
        "reports left out": 2,
    }
    draft = drafted(room=250.0)
    parts = [one.part for one in listed(draft).rows]
    assert parts.count("in brief") == len(draft.edition.panel.also)
    assert "printed" in parts


def test_decisions_on_a_row_are_those_that_stand_with_why_one_is_not_met() -> None:
    steered = row(STRAIT[0], drafted(PINNED, MOVED), MOVED)
    assert [one.choices for one in steered.decisions] == [(MOVED,)]
    (new,) = row(STRAIT[0], drafted(), PINNED).decisions
    assert new.unmet == "not in this draft yet"
    over = chosen("pin", BY_ID["again"], id=6)
    drop = replace(DROPPED, at=EVENING.replace(hour=19))
    steered = row(HARBOR[0], drafted(over, drop), over, drop)
    first, second = steered.decisions
    assert (first.unmet, second.unmet) == (
        "another choice about the same story takes precedence",
        "",
    )
    assert steered.dropped


def test_an_unprinted_story_keeps_the_title_under_which_it_was_chosen() -> None:
    for name in ("harbor", "again"):
        drop = chosen("drop", BY_ID[name], id=7)
        assert row(BY_ID[name].title, drafted(drop), drop).document == name
    both = (
        chosen("headline", BY_ID["harbor"], id=6),
        chosen("drop", BY_ID["again"], id=7, minute=1),
    )
    assert row(BY_ID["harbor"].title, drafted(*both), *both).dropped


def test_a_story_has_one_row_under_a_title_that_can_be_set() -> None:
    long = replace(BY_ID["strait"], title="x" * 300)
    shown = {one.headline for one in listed(drafted(reports=(long, BY_ID["nickel"]))).rows}
    assert shown == {f"{'x' * 150}…", NICKEL[0]}
    bare = replace(BY_ID["strait"], title="")
    assert {one.headline for one in listed(drafted(reports=(bare,))).rows} == {""}
    draft = drafted(reports=(BY_ID["strait"],))
    assert len({section.name for section in draft.edition.sections if section.briefs}) > 1
    (only,) = listed(draft).rows
    assert only.section in only.became
    elsewhere = replace(draft.edition, sections=without(draft.edition, only.section))
    assert row(STRAIT[0], replace(draft, edition=elsewhere)).section != only.section


def without(edition: Edition, name: str) -> tuple[Section, ...]:
    return tuple(replace(one, briefs=()) if one.name == name else one for one in edition.sections)


@given(st.text(max_size=60))
def test_ids_of_choices_come_back_as_they_were_written_and_any_other_text_is_none(
    text: str,
) -> None:
    assert (ids_in(""), ids_in("3.4")) == ((), (3, 4))
    try:
        numbers = ids_in(text)
    except ValueError:
        return
    assert ".".join(map(str, numbers)) == ".".join(str(int(one)) for one in text.split(".") if one)


@given(st.text(max_size=30))
def test_the_place_of_a_row_can_stand_in_an_address_whatever_the_id_is(name: str) -> None:
    assert stories.key_of(name).isalnum()
    assert stories.key_of(name).isascii()


def test_a_channel_is_named_and_what_it_refused_is_sent_again(session: Seated) -> None:
    web, at = session.web, session.web.clock()
    edition = keep_edition(web, TODAY)
    with web.store.write() as tx:
        hours = timedelta(hours=9)
        deliveries.release(
            tx, edition, at=at, life=hours, due=lambda _: None, channels=("press-room",)
        )
        (own,) = deliveries.of(tx, edition)
        refused = "Slack answers 404 (at the channel)"
        claims.settle_all(tx, [Settlement(own.id, DeliveryStatus.REFUSED, at, refused)])
    shown = session.page("/admin/deliveries")
    assert "channel press-room" in shown
    assert refused in shown
    assert "1 message: " in shown
    assert "<summary>1 channel</summary>" in shown
    (cause,) = re.findall(r'name="cause" value="([^"]*)"', shown)
    again = {"day": f"{TODAY}", "cause": cause}
    assert "1 channel: " in session.post("/admin/deliveries/again", again).text
    assert "1 message will be sent again" in session.confirm("/admin/deliveries/again", again)
    assert statuses(session, edition) == {DeliveryStatus.DUE: 1}

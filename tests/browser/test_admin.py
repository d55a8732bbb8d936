from datetime import date, timedelta
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from briefing.app.rounds.runs import RunRequests
from briefing.core.model import Choice, DeliveryStatus, Step
from tests.browser.house import PLAIN, findings, looks, seat
from tests.newsday import HARBOR, HARBOR_AGAIN, ORCHIDS, RIVER, STRAIT
from tests.small_day import DAY
from tests.waiting import wait_for
from tests.web.admin.rounds import add_source, keep_edition, ran, settle
from tests.web.admin.sessions import seated
from tests.web.admin.sourcing import PAPER, sourcing
from tests.web.admin.steering import PATH, Steering, steering
from tests.web.served import OTHER, READER, printing, served

pytestmark = pytest.mark.slow


def chosen_headlines(at: Steering) -> list[str]:
    return [one.headline for one in at.active if one.action == "headline"]


def test_by_forms_alone_an_editor_does_everything(tmp_path: Path, browser: Browser) -> None:
    with steering(tmp_path, web=PLAIN) as at:
        page = seat(browser, at.session, PATH, java_script_enabled=False)
        expect(page.get_by_role("heading", level=1)).to_have_text("Tomorrow’s edition")
        at.web.clock.at += timedelta(minutes=1)
        # What no section wants is found, and printed in one.
        page.get_by_text("Find a story").click()
        page.get_by_label("Words in a headline").fill("orchid")
        page.keyboard.press("Enter")
        expect(page.get_by_text("1 found")).to_be_visible()
        page.get_by_role("button", name="Security: ").press("Enter")
        expect(page.get_by_role("status")).to_contain_text("is printed in security.")
        assert ORCHIDS[0] in at.printed
        page.get_by_role("button", name="Undo: Moved to security and pinned by ada").press("Enter")
        expect(page.get_by_role("status")).to_contain_text("Undone, and laid out again.")
        assert len(at.active) == 0
        page.get_by_role("link", name="All stories").press("Enter")
        # A story opens; it leads, another is left out, and one has another of its titles.
        page.get_by_role("link", name=RIVER[0]).press("Enter")
        expect(page.locator("mark").first).to_be_visible()
        expect(page.locator(".keyed, kbd:visible")).to_have_count(0)
        page.get_by_role("button", name="Lead", exact=False).press("Enter")
        expect(page.get_by_role("status")).to_contain_text(f"“{RIVER[0]}” is printed in diplomacy.")
        assert at.top == RIVER[0]
        page.get_by_role("link", name=STRAIT[0]).press("Enter")
        page.get_by_role("button", name="Leave out").press("Enter")
        expect(page.get_by_role("status")).to_contain_text("is left out by an editor.")
        assert STRAIT[0] not in at.printed
        page.locator(".head a", has_text="erth").first.press("Enter")
        page.get_by_text("Other headline").click()
        page.get_by_role("button", name="Headline: ").press("Enter")
        expect(page.get_by_role("status")).to_contain_text("is printed in security.")
        (chosen,) = chosen_headlines(at)
        assert chosen in {HARBOR[0], HARBOR_AGAIN[0]} & {*at.printed}


def focused(page: Page) -> str:
    """Return the headline of the story that has the keyboard."""
    return str(
        page.evaluate("document.activeElement.closest('li').querySelector('.head a').innerText")
    )


def test_one_key_does_each_thing_and_the_page_follows(tmp_path: Path, browser: Browser) -> None:
    with steering(tmp_path, web=PLAIN) as at:
        page = seat(browser, at.session, PATH)
        keys, alive = page.keyboard, page.locator(".live")
        expect(page.locator("#keys")).to_be_visible()
        page.evaluate("window.same = true")
        shown = page.locator(".proofsheet img")
        wait_for(lambda: shown.evaluate("image => image.naturalWidth > 0"))
        first = shown.get_attribute("src")
        at.web.clock.at += timedelta(minutes=1)
        # A letter means nothing before the list is reached.
        keys.press("x")
        assert focused_after(page, "ArrowDown") == at.top
        second = focused_after(page, "j")
        keys.press("l")
        expect(alive).to_contain_text(f"“{second}” is printed in")
        assert at.top == focused(page) == second
        red = page.locator(".decided").first
        assert red.evaluate("one => getComputedStyle(one).fontWeight") == "600"
        assert shown.get_attribute("src") != first
        keys.press("Enter")
        expect(page.locator("mark").first).to_be_visible()
        keys.press("x")
        expect(alive).to_contain_text(f"“{second}” is left out by an editor.")
        assert second not in at.printed
        keys.press("p")
        expect(alive).to_contain_text(f"“{second}” is printed in")
        at.web.clock.at += timedelta(minutes=1)
        keys.press("3")
        expect(alive).to_contain_text("is printed in diplomacy.")
        # As often as there is something to undo.
        while before := at.active:
            at.web.clock.at += timedelta(minutes=1)
            keys.press("u")
            wait_for(partial(changed, at, before))
        expect(page.locator("[value=last]")).to_have_count(0)
        keys.press("/")
        keys.type("jjx")
        assert page.locator("#q").input_value() == "jjx"
        keys.press("Escape")
        assert focused(page) == second
        keys.press("?")
        expect(page.locator("#keys")).to_be_focused()
        # Another of the titles: the story opens by itself.
        while "erth" not in focused_after(page, "k"):
            pass
        keys.press("h")
        expect(page.get_by_role("button", name="Headline: ")).to_be_focused()
        keys.press("Enter")
        expect(alive).to_contain_text("is printed in security.")
        assert len(chosen_headlines(at)) == 1
        assert page.evaluate("window.same")
        assert findings(page) == []


def test_the_first_draft_comes_by_itself_and_a_pressed_button_keeps_the_keyboard(
    tmp_path: Path, browser: Browser
) -> None:
    with steering(tmp_path, web=PLAIN) as at:
        at.drafts.slow = True
        page = seat(browser, at.session, PATH)
        expect(page.get_by_text("The first draft is being laid out")).to_be_visible()
        page.evaluate("window.same = true")
        at.drafts.slow = False
        expect(page.locator("#keys")).to_be_visible()
        at.web.clock.at += timedelta(minutes=1)
        pressed = page.get_by_role("button", name=f"Economy: {RIVER[0]}", exact=True)
        pressed.press("Enter")
        expect(page.locator(".live")).to_contain_text("is printed in economy.")
        expect(pressed).to_be_focused()
        layout = page.get_by_role("button", name="Update layout")
        layout.press("Enter")
        wait_for(lambda: at.drafts.made > 2)
        expect(layout).to_be_focused()
        # What is pressed and then gone leaves the keyboard at the top of the page.
        page.get_by_role("button", name="Undo last change").press("Enter")
        expect(page.locator(".live")).to_contain_text("Undone")
        expect(page.locator("main")).to_be_focused()
        assert page.evaluate("window.same")


def changed(at: Steering, before: tuple[Choice, ...]) -> bool:
    return at.active != before


def focused_after(page: Page, key: str) -> str:
    page.keyboard.press(key)
    return focused(page)


def test_two_editors_at_once_are_told_of_each_other(tmp_path: Path, browser: Browser) -> None:
    with steering(tmp_path, web=PLAIN) as at:
        hers, his = (seat(browser, at.session, PATH) for _ in range(2))
        for page, key in ((hers, "x"), (his, "l")):
            page.get_by_role("link", name=RIVER[0]).focus()
            page.keyboard.press(key)
            expect(page.locator(".message")).to_be_visible()
        expect(hers.locator(".message")).to_contain_text("is left out by an editor.")
        expect(his.get_by_role("alert")).to_contain_text("Left out by ada")
        assert [one.action for one in at.active] == ["drop"]
        assert findings(his) == []


def test_nobody_is_kept_out_of_tomorrow_and_a_phone_has_a_link(
    tmp_path: Path, browser: Browser
) -> None:
    with steering(tmp_path, web=PLAIN) as at:
        at.place(ORCHIDS[0], "security")
        at.press("drop", RIVER[0])
        page = seat(browser, at.session, PATH)
        page.locator(".head a").first.click()
        page.get_by_text("Other headline").click()
        picture, stories = page.locator(".proofsheet img"), page.locator(".stories")
        widths = list[float]()
        for wide in looks(page):
            expect(page.get_by_role("link", name="PDF", exact=True)).to_be_visible()
            if wide < 680:
                expect(picture).to_be_hidden()
                continue
            box, last = picture.bounding_box(), stories.bounding_box()
            assert box is not None
            assert last is not None
            widths.append(box["width"])
            # Beside the stories from 1,000 pixels on, below them before that.
            assert (box["y"] < last["y"] + last["height"]) is (wide >= 1000)
        assert min(widths) >= 380


TODAY = date(2026, 3, 12)


def click(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def test_the_week_is_asked_undone_and_then_reviewed(tmp_path: Path, browser: Browser) -> None:
    requests = RunRequests()
    pdf = b"%PDF-1.7 of the week"
    with served(tmp_path, web=PLAIN, requests=requests, review=lambda _: pdf) as web:
        keep_edition(web, TODAY)
        web.add()
        page = seat(browser, seated(web), "/admin")
        page.get_by_text("Steps of today").click()
        click(page, "Review the week")
        heading = page.get_by_role("heading", level=1)
        expect(heading).to_have_text("Review the week to Thursday 12 March 2026?")
        expect(page.get_by_text("mailed to 1 reader")).to_be_visible()
        expect(page.get_by_role("link", name="Preview as PDF")).to_be_visible()
        assert findings(page) == []
        assert requests.take(0) == ()
        click(page, "Publish the review")
        # The page follows in place, and the keyboard stays where it is.
        page.get_by_role("button", name="Undo").focus()
        page.evaluate("window.stays = true")
        web.later(seconds=20)
        expect(page.get_by_text("Done in 40 seconds")).to_be_visible()
        expect(page.get_by_role("button", name="Undo")).to_be_focused()
        assert page.evaluate("window.stays")
        assert findings(page) == []
        page.get_by_role("link", name="Stop auto-refresh").click()
        expect(page.get_by_text("unless it is undone")).to_be_visible()
        assert findings(page) == []
        click(page, "Undo")
        expect(page.get_by_text("Canceled.")).to_be_visible()
        web.later(minutes=2)
        page.reload()
        assert requests.take(0) == ()
        page.goto("/admin")
        page.get_by_text("Steps of today").click()
        click(page, "Review the week")
        click(page, "Publish the review")
        web.later(minutes=1)
        # the page loads again by itself
        expect(page.get_by_text("Under way")).to_be_visible()
        assert requests.take(0) == ((Step.WEEK, None, ""),)
        web.later(minutes=2)
        ran(web, Step.WEEK, ago=1, figures={"printed": 4, "stories": 9, "full": 98})
        expect(page.get_by_text("stories: 4 of 9, page 98% full")).to_be_visible()


def test_nobody_is_kept_out_of_today_the_mails_their_help_and_the_log(
    tmp_path: Path, browser: Browser
) -> None:
    with printing(tmp_path, web=PLAIN, requests=RunRequests()) as (web, newsroom):
        newsroom.first()
        edition = newsroom.second().stored
        web.clock.at = edition.made + timedelta(hours=1)
        add_source(web, "Sahel Matin", fresh=[4, None, None])
        settle(web, edition.id, READER, DeliveryStatus.HELD)
        settle(web, edition.id, OTHER, DeliveryStatus.REFUSED, reason="550 5.1.1 no such user")
        page = seat(browser, seated(web), "/admin")
        for path in ("", "/deliveries", "/help/editors.md", "/log"):
            page.goto(f"/admin{path}")
            for fold in page.locator("main details").all():
                fold.evaluate("one => one.open = true")
            assert len([*looks(page)]) == 8
        # What is inside a place, help and one's own are two clicks away without any script.
        page.goto("/admin")
        expect(page.get_by_role("heading", level=1)).to_have_text(
            "Today’s edition went out at 20:00"
        )
        page.get_by_role("link", name="see why").click()
        expect(page.get_by_text("1 mail: unknown address")).to_be_visible()
        page.get_by_role("link", name="Help", exact=True).click()
        expect(page.get_by_role("heading", name="Deliveries", exact=True)).to_be_in_viewport()
        page.locator(".me summary").click()
        click(page, "Sign out")
        page.wait_for_url("**/admin/sign-in*")


def test_a_source_is_added_changed_and_paused_by_keys(tmp_path: Path, browser: Browser) -> None:
    with sourcing(tmp_path, web=PLAIN) as at:
        page = seat(browser, at.session, "/admin/sources")
        page.get_by_label("Address", exact=True).fill("no address at all")
        page.keyboard.press("Enter")
        expect(page.get_by_role("alert")).to_contain_text("This address cannot be added.")
        assert findings(page) == []
        page.get_by_role("link", name="This address cannot be added.").press("Enter")
        expect(page.get_by_label("Address", exact=True)).to_be_focused()
        page.get_by_label("Address", exact=True).fill(at.news.url("/"))
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_have_text(PAPER)
        expect(page.get_by_text(DAY[0]["title"])).to_be_visible()
        assert findings(page) == []
        page.get_by_text("Publisher, language, weight").press("Enter")
        page.get_by_label("Owner of the publisher").fill("Meridian")
        page.get_by_label("Weight").select_option("2, double")
        page.get_by_role("button", name="Add this source").press("Enter")
        expect(page.get_by_text("Added. It will be checked at the next fetch.")).to_be_visible()
        expect(page.get_by_label("Weight")).to_have_value("2")
        page.get_by_role("button", name="Pause").press("Enter")
        expect(page.get_by_role("button", name="Resume")).to_be_visible()
        page.get_by_role("button", name="Remove").press("Enter")
        page.get_by_role("button", name="Remove this source").press("Enter")
        expect(page.get_by_text("unless it is undone")).to_be_visible()


def test_a_list_is_brought_and_taken_away(tmp_path: Path, browser: Browser) -> None:
    file = tmp_path / "feeds.opml"
    file.write_text(
        '<opml><body><outline text="Alder" xmlUrl="https://alder.example/rss"/>'
        '<outline text="No address"/></body></opml>'
    )
    with sourcing(tmp_path, web=PLAIN) as at:
        page = seat(browser, at.session, "/admin/sources", color_scheme="dark")
        page.get_by_label("OPML file").set_input_files(file)
        page.get_by_role("button", name="Preview the list").press("Enter")
        expect(page.get_by_text("No address: no address (xmlUrl)")).to_be_visible()
        assert findings(page) == []
        page.get_by_role("button", name="Add 1 source").press("Enter")
        expect(page.get_by_text("Sources added.")).to_be_visible()
        with page.expect_download() as waiting:
            page.get_by_role("link", name="Download the list").click()
        assert "https://alder.example/rss" in waiting.value.path().read_text()


def test_nobody_is_kept_out_of_the_sources(tmp_path: Path, browser: Browser) -> None:
    with sourcing(tmp_path, web=PLAIN) as at:
        url = add_source(at.web, "Aare Post", fresh=[3, 0, None, 2])
        add_source(at.web, "Sahel Matin", fresh=[None, None])
        page = seat(browser, at.session, "/admin/sources")
        for path in ("/admin/sources", at.path(url), at.tried(at.news.url("/"))):
            page.goto(path)
            assert len([*looks(page)]) == 8

"""New stories that several publishers report and a list names, and the budget of mails on them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from briefing.core.model import Document, Edition, Material, WatchEntry, WatchList
from briefing.core.text.watch import Matcher
from briefing.core.text.watch_alerts import OF_READER, OF_SOURCE, WatchAlert, find_alerts, is_spent
from tests.desk import OPINION, day_before
from tests.newsday import HARBOR, HARBOR_AGAIN, NICKEL, STRAIT, STRAIT_NEXT, TODAY, report

COURIER = report("harbor", HARBOR)
POST = report("again", HARBOR_AGAIN, publisher="Kalvik Post")
OSTRA = WatchEntry("Port Ostra", ("harbor",))


def found(
    *reports: Document,
    lists: Sequence[WatchList] = (),
    least: int = 2,
    before: Sequence[Edition] = (),
) -> list[tuple[str, int, tuple[str, ...], list[str]]]:
    """Return list, publishers, entries and reports of each alert."""
    own = lists or [WatchList("coast", (OSTRA, WatchEntry("Norvian")), alert=least)]
    alerts: tuple[WatchAlert, ...] = find_alerts(
        Material(reports, TODAY, before=before),
        watch=Matcher.of(own),
        known={},
        language="en",
        window=timedelta(hours=72),
    )
    return [
        (one.list.name, one.publishers, one.entries, sorted(x.id for x in one.story.documents))
        for one in alerts
    ]


def test_enough_publishers_of_their_own_must_name_it() -> None:
    both = ("coast", 2, ("Norvian", "Port Ostra"), ["again", "harbor"])
    assert found(COURIER, POST) == [both]
    assert found(COURIER) == []
    assert found(COURIER, POST, least=3) == []
    assert found(COURIER, least=1) == [("coast", 1, ("Norvian", "Port Ostra"), ["harbor"])]
    assert found(COURIER, report("copied", HARBOR, publisher="Wire Meridian", hour=9)) == []
    owned = [replace(one, owner="Ostra Group") for one in (COURIER, POST)]
    assert found(*owned) == []
    lists = [WatchList("coast", (WatchEntry("Lena Oster"),), alert=1)]
    assert found(COURIER, POST, lists=lists) == [("coast", 1, ("Lena Oster",), ["again"])]
    assert found(COURIER, report("opinion", OPINION, publisher="Sund Mail")) == []
    assert found(COURIER, replace(POST, language="fr")) == []
    _, text = HARBOR
    late = f"{'The council sat for hours over its minutes. ' * 40}{text}"
    assert found(report("late", ("Minutes of a council", late)), least=1) == []


def test_lists_alert_for_what_is_new() -> None:
    yesterday = day_before(report("strait", STRAIT))
    lists = [WatchList("straits", (WatchEntry("Serrat"),), alert=1)]
    news = report("strait-next", STRAIT_NEXT, day=TODAY)
    assert found(news, lists=lists, before=[yesterday]) == []
    assert found(news, lists=lists) != []
    lists = [
        WatchList("metal", (WatchEntry("nickel"),), alert=1),
        WatchList("coast", (OSTRA,), alert=2),
        WatchList("both", (OSTRA, WatchEntry("smelter")), alert=1),
    ]
    names = [one[0] for one in found(COURIER, POST, report("n", NICKEL), lists=lists)]
    assert names == ["metal", "coast", "both", "both"]
    assert found() == []
    assert found(report("n", NICKEL), least=1) == []


def test_sources_and_readers_have_budgets() -> None:
    before = [("flood", "ann")] * OF_SOURCE
    assert not is_spent(before[1:], source="flood", reader="ann")
    assert is_spent(before, source="flood", reader="ann")
    assert not is_spent(before, source="flood", reader="bo")
    assert not is_spent(before, source="post", reader="ann")
    assert not is_spent([("", "ann")] * OF_SOURCE, source="", reader="ann")
    before = [(f"source {number}", "ann") for number in range(OF_READER)]
    assert not is_spent(before[1:], source="other", reader="ann")
    assert is_spent(before, source="other", reader="ann")
    assert is_spent(before, source="", reader="ann")

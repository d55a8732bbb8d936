"""The lists of feeds that a first morning offers."""

from importlib import resources

from briefing.sources.opml import read_opml
from briefing.sources.starters import starter_lists


def test_lists_name_eight_publishers_and_no_address_twice() -> None:
    lists = starter_lists()
    assert [region.key for region in lists] == ["europe", "africa", "asia"]
    for region in lists:
        assert len(region.sources) >= 10
        assert all(source.url.startswith("https://") for source in region.sources)
        assert all(source.name and source.language == "en" for source in region.sources)
    for region in starter_lists():
        content = resources.files("briefing.sources.starters").joinpath(f"{region.key}.opml")
        read = read_opml(content.read_bytes())
        assert not read.notes
        assert not read.lost
    for region in starter_lists():
        assert len({source.name for source in region.sources}) >= 8

"""A small invented news day on disk, and what the tests of the shell ask of a run."""

import gzip
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from briefing.cli import DONE, run
from briefing.press.readback import read_back
from tests.plain_press import printing

Line = Mapping[str, Any]

RATE: Line = {
    "id": "rate",
    "url": "https://ostra-courier.example/economy/rate",
    "source": "Ostra Courier",
    "title": "Central bank of Ostra raises its key rate to 4.5 per cent",
    "published": "2026-03-11T06:00:00Z",
    "text": (
        "The central bank of Ostra raised its key interest rate by half a point to 4.5 per cent "
        "on Tuesday, the third increase since September, and said inflation would stay above its "
        "target until next year.\n\n"
        "Consumer prices rose 6.1 per cent in February from a year earlier, led by bread and "
        "heating oil, according to the statistics office. Banks in the capital raised mortgage "
        "rates within hours of the decision.\n\n"
        '"We will do what is needed to bring prices under control," Governor Ilse Brandt said '
        "at a news conference. The bank meets again on 14 April to set the rate for the second "
        "quarter, and most economists and the International Monetary Fund expect another "
        "increase.\n\n"
        "The currency gained 0.8 per cent against the euro, its best day in a month, while "
        "shares of exporters fell.\n"
    ),
}
PATROL: Line = {
    "id": "patrol",
    "url": "https://kalvik-post.example/security/patrol",
    "source": "Kalvik Post",
    "title": "Navy of Kalvik finds two mines near the Sarn shipping lane",
    "published": "2026-03-11T08:30:00Z",
    "text": (
        "A navy minesweeper destroyed two drifting mines near the Sarn shipping lane before dawn "
        "on Wednesday, the ministry of defense of Kalvik said, and tankers were told to keep 12 "
        "miles off the coast.\n\n"
        "The mines were of an old type laid during the last war, and nobody was hurt. A frigate "
        "and 40 divers will search the rest of the lane this week.\n\n"
        "Insurers doubled the war-risk premium for the strait after the second find. Rebels on "
        "the far shore denied that they had laid any mines and accused the army of shelling two "
        "fishing villages.\n"
    ),
}
TREATY: Line = {
    "id": "treaty",
    "url": "https://wire-meridian.example/world/treaty",
    "source": "Wire Meridian",
    "title": "Three river states agree to meet in Lund over the upper dam",
    "published": "2026-03-11T10:15:00Z",
    "text": (
        "Foreign ministers of the three river states agreed on Wednesday to meet in Lund on 23 "
        "March to negotiate a treaty on how much water the upper dam may hold back in a dry "
        "year.\n\n"
        "The talks broke off in October when the ambassador of the lowest state was called home. "
        "Envoys of the United Nations carried two drafts between the capitals during the "
        "winter.\n\n"
        '"A treaty is within reach if all three sides want it," Foreign Minister Jonas Okoro '
        "told reporters after the call. Under the present draft the upper state would release "
        "300 million cubic meters between June and August.\n"
    ),
}
PATROL_AGAIN: Line = {
    "id": "patrol-again",
    "url": "https://ostra-courier.example/world/mines",
    "source": "Ostra Courier",
    "title": "Minesweeper destroys drifting mines off Kalvik",
    "published": "2026-03-11T09:10:00Z",
    "text": (
        "Two drifting mines were destroyed off Kalvik by a navy minesweeper on Wednesday, and "
        "the ministry of defense closed part of the Sarn shipping lane to tankers.\n\n"
        "Shipping agents in Sarn said nine tankers were waiting at anchor by noon for the divers "
        "to finish. The ministry of defense expects the search of the lane to last until Sunday, "
        "and a second minesweeper is on its way from the north.\n"
    ),
}
DAY: tuple[Line, ...] = (RATE, PATROL, TREATY, PATROL_AGAIN)


def write_lines(path: Path, lines: Iterable[Line]) -> Path:
    """Write JSON lines, gzipped when the name says so."""
    text = "".join(json.dumps(line) + "\n" for line in lines).encode()
    path.write_bytes(gzip.compress(text) if path.suffix == ".gz" else text)
    return path


def later(lines: Iterable[Line], *, day: str) -> list[Line]:
    """Return the lines as published on another day, under other ids."""
    return [
        {**line, "id": f"{line['id']}-{day}", "published": f"{day}T07:00:00Z"} for line in lines
    ]


def briefing(*words: object) -> int:
    """Run a command in this process."""
    return run([str(word) for word in words])


def make_all(folder: Path, source: object, *further: object) -> int:
    """Make a page with every kind of output, named page.* and sources.jsonl."""
    return briefing(
        *("make", source, "-o", folder / "page.pdf", "--html", folder / "page.html"),
        *("--text", folder / "page.txt", "--json", folder / "page.json"),
        *("--save-sources", folder / "sources.jsonl", *further),
    )


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make the small day once, with every kind of output; nobody may change it."""
    folder = tmp_path_factory.mktemp("made")
    with printing(plain=False):
        assert make_all(folder, write_lines(folder / "day.jsonl", DAY)) == DONE
    return folder


def assert_refused(capsys: pytest.CaptureFixture[str], *holds: str) -> None:
    """Assert that a command said one line on standard error, with these words, and no more."""
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("briefing: ")
    assert err.count("\n") == 1
    assert "internal error" not in err
    for words in holds:
        assert words in err


def assert_whole(pdf: Path) -> None:
    """Assert that a file is a PDF of exactly one page that holds text."""
    content = pdf.read_bytes()
    assert content.startswith(b"%PDF-")
    printed = read_back(content)
    assert printed.pages == 1
    assert printed.text.strip()

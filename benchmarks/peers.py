"""The same feeds made into a PDF by us and by goosepaper, the best known program of the kind."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tarfile
import tempfile
import urllib.request
from collections import defaultdict
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pikepdf

from benchmarks.starting import BRIEFING, Cost, cost_of
from briefing.core.model import Document
from briefing.sources.files import read
from tests.newsserver import RSS, News, NewsServer, give, page, rss

DAY = Path(__file__).parents[1] / "examples" / "2026-03-12"
PEER = "goosepaper==0.7.0"
#: It takes no more of a feed.
ITEMS = 5
#: Each makes its page so often; the least time counts.
ROUNDS = 2
#: As its command does, but for the tablet it can send to, whose library is in no index; in that of
#: its styles which fetches no fonts.
_GOOSEPAPER = """
from goosepaper.goosepaper import Goosepaper
from goosepaper.util import construct_story_providers_from_config_dict, load_config_file

stories = construct_story_providers_from_config_dict(load_config_file("goosepaper.json"))
Goosepaper(story_providers=stories).to_pdf("theirs.pdf", font_size=14, style="Academy")
"""
_SETTINGS = """
name = "World Desk"
[collect]
allow_hosts = ["127.0.0.1"]
allow_ports = [{port}]
delay = 0.0
"""


def bench() -> list[dict[str, Any]]:
    """Return what both took for the reports of the example day, and what they made of them."""
    with tempfile.TemporaryDirectory() as name, NewsServer() as news:
        folder = Path(name)
        feeds = _serve(news)
        (folder / "briefing.toml").write_text(_SETTINGS.format(port=news.port), encoding="utf-8")
        stories = [{"provider": "rss", "config": {"rss_path": url}} for url in feeds]
        python, peer = _installed(folder)
        (peer / "goosepaper.json").write_text(json.dumps({"stories": stories}), encoding="utf-8")
        ours, theirs = [], []
        for _ in range(ROUNDS):
            ours.append(cost_of(folder, BRIEFING, "make", *feeds, "-o", "ours.pdf"))
            theirs.append(cost_of(peer, _GOOSEPAPER, python=python, path=peer))
        return [
            _row("briefing", ours, folder / "ours.pdf"),
            _row("goosepaper 0.7.0", theirs, peer / "theirs.pdf"),
        ]


def _row(case: str, costs: list[Cost], pdf: Path) -> dict[str, Any]:
    with pikepdf.open(pdf) as made:
        pages = len(made.pages)
    return {
        "case": case,
        "seconds": round(min(cost.seconds for cost in costs), 2),
        "cpu_seconds": round(min(cost.cpu for cost in costs), 2),
        "peak_mb": round(max(cost.memory for cost in costs)),
        "pages": pages,
        "bytes": pdf.stat().st_size,
    }


def _serve(news: NewsServer) -> list[str]:
    """Serve the day as a feed for every few reports of a publisher; return their addresses."""
    reports: dict[str, list[Document]] = defaultdict(list)
    for document in read([str(DAY)]).documents:
        # The other cannot read what has no date.
        if document.published:
            reports[document.publisher].append(document)
    parts = [
        listed[first : first + ITEMS]
        for listed in reports.values()
        for first in range(0, len(listed), ITEMS)
    ]
    return [_feed(news, number, part) for number, part in enumerate(parts)]


def _feed(news: NewsServer, number: int, reports: list[Document]) -> str:
    items = []
    for place, report in enumerate(reports):
        path = f"/{number}/{place}"
        news.at(path, give(page(report.title, report.text.split("\n\n"))))
        assert report.published  # noqa: S101  see above
        published = format_datetime(report.published)
        items.append(News(report.title, news.url(path), published=published))
    news.at(f"/{number}", give(rss(items, title=reports[0].publisher), RSS))
    return news.url(f"/{number}")


def _installed(folder: Path) -> tuple[str, Path]:
    """Install what the peer needs beside it; return the Python, and where its modules are.

    It cannot be installed itself: its archive lacks a file that its setup reads.

    Raises:
        RuntimeError: the index does not have it, or not what it needs.
    """
    python = folder / "env" / "bin" / "python"
    _run(sys.executable, "-m", "venv", str(folder / "env"))
    # The address of the archive, of whichever index this machine uses.
    log = _run(str(python), "-m", "pip", "download", "-vvv", "--no-deps", PEER, wrong=True)
    name = PEER.replace("==", "-")
    match = re.search(rf"Found link (\S+/{re.escape(name)}\.tar\.gz)", log)
    if not match:
        raise RuntimeError(f"{PEER}: not in the package index")
    archive = folder / "peer.tar.gz"
    urllib.request.urlretrieve(match[1], archive)  # noqa: S310  of the index
    with tarfile.open(archive) as packed:
        packed.extractall(folder, filter="data")
    needs = (folder / name / "goosepaper.egg-info" / "requires.txt").read_text().split()
    _run(str(python), "-m", "pip", "install", "-q", *needs)
    return str(python), folder / name


def _run(*words: str, wrong: bool = False) -> str:
    """Return what a command prints; ``wrong``: it may fail."""
    done = subprocess.run(words, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode and not wrong:
        raise RuntimeError(f"{' '.join(words[:4])}: {done.stderr[-300:]}")
    return done.stdout + done.stderr

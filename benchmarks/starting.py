"""What a command costs before and while it works: CPU and memory of whole processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.news import make_documents

#: Runs of each process; the least is taken, for all else is what the machine did beside it.
_RUNS = 3
#: Articles of which pages are made.
_ARTICLES = 11
#: The command line.
BRIEFING = "from briefing.cli import main; main()"
#: What `operators list` cannot do without: options, and a database.
_LIBRARIES = "import sqlalchemy, typer"
#: The least that makes a page of an article: sumy's LexRank, and one render of what it chose.
#: sumy's own tokenizer would ask for a download.
_PLAIN_PAGE = r"""
import re, sys
from html import escape
from pathlib import Path
from sumy.nlp.stemmers import Stemmer
from sumy.parsers.plaintext import PlaintextParser
from sumy.summarizers.lex_rank import LexRankSummarizer
from sumy.utils import get_stop_words
from weasyprint import HTML

class Tokenizer:
    def to_sentences(self, text):
        return re.split(r"(?<=[.!?])\s+", text)

    def to_words(self, sentence):
        return re.findall(r"\w+", sentence)

article, page = sys.argv[1:]
summarizer = LexRankSummarizer(Stemmer("english"))
summarizer.stop_words = get_stop_words("english")
parsed = PlaintextParser.from_string(Path(article).read_text("utf-8"), Tokenizer())
chosen = [escape(str(sentence)) for sentence in summarizer(parsed.document, 5)]
HTML(string="<h1>Briefing</h1><p>" + "<p>".join(chosen)).write_pdf(page)
"""

#: Starts a program and prints what it took. A process counts as memory of its own what the one had
#: that started it, so a small one does.
_MEASURE = """
import json, os, sys, time
quiet = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
began = time.perf_counter()
pid = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ, file_actions=quiet)
_, status, used = os.wait4(pid, 0)
seconds = time.perf_counter() - began
print(json.dumps([seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024]))
sys.exit(os.waitstatus_to_exitcode(status))
"""


@dataclass(frozen=True, slots=True)
class Cost:
    """What a process took."""

    #: Seconds by the clock.
    seconds: float
    #: Seconds of CPU.
    cpu: float
    #: The most memory it held, in MB.
    memory: float


def bench() -> list[dict[str, Any]]:
    """Return CPU over that of the least that would do, and the most memory held."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "briefing.toml").write_text('name = "World Desk"\n', encoding="utf-8")
        # The first run makes the store.
        cost_of(folder, BRIEFING, "operators", "list")
        return [
            _row(
                "operators list / imports",
                _least(folder, BRIEFING, "operators", "list"),
                _least(folder, _LIBRARIES),
            ),
            *_made(folder),
        ]


def _made(folder: Path) -> Iterator[dict[str, Any]]:
    """Yield the median of some articles, and the one that takes longest."""
    rows = []
    for number, document in enumerate(make_documents(2 * _ARTICLES)[::2]):
        article = folder / f"{number}.txt"
        article.write_text(f"{document.title}\n\n{document.text}", encoding="utf-8")
        ours = cost_of(folder, BRIEFING, "make", str(article), "-o", "ours.pdf")
        plain = cost_of(folder, _PLAIN_PAGE, str(article), "plain.pdf")
        rows.append(_row("", ours, plain))
    rows.sort(key=lambda row: float(row["ratio"]))
    yield rows[_ARTICLES // 2] | {"case": "make, median / LexRank, render"}
    yield rows[-1] | {"case": "make, longest / LexRank, render"}


def _row(case: str, ours: Cost, least: Cost) -> dict[str, Any]:
    return {
        "case": case,
        "ratio": round(ours.cpu / least.cpu, 2),
        "seconds": round(ours.cpu, 2),
        "least_seconds": round(least.cpu, 2),
        "megabytes": round(ours.memory),
        "least_megabytes": round(least.memory),
    }


def _least(folder: Path, program: str, *words: str) -> Cost:
    costs = [cost_of(folder, program, *words) for _ in range(_RUNS)]
    return Cost(
        min(cost.seconds for cost in costs),
        min(cost.cpu for cost in costs),
        max(cost.memory for cost in costs),
    )


def cost_of(
    folder: Path,
    program: str,
    *words: str,
    python: str = sys.executable,
    path: Path = Path(__file__).parents[1],
) -> Cost:
    """Run a Python program and whatever it starts.

    Args:
        folder: where it runs.
        program: its source.
        words: its arguments.
        python: what runs it.
        path: where its modules are, beside those that are installed.

    Raises:
        RuntimeError: it failed.
    """
    done = subprocess.run(  # noqa: S603  ourselves
        [sys.executable, "-S", "-c", _MEASURE, python, "-c", program, *words],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(path)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{program[:60]!r} {words}: {done.stderr[-300:]}")
    return Cost(*json.loads(done.stdout))

import io
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest

from benchmarks import accuracy
from benchmarks.__main__ import main
from benchmarks.accuracy_page import page_of
from benchmarks.accuracy_tables import Row
from briefing.core.model import BounceKind
from briefing.core.text.segment import split
from briefing.mail.bounce import IncomingKind, Verdict
from briefing.mail.report import Recipient
from tests.small_day import DAY, PATROL, RATE, TREATY, Said, write_lines

HEADS = [
    "# How accurate it is", "## What these numbers mean for a reader", "## All measures",
    "## Which sentences are chosen", "## What is printed of a day", "## Whether it can be read",
    "## How reports become stories", "## Which section", "### Sentences, five-fold",
    "### Sentences of a kind never learned", "### Stories of the labeled days, never learned",
    "## The printed pages", "## Where it fails", "## Model cards",
]  # fmt: skip
STORIES = {"rate": "rate", "patrol": "mines", "treaty": "dam", "patrol-again": "mines"}
#: The reader's section and importance; the treaty is said to belong elsewhere than it stands.
LABELS = """\
day\tid\tstory\tsection\tkind\timportance
2026-03-11\trate\trate-rise\teconomy\tnews\t3
2026-03-11\tpatrol\tmines\tsecurity\tnews\t3
2026-03-11\tpatrol-again\tmines\tsecurity\tnews\t2
2026-03-11\ttreaty\tupper-dam\teconomy\tnews\t2
2026-03-11\tabsent\tlost-ferry\teconomy\tnews\t3
"""
#: The folders of labeled days, with the one day of each.
LABELED = {"days": "2026-03-11", "days3": "2026-03-12", "kinds": "2026-03-13"}
UNMEASURED = tuple("extraction feeds robots summaries/noisy stories/days8 held-out".split())


def reading() -> list[dict[str, Any]]:
    """Label two reports of each half: nothing is needed but by the last sentence."""
    return [
        {
            "id": f"{line['id']}-{number}",
            "title": line["title"],
            "text": line["text"],
            "spans": spans,
            "readers": [
                {
                    "needs": [*([] for _ in spans[1:]), [-1]],
                    "kind": ["news"] * len(spans),
                    "lead": [1] * len(spans),
                }
            ],
        }
        for number in range(2)
        for line in (RATE, PATROL)
        for spans in [split(str(line["text"]))]
    ]


def mails(path: Path) -> None:
    """Write a returned mail that is read right, and one that is not expected to be."""
    expected = [{"file": "a.txt", "permanent": [], "temporary": []}]
    expected += [{"file": "b.txt", "permanent": ["nobody@kalvik.example"], "temporary": []}]
    files = {
        "a.txt": b"Subject: Thanks\n\nA kind word.\n",
        "b.txt": b"Subject: Thanks\n\nA kind word.\n",
        "expected.jsonl": "".join(json.dumps(each) + "\n" for each in expected).encode(),
    }
    with tarfile.open(path, "w:gz") as packed:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            packed.addfile(member, io.BytesIO(content))


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a little of most kinds of data."""
    folder = tmp_path_factory.mktemp("data")
    for name in ("reading", "stories", "summaries", "sections", "bounces"):
        (folder / name).mkdir()
    for name, day in LABELED.items():
        (folder / name).mkdir()
        lines = [{**line, "published": f"{day}T07:00:00Z"} for line in DAY]
        write_lines(folder / name / f"{day}.jsonl", lines)
        labels = LABELS.replace("2026-03-11", day)
        (folder / name / "labels.tsv").write_text(labels, encoding="utf-8")
    write_lines(folder / "reading" / "articles.jsonl.gz", reading())
    stories = [{**line, "story": STORIES[line["id"]]} for line in DAY]
    write_lines(folder / "stories" / "medium.jsonl.gz", stories)
    summary = {"id": "mines", "documents": [PATROL], "references": ["Two mines were destroyed."]}
    write_lines(folder / "summaries" / "writers.jsonl.gz", [summary])
    sections = {"economy": RATE, "security": PATROL, "diplomacy": TREATY}
    texts = [
        {"id": f"{section}-{at}", "kind": "wire", "text": text, "section": section}
        for section, line in sections.items()
        for at, (start, end) in enumerate(split(str(line["text"])))
        for text in [str(line["text"])[start:end]]
    ]
    for name in ("guide", "wcep_2014_2018", "articles", "reuters_economy"):
        write_lines(folder / "sections" / f"{name}.jsonl.gz", texts)
    mails(folder / "bounces" / "bounce_samples.tar.gz")
    return folder


@pytest.fixture(scope="module")
def ran(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the page and the figures that the command made."""
    out = tmp_path_factory.mktemp("out")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(accuracy, "PAGE", out / "accuracy.md")
        patch.setattr(accuracy, "FIGURES", out / "figures" / "accuracy.json")
        # one measure more that trains would be no other test
        patch.setattr(accuracy, "PROTOCOLS", ("five-fold",))
        code = main(["accuracy", str(data), "--json"])
    (out / "code").write_text(str(code), encoding="utf-8")
    return out


def heads(page: str) -> list[str]:
    return [line for line in page.splitlines() if line.startswith("#")]


def part(page: str, head: str) -> str:
    return page.partition(f"\n{head}\n")[2].partition("\n## ")[0]


def test_the_page_has_every_part_and_a_figure_for_what_there_were_data_for(ran: Path) -> None:
    page = (ran / "accuracy.md").read_text(encoding="utf-8")
    assert heads(page) == HEADS
    table = part(page, "## All measures")
    for words in ("must-print stories printed or named | .667", "returned mail: read right | .500"):
        assert words in table
    for words in ("B³ F1, one event", "ROUGE-2, writers", "macro-F1", "exactly one | 1 "):
        assert words in table
    chosen = part(page, "## Which sentences are chosen")
    for ranker in ("**salience**", "lead", "luhn", "lexrank", "kl"):
        assert f"| {ranker} |" in chosen
    assert "| 2026-03-11 |" in part(page, "## What is printed of a day")
    assert "| **economy** |" in part(page, "## Which section")
    assert "sections.model" in part(page, "## Model cards")


def test_failures_are_told_by_the_names_of_labels_and_no_text_is_quoted(ran: Path) -> None:
    page = (ran / "accuracy.md").read_text(encoding="utf-8")
    fails = part(page, "## Where it fails")
    assert "- 2026-03-11: missed `lost-ferry`" in fails
    assert "`upper-dam` under diplomacy instead of economy" in fails
    for line in DAY:
        assert line["title"] not in page
        assert str(line["text"])[:40] not in page


def test_what_has_no_data_is_told_and_the_others_go_on(ran: Path, data: Path, capsys: Said) -> None:
    figures = json.loads((ran / "figures" / "accuracy.json").read_text(encoding="utf-8"))
    assert (ran / "code").read_text() == "1"
    assert {"choice", "pages", "reading", "stories/days", "bounces"} <= set(figures)
    assert not [name for name in figures if name.startswith(UNMEASURED)]
    page = (ran / "accuracy.md").read_text(encoding="utf-8")
    assert "Not measured" in part(page, "## Which section")
    assert page_of(figures) == page
    reports: dict[str, Any] = {}
    lost = accuracy.Measure("lost", (data / "none",), dict)
    assert accuracy.run_measure(lost, reports) == f"not measured, no {data / 'none'}"
    broken = [each for each in accuracy.measures(data, work=data) if each.name == "choice"]
    for name in LABELED:
        (data / name / "labels.tsv").write_text("day\tid\n", encoding="utf-8")
    assert "labels.tsv: no labels for any" in accuracy.run_measure(broken[0], reports)
    assert reports == {}


def test_a_page_has_all_its_parts_and_aims_are_met_as_printed() -> None:
    assert heads(page_of({})) == HEADS
    assert Row("m", 0.92951, (0.9, 1), "3 texts", least=0.93).cells() == (
        *("m", ".930", ".900 to 1.000", "3 texts"),
        *("≥ .93", "yes"),
    )
    assert Row("m", 0.929, None, "", least=0.93).cells()[4:] == ("≥ .93", "no")
    assert Row("m", 0.04, None, "", most=0.03).cells()[4:] == ("≤ .03", "no")
    assert Row("m", 0, None, "", most=0, digits=0).cells()[1:] == ("0", "", "", "0", "yes")
    assert Row("m", 12.3, None, "", digits=2).cells()[4:] == ("", "")


def test_accuracy_asks_for_its_data_and_its_page_is_whole(capsys: Said, tmp_path: Path) -> None:
    assert main(["accuracy"]) == 2
    assert capsys.readouterr().err == "name the folder of the data: ./run bench accuracy DATA\n"
    none = tmp_path / "none"
    assert main(["accuracy", str(none)]) == 2
    assert capsys.readouterr().err.startswith(f"{none} is no folder; name the folder")
    # The committed page is whole.
    page = accuracy.PAGE.read_text(encoding="utf-8")
    assert heads(page) == HEADS
    assert "Not measured" not in page
    for name in ("writers", "noisy", "daily", "teasers", "days8"):
        assert f"`{name}`" in page


def test_a_mail_is_right_when_exactly_the_expected_addresses_are_found_in_any_order() -> None:
    def classify(raw: bytes) -> Verdict:
        """Read "a b|c": a and b have failed for good, c is not reached yet."""
        if raw == b"crash":
            raise RecursionError
        permanent, _, temporary = raw.decode().partition("|")
        failed = [
            Recipient(address, final, BounceKind.SOFT)
            for final, addresses in ((True, permanent), (False, temporary))
            for address in addresses.split()
        ]
        return Verdict(IncomingKind.BOUNCE, tuple(failed))

    mails = (b"b a|c", b"", b"a", b"a b", b"|a", b"crash")
    wanted = ("a b|c", "", "a b", "a", "a", "", "")
    report = accuracy.measure_bounces(
        [*zip("123456", mails, strict=True), ("unexpected", b"a"), ("crash", b"crash")],
        expected={
            str(number): (
                frozenset(words.partition("|")[0].split()),
                frozenset(words.partition("|")[2].split()),
            )
            for number, words in enumerate(wanted, 1)
        },
        classify=classify,
    )
    assert report == {
        "files": 7,
        "right": 2,
        "share": 2 / 7,
        "crashes": 2,
        "wrong": ["3", "4", "5", "6", "7"],
    }
    assert accuracy.measure_bounces([], expected={}, classify=classify)["share"] == 1.0

import gzip
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from benchmarks import weights
from briefing.cli import DONE, FAILED
from briefing.core.errors import InputError
from briefing.core.text.segment import split
from briefing.lab.assess.lines import read_lines
from briefing.setup import registry
from tests.examples import examples, tables
from tests.lab.evaluate.test_inputs import RSS
from tests.small_day import (
    DAY,
    PATROL,
    RATE,
    TREATY,
    Said,
    assert_whole,
    briefing,
    later,
    refused,
    told,
    write_lines,
)

SUMMARIES = (
    {
        "id": "mines",
        "documents": [dict(DAY[1]), dict(DAY[3])],
        "references": ["A minesweeper destroyed two mines near Sarn.", "Tankers had to wait."],
    },
    {
        "id": "rate",
        "documents": [
            {
                "title": RATE["title"],
                "sentences": [part for part in RATE["text"].split("\n") if part],
                "published": RATE["published"],
                "source": RATE["source"],
            }
        ],
        "references": ["The central bank of Ostra raised its key rate to 4.5 per cent."],
    },
)
TEXTS = tables(__file__)["TEXTS"]
LABELLED: tuple[dict[str, Any], ...] = tuple(
    {
        "id": f"{section}-{number}",
        "text": text,
        "section": section,
        "also": [],
        "kind": ("wire", "brief")[number % 2],
    }
    for section, texts in TEXTS.items()
    for number, text in enumerate(texts)
)
SHIPPED = tuple(
    {"id": line["id"], "text": line["text"], "section": section, "also": also}
    for line, section, also in (
        (RATE, "economy", []),
        (PATROL, "security", []),
        (TREATY, "economy", ["diplomacy"]),
    )
)
PAGE = """\
<html lang="en"><head><title>{title}</title></head><body>
<nav><a href="/">Home</a> <a href="/world">World</a></nav>
<article><h1>{title}</h1>{body}</article>
<footer>Contact us. Terms of use.</footer></body></html>
"""


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in a folder without a briefing.toml."""
    monkeypatch.chdir(tmp_path)


def measured(said: Said, *words: object) -> dict[str, Any]:
    """Return what ``evaluate --json`` prints; the same figures must come in words."""
    assert briefing("evaluate", *words, "--json") == DONE
    out, err = said.readouterr()
    assert err == ""
    told: dict[str, Any] = json.loads(out)
    assert briefing("evaluate", *words) == DONE
    plain = said.readouterr().out
    for name in told:
        assert name in plain
    return told


def html(line: Mapping[str, Any]) -> str:
    paragraphs = "".join(f"<p>{part}</p>" for part in line["text"].split("\n") if part)
    return PAGE.format(title=line["title"], body=paragraphs)


# read_lines


def test_lines_are_read_plain_or_gzipped_and_a_missing_file_is_named(tmp_path: Path) -> None:
    plain = write_lines(tmp_path / "a.jsonl", DAY)
    packed = write_lines(tmp_path / "a.jsonl.gz", DAY)
    assert read_lines(plain) == read_lines(packed) == list(DAY)
    for path in (tmp_path, tmp_path / "none"):
        with pytest.raises(InputError, match=f"{path}: cannot be read"):
            read_lines(path)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'{"a": 1}\n{"a"', r"a\.jsonl:2: not JSON"),
        (b"[1]\n", r"a\.jsonl:1: not a JSON object"),
        (b'{"a": "\xff"}\n', r"a\.jsonl:1: 'utf-8' codec can't decode"),
        (b"x" * 16_000_001, r"a\.jsonl:1: not JSON"),
        (gzip.compress(b'{"a": 1}\n', mtime=0)[:-9], r"a\.jsonl: the gzip file ends too early"),
    ],
)
def test_a_bad_line_is_named(content: bytes, said: str, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(content)
    with pytest.raises(InputError, match=said):
        read_lines(tmp_path / "a.jsonl")


# summaries


def test_summaries_are_measured_by_the_rankers_asked_for_with_lead_beside(capsys: Said) -> None:
    told = measured(capsys, "summaries", write_lines(Path("s.jsonl"), SUMMARIES))
    assert told["items"] == 2
    assert list(told["rankers"]) == ["lead", "salience"]
    for figures in told["rankers"].values():
        assert set(figures) == {"rouge1", "rouge2", "rougeLsum", "ci95", "over_lead"}
        assert 0 < figures["rouge2"] <= figures["rougeLsum"] <= figures["rouge1"] < 100
        low, high = figures["ci95"]["rouge1"]
        assert low <= figures["rouge1"] <= high
    file = write_lines(Path("s.jsonl.gz"), SUMMARIES)
    asked = ("summaries", file, "--ranker", "lsa", "--ranker", "luhn", "--sentences", 1)
    told = measured(capsys, *asked)
    assert list(told["rankers"]) == ["lead", "lsa", "luhn"]
    longer = measured(capsys, "summaries", file, "--sentences", 9)
    assert told["rankers"]["lead"] != longer["rankers"]["lead"]
    file = write_lines(Path("s.jsonl"), SUMMARIES)
    told = measured(capsys, "summaries", file, "--ranker", "all")
    assert sorted(told["rankers"]) == list(registry.names("ranker"))


def test_wrong_words_list_the_known(capsys: Said) -> None:
    file = write_lines(Path("s.jsonl"), SUMMARIES)
    err = refused(capsys, "evaluate", "summaries", file, "--ranker", "fate")
    assert "unknown ranker 'fate'; known: " in err
    assert "salience" in err
    assert "--sentences" in refused(capsys, "evaluate", "summaries", file, "--sentences", 0)
    err = refused(capsys, "evaluate", "poems", file)
    assert "known: choice, extraction, feeds, pages, reading, run, sections, stories" in err
    file = write_lines(Path("l.jsonl"), LABELLED)
    err = refused(capsys, "train", "sections", file, "--part", "luck", "-o", "own.model")
    assert "luck" in err
    assert "known: sentences, stories" in err


# sections


def test_the_shipped_model_is_measured(capsys: Said) -> None:
    told = measured(capsys, "sections", write_lines(Path("l.jsonl"), SHIPPED))
    assert set(told) >= {
        *("items", "macro_f1", "accuracy", "lenient_accuracy"),
        *("per_section", "confusion", "ci95"),
    }
    assert told["items"] == 3
    assert told["accuracy"] == pytest.approx(2 / 3)
    assert told["lenient_accuracy"] == 1
    assert told["confusion"]["economy"]["diplomacy"] == 1
    assert told["per_section"]["security"] == {"precision": 1, "recall": 1, "f1": 1, "items": 1}


# stories


def test_stories_are_measured_each_file_and_day_alone(capsys: Said) -> None:
    lines = [
        {**line, "story": story}
        for line, story in zip(DAY, ("rate", "mines", "dam", "mines"), strict=True)
    ]
    told = measured(capsys, "stories", write_lines(Path("a.jsonl"), lines))
    for figures in (told, told["by_day"]):
        assert figures["b3_precision"] == figures["b3_recall"] == figures["b3_f1"] == 1
        assert figures["pairwise_f1"] == 1
        assert figures["ci95"] == [1, 1]
    assert told["clusters"] == 3
    assert told["days"] == {"2026-03-11": 1}
    other = write_lines(Path("b.jsonl"), lines)
    assert measured(capsys, "stories", "a.jsonl", other)["clusters"] == 6
    lines = [{**line, "story": line["id"], "published": None} for line in DAY]
    told = measured(capsys, "stories", write_lines(Path("a.jsonl"), lines))
    assert set(told) == {*"b3_precision b3_recall b3_f1 pairwise_f1 clusters ci95".split()}
    again = [{**line, "id": f"{line['id']}2", "published": "2026-03-12"} for line in DAY]
    lines = [{**line, "story": f"{line['published'][:10]} {line['title']}"} for line in DAY]
    lines += [{**line, "story": f"12 {line['title']}"} for line in again]
    told = measured(capsys, "stories", write_lines(Path("a.jsonl"), lines))
    assert list(told["days"]) == ["2026-03-11", "2026-03-12"]
    # One pot knows the second day as a copy of the first.
    assert told["by_day"]["b3_precision"] > told["b3_precision"]
    lines = [{**line, "story": "one"} for line in (RATE, *later([RATE], day="2026-03-12"))]
    told = measured(capsys, "stories", write_lines(Path("a.jsonl"), lines))
    assert (told["clusters"], told["b3_recall"]) == (1, 1)


def test_stories_are_measured_by_language(capsys: Said) -> None:
    lines = [{**line, "story": line["id"], "lang": code} for code in ("de", "en") for line in DAY]
    lines = [{**line, "id": f"{line['id']} {line['lang']}"} for line in lines]
    told = measured(capsys, "stories", write_lines(Path("a.jsonl"), lines))
    own = told["languages"]
    assert own.keys() == {"de", "en"}
    # Reports alike in two languages are not grouped with each other.
    assert told["clusters"] == own["de"]["clusters"] + own["en"]["clusters"]


def test_a_table_beside_the_days_labels_them(tmp_path: Path, capsys: Said) -> None:
    write_lines(tmp_path / "2026-03-11.jsonl", [*DAY, {**RATE, "id": "unread"}])
    rows = [f"2026-03-11\t{line['id']}\ts{line['id']}" for line in DAY]
    table = tmp_path / "labels.tsv"
    table.write_text("\n".join(["day\tid\tstory", *rows, ""]), encoding="utf-8")
    told = measured(capsys, "stories", table)
    assert told == measured(capsys, "stories", tmp_path)
    assert list(told["days"]) == ["2026-03-11"]
    (tmp_path / "2026-03-11.jsonl").unlink()
    err = refused(capsys, "evaluate", "stories", table, code=FAILED)
    assert "no 2026-03-11.jsonl or 2026-03-11.jsonl.gz beside it" in err
    table.write_text("day\tname\n2026-03-11\tx\n", encoding="utf-8")
    err = refused(capsys, "evaluate", "stories", table, code=FAILED)
    assert "no table of day, id and story" in err


def test_a_story_of_a_file_is_one_event_on_all_its_days(tmp_path: Path, capsys: Said) -> None:
    names = ("mix-2026-03-11", "mix-2026-03-12")
    for name in names:
        write_lines(tmp_path / f"{name}.jsonl", [{**RATE, "published": None}, DAY[1]])
    rows = [f"{name}\t{RATE['id']}\trate\n{name}\t{DAY[1]['id']}\t-" for name in names]
    table = tmp_path / "labels.tsv"
    table.write_text("\n".join(["file\tid\tstory", *rows, ""]), encoding="utf-8")
    # Both are one true story, and each alone on its day.
    told = measured(capsys, "stories", table)
    assert (told["b3_recall"], told["by_day"]["b3_recall"]) == (1, 0.5)


# extraction


def test_extraction_is_measured_on_a_folder(tmp_path: Path, capsys: Said) -> None:
    folder = tmp_path / "pages"
    folder.mkdir()
    lines = []
    for number, line in enumerate(DAY[:2]):
        name = f"{number}.html" + (".gz" if number else "")
        page = html(line).encode()
        (folder / name).write_bytes(gzip.compress(page) if number else page)
        lines.append({"id": line["id"], "html": name, "text": line["text"]})
    write_lines(folder / "pages.jsonl", lines)
    told = measured(capsys, "extraction", folder)
    assert set(told) == {"precision", "recall", "f1", "trafilatura"}
    assert told["f1"] > 0.9
    (folder / "none.html").write_bytes(b"<html><body><img src=x></body></html>")
    (folder / "pages.jsonl").unlink()
    write_lines(folder / "pages.jsonl.gz", [{"id": "n", "html": "none.html", "text": "Words."}])
    assert measured(capsys, "extraction", folder)["f1"] == 0


def test_feeds_are_measured_together_or_each_folder_alone(capsys: Said) -> None:
    Path("feeds").mkdir()
    Path("feeds/a.xml").write_text(RSS)
    told = measured(capsys, "feeds", "feeds")
    assert (told["files"], told["items"], told["items_found"], told["crashes"]) == (1, 1, 1, 0)
    assert list(measured(capsys, "feeds", "feeds", "feeds")) == ["feeds"]


@examples("lines, said")
def test_a_bad_folder(lines: list[dict[str, str]], said: str, tmp_path: Path, capsys: Said) -> None:
    write_lines(tmp_path / "pages.jsonl", lines)
    assert said in refused(capsys, "evaluate", "extraction", tmp_path, code=FAILED)


# pages


def test_pages_are_printed_and_read_back(tmp_path: Path, capsys: Said) -> None:
    folder = tmp_path / "days"
    folder.mkdir()
    write_lines(folder / "b.jsonl.gz", later(DAY, day="2026-03-12"))
    write_lines(folder / "a.jsonl", DAY)
    (folder / "notes.txt").write_text("no edition", encoding="utf-8")
    told = measured(capsys, "pages", folder)
    assert set(told) == {
        *("editions", "one_page", "missing_sentences", "unverified_sentences", "fill_mean"),
        *("fill_min hole_max smallest_type layouts_mean dangling seconds_mean days").split(),
    }
    assert [day["name"] for day in told["days"]] == ["a.jsonl", "b.jsonl.gz"]
    assert (told["editions"], told["one_page"]) == (2, 2)
    assert (told["missing_sentences"], told["unverified_sentences"]) == (0, 0)
    assert 0.5 < told["fill_min"] <= told["fill_mean"] <= 1
    assert told["smallest_type"] >= 7
    assert 2 <= told["layouts_mean"] <= 4
    assert 0 <= told["dangling"] <= 1


def test_choice_is_measured_on_the_days_that_have_labels(capsys: Said) -> None:
    folder = Path("days")
    folder.mkdir()
    write_lines(folder / "2026-03-11.jsonl", DAY)
    write_lines(folder / "2026-03-12.jsonl.gz", later(DAY, day="2026-03-12"))
    labels = Path("labels.tsv")
    rows = ["day id story section kind importance", "2026-03-11 rate rate economy news 3"]
    rows += ["2026-03-11 patrol mines security news 3", "2026-03-11 treaty dam other news 1"]
    rows += ["2026-03-11 patrol-again mines security news 2"]
    labels.write_text("\n".join(row.replace(" ", "\t") for row in rows), encoding="utf-8")
    told = measured(capsys, "choice", folder, "--labels", labels)
    assert (told["days"], told["must_carried"]) == (1, {"mean": 1, "ci95": [1, 1], "of": 2})
    assert 0 < told["section_right"]["mean"] < 1
    assert told["by_day"][0]["name"] == "2026-03-11"


def test_a_run_of_editions_is_measured_by_what_they_say_of_earlier_ones(capsys: Said) -> None:
    folder = Path("days")
    folder.mkdir()
    write_lines(folder / "x-2026-03-11.jsonl", DAY)
    write_lines(folder / "x-2026-03-12.jsonl", later(DAY, day="2026-03-12"))
    write_lines(folder / "x-2026-03-13.jsonl", [{**DAY[0], "text": "Nothing."}])
    for alone in ("x-2026-03-30", "y-2026-03-12", "notes", "z-2026-03-12"):
        write_lines(folder / f"{alone}.jsonl", DAY)
    days = ("x-2026-03-11", "x-2026-03-12", "x-2026-03-13", "x-2026-03-30", "y-2026-03-12")
    ids = {"rate": "bank", "patrol": "sea", "patrol-again": "sea", "treaty": "-"}
    rows = [f"{day}\t{name}\t{name}\t{ids[name]}" for day in days for name in ids]
    Path("run.tsv").write_text("\n".join(("file\tid\tstory\tcrisis", *rows)), encoding="utf-8")
    told = measured(capsys, "run", folder, "--labels", "run.tsv")
    assert (told["runs"], told["days"]) == (1, 2)
    assert [day["name"] for day in told["by_day"]] == ["x-2026-03-11", "x-2026-03-12"]
    assert told["sentences_repeated"]["mean"] == 0
    assert told["confusion"]["truly new"]["new"] >= 2


@examples("task, rows, message")
def test_labels_that_cannot_be_used_are_told(
    task: str, rows: str, message: str, capsys: Said
) -> None:
    file = write_lines(Path("2026-03-11.jsonl"), DAY)
    Path("labels.tsv").write_text(rows, encoding="utf-8")
    err = refused(capsys, "evaluate", task, file, "--labels", "labels.tsv", code=FAILED)
    assert message in err


def test_choice_without_labels_beside_its_days_is_told(capsys: Said) -> None:
    Path("days").mkdir()
    err = refused(capsys, "evaluate", "choice", "days", code=FAILED)
    assert "days/labels.tsv: cannot be read" in err
    err = refused(capsys, "evaluate", "choice", "days", "--labels", "none.tsv", code=FAILED)
    assert "none.tsv: cannot be read" in err


@pytest.mark.parametrize(
    "task", "summaries sections stories reading pages extraction feeds".split()
)
@pytest.mark.parametrize("place", ["none.jsonl", "empty.jsonl", "folder"])
def test_every_task_says_what_it_cannot_measure(task: str, place: str, capsys: Said) -> None:
    Path("empty.jsonl").touch()
    Path("folder").mkdir()
    refused(capsys, "evaluate", task, place, code=FAILED)


def test_documents_of_no_day_and_lines_of_no_story_are_told(capsys: Said) -> None:
    file = write_lines(Path("a.jsonl"), [{**RATE, "published": None}])
    err = refused(capsys, "evaluate", "pages", file, code=FAILED)
    assert "a.jsonl: no document says when it was published" in err
    err = refused(capsys, "evaluate", "stories", file, code=FAILED)
    assert 'a.jsonl:1: no "story"; give it in every line' in err
    err = refused(capsys, "evaluate", "pages", "none.jsonl", code=FAILED)
    assert "none.jsonl: cannot be opened (No such file or directory)" in err


# reading


def readings() -> list[dict[str, Any]]:
    """Label the reports of the day: the first sentence leads, and the second needs it."""
    lines = []
    for number in range(4):
        for line in DAY:
            text = f"{line['text']} However, nobody was surprised by what was said there."
            spans = split(text)
            needs: list[list[int]] = [[] for _ in spans]
            needs[-1] = [len(spans) - 2]
            reader = {
                "needs": needs,
                "kind": ["news"] * len(spans),
                "lead": [1, *[0] * (len(spans) - 1)],
            }
            lines.append(
                {
                    "id": f"{line['id']}-{number}",
                    "title": line["title"],
                    "text": text,
                    "spans": spans,
                    "readers": [reader],
                }
            )
    return lines


def test_reading_is_measured_alone_and_together_and_learned(capsys: Said) -> None:
    file = write_lines(Path("read.jsonl.gz"), readings())
    facts = measured(capsys, "reading", file)
    assert {"unresolved", "refused", "junk", "lead_opens", "printed"} <= set(facts)
    assert facts["articles"] == facts["brief"]["articles"] == len(readings())
    assert facts["printed"] > facts["brief"]["printed"] > 0
    assert set(facts["halves"]) == {"A", "B"}
    assert (facts["junk"], facts["refused"]) == (0, 0)
    assert weights.main(["reading", str(file), "-o", "own.json"]) == 0
    assert capsys.readouterr().out.split() == ["articles", str(facts["halves"]["A"]["articles"])]
    assert json.loads(Path("own.json").read_text(encoding="utf-8"))["points back"] > 0


def test_weights_of_style_need_opinion_pieces_of_two_days(capsys: Said) -> None:
    file = write_lines(Path("2026-03-11.jsonl"), DAY)
    columns = "day id story section kind importance".replace(" ", "\t")
    row = "2026-03-11 rate rate economy news 3".replace(" ", "\t")
    Path("labels.tsv").write_text(f"{columns}\n{row}\n", encoding="utf-8")
    assert weights.main(["style", str(file)]) == 1
    assert "opinion pieces and other reports on two days or more" in capsys.readouterr().err


# train


def test_a_trained_model_makes_a_page(capsys: Said) -> None:
    file = write_lines(Path("labelled.jsonl.gz"), LABELLED)
    out = told(capsys, "train", "sections", file, "-o", "own/sea.model")[0]
    assert out.startswith(f"own/sea.model: trained on {len(LABELLED)} texts, ")
    assert briefing("train", "sections", file, "-o", "again.model") == DONE
    assert Path("again.model").read_bytes() == Path("own/sea.model").read_bytes()
    Path("briefing.toml").write_text(
        'model = "own/sea.model"\n[[sections]]\nname = "sea"\n[[sections]]\nname = "economy"\n',
        encoding="utf-8",
    )
    day = write_lines(Path("day.jsonl"), DAY)
    assert briefing("make", day, "-o", "p.pdf", "--json", "p.json") == DONE
    assert_whole(Path("p.pdf"))
    edition = json.loads(Path("p.json").read_text(encoding="utf-8"))
    printed = {
        document: section["name"]
        for section in edition["sections"]
        for brief in section["briefs"]
        for document in brief["sources"]
    }
    assert (printed["rate"], printed["patrol"]) == ("economy", "sea")


def test_a_model_of_stories_never_learns_from_articles_to_be_measured(capsys: Said) -> None:
    articles = [
        {"id": str(at), "title": f"Report {at}: {line['text']}", **line, "kind": None}
        for at, line in enumerate(LABELLED)
    ]
    for line in articles:
        del line["kind"], line["also"]
    file = write_lines(Path("articles.jsonl"), articles)
    held = write_lines(Path("held.jsonl"), [{"title": "", "text": LABELLED[0]["text"]}])
    assert briefing("train", "sections", file, "--part", "stories", "-o", "s.model") == DONE
    assert f"trained on {len(LABELLED)} texts" in capsys.readouterr().out
    facts = ("train", "sections", file, "--part", "stories", "--without", held, "-o", "h.model")
    assert f"trained on {len(LABELLED) - 1} texts" in told(capsys, *facts)[0]


@examples("lines, said")
def test_what_cannot_teach_is_told(lines: list[dict[str, Any]], said: str, capsys: Said) -> None:
    file = write_lines(Path("a.jsonl"), lines)
    assert said in refused(capsys, "train", "sections", file, "-o", "own.model", code=FAILED)
    assert not Path("own.model").exists()


def test_a_model_goes_nowhere_but_to_a_file(capsys: Said) -> None:
    file = write_lines(Path("a.jsonl"), LABELLED)
    Path("folder").mkdir()
    err = refused(capsys, "train", "sections", file, "-o", "folder")
    assert "'folder' is a folder; give a file" in err
    err = refused(capsys, "train", "sections", "none.jsonl", "-o", "own.model", code=FAILED)
    assert "none.jsonl: cannot be read" in err
    files = [
        write_lines(Path(f"paper_{section}.jsonl"), [{"text": text} for text in texts])
        for section, texts in TEXTS.items()
    ]
    assert "trained on 12 texts" in told(capsys, "train", "sections", *files, "-o", "own.model")[0]
    Path("briefing.toml").write_text(
        'model = "own.model"\n[[sections]]\nname = "security"\n', encoding="utf-8"
    )
    err = refused(capsys, "make", write_lines(Path("day.jsonl"), DAY), "-o", "p.pdf")
    assert "does not know section 'security'; it knows economy, other" in err

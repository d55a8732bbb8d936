import json
from pathlib import Path

import pytest

from briefing.core.model import Item
from briefing.core.text.classifiers import linear
from briefing.setup.clock import now
from briefing.store import documents
from tests.examples import examples
from tests.publishing import SOURCE
from tests.small_day import Said, briefing, told
from tests.store.ready import ready_store
from tests.web.admin.climate import CLIMATE, reports

DONE, FAILED = 0, 1


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "briefing.toml").touch()
    store = ready_store("briefing.db", folder=tmp_path)
    with store.write() as tx:
        for one in reports():
            item = Item(one, keys=(f"url {one.url}",), from_page=True)
            documents.keep(tx, item, source=SOURCE, at=now())
    store.close()
    return tmp_path


def test_plain_lines_and_labeled_lines_give_a_model(desk: Path, capsys: Said) -> None:
    (desk / "climate.txt").write_text("\n\n".join(CLIMATE[:20]), encoding="utf-8")
    rows = [{"text": text, "section": "climate"} for text in CLIMATE[20:30]]
    rows.append({"text": "The band of Ostra played in the rain.", "section": "other"})
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    (desk / "more.jsonl").write_text(lines, encoding="utf-8")
    train = tuple("train section climate climate.txt more.jsonl -o climate.model".split())
    said = told(capsys, *train)[0]
    assert said.startswith("climate.model: 30 examples, ")
    assert "precision " in said
    assert "it is least sure of:" in said
    content = (desk / "climate.model").read_bytes()
    assert linear.from_bytes(content).sections == ("climate", "other")
    facts = json.loads(told(capsys, *train, "--json")[0])
    assert facts["examples"] == 30
    assert set(facts["f1"]) == {"value", "ci95"}
    assert (desk / "climate.model").read_bytes() == content


@examples("name, content, said")
def test_too_little_is_told(desk: Path, capsys: Said, name: str, content: str, said: str) -> None:
    (desk / "a.txt").write_text(content, encoding="utf-8")
    assert said in told(capsys, "train", "section", name, "a.txt", "-o", "x.model", code=FAILED)[1]
    assert not (desk / "x.model").exists()


@pytest.mark.parametrize("content", ["{", "[1]", '{"text": 7, "section": "x"}', "{}"])
def test_broken_lines_are_told(desk: Path, capsys: Said, content: str) -> None:
    (desk / "a.jsonl").write_text(content, encoding="utf-8")
    assert briefing("train", "section", "climate", "a.jsonl", "-o", "x.model") == FAILED
    assert "a.jsonl: cannot be read as examples" in capsys.readouterr().err

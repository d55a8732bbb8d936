"""The OpenAPI document, held to what the application does."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from briefing.core import record
from briefing.web.api.operations import OPERATIONS, Operation
from briefing.web.api.schemas import Problem
from briefing.web.problem import KIND
from tests.newsday import TODAY
from tests.web.api.programs import NEXT, REPORT, ROOT, Programs
from tests.web.served import WEB

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])

#: What stands for the parts of a path: of something that is there, and of nothing.
THERE = {"day": str(TODAY), "id": "1", "step": "collect"}
NOWHERE = {"day": "2020-01-01", "id": "999", "step": "print"}
BODIES = {"order": None, "choose": {"action": "drop", "document": REPORT.id}}
BY_NAME = {one.handler.__name__: one for one in OPERATIONS}
#: In an order in which each finds what it needs.
ORDER = [*(n for n in BY_NAME if n not in {"resume", "remove"}), "resume", "remove"]


def document(asked: Programs) -> dict[str, Any]:
    answer = asked.web.get(f"{ROOT}/openapi.json")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    told: dict[str, Any] = answer.json()
    return told


def filled(path: str, parts: dict[str, str]) -> str:
    """Return a path with its parts; choices are for the day to come."""
    told = {"day": str(NEXT)} if path.startswith("/choices") and parts is THERE else {}
    return path.format_map({**parts, **told})


def described(told: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield path, method and description of every operation of the document."""
    for path, methods in told["paths"].items():
        for method, operation in methods.items():
            yield path, method.upper(), operation


def send(asked: Programs, one: Operation, parts: dict[str, str], right: str = "steer") -> Any:  # noqa: ANN401
    body = BODIES.get(one.handler.__name__)
    more = {} if body is None else {"json": body}
    return asked.ask(one.method, filled(one.path, parts), right=right, **more)


def test_anybody_may_read_it_and_it_names_where_and_how(asked: Programs) -> None:
    told = document(asked)
    assert told["openapi"] == "3.1.0"
    assert told["info"]["title"] == "Ostra Desk"
    assert told["servers"] == [{"url": WEB + ROOT}]
    assert told["components"]["securitySchemes"]["token"]["scheme"] == "bearer"


def test_it_describes_every_operation_once(asked: Programs) -> None:
    found = list(described(document(asked)))
    assert [(method, path) for path, method, _ in found] == [
        (one.method, one.path)
        for path in dict.fromkeys(one.path for one in OPERATIONS)
        for one in OPERATIONS
        if one.path == path
    ]
    names = [one["operationId"] for _, _, one in found]
    assert len(set(names)) == len(names) == len(OPERATIONS)
    assert all(one["summary"].endswith(".") for _, _, one in found)


def test_all_that_it_refers_to_is_in_it(asked: Programs) -> None:
    told = document(asked)
    text = json.dumps(told)
    found = {part.partition('"')[0] for part in text.split('"$ref": "')[1:]}
    assert found
    for ref in found:
        at: Any = told
        for key in ref.removeprefix("#/").split("/"):
            at = at[key]
        assert at["type"] in {"object", "string"}
    used = {ref.rpartition("/")[2] for ref in found}
    assert used == set(told["components"]["schemas"])


def test_the_parts_of_a_path_are_its_parameters(asked: Programs) -> None:
    for path, _, one in described(document(asked)):
        parts = [p for p in one["parameters"] if p["in"] == "path"]
        assert path.count("{") == len(parts)
        for part in parts:
            assert "{" + part["name"] + "}" in path
            assert part["required"] is True


@pytest.mark.parametrize("name", ORDER)
def test_an_operation_answers_as_the_document_says(fresh: Programs, name: str) -> None:
    one = BY_NAME[name]
    told = document(fresh)["paths"][one.path][one.method.lower()]
    parts = {**THERE, "id": "2"} if name == "resume" else THERE
    answer = send(fresh, one, parts)
    assert str(answer.status_code) == str(one.status) in told["responses"]
    (kind,) = told["responses"][str(one.status)]["content"]
    assert answer.headers["content-type"] == kind
    if isinstance(one.answer, str):
        assert answer.content.startswith(b"%PDF-")
    else:
        read = one.answer.model_validate_json(answer.content, strict=False)
        assert told["responses"][str(one.status)]["content"][kind]["schema"] == {
            "$ref": f"#/components/schemas/{one.answer.__name__}"
        }
        if name != "edition":
            # Nothing is answered that the schema does not name.
            assert json.loads(answer.content) == read.model_dump(mode="json")


@pytest.mark.parametrize("one", OPERATIONS, ids=lambda one: one.handler.__name__)
def test_every_refusal_is_a_problem_that_the_document_names(
    asked: Programs, one: Operation
) -> None:
    responses = document(asked)["paths"][one.path][one.method.lower()]["responses"]
    path = filled(one.path, NOWHERE)
    refused = [asked.web.client.request(one.method, ROOT + path)]
    if (
        one.parts
        and 404 in one.problems
        and one.handler.__name__ not in {"choose", "standing_choices"}
    ):
        refused.append(send(asked, one, NOWHERE))
    if one.right == "steer":
        refused.append(send(asked, one, THERE, right="read"))
    refused.append(asked.ask(one.method, path + "?nonsense=1"))
    assert refused[0].status_code == 401
    for answer in refused:
        assert answer.headers["content-type"] == KIND
        problem = Problem.model_validate_json(answer.content)
        assert problem.status == answer.status_code
        assert problem.title
        assert KIND in responses[str(answer.status_code)]["content"]


def test_the_parameters_of_a_question_are_those_that_it_takes(asked: Programs) -> None:
    for path, method, told in described(document(asked)):
        names = [p["name"] for p in told["parameters"] if p["in"] == "query"]
        one = next(o for o in OPERATIONS if (o.path, o.method) == (path, method))
        assert names == list(one.question.model_fields)
        for part in told["parameters"]:
            assert "$ref" not in json.dumps(part)


def test_an_edition_is_described_as_it_is_kept(asked: Programs) -> None:
    answer = asked.get(f"/editions/{TODAY}")
    assert record.read(answer.text, name="answer").edition.day == TODAY
    (schema,) = (
        s for n, s in document(asked)["components"]["schemas"].items() if n == "EditionRecord"
    )
    assert set(schema["required"]) <= set(answer.json())
    assert "schema" in schema["required"]


def test_a_model_of_an_answer_describes_all_its_fields() -> None:
    for one in OPERATIONS:
        if not isinstance(one.answer, str):
            assert issubclass(one.answer, BaseModel)
            assert one.answer.__doc__


def test_the_documentation_tells_every_operation_and_its_right() -> None:
    page = (Path(__file__).parents[3] / "docs" / "api.md").read_text()
    rows = re.findall(r"^\| `([A-Z]+)` \| `(\S+)` \| (\w+) \|", page, re.MULTILINE)
    assert rows == [(one.method, one.path, one.right) for one in OPERATIONS]

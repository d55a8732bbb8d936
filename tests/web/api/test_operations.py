import json
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from pydantic import BaseModel

from briefing.core import record
from briefing.core.errors import StoreError
from briefing.core.model import Consent, DeliveryStatus, Role, State, least_role
from briefing.store import archive, audit, editions, operators, sources, subscribers
from briefing.web.api.handlers import OPERATIONS, Operation
from briefing.web.api.schemas import Problem
from briefing.web.request import KIND
from tests.examples import examples
from tests.newsday import TODAY, YESTERDAY
from tests.publishing import BRIEFING, FIRST
from tests.store.ready import look
from tests.web.api.programs import NEXT, REPORT, ROOT, TOKENS, Programs
from tests.web.served import READER, WEB, Served

LATER = NEXT + timedelta(days=1)


class TestToken:
    @pytest.mark.parametrize(
        "header",
        [
            "",
            "Bearer",
            "Bearer nobody",
            "Basic YWRhOnNlY3JldA==",
            f"Bearer {TOKENS[Role.READER]} {TOKENS[Role.READER]}",
            f"Bearer {TOKENS[Role.READER]}x",
            "Bearer " + "a" * 5000,
            "Bearer \xe9",
        ],
    )
    def test_without_a_good_one_nothing_is_told(self, asked: Programs, header: str) -> None:
        answer = asked.web.get(
            f"{ROOT}/editions", headers={"Authorization": header.encode("latin-1")}
        )
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith('Bearer realm="briefing"')
        assert "editions" not in answer.json()

    def test_it_counts_until_it_is_revoked_and_its_use_is_noted(self, fresh: Programs) -> None:
        for scheme in ("bearer", "BEARER"):
            header = {"Authorization": f"{scheme}  {TOKENS[Role.READER]}"}
            assert fresh.web.get(f"{ROOT}/editions", headers=header).status_code == 200
        with fresh.web.store.write() as tx:
            used = {one.name: one.used for one in operators.tokens(tx)}
            operators.revoke(tx, Role.READER)
        assert used == dict.fromkeys(Role) | {Role.READER: fresh.web.clock()}
        assert fresh.get("/editions", role=Role.READER).status_code == 401


class TestAddress:
    def test_what_is_not_there_is_a_problem_and_a_head_asks_like_a_get(
        self, asked: Programs
    ) -> None:
        for path in ("/nothing", "", "/editions/", "/editions//pdf", "/openapi.json/x"):
            answer = asked.get(path) if path else asked.web.get(f"{ROOT}/")
            assert answer.status_code == 404
            assert answer.json()["title"] == "Not found"
        answer = asked.ask("HEAD", "/editions")
        assert (answer.status_code, answer.content) == (200, b"")

        for method in ("PUT", "PATCH", "OPTIONS", "DELETE"):
            answer = asked.ask(method, f"/choices/{TODAY}")
            assert (answer.status_code, answer.headers["allow"]) == (405, "GET, POST")

    def test_what_is_no_day_and_no_number_is_not_found(self, asked: Programs) -> None:
        for day in ("2026-13-01", "today", "2026-3-1", "\u0662026-03-12", "-"):
            assert asked.get(f"/editions/{day}").status_code == 404
        for number in ("x", "-1", "1" * 19, "\u0661"):
            assert asked.get(f"/subscribers/{number}").status_code == 404


class TestQuestion:
    @examples("path, where")
    def test_a_mistake_has_its_place(self, asked: Programs, path: str, where: str) -> None:
        answer = asked.get(path)
        assert answer.status_code == 422
        assert [one["where"] for one in answer.json()["wrong"]] == [where]

    def test_lists_come_in_parts(self, asked: Programs) -> None:
        first, second = (asked.get(f"/editions?limit=1&offset={n}").json() for n in (0, 1))
        assert first["total"] == second["total"] == 2
        days = [one["day"] for part in (first, second) for one in part["editions"]]
        assert days == [str(TODAY), str(YESTERDAY)]
        assert asked.get("/editions?offset=2").json()["editions"] == []
        names = [
            one["address"]
            for n in (0, 1)
            for one in asked.get(f"/subscribers?limit=1&offset={n}").json()["subscribers"]
        ]
        assert names == [READER, "b.sund@courier.example"]


class TestReading:
    def test_an_edition_is_told_byte_for_byte_and_may_have_no_pdf(self, fresh: Programs) -> None:
        stored = look(fresh.web.store, editions.on, BRIEFING, TODAY)
        assert stored
        assert fresh.get(f"/editions/{TODAY}", role=Role.READER).text == stored.record
        assert fresh.get(f"/editions/{TODAY}/pdf", role=Role.READER).content == stored.files["pdf"]
        with fresh.web.store.write() as tx:
            tx.exec_driver_sql("DELETE FROM file WHERE kind = 'pdf'")
        assert fresh.get(f"/editions/{TODAY}/pdf").status_code == 404

    def test_what_is_kept_is_listed_as_the_pages_show_it(self, asked: Programs) -> None:
        with asked.web.store.read() as tx:
            question = archive.Question(words="ferry", status="new")
            found = archive.search(tx, BRIEFING, question, limit=50)
        told = asked.get("/search?words=ferry&status=new", role=Role.READER).json()
        assert told["total"] == found.total > 0
        assert [one["sentence"] for one in told["hits"]] == [one.sentence for one in found.hits]
        assert asked.get(f"/search?until={YESTERDAY - timedelta(1)}").json()["total"] == 0
        told = asked.get("/round", role=Role.READER).json()["runs"]
        assert [(one["step"], one["ending"]) for one in told] == [
            ("publish", None),
            ("collect", "done"),
        ]
        assert told[1]["figures"] == {"items": 6}
        (one,) = asked.get("/round?step=collect").json()["runs"]
        assert one["began"] == f"{TODAY}T05:00:00Z"
        answer = asked.get("/sources", role=Role.READER)
        assert [one["url"] for one in answer.json()["sources"]] == ["https://courier.example/feed"]
        assert "secret" not in answer.text
        told = asked.get("/subscribers?state=paused").json()
        assert told["total"] == 1
        (one,) = told["subscribers"]
        assert (one["id"], one["preferences"]["zone"]) == (2, "Europe/Zurich")
        assert asked.get("/subscribers/2").json() == one
        assert asked.get("/subscribers?state=complained").json() == {"total": 0, "subscribers": []}
        counts = asked.get(f"/deliveries/{TODAY}", role=Role.READER)
        assert counts.json()["counts"] == {"due": 1}
        assert READER not in counts.text
        told = asked.get(f"/deliveries/{TODAY}/each").json()
        (one,) = told["deliveries"]
        assert (one["address"], one["fate"], told["total"]) == (READER, DeliveryStatus.DUE, 1)
        none = asked.get(f"/deliveries/{TODAY}/each?fate=sent").json()
        assert (none["total"], none["deliveries"]) == (0, [])


def lines(asked: Programs) -> list[tuple[str, str, str]]:
    return [(act.who, act.what, act.about) for act in look(asked.web.store, audit.recent)]


class TestSteering:
    def test_the_round_is_asked_for_a_step(self, fresh: Programs) -> None:
        requests = fresh.web.desk.requests
        assert requests
        assert fresh.post("/round/collect").status_code == 202
        assert fresh.post("/round/publish", json={"day": str(TODAY)}).status_code == 202
        assert requests.take(0) == (("collect", None, ""), ("publish", TODAY, ""))
        assert lines(fresh) == [
            ("token administrator", "order publish", str(TODAY)),
            ("token administrator", "order collect", ""),
        ]
        # A step of no day takes none; without a round none is ordered.
        assert fresh.post("/round/collect", json={"day": str(TODAY)}).status_code == 422
        assert fresh.post("/round/print").status_code == 404
        object.__setattr__(fresh.web.desk, "requests", None)
        answer = fresh.post("/round/collect")
        assert (answer.status_code, answer.json()["title"]) == (503, "Not available")
        assert len(lines(fresh)) == 2

    def test_a_choice_takes_its_words_from_the_report_and_is_undone(self, fresh: Programs) -> None:
        answer = fresh.post(f"/choices/{NEXT}", json={"action": "drop", "document": REPORT.id})
        assert answer.status_code == 201
        told = answer.json()
        assert (told["headline"], told["url"]) == (REPORT.title, REPORT.url)
        assert told["who"] == "token administrator"
        # The pin of before is replaced.
        assert fresh.get(f"/choices/{NEXT}").json()["choices"] == [told]
        body = {"action": "move", "document": REPORT.id, "section": "economy"}
        moved = fresh.post(f"/choices/{NEXT}", json=body)
        assert moved.status_code == 201
        assert fresh.get(f"/choices/{NEXT}").json()["choices"] == [told, moved.json()]
        # It is undone for its own day.
        path = f"/{told['id']}"
        assert fresh.ask("DELETE", f"/choices/{LATER}{path}").status_code == 404
        answer = fresh.ask("DELETE", f"/choices/{NEXT}{path}")
        assert (answer.status_code, answer.json()["action"]) == (200, "drop")
        assert fresh.ask("DELETE", f"/choices/{NEXT}{path}").status_code == 404
        assert fresh.get(f"/choices/{NEXT}").json()["choices"] == [moved.json()]
        assert [what for _, what, _ in lines(fresh)] == [
            *("undo drop", "move story to economy", "drop story")
        ]

    @pytest.mark.parametrize(
        "body",
        [
            {"action": "headline", "document": REPORT.id, "section": "economy"},
            {"action": "move", "document": REPORT.id},
            {"action": "move", "document": REPORT.id, "section": "sports"},
            {"action": "pin", "document": REPORT.id, "section": "economy"},
            {"action": "print", "document": REPORT.id},
            {"action": "pin", "document": "unknown"},
            {"action": "pin", "document": ""},
            {"action": "pin", "document": "a\x00"},
            {"action": "pin", "document": REPORT.id, "headline": "Other words"},
            {"action": "pin"},
            {},
            [],
        ],
    )
    def test_a_choice_of_nothing_is_refused(self, asked: Programs, body: dict[str, Any]) -> None:
        assert asked.post(f"/choices/{LATER}", json=body).status_code == 422
        assert asked.get(f"/choices/{LATER}").json()["choices"] == []

    def test_one_story_opens_the_page(self, fresh: Programs) -> None:
        first, second = ({"action": "top", "document": one.id} for one in FIRST[:2])
        for _ in range(2):
            assert fresh.post(f"/choices/{NEXT}", json=first).status_code == 201
        answer = fresh.post(f"/choices/{NEXT}", json=second)
        assert answer.status_code == 409
        told = answer.json()["detail"]
        assert told.startswith("Two stories are to open the page: ")
        assert all(repr(one.title) in told for one in FIRST[:2])
        fresh.ask("DELETE", f"/choices/{NEXT}/3")
        assert fresh.post(f"/choices/{NEXT}", json=second).status_code == 201

    def test_for_an_edition_that_is_printed_there_is_no_choice(self, fresh: Programs) -> None:
        body = {"action": "drop", "document": REPORT.id}
        answers = [
            fresh.post(f"/choices/{TODAY}", json=body),
            fresh.ask("DELETE", f"/choices/{TODAY}/1"),
        ]
        assert [one.status_code for one in answers] == [409, 409]
        assert answers[0].json()["detail"] == "The edition of this day is already printed."
        assert lines(fresh) == []

    def test_a_subscriber_is_paused_resumed_and_removed(self, fresh: Programs) -> None:
        assert fresh.post("/subscribers/1/pause").json()["state"] == "paused"
        again = fresh.post("/subscribers/1/pause")
        assert (again.status_code, again.json()["detail"]) == (
            409,
            "The subscriber is paused, not active.",
        )
        assert fresh.post("/subscribers/1/resume").json()["state"] == "active"
        consents = fresh.web.consents(fresh.web.find())
        assert [(one.how, one.origin, one.words) for one in consents[1:]] == [
            ("command", "token administrator", "paused"),
            ("command", "token administrator", "resumed"),
        ]
        assert fresh.post("/subscribers/1/remove").json() == {"id": 1}
        assert fresh.post("/subscribers/1/remove").status_code == 404
        assert not fresh.web.known(READER)
        assert [what for _, what, _ in lines(fresh)] == [
            "remove subscriber",
            "resume subscriber",
            "pause subscriber",
        ]
        assert all(READER not in about for _, _, about in lines(fresh))


class TestBody:
    PATH = f"/choices/{YESTERDAY}"

    def test_only_json_is_read(self, asked: Programs) -> None:
        for kind in ("text/plain", "application/x-www-form-urlencoded", ""):
            answer = asked.post(self.PATH, content=b"{}", headers={"Content-Type": kind})
            assert answer.status_code == 415
        headers = {"Content-Type": "application/json; charset=utf-8"}
        for body in (b"", b"{", b'{"action"', b"[" * 10_000, b'"\\ud800"', b"\xff", b"NaN"):
            assert asked.post(self.PATH, content=body, headers=headers).status_code == 422

    def test_a_body_of_another_page_or_too_large_is_not_read(self, asked: Programs) -> None:
        headers = {"Content-Type": "application/json"}
        answer = asked.post(self.PATH, content=b" " * 20_000, headers=headers)
        assert (answer.status_code, answer.json()["title"]) == (413, "Too large")
        answer = asked.post(self.PATH, json={}, headers={"Sec-Fetch-Site": "cross-site"})
        assert (answer.status_code, answer.json()["title"]) == (403, "Forbidden")


def test_a_failure_has_its_number(fresh: Programs, caplog: pytest.LogCaptureFixture) -> None:
    class Broken:
        def read(self) -> None:
            raise StoreError("desk.db: gone")

        write = read

    object.__setattr__(fresh.web.desk, "store", Broken())
    answer = fresh.get("/editions")
    assert (answer.status_code, answer.json()["title"]) == (500, "Failed")
    number = answer.json()["detail"].rpartition(" ")[2]
    assert f"failure {number} in api" in caplog.text


#: What stands for the parts of a path: of something that is there, and of nothing.
THERE = {"day": str(TODAY), "id": "1", "step": "collect"}
NOWHERE = {"day": "2020-01-01", "id": "999", "step": "print"}
OF_SOURCE = {"url": "https://courier.example/feed?key=secret"}
BODIES: dict[str, Any] = {
    "order": None,
    "choose": {"action": "drop", "document": REPORT.id},
    "add_source": {"url": "https://sund.example/feed"},
    "add_subscriber": {"address": "new@ministry.example", "consent": "by letter"},
    "change_subscriber": {"zone": "Europe/Zurich"},
    **dict.fromkeys(("change_source", "pause_source", "resume_source", "remove_source"), OF_SOURCE),
}
BY_NAME = {one.handler.__name__: one for one in OPERATIONS}
LAST = ("resume", "remove")
#: In an order in which each finds what it needs.
ORDER = [*(n for n in BY_NAME if n not in LAST), *LAST]


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


def send(
    asked: Programs, one: Operation, parts: dict[str, str], role: Role = Role.ADMINISTRATOR
) -> Any:  # noqa: ANN401
    body = BODIES.get(one.handler.__name__)
    more = {} if body is None else {"json": body}
    return asked.ask(one.method, filled(one.path, parts), role=role, **more)


def test_anybody_may_read_it_and_it_describes_every_operation_once(asked: Programs) -> None:
    told = document(asked)
    assert told["openapi"] == "3.1.0"
    assert told["info"]["title"] == "Ostra Desk"
    assert told["servers"] == [{"url": WEB + ROOT}]
    assert told["components"]["securitySchemes"]["token"]["scheme"] == "bearer"
    for path, _, one in described(told):
        parts = [p for p in one["parameters"] if p["in"] == "path"]
        assert path.count("{") == len(parts)
        for part in parts:
            assert "{" + part["name"] + "}" in path
            assert part["required"] is True
    found = list(described(told))
    assert [(method, path) for path, method, _ in found] == [
        (one.method, one.path)
        for path in dict.fromkeys(one.path for one in OPERATIONS)
        for one in OPERATIONS
        if one.path == path
    ]
    names = [one["operationId"] for _, _, one in found]
    assert len(set(names)) == len(names) == len(OPERATIONS)
    assert all(one["summary"].endswith(".") for _, _, one in found)
    refs = {part.partition('"')[0] for part in json.dumps(told).split('"$ref": "')[1:]}
    assert refs
    for ref in refs:
        at: Any = told
        for key in ref.removeprefix("#/").split("/"):
            at = at[key]
        assert at["type"] in {"object", "string"}
    assert {ref.rpartition("/")[2] for ref in refs} == set(told["components"]["schemas"])


@pytest.mark.parametrize("name", ORDER)
def test_an_operation_answers_as_the_document_says(fresh: Programs, name: str) -> None:
    one = BY_NAME[name]
    told = document(fresh)["paths"][one.path][one.method.lower()]
    parts = {**THERE, "id": "2"} if name == "resume" else THERE
    if name in {"let_in", "decline"}:
        parts = {**THERE, "id": f"{waiting(fresh.web, 'waits@courier.example')}"}
    if name == "resume_source":
        send(fresh, BY_NAME["pause_source"], THERE)
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
def test_every_refusal_is_a_problem_of_the_document(asked: Programs, one: Operation) -> None:
    responses = document(asked)["paths"][one.path][one.method.lower()]["responses"]
    path = filled(one.path, NOWHERE)
    refused = [asked.web.client.request(one.method, ROOT + path)]
    if one.pattern.groups and one.handler.__name__ not in {"choose", "standing_choices"}:
        refused.append(send(asked, one, NOWHERE))
    if one.act:
        refused.append(send(asked, one, THERE, role=Role.READER))
    refused.append(asked.ask(one.method, path + "?nonsense=1"))
    assert refused[0].status_code == 401
    for answer in refused:
        assert answer.headers["content-type"] == KIND
        problem = Problem.model_validate_json(answer.content)
        assert problem.status == answer.status_code
        assert problem.title
        assert KIND in responses[str(answer.status_code)]["content"]


def test_parameters_and_editions_are_described_as_they_are(asked: Programs) -> None:
    for path, method, told in described(document(asked)):
        names = [p["name"] for p in told["parameters"] if p["in"] == "query"]
        one = next(o for o in OPERATIONS if (o.path, o.method) == (path, method))
        assert names == list(one.question.model_fields)
        for part in told["parameters"]:
            assert "$ref" not in json.dumps(part)
    answer = asked.get(f"/editions/{TODAY}")
    assert record.read(answer.text, name="answer").edition.day == TODAY
    (schema,) = (
        s for n, s in document(asked)["components"]["schemas"].items() if n == "EditionRecord"
    )
    assert set(schema["required"]) <= set(answer.json())
    assert "schema" in schema["required"]


def role_of(one: Operation) -> Role:
    return least_role(one.act) if one.act else Role.READER


@pytest.mark.parametrize("role", Role)
def test_a_program_does_what_its_role_allows_and_no_more(fresh: Programs, role: Role) -> None:
    for one in OPERATIONS:
        status = send(fresh, one, THERE, role=role).status_code
        assert (status == 403) is not role.covers(role_of(one)), (one.path, status)
    with fresh.web.store.write() as tx:
        operators.revoke(tx, role)
    assert {send(fresh, one, THERE, role=role).status_code for one in OPERATIONS} == {401}


def test_every_operation_is_in_the_documentation_and_its_answer_described() -> None:
    for one in OPERATIONS:
        if not isinstance(one.answer, str):
            assert issubclass(one.answer, BaseModel)
            assert one.answer.__doc__
    page = (Path(__file__).parents[3] / "docs" / "api.md").read_text()
    rows = re.findall(r"^\| `([A-Z]+)` \| `(\S+)` \| (\w+) \|", page, re.MULTILINE)
    assert rows == [(one.method, one.path, role_of(one)) for one in OPERATIONS]


FEED = "https://sund.example/feed?key=secret"
SOURCE = {"url": FEED, "name": "Sund Gazette", "grade": "B"}
READER_BODY = {"address": "Ines@MINISTRY.example", "consent": "by letter", "since": "2026-03-02"}


def wrong_in(answer: httpx2.Response) -> dict[str, str]:
    assert answer.status_code == 422
    return {each["where"]: each["what"] for each in answer.json()["wrong"]}


class TestSources:
    def test_one_is_added_changed_paused_resumed_and_removed(self, fresh: Programs) -> None:
        made = fresh.post("/sources", json=SOURCE, role=Role.EDITOR)
        assert (made.status_code, made.json()["url"]) == (201, FEED.partition("?")[0])
        assert fresh.post("/sources", json=SOURCE).status_code == 409
        change = {"url": FEED, "grade": "C", "weight": 1.5}
        assert fresh.post("/sources/change", json=change).status_code == 200
        with fresh.web.store.read() as tx:
            status = sources.source_status(tx, FEED)
        assert status
        kept = status.source
        assert (kept.name, kept.grade, kept.weight) == ("Sund Gazette", "C", 1.5)
        for do, status_of in (
            ("pause", (200, 409)),
            ("resume", (200, 409)),
            ("remove", (200, 404)),
        ):
            answers = [fresh.post(f"/sources/{do}", json={"url": FEED}) for _ in range(2)]
            assert tuple(answer.status_code for answer in answers) == status_of
        assert [act for _, act, _ in lines(fresh)][:5] == [
            *("remove source", "resume source", "pause source", "edit source", "add source")
        ]
        # The query of an address, which may hold a key, is in no log.
        assert "secret" not in str(lines(fresh))

    @examples("change, where")
    def test_an_error_has_its_field_and_nothing_is_added(
        self, asked: Programs, change: dict[str, Any], where: str
    ) -> None:
        assert where in wrong_in(asked.post("/sources", json={**SOURCE, **change}))
        if "url" not in change and "kind" not in change:
            told = {"url": "https://courier.example/feed?key=secret", **change}
            assert where in wrong_in(asked.post("/sources/change", json=told))
        assert asked.get("/sources").text.count('"url"') == 1

    def test_what_is_no_source_is_not_found(self, asked: Programs) -> None:
        for do in ("change", "pause", "resume", "remove"):
            assert asked.post(f"/sources/{do}", json={"url": FEED}).status_code == 404


class TestReaders:
    def test_one_is_added_and_the_consent_log_says_how(self, fresh: Programs) -> None:
        wishes = {"sections": ["economy"], "at": "06:30:00", "days": [0, 4], "form": "text"}
        answer = fresh.post("/subscribers", json={**READER_BODY, "preferences": wishes})
        assert answer.status_code == 201
        made = answer.json()
        assert (made["address"], made["state"]) == ("Ines@ministry.example", "active")
        assert made["preferences"] | wishes == made["preferences"]
        with fresh.web.store.read() as tx:
            (consent,) = subscribers.consents(tx, made["id"])
        assert (consent.words, f"{consent.agreed}", consent.origin) == (
            *("by letter", "2026-03-02", "token administrator"),
        )
        again = fresh.post("/subscribers", json=READER_BODY)
        assert (again.status_code, "is already subscribed" in again.text) == (409, True)

    def test_preferences_that_are_given_are_changed_and_no_others(self, fresh: Programs) -> None:
        before = fresh.get("/subscribers/1").json()["preferences"]
        wish = {"zone": "Europe/Zurich", "muted": ["Oslo until 2026-12-15"]}
        answer = fresh.post("/subscribers/1", json=wish)
        assert answer.json()["preferences"] == {**before, **wish}
        assert fresh.get("/subscribers/1").json() == answer.json()
        assert fresh.post("/subscribers/99", json={}).status_code == 404

    @examples("change, where")
    def test_an_error_has_its_field_and_nobody_is_added(
        self, asked: Programs, change: dict[str, Any], where: str
    ) -> None:
        wrong = wrong_in(asked.post("/subscribers", json={**READER_BODY, **change}))
        assert where in wrong
        if "preferences" in change:
            told = wrong_in(asked.post("/subscribers/1", json=change["preferences"]))
            assert {where, where.removeprefix("preferences.")} & {*told}
        assert asked.get("/subscribers").json()["total"] == 2

    def test_who_waits_is_let_in_or_declined(self, fresh: Programs) -> None:
        for do in ("let-in", "decline"):
            assert fresh.post(f"/subscribers/1/{do}").status_code == 409
            assert fresh.post(f"/subscribers/99/{do}").status_code == 404
            one = waiting(fresh.web, f"{do}@courier.example")
            assert fresh.post(f"/subscribers/{one}/{do}").status_code == 200
        assert [act for _, act, _ in lines(fresh)][:2] == [
            *("decline subscriber", "approve subscriber")
        ]


def waiting(web: Served, address: str) -> int:
    """Add somebody who has confirmed the address and waits."""
    one = web.add(address, State.PENDING)
    with web.store.write() as tx:
        consent = Consent(web.clock(), "verified", "form")
        subscribers.change_preferences(tx, one.id, one.preferences, consent=consent)
    return one.id

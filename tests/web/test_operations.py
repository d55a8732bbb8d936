import json
import re
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from pathlib import Path

import httpx2
import pytest
from prometheus_client.parser import text_string_to_metric_families

from briefing.app import doctor
from briefing.app.keys import digest_key
from briefing.app.rounds.runs import RunRequests
from briefing.core.model import ApiToken, Ending, FetchRecord, Outcome, Role, Source, State, Step
from briefing.core.schedule import Timetable
from briefing.store import deliveries, jobs, operators, runs, sources
from briefing.web.guard import network_of
from briefing.web.operations import is_near_network
from tests.examples import examples
from tests.web.admin.rounds import keep_edition
from tests.web.served import NOW, READER, Served, served

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
SECRET = "briefing_" + "x" * 43
OPERATORS_ONLY = ("/readyz", "/metrics")


def ran(
    web: Served,
    step: Step,
    ending: Ending | None,
    *,
    at: datetime = NOW,
    seconds: float = 60,
    day: date | None = None,
    words: str = "",
) -> None:
    with web.store.write() as tx:
        number = runs.begin(tx, "world-desk", step, at=at, day=day)
        if ending:
            runs.end(tx, number, ending=ending, at=at + timedelta(seconds=seconds), words=words)


def keep_token(web: Served, role: Role = Role.READER) -> dict[str, str]:
    with web.store.write() as tx:
        operators.keep_token(tx, ApiToken("probe", role, NOW), digest_key(SECRET))
    return {"Authorization": f"Bearer {SECRET}"}


def drop(web: Served, table: str) -> None:
    assert web.store.place.file
    with closing(sqlite3.connect(web.store.place.file)) as file:
        file.execute(f"DROP TABLE {table}")


def checks(answer: httpx2.Response) -> dict[str, tuple[bool, str]]:
    lines = [json.loads(line) for line in answer.text.splitlines()]
    return {line["check"]: (line["ready"], line["words"]) for line in lines}


def told(text: str) -> dict[str, float]:
    """Return every figure by its name with labels."""
    found = {}
    for family in text_string_to_metric_families(text):
        assert family.name.startswith("briefing")
        assert family.documentation
        for sample in family.samples:
            labels = ",".join(f"{name}={value}" for name, value in sorted(sample.labels.items()))
            found[f"{sample.name}{{{labels}}}" if labels else sample.name] = sample.value
    return found


class TestWhoSees:
    def test_that_the_process_answers_is_for_everybody(self, tmp_path: Path) -> None:
        with served(tmp_path, proxies="127.0.0.1") as web:
            drop(web, "run")
            answer = web.get("/healthz", headers={"X-Forwarded-For": "203.0.113.5"})
            assert (answer.status_code, answer.text) == (200, "ok\n")
            assert web.client.head("/healthz").status_code == 200
            assert web.post("/healthz", {}).status_code == 405

    @pytest.mark.parametrize("path", OPERATORS_ONLY)
    def test_the_rest_is_for_who_is_near_or_has_a_token(self, path: str, tmp_path: Path) -> None:
        with served(tmp_path, proxies="127.0.0.1") as web:
            assert web.get(path).status_code == 200
            for header in ("X-Forwarded-For", "Forwarded", "Via", "X-Real-IP", "x-forwarded-host"):
                assert web.get(path, headers={header: "127.0.0.1"}).status_code == 404
            far, mine = {"X-Forwarded-For": "203.0.113.5"}, keep_token(web)
            wrong = web.get("/nothing/here", headers=far)
            assert web.get(path, headers=far).text == wrong.text
            assert web.get(path, headers={**far, **mine}).status_code == 200
            bad = ("Bearer nothing", f"Basic {SECRET}", SECRET, "Bearer", f"Bearer {SECRET} x", "")
            for words in bad:
                assert web.get(path, headers={**far, "Authorization": words}).status_code == 404
            with web.store.write() as tx:
                assert operators.tokens(tx)[0].used == NOW
                operators.revoke(tx, "probe")
            assert web.get(path, headers={**far, **mine}).status_code == 404

    @examples("host, near")
    def test_near_is_this_machine_and_private_networks(self, host: str, near: bool) -> None:  # noqa: FBT001  a column of the table
        assert is_near_network(network_of(host)) is near


class TestReadiness:
    def test_is_told_check_by_check_and_needs_a_store_that_answers(self, tmp_path: Path) -> None:
        disk = replace(doctor.room(10**12), name="disk")
        with served(tmp_path, requests=RunRequests(), preflight=lambda: (disk,)) as web:
            answer = web.get("/readyz")
            assert answer.status_code == 200
            assert answer.headers["Content-Type"] == "application/x-ndjson"
            assert list(checks(answer)) == ["round", "edition", "disk"]
            assert checks(answer)["disk"] == (True, "1,000.0 GB free")
            drop(web, "run")
            answer = web.get("/readyz")
            assert answer.status_code == 503
            assert checks(answer)["round"][0] is False

    def test_needs_a_round_that_has_not_ended_if_one_runs_here(self, tmp_path: Path) -> None:
        requests = RunRequests()
        with served(tmp_path, requests=requests) as web:
            assert checks(web.get("/readyz"))["round"] == (True, "has not run yet")
            requests.close()
            answer = web.get("/readyz")
            assert answer.status_code == 503
            assert checks(answer)["round"] == (False, "has ended; start the service again")
        with served(tmp_path) as web:
            ran(web, Step.COLLECT, None, at=NOW - 50 * HOUR)
            answer = web.get("/readyz")
            assert answer.status_code == 200
            assert checks(answer) == {}

    @pytest.mark.parametrize(
        ("ending", "ago", "ready", "words"),
        [
            (Ending.DONE, 90 * MINUTE, True, "collect ended 2026-03-12 06:43 UTC"),
            (Ending.FAILED, 90 * MINUTE, True, "collect ended 2026-03-12 06:43 UTC"),
            (Ending.DONE, 92 * MINUTE, False, "collect ended 2026-03-12 06:41 UTC"),
            (None, 2 * HOUR, True, "collect runs since 2026-03-12 06:12 UTC"),
            (None, 2 * HOUR + MINUTE, False, "collect runs since 2026-03-12 06:11 UTC"),
        ],
    )
    def test_needs_a_round_that_ran_lately(
        self, *, tmp_path: Path, ending: Ending | None, ago: timedelta, ready: bool, words: str
    ) -> None:
        table = Timetable(time(6, 30), "UTC", days=())
        with served(tmp_path, requests=RunRequests(), timetable=table) as web:
            ran(web, Step.COLLECT, ending, at=NOW - ago)
            ran(web, Step.DELIVER, None, at=NOW - 50 * HOUR)
            answer = web.get("/readyz")
            assert answer.status_code == (200 if ready else 503)
            assert checks(answer)["round"] == (ready, words)

    def test_needs_the_edition_whose_time_has_come(self, tmp_path: Path) -> None:
        table = Timetable(time(8, 0), "UTC")
        with served(tmp_path, requests=RunRequests(), timetable=table) as web:
            ran(web, Step.COLLECT, Ending.FAILED, at=NOW - HOUR)
            ran(web, Step.COLLECT, Ending.FAILED, at=NOW - MINUTE)
            day = NOW.date()
            due = "edition of 2026-03-12: was due at 08:00 UTC and has not been made yet"
            assert checks(web.get("/readyz"))["edition"] == (False, due)
            why = "the sources could not be read since 07:55 UTC: Harbor: refused"
            ran(web, Step.PUBLISH, Ending.BLIND, at=NOW - 10 * MINUTE, day=day, words=why)
            answer = web.get("/readyz")
            assert answer.status_code == 503
            assert checks(answer)["edition"] == (
                False,
                f"edition of 2026-03-12: not made yet: {why}; tried again until 14:00 UTC",
            )
            ran(web, Step.PUBLISH, Ending.EMPTY, at=NOW - 5 * MINUTE, day=day)
            assert checks(web.get("/readyz"))["edition"] == (True, "no edition is missing")


class TestFigures:
    def test_are_there_before_anything_is(self, web: Served) -> None:
        answer = web.get("/metrics")
        assert answer.headers["Content-Type"].startswith("text/plain; version=")
        found = told(answer.text)
        assert found["briefing_subscribers{state=active}"] == 0
        assert found["briefing_last_edition_deliveries{fate=sent}"] == 0
        assert found["briefing_sources{standing=failing_long}"] == 0
        assert found["briefing_delivery_delay_seconds"] == 0
        assert found["briefing_disk_free_bytes"] > 0
        assert not any("run" in name or "age" in name for name in found)
        assert {name.partition("{")[0] for name in found} >= {
            "briefing_info",
            "briefing_subscribers",
        }

    def test_are_read_from_the_store_as_it_is_now(self, web: Served) -> None:
        web.add()
        web.add("b@c.example", State.PAUSED)
        ran(web, Step.COLLECT, Ending.PART, at=NOW - HOUR, seconds=12.5)
        ran(web, Step.PUBLISH, None, at=NOW)
        found = told(web.get("/metrics").text)
        assert found["briefing_subscribers{state=active}"] == 1
        assert found["briefing_subscribers{state=paused}"] == 1
        assert found["briefing_run_begin_timestamp_seconds{step=collect}"] == (
            (NOW - HOUR).timestamp()
        )
        assert found["briefing_run_duration_seconds{step=collect}"] == 12.5
        assert "briefing_run_duration_seconds{step=publish}" not in found
        assert found["briefing_run_ending{ending=part,step=collect}"] == 1
        assert found["briefing_run_ending{ending=done,step=collect}"] == 0
        assert found["briefing_run_ending{ending=running,step=publish}"] == 1
        assert not any("step=deliver" in name for name in found)

    def test_tell_what_is_left_for_workers(self, web: Served) -> None:
        assert not any("jobs" in name for name in told(web.get("/metrics").text))
        with web.store.write() as tx:
            run = runs.begin(tx, "world-desk", Step.DELIVER, at=NOW)
            jobs.plan(tx, run, [{}, {}, {}], at=NOW)
            first, *_ = jobs.open_jobs(tx, "world-desk")
            jobs.claim(tx, first.number, worker="ann")
        web.later(minutes=2)
        found = told(web.get("/metrics").text)
        assert found["briefing_jobs{state=waiting,step=deliver}"] == 2
        assert found["briefing_jobs{state=running,step=deliver}"] == 1
        assert found["briefing_jobs{state=waiting,step=collect}"] == 0
        assert found["briefing_jobs_oldest_seconds{step=deliver}"] == 120
        assert found["briefing_jobs_oldest_seconds{step=collect}"] == 0
        assert found["briefing_jobs_retried{step=deliver}"] == 0

    def test_tell_how_the_last_edition_stands(self, web: Served) -> None:
        web.add()
        made = keep_edition(web, NOW.date())
        with web.store.write() as tx:
            deliveries.release(tx, made, at=NOW, life=12 * HOUR, due=lambda _preferences: NOW)
        web.later(hours=2)
        found = told(web.get("/metrics").text)
        assert found["briefing_last_edition_age_seconds"] == 4 * HOUR.total_seconds()
        assert found["briefing_last_edition_deliveries{fate=due}"] == 1
        assert found["briefing_delivery_delay_seconds"] == 7_200

    def test_tell_how_sources_stand_without_their_names(self, web: Served) -> None:
        with web.store.write() as tx:
            for name, outcome, ago in (
                ("new", None, 0),
                ("good", Outcome.READ, 1),
                ("bad", Outcome.FAILED, 23),
                ("worse", Outcome.FAILED, 24),
            ):
                url = f"https://{name}.example/feed"
                sources.add(tx, Source(url, name=f'"{name}"\n'), at=NOW - 99 * HOUR)
                if outcome:
                    sources.record(tx, FetchRecord(url, NOW - ago * HOUR, outcome))
        text = web.get("/metrics").text
        found = told(text)
        for status in ("new", "answering", "failing", "failing_long"):
            assert found[f"briefing_sources{{standing={status}}}"] == 1
        assert ".example" not in text

    def test_have_units_that_prometheus_knows_no_address_and_fail_with_the_store(
        self, web: Served
    ) -> None:
        web.add()
        web.get(f"/{READER}?mail={READER}")
        assert "@" not in web.get("/metrics").text
        ran(web, Step.COLLECT, Ending.DONE)
        for family in text_string_to_metric_families(web.get("/metrics").text):
            assert re.fullmatch(r"briefing(_[a-z]+)*", family.name)
        drop(web, "run")
        assert web.get("/metrics").status_code == 500

    def test_count_answers_by_the_class_of_their_status(self, web: Served) -> None:
        def count() -> tuple[float, float]:
            found = told(web.get("/metrics").text)
            answers = "briefing_http_answers_total{status=%sxx}"
            return found[answers % 2], found.get(answers % 4, 0)

        web.get("/healthz")
        before = count()
        web.get("/nothing/here")
        web.get("/healthz")
        assert [now - then for now, then in zip(count(), before, strict=True)] == [2, 1]


def test_the_probes_change_nothing_and_are_kept_by_no_cache(web: Served) -> None:
    before = web.dump()
    for path in ("/healthz", *OPERATORS_ONLY):
        answer = web.get(path)
        assert answer.headers["Cache-Control"] == "no-store"
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert web.dump() == before

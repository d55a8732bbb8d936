"""How hosts are asked that are busy or fail, in virtual time."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from briefing.core.errors import FetchError
from briefing.core.model import Host
from briefing.core.ports import Answer
from tests.sources.web.virtual import (
    BEGIN,
    BUSY,
    LOST,
    NO_ROBOTS,
    NOT_FOUND,
    A,
    B,
    VirtualTime,
    Wire,
    ask_all,
    busy_until,
    fails,
    fetcher,
    run,
)


def test_a_host_that_asks_to_be_left_alone_for_long_is_left_alone() -> None:
    async def main(clock: VirtualTime) -> tuple[list[FetchError], int, tuple[Host, ...]]:
        wire = Wire(clock, {f"{A}/1": [busy_until(3_600)]})
        ask = fetcher(wire, clock, policy=NO_ROBOTS)
        failed = [await fails(ask, f"{A}/1"), await fails(ask, f"{A}/2")]
        return failed, len(wire.begins), ask.hosts

    failed, asked, hosts = run(main)
    until = BEGIN + timedelta(hours=1)
    assert asked == 1
    assert [str(error) for error in failed] == [
        "answers 503",
        "a.example asked to wait until 2026-03-12 07:30 UTC",
    ]
    assert [(error.passing, error.retry_at) for error in failed] == [(True, until)] * 2
    assert hosts == (Host("a.example", retry_at=until),)


def test_the_next_run_leaves_it_alone_too_until_its_time_has_come() -> None:
    async def main(clock: VirtualTime) -> tuple[FetchError, int]:
        wire = Wire(clock)
        host = Host("a.example", retry_at=BEGIN + timedelta(minutes=5))
        ask = fetcher(wire, clock, hosts={"a.example": host})
        failed = await fails(ask, f"{A}/1")
        await asyncio.sleep(300)
        await ask(f"{A}/1")
        return failed, len(wire.begins)

    failed, asked = run(main)
    assert failed.retry_at == BEGIN + timedelta(minutes=5)
    assert asked == 2


def test_a_short_wait_is_waited_out_by_all_requests_to_the_host() -> None:
    async def main(clock: VirtualTime) -> list[tuple[float, str]]:
        wire = Wire(clock, {f"{A}/1": [busy_until(8), b"page"]})
        ask = fetcher(wire, clock, policy=NO_ROBOTS)
        answers = await ask_all(ask, [f"{A}/1", f"{A}/2", f"{B}/1"])
        assert all(isinstance(answer, Answer) for answer in answers)
        return wire.begins

    begins = run(main)
    assert begins[:2] == [(0, f"{A}/1"), (0, f"{B}/1")]
    assert sorted(begins[2:]) == [(8, f"{A}/2"), (9, f"{A}/1")]


def test_a_wait_without_end_is_cut_to_a_day() -> None:
    async def main(clock: VirtualTime) -> tuple[FetchError, tuple[Host, ...]]:
        wire = Wire(clock, {f"{A}/1": [busy_until(1e9)]})
        ask = fetcher(wire, clock, policy=NO_ROBOTS)
        return await fails(ask, f"{A}/1"), ask.hosts

    failed, hosts = run(main)
    assert failed.retry_at == BEGIN + timedelta(days=1)
    assert hosts[0].retry_at == failed.retry_at


def test_too_many_requests_without_a_time_means_a_quarter_of_an_hour() -> None:
    async def main(clock: VirtualTime) -> tuple[FetchError, int]:
        wire = Wire(clock, {f"{A}/1": [FetchError("answers 429", status=429, passing=True)]})
        failed = await fails(fetcher(wire, clock, policy=NO_ROBOTS), f"{A}/1")
        return failed, len(wire.begins)

    failed, asked = run(main)
    assert asked == 1
    assert failed.retry_at == BEGIN + timedelta(minutes=15)


def test_a_robots_txt_that_is_asked_too_often_is_not_one_that_allows() -> None:
    async def main(clock: VirtualTime) -> tuple[FetchError, FetchError, int, tuple[Host, ...]]:
        wire = Wire(clock, {f"{A}/robots.txt": [busy_until(60, status=429)]})
        ask = fetcher(wire, clock)
        failed = await fails(ask, f"{A}/1"), await fails(ask, f"{A}/1")
        return *failed, len(wire.begins), ask.hosts

    first, second, asked, hosts = run(main)
    assert asked == 1
    assert str(first).startswith("robots.txt of a.example cannot be read")
    assert first.retry_at == second.retry_at == BEGIN + timedelta(minutes=1)
    assert hosts == (Host("a.example", retry_at=first.retry_at),)


def test_a_host_that_asked_to_wait_while_there_was_no_seat_is_not_asked() -> None:
    async def main(clock: VirtualTime) -> tuple[list[str], list[str]]:
        wire = Wire(clock, {f"{A}/1": [busy_until(60)]}, seconds=3)
        ask = fetcher(wire, clock, policy=replace(NO_ROBOTS, at_once=1))
        results = await ask_all(ask, [f"{A}/1", f"{A}/2", f"{B}/1", f"{B}/2"])
        return [url for _, url in wire.begins], [str(error) for error in results[:2]]

    urls, messages = run(main)
    assert urls == [f"{A}/1", f"{B}/1", f"{B}/2"]
    assert messages == ["answers 503", "a.example asked to wait until 2026-03-12 06:31 UTC"]


def test_a_failure_that_may_pass_is_tried_twice_again_after_growing_waits() -> None:
    async def main(clock: VirtualTime) -> tuple[list[float], Answer]:
        wire = Wire(clock, {f"{A}/1": [LOST, BUSY, b"page"]})
        policy = replace(NO_ROBOTS, delay=0.0)
        answer = await fetcher(wire, clock, policy=policy, chance=1.0)(f"{A}/1")
        return wire.seconds_of("a.example"), answer

    assert run(main) == ([0, 0.5, 1.5], Answer(f"{A}/1", 200, b"page"))


def test_the_third_failure_is_told_and_others_are_not_tried_again() -> None:
    async def main(clock: VirtualTime) -> tuple[FetchError, FetchError, list[str]]:
        wire = Wire(clock, {f"{A}/1": [LOST], f"{A}/2": [NOT_FOUND]})
        ask = fetcher(wire, clock, policy=NO_ROBOTS)
        failed = await fails(ask, f"{A}/1"), await fails(ask, f"{A}/2")
        return *failed, [url for _, url in wire.begins]

    lost, none, urls = run(main)
    assert (str(lost), lost.passing, str(none), none.gone) == (
        "connection lost",
        True,
        "answers 404",
        True,
    )
    assert urls == [f"{A}/1"] * 3 + [f"{A}/2"]


def test_a_host_that_only_fails_is_given_up_for_the_run() -> None:
    async def main(clock: VirtualTime) -> tuple[set[str], int, tuple[Host, ...]]:
        wire = Wire(clock, {f"{A}/{n}": [LOST] for n in range(40)}, seconds=1)
        ask = fetcher(wire, clock, policy=NO_ROBOTS)
        errors = await ask_all(ask, [f"{A}/{n}" for n in range(40)])
        assert all(isinstance(error, FetchError) and error.passing for error in errors)
        return {str(error) for error in errors}, len(wire.begins), ask.hosts

    messages, asked, hosts = run(main)
    assert 9 <= asked <= 10
    assert any(
        "times in a row and is skipped until the next run" in message for message in messages
    )
    assert hosts == ()


@pytest.mark.parametrize("answer", [b"page", NOT_FOUND], ids=["page", "404"])
def test_a_host_that_answers_now_and_then_is_not_given_up(answer: bytes | FetchError) -> None:
    async def main(clock: VirtualTime) -> int:
        answers = {f"{A}/{n}": [LOST if n % 2 else answer] for n in range(20)}
        wire = Wire(clock, answers)
        ask = fetcher(wire, clock, policy=NO_ROBOTS)
        for n in range(20):
            await asyncio.gather(ask(f"{A}/{n}"), return_exceptions=True)
        return len(wire.begins)

    assert run(main) == 10 + 3 * 10

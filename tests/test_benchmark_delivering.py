import pytest

from benchmarks import delivering, rates

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])


@pytest.mark.slow
def test_delivering_is_measured_against_a_bare_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivering, "SUBSCRIBERS", 60)
    monkeypatch.setattr(delivering, "SIZE", 2_000)
    monkeypatch.setattr(delivering, "POOL", 3)
    monkeypatch.setattr(rates, "SECONDS", 0.4)
    rows = delivering.bench_delivering()
    assert [row["case"] for row in rows] == [
        "bare smtplib loop",
        "one connection, FULL",
        "one connection, NORMAL",
        "3 connections, NORMAL",
        "3 connections, FULL",
        "memory",
        "100/s over all",
        "30/s by connection",
        "5/s by domain",
    ]
    assert all(row["ratio"] > 0 for row in rows)

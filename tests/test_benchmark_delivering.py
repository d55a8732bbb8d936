import pytest

from benchmarks import collecting, delivering


@pytest.mark.slow
def test_delivering_is_measured_against_a_bare_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivering, "SUBSCRIBERS", 60)
    monkeypatch.setattr(delivering, "SIZES", (2_000, 4_000))
    monkeypatch.setattr(delivering, "POOL", 3)
    monkeypatch.setattr(delivering, "ROUNDS", 1)
    monkeypatch.setattr(delivering, "SECONDS", 0.4)
    rows = delivering.bench()
    assert [row["case"] for row in rows] == [
        "deliver 2kB x1 / smtplib",
        "deliver 2kB x3 / smtplib",
        "deliver 4kB x1 / smtplib",
        "deliver 4kB x3 / smtplib",
        "deliver 2kB x3 / smtplib, busy",
        "memory",
        "100/s over all",
        "30/s by connection",
        "5/s by domain",
    ]
    assert all(row["ratio"] > 0 for row in rows)


@pytest.mark.slow
def test_collecting_is_measured_against_a_bare_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collecting, "FEEDS", 6)
    monkeypatch.setattr(collecting, "FIRST", 3)
    *collected, memory = collecting.bench()
    assert [row["case"] for row in collected] == ["collect / loop", "collect and analyze / loop"]
    assert min(row["ratio"] for row in collected) > 0
    assert memory["case"] == "memory, 3 to 6 feeds"

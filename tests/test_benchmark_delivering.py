import pytest

from benchmarks import collecting, delivering, desk_day


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


@pytest.mark.slow
def test_a_day_is_measured_step_by_step_and_its_store_by_table(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(desk_day, "FEEDS", 4)
    monkeypatch.setattr(desk_day, "ITEMS", 5)
    monkeypatch.setattr(desk_day, "ROUNDS", 4)
    monkeypatch.setattr(desk_day, "READERS", 7)
    rows = desk_day.bench()
    *steps, day = [row for row in rows if "ratio" in row]
    assert [row["case"] for row in steps] == ["16 reports", "1 edition", "7 mails"]
    assert day["seconds"] == pytest.approx(sum(row["seconds"] for row in steps), abs=0.02)
    *tables, every = [row for row in rows if "ratio" not in row]
    assert {"report: version", "edition: file"} <= {row["case"] for row in tables}
    assert every["case"] == "all tables"
    assert every["megabytes_a_year"] > 0

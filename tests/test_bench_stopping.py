"""Stopping rules held against finished runs: outcomes worked out by hand, and a comparison to its end."""

from __future__ import annotations

from pathlib import Path

import pytest

from asknext.bench.compare import carry_out
from asknext.bench.conclude import conclude
from asknext.bench.protocol import Settings, claim, fit_to_pool
from asknext.bench.stopping import Course, courses, lines, outcome, record, table
from asknext.datasets import load
from asknext.monitor.readings import FIGURES
from asknext.monitor.stopping import RULES, BatchAccuracy, LowContradiction

COURSE = Course(
    "t", "margin", 0, [10, 20, 30, 40], [0.5, 0.8, 0.79, 0.815],
    {"batch_accuracy": [None, 0.5, 0.95, 1.0], "contradiction": [None, 0.4, 0.3, 0.2]},
)  # fmt: skip


def test_outcomes_by_hand() -> None:
    stopped = outcome(BatchAccuracy(), COURSE)
    assert stopped.stopped
    assert stopped.saved == pytest.approx(1 - 30 / 40)
    assert stopped.lost == pytest.approx(0.025)
    never = outcome(LowContradiction(), COURSE)
    assert (never.stopped, never.saved, never.lost) == (False, 0.0, 0.0)


def test_the_table_puts_the_most_trustworthy_first() -> None:
    rows = table([BatchAccuracy(), LowContradiction()], [COURSE], 0.01)
    assert [row["rule"] for row in rows] == ["low-contradiction", "batch-accuracy"]
    assert rows[1]["within"] == 0.0
    assert table([BatchAccuracy()], [COURSE], 0.03)[0]["within"] == 1.0
    first = ["low-contradiction", "contradiction", "0 % of 1", "0.0 %", "100.0 %", "+0.0", "+0.0"]
    assert next(lines(rows)) == first


def test_from_a_comparison(tmp_path: Path) -> None:
    data = load("wine")
    settings = Settings("wine", None, ("margin", "random"), "logistic-regression", 10, 10, 5, 2, 0.3)
    settings = fit_to_pool(settings, data)
    claim(tmp_path, settings, data)
    carry_out(tmp_path, settings, data, 1)
    conclude(tmp_path, settings, data, "asknext")
    record(tmp_path, settings, data, 1)
    found = courses(tmp_path, "wine")
    assert sorted((one.strategy, one.seed) for one in found) == [
        ("margin", 0), ("margin", 1), ("random", 0), ("random", 1)
    ]  # fmt: skip
    for one in found:
        assert list(one.labelled) == [10, 20, 30, 40, 50, 60]
        assert set(one.figures) == set(FIGURES)
        assert one.figures["contradiction"][0] is None
        assert all(0 <= (v or 0) <= 1 for v in one.figures["contradiction"])
    assert len(table(RULES, found, 0.01)) == len(RULES)

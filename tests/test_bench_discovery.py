"""How soon classes are found: worked by hand on small curves, and shown by a recipe."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from asknext.bench import discovery
from asknext.bench.results import Measure
from asknext.bench.statistics import t_interval
from asknext.cli import run  # noqa: F401  (it registers)
from asknext.cli.app import app

LABELS = (10, 20, 30)
FOUND = {
    "random": [(2, 2, 3), (2, 3, 3)],
    "soon": [(2, 4, 4), (3, 3, 4)],
    "late": [(2, 2, 2), (2, 2, 4)],
    "never": [(1, 1, 2), (1, 2, 2)],
}
BALANCED = {name: [tuple(n / 8 for n in seed) for seed in seeds] for name, seeds in FOUND.items()}


def measures() -> list[Measure]:
    """Two seeds of four strategies on a pool of four classes."""
    return [
        Measure("data", name, seed, number, LABELS[number], metric, subset, float(value))
        for metric, subset, table in (
            ("classes-found", "asked", FOUND), ("balanced-accuracy", "test", BALANCED),
        )
        for name, seeds in table.items()
        for seed, values in enumerate(seeds)
        for number, value in enumerate(values)
    ]  # fmt: skip


def test_discovery_worked_by_hand() -> None:
    found = discovery.discovery(measures(), list(FOUND), 4, "random")
    assert {name: result["all_seeds"] for name, result in found.items()} == {
        "random": 0, "soon": 2, "late": 1, "never": 0
    }  # fmt: skip
    assert found["soon"]["all_labels"] == (20 + 30) / 2
    assert found["late"]["all_labels"] == (30 + 30) / 2, "a seed that has not found all counts the budget"
    # random ends at 3 classes on average, at 30 labels; soon passes 3 on the line from 2.5 to 3.5
    assert found["soon"]["as_random"]["needed"] == pytest.approx(15)
    assert found["soon"]["as_random"]["share"] == pytest.approx(0.5)
    assert found["never"]["as_random"]["reason"] == "not reached"
    assert found["soon"]["auc"] == pytest.approx(np.mean(FOUND["soon"]) / 4)
    differences = np.mean(np.subtract(FOUND["soon"], FOUND["random"]), axis=1)
    assert found["soon"]["gain"]["mean"] == pytest.approx(differences.mean() / 4)
    assert found["soon"]["balanced_auc"] == pytest.approx(np.mean(BALANCED["soon"]))
    _, low, high = t_interval(differences / 8, 3)
    assert found["soon"]["balanced_gain"]["ci95"] == pytest.approx([low, high])
    assert found["random"]["gain"] is found["random"]["balanced_gain"] is None


def test_without_the_baseline_nothing_is_compared() -> None:
    found = discovery.discovery(measures(), ["soon", "late"], 4, "random")
    assert found["soon"]["as_random"]["reason"] == "random was not run"
    assert found["soon"]["gain"] is None
    assert found["late"]["all_seeds"] == 1


def test_nothing_is_said_where_classes_were_not_counted() -> None:
    rows = [row for row in measures() if row.metric != "classes-found"]
    assert discovery.discovery(rows, ["random", "soon"], 4, "random") == {"random": None, "soon": None}


def test_a_recipe_of_an_open_world_tells_how_soon_classes_were_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text = (Path(__file__).parents[1] / "recipes/open-world.toml").read_text()
    short = text.replace('strategies = ["plain", "aware"]', 'strategies = ["random", "aloe"]')
    Path("short.toml").write_text(short)
    result = CliRunner().invoke(app, ["run", "short.toml", "--quick", "--jobs", "1"], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    (out,) = tmp_path.glob("asknext-short-quick")
    task = json.loads((out / "summary.json").read_text())["tasks"]["letter"]
    aloe = task["strategies"]["aloe"]
    assert aloe["openness"]["discovery_auc"] == pytest.approx(aloe["discovery"]["auc"])
    assert aloe["openness"]["balanced_accuracy"] >= aloe["discovery"]["balanced_auc"]
    table, page = (out / "table.md").read_text(), (out / "report.html").read_text()
    assert "Classes found:" in table
    assert table.count(discovery.LEGEND) == 1
    for row in discovery.rows(task):
        assert f"| {' | '.join(row)} |" in table
        assert "".join(f"<td>{cell}</td>" for cell in row[1:]) in page

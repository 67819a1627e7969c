"""Figures beside published ones: what is read, which cells agree, and how the order of means is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from asknext.bench.protocol import Settings
from asknext.bench.published_table import COLUMNS, Published, Spread, beside, lines, read_published, told
from asknext.bench.recipe import prepare, read_recipe
from asknext.bench.results import Measure
from asknext.errors import AskNextError

TASKS = {
    "ld": Settings(
        source="noisy-blobs-ld", target=None, strategies=("random", "k-center", "margin"),
        learner="logistic-regression", initial=2, batch=1, rounds=1, seeds=2, test_share=0.5,
    )
}  # fmt: skip
CONTENT = {
    "source": "A paper, table 1",
    "ld": {
        "random": {"auc": [50.0, 1.0], "nsr": [30, 5]},
        "coreset": {"auc": [60.0, 2.0], "reason": "the embedding is unknown"},
        "margin": {"auc": [55.0, 0.6]},
    },
}
CURVES = {  # accuracies of two seeds in two rounds: means .525, .49 and .56
    "random": [(0.50, 0.53), (0.52, 0.55)],
    "k-center": [(0.48, 0.49), (0.49, 0.50)],
    "margin": [(0.55, 0.57), (0.55, 0.57)],
}


def rows() -> list[Measure]:
    """Results of the three strategies; noise of the labelled items for random."""
    made = [
        Measure("blobs", strategy, seed, number, 2 + number, "accuracy", "test", value)
        for strategy, runs in CURVES.items()
        for seed, run in enumerate(runs)
        for number, value in enumerate(run)
    ]
    for seed, run in enumerate([(0.9, 0.25), (0.8, 0.45)]):
        for number, value in enumerate(run):
            where = ("blobs", "random", seed, number, 2 + number)
            made.append(Measure(*where, "noisy-ratio", "labelled", value))
    return made


def test_the_table_is_read_under_the_names_of_the_strategies() -> None:
    found = read_published(CONTENT, TASKS)
    assert found == Published(
        "A paper, table 1",
        "",
        {
            "ld": {
                "random": {"auc": Spread(0.5, 0.01), "nsr": Spread(0.3, 0.05)},
                "k-center": {"auc": Spread(0.6, 0.02)},
                "margin": {"auc": Spread(0.55, 0.006)},
            }
        },
        {"ld": {"k-center": "the embedding is unknown"}},
    )


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"source": 1}, r"\[published\] says no source"),
        ({"reason": ["x"]}, r"\[published\]: reason must be a text, not \['x'\]"),
        ({"hd": {}}, "unknown task 'hd'; did you mean 'ld'"),
        ({"ld": 3}, r"\[published.ld\] must be a table, not 3"),
        ({"ld": {"random": 3}}, r"\[published.ld\]: random must be a table, not 3"),
        ({"ld": {"rndom": {}}}, "unknown strategy 'rndom'; did you mean 'random'"),
        ({"ld": {"entropy": {}}}, "the task 'ld' does not run entropy"),
        ({"ld": {"random": {"f1": [1, 2]}}}, r"random\.f1 is no figure; there is: auc, nsr"),
        ({"ld": {"random": {"auc": 38.6}}}, r"random\.auc must be mean and standard deviation in percent"),
        ({"ld": {"random": {"auc": [38.6, 0]}}}, r"not \[38.6, 0\]"),
        ({"ld": {"random": {"auc": [386, 1.5]}}}, r"not \[386, 1.5\]"),
        ({"ld": {"random": {"auc": [38.6, True]}}}, r"not \[38.6, True\]"),
    ],
)
def test_a_bad_table_is_refused(change: dict[str, object], said: str) -> None:
    with pytest.raises(AskNextError, match=said):
        read_published(CONTENT | change, TASKS)


def test_worked_values() -> None:
    found = beside(read_published(CONTENT, TASKS), "ld", rows())
    cells = {(cell["strategy"], cell["figure"]): cell for cell in found["cells"]}
    random, nsr = cells["random", "auc"], cells["random", "nsr"]
    assert random["ours"]["mean"] == pytest.approx(0.525)
    assert random["ours"]["std"] == pytest.approx(0.02 / 2**0.5)  # of .515 and .535
    assert random["apart"] == pytest.approx(2.5)
    assert nsr["ours"]["mean"] == pytest.approx(0.35)  # of the last round alone
    assert nsr["apart"] == pytest.approx(1)
    agree = {key: cell["agrees"] for key, cell in cells.items()}
    assert agree == {
        ("random", "auc"): False, ("k-center", "auc"): False, ("margin", "auc"): True,
        ("random", "nsr"): True,
    }  # fmt: skip
    assert found["agreeing"] == {"auc": [1, 3], "nsr": [1, 1]}
    assert found["swapped"] == [("k-center", "margin"), ("k-center", "random")]
    assert told(found) == [
        "Within 2 published standard deviations: 1 of 3 AUC and 1 of 1 NSR.",
        "The mean AUCs are ordered as published, except that here margin comes above k-center and random "
        "comes above k-center.",
        "random misses in AUC: no reason is known.",
        "k-center misses in AUC: the embedding is unknown.",
    ]
    table = lines(found)
    assert table[0] == ["random", "AUC", "52.5 ± 1.4", "50.0 ± 1.0", "+2.5", "misses"]
    assert table[-1][-1] == "within 2 stds"
    assert {len(row) for row in table} == {len(COLUMNS)}


def test_a_reason_for_all_stands_in_where_a_cell_has_none() -> None:
    found = beside(read_published(CONTENT | {"reason": "other data"}, TASKS), "ld", rows())
    assert told(found)[2:] == [
        "random misses in AUC: other data.",
        "k-center misses in AUC: the embedding is unknown.",
    ]


def test_a_table_that_agrees_says_so_and_names_no_cell() -> None:
    content = {"source": "x", "ld": {"margin": {"auc": [56, 1]}, "random": {"auc": [52.5, 1]}}}
    assert told(beside(read_published(content, TASKS), "ld", rows())) == [
        "Within 2 published standard deviations: 2 of 2 AUC.",
        "The mean AUCs are ordered as published.",
    ]


def test_noise_is_only_asked_of_data_that_know_it() -> None:
    text = (Path(__file__).parents[1] / "recipes" / "noisy-blobs.toml").read_text()
    assert set(prepare(read_recipe(text))) == {"ld", "hd"}
    with pytest.raises(AskNextError, match=r"task 'ld': \[published.ld\] gives nsr, but wine does not say"):
        prepare(read_recipe(text.replace('"noisy-blobs-ld"', '"wine"')))


def test_a_run_of_one_seed_has_no_deviation() -> None:
    found = beside(read_published(CONTENT, TASKS), "ld", [row for row in rows() if row.seed == 0])
    assert {cell["ours"]["std"] for cell in found["cells"]} == {None}

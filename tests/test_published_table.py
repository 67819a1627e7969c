"""Figures beside published ones: what is read, which cells agree, and how the order of means is told."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from asknext.bench.beside import agreement, all_beside, beside, columns, lines, told
from asknext.bench.compare import carry_out, measure
from asknext.bench.conclude import conclude
from asknext.bench.figures import Spread
from asknext.bench.protocol import Settings, claim
from asknext.bench.published_table import Published, read_published
from asknext.bench.recipe import prepare, read_recipe
from asknext.bench.results import Measure, write_measures
from asknext.datasets import load
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
        "standard deviation",
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
        ({"spread": 2}, r"\[published\]: spread must be a text, not 2"),
        ({"spread": "range"}, "spread is 'range'; there is: standard deviation, standard error"),
        ({"ld": {"random": {"reason": "x"}}}, r"\[published.ld\] gives no figure"),
        ({"reason": ["x"]}, r"\[published\]: reason must be a text, not \['x'\]"),
        ({"reasons": 3}, r"\[published.reasons\] must be a table, not 3"),
        ({"reasons": {"rndom": "x"}}, "unknown strategy 'rndom'"),
        ({"hd": {}}, "unknown task 'hd'; did you mean 'ld'"),
        ({"ld": 3}, r"\[published.ld\] must be a table, not 3"),
        ({"ld": {"random": 3}}, r"\[published.ld\]: random must be a table, not 3"),
        ({"ld": {"rndom": {}}}, "unknown strategy 'rndom'; did you mean 'random'"),
        ({"ld": {"entropy": {}}}, "the task 'ld' does not run entropy"),
        ({"ld": {"random": {"f1": [1, 2]}}}, r"random\.f1 is no figure; there is: auc, final, nsr, rba, and"),
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
        "Within 2 published standard deviations: 1 of 3 AUCs and 1 of 1 NSRs.",
        "The mean AUCs are ordered as published, except that here margin comes above k-center and random "
        "comes above k-center.",
        "random misses in AUC: no reason is known.",
        "k-center misses in AUC: the embedding is unknown.",
    ]
    table = lines(found)
    assert table[0] == ["random", "AUC", "52.5 ± 1.4", "50.0 ± 1.0", "+2.5", "misses"]
    assert table[-1][-1] == "within 2 stds"
    assert {len(row) for row in table} == {len(columns(found))}


def test_a_reason_for_all_stands_in_where_a_cell_has_none() -> None:
    found = beside(read_published(CONTENT | {"reason": "other data"}, TASKS), "ld", rows())
    assert told(found)[2:] == [
        "random misses in AUC: other data.",
        "k-center misses in AUC: the embedding is unknown.",
    ]


def test_a_reason_of_a_strategy_holds_in_all_tasks_and_is_said_once_for_those_that_share_it() -> None:
    same = "the embedding is unknown"
    content = CONTENT | {"reasons": {"random": same}, "reason": "other data"}
    assert told(beside(read_published(content, TASKS), "ld", rows()))[2:] == [
        f"random and k-center miss in AUC: {same}."
    ]


def test_a_table_that_agrees_says_so_and_names_no_cell() -> None:
    content = {"source": "x", "ld": {"margin": {"auc": [56, 1]}, "random": {"auc": [52.5, 1]}}}
    assert told(beside(read_published(content, TASKS), "ld", rows())) == [
        "Within 2 published standard deviations: 2 of 2 AUCs.",
        "The mean AUCs are ordered as published.",
    ]


def test_noise_is_only_asked_of_data_that_know_it() -> None:
    text = (Path(__file__).parents[1] / "recipes" / "noisy-blobs.toml").read_text()
    assert set(prepare(read_recipe(text))[0]) == {"ld", "hd"}
    with pytest.raises(AskNextError, match=r"task 'ld': \[published.ld\] gives nsr, but wine does not say"):
        prepare(read_recipe(text.replace('"noisy-blobs-ld"', '"wine"')))


def test_a_run_of_one_seed_has_no_deviation() -> None:
    found = beside(read_published(CONTENT, TASKS), "ld", [row for row in rows() if row.seed == 0])
    assert {cell["ours"]["std"] for cell in found["cells"]} == {None}


def test_worked_values_of_the_last_accuracy_with_standard_errors() -> None:
    content = {
        "source": "x",
        "spread": "standard error",
        "ld": {"random": {"final": [55.0, 0.8]}, "k-center": {"final": [50.0, 1.0]}},
    }
    found = beside(read_published(content, TASKS), "ld", rows())
    random, k_center = found["cells"]
    assert random["ours"]["mean"] == pytest.approx(0.54)  # of .53 and .55
    assert random["ours"]["se"] == pytest.approx(0.01)  # .02 / √2 between runs, / √2 for their mean
    assert random["published"] == {"mean": pytest.approx(0.55), "se": pytest.approx(0.008)}
    assert (random["apart"], random["agrees"]) == (pytest.approx(-1.25), True)
    assert k_center["apart"] == pytest.approx(-0.5)  # .495
    assert columns(found)[4] == "apart, published std errors"
    assert lines(found)[1] == [
        "k-center", "final accuracy", "49.5 ± 0.5", "50.0 ± 1.0", "−0.5", "within 2 std errors"
    ]  # fmt: skip
    assert told(found) == [
        "Within 2 published standard errors: 2 of 2 final accuracies.",
        "The mean final accuracies are ordered as published.",
    ]


def test_reverse_batch_accuracy_is_the_mean_easiness_of_the_batches() -> None:
    table = read_published({"source": "x", "ld": {"random": {"rba": [60.0, 10.0]}}}, TASKS)
    assert table.quantities("ld") == {("easiness", "batch")}
    made = [
        Measure("blobs", "random", seed, number, 2 + number, "easiness", "batch", value)
        for seed, run in enumerate([(1.0, 0.5), (0.5, 0.2)])
        for number, value in enumerate(run)
    ]
    (cell,) = beside(table, "ld", made)["cells"]
    assert cell["ours"]["mean"] == pytest.approx(0.55)  # of .75 and .35
    assert cell["ours"]["std"] == pytest.approx(0.4 / 2**0.5)


def test_agreement_is_counted_over_all_tasks(tmp_path: Path) -> None:
    tasks = {"ld": TASKS["ld"], "hd": TASKS["ld"], "unpublished": TASKS["ld"]}
    content = CONTENT | {"hd": {"margin": {"auc": [56, 1]}}}
    for task in tasks:
        write_measures(tmp_path / task / "results.csv", rows())
    found = all_beside(read_published(content, tasks), tmp_path, tasks)
    assert list(found["tasks"]) == ["ld", "hd"]
    assert found["agreeing"] == {"auc": [2, 4], "nsr": [1, 1]}
    assert agreement(found) == "Within 2 published standard deviations: 2 of 4 AUCs and 1 of 1 NSRs."


def test_a_reference_model_that_never_saw_the_pool_measures_the_batches(tmp_path: Path) -> None:
    """Stored by the oracle's run, or fitted again: the same figures."""
    found = {}
    for names in (("random",), ("random", "informed-confidence")):
        sizes = {"initial": 6, "batch": 5, "rounds": 2, "seeds": 1}
        settings = replace(TASKS["ld"], source="wine", strategies=names, **sizes)  # type: ignore[arg-type]
        out, data = tmp_path / names[-1], load("wine")
        claim(out, settings, data)
        carry_out(out, settings, data, jobs=1)
        made = measure(out, settings, data, ["easiness"], ["batch"])
        found[names] = [row.value for row in made if row.strategy == "random"]
    first, second = found.values()
    assert len(first) == 2
    assert first == second


def test_what_a_table_asks_for_is_measured_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("asknext.bench.conclude.write_all", lambda comparison, _: {"found": comparison})
    settings, data = replace(TASKS["ld"], source="wine", strategies=("random",), rounds=2), load("wine")
    claim(tmp_path / "out", settings, data)
    carry_out(tmp_path / "out", settings, data, jobs=1)
    asked = [("easiness", "batch"), ("accuracy", "test")]
    made = conclude(tmp_path / "out", settings, data, "command", asked)["found"].measures
    assert {*asked} <= {(row.metric, row.subset) for row in made}
    assert len(set(made)) == len(made)


def test_many_pairs_in_another_order_are_counted() -> None:
    better = {"margin": 40, "random": 45, "k-center": 50}  # published in the reverse order of ours
    content = {"source": "x", "ld": {name: {"auc": [mean, 20]} for name, mean in better.items()}}
    found = beside(read_published(content, TASKS), "ld", rows())
    assert len(found["swapped"]) == 3
    assert "except that here" in told(found)[1]
    found["swapped"].append(("a", "b"))
    assert told(found)[1] == "Of 3 pairs of mean AUCs, 4 come in the other order."

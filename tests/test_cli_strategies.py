"""asknext strategies: a list that fits the terminal, and a page on each strategy."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from asknext.cli import datasets  # noqa: F401  (it registers)
from asknext.cli import strategies as command
from asknext.cli.app import app
from asknext.round import Round
from asknext.strategies import Selection, Strategy, TypiClust, check_strategy, describe, names


def run(*arguments: str, width: int = 100) -> Result:
    """Run the command in a terminal of this width."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(command.screen, "width", width)
        return CliRunner().invoke(app, ["strategies", *arguments], catch_exceptions=False)


def words(result: Result) -> str:
    return " ".join(result.stdout.split())


@pytest.mark.parametrize("width", [80, 120])
def test_the_list_fits_and_cuts_nothing_off(width: int) -> None:
    lines = run(width=width).stdout.splitlines()
    assert max(map(len, lines)) <= width
    assert "…" not in "".join(lines)
    assert {line.split()[0] for line in lines if line.startswith("  ") and line.split()} >= set(names())


def test_the_list_goes_by_family_and_tells_needs_cost_and_paper() -> None:
    text = run(width=120).stdout
    low_budget = text.index("low-budget")
    assert text.index("diversity") < text.index("k-center") < low_budget < text.index("typiclust  ")
    lines = text.splitlines()
    place = next(i for i, line in enumerate(lines) if line.strip().startswith("margin "))
    assert re.split(r"\s{2,}", lines[place].strip())[1].startswith("Ask the items whose two likeliest")
    assert lines[place + 1].strip() == "needs proba; cost N C; Scheffer et al. 2001"
    assert "for benchmarks only: they know the truth" in text
    assert "N candidates" in text


def test_the_list_as_json_carries_the_cost() -> None:
    entries = {entry["name"]: entry for entry in json.loads(run("--json").stdout)}
    assert list(entries) == names()
    assert entries["margin"]["cost"] == "N C"
    assert entries["badge"]["cost"].startswith("N B (C + d)")


def test_a_page_tells_what_the_docstring_tells() -> None:
    text = words(run("typiclust"))
    assert text.startswith("typiclust low-budget Ask the most typical item of each cluster")
    assert "max_clusters None the most clusters made" in text
    assert "needs embedding" in text
    assert "also called tpc, tpcrp" in text
    assert "presets typiclust.published" in text
    assert "in Python asknext.strategies.TypiClust" in text
    preset = words(run("typiclust.published"))
    assert "in Python asknext.strategies.get('typiclust.published')" in preset
    assert "presets" not in words(run("margin"))
    assert "Refuses fewer than one neighbour or cluster." in text
    assert "The authors' code differs from the paper" in text


@pytest.mark.parametrize("name", names())
def test_every_strategy_has_a_whole_page(name: str) -> None:
    result = run(name, width=80)
    assert result.exit_code == 0
    assert max(map(len, result.stdout.splitlines())) <= 80
    told = describe(name)
    page = re.sub(r"\s", "", result.stdout)
    for text in (told["story"], *told["about"], *told["source"], told["cost"], *told["raises"]):
        assert re.sub(r"\s", "", text) in page
    for parameter in told["parameters"]:
        assert parameter["text"], f"{parameter['name']} is not told"
        assert parameter["name"] in page


def test_a_page_as_json_goes_by_any_alias() -> None:
    told = json.loads(run("TPC", "--json").stdout)
    assert told == describe("typiclust")
    assert told["class"] == "TypiClust"
    assert told["parameters"][0] == {
        "name": "neighbours",
        "value": "20",
        "text": "neighbours looked at; half the cluster where it is smaller than twice that.",
    }
    assert describe(TypiClust(neighbours=7))["parameters"][0]["value"] == "7"


def test_parameters_are_told_by_the_class_that_brings_them() -> None:
    told = {one["name"]: one for one in describe("power-bald")["parameters"]}
    assert told["beta"]["text"].startswith("the power; 0 is random sampling")
    assert told["strategy"]["value"] == "Bald()"
    both = {one["name"]: one["text"] for one in describe("hinted-svm")["parameters"]}
    assert both["label_cost"] == both["hint_cost"] == "of the two losses, above 0."


def test_an_unknown_name_is_refused_with_the_nearest_one() -> None:
    result = run("typiclst")
    assert result.exit_code == 2
    assert result.stderr == "asknext: unknown strategy 'typiclst'; did you mean 'typiclust'?\n"
    assert result.stdout == ""


@dataclass(frozen=True)
class Bare(Strategy):
    """Ask the items of the smallest number."""

    name = "bare"
    family = "mine"
    paper = "none"
    needs = frozenset({"number"})

    def select(self, round: Round, n: int, rng: np.random.Generator) -> Selection:
        """The n smallest."""
        number = round.read("number")
        return Selection(round.candidates[np.lexsort((rng.random(len(number)), number))[:n]])


def test_a_strategy_of_others_need_not_state_its_cost() -> None:
    check_strategy(Bare())
    told = describe(Bare())
    assert told["cost"] == "not stated"
    assert told["story"] == "Ask the items of the smallest number."
    assert told["parameters"] == told["raises"] == told["source"] == []

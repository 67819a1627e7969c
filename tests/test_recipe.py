"""Recipes: a bad one is refused in one line before anything runs, a good one is compare, task by task."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from asknext import strategies
from asknext.bench.protocol import Settings, claim
from asknext.bench.recipe import Recipe, prepare, read_recipe
from asknext.bench.recipe_report import beats
from asknext.bench.scenario import Scenario
from asknext.cli import compare, run  # noqa: F401  (they register)
from asknext.cli.app import app
from asknext.errors import AskNextError
from asknext.learners.catalogue import NETWORKS

RECIPES = sorted((Path(__file__).parents[1] / "recipes").glob("*.toml"))

CIFAR100 = """
apple aquarium_fish baby bear beaver bed bee beetle bicycle bottle bowl boy bridge bus butterfly camel can
castle caterpillar cattle chair chimpanzee clock cloud cockroach couch crab crocodile cup dinosaur dolphin
elephant flatfish forest fox girl hamster house kangaroo keyboard lamp lawn_mower leopard lion lizard
lobster man maple_tree motorcycle mountain mouse mushroom oak_tree orange orchid otter palm_tree pear
pickup_truck pine_tree plain plate poppy porcupine possum rabbit raccoon ray road rocket rose sea seal
shark shrew skunk skyscraper snail snake spider squirrel streetcar sunflower sweet_pepper table tank
telephone television tiger tractor train trout tulip turtle wardrobe whale willow_tree wolf woman worm"""
"""The classes in the order of the publisher's numbers."""
TEXT = """
title = "Two tables"
description = "For the tests."

[groups]
sure = ["margin", "confidence"]

[defaults]
data = "wine"
learner = "logistic-regression"
initial = 6
batch = 5
rounds = 2
seeds = 2
test_share = 0.3
strategies = ["random", "sure"]

[[tasks]]
name = "wine"

[[tasks]]
name = "wine-cold"
initial = 0
strategies = ["random", "kmeans"]

[quick]
seeds = 1
tasks = ["wine"]
"""


@pytest.fixture(autouse=True)
def _somewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("ASKNEXT_DATA", raising=False)


def asknext(*arguments: str | Path) -> Result:
    """Run a command line in this process."""
    return CliRunner().invoke(app, [str(a) for a in arguments], catch_exceptions=False)


def recipe(text: str = TEXT) -> Path:
    """The recipe as a file in the current folder."""
    Path("two.toml").write_text(text)
    return Path("two.toml")


def test_a_task_takes_what_it_does_not_say_from_the_defaults() -> None:
    found = read_recipe(TEXT)
    common = {"target": None, "learner": "logistic-regression", "batch": 5, "rounds": 2, "seeds": 2}
    first = ("random", "margin", "least-confidence")  # the group in its place, aliases resolved
    assert found.tasks == {
        "wine": Settings(source="wine", strategies=first, initial=6, test_share=0.3, **common),
        "wine-cold": Settings(
            source="wine", strategies=("random", "kmeans"), initial=0, test_share=0.3, **common
        ),
    }
    assert found.left_out == ()


def test_quick_replaces_settings_and_chooses_tasks() -> None:
    found = read_recipe(TEXT, quick=True)
    assert list(found.tasks) == ["wine"]
    assert found.tasks["wine"].seeds == 1
    assert found.left_out == ("wine-cold",)
    assert list(read_recipe(TEXT, quick=True, only=["wine-cold"]).tasks) == ["wine-cold"]
    assert read_recipe(TEXT, only=["wine-cold"]).tasks["wine-cold"].seeds == 2


def test_a_scenario_is_told_by_keys_like_any_other() -> None:
    text = TEXT.replace("seeds = 2", 'seeds = 2\nood_rate = 0.2\nscope = [["class_0", "class_2"]]', 1)
    more = "initial = 3\nscope = 2\nknown = 0\nlong_tail = 0.1\naudit = 0.1\nood_cost = 2"
    text = text.replace("initial = 0", more)
    tasks = read_recipe(text).tasks
    assert tasks["wine"].scenario == Scenario(scope=(("class_0", "class_2"),), ood_rate=0.2)
    assert tasks["wine-cold"].scenario == Scenario(
        scope=2, ood_rate=0.2, known=0, long_tail=0.1, audit=0.1, ood_cost=2
    )
    quick = read_recipe(text.replace("seeds = 1", "seeds = 1\nscope = 2"), quick=True)
    assert quick.tasks["wine"].scenario == Scenario(scope=2, ood_rate=0.2)
    prepared, _ = prepare(read_recipe(text))
    assert set(prepared) == {"wine", "wine-cold"}


def test_the_splits_of_mq_net_are_those_of_its_code() -> None:
    """The classes in scope of each trial, by the publisher's numbers; counts as in the specification."""
    from asknext.datasets.published.cifar import CIFAR10

    ten, hundred = (read("mqnet-cifar" + k) for k in ("10", "100"))
    for found in (ten, hundred):
        assert [task.scenario.ood_rate for task in found.tasks.values()] == [0.1, 0.2, 0.4, 0.6]
        for task in found.tasks.values():
            assert (task.initial, task.batch, task.rounds, task.seeds) == (500, 500, 9, 5)
            assert task.test_share == "published"
    named = ten.tasks["ood-60"].scenario.scope
    numbers = [{CIFAR10.tolist().index(name) for name in names} for names in named]
    assert numbers == [{4, 2, 5, 7}, {7, 1, 2, 5}, {6, 4, 3, 2}, {8, 9, 1, 3}, {2, 9, 5, 3}]
    scopes = hundred.tasks["ood-10"].scenario.scope
    assert [len(set(names)) for names in scopes] == [40] * 5
    places = {name: place for place, name in enumerate(CIFAR100.split())}
    assert [sum(places[name] for name in names) for names in scopes] == [2019, 2098, 1830, 2069, 2105]


def read(name: str) -> Recipe:
    """A recipe of the project, whole."""
    return read_recipe((RECIPES[0].parent / f"{name}.toml").read_text())


@pytest.mark.parametrize("name", ["cifar10", "cifar100"])
def test_networks_get_the_same_splits_as_features(name: str) -> None:
    pytest.importorskip("torch")
    deep, plain = read(f"mqnet-{name}-deep").tasks, read(f"mqnet-{name}").tasks
    for task in plain:
        same = ("source", "scenario", "initial", "batch", "rounds", "seeds", "test_share")
        assert [getattr(deep[task], key) for key in same] == [getattr(plain[task], key) for key in same]


def test_mq_net_on_imagenet_asks_twice_as_many() -> None:
    pytest.importorskip("torch")
    tasks = read("mqnet-imagenet50").tasks.values()
    assert [task.scenario for task in tasks] == [Scenario(ood_rate=rate) for rate in (0.1, 0.2, 0.4, 0.6)]
    assert {(task.initial, task.batch, task.rounds, task.seeds) for task in tasks} == {(1000, 1000, 9, 5)}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("seeds = 2", "seeds = 2\nscope = 1", "task 'wine': --scope is 1; at least 2 classes"),
        ("seeds = 2", "seeds = 2\nscope = 1.5", "task 'wine': a scope is 1.5; give a number of classes"),
        ("seeds = 2", 'seeds = 2\nood_rate = "half"', "--ood-rate is 'half'; give a number from 0"),
        ("seeds = 2", "seeds = 2\nood_rat = 0.5", "unknown key 'ood_rat'; did you mean 'ood_rate'"),
        ("seeds = 1", "seeds = 1\nknown = -1", "task 'wine': --known is -1"),
        ("seeds = 2", "seed = 2", r"\[defaults\] has the unknown key 'seed'; did you mean 'seeds'"),
        ("[groups]", "colour = 1\n[groups]", "the recipe has the unknown key 'colour'"),
        ('name = "wine"', 'name = "wine"\ncolour = 1', "task 'wine' has the unknown key 'colour'"),
        ("seeds = 2", "seeds = true", r"\[defaults\]: seeds must be a whole number, not True"),
        ("seeds = 2", "seeds = 2.0", "seeds must be a whole number, not 2.0"),
        ("seeds = 1", 'seeds = "1"', r"\[quick\]: seeds must be a whole number, not '1'"),
        ("test_share = 0.3", "test_share = 1.5", "test_share is 1.5; it must lie between 0 and 1"),
        ("batch = 5", "batch = 0", "batch is 0; it must be at least 1"),
        ("initial = 0", "initial = -1", "task 'wine-cold': initial is -1; it must be at least 0"),
        ("batch = 5", "", "task 'wine' says no batch; add it"),
        ('title = "Two tables"', "", "the recipe says no title"),
        ('"kmeans"', '"kmean"', "task 'wine-cold': unknown strategy 'kmean'; did you mean 'kmeans'"),
        ('["random", "sure"]', "[]", "strategies must be a list of at least one name"),
        ('["random", "sure"]', "[1]", "strategies must be a list of at least one name"),
        ('["margin", "confidence"]', '"margin"', r"\[groups\]: sure must be a list"),
        ('"logistic-regression"', '"logistic"', "unknown learner 'logistic'"),
        ('"wine-cold"', '"wine"', "two tasks 'wine'"),
        ('"wine-cold"', '"../wine"', "task 2: the name '../wine' must be small letters"),
        ('tasks = ["wine"]', 'tasks = ["wines"]', "unknown task 'wines'; did you mean 'wine'"),
        ('title = "Two tables"', "title = ", "the recipe is no TOML: .*line 2"),
    ],
)
def test_a_bad_recipe_is_refused_in_one_line(old: str, new: str, said: str) -> None:
    assert old in TEXT
    with pytest.raises(AskNextError, match=said):
        read_recipe(TEXT.replace(old, new, 1), quick=True)
    result = asknext("run", recipe(TEXT.replace(old, new, 1)), "--quick")
    assert result.exit_code == 2
    assert result.stderr.startswith("asknext: ")
    assert result.stderr.count("\n") == 1
    assert not list(Path().glob("asknext-*"))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("initial = 0", 'data = "letter"', "task 'wine-cold': the data set 'letter' is not here"),
        ("initial = 0", "initial = 500", "task 'wine-cold': .*initial is 500.* the pool of wine has"),
        ('"kmeans"', '"bald"', "task 'wine-cold': with the learner .* needs the signal 'samples'"),
    ],
)
def test_what_a_later_task_cannot_do_is_said_before_the_first_runs(old: str, new: str, said: str) -> None:
    text = TEXT.replace(old, new, 1)
    with pytest.raises(AskNextError, match=said):
        prepare(read_recipe(text))
    assert asknext("run", recipe(text)).exit_code == 2
    assert not list(Path().glob("asknext-*"))


def test_an_optional_task_is_left_out_where_its_data_are_absent_and_the_report_says_why() -> None:
    text = TEXT.replace("initial = 0", 'initial = 0\ndata = "letter"\noptional = true')
    result = asknext("run", recipe(text), "--jobs", "1")
    assert result.exit_code == 0, result.output
    why = "the data set 'letter' is not here"
    assert f"The task wine-cold is left out: {why}" in result.stderr
    out = Path("asknext-two")
    summary = json.loads((out / "summary.json").read_text())
    assert list(summary["tasks"]) == ["wine"]
    assert list(summary["absent"]) == ["wine-cold"]
    assert f"Left out: wine-cold, because {why}" in (out / "table.md").read_text()
    assert "Left out: wine-cold, because" in (out / "report.html").read_text()
    assert not (out / "wine-cold").exists()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('name = "wine"', 'name = "wine"\ndata = "letter"', "no task left to run: the data set 'letter'"),
        ("initial = 6", "initial = 500", "task 'wine': .*initial is 500"),
        ("optional = true", "optional = 1", "optional must be true or false, not 1"),
    ],
)
def test_optional_is_about_absent_data_only(old: str, new: str, said: str) -> None:
    text = TEXT.replace("[defaults]", "[defaults]\noptional = true").replace(old, new, 1)
    with pytest.raises(AskNextError, match=said):
        prepare(read_recipe(text, quick=True))


def test_a_quick_run_on_other_data_has_no_published_figures() -> None:
    text = TEXT + '\n[published]\nsource = "A paper"\nwine.margin = {auc = [90, 1]}\n'
    assert read_recipe(text, quick=True).published
    other = text.replace("seeds = 1", 'seeds = 1\ndata = "digits"')
    assert read_recipe(other).published
    assert read_recipe(other, quick=True).published is None


def test_a_task_is_the_comparison_that_compare_makes() -> None:
    result = asknext("run", recipe(), "--jobs", "1", "--json")
    assert result.exit_code == 0, result.output
    out = Path("asknext-two")
    summary = json.loads(result.stdout)
    assert json.loads((out / "summary.json").read_text()) == summary
    assert list(summary["tasks"]) == ["wine", "wine-cold"]
    assert asknext(
        "compare", "wine", "--strategies", "random,margin,confidence", "--initial", "6", "--batch", "5",
        "--rounds", "2", "--seeds", "2", "--jobs", "1",
    ).exit_code == 0  # fmt: skip
    assert (out / "wine/results.csv").read_bytes() == Path("asknext-wine/results.csv").read_bytes()
    table = (out / "table.md").read_text()
    for name, task in summary["tasks"].items():
        assert (out / name / "report.html").is_file()
        for strategy, result in task["strategies"].items():
            assert f"| {strategy} | {100 * result['auc_mean']:.1f} ± " in table
    page = (out / "report.html").read_text()
    assert 'href="wine-cold/report.html"' in page
    assert "://" not in page, "the page opens offline"

    before = (out / "wine/results.csv").read_bytes(), (out / "wine/timings.csv").read_bytes()
    assert asknext("run", recipe(), "--jobs", "1").exit_code == 0  # nothing is done again
    assert before == ((out / "wine/results.csv").read_bytes(), (out / "wine/timings.csv").read_bytes())


def test_a_quick_run_says_so_and_what_is_missing() -> None:
    assert asknext("run", recipe(), "--quick", "--jobs", "1").exit_code == 0
    table = Path("asknext-two-quick/table.md").read_text()
    assert "A quick run" in table
    assert "Not run yet: wine-cold." in table
    assert "one seed shows nothing" in table


def test_a_task_that_cannot_go_on_leaves_the_others_as_they_are() -> None:
    for name in ("wine", "wine-cold"):
        settings = read_recipe(TEXT).tasks[name]
        claim(Path("asknext-two", name), *prepare(Recipe("", "", {name: settings}, (), {}))[0][name])
    before = Path("asknext-two/wine/settings.json").read_bytes()
    changed = TEXT.replace("seeds = 2", "seeds = 3").replace("initial = 0", "initial = 0\nbatch = 7")
    Path("asknext-two/recipe.toml").write_text(TEXT)
    assert "holds a comparison with other settings" in asknext("run", recipe(changed)).stderr
    assert Path("asknext-two/wine/settings.json").read_bytes() == before
    assert Path("asknext-two/recipe.toml").read_text() == TEXT


def test_a_folder_with_something_else_in_it_is_left_alone() -> None:
    Path("taken").mkdir()
    Path("taken/thesis.txt").write_text("years of work")
    result = asknext("run", recipe(), "--out", "taken")
    assert result.exit_code == 2
    assert "holds no results of a recipe" in result.stderr
    assert [path.name for path in Path("taken").iterdir()] == ["thesis.txt"]


def test_a_recipe_that_is_not_there_or_no_text_is_said() -> None:
    assert "there is no recipe" in asknext("run", "none.toml").stderr
    Path("bytes.toml").write_bytes(b"\xff\xfe")
    assert "not UTF-8" in asknext("run", "bytes.toml").stderr


@pytest.mark.parametrize(
    ("ends", "words"),
    [([0.1, 0.2], "yes"), ([-0.1, 0.2], "no difference shown"), ([-0.2, -0.1], "no, it is worse"),
     ([0.0, 0.2], "no difference shown"), (None, "one seed shows nothing")],
)  # fmt: skip
def test_random_is_beaten_only_where_the_interval_excludes_zero(ends: list[float] | None, words: str) -> None:
    assert beats(ends) == words


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_recipes_of_the_project_are_sound_and_their_quick_form_needs_no_files(path: Path) -> None:
    learners = set(re.findall(r'^learner = "([a-z0-9-]+)', path.read_text(), re.MULTILINE))
    if learners & NETWORKS.keys():
        pytest.importorskip("torch")
    assert prepare(read_recipe(path.read_text(), quick=True))[0]
    assert read_recipe(path.read_text()).tasks


def _for_closed_sets(entry: dict[str, Any]) -> bool:
    """Neither told the truth, nor made for open sets or worlds, nor in need of a learner that few have."""
    closed = entry["family"] not in ("oracle", "open-set", "open-world")
    return closed and "predicted_loss" not in entry["needs"]


def test_the_catalogue_leaves_no_strategy_out() -> None:
    (path,) = [path for path in RECIPES if path.stem == "catalogue"]
    tasks = read_recipe(path.read_text()).tasks
    honest = {entry["name"] for entry in strategies.catalogue() if _for_closed_sets(entry)}
    assert {*tasks["wdbc"].strategies, *tasks["wdbc-forest"].strategies} == honest


def test_help_has_an_example() -> None:
    shown = " ".join(asknext("run", "--help").stdout.split())
    assert "Example" in shown
    assert "asknext run recipes/" in shown


def test_tasks_that_share_strategies_are_read_together() -> None:
    other = 'initial = 0\nstrategies = ["random", "kmeans"]'
    text = TEXT.replace(other, 'learner = "random-forest"').replace('"sure"]', '"margin"]')
    assert asknext("run", recipe(text), "--jobs", "1").exit_code == 0
    out = Path("asknext-two")
    found = json.loads((out / "summary.json").read_text())["stability"]
    assert [group["name"] for group in found["groups"]] == [
        "all tasks", "learner logistic-regression", "learner random-forest"
    ]  # fmt: skip
    assert found["changes"]["learner"]["compared"] == 1
    for file in ("table.md", "report.html"):
        told = (out / file).read_text()
        assert found["sentence"] in told
        assert "learner random-forest" in told


def test_tasks_with_nothing_in_common_are_not() -> None:
    assert asknext("run", recipe(TEXT.replace("seeds = 2", "seeds = 1")), "--jobs", "1").exit_code == 0
    assert json.loads(Path("asknext-two/summary.json").read_text())["stability"] is None
    assert "Honesty" not in Path("asknext-two/table.md").read_text()

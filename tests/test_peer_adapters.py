"""Strategies by a name with a colon: other packages behind thin adapters, and the user's own.

The logic is tested with packages made for the purpose; a test with a real package is skipped where that is
absent (`pip install 'asknext[peers]'`).
"""

from __future__ import annotations

import json
import sys
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_digits
from typer.testing import CliRunner, Result

import asknext
from asknext.bench.compare import available, left_aside, split_names
from asknext.bench.protocol import reopen
from asknext.cli import compare  # noqa: F401  (it registers)
from asknext.cli.app import app
from asknext.errors import AskNextError, MissingSignalError, UnavailableError
from asknext.strategies import check_strategy, choose, get, peers
from asknext.strategies.peers.view import Model
from asknext.strategies.situations import mixed

MODAL = '''
import numpy as np

def lowest(values, n):
    order = np.argsort(values, kind="stable")[:n]
    return order, values[order]

def margin_sampling(classifier, X, n_instances=1, sign=1):
    top = np.sort(classifier.predict_proba(X), axis=1)
    return lowest(sign * (top[:, -1] - top[:, -2]), n_instances)

def uncertainty_sampling(classifier, X, n_instances=1):
    """Names one item twice, and then too few."""
    return np.zeros(2, dtype=int), np.zeros(2)

def entropy_sampling(classifier, X, n_instances=1, do="draw"):
    if do == "ask":
        classifier.predict_proba(X + 1)
    if do == "fit":
        classifier.fit(X, np.zeros(len(X)))
    if do == "fail":
        raise RuntimeError("on a rainy day")
    return np.random.permutation(len(X))[:n_instances], None
'''
OWN = '''
from dataclasses import dataclass
import numpy as np
from asknext.strategies import Score, Selection, Strategy

def first(round, n, rng):
    return round.candidates[:n].tolist()

def unsure(round, n, rng):
    return round.candidates[np.argsort(round.read("proba").max(axis=1), kind="stable")[:n]]

def plain(round, n, rng):
    return round.candidates[np.argsort(round.read("proba").max(axis=1))[:n]]
plain.needs = {"embedding"}

def broken(round, n, rng):
    return round.candidates[:n] / None

def deep(round, n, rng):
    return np.zeros(0).max()

def texts(round, n, rng):
    return ["a"] * n

def few(round, n, rng):
    return round.candidates[:1]

@dataclass(frozen=True)
class Last(Strategy):
    start: int = 0
    name = "margin"
    needs = frozenset({"embedding"})

    def select(self, round, n, rng):
        return Selection(round.candidates[::-1][self.start:][:n], memory={"asked": n})

@dataclass(frozen=True)
class Wants(Last):
    more: int = None
    def __init__(self, more):
        pass

later = Last(start=5)
number = 7
'''


@pytest.fixture(autouse=True)
def _somewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A folder with a module of the user's in it; modules imported from it are forgotten afterwards."""
    (tmp_path / "mine.py").write_text(OWN)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    yield
    sys.modules.pop("mine", None)


@pytest.fixture
def modal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A package made to look like modAL, in the place of a real one."""

    def forget() -> None:
        for name in [*sys.modules]:
            if name.partition(".")[0] == "modAL" or name == "asknext.strategies.peers.modal":
                del sys.modules[name]

    forget()
    folder = tmp_path / "site" / "modAL"
    folder.mkdir(parents=True)
    for module, text in {"__init__": "", "uncertainty": MODAL, "batch": "", "disagreement": ""}.items():
        (folder / f"{module}.py").write_text(text)
    monkeypatch.syspath_prepend(folder.parent)
    yield folder
    forget()


@pytest.fixture
def nothing_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peers, "find_spec", lambda _: None)


def campaign(strategy: Any, learner: str | None = "logistic-regression", n: int = 400) -> asknext.Campaign:
    """Digits, the first thirty with their labels."""
    X, y = load_digits(return_X_y=True)
    made = asknext.Campaign(X[:n] / 16, learner, strategy, seed=3, classes=list(range(10)))
    made.tell(np.arange(30), y[:30].tolist())
    return made


def rounds(strategy: Any, learner: str | None = "logistic-regression", n: int = 400) -> list[list[int]]:
    """What three rounds of ten ask."""
    y = load_digits().target
    with campaign(strategy, learner, n) as one:
        asked = []
        for _ in range(3):
            ids = one.ask(10).ids
            asked.append(ids.tolist())
            one.tell(ids, y[ids].tolist())
    return asked


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments), catch_exceptions=False)


# --- other packages


@pytest.mark.usefixtures("modal")
def test_a_peer_that_does_what_we_do_asks_what_we_ask() -> None:
    assert rounds("modal:margin_sampling") == rounds("margin")


@pytest.mark.usefixtures("modal")
def test_names_forgive_and_come_out_in_full() -> None:
    for name in ("modal:margin_sampling", "ModAL:Margin-Sampling", " modal:MARGIN_SAMPLING()"):
        assert get(name).name == "modal:margin_sampling"
    full = get("modal:margin_sampling(sign=-1)")
    assert full.name == "modal:margin_sampling(sign=-1)"
    assert get(full.name) == full
    assert full.needs == {"embedding", "proba"}
    assert set(rounds(full)[0]).isdisjoint(rounds("margin")[0])


@pytest.mark.usefixtures("modal")
@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("modal:margin_smpling", "strategy of modal 'margin_smpling'; did you mean 'margin_sampling'?"),
        ("modal:", "unknown strategy of modal ''; there is: consensus_entropy_sampling, "),
        ("modal:expected_error_reduction", "cannot run here: it fits models of its own"),
        ("modal:margin_sampling(1)", "'margin_sampling(1)' cannot be read"),
        ("modal:margin_sampling(sign=open('x'))", "cannot be read"),
        ("modal:margin_sampling(sign=", "cannot be read"),
        ("modal:margin_sampling(**{'sign': 1})", "cannot be read"),
    ],
)
def test_what_cannot_be_is_said(name: str, complaint: str) -> None:
    with pytest.raises(AskNextError) as told:
        get(name)
    assert complaint in str(told.value)
    assert not isinstance(told.value, UnavailableError)


@pytest.mark.usefixtures("modal")
def test_what_a_peer_does_not_name_is_drawn() -> None:
    with campaign("modal:uncertainty_sampling") as one:
        ids = one.ask(10).ids
    assert len(np.unique(ids)) == 10
    assert ids[0] == 30  # the first candidate


@pytest.mark.usefixtures("modal")
def test_a_peer_draws_from_our_generator_and_leaves_the_global_ones_alone() -> None:
    before = np.random.get_state()[1].tolist()  # noqa: NPY002 (what is forbidden is looked at)
    once = rounds("modal:entropy_sampling")
    assert rounds("modal:entropy_sampling") == once
    assert once[0] != once[1]
    assert np.random.get_state()[1].tolist() == before  # noqa: NPY002
    check_strategy(get("modal:entropy_sampling"))


@pytest.mark.usefixtures("modal")
@pytest.mark.parametrize(
    ("do", "complaint"),
    [
        ("ask", "asks the model about rows that are no items of the pool"),
        ("fit", "it fits models of its own"),
        ("fail", r"fails \(RuntimeError: on a rainy day\); leave it out"),
    ],
)
def test_a_peer_that_fails_is_named(do: str, complaint: str) -> None:
    with campaign(f"modal:entropy_sampling(do={do!r})") as one, pytest.raises(AskNextError, match=complaint):
        one.ask(3)


@pytest.mark.usefixtures("modal")
def test_while_fewer_than_two_classes_are_known_it_is_left_to_chance() -> None:
    with asknext.Campaign(np.eye(9), "logistic-regression", "modal:margin_sampling") as one:
        assert len(one.ask(4)) == 4


def test_a_package_that_cannot_be_imported_says_why(modal: Path) -> None:
    (modal / "batch.py").write_text("raise AttributeError('numpy has no float')")
    with pytest.raises(UnavailableError, match=r"cannot be imported \(AttributeError: numpy has no float\)"):
        get("modal:margin_sampling")


@pytest.mark.usefixtures("nothing_installed")
@pytest.mark.parametrize(
    ("name", "wheel"),
    [("scikit-activeml", "scikit-activeml"), ("modal", "modAL-python"), ("small_text", "small-text"),
     ("cardinal", "cardinal")],
)  # fmt: skip
def test_an_absent_package_says_how_to_get_it(name: str, wheel: str) -> None:
    with pytest.raises(UnavailableError, match=f"is not installed; pip install {wheel}$"):
        get(f"{name}:Anything")


@pytest.mark.usefixtures("nothing_installed")
def test_of_several_the_absent_ones_are_left_out() -> None:
    chosen, notes = available(["margin", "cardinal:Margin", "MARGIN", "random"])
    assert chosen == ("margin", "random")
    assert notes == ("cardinal:Margin is left out: cardinal is not installed; pip install cardinal",)
    with pytest.raises(UnavailableError, match="modal is not installed"):
        available(["modal:margin_sampling", "cardinal:Margin"])
    with pytest.raises(AskNextError, match="unknown strategy 'nonsense'"):
        available(["cardinal:Margin", "nonsense"])


def test_commas_within_parentheses_are_part_of_a_name() -> None:
    found = split_names("margin, modal:f(a=1,b=(2, 3)),,random ")
    assert found == ["margin", "modal:f(a=1,b=(2, 3))", "random"]


def test_a_model_finds_rows_by_their_content() -> None:
    X = np.array([[0.0, 1.0], [2.0, 3.0], [0.0, 1.0]])
    draws = np.arange(12.0).reshape(3, 2, 2)
    draws[2] = draws[0]
    model = Model(X, draws)
    assert np.array_equal(model.vote_proba(np.float32([[2, 3], [-0.0, 1]])), draws[[1, 0]])
    assert np.array_equal(model.predict_proba(X), draws.mean(axis=1))
    assert [member.draws.tolist() for member in model] == [draws[:, [0]].tolist(), draws[:, [1]].tolist()]
    assert model.vote(X).tolist() == [[1, 1], [1, 1], [1, 1]]


# --- the user's own


def test_a_function_is_a_strategy() -> None:
    assert rounds("mine:first") == [list(range(s, s + 10)) for s in (30, 40, 50)]
    asks_as("least-confidence", "mine:unsure")
    strategy = get("mine:unsure")
    assert strategy.needs == {"embedding", "proba"}
    assert "0x" not in repr(strategy)  # the log of a run is the same in any process
    check_strategy(get("mine:first"))


def test_classes_and_objects_go_by_where_they_stand() -> None:
    for name, top in (("mine:Last", 399), ("mine:later", 394)):
        strategy = get(name)
        assert strategy.name == name
        assert strategy.needs == {"embedding"}
        assert get(strategy.name) == strategy
        assert rounds(name, None)[0] == list(range(top, top - 10, -1))


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("mine:nothing", "cannot be imported (AttributeError"),
        ("no_such_module:f", "cannot be imported (ModuleNotFoundError"),
        ("not-a-name:f", "is no package.module:name"),
        ("mine:first(1)", "is no package.module:name"),
        ("mine:number", "is 7; give a Strategy or a function"),
        ("mine:dataclass.x", "is no package.module:name"),
        ("mine:Strategy", "give a Strategy or a function"),
        ("mine:Wants", "cannot be made without arguments"),
    ],
)
def test_what_is_no_strategy_is_refused(name: str, complaint: str) -> None:
    with pytest.raises(AskNextError) as told:
        get(name)
    assert complaint in str(told.value)


@pytest.mark.parametrize(
    ("name", "kind", "complaint"),
    [
        ("broken", AskNextError, r"'mine:broken' fails \(TypeError: .*; mine.py, line 17\)"),
        ("texts", AskNextError, "ids must be a flat list of whole numbers"),
        ("deep", AskNextError, r"mine.py, line 20\)"),
        ("few", AskNextError, "'mine:few' returned 1 ids where 5 distinct candidates were due"),
        ("plain", MissingSignalError, "'proba' is read but not declared"),
    ],
)
def test_a_function_at_fault_is_named(name: str, kind: type[Exception], complaint: str) -> None:
    with campaign(f"mine:{name}") as one, pytest.raises(kind, match=complaint):
        one.ask(5)


# --- in a comparison

QUICK = ("--rounds", "2", "--jobs", "1", "--out", "out")


@pytest.mark.usefixtures("modal")
def test_a_comparison_takes_them_and_goes_on_later() -> None:
    names = "random,modal:margin_sampling(sign=1),mine:first"
    assert run("compare", "wine", "--strategies", names, *QUICK, "--seeds", "2").exit_code == 0
    before = Path("out/results.csv").read_text().splitlines()
    settings = json.loads(Path("out/settings.json").read_text())["settings"]
    assert settings["strategies"] == names.split(",")
    found = {path.name for path in Path("out/runs").iterdir()}
    assert found == {"random", "modal%3Amargin_sampling%28sign%3D1%29", "mine%3Afirst"}
    assert {line.split(",")[1] for line in before[1:]} == set(names.split(","))
    logs = {path: path.read_bytes() for path in Path("out/runs").glob("*/[01]/*.sqlite*")}
    assert run("compare", "wine", "--strategies", names, *QUICK, "--seeds", "3").exit_code == 0
    assert set(before) < set(Path("out/results.csv").read_text().splitlines())
    assert all(path.read_bytes() == content for path, content in logs.items())
    versions = json.loads(Path("out/summary.json").read_text())["settings"]["versions"]
    assert "modAL-python" in versions
    assert "cardinal" not in versions
    fewer = replace(reopen(Path("out")), strategies=("random",))
    assert left_aside(Path("out"), fewer) == ["mine:first", "modal:margin_sampling(sign=1)"]


@pytest.mark.usefixtures("nothing_installed")
def test_a_comparison_leaves_out_what_is_absent_and_says_so() -> None:
    done = run("compare", "wine", "--strategies", "random,modal:margin_sampling", *QUICK, "--seeds", "1")
    assert done.exit_code == 0, done.output
    note = "modal:margin_sampling is left out: modal is not installed; pip install modAL-python"
    assert note in " ".join(done.stdout.split())
    assert note in Path("out/report.html").read_text()
    only = run("compare", "wine", "--strategies", "modal:margin_sampling", *QUICK)
    assert only.exit_code == 2
    assert only.stderr == "asknext: modal is not installed; pip install modAL-python\n"


# --- the packages themselves


def picks(name: str) -> list[int]:
    """What a strategy asks in a pool of everything."""
    strategy = get(name)
    round, _ = mixed(strategy.needs).round(strategy.needs)
    return choose(strategy, round, 6, np.random.default_rng(0)).ids.tolist()


def asks_as(ours: str, theirs: str) -> None:
    """Round after round the same batch, in whatever order."""
    assert [sorted(ids) for ids in rounds(theirs)] == [sorted(ids) for ids in rounds(ours)]


def all_run(prefix: str, slow: Collection[str] = ()) -> None:
    """Each strategy that is offered chooses, and the same ones again."""
    for name in peers._adapter(prefix).offered().keys() - {*slow}:
        with suppress(UnavailableError):  # it wants a package that its own does not declare
            assert picks(f"{prefix}:{name}") == picks(f"{prefix}:{name}"), name


def test_scikit_activeml() -> None:
    pytest.importorskip("skactiveml")
    assert rounds("scikit-activeml:UncertaintySampling(method='margin_sampling')") == rounds("margin")
    asks_as("least-confidence", "scikit-activeml:UncertaintySampling")
    asks_as("k-center", "scikit-activeml:CoreSet")
    all_run("scikit-activeml", slow=["CostEmbeddingAL"])
    check_strategy(get("scikit-activeml:Badge"))
    check_strategy(get("scikit-activeml:QueryByCommittee"))
    for name in ("DropQuery", "MonteCarloEER", "FourDs"):
        with pytest.raises(AskNextError, match="cannot run here"):
            get(f"scikit-activeml:{name}")
    assert "DiscriminativeAL" not in peers._adapter("scikit-activeml").offered()


def test_modal() -> None:
    pytest.importorskip("modAL")
    asks_as("margin", "modal:margin_sampling")
    asks_as("entropy", "modal:entropy_sampling")
    all_run("modal")
    check_strategy(get("modal:uncertainty_batch_sampling"))


def test_small_text() -> None:
    pytest.importorskip("small_text")
    asks_as("margin", "small-text:BreakingTies")
    asks_as("entropy", "small-text:PredictionEntropy")
    all_run("small-text")
    check_strategy(get("small-text:ContrastiveActiveLearning"))


def test_cardinal() -> None:
    pytest.importorskip("cardinal")
    asks_as("margin", "cardinal:MarginSampler")
    asks_as("k-center", "cardinal:KCenterGreedy")
    all_run("cardinal")
    check_strategy(get("cardinal:WKMeans"))

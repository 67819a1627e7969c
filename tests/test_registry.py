"""The registry is the folder, plus what installed packages add; nothing heavy comes with a look at it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import EntryPoint

import numpy as np
import pytest

from asknext import plugins, strategies
from asknext.errors import AskNextError
from asknext.round import Round
from asknext.strategies import Selection, Strategy
from asknext.strategies.margin import Margin
from asknext.strategies.typiclust import TypiClust


@dataclass(frozen=True)
class Oldest(Strategy):
    """Ask the first candidates."""

    name = "oldest"
    family = "plug-in"
    paper = "none"
    aliases = ("first-in", "margin")

    def select(self, round: Round, n: int, rng: np.random.Generator) -> Selection:  # noqa: ARG002
        """The first n."""
        return Selection(round.candidates[:n])


@dataclass(frozen=True)
class Nameless(Oldest):
    """Has no name of its own."""


@pytest.fixture
def entry_points(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[EntryPoint]]:
    """The entry points that packages are made to have; the registry is read anew."""
    points: list[EntryPoint] = []
    monkeypatch.setattr(plugins, "entry_points", lambda group: [p for p in points if p.group == group])
    for cached in (strategies._classes, strategies._by_name):
        cached.cache_clear()
    yield points
    for cached in (strategies._classes, strategies._by_name):
        cached.cache_clear()


def point(name: str, value: str) -> EntryPoint:
    return EntryPoint(name, value, "asknext.strategies")


def test_each_file_of_the_folder_is_there_under_its_name() -> None:
    first = ["random", "least-confidence", "entropy", "margin", "kmeans", "weighted-kmeans", "k-center"]
    assert {*first, "typiclust", "badge"} <= set(strategies.names())
    for name in first:
        assert type(strategies.get(name)).__module__ == f"asknext.strategies.{name.replace('-', '_')}"


def test_names_and_aliases_lead_to_the_strategy() -> None:
    for row in strategies.catalogue():
        for name in (row["name"], *row["aliases"], row["name"].upper().replace("-", "_")):
            assert strategies.get(name).name == row["name"]
    assert strategies.get("coreset") == strategies.get("k_center") == strategies.get(" K-Center ")
    assert strategies.get("conf").name == "least-confidence"
    assert strategies.get("wkmeans").name == "weighted-kmeans"


def test_objects_pass() -> None:
    strategy = TypiClust(neighbours=7)
    assert strategies.get(strategy) is strategy


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        ("typiclst", "did you mean 'typiclust'"),
        ("zzz", "unknown strategy 'zzz'"),
        (TypiClust, "is a class"),
        (None, "None is no strategy"),
        (7, "7 is no strategy"),
    ],
)
def test_anything_else_is_refused_in_words(wrong: object, complaint: str) -> None:
    with pytest.raises(AskNextError, match=complaint):
        strategies.get(wrong)  # type: ignore[arg-type]


def test_the_catalogue_tells_each_story() -> None:
    rows = strategies.catalogue()
    assert json.loads(json.dumps(rows)) == rows
    assert [row["name"] for row in rows] == strategies.names()
    for row in rows:
        assert set(row) == {"name", "family", "needs", "cost", "paper", "aliases", "story"}
        assert row["story"].endswith(".")
        assert row["paper"]
        assert row["family"]
    typiclust = next(row for row in rows if row["name"] == "typiclust")
    assert typiclust["needs"] == ["embedding"]
    assert typiclust["story"].startswith("Ask the most typical item")


def test_no_name_is_taken_twice() -> None:
    taken = [name for row in strategies.catalogue() for name in (row["name"], *row["aliases"])]
    assert len(taken) == len(set(taken))


def test_classes_are_attributes() -> None:
    assert strategies.TypiClust is TypiClust
    assert strategies.Margin is Margin
    assert {"TypiClust", "Margin", "get"} <= set(dir(strategies))
    for missing in ("Typiclust", "nothing"):
        with pytest.raises(AttributeError, match=missing):
            getattr(strategies, missing)


def test_a_look_at_it_does_not_import_scikit_learn() -> None:
    code = (
        "import sys, asknext.strategies as s; print('sklearn' in sys.modules);"
        "s.TypiClust; print('sklearn' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True"]


def test_a_plug_in_is_one_of_them(entry_points: list[EntryPoint]) -> None:
    entry_points.append(point("oldest", f"{__name__}:Oldest"))
    with pytest.warns(UserWarning, match="'margin' is left out: the name belongs to Margin"):
        assert "oldest" in strategies.names()
    assert strategies.get("first-in") == Oldest()
    assert strategies.get("margin") == Margin()
    assert strategies.Oldest is Oldest


@pytest.mark.parametrize(
    ("bad", "complaint"),
    [
        (point("lost", "no_such_package:Lost"), "'lost' .* ModuleNotFoundError"),
        (point("lost", f"{__name__}:Lost"), "'lost' .* AttributeError"),
        (point("number", "math:pi"), "'number' is left out: it is 3.14"),
        (point("base", "asknext.strategies.base:Strategy"), "'base' is left out"),
        (point("nameless", f"{__name__}:Nameless"), "'nameless' is left out"),
        (point("again", "asknext.strategies.margin:Margin"), "'again' .* Margin already"),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_a_bad_plug_in_is_named_and_left_out(
    entry_points: list[EntryPoint], bad: EntryPoint, complaint: str
) -> None:
    entry_points.append(bad)
    with pytest.warns(UserWarning, match=complaint):
        assert "margin" in strategies.names()
    assert bad.name not in strategies.names()

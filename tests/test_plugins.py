"""Names are forgiving, and other packages can add theirs through entry points."""

from __future__ import annotations

from pathlib import Path

import pytest
from sklearn.neural_network import MLPClassifier
from sklearn.tree import DecisionTreeClassifier

from asknext.errors import AskNextError
from asknext.learners import SklearnLearner, make
from asknext.plugins import find, plugins

MODULE = """
from sklearn.tree import DecisionTreeClassifier

def tree():
    return DecisionTreeClassifier(max_depth=2)
"""

ENTRY_POINTS = """
[asknext.learners]
small-tree = third_party:tree
mlp = third_party:tree
"""


@pytest.fixture
def _third_party(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An installed package that adds a learner."""
    (tmp_path / "third_party.py").write_text(MODULE)
    info = tmp_path / "third_party-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: third-party\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(ENTRY_POINTS)
    monkeypatch.syspath_prepend(tmp_path)


@pytest.mark.parametrize("name", ["k-center", "K-Center", "k_center", " k-center "])
def test_names_forgive_case_and_underscores(name: str) -> None:
    assert find("strategy", name, {"k-center": 1}) == 1


@pytest.mark.parametrize("name", ["My_Learner", "my-learner", "MY_LEARNER"])
def test_a_third_party_may_spell_its_name_as_it_likes(name: str) -> None:
    assert find("learner", name, {"My_Learner": 1}) == 1


def test_the_exact_name_comes_first() -> None:
    assert find("learner", "SVM", {"SVM": 1, "svm": 2}) == 1


def test_an_unknown_name_gets_the_nearest_one() -> None:
    with pytest.raises(AskNextError, match=r"^unknown strategy 'margni'; did you mean 'margin'\?$"):
        find("strategy", "margni", {"margin": 1, "entropy": 2})


def test_a_name_like_no_other_gets_the_list() -> None:
    with pytest.raises(AskNextError, match=r"^unknown learner 'zzz'; there is: entropy, margin\.$"):
        find("learner", "zzz", {"margin": 1, "entropy": 2})


def test_a_group_that_nobody_uses_is_empty() -> None:
    assert plugins("asknext.nothing") == {}


@pytest.mark.usefixtures("_third_party")
def test_an_installed_package_adds_a_learner() -> None:
    assert set(plugins("asknext.learners")) == {"small-tree", "mlp"}
    learner = make("Small_Tree")
    assert isinstance(learner, SklearnLearner)
    assert isinstance(learner.estimator, DecisionTreeClassifier)


@pytest.mark.usefixtures("_third_party")
@pytest.mark.parametrize("name", ["mlp", "MLP"])
def test_an_installed_package_cannot_take_the_name_of_a_learner_that_is_there(name: str) -> None:
    assert isinstance(make(name).estimator, MLPClassifier)  # type: ignore[attr-defined]

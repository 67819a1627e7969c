"""From what users write to a learner: those that have a name, and any scikit-learn classifier."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from asknext.errors import AskNextError
from asknext.extras import extra
from asknext.learners.base import Learner, is_learner
from asknext.learners.precomputed import Precomputed
from asknext.learners.sklearn import SklearnLearner
from asknext.learners.skorch import SkorchLearner, is_skorch
from asknext.plugins import called, find, plugins


def _logistic_regression() -> Any:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(max_iter=1000)


def _random_forest() -> Any:
    from sklearn.ensemble import RandomForestClassifier

    return RandomForestClassifier(n_estimators=100)


def _gradient_boosting() -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier

    return HistGradientBoostingClassifier(min_samples_leaf=5, early_stopping=False)


def _mlp() -> Any:
    from sklearn.neural_network import MLPClassifier

    return MLPClassifier(hidden_layer_sizes=(128,), max_iter=200)


def _linear_svm() -> Any:
    from asknext.learners.calibrated import CalibratedLinearSVC

    return CalibratedLinearSVC()


def _rbf_svm() -> Any:
    from sklearn.svm import SVC

    return SVC()


LEARNERS: dict[str, Callable[[], Any]] = {
    "logistic-regression": _logistic_regression,
    "random-forest": _random_forest,
    "gradient-boosting": _gradient_boosting,
    "mlp": _mlp,
    "linear-svm": _linear_svm,
    "rbf-svm": _rbf_svm,
    "precomputed": Precomputed,
}
"""Names of learners, each with what makes one."""


def _network(name: str) -> Callable[[], Any]:
    def made() -> Any:
        extra("torch", f"the learner '{name}'")
        from asknext.learners.recipes import RECIPES

        return RECIPES[name]

    return made


def _flexmatch() -> Any:
    extra("torch", "the learner 'flexmatch'")
    from asknext.learners.flexmatch import FlexMatchLearner

    return FlexMatchLearner()


NETWORKS = {
    name: _network(name)
    for name in (
        "linear-probe", "mlp-head", "resnet18", "resnet18-224", "clip-vit-b32", "dinov2", "text-encoder",
    )
} | {"flexmatch": _flexmatch}  # fmt: skip
"""Those that need PyTorch, likewise."""


def make(name: str) -> Learner:
    """The learner of a name, built in or from the entry point `asknext.learners`.

    Parameters
    ----------
    name : such as `random-forest`, for scikit-learn's classifiers and for networks also with parameters in
        the place of those that it would have: `random-forest(max_depth=10)`.

    Raises
    ------
    AskNextError : unknown name (the nearest one is suggested) or unknown parameter; or PyTorch is needed, and
        it is not there.
    """
    name, parameters = called(name, "random-forest(max_depth=10)")
    own = {**LEARNERS, **NETWORKS}
    made = (own.get(name) or find("learner", name, {**plugins("asknext.learners"), **own}))()
    if parameters:
        if hasattr(made, "replaced"):
            return made.replaced(parameters)
        if is_learner(made):
            raise AskNextError(f"the learner '{name}' takes no parameters; leave the brackets out.")
        known = made.get_params()
        for parameter in parameters:
            if parameter not in known:
                raise AskNextError(
                    f"the learner '{name}' has no parameter '{parameter}'; there is: {', '.join(known)}."
                )
        made.set_params(**parameters)
    return made if is_learner(made) else SklearnLearner(made)


def as_learner(learner: Any) -> Learner:
    """A learner from what users write: a name, a scikit-learn classifier, a network, or a learner.

    A PyTorch module, and so a Lightning one, is trained by `asknext.learners.torch.TorchLearner` as it does
    by default; a skorch net has a training of its own.

    Raises
    ------
    AskNextError : none of these; the message says what is accepted.
    """
    if isinstance(learner, str):
        return make(learner)
    if is_learner(learner) and not isinstance(learner, type):
        return learner
    if is_skorch(learner):
        return SkorchLearner(learner)
    if hasattr(learner, "named_modules") and not isinstance(learner, type):
        from asknext.learners.torch import TorchLearner

        return TorchLearner(learner)
    return SklearnLearner(learner)

"""Learners: fitted on the labelled items, they hand out signals for all items."""

from typing import Any

from asknext.extras import extra
from asknext.learners.base import Learner, Model
from asknext.learners.catalogue import LEARNERS, as_learner, make
from asknext.learners.precomputed import Precomputed
from asknext.learners.sklearn import SklearnLearner

__all__ = ["LEARNERS", "Learner", "Model", "Precomputed", "SklearnLearner", "as_learner", "make"]


def __getattr__(name: str) -> Any:
    """`TorchLearner`, imported with PyTorch when it is first used."""
    if name != "TorchLearner":
        raise AttributeError(f"module 'asknext.learners' has no attribute '{name}'")
    extra("torch", name)
    from asknext.learners.torch import TorchLearner

    return TorchLearner

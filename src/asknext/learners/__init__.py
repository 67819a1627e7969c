"""Learners: fitted on the labelled items, they hand out signals for all items."""

from asknext.learners.base import Learner, Model
from asknext.learners.catalogue import LEARNERS, as_learner, make
from asknext.learners.precomputed import Precomputed
from asknext.learners.sklearn import SklearnLearner

__all__ = ["LEARNERS", "Learner", "Model", "Precomputed", "SklearnLearner", "as_learner", "make"]

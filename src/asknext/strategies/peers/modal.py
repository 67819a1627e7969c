"""Strategies of modAL: functions `f(classifier, X, n_instances)`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from modAL import batch, disagreement, uncertainty

from asknext.strategies.peers.peer import COMMITTEE, MODEL, Peer
from asknext.strategies.peers.view import Model, View

_OFFERED = {
    "uncertainty_sampling": (uncertainty, MODEL),
    "margin_sampling": (uncertainty, MODEL),
    "entropy_sampling": (uncertainty, MODEL),
    "uncertainty_batch_sampling": (batch, MODEL),
    "vote_entropy_sampling": (disagreement, COMMITTEE),
    "consensus_entropy_sampling": (disagreement, COMMITTEE),
    "max_disagreement_sampling": (disagreement, COMMITTEE),
}


class Known(Model):
    """Our model as one of their learners, with what it was trained on."""

    on_transformed = False

    def __init__(self, view: View, model: Model) -> None:
        super().__init__(model.X, model.draws)
        self.X_training = view.X[view.labelled] if len(view.y) else None


class ModAL(Peer):
    """A sampling function of modAL, such as margin_sampling.

    Source
    ------
    Danka & Horvath 2018, "modAL: A modular active learning framework for Python".
    """

    package = "modal"
    refused: ClassVar[Mapping[str, str]] = {
        "expected_error_reduction": "it fits models of its own, and in a comparison all share one learner",
        "max_std_sampling": "it is for regression",
        **dict.fromkeys(["max_PI", "max_EI", "max_UCB"], "it is for the optimisation of functions"),
    }

    @classmethod
    def offered(cls) -> Mapping[str, frozenset[str]]:
        """The functions for one label an item."""
        return {name: needs for name, (_, needs) in _OFFERED.items()}

    def query(self, view: View, n: int, seed: int) -> Any:  # noqa: ARG002 (they draw from the global generator)
        """Their indices count the candidates."""
        assert view.model is not None
        function = getattr(_OFFERED[self.theirs][0], self.theirs)
        found, _ = function(
            Known(view, view.model), view.X[view.candidates], n_instances=n, **self.parameters
        )
        return view.candidates[found]

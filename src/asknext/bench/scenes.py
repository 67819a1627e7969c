"""Two small pools in the plane on which one sees what a strategy is after."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression

from asknext.campaign import Campaign
from asknext.kernels.threads import one_thread
from asknext.learners.fitting import Table
from asknext.randomness import spawn
from asknext.strategies import get
from asknext.types import Array, Floats, Ids

SEED = 0
CLASSES = 4


@dataclass(frozen=True)
class Scene:
    """A pool of points with their classes.

    Parameters
    ----------
    name, title, story : for file names, and for readers.
    X : (n, 2) points, standardised; y : (n,) classes, from 0.
    pots : (p, 3) centre and radius of each place where two classes cannot be told apart.
    learner : a scikit-learn classifier.
    reference : (n, classes) probabilities by a forest that has seen other points of the same kind.
    """

    name: str
    title: str
    story: str
    X: Floats
    y: Ids
    pots: Floats
    learner: Any
    reference: Floats

    def in_pots(self, ids: Ids) -> Array:
        """Which of these points lie in a honey pot."""
        away = np.linalg.norm(self.X[ids, None] - self.pots[:, :2], axis=2)
        return (away <= self.pots[:, 2]).any(axis=1)


class Moment(NamedTuple):
    """A round: the `ids` asked, and the classes that the model `saw` at the places in question."""

    ids: Ids
    saw: Ids


@cache
def scenes() -> tuple[Scene, ...]:
    """Four blobs, and blobs with honey pots."""
    return _four_blobs(), _honey_pots()


SIGNALS = frozenset({"embedding", "logits", "proba", "samples", "truth", "reference_proba"})
"""What strategies can read here."""


def play(scene: Scene, name: str, rounds: int, batch: int, places: Floats) -> list[Moment]:
    """What a strategy asks in each round, from the first label on; every answer is true.

    Parameters
    ----------
    scene : the pool; its classes are known beforehand, but no label is. A forest stands in for the learner
        where the strategy needs `samples`. Oracles are told the truth and the reference.
    name : of a strategy that needs no other than these `SIGNALS`.
    rounds, batch : how often it asks, and for how many points.
    places : (g, 2) where the model is asked for a class before each round.
    """
    strategy = get(name)
    learner = _forest() if "samples" in strategy.needs else scene.learner
    signals = {"truth": scene.y.astype(np.float64), "reference_proba": scene.reference}
    table = Table(scene.X, places)
    campaign = Campaign(table, learner, strategy, seed=SEED, classes=range(CLASSES), signals=signals)
    moments = []
    with one_thread():  # everything is small
        for _ in range(rounds):
            saw = campaign.fitting.column("proba")[len(scene.X) :].argmax(axis=1)
            ids = campaign.ask(batch).ids
            campaign.tell(ids, scene.y[ids].tolist())
            moments.append(Moment(ids, saw))
    return moments


def _four_blobs() -> Scene:
    """A Gaussian mixture, a class for each component."""
    sizes = np.array([90, 90, 80, 40])
    centres = np.repeat([[0.0, 0.0], [4.2, 0.4], [0.9, 4.1], [4.6, 4.4]], sizes, axis=0)
    return _scene(
        "blobs",
        "Four blobs",
        "Four classes that touch, the upper right one a small one. The model is logistic regression.",
        centres,
        np.repeat(np.arange(CLASSES), sizes),
        np.zeros((0, 2)),
        LogisticRegression(max_iter=1000),
    )


def _honey_pots() -> Scene:
    """Nine places on a shaken grid: six with a blob each, three with two blobs of different classes.

    After the synthetic data of Abraham & Dreyfus-Schmidt 2021, "Sample Noise Impact on Active Learning".
    """
    grid = np.array([(i, j) for i in range(3) for j in range(3)])
    places = 5.3 * grid + spawn(SEED, "places").uniform(-0.7, 0.7, (9, 2))
    pots = [1, 3, 8]
    pure = [place for place in range(9) if place not in pots]
    return _scene(
        "honey-pots",
        "Honey pots",
        "Six pure blobs, and three shaded places where two classes lie on top of each other: no label helps "
        "there, and doubt never ends. The model is a random forest.",
        np.repeat(places[[*pure, *pots, *pots]], 25, axis=0),
        np.repeat([0, 1, 2, 3, 0, 1, 2, 3, 0, 3, 1, 2], 25),
        places[pots],
        _forest(),
    )


def _scene(
    name: str, title: str, story: str, centres: Floats, y: Ids, pots: Floats, learner: Any
) -> Scene:
    """Points around their centres, standardised; other points around the same for the reference."""
    drawn = [
        centres + spawn(SEED, name, part).normal(scale=0.85, size=centres.shape) for part in ("pool", "other")
    ]
    middle, unit = drawn[0].mean(axis=0), drawn[0].std()
    pool, other = ((points - middle) / unit for points in drawn)
    discs = np.column_stack([(pots - middle) / unit, np.full(len(pots), 2.1 / unit)])
    fitted = _forest().set_params(random_state=SEED).fit(other, y)
    return Scene(name, title, story, pool, y, discs, learner, fitted.predict_proba(pool))


def _forest() -> RandomForestClassifier:
    return RandomForestClassifier(50, max_depth=10)

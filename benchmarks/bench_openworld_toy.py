"""How many classes are found, and how well they are learnt, where most classes are rare and none is known.

Run: OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 python benchmarks/bench_openworld_toy.py [--seeds 5] [--head 30]

60 Gaussian classes around points of a sphere in 64 dimensions, the largest of 300 items, the least of 3; the
first batch is random, then 15 batches of 20. The model is logistic regression on the features, `head` its C.
Balanced accuracy is over all 60 classes of a balanced test set; a class not found counts as 0. `out of fold`
sets the limit by scores that models give to labelled items they have not learnt.
"""

from __future__ import annotations

import argparse
import warnings
from typing import Any, NamedTuple

import numpy as np
from scipy.special import logsumexp
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold

import asknext
from asknext.kernels.threads import one_thread
from asknext.strategies.aloe import Aloe
from asknext.strategies.k_center import KCenter
from asknext.strategies.margin import Margin
from asknext.strategies.novel_margin import NovelMargin
from asknext.strategies.random import Random

CLASSES, D, LARGEST, BATCH, ROUNDS, NOISE = 60, 64, 300, 20, 16, 0.165
SHOWN = (80, 180, 320)
METHODS: dict[str, Any] = {
    "random": Random(),
    "margin": Margin(),
    "k-center": KCenter(),
    "aloe energy, ratio": Aloe(score="energy", rank="ratio"),
    "aloe gradnorm, ratio (published)": Aloe.published(),
    "aloe msp, ratio": Aloe(score="msp", rank="ratio"),
    "aloe energy out of fold, ratio": Aloe(score="ood", rank="ratio"),
    "aloe energy out of fold, ratio_mean": Aloe(score="ood", rank="ratio_mean"),
    "aloe energy, ratio_mean": Aloe(score="energy"),
    "aloe gradnorm, ratio_mean": Aloe(score="gradnorm"),
    "aloe msp, ratio_mean (default)": Aloe(),
    "the same, on features of length 1": Aloe(feature_norm="l2"),
    "aloe msp, mean": Aloe(rank="mean"),
    "novel-margin": NovelMargin(),
}


class Toy(NamedTuple):
    """The pool and the test set."""

    X: Any
    y: Any
    X_test: Any
    y_test: Any


def toy(seed: int) -> Toy:
    """The classes and their items."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(CLASSES, D))
    centres /= np.linalg.norm(centres, axis=1, keepdims=True)
    counts = (LARGEST * 0.01 ** (np.arange(CLASSES) / (CLASSES - 1))).astype(int)
    y, y_test = np.repeat(np.arange(CLASSES), counts), np.repeat(np.arange(CLASSES), 20)
    X, X_test = (centres[c] + NOISE * rng.normal(size=(len(c), D)) for c in (y, y_test))
    return Toy(X, y, X_test, y_test)


def fitted(X: Any, y: Any, head: float) -> LogisticRegression:
    """The model."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # many classes among few labels, and steps that end too soon
        return LogisticRegression(C=head, max_iter=500).fit(X, y)


def out_of_fold(pool: Toy, labelled: Any, model: Any, head: float) -> Any:
    """Energy of all items, that of labelled ones by models that have not learnt them."""
    score = -logsumexp(model.decision_function(pool.X), axis=1)
    for train, rest in KFold(5, shuffle=True, random_state=0).split(labelled):
        part = fitted(pool.X[labelled[train]], pool.y[labelled[train]], head)
        score[labelled[rest]] = -logsumexp(part.decision_function(pool.X[labelled[rest]]), axis=1)
    return score


def run(strategy: Any, seed: int, head: float) -> list[tuple[int, float, float]]:
    """At each budget: classes found, balanced accuracy, and the share of candidates flagged just before."""
    pool, curve, memory = toy(seed), [], {}
    labelled = asknext.select(pool.X, BATCH, Random(), seed=seed).ids
    for index in range(1, ROUNDS + 1):
        model = fitted(pool.X[labelled], pool.y[labelled], head)
        right = model.predict(pool.X_test) == pool.y_test
        curve.append((len(model.classes_), float(right.mean()), memory.get("flagged", np.nan)))
        signals = {"logits": model.decision_function(pool.X)}
        if "ood" in strategy.needs:
            signals["ood"] = out_of_fold(pool, labelled, model, head)
        chosen = asknext.select(
            pool.X, BATCH, strategy, labelled=labelled, y=pool.y[labelled], memory=memory, signals=signals,
            proba=model.predict_proba(pool.X), index=index, seed=seed,
        )  # fmt: skip
        memory, labelled = chosen.memory, np.concatenate([labelled, chosen.ids])
    return curve


def main() -> None:
    """A row for each method: means over seeds at the budgets shown."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--head", type=float, default=30.0, help="C of the logistic regression")
    parser.add_argument("--only", default="", help="methods whose name holds this text")
    given = parser.parse_args()
    at = [n // BATCH - 1 for n in SHOWN]
    print(f"{'at ' + ', '.join(map(str, SHOWN)) + ' labels':36} classes found         balanced accuracy")
    for name, strategy in METHODS.items():
        if given.only not in name:
            continue
        with one_thread():
            curves = np.array([run(strategy, seed, given.head) for seed in range(given.seeds)])
        found, accuracy, flagged = np.moveaxis(curves[:, at], 2, 0)
        cells = " / ".join(f"{v:4.1f}" for v in found.mean(axis=0)), " / ".join(
            f"{m:.3f} ±{s:.3f}" for m, s in zip(accuracy.mean(axis=0), accuracy.std(axis=0), strict=True)
        )
        share = "" if np.isnan(flagged).all() else f"   flagged {np.nanmean(flagged, axis=0).round(2)}"
        print(f"{name:36} {cells[0]}   {cells[1]}{share}", flush=True)


if __name__ == "__main__":
    main()

"""What a campaign shows, round by round, on a fixed sample of its pool: what rules and advice go by.

Nothing here needs a label but those that were told. The figures of one round are the same whether they come
from a benchmark's stored columns or from a project that somebody labels at this moment.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from asknext.kernels.assign import distinct_nearest
from asknext.kernels.kmeans import k_means
from asknext.monitor import agreement, exploration, uncertainty
from asknext.monitor.agreement import cohen_kappa
from asknext.monitor.looks import Look
from asknext.monitor.stopping.falling import contradictory_information
from asknext.monitor.stopping.left import left
from asknext.randomness import spawn
from asknext.strategies.margin import closeness
from asknext.types import Array, Ids

WATCHED = 1000
"""Items that are watched at most."""

SKETCH = 2000
"""Candidates at most among which the batches are drawn that a batch is held against."""

DRAWS = 5
"""Random batches over which a figure is averaged."""


FIGURES = (
    "contradiction", "turnover", "gain", "left", "kappa", "confidence", "max_entropy", "mean_uncertainty",
    "uncertainty_variance", "contradictory_information", "batch_accuracy",
)  # fmt: skip
"""The figures of a reading that stopping rules may read."""


class Gaps(NamedTuple):
    """Exploration gaps of a batch and of two others of its size: drawn at random, and one of k-means.

    Each as a share of the mean distance of the watched items to the nearest labelled one: what the batch
    would take away of it, from 0 to 1.
    """

    batch: float
    random: float
    kmeans: float


class Accord(NamedTuple):
    """Agreement of model and nearest neighbour on the batch, and on candidates drawn at random."""

    batch: float
    random: float


@dataclass(frozen=True)
class Reading:
    """The figures of one round; None where one is not defined.

    Parameters
    ----------
    round : batches asked before.
    labelled : items that the model learnt from; `candidates` : those that could still be asked.
    numbers : the permanent numbers of the classes known then.
    contradiction : share of the watched items whose predicted class changed since the round before.
    turnover : the same since the model had two thirds of the labels that it has now, or less.
    gain : what the model believes that this last third has brought: the mean over the watched items of
        p(predicted now) - p(predicted then), both by the model of now. Never below 0, and an estimate of the
        accuracy gained as far as the model's probabilities are right.
    left : accuracy that further labels may add, by turnover and gain; see `stopping.left`. None while the
        model has learnt or predicts a single class.
    kappa : Cohen's kappa of the two models on the watched items.
    confidence : mean of the largest probability over the watched items.
    max_entropy : of the watched items that are still candidates, in nats.
    mean_uncertainty : mean entropy of the same, in nats.
    uncertainty_variance : variance of the model's confidence over the batch that it chose.
    contradictory_information : of the labels told since the round before, see `stopping.falling`.
    batch_accuracy : share of these that the model of the round before had predicted.
    gaps : how far the batch explores; `accord` : how far the model agrees with its neighbours there.
    audited : items of the audit slice that carry a class; `audit_accuracy` : the model's accuracy on them.
    predicted : (w,) the class of each watched item by the model, as a position in `numbers`.
    """

    round: int
    labelled: int
    candidates: int
    numbers: Ids
    contradiction: float | None
    turnover: float | None
    gain: float | None
    left: float | None
    kappa: float | None
    confidence: float | None
    max_entropy: float | None
    mean_uncertainty: float | None
    uncertainty_variance: float | None
    contradictory_information: float | None
    batch_accuracy: float | None
    gaps: Gaps | None
    accord: Accord | None
    audited: int
    audit_accuracy: float | None
    predicted: Ids = field(repr=False)
    _batch: Ids = field(repr=False)
    _batch_proba: Array = field(repr=False)


def watched(n: int, seed: int) -> Ids:
    """The items to watch in a pool of n: the same for the same seed, drawn before anything is asked."""
    return np.sort(spawn(seed, "watched").choice(n, size=min(n, WATCHED), replace=False))


def readings(
    looks: Iterable[Look], watch: Ids, X: Any, seed: int, known: dict[str, Reading] | None = None
) -> Iterator[Reading]:
    """The reading of each moment.

    Parameters
    ----------
    looks : the moments of a campaign, in order.
    watch : (w,) the watched items, see `watched`.
    X : (n, d) features of the pool; None where there are no numbers.
    seed : of the campaign; draws the batches that a batch is held against.
    known : readings of past moments by the id of the event that asked; those not there are put there.
    """
    earlier: list[Reading] = []
    kept = {} if known is None else known
    for look in looks:
        found = kept.get(look.event)
        if found is None:
            found = reading(look, earlier, watch, X, seed)
            if look.event:
                kept[look.event] = found
        earlier.append(found)
        yield found


def reading(look: Look, earlier: Sequence[Reading], watch: Ids, X: Any, seed: int) -> Reading:
    """The figures of one moment; parameters as for `readings`, with the readings of the moments before."""
    pool = look.pool
    learnt = len(pool.labelled) > 0
    proba = look.proba(watch)
    told = look.proba(look.batch) if len(look.batch) else proba[:0]
    unasked = proba[np.isin(watch, pool.candidates)]
    doubt = uncertainty.entropy(unasked, normalised=False) if learnt else None
    spread = uncertainty.least_confidence(told) if learnt else None
    predicted = proba.argmax(axis=1) if proba.size else np.zeros(0, dtype=np.intp)
    before = earlier[-1] if earlier else None
    changed, kappa = _change(before, predicted, look) if before else (None, None)
    turnover, gain = _last_third(earlier, look, predicted, proba)
    accuracy, contradicted = _outcome(before, look) if before else (None, None)
    several = len(np.unique(pool.y)) > 1 and len(np.unique(predicted)) > 1
    right = look.proba(look.audited).argmax(axis=1) == look.truth if learnt and len(look.audited) else None
    return Reading(
        round=look.round,
        labelled=len(pool.labelled),
        candidates=len(pool.candidates),
        numbers=look.numbers,
        contradiction=changed,
        turnover=turnover,
        gain=gain,
        left=left(turnover, gain) if several else None,
        kappa=kappa,
        confidence=float(proba.max(axis=1).mean()) if learnt and proba.size else None,
        max_entropy=doubt and doubt.quantiles[-1],
        mean_uncertainty=doubt and doubt.mean,
        uncertainty_variance=spread and spread.variance,
        contradictory_information=contradicted,
        batch_accuracy=accuracy,
        gaps=_gaps(look, watch, X, seed),
        accord=_accord(look, told, unasked, watch, X) if learnt else None,
        audited=len(look.audited),
        audit_accuracy=None if right is None else float(right.mean()),
        predicted=predicted,
        _batch=look.batch,
        _batch_proba=told,
    )


def trend(seen: Sequence[Reading]) -> float | None:
    """Mean contradiction of the last three rounds as a multiple of that of the three before.

    At 1 or above, the model has not begun to settle. None while fewer than four rounds are known, or where
    nothing changed at all.
    """
    values = [one.contradiction for one in seen[-6:] if one.contradiction is not None]
    recent, before = values[-3:], values[:-3]
    return float(np.mean(recent) / np.mean(before)) if before and np.mean(before) > 0 else None


def predicted_before(before: Reading, look: Look) -> Ids:
    """What an earlier model predicted, as positions in the classes of now, whatever they are called."""
    return look.places[before.numbers][before.predicted]


def _change(before: Reading, predicted: Ids, look: Look) -> tuple[float | None, float | None]:
    """Contradiction and kappa of the models before and now."""
    if not (before.labelled and len(predicted)):
        return None, None
    earlier = predicted_before(before, look)
    return float(np.mean(predicted != earlier)), cohen_kappa(predicted, earlier)


def _last_third(
    earlier: Sequence[Reading], look: Look, predicted: Ids, proba: Array
) -> tuple[float | None, float | None]:
    """Turnover and gain since there were two thirds of the labels."""
    enough = len(look.pool.labelled) * 2 / 3
    base = next((one for one in reversed(earlier) if 0 < one.labelled <= enough), None)
    if base is None or not len(predicted):
        return None, None
    then = predicted_before(base, look)
    rows = np.arange(len(predicted))
    believed = proba[rows, predicted] - proba[rows, then]
    return float(np.mean(predicted != then)), float(np.mean(believed, dtype=np.float64))


def _outcome(before: Reading, look: Look) -> tuple[float | None, float | None]:
    """How right the model before was on what it had asked and was then told, and how far contradicted."""
    places = np.flatnonzero(np.isin(before._batch, look.pool.labelled))
    if not (before.labelled and len(places)):
        return None, None
    proba = before._batch_proba[places]
    named = look.places[before.numbers][proba.argmax(axis=1)]
    wrong = named != look.pool.state[before._batch[places]]
    return float(1 - wrong.mean()), contradictory_information(wrong, 1.0 - closeness(proba))


def _gaps(look: Look, watch: Ids, X: Any, seed: int) -> Gaps | None:
    """How far the batch explores the watched items, beside batches of the same size."""
    size, candidates = len(look.batch), look.pool.candidates
    if X is None or not size or not len(look.pool.labelled):
        return None
    rng = spawn(seed, look.round, "gaps")
    items = X[watch]
    distances = exploration.nearest_labelled(items, X[look.pool.labelled])
    sketch = rng.choice(candidates, size=min(max(SKETCH, size), len(candidates)), replace=False)
    draws = [rng.choice(sketch, size=min(size, len(sketch)), replace=False) for _ in range(DRAWS)]
    centres = k_means(X[sketch], size, rng).centres
    central = sketch[distinct_nearest(X[sketch], centres)[0]]

    whole = float(distances.mean()) or 1.0

    def gap(ids: Ids) -> float:
        return (exploration.gap_of_batch(distances, items, X[ids]) or 0.0) / whole

    return Gaps(gap(look.batch), float(np.mean([gap(ids) for ids in draws])), gap(central))


def _accord(look: Look, told: Array, others: Array, watch: Ids, X: Any) -> Accord | None:
    """Agreement with the nearest labelled item on the batch and on the watched candidates."""
    if X is None or not len(look.batch) or not len(others):
        return None
    near = X[look.pool.labelled], look.pool.y.astype(np.intp)
    on_batch = agreement.raw(told, X[look.batch], *near)
    elsewhere = agreement.raw(others, X[watch[np.isin(watch, look.pool.candidates)]], *near)
    return None if on_batch is None or elsewhere is None else Accord(on_batch, elsewhere)

"""What a uniform random slice of the batches, labelled blind, tells of the model and of the pool.

All functions here are meant for the answers to audit items alone. Actively chosen labels are never used:
a strategy asks where the model errs, so a share among them speaks of the strategy, not of the pool.

**Which figure to show.** A model gets better as labels come in, and each audit item is scored by the model
of its day. The prequential share is therefore the mean accuracy of the models that *were*: its interval
lies too low for the present one, and a shorter window or a discount trades this lag for noise without
removing it. The figure to show is `present_accuracy`: the model of now on the audit items that it was not
trained on, whatever their age. A campaign keeps a slice of at most 200 items out of training for good
(`asknext.log.audit`). Other ways to have such items:

- *Reserve*: the newest audit items, a hundred or two, stay out of training, and those that newer ones
  replace are released into it. Release goes by age alone, so what stays is still a random sample; the price
  is a fixed number of labels, not a growing one.
- *Folds*: where a refit is cheap, all audit items are trained on, and each is scored by a refit without
  its own fold. Nothing is withheld, and the estimate is that of a model with a fold of audit items fewer.

A model that *was* trained on the audit items must not be scored on them: it knows the answers. Where
neither way is open, the prequential interval still has an honest use: unless the model got worse, its lower
end is a lower bound of the present accuracy.

In 500 simulated campaigns of 50 rounds with two audit items each (tests/test_monitor_audit_coverage.py) the
95 % interval covers the present accuracy in 95–97 % on reserve, held-out and fold items; the prequential one
in 34 % over the whole history, 84 % at a discount of .97, 91 % over the last 40 items (77 % at round 25).

**Of what.** Items drawn among those still unasked speak of the part of the pool not yet chosen. With a
share s of the pool chosen, this can differ from the whole pool by at most s; to be free of it, draw all
audit items before the first choice and keep them from the strategy, as `asknext.log.audit` does.
Intervals hold at a round fixed in advance: one that is watched until it looks good is too narrow.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from math import hypot, sqrt
from typing import NamedTuple

import numpy as np
from scipy.special import ndtri

from asknext.errors import AskNextError
from asknext.log import State
from asknext.monitor.interval import Interval, proportion
from asknext.pool import ANSWER_CODES, OUT_OF_SCOPE, Pool
from asknext.types import Array, Ids, Label


class AuditReport(NamedTuple):
    """What the audit slice tells; a field is None while nothing is known of it.

    items : audit items answered so far, out-of-scope ones among them.
    accuracy : of the present model, on items in scope that it was not trained on.
    class_shares : of the pool's items in scope, with intervals that hold together.
    out_of_scope : share of the pool's items that belong to no class.
    unseen : share of the pool's items in scope whose class the slice has not seen.
    """

    items: int
    accuracy: Interval | None
    class_shares: dict[Label, Interval] | None
    out_of_scope: Interval | None
    unseen: Interval | None


def of_state(state: State, proba: Callable[[Ids], Array] | None) -> AuditReport | None:
    """What the audit slice of a campaign tells; None where it has none.

    Of the slice, items up to the last one asked count; those told before without being asked too.

    Parameters
    ----------
    state : of the campaign.
    proba : class probabilities of items by its present model; None without a model.
    """
    if not len(state.audit.ids):
        return None
    ids = state.audit.ids[: state.audited]
    told = ids[state.pool.state[ids] >= 0]
    fitted = proba is not None and len(told) and len(state.visible.labelled)
    return report(state.pool, ids, proba(told).argmax(axis=1) if proba is not None and fitted else None)


def report(pool: Pool, ids: Ids, predicted: Ids | None) -> AuditReport:
    """What the answers to the audit items add up to.

    Parameters
    ----------
    pool : with the answers, those of the audit items too.
    ids : (a,) the audit items, answered or not.
    predicted : class positions that the present model, which has not learnt from these items, predicts for
        the labelled ones among them, in their order; None without a model.
    """
    codes = pool.state[ids]
    truth, outside = codes[codes >= 0], codes == ANSWER_CODES[OUT_OF_SCOPE]
    labels = [pool.classes[c] for c in truth]
    return AuditReport(
        items=len(truth) + int(outside.sum()),
        accuracy=None if predicted is None else present_accuracy(predicted == truth),
        class_shares=class_shares(labels, pool.classes),
        out_of_scope=out_of_scope_rate(outside[(codes >= 0) | outside]),
        unseen=unseen_mass(labels),
    )


def present_accuracy(correct: Array, level: float = 0.95) -> Interval | None:
    """The accuracy of the model of now, on audit items that it was not trained on: the figure to show.

    Unbiased for that model's accuracy at any drift; the module says how such items are had.

    Parameters
    ----------
    correct : (n,) whether the present model is right on each held-out audit item.
    level : the confidence.

    Returns
    -------
    The share with its interval, or None without items.
    """
    return proportion(float(np.sum(correct)), len(correct), level)


def prequential_accuracy(
    correct: Array, window: int | None = None, discount: float = 1.0, level: float = 0.95
) -> Interval | None:
    """Accuracy by test-then-train: each audit item is scored by the model that was there before its label.

    The estimate is sum_i w_i correct_i / sum_i w_i over the last `window` items, with w_i = discount^age.
    It is unbiased for the same weighted mean of the accuracies of the models that scored:

    - the whole history: the mean model of the campaign so far;
    - a window of w items: the mean model of the last w audit items;
    - a discount g: the models of about the last 1 / (1 - g) audit items.

    None of these is the present model's accuracy while the model changes (see the module). The interval is
    that of a share among (sum w)² / sum w² items, the effective sample size.

    Parameters
    ----------
    correct : (n,) whether each audit item was predicted rightly, oldest first.
    window : take only the newest so many; None takes all.
    discount : weight of an item relative to the next newer one, in (0, 1].
    level : the confidence.

    Returns
    -------
    The weighted share with its interval and effective sample size, or None without items.

    Source
    ------
    Dawid 1984; Gama, Sebastião & Rodrigues 2013 (windows and fading factors); Kish 1965 (sample size).
    """
    if (window is not None and window < 1) or not 0 < discount <= 1:
        raise AskNextError(
            f"window is {window!r} and discount {discount!r}; "
            "a window has at least 1 item, and a discount lies above 0 and is at most 1."
        )
    recent = np.asarray(correct, dtype=float)[-window if window else 0 :]
    weight = discount ** np.arange(len(recent) - 1, -1, -1, dtype=float)
    if not len(recent):
        return None
    n = float(weight.sum() ** 2 / (weight**2).sum())
    return proportion(float(weight @ recent / weight.sum()) * n, n, level)


def class_shares(
    labels: Sequence[Label], classes: Sequence[Label] = (), level: float = 0.95
) -> dict[Label, Interval] | None:
    """The share of each class, with intervals that hold together.

    Each of the k classes gets an interval at 1 - (1 - level)/k (Bonferroni), so that all of them cover in
    `level` of the samples. Give the classes that are known, so that one never drawn shows what it may
    still be.

    Parameters
    ----------
    labels : (n,) the classes of the audit items.
    classes : more classes to list, drawn or not.
    level : the confidence of all intervals together.

    Returns
    -------
    The interval of each class, in the order of `classes` and then of first appearance; None without labels.

    Source
    ------
    Goodman 1965 for Wilson's interval.
    """
    counts = Counter(labels)
    if not counts:
        return None
    listed = dict.fromkeys([*classes, *counts])
    each = 1 - (1 - level) / len(listed)
    return {label: _share(counts[label], len(labels), each) for label in listed}


def out_of_scope_rate(out_of_scope: Array, level: float = 0.95) -> Interval | None:
    """The share of items that belong to no class.

    Parameters
    ----------
    out_of_scope : (n,) whether each audit item was told to be out of scope.
    level : the confidence.
    """
    return proportion(float(np.sum(out_of_scope)), len(out_of_scope), level)


def unseen_mass(labels: Sequence[Label], level: float = 0.95) -> Interval | None:
    """Good–Turing: how much of the pool belongs to classes that the audit slice has not seen.

    With f1 classes seen once and f2 seen twice among n items, the estimate is f1 / n, whose expectation is
    that of the unseen mass of n - 1 items. Its interval joins two errors as if independent: that of f1, by
    the interval of f1 in n, and the spread of the mass itself, of variance 2 f2 / n². Esty's normal interval,
    f1/n ± z sqrt(f1(1 - f1/n) + 2 f2)/n, agrees for many singletons, but has no width for none or for
    singletons alone. Its lower end is taken where it is the lower one: three singletons or fewer do not
    prove that anything is unseen. In simulations the interval covers in 90 % of the samples or more.

    Parameters
    ----------
    labels : (n,) the classes of the audit items.
    level : the confidence.

    Returns
    -------
    The mass with its interval, or None without labels.

    Source
    ------
    Good 1953; Esty 1983 (variance); Zou & Donner 2008 (joining intervals).
    """
    n = len(labels)
    if not n:
        return None
    seen = Counter(Counter(labels).values())
    once = _share(seen[1], n, level)
    z = float(ndtri((1 + level) / 2))
    spread = z * sqrt(2 * seen[2]) / n
    normal = z * sqrt(seen[1] * (1 - once.estimate) + 2 * seen[2]) / n
    low = once.estimate - max(normal, hypot(once.estimate - once.low, spread))
    high = once.estimate + hypot(once.high - once.estimate, spread)
    return Interval(once.estimate, max(0.0, low), min(1.0, high), n)


def _share(count: int, n: int, level: float) -> Interval:
    interval = proportion(count, n, level)
    assert interval is not None, "there is a label"
    return interval

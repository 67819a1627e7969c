"""The detector csi: by the score of plain loops, from nothing but what it declares."""

from __future__ import annotations

import numpy as np
import pytest

import asknext
from asknext import detectors
from asknext.detectors.base import scores
from asknext.errors import MissingSignalError
from asknext.pool import Pool
from asknext.round import Round
from asknext.signals import Signals

N, LABELLED = 30, np.array([2, 5, 11, 17])
RNG = np.random.default_rng(0)
STRANGE = np.arange(N) % 3 == 1
Z = RNG.normal(size=(N, 4, 5)) + np.where(STRANGE[:, None], [0, 4, 0, 0, 0], [4, 0, 0, 0, 0])[:, None]
TURNS = RNG.normal(3, 0.5, (N, 4)) - STRANGE[:, None]


def round_of(labelled: np.ndarray = LABELLED, **given: np.ndarray) -> Round:
    pool = Pool.fresh(N, ("a",))
    pool.state[labelled] = 0
    columns = given or {"csi": Z, "csi_turns": TURNS}
    return Round.of(pool, Signals(N, columns), columns)


def plainly(item: int) -> float:
    total = 0.0
    for turn in range(4):
        others = [m for m in LABELLED if m != item]
        total += max(
            float(Z[item, turn] @ Z[m, turn]) / np.linalg.norm(Z[m, turn]) for m in others
        ) / np.mean([np.linalg.norm(Z[m, turn]) for m in LABELLED])
        total += TURNS[item, turn] / np.mean([TURNS[m, turn] for m in LABELLED])
    return -total / 4


def test_it_is_csi_among_the_labelled_without_the_item_itself() -> None:
    found = scores(detectors.get("csi"), round_of(), np.arange(N))
    np.testing.assert_allclose(found, [plainly(item) for item in range(N)])
    parts = [scores(detectors.get("csi"), round_of(), np.array([item])) for item in range(N)]
    np.testing.assert_allclose(np.concatenate(parts), found)


def test_strange_items_score_above_others_and_nothing_is_said_without_labels() -> None:
    known = np.flatnonzero(~STRANGE)[:6]
    found = scores(detectors.get("csi"), round_of(known), np.arange(N))
    assert found[STRANGE].min() > np.median(found[~STRANGE])
    assert scores(detectors.get("csi"), round_of(known[:0]), np.arange(N)).tolist() == [0] * N


def test_a_strategy_reads_it_from_signals_that_are_given() -> None:
    known = np.flatnonzero(~STRANGE)[:6]
    picked = asknext.select(
        np.zeros((N, 1)), 8, "purity", labelled=known, y=["a"] * 6, detector="csi",
        signals={"csi": Z, "csi_turns": TURNS},
    )  # fmt: skip
    assert not STRANGE[picked.ids].any()


def test_what_is_missing_is_named() -> None:
    with pytest.raises(MissingSignalError, match="the detector 'csi' needs the signal 'csi_turns'"):
        scores(detectors.get("csi"), round_of(csi=Z), np.arange(N))

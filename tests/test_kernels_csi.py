"""CSI's score: against a plain double loop, and what must hold of it."""

from __future__ import annotations

import numpy as np

from asknext.kernels.csi import Turned, csi_score


def said(n: int, seed: int) -> Turned:
    rng = np.random.default_rng(seed)
    return Turned(rng.normal(size=(n, 4, 6)) * rng.uniform(0.5, 3, (n, 4, 1)), rng.normal(3, 1, (n, 4)))


def plain_score(items: Turned, known: Turned, i: int, own: int = -1) -> float:
    total = 0.0
    for turn in range(4):
        f = items.projections[i, turn]
        axes = [v / np.linalg.norm(v) for m, v in enumerate(known.projections[:, turn]) if m != own]
        total += max(float(f @ axis) for axis in axes) / np.mean(
            [np.linalg.norm(v) for v in known.projections[:, turn]]
        )
        total += items.logits[i, turn] / np.mean(known.logits[:, turn])
    return total / 4


def test_csi_score_is_the_double_loop() -> None:
    items, known = said(9, 0), said(5, 1)
    expected = [plain_score(items, known, i) for i in range(9)]
    np.testing.assert_allclose(csi_score(items, known), expected, rtol=1e-9)
    own = np.array([2, -1, 0])
    three = Turned(known.projections[[2, 1, 0]], known.logits[[2, 1, 0]])
    expected = [plain_score(three, known, i, m) for i, m in enumerate(own)]
    np.testing.assert_allclose(csi_score(three, known, own), expected, rtol=1e-9)


def test_csi_score_keeps_the_norm_of_the_item_and_not_that_of_what_it_is_compared_with() -> None:
    known = said(5, 1)
    once = csi_score(known, known)
    twice = csi_score(Turned(2 * known.projections, known.logits), known)
    turns = (known.logits / known.logits.mean(axis=0)).mean(axis=1)
    np.testing.assert_allclose(twice - turns, 2 * (once - turns))
    np.testing.assert_allclose(once.mean(), 2, rtol=1e-9)


def test_turns_that_the_known_items_do_not_tell_are_left_out() -> None:
    known = said(5, 1)
    known.logits[:, 2] = -1e-9
    found = csi_score(said(4, 0), known)
    assert np.isfinite(found).all()
    assert np.abs(found).max() < 100

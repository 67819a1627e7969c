"""Agreement of raters against the packages krippendorff and statsmodels; skipped without them."""

from __future__ import annotations

import numpy as np
import pytest

from asknext.kernels.opinions import krippendorff_alpha, pairs
from asknext.monitor.agreement import cohen_kappa
from asknext.types import Array, Ids


def opinions(seed: int, raters: int = 4, n: int = 60, k: int = 5) -> tuple[Array, Ids]:
    """A table raters × items with gaps, and the same as triples."""
    draw = np.random.default_rng(seed)
    truth = draw.integers(0, k, n)
    table = np.where(draw.random((raters, n)) < 0.7, truth, draw.integers(0, k, (raters, n))).astype(float)
    table[draw.random((raters, n)) < 0.3] = np.nan
    rater, item = np.nonzero(~np.isnan(table))
    return table, np.column_stack([item, rater, table[rater, item].astype(np.intp)])


@pytest.mark.parametrize("seed", range(5))
def test_alpha_agrees_with_krippendorff(seed: int) -> None:
    krippendorff = pytest.importorskip("krippendorff")
    table, triples = opinions(seed)
    found = krippendorff_alpha(triples, np.random.default_rng(0), draws=10)
    assert found is not None
    assert found.value == pytest.approx(krippendorff.alpha(table, level_of_measurement="nominal"), abs=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_kappa_of_a_pair_agrees_with_statsmodels(seed: int) -> None:
    inter_rater = pytest.importorskip("statsmodels.stats.inter_rater")
    _, triples = opinions(seed)
    found = pairs(triples)
    assert len(found) == 6
    for said in found.values():
        table = np.zeros((5, 5))
        np.add.at(table, tuple(said.T), 1)
        wanted = inter_rater.cohens_kappa(table, return_results=False)
        assert cohen_kappa(said[:, 0], said[:, 1]) == pytest.approx(wanted, abs=1e-12)

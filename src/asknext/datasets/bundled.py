"""The data sets that come with scikit-learn: real, small, and there without a network."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sklearn.datasets import load_breast_cancer, load_digits, load_wine

from asknext.datasets.base import Dataset
from asknext.datasets.features import standardised


def digits() -> Dataset:
    """Handwritten digits of 8 × 8 pixels (UCI, Alpaydin & Kaynak 1998; scikit-learn)."""
    X, y = load_digits(return_X_y=True)
    note = f"{X.shape[1]} pixel values divided by 16, so that they lie in [0, 1]"
    return Dataset("digits", X / 16.0, y, tuple(range(10)), (note,))


def wdbc() -> Dataset:
    """Breast tumours, benign or malignant, by 30 measurements (UCI, Street et al. 1993; scikit-learn)."""
    return _table("wdbc", load_breast_cancer)


def wine() -> Dataset:
    """Wines of three growers, by 13 chemical measurements (UCI, Forina et al. 1991; scikit-learn)."""
    return _table("wine", load_wine)


def _table(name: str, loader: Callable[[], Any]) -> Dataset:
    bunch = loader()
    y = bunch.target_names[bunch.target]
    classes = tuple(sorted(bunch.target_names.tolist()))
    note = f"{bunch.data.shape[1]} numeric columns standardised"
    return Dataset(name, standardised(bunch.data), y, classes, (note,))


BUNDLED: dict[str, Callable[[], Dataset]] = {"digits": digits, "wdbc": wdbc, "wine": wine}
"""Names of data sets, each with its loader; the loader's first line says where the data are from."""

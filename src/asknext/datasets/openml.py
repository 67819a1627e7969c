"""Data sets of OpenML, by number, through scikit-learn's loader and its cache."""

from __future__ import annotations

import warnings
from http.client import HTTPException

from sklearn.datasets import fetch_openml

from asknext.datasets.base import Dataset
from asknext.datasets.frames import from_frame
from asknext.errors import AbsentDataError, AskNextError


def load_openml(number: str, target: str | None = None) -> Dataset:
    """Fetch a data set from OpenML, or take it from scikit-learn's cache (`SCIKIT_LEARN_DATA`).

    Parameters
    ----------
    number : the data set's number on openml.org, as text.
    target : the column of labels; None: the one that OpenML names.

    Returns
    -------
    The data set, treated like any other table.

    Raises
    ------
    AskNextError : no number, no network and not in the cache, an unknown number, a sparse data set, no
        single column of labels, or a table that cannot be used (see `from_frame`).
    """
    if not (number.isascii() and number.isdigit()):
        raise AskNextError(f"'openml:{number}' needs the number of a data set, such as openml:61.")
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "A network error occurred")  # it tries again, or raises
            bunch = fetch_openml(data_id=int(number), as_frame=True, n_retries=1)
    except (OSError, HTTPException) as error:
        raise AbsentDataError(
            f"OpenML data set {number} cannot be fetched ({error}); check the network, "
            "or download the data set and give the path of the file."
        ) from error
    except (ValueError, KeyError) as error:  # an unknown number, a sparse table, missing labels
        raise AskNextError(f"OpenML data set {number} cannot be used: {error}") from error
    if target is None and len(bunch.target_names) != 1:
        raise AskNextError(
            f"OpenML data set {number} names {len(bunch.target_names)} label columns; "
            "choose one with --target."
        )
    return from_frame(bunch.frame, target or bunch.target_names[0], name=bunch.details["name"])

"""Whatever the user calls X, seen as rows: how many, these ones, as numbers, and a fingerprint."""

from __future__ import annotations

import hashlib
import math
from typing import Any

import joblib
import narwhals as nw
import numpy as np
from narwhals.exceptions import NarwhalsError
from scipy import sparse

from asknext.errors import AskNextError
from asknext.types import Array, Ids

_HASH_BLOCK = 1 << 26  # bytes hashed at a time, so that a memory map is never read whole


class Part:
    """Some rows of an array that stays where it is, such as a memory map; they are read when asked for.

    Parameters
    ----------
    X : (n, …) the array.
    ids : (m,) positions of the rows.
    """

    def __init__(self, X: Array, ids: Ids) -> None:
        self.X = X
        self.ids = ids
        self.dtype = X.dtype
        self.shape = (len(ids), *X.shape[1:])
        self.ndim = X.ndim

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, key: Any) -> Array:
        return np.asarray(self.X[self.ids[key]])


def load(X: Any) -> Any:
    """Take in what users have — arrays, sparse matrices, tensors, data frames, lists — without copying.

    Parameters
    ----------
    X : (n, …) numpy array or memory map, scipy sparse matrix, torch tensor, any data frame or series that
        narwhals knows, or a list of rows or texts.

    Returns
    -------
    A numpy array, a `Part` of one, a CSR matrix or the data frame itself: what `count` and `take` understand.

    Raises
    ------
    AskNextError : X has no rows to speak of (a scalar, a string, None), rows of different lengths, or masked
        values.
    """
    check_unmasked("X", X)
    if sparse.issparse(X):
        return X.tocsr()
    if isinstance(X, Part):
        return X
    if isinstance(X, np.ndarray):
        if X.ndim == 0:
            raise AskNextError("X is a single value; give one row for each item.")
        return np.asarray(X)  # a view: np.matrix would stay two-dimensional whatever is asked of it
    if is_tensor(X):
        return X.detach().cpu().numpy()
    if hasattr(X, "sparse"):  # a pandas frame of sparse columns
        return X.sparse.to_coo().tocsr()
    try:
        frame = nw.from_native(X, pass_through=True, allow_series=True)
    except NarwhalsError as error:
        reason = " ".join(str(error).split())
        raise AskNextError(f"X is a data frame that cannot be read: {reason}") from error
    if isinstance(frame, nw.LazyFrame):
        return frame.collect().to_native()
    if isinstance(frame, nw.DataFrame):
        return X
    if isinstance(frame, nw.Series):
        return frame.to_numpy()
    if isinstance(X, list | tuple):
        kind = object if X and isinstance(X[0], str) else None
        try:
            return np.asarray(X, dtype=kind)
        except ValueError as error:
            raise AskNextError("the rows of X differ in length; give rows of one length.") from error
    raise AskNextError(f"X is {type(X).__name__}; give an array, a sparse matrix, a data frame or a list.")


def check_unmasked(name: str, values: Any) -> None:
    """Refuse a masked array with masked values: without the mask they would be taken for real ones.

    Raises
    ------
    AskNextError : some value is masked.
    """
    if isinstance(values, np.ma.MaskedArray) and np.ma.is_masked(values):
        raise AskNextError(f"{name} is an array with masked values; fill them (.filled) or drop their rows.")


def is_tensor(X: Any) -> bool:
    """Whether X is a torch tensor, without importing torch."""
    return hasattr(X, "detach") and hasattr(X, "cpu")


def count(X: Any) -> int:
    """Number of rows of X."""
    return int(X.shape[0])


def take(X: Any, ids: Ids) -> Any:
    """The given rows of X, in that order, in the form X has."""
    if isinstance(X, np.ndarray | Part) or sparse.issparse(X):
        return X[ids]
    return nw.to_native(nw.from_native(X, eager_only=True)[ids])


def is_numeric(X: Any) -> bool:
    """Whether X holds nothing but numbers, true and false."""
    if isinstance(X, np.ndarray | Part) or sparse.issparse(X):
        return X.dtype.kind in "biuf"
    schema = nw.from_native(X, eager_only=True).schema
    return all(dtype.is_numeric() or dtype == nw.Boolean for dtype in schema.values())


def is_images(X: Any) -> bool:
    """Whether X is an array of images: (n, h, w, 3) or (n, h, w) bytes."""
    bytes_ = isinstance(X, np.ndarray | Part) and X.dtype == np.uint8
    return bytes_ and (X.ndim == 3 or (X.ndim == 4 and X.shape[3] == 3))


def numbers(X: Any) -> Any | None:
    """X as floating-point numbers in the shape it has, dense or CSR; None where it holds anything else."""
    if not is_numeric(X):
        return None
    if isinstance(X, np.ndarray) or sparse.issparse(X):
        return X if X.dtype.kind == "f" else X.astype(np.float64)
    return nw.from_native(X, eager_only=True).select(nw.all().cast(nw.Float64)).to_numpy()


def matrix(X: Any) -> Any | None:
    """X as a numeric matrix (n, d), dense or CSR; None where X holds anything but numbers."""
    values = numbers(X)
    if values is None or values.ndim == 2:
        return values
    return values.reshape(len(values), math.prod(values.shape[1:]))


def usual_precision(values: Any) -> Any:
    """Half precision as single and extended as double, since not every library takes the former."""
    kind, size = values.dtype.kind, values.dtype.itemsize
    if kind != "f" or size in (4, 8):
        return values
    return values.astype(np.float32 if size < 4 else np.float64)


def check_finite(name: str, values: Any, ids: Ids | None = None) -> None:
    """Refuse NaN, infinity and numbers whose squares overflow, with the first row that holds one.

    Raises
    ------
    AskNextError : some value is not finite, or beyond 1e150 (in single precision 1e15), too large to measure
        distances with.
    """
    data = values.data if sparse.issparse(values) else values
    if data.dtype.kind != "f" or data.size == 0:
        return
    largest = 1e150 if data.dtype.itemsize >= 8 else 1e15  # also when many squares are added up
    with np.errstate(invalid="ignore"):
        if -largest <= float(data.min()) and float(data.max()) <= largest:  # NaN fails both
            return
        bad = ~np.isfinite(data)
        fault, remedy = "NaN or infinity", "fill or drop these values first"
        if not bad.any():
            bad = np.abs(data) > largest
            fault, remedy = f"numbers beyond {largest:.0e}", "scale these columns first"
    if sparse.issparse(values):
        places = np.unique(np.searchsorted(values.indptr, np.flatnonzero(bad), side="right") - 1)
    else:
        places = np.flatnonzero(bad.reshape(len(values), -1).any(axis=1))
    row = int(places[0] if ids is None else ids[places[0]])
    raise AskNextError(f"{name} holds {fault} in {len(places)} row(s), the first is row {row}; {remedy}.")


def fingerprint(*parts: Any) -> str:
    """A short name for the content of the parts: the same for equal content in any process.

    Data are read value by value. A pickle would not do: its bytes change with the versions of libraries, and
    with the way in which a data frame came about.

    Parameters
    ----------
    parts : arrays, sparse matrices, data frames, estimators, numbers, texts, or nestings of these.

    Returns
    -------
    40 hexadecimal digits.

    Raises
    ------
    AskNextError : an estimator holds something that cannot be told from others, such as a lambda.
    """
    digest = hashlib.blake2b(digest_size=20)
    for part in parts:
        _feed(digest, part)
    return digest.hexdigest()


def _feed(digest: Any, part: Any) -> None:
    if isinstance(part, np.generic):
        part = part.item()
    if sparse.issparse(part):
        part = part.tocsr()
        for piece in (part.data, part.indices, part.indptr, part.shape):
            _feed(digest, piece)
    elif isinstance(part, np.ndarray | Part) and part.dtype.kind in "biufcmM":
        _feed_array(digest, part)
    elif isinstance(part, np.ndarray | list | tuple):
        digest.update(f"{np.shape(part) if isinstance(part, np.ndarray) else len(part)}".encode())
        for value in part.flat if isinstance(part, np.ndarray) else part:
            _feed(digest, value)
    elif part is None or isinstance(part, str | int | float):
        text = str(part).encode(errors="surrogatepass")
        digest.update(f"{type(part).__name__} {len(text)}:".encode() + text)
    elif isinstance(frame := nw.from_native(part, pass_through=True, eager_only=True), nw.DataFrame):
        for name in frame.columns:
            _feed(digest, (name, frame[name].to_numpy()))
    else:
        digest.update(_pickled(part))


def _feed_array(digest: Any, values: Array | Part) -> None:
    digest.update(f"{values.dtype.str}{values.shape}".encode())
    if isinstance(values, np.ndarray) and values.ndim == 0:
        digest.update(values.tobytes())
        return
    row = values.dtype.itemsize * math.prod(values.shape[1:])
    step = max(1, _HASH_BLOCK // max(1, row))
    for start in range(0, len(values), step):
        digest.update(np.ascontiguousarray(values[start : start + step]).tobytes())


def _pickled(part: Any) -> bytes:
    try:
        return str(joblib.hash(part)).encode()
    except Exception as error:  # whatever an object's own pickling raises
        raise AskNextError(
            f"{type(part).__name__} holds something that has no lasting name, such as a lambda; "
            "use a function defined in a module instead."
        ) from error

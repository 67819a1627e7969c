"""Values as bytes: plain values as JSON, arrays as .npy, mixtures as .npz; exact on return, no pickle."""

from __future__ import annotations

import io
import json
import math
import zipfile
from collections.abc import Callable, Mapping
from typing import Any, BinaryIO

import numpy as np
from scipy import sparse

from asknext import rows
from asknext.answers import as_text
from asknext.errors import AskNextError

SUFFIXES = (".json", ".npy", ".npz")
_TREE = "tree.json"  # the member of an .npz that says how the arrays beside it hang together
_SPARSE_FORMATS = ("csr", "csc", "coo", "bsr", "dia")  # those that scipy.sparse.save_npz knows


def encode(value: Any, where: str) -> tuple[str, bytes]:
    """A value as the content of one file.

    Parameters
    ----------
    value : numbers, texts, None, numpy scalars, numpy arrays without objects, scipy sparse matrices, and
        lists, tuples and dicts of these.
    where : what the value is called in an error.

    Returns
    -------
    The suffix that fits (`.json`, `.npy` or `.npz`) and the bytes. An array alone is what `numpy.load`
    reads, a sparse matrix alone what `scipy.sparse.load_npz` reads.

    Raises
    ------
    AskNextError : some part of the value is of another type; the message names the part.
    """
    parts: dict[str, Any] = {}
    tree = _flatten(value, where, parts)
    if isinstance(tree, dict) and "$part" in tree:
        return tree["$part"][-4:], _dump(value)
    text = json.dumps(tree, ensure_ascii=False).encode("utf-8", "surrogatepass")
    if not parts:
        return ".json", text
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr(zipfile.ZipInfo(_TREE), text)  # without the time of day: equal values, equal bytes
        for name, part in parts.items():
            archive.writestr(zipfile.ZipInfo(name), _dump(part))
    return ".npz", content.getvalue()


def decode(suffix: str, file: BinaryIO) -> Any:
    """The value that `encode` turned into these bytes: a fresh copy, of the same types, dtypes and shapes."""
    if suffix == ".npy":
        return np.load(file, allow_pickle=False)
    if suffix == ".json":
        return _unflatten(json.loads(file.read().decode("utf-8", "surrogatepass")), _no_part)
    with zipfile.ZipFile(file) as archive:
        if _TREE not in archive.namelist():
            return sparse.load_npz(file)
        tree = json.loads(archive.read(_TREE).decode("utf-8", "surrogatepass"))
        return _unflatten(tree, lambda name: decode(name[-4:], io.BytesIO(archive.read(name))))


def fingerprint(value: Any, where: str) -> str:
    """A short name for the content of a value that `encode` takes; AskNextError for any other."""
    parts: dict[str, Any] = {}
    tree = _flatten(value, where, parts)
    text = json.dumps(tree, sort_keys=True).encode()
    contents = [
        part if sparse.issparse(part) else np.frombuffer(_dump(np.asarray(part, order="C")), dtype=np.uint8)
        for part in parts.values()
    ]
    return rows.fingerprint(np.frombuffer(text, dtype=np.uint8), *contents)


def plain(value: Any, where: str) -> Any:
    """A value as strict JSON knows it: numpy scalars become numbers, tuples and arrays become lists.

    Raises
    ------
    AskNextError : some part is neither a finite number, a text, None, nor a list or a dict of these.
    """
    if isinstance(value, np.generic | np.ndarray):
        value = value.tolist()
    if isinstance(value, str):
        return as_text(where, value)
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float) and math.isfinite(value):
        return value
    if isinstance(value, list | tuple):
        return [plain(item, f"{where}[{i}]") for i, item in enumerate(value)]
    if isinstance(value, Mapping) and all(isinstance(key, str) for key in value):
        keys = [as_text(f"a key of {where}", key) for key in value]
        return {key: plain(value[key], f"{where}[{key!r}]") for key in keys}
    raise AskNextError(
        f"{where} is {repr(value)[:60]}, which JSON cannot hold; give finite numbers, texts, None, or lists "
        "and text-keyed dicts of these."
    )


def _flatten(value: Any, where: str, parts: dict[str, Any]) -> Any:
    """The value as strict JSON; arrays go to `parts`, and a `$` key marks what JSON has no word for."""
    kind = type(value)
    if value is None or kind in (bool, int, str):
        return value
    if kind is float:
        return value if math.isfinite(value) else {"$float": repr(value)}
    if kind in (list, tuple):
        items = [_flatten(item, f"{where}[{i}]", parts) for i, item in enumerate(value)]
        return items if kind is list else {"$tuple": items}
    if kind is dict:
        pairs = [(key, _flatten(item, f"{where}[{key!r}]", parts)) for key, item in value.items()]
        if all(type(key) is str and not key.startswith("$") for key in value):
            return dict(pairs)
        return {"$dict": [[_flatten(key, f"a key of {where}", parts), item] for key, item in pairs]}
    if sparse.issparse(value):
        if value.format not in _SPARSE_FORMATS or value.ndim != 2 or value.dtype.hasobject:
            raise AskNextError(
                f"{where} is a sparse matrix of {value.ndim} dimension(s), format '{value.format}' and dtype "
                f"{value.dtype}, which the cache cannot store; convert it to a numeric matrix with .tocsr()."
            )
        return {"$part": _add(parts, value, ".npz")}
    if kind in (np.ndarray, np.memmap) or isinstance(value, np.generic):
        if value.dtype.hasobject:
            raise AskNextError(
                f"{where} is a numpy array of dtype {value.dtype}, which only a pickle can hold; convert it "
                "with .astype(float) or .astype('U'), or to a list with .tolist()."
            )
        if kind in (np.ndarray, np.memmap):
            return {"$part": _add(parts, value, ".npy")}
        if value.dtype.kind in "biuf" and value.dtype.itemsize <= 8:  # exact as a JSON number
            return {"$numpy": [value.dtype.name, _flatten(value.item(), where, parts)]}
        return {"$scalar": _add(parts, np.asarray(value), ".npy")}
    raise AskNextError(
        f"{where} is of type {kind.__module__}.{kind.__qualname__}, which the cache cannot store; convert it "
        "to numbers, texts, lists, tuples, dicts, numpy arrays or scipy sparse matrices (a tensor or a data "
        "frame: its .numpy() or .to_numpy(); a model: its parameters)."
    )


def _unflatten(node: Any, part: Callable[[str], Any]) -> Any:
    if isinstance(node, list):
        return [_unflatten(item, part) for item in node]
    if not isinstance(node, dict):
        return node
    match next(iter(node.items()), None):
        case "$float", text:
            return float(text)
        case "$tuple", items:
            return tuple(_unflatten(item, part) for item in items)
        case "$dict", pairs:
            return {_unflatten(key, part): _unflatten(item, part) for key, item in pairs}
        case "$part", name:
            return part(name)
        case "$numpy", [dtype, number]:
            return np.dtype(dtype).type(_unflatten(number, part))
        case "$scalar", name:
            return part(name)[()]
        case _:
            return {key: _unflatten(item, part) for key, item in node.items()}


def _add(parts: dict[str, Any], part: Any, suffix: str) -> str:
    name = f"{len(parts)}{suffix}"
    parts[name] = part
    return name


def _dump(part: Any) -> bytes:
    content = io.BytesIO()
    if sparse.issparse(part):
        sparse.save_npz(content, part)
    else:
        np.save(content, part, allow_pickle=False)
    return content.getvalue()


def _no_part(name: str) -> Any:
    raise ValueError(f"a .json file has no part '{name}'")

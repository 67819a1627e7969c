"""Values as bytes: everything that is taken comes back as it was, everything else is refused by name."""

from __future__ import annotations

import datetime
import io
import json
import math
from collections import Counter, OrderedDict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import sparse
from sklearn.linear_model import LogisticRegression

from asknext.cache.names import run_folder, safe_name
from asknext.cache.values import decode, encode, fingerprint, plain
from asknext.errors import AskNextError


def there_and_back(value):
    suffix, content = encode(value, "value")
    return decode(suffix, io.BytesIO(content))


def same(a, b):
    """Equal in value, type, dtype, shape and order, down to the sign of zero."""
    if type(a) is not type(b):
        return False
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return same(list(a), list(b)) and same(list(a.values()), list(b.values()))
    if sparse.issparse(a):
        return a.format == b.format and a.dtype == b.dtype and same(a.toarray(), b.toarray())
    if isinstance(a, np.ndarray):
        return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    if isinstance(a, np.generic):
        return a.dtype == b.dtype and (a.tobytes() == b.tobytes() or bool(np.isnan(a) and np.isnan(b)))
    if isinstance(a, float):
        return (math.isnan(a) and math.isnan(b)) or (a == b and math.copysign(1, a) == math.copysign(1, b))
    return a == b


dtypes = st.one_of(
    hnp.boolean_dtypes(),
    hnp.integer_dtypes(endianness="?"),
    hnp.unsigned_integer_dtypes(endianness="?"),
    hnp.floating_dtypes(endianness="?"),
    hnp.complex_number_dtypes(),
    hnp.datetime64_dtypes(),
    hnp.unicode_string_dtypes(min_len=1, max_len=5),
    hnp.byte_string_dtypes(min_len=1, max_len=5),
    hnp.array_dtypes(max_size=3),
)
arrays = dtypes.flatmap(lambda dtype: hnp.arrays(dtype, hnp.array_shapes(min_dims=0, min_side=0, max_side=3)))
scalars = st.one_of(hnp.boolean_dtypes(), hnp.integer_dtypes(), hnp.floating_dtypes()).flatmap(
    lambda dtype: hnp.arrays(dtype, ()).map(lambda array: array[()])
)
matrices = st.builds(
    lambda dense, form, make: make(dense).asformat(form),
    hnp.arrays(st.sampled_from([np.float32, np.int64, np.bool_]), (2, 4)),
    st.sampled_from(["csr", "csc", "coo", "bsr", "dia"]),
    st.sampled_from([sparse.csr_array, sparse.csr_matrix]),
)
atoms = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(st.characters()),  # lone surrogates too
    st.sampled_from(["$float", "$part", "$tuple", "$dict"]),
)
keys = st.one_of(atoms.filter(lambda key: key == key), st.tuples(st.integers(), st.text()))
values = st.recursive(
    st.one_of(atoms, arrays, scalars, matrices),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.lists(inner, max_size=4).map(tuple),
        st.dictionaries(keys, inner, max_size=4),
    ),
    max_leaves=8,
)


@pytest.mark.filterwarnings("ignore:Stored array in format 3.0")  # field names beyond Latin-1
@given(values)
def test_a_value_comes_back_exactly(value):
    assert same(value, there_and_back(value))


@pytest.mark.filterwarnings("ignore:Stored array in format 3.0")
@given(values)
def test_a_fingerprint_is_that_of_the_content(value):
    assert fingerprint(value, "value") == fingerprint(there_and_back(value), "value")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, 1.0),
        (1, True),
        ([1], (1,)),
        (None, "null"),
        ({"a": 1}, {"a": 2}),
        (np.zeros(2), np.zeros(2, dtype=np.float32)),
        (np.zeros((2, 3)), np.zeros((3, 2))),
        ([np.zeros(1), np.ones(1)], [np.ones(1), np.zeros(1)]),
        (np.int64(1), 1),
    ],
)
def test_different_values_have_different_fingerprints(one, other):
    assert fingerprint(one, "value") != fingerprint(other, "value")


def test_a_fingerprint_does_not_depend_on_the_layout_in_memory():
    array = np.arange(12).reshape(3, 4)
    same_content = [np.asfortranarray(array), np.repeat(array, 2, axis=1)[:, ::2]]
    assert {fingerprint([other], "value") for other in same_content} == {fingerprint([array], "value")}


def test_files_are_what_other_tools_read(tmp_path):
    array = np.arange(6, dtype=np.int32).reshape(2, 3)
    suffix, content = encode(array, "value")
    (tmp_path / f"a{suffix}").write_bytes(content)
    assert same(np.load(tmp_path / "a.npy", allow_pickle=False), array)

    matrix = sparse.csc_matrix(array)
    suffix, content = encode(matrix, "value")
    (tmp_path / f"m{suffix}").write_bytes(content)
    assert same(sparse.load_npz(tmp_path / "m.npz"), matrix)

    suffix, content = encode({"ids": array, "note": "é"}, "value")
    (tmp_path / f"d{suffix}").write_bytes(content)
    with np.load(tmp_path / "d.npz", allow_pickle=False) as archive:
        assert same(archive["0"], array)

    suffix, content = encode([1, "é", None, math.nan], "value")
    assert suffix == ".json"
    assert json.loads(content, parse_constant=pytest.fail)[:3] == [1, "é", None]


def test_a_memory_map_is_stored_as_an_array(tmp_path):
    mapped = np.memmap(tmp_path / "x", dtype=np.float32, mode="w+", shape=(4,))
    assert same(there_and_back(mapped), np.zeros(4, dtype=np.float32))


@pytest.mark.parametrize(
    ("value", "named", "advice"),
    [
        (np.array(["a", None]), "dtype object", "tolist"),
        (np.zeros(2, dtype=[("a", object)]), "'O'", "astype"),
        ({"a": [0, np.array([{}])]}, r"value\['a'\]\[1\]", "tolist"),
        (sparse.lil_matrix((2, 2)), "'lil'", "tocsr"),
        (np.ma.masked_array([1, 2], [True, False]), "MaskedArray", "numpy arrays"),
        (LogisticRegression(), "LogisticRegression", "parameters"),
        ({1, 2}, "set", "lists"),
        (b"bytes", "bytes", "numbers"),
        (1j, "complex", "numpy"),
        (datetime.date(2024, 1, 1), "datetime.date", "texts"),
        (Counter("aab"), "Counter", "dicts"),
        ((OrderedDict(),), r"value\[0\]", "dicts"),
        ({frozenset(): 1}, "a key of value", "texts"),
    ],
)
def test_what_cannot_be_stored_is_named_with_what_to_do(value, named, advice):
    with pytest.raises(AskNextError, match=named) as raised:
        encode(value, "value")
    assert advice in str(raised.value)
    assert str(raised.value).startswith(("value", "a key of value"))


def test_an_object_array_in_a_file_is_not_unpickled(tmp_path):
    np.save(tmp_path / "a.npy", np.array([{}]), allow_pickle=True)
    with (tmp_path / "a.npy").open("rb") as file, pytest.raises(ValueError, match="allow_pickle"):
        decode(".npy", file)


def test_plain_turns_numpy_into_json():
    assert plain({"a": np.float32(0.5), "b": (1, np.arange(2))}, "x") == {"a": 0.5, "b": [1, [0, 1]]}
    with pytest.raises(AskNextError, match=r"x\['a'\]\[1\] is nan"):
        plain({"a": [0, math.nan]}, "x")
    with pytest.raises(AskNextError, match="text-keyed"):
        plain({1: 2}, "x")


names = st.one_of(
    st.text(), st.text("./\\ +%=aA"), st.text("aé", min_size=90, max_size=400), st.just(".."), st.just("")
)


@given(st.lists(names, unique=True, max_size=8))
def test_names_are_safe_and_different(texts):
    made = [safe_name(text) for text in texts]
    assert len(set(made)) == len(texts)
    for name in made:
        assert name.isascii()
        assert len(name) <= 100
        assert not set(name) & set('/\\:*?"<>|= \0')


def test_a_text_that_looks_like_a_cut_name_gets_another_one():
    cut = safe_name("a" * 500)
    assert len(cut) <= 100
    assert safe_name(cut) != cut


finite = st.floats(allow_nan=False, allow_infinity=False)
json_values = st.one_of(names, st.none(), st.booleans(), st.integers(), finite)
configs = st.dictionaries(names, st.one_of(json_values, st.lists(json_values, max_size=2)), max_size=3)


@given(configs, configs)
def test_each_config_has_its_own_folder_inside_the_cache(tmp_path_factory, one, other):
    root = tmp_path_factory.getbasetemp() / "cache"
    folders = [run_folder(root, config) for config in (one, other)]
    for folder in folders:
        assert folder.resolve() == folder
        assert folder == root or root in folder.parents
    spelled = [json.dumps(config, sort_keys=True) for config in (one, other)]
    assert (folders[0] == folders[1]) == (spelled[0] == spelled[1])
    assert run_folder(root, dict(reversed(one.items()))) == folders[0]

"""The cached loop: what it keeps, what it refuses, and that it gives the same after any interruption."""

from __future__ import annotations

import json
import math
import shutil
import sqlite3
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression

from asknext.cache import ReplayCache, ResumeCache, read_values
from asknext.errors import AskNextError
from asknext.strategies.margin import closeness


def count_up(folder, n=3, make=ReplayCache, initial=0, stop=None, **options):
    """A loop that counts; gives the iterations it ran, and raises KeyError in iteration `stop`."""
    ran = []
    with make(folder, **options) as cache:
        total = cache.variable("total", initial)
        for item, before in cache.iter(range(n), total.previous()):
            cache.log_value("before", before)
            total.set(before + 1)
            if item == stop:
                raise KeyError(item)
            ran.append(item)
    return ran


def kept(folder, **options):
    """The value of `total` at each finished iteration."""
    seen = []
    with ReplayCache(folder, **options) as cache:
        total = cache.variable("total", 0)
        cache.compute_metric("seen", lambda value: seen.append(value) or 0, total.current())
    return seen


# --- the loop of the tutorial ---------------------------------------------------------------------------


def digits_loop(folder, batch_sizes, stop=None):
    """The tutorial's loop with a real model; gives what the metrics are afterwards."""
    X, y = load_digits(return_X_y=True)
    X = X / 16.0
    order = np.random.default_rng(0).permutation(len(y))
    train, test = order[:400], order[400:800]
    first = np.concatenate([train[y[train] == label][:1] for label in range(10)])
    fitted = []

    def contradictions(before, after):
        return np.abs(before - after).sum(axis=1).mean() / 2

    def picked(before, after):
        return len(np.setdiff1d(after, before))

    with ReplayCache(folder, keys={"method": "margin", "seed": 0}, data=(X, y)) as cache:
        selected = cache.variable("selected", first)
        proba = cache.persisted_value("proba", np.full((len(test), 10), 0.1))
        for batch_size, prev_selected in cache.iter(batch_sizes, selected.previous()):
            model = LogisticRegression(C=10, max_iter=500).fit(X[prev_selected], y[prev_selected])
            fitted.append(len(prev_selected))
            cache.log_value("accuracy", model.score(X[test], y[test]), subset="test")
            pool = np.setdiff1d(train, prev_selected)
            best = np.argsort(-closeness(model.predict_proba(X[pool])), kind="stable")[:batch_size]
            proba.set(model.predict_proba(X[test]))
            if len(fitted) - 1 == stop:
                raise KeyboardInterrupt
            selected.set(np.concatenate([prev_selected, pool[best]]))
        cache.compute_metrics(contradictions, proba.previous(), after=proba.current())
        cache.compute_metrics(picked, selected.previous(), selected.current())
        return fitted, cache.values()


def test_the_loop_of_the_tutorial_resumes_to_the_same_values(tmp_path):
    sizes = [10, 20, 30, 10]
    fitted, whole = digits_loop(tmp_path / "whole", sizes)
    assert fitted == [10, 20, 40, 70]
    with pytest.raises(KeyboardInterrupt):
        digits_loop(tmp_path / "broken", sizes, stop=2)
    refitted, resumed = digits_loop(tmp_path / "broken", sizes)
    assert refitted == [40, 70]
    assert resumed == whole
    assert digits_loop(tmp_path / "broken", sizes) == ([], whole)  # finished: nothing is trained

    frame = pd.DataFrame(whole).set_index(["metric", "iteration"])["value"]
    assert list(frame["picked"]) == sizes
    assert frame["accuracy"][3] > frame["accuracy"][0]
    assert (frame["contradictions"] > 0).all()


# --- values are frozen ----------------------------------------------------------------------------------


def test_what_happens_to_an_object_later_does_not_reach_what_is_kept(tmp_path):
    initial = [0]
    with ReplayCache(tmp_path) as cache:
        grown = cache.variable("grown", initial)
        for item, before in cache.iter([1, 2, 3], grown.previous()):
            before.append(item)  # in place, as in the gallery of the older package
            grown.set(before)
            before.append("too late")
        initial.append("too late")
        cache.compute_metric("growth", lambda a, b: len(b) - len(a), grown.previous(), grown.current())
        cache.compute_metric("last", lambda now: now[-1], grown.current())
        assert [row["value"] for row in cache.values("growth")] == [1, 1, 1]
        assert [row["value"] for row in cache.values("last")] == [1, 2, 3]


def test_each_reading_is_a_fresh_copy(tmp_path):
    with ReplayCache(tmp_path) as cache:
        array = cache.variable("array", np.zeros(2))
        for _, one, two in cache.iter([0], array.previous(), array.previous()):
            one += 1
            assert two.tolist() == [0, 0]
            array.set(one)
        seen = []
        cache.compute_metric("sum", lambda a: seen.append(a) or a.sum(), array.current())
        seen[0] += 1
        cache.compute_metric("sum", np.sum, array.current())
        assert cache.values("sum")[0]["value"] == 2


def test_the_last_value_set_in_an_iteration_counts(tmp_path):
    with ReplayCache(tmp_path) as cache:
        value = cache.variable("value", 0)
        for item, _ in cache.iter([1, 2], value.previous()):
            value.set(np.zeros(3))  # also where the kind of file changes
            value.set(item)
        cache.compute_metric("value", lambda v: v, value.current())
        assert [row["value"] for row in cache.values()] == [1, 2]
    assert not list(tmp_path.rglob("*.npy"))


def test_nothing_is_left_of_an_attempt_that_did_not_finish(tmp_path):
    with ReplayCache(tmp_path):
        pass
    stale = tmp_path / "iterations" / "0" / "value.json"  # left by a process killed while writing
    stale.parent.mkdir(parents=True)
    stale.write_text("1")
    with ReplayCache(tmp_path) as cache:
        value = cache.variable("value", 0)
        for _ in cache.iter([0]):
            value.set(np.ones(3))
        cache.compute_metric("sum", np.sum, value.current())
        assert cache.values()[0]["value"] == 3
    assert [path.name for path in stale.parent.iterdir()] == ["value.npy"]


def test_types_and_shapes_come_back_through_the_loop(tmp_path):
    mixture = {"x": np.float32(2), "ids": np.arange(2, dtype=np.int8)}
    values = [(1, "a"), mixture, sparse.eye_array(2, format="csc")]
    with ReplayCache(tmp_path) as cache:
        value = cache.variable("value", None)
        for item, before in cache.iter([0, 1, 2], value.previous()):
            assert type(before) is type([None, *values][item])
            value.set(values[item])
    with ReplayCache(tmp_path) as cache:
        value = cache.variable("value", None)
        seen = []
        cache.compute_metric("type", lambda v: seen.append(v) or type(v).__name__, value.current())
    assert seen[0] == (1, "a")
    assert type(seen[1]["x"]) is np.float32
    assert seen[1]["ids"].dtype == np.int8
    assert seen[2].format == "csc"
    assert [row["value"] for row in read_values(tmp_path, "type")] == ["tuple", "dict", "csc_array"]


def test_an_object_array_is_refused_when_it_is_set(tmp_path):
    with ReplayCache(tmp_path) as cache:
        value = cache.variable("value", 0)
        for _ in cache.iter([0]):
            with pytest.raises(AskNextError, match=r"the variable 'value'\['a'\] is .* of dtype object"):
                value.set({"a": np.array([None])})
            break
        with pytest.raises(AskNextError, match=r"the initial value of 'other' is of type builtins\.set"):
            cache.variable("other", set())
    assert kept(tmp_path) == []


# --- iterations -----------------------------------------------------------------------------------------


def test_more_iterations_extend_a_run_without_doing_any_again(tmp_path):
    assert count_up(tmp_path, 2) == [0, 1]
    assert count_up(tmp_path, 4) == [2, 3]
    assert count_up(tmp_path, 4) == []
    assert count_up(tmp_path, 1) == []
    assert kept(tmp_path) == [1, 2, 3, 4]
    assert [row["value"] for row in read_values(tmp_path, "before")] == [0, 1, 2, 3]


def test_an_exception_leaves_the_finished_iterations_and_no_trace_of_the_other(tmp_path):
    with pytest.raises(KeyError):
        count_up(tmp_path, 4, stop=2)
    assert kept(tmp_path) == [1, 2]
    assert [row["iteration"] for row in read_values(tmp_path, "before")] == [0, 1]
    assert count_up(tmp_path, 4) == [2, 3]
    assert [row["value"] for row in read_values(tmp_path, "before")] == [0, 1, 2, 3]


def test_an_iteration_left_by_break_is_done_again(tmp_path):
    with ReplayCache(tmp_path) as cache:
        total = cache.variable("total", 0)
        for item, before in cache.iter([0, 1, 2], total.previous()):
            total.set(before + 1)
            if item == 1:
                break
        cache.log_value("after", 1)  # outside the loop: of the run
        assert cache.values() == [{"iteration": None, "metric": "after", "value": 1}]
        assert [item for item, _ in cache.iter([0, 1], total.previous()) if total.set(5) is None] == [1]
    assert kept(tmp_path) == [1, 5]


def test_a_variable_that_is_not_set_is_named(tmp_path):
    with ReplayCache(tmp_path) as cache:
        selected, other = cache.variable("selected", 0), cache.variable("other", 0)
        loop = cache.iter([0, 1])
        next(loop)
        selected.set(0)
        other.set(0)
        next(loop)
        selected.set(0)
        with pytest.raises(AskNextError, match="'other' was not set in iteration 1"):
            next(loop)
        assert next(cache.iter([0, 1])) == (1,)
        with pytest.raises(AskNextError, match="a variable has the name ''; give a text"):
            cache.variable("", 0)
        with pytest.raises(AskNextError, match="a variable has the name 5; give a text"):
            cache.variable(5, 0)


def test_a_closed_cache_says_so(tmp_path):
    with ReplayCache(tmp_path) as cache:
        loop = cache.iter([0, 1])
        next(loop)
    calls = [lambda: next(loop), lambda: next(cache.iter([0])), cache.values, lambda: cache.log_value("a", 1)]
    for late in calls:
        with pytest.raises(AskNextError, match="the cache is closed"):
            late()
    with ReplayCache(tmp_path) as cache:
        assert [item for (item,) in cache.iter([0, 1])] == [0, 1]


def test_another_item_at_a_finished_iteration_is_refused(tmp_path):
    def run(items):
        with ReplayCache(tmp_path) as cache:
            return [item for (item,) in cache.iter(items)]

    run([10, np.arange(3), {"a": 1}])
    assert run([10, np.arange(3), {"a": 1}, object()]) != []
    with pytest.raises(AskNextError, match="item 1 of the loop"):
        run([10, np.arange(4), {"a": 1}])
    with pytest.raises(AskNextError, match=r"item 0 of the loop is 10\.0"):
        run([10.0])
    assert len(run([10, np.arange(3), {"a": 1}, object(), 5])) == 1  # what has no fingerprint is not compared


def test_previous_looks_back_as_far_as_wanted(tmp_path):
    with ReplayCache(tmp_path) as cache:
        total = cache.variable("total", -1)
        for item, one, two in cache.iter(range(4), total.previous(), total.previous(-2)):
            assert (one, two) == (item - 1, max(item - 2, -1))
            total.set(item)
        cache.compute_metric("back", lambda a, b: [a, b], total.previous(-3), total.current())
        assert [row["value"] for row in cache.values()] == [[-1, 0], [-1, 1], [-1, 2], [0, 3]]
        with pytest.raises(AskNextError, match=r"previous\(0\)"):
            total.previous(0)
        with pytest.raises(AskNextError, match="no current value"):
            next(cache.iter(range(9), total.current()))


def test_previous_is_in_the_past(tmp_path):
    with ReplayCache(tmp_path) as cache:
        total = cache.variable("total", 0)
        assert total.previous(np.int64(-2)).offset == -2
        for wrong in (0, 1.5, "x"):
            with pytest.raises(AskNextError, match=rf"previous\({wrong!r}\) is not in the past"):
                total.previous(wrong)


def test_a_variable_added_later_has_no_earlier_value(tmp_path):
    count_up(tmp_path, 2)
    with ReplayCache(tmp_path) as cache:
        total, late = cache.variable("total", 0), cache.variable("late", 0)
        with pytest.raises(AskNextError, match="'late' has no value at iteration 1"):
            next(cache.iter(range(3), total.previous(), late.previous()))


def test_two_loops_at_once_are_refused(tmp_path):
    with ReplayCache(tmp_path) as cache:
        total = cache.variable("total", 0)
        outer = cache.iter(range(3), total.previous())
        next(outer)
        with pytest.raises(AskNextError, match="another loop"):
            next(cache.iter(range(3), total.previous()))


def test_variables_of_elsewhere_are_refused(tmp_path):
    with ReplayCache(tmp_path) as cache:
        old = cache.variable("total", 0)
        with pytest.raises(AskNextError, match="exists already"):
            cache.variable("Total", 0)
        with pytest.raises(AskNextError, match=r"outside cache\.iter"):
            old.set(1)
    with pytest.raises(AskNextError, match="entered before"), cache:
        pass
    with ReplayCache(tmp_path) as cache:
        with pytest.raises(AskNextError, match="made by another cache"):
            next(cache.iter([0], old.previous()))
        for given in (old, 3):
            with pytest.raises(AskNextError, match=r"variable\.previous"):
                next(cache.iter([0], given))
        with pytest.raises(AskNextError, match=r"variable\.previous"):
            cache.compute_metric("metric", len, old)


# --- what a run is tied to ------------------------------------------------------------------------------


def test_the_order_of_the_keys_does_not_matter(tmp_path):
    assert count_up(tmp_path, 2, keys={"a": 1, "$b": {"x": 1, "y": 2}}) == [0, 1]
    assert count_up(tmp_path, 3, keys={"$b": {"y": 2, "x": 1}, "a": 1}) == [2]
    assert len(list(tmp_path.rglob("manifest.json"))) == 1


def test_the_layout_can_be_read(tmp_path):
    count_up(tmp_path, 11, keys={"method": "margin", "batch": 10})
    run = tmp_path / "batch=10" / "method=margin"
    assert {path.name for path in (run / "iterations").iterdir()} == {str(i) for i in range(11)}
    assert (run / "iterations" / "10" / "total.json").read_text() == "11"
    assert json.loads((run / "manifest.json").read_text())["keys"] == {"method": "margin", "batch": 10}


def test_no_key_or_variable_escapes_the_folder(tmp_path):
    wicked = ["..", "/etc", "a/../../b", "", ".", "\\", "é\x00", "x" * 5000, 1, "1", 1.0, True, None, "null"]
    cache_folder = tmp_path / "outer" / "cache"
    for value in wicked:
        assert count_up(cache_folder, 1, keys={"../k": value}) == [0]  # each a run of its own
        assert count_up(cache_folder, 1, keys={"../k": value}) == []
    assert [path.name for path in tmp_path.iterdir()] == ["outer"]
    assert [path.name for path in (tmp_path / "outer").iterdir()] == ["cache"]
    assert len(list(cache_folder.iterdir())) == len(wicked) + 3  # and layout.json, values.db, .setup.lock
    with ReplayCache(cache_folder, keys={"../k": "names"}) as cache:
        variables = [cache.variable(name, 0) for name in ["../../x", "/x", "..", "é", "x" * 5000]]
        for item, *_ in cache.iter(range(2)):
            for variable in variables:
                variable.set([item, variable.name])
        for variable in variables:
            cache.compute_metric(variable.name, lambda v: v, variable.current())
            kept_values = [row["value"] for row in cache.values(variable.name)]
            assert kept_values == [[0, variable.name], [1, variable.name]]
    assert [path.name for path in (tmp_path / "outer").iterdir()] == ["cache"]


def test_other_key_names_are_refused(tmp_path):
    count_up(tmp_path, 1, keys={"method": "margin"})
    with pytest.raises(AskNextError, match=r'keys = \["method"\], and now keys = \["method", "seed"\]'):
        count_up(tmp_path, 1, keys={"method": "margin", "seed": 0})
    with pytest.raises(AskNextError, match=r"now keys = \[\]"):
        count_up(tmp_path, 1)


def test_other_data_or_another_version_is_refused(tmp_path):
    X, y = np.arange(6.0).reshape(3, 2), np.array(["a", "b", "a"])
    tied = {"data": (X, y), "version": "1"}
    count_up(tmp_path, 2, **tied)
    assert count_up(tmp_path, 3, data=(X.copy(), y.copy()), version="1") == [2]
    for change in ({"data": (X + 1, y)}, {"data": X}, {"version": "2"}):
        (differs,) = change
        with pytest.raises(AskNextError, match=f"was made with {differs} = ") as raised:
            count_up(tmp_path, 3, **(tied | change))
        assert "another folder" in str(raised.value)
    assert kept(tmp_path) == [1, 2, 3]  # what is not stated is not compared

    count_up(tmp_path / "untied", 1)
    with pytest.raises(AskNextError, match="data = null"):
        count_up(tmp_path / "untied", 1, data=X)


def test_another_initial_value_is_refused_once_iterations_build_on_it(tmp_path):
    with pytest.raises(KeyError):
        count_up(tmp_path, initial=np.zeros(2), stop=0)
    assert count_up(tmp_path, 1, initial=np.ones(2)) == [0]
    assert count_up(tmp_path, 2, initial=np.ones(2)) == [1]
    with pytest.raises(AskNextError, match="initial value of 'total' is not the one"):
        count_up(tmp_path, 3, initial=np.zeros(2))


def test_a_removed_run_starts_again_and_leaves_no_old_value(tmp_path):
    for method in ("a", "b"):
        count_up(tmp_path, 3, keys={"method": method})
    shutil.rmtree(tmp_path / "method=a")
    assert count_up(tmp_path, 1, keys={"method": "a"}) == [0]
    assert [(row["method"], row["iteration"]) for row in read_values(tmp_path)] == [
        *[("a", 0)],
        *[("b", 0), ("b", 1), ("b", 2)],
    ]


@pytest.mark.parametrize("make", [ReplayCache, ResumeCache])
@pytest.mark.parametrize("keys", [None, {"method": "a"}])
def test_a_run_without_its_manifest_is_refused_and_loses_nothing(tmp_path, make, keys):
    count_up(tmp_path, 3, make, keys=keys)
    manifest = next(tmp_path.rglob("manifest.json"))
    noted = manifest.read_bytes()
    manifest.unlink()
    for _ in range(2):
        with pytest.raises(AskNextError, match=r"is not whole: .*manifest\.json was removed"):
            count_up(tmp_path, 3, make, keys=keys)
    manifest.write_bytes(noted)
    assert count_up(tmp_path, 3, make, keys=keys) == []
    assert len(read_values(tmp_path, "before")) == 3


def test_a_run_of_values_alone_without_its_manifest_is_refused_too(tmp_path):
    with ReplayCache(tmp_path) as cache:
        for _ in cache.iter([0, 1]):
            cache.log_value("m", 1)
    (tmp_path / "manifest.json").unlink()
    with pytest.raises(AskNextError, match=r"manifest\.json was removed"):
        ReplayCache(tmp_path).__enter__()


def test_a_run_without_its_values_is_refused(tmp_path):
    count_up(tmp_path, 3, keys={"method": "a"})
    kept = {path: path.read_bytes() for path in tmp_path.rglob("iterations/*/*")}
    (tmp_path / "values.db").unlink()
    with pytest.raises(AskNextError, match=r"is not whole: .*values\.db was removed"):
        count_up(tmp_path, 3, keys={"method": "a"})
    assert {path: path.read_bytes() for path in tmp_path.rglob("iterations/*/*")} == kept
    assert count_up(tmp_path, 1, keys={"method": "b"}) == [0]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("values.db", b"garbage" * 1000, r"values\.db cannot be used \(file is not a database\)"),
        ("manifest.json", b"[1]", r"manifest\.json is damaged: it holds no object"),
        ("manifest.json", b"\xff", r"manifest\.json is damaged"),
        ("layout.json", b"null", r"layout\.json is damaged: it holds no object"),
        ("layout.json", b"{", r"layout\.json is damaged"),
        ("layout.json", b"{}", "was made with format = null"),
        ("layout.json", None, r"cannot be opened \(.*layout\.json"),
    ],
)
def test_each_damaged_file_is_one_sentence(tmp_path, name, content, message):
    count_up(tmp_path, 1)
    path = tmp_path / name
    path.unlink()
    path.mkdir() if content is None else path.write_bytes(content)
    with pytest.raises(AskNextError, match=message) as error:
        count_up(tmp_path, 1)
    assert "\n" not in str(error.value)


def test_a_folder_that_cannot_be_used_is_one_sentence(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    with pytest.raises(AskNextError, match=r"the cache .*file cannot be opened \(.*File exists"):
        ReplayCache(tmp_path / "file").__enter__()
    count_up(tmp_path / "kept", 1)

    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied", str(tmp_path))

    monkeypatch.setattr("asknext.cache.replay.FileLock", refuse)  # as in a folder that is read-only
    with pytest.raises(AskNextError, match=r"cannot be opened \(.*Permission denied"):
        ReplayCache(tmp_path / "kept").__enter__()


def test_another_thread_is_turned_away(tmp_path):
    with ReplayCache(tmp_path) as cache, ThreadPoolExecutor(1) as pool:
        loop = cache.iter([0, 1])
        next(loop)
        for call in (lambda: cache.log_value("m", 1), lambda: next(loop), cache.values):
            with pytest.raises(AskNextError, match="belongs to the thread that entered it"):
                pool.submit(call).result()


def test_keys_are_copied_and_checked(tmp_path):
    config = {"sizes": [1, 2]}
    cache = ReplayCache(tmp_path, keys=config)
    config["sizes"].append(3)
    config["more"] = 1
    with cache:
        cache.log_value("x", 1)
        assert cache.values() == [{"sizes": [1, 2], "iteration": None, "metric": "x", "value": 1}]
    with ReplayCache(tmp_path / "other") as cache:  # nothing is left of it in a default
        cache.log_value("x", 1)
        assert cache.values() == [{"iteration": None, "metric": "x", "value": 1}]
    with pytest.raises(AskNextError, match=r"keys\['model'\] is LogisticRegression"):
        ReplayCache(tmp_path, keys={"model": LogisticRegression()})
    with pytest.raises(AskNextError, match="'iteration' is a column"):
        ReplayCache(tmp_path, keys={"iteration": 1})
    with pytest.raises(AskNextError, match=r"keys is \[1\]; give a dict"):
        ReplayCache(tmp_path, keys=[1])
    with pytest.raises(AskNextError, match=r"keys\['a'\] is '\\ud800', which is no Unicode text"):
        ReplayCache(tmp_path, keys={"a": "\ud800"})
    with pytest.raises(AskNextError, match=r"version is 5; give a text"):
        ReplayCache(tmp_path, version=5)


# --- the log of values ----------------------------------------------------------------------------------


def test_values_keep_their_kind(tmp_path):
    given = [1, 2.5, True, None, "text", [1, {"a": 2}], 2**70, math.inf, math.nan]
    with ReplayCache(tmp_path) as cache:
        for i, value in enumerate(given):
            cache.log_value("any", value, iteration=i)
        for i, value in enumerate([np.float32(0.5), np.int64(3), np.bool_(True), np.arange(2)]):
            cache.log_value("numpy", value, iteration=i)
        back = [row["value"] for row in cache.values("any")]
        assert back[:-1] == given[:-1]
        assert math.isnan(back[-1])
        assert [type(value) for value in back] == [type(value) for value in given]
        assert [row["value"] for row in cache.values("numpy")] == [0.5, 3, True, [0, 1]]
        for wrong in (object(), [math.nan], {1: 2}):
            with pytest.raises(AskNextError, match="the value of 'any'"):
                cache.log_value("any", wrong)
        for wrong in (-1, 1.5, "x", True):
            with pytest.raises(AskNextError, match=f"iteration of 'any' is {wrong!r}; give a whole number"):
                cache.log_value("any", 1, iteration=wrong)
        for wrong in (None, 5, "\ud800"):
            with pytest.raises(AskNextError, match="the name of a metric is"):
                cache.log_value(wrong, 1)
        with pytest.raises(AskNextError, match=r"a key of the value of 'any' is .* no Unicode text"):
            cache.log_value("any", {"\ud800": 1})


def test_a_value_is_replaced_and_never_doubled(tmp_path):
    with ReplayCache(tmp_path, keys={"k": 1}) as cache:
        for value in (1, 2):
            for iteration in (None, 0, 1):
                cache.log_value("m", value, iteration=iteration)
                cache.log_value("m", value, iteration=iteration, subset="test", fold=np.int64(1))
                cache.log_value("m", value, iteration=iteration, fold=1, subset="test")
        rows = cache.values("m")
        assert [row["value"] for row in rows] == [2] * 6
        assert rows[0] == {"k": 1, "fold": 1, "subset": "test", "iteration": None, "metric": "m", "value": 2}
        for extra in ("k", "metric"):
            with pytest.raises(AskNextError, match=f"extra key '{extra}'"):
                cache.log_value("m", 1, **{extra: 1})


def test_any_tool_reads_the_database(tmp_path):
    for method in ("margin", "random"):
        with ReplayCache(tmp_path, keys={"method": method}) as cache:
            cache.log_value("accuracy", 0.5, iteration=0, subset="test")
            cache.log_value("accuracy", 1, iteration=1, subset="test")
            cache.log_value("accuracy", math.nan, iteration=2, subset="test")
    connection = sqlite3.connect(tmp_path / "values.db")
    rows = connection.execute(
        "select keys->>'method', iteration, extra->>'subset', value from logged_value order by 1, 2"
    ).fetchall()
    assert rows[:3] == [("margin", 0, "test", 0.5), ("margin", 1, "test", 1.0), ("margin", 2, "test", None)]
    assert connection.execute("pragma journal_mode").fetchone() == ("wal",)
    connection.close()
    assert [row["method"] for row in read_values(tmp_path, "accuracy")] == ["margin"] * 3 + ["random"] * 3
    with pytest.raises(AskNextError, match="no cache"):
        read_values(tmp_path / "nowhere")
    assert not (tmp_path / "nowhere").exists()


# --- replay ---------------------------------------------------------------------------------------------


def test_metrics_are_computed_without_the_loop(tmp_path):
    def difference(after, *, before, scale=1):
        return (after - before) * scale

    count_up(tmp_path, 3)
    with ReplayCache(tmp_path) as cache:
        total = cache.variable("total", 0)
        cache.compute_metrics(difference, total.current(), before=total.previous(), scale=np.int64(2))
        cache.compute_metric("doubled", lambda a: 2 * a, total.current())
        assert [row["value"] for row in cache.values("difference")] == [2, 2, 2]
        assert [row["value"] for row in cache.values("doubled")] == [2, 4, 6]
        with pytest.raises(AskNextError, match="compute_metric"):
            cache.compute_metrics(lambda a: a, total.current())
        cache.compute_metric("doubled", lambda a: 3 * a, total.current())
        assert [row["value"] for row in cache.values("doubled")] == [3, 6, 9]


def test_a_metric_that_fails_logs_nothing(tmp_path):
    count_up(tmp_path, 3)
    with ReplayCache(tmp_path) as cache:
        total = cache.variable("total", 0)
        with pytest.raises(ZeroDivisionError):
            cache.compute_metric("inverse", lambda a: 1 / (a - 2), total.current())
        assert cache.values("inverse") == []


def test_a_damaged_file_is_named(tmp_path):
    with ReplayCache(tmp_path) as cache:
        total = cache.variable("total", 0)
        values = [1, np.arange(3), sparse.eye_array(3), {"a": np.arange(3)}]
        for item, _ in cache.iter(range(4), total.previous()):
            total.set(values[item])
        for i, suffix in enumerate(["json", "npy", "npz", "npz"]):
            path = tmp_path / "iterations" / str(i) / f"total.{suffix}"
            path.write_bytes(path.read_bytes()[:-8])
            with pytest.raises(AskNextError, match=rf"total\.{suffix} cannot be read"):
                cache.compute_metric("first", str, total.current())
            path.unlink()
            path.with_suffix(".json").write_text("0")


# --- resume only ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("lifetime", [1, 2, 3])
def test_a_resume_cache_keeps_the_last_values_only(tmp_path, lifetime):
    def make(folder):
        return ResumeCache(folder, lifetime=lifetime)

    def on_disk():
        return sorted(int(path.name) for path in (tmp_path / "iterations").iterdir())

    with pytest.raises(KeyError):
        count_up(tmp_path, 9, make, stop=5)
    assert on_disk() == list(range(5 - lifetime, 5))
    assert count_up(tmp_path, 9, make) == [5, 6, 7, 8]
    assert on_disk() == list(range(9 - lifetime, 9))
    assert count_up(tmp_path, 9, lambda folder: ResumeCache(folder, lifetime=1)) == []
    assert on_disk() == [8]
    assert [row["value"] for row in read_values(tmp_path, "before")] == list(range(9))


def test_a_resume_cache_says_what_it_cannot_do(tmp_path):
    count_up(tmp_path, 3, ResumeCache)
    with ResumeCache(tmp_path) as cache:
        total = cache.variable("total", 0)
        with pytest.raises(AskNextError, match="ResumeCache removes the values"):
            cache.compute_metric("m", len, total.current())
        with pytest.raises(AskNextError, match="'len' cannot be computed"):
            cache.compute_metrics(len, total.current())
        with pytest.raises(AskNextError, match="give lifetime=3"):
            next(cache.iter(range(9), total.previous(-3)))
    with pytest.raises(AskNextError, match='class = "ResumeCache", and now class = "ReplayCache"'):
        kept(tmp_path)
    for wrong in (0, 1.5, "2"):
        with pytest.raises(AskNextError, match=f"lifetime is {wrong!r}; give a whole number of at least 1"):
            ResumeCache(tmp_path, lifetime=wrong)


# ---------------------------------------------------------------- a kill while the tables are made


def tables(path):
    with sqlite3.connect(path / "values.db") as raw:
        found = raw.execute("SELECT name FROM sqlite_schema WHERE name NOT LIKE 'sqlite%'").fetchall()
    return {name for (name,) in found}


def test_the_tables_come_all_at_once(tmp_path, monkeypatch):
    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("sqlalchemy.sql.ddl.SchemaGenerator.visit_index", killed)
    with pytest.raises(KeyboardInterrupt):
        ReplayCache(tmp_path).__enter__()
    assert tables(tmp_path) == set()
    monkeypatch.undo()
    with ReplayCache(tmp_path):
        assert tables(tmp_path) == {"logged_value", "finished_iteration", "one_value_each"}


def test_a_lost_index_is_made_again(tmp_path):
    with ReplayCache(tmp_path):
        pass
    with sqlite3.connect(tmp_path / "values.db") as raw:
        raw.execute("DROP INDEX one_value_each")
    for _ in range(2):
        with ReplayCache(tmp_path) as cache:
            cache.log_value("accuracy", 1.0)
    assert len(read_values(tmp_path)) == 1


def test_a_number_without_end_is_no_value(tmp_path):
    with ReplayCache(tmp_path) as cache, pytest.raises(AskNextError, match="beyond any float"):
        cache.log_value("a", 10**400)

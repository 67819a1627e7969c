"""How many labels the page spares: simulated annotators over HTTP, who know the truth, against random order.

    python benchmarks/bench_annotators.py newsgroups mnist [--ood 0.5] [--answers 800] [--seeds 3]

Raw posts and pictures are imported as a user would, some of them of no class: newsgroups outside the ten in
scope, or handwritten Japanese among the digits. The annotator answers what the server of `asknext label`
serves: a class, one never named before, or out of scope; and waits for the round that is due, as a person's
pace would. After every round the model is fitted on the answers so far and judged on other items, in scope,
that were never in the pool. Needs ASKNEXT_DATA. Every answer counts, whatever it is.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import numpy as np

from asknext.bench.statistics import labels_saved
from asknext.datasets.published import PUBLISHED
from asknext.learners import as_learner
from asknext.learners.base import aligned_signal
from asknext.log import fold
from asknext.log.reader import read_events
from asknext.plugins import find
from asknext.studio.importing import read_source
from asknext.studio.project import DEFAULTS, Project
from asknext.types import Array

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from page_server import Served

POOL, TEST = 4000, 2000
OUTSIDE = "out of scope"


class Task(NamedTuple):
    """Raw items with their classes as texts; `source` writes some of them where an importer finds them."""

    values: Any
    names: Array
    pictures: bool

    def source(self, folder: Path, ids: Array) -> Path:
        """A folder of pictures, or a file of texts, in this order."""
        folder.mkdir()
        if not self.pictures:
            import json

            lines = (json.dumps({"text": self.values[i] or "(empty)"}) for i in ids)
            (folder / "texts.jsonl").write_text("\n".join(lines) + "\n")
            return folder / "texts.jsonl"
        from PIL import Image

        for place, i in enumerate(ids):
            Image.fromarray(self.values[i]).save(folder / f"{place:05}.png")
        return folder


def newsgroups(rng: np.random.Generator) -> Task:
    """Ten groups in scope, drawn anew; the posts of the other ten belong to no class."""
    items = find("published data set", "newsgroups", PUBLISHED).items()
    names = np.asarray(items.y, dtype=object)
    scope = rng.choice(np.unique(names.astype(str)), size=10, replace=False)
    return Task(items.values, np.where(np.isin(names.astype(str), scope), names, OUTSIDE), pictures=False)


def mnist(_: np.random.Generator) -> Task:
    """Ten digits in scope; cursive Japanese belongs to no class."""
    digits, others = (find("published data set", name, PUBLISHED).items(n)
                      for name, n in (("mnist", 10_000), ("kmnist", 10_000)))  # fmt: skip
    names = [*(f"digit {y}" for y in digits.y), *[OUTSIDE] * len(others.y)]
    return Task(np.concatenate([digits.values, others.values]), np.array(names, dtype=object), pictures=True)


def drawn(task: Task, ood: float, rng: np.random.Generator) -> tuple[Array, Array]:
    """The items of the pool, with this share of no class, and those of the test, all in scope."""
    order = rng.permutation(len(task.names))
    outside = task.names[order] == OUTSIDE
    others, scope = order[outside], order[~outside]
    n_out = round(POOL * ood)
    pool = np.concatenate([others[:n_out], scope[: POOL - n_out]])
    return rng.permutation(pool), scope[POOL - n_out :][:TEST]


def annotate(served: Served, truth: Array, answers: int, every: int) -> None:
    """Answer what is served until so many answers are given; a round is waited for when it is due."""
    given = 0
    _wait(served, 1)
    while given < answers:
        rounds = served.call("/api/status")["round"]
        for _ in range(every):
            (one,) = served.call("/api/next?n=1")["items"]
            name = truth[one["item"]]
            answer = {"kind": "out-of-scope"} if name == OUTSIDE else {"class": name}
            body = {"id": f"answer {given}", "items": [one["item"]], "answer": answer, "seconds": 2.0}
            served.call("/api/answers", body)
            given += 1
        _wait(served, rounds + 1)


def _wait(served: Served, rounds: int) -> None:
    while (told := served.call("/api/status"))["round"] < rounds:
        if told["job"]["state"] == "failed":
            raise SystemExit(told["job"]["error"])
        time.sleep(0.05)


def judged(project: Path, X: Array, test: Array, names: Array, every: int) -> Iterator[tuple[int, float]]:
    """How many answers there were after each round, and the accuracy of a model of them on the test."""
    learner = as_learner(DEFAULTS["learner"])
    events = read_events(project)
    given = 0
    for place, event in enumerate(events, start=1):
        given += event.type == "answered"
        if event.type != "answered" or given % every:
            continue
        pool = fold(islice(events, place)).visible
        if len(np.unique(pool.y)) < 2:
            yield given, 0.0
            continue
        model = learner.fit(X[pool.labelled], pool.y, 0)
        proba = aligned_signal(model, "proba", test, len(pool.classes))
        guess = np.array(pool.classes, dtype=object)[proba.argmax(axis=1)]
        yield given, float(np.mean(guess == names))


def run(data: str, seed: int, strategy: str, given: argparse.Namespace) -> Array:
    """The accuracies of one annotator, a row for each round: answers, accuracy."""
    rng = np.random.default_rng(seed)
    task = {"newsgroups": newsgroups, "mnist": mnist}[data](rng)
    pool, test = drawn(task, given.ood, rng)
    with TemporaryDirectory() as folder:
        where = Path(folder)
        X = read_source(task.source(where / "all", np.concatenate([pool, test]))).embedding
        np.save(where / "pool.npy", X[: len(pool)])
        source = task.source(where / "pool", pool)
        Project.create(
            where / "project", source, embedding=where / "pool.npy", strategy=strategy, seed=seed,
            batch=2 * given.every, retrain_every=given.every,
        ).close()  # fmt: skip
        served = Served(where / "project", source)
        try:
            annotate(served, task.names[pool], given.answers, given.every)
        finally:
            served.kill()
        found = judged(where / "project", X[: len(pool)], X[len(pool) :], task.names[test], given.every)
        return np.array(list(found))


def main() -> None:
    """Measure and print."""
    plain = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=plain)
    parser.add_argument("data", nargs="+", choices=["newsgroups", "mnist"])
    parser.add_argument("--ood", type=float, default=0.5, help="share of the pool that is of no class")
    parser.add_argument("--answers", type=int, default=800)
    parser.add_argument("--every", type=int, default=DEFAULTS["retrain_every"])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--strategy", default=DEFAULTS["strategy"])
    given = parser.parse_args()
    for data in given.data:
        arms: dict[str, Array] = {}
        for strategy in ("random", given.strategy):
            arms[strategy] = np.stack([run(data, seed, strategy, given) for seed in range(given.seeds)])
            curve = arms[strategy][:, :, 1].mean(axis=0)
            eighths = np.linspace(0, len(curve) - 1, 9).astype(int)[1:]
            told = "  ".join(f"{100 * value:.1f}" for value in curve[eighths])
            print(f"{data:11} {strategy:8} accuracy % at eighths of {given.answers}: {told}", flush=True)
        answers = arms["random"][0, :, 0]
        spared = labels_saved(answers, arms[given.strategy][:, :, 1], arms["random"][:, :, 1])
        print(f"{data:11} {given.strategy}, {given.ood:.0%} of no class: {spared}", flush=True)


if __name__ == "__main__":
    main()

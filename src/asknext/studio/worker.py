"""A job of its own process: fit, choose, advise, look for doubtful labels, lay out the map.

`python -m asknext.studio.worker PROJECT SEEN TARGET` reads the first SEEN events of the project's log and
writes what it found into the folder TARGET, which appears whole or not at all. It ends with its parent.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np

from asknext.campaign import Campaign
from asknext.detectors.knn import Knn
from asknext.errors import AskNextError
from asknext.log import read_events
from asknext.monitor.advice import Advice, advise
from asknext.monitor.audit import AuditReport
from asknext.monitor.live import Watch
from asknext.monitor.readings import Reading
from asknext.randomness import spawn, spawn_seed
from asknext.round import Round
from asknext.signals import Signals
from asknext.strategies import Selection
from asknext.studio import rounds
from asknext.studio.doubts import doubtful
from asknext.studio.project import Project
from asknext.types import Array, Ids

POINTS = 20_000
"""Items on the map at most; a uniform sample of a larger pool."""


def work(project: Project, seen: int, target: Path) -> None:
    """Do the job on the state after so many events, and leave the round in a folder.

    Parameters
    ----------
    project : the project; its log is read beside the writer.
    seen : events to read.
    target : the folder to make.

    Raises
    ------
    AskNextError : the strategy or the learner cannot go on; the message says why.
    """
    events = read_events(project.path)[:seen]
    with project.campaign(path=None, audit=None, history=events) as campaign:
        numbers, labelled, pool = campaign.state.live, len(campaign.state.visible.labelled), campaign.pool
        column, audit = None, None
        if _has_probabilities(campaign):
            campaign.record()
            column = campaign.fitting.column_key("proba")
            proba = campaign.fitting.column("proba")
            audit = campaign.audit() if len(campaign.state.audit.ids) else None
        points = _map(project, campaign, proba if column else None)
        suspects = doubtful(campaign) if column else []
        round, of = campaign.round, len(pool.candidates)
        selection = campaign.ask(project.settings["batch"])
        reading, advice = _advice(project, campaign, audit) if column else (None, None)
        found = rounds.Published(
            round=round,
            seen=seen,
            events=[_plain(event) for event in islice(campaign.log, seen, None)],
            strategy=campaign.strategy.name,
            of=of,
            ids=selection.ids.tolist(),
            scores=_numbers(selection.scores, len(selection)),
            parts=_parts(selection),
            column=column,
            numbers=list(numbers),
            labelled=labelled,
            advice=advice.as_dict() if advice else None,
            accuracy=audit.accuracy._asdict() if audit and audit.accuracy else None,
            reading=_figures(reading),
            suspects=suspects,
        )
    rounds.write(target, found, points)


def _has_probabilities(campaign: Campaign) -> bool:
    return campaign.learner is not None and "proba" in campaign.learner.provides


def _advice(
    project: Project, campaign: Campaign, audit: AuditReport | None
) -> tuple[Reading, Advice]:
    """The present reading and what all readings advise; the batch just asked is the one looked at."""
    assert campaign.learner is not None
    table = campaign.table
    watch = Watch(campaign.learner, table, project.columns, campaign.seed, project.embedding)
    seen = watch.readings(campaign.log, lambda _: np.empty(0, dtype=np.intp))
    return seen[-1], advise(seen, audit, campaign.strategy.family)


def _map(project: Project, campaign: Campaign, proba: Array | None) -> Array:
    """Where items stand, what the model says of them, and how unlike the labelled they are."""
    X, n = project.embedding, len(campaign.table)
    ids = np.sort(spawn(campaign.seed, "map").choice(n, size=min(n, POINTS), replace=False))
    points = np.zeros(len(ids), dtype=rounds.POINT)
    points["item"], points["class"] = ids, -1
    earlier = _layout(project.path / "rounds", ids)
    if earlier is None:
        earlier = _two_axes(X[ids], spawn_seed(campaign.seed, "map"))
    points["x"], points["y"] = earlier.T
    pool = campaign.state.visible
    if proba is not None and len(pool.labelled):
        mine = proba[ids]
        points["class"] = np.asarray(campaign.state.live)[mine.argmax(axis=1)]
        points["doubt"] = 1.0 - mine.max(axis=1)
        view = Round.of(pool, Signals(n, {"embedding": X}), Knn.needs)
        points["ood"] = Knn().score(view, ids)
    return points


def _layout(folder: Path, ids: Ids) -> Array | None:
    """The places of an earlier map of the same items: points do not move between rounds."""
    for place in sorted(folder.glob(f"[0-9]*/{rounds.MAP}")):
        with suppress(OSError, ValueError):
            earlier = np.load(place, allow_pickle=False)
            if earlier.dtype == rounds.POINT and np.array_equal(earlier["item"], ids):
                return np.stack([earlier["x"], earlier["y"]], axis=1)
    return None


def _two_axes(X: Array, seed: int) -> Array:
    """The rows on their two principal axes; zeros where there is no second one."""
    from sklearn.decomposition import PCA

    places = np.zeros((len(X), 2))
    axes = min(2, *X.shape) if len(X) > 1 else 0
    if axes:
        places[:, :axes] = PCA(axes, random_state=seed).fit_transform(X)
    return places


def _figures(reading: Reading | None) -> dict[str, float | None]:
    """The figures of a round that are drawn over time."""
    if reading is None:
        return {}
    return {
        "churn": reading.contradiction,
        "agreement": reading.accord and reading.accord.batch,
        "exploration": reading.gaps and reading.gaps.batch,
    }


def _plain(event: Any) -> dict[str, Any]:
    return {"type": event.type, "id": event.id, "body": dict(event.body)}


def _parts(selection: Selection) -> dict[str, list[float | None]]:
    """The parts that are numbers, one a pick."""
    found = {name: np.asarray(values) for name, values in selection.parts.items()}
    flat = {k: v for k, v in found.items() if v.ndim == 1 and v.dtype.kind in "biuf"}
    return {name: _numbers(values, len(selection)) for name, values in flat.items()}


def _numbers(values: Array | None, n: int) -> list[float | None]:
    """Numbers as JSON has them: null where there is none."""
    if values is None:
        return [None] * n
    return [value if np.isfinite(value) else None for value in map(float, values)]


def _end_with_parent() -> None:
    """End when the parent does: it holds the other end of the pipe, and closes it by ending."""

    def waiting() -> None:
        os.read(0, 1)  # past the stream object, whose lock would hold up the end
        os._exit(1)

    Thread(target=waiting, daemon=True).start()


def main(arguments: Sequence[str]) -> int:
    """Run the job of a command line; the last line of stderr says what went wrong."""
    _end_with_parent()
    if hasattr(os, "nice"):
        os.nice(10)
    path, seen, target = arguments
    try:
        with Project.open(path) as project:
            work(project, int(seen), Path(target))
    except AskNextError as error:
        sys.stderr.write(f"\n{' '.join(str(error).split())}\n")
        return 2
    except Exception as error:
        sys.stderr.write(f"\n{type(error).__name__}: {' '.join(str(error).split())}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

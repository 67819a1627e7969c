"""Replay: new metrics over a finished comparison without training, and proof that it can be repeated."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from asknext.bench.compare import runs
from asknext.bench.insight import insight
from asknext.bench.loading import load_data
from asknext.bench.protocol import Settings, class_positions, recorded, reopen, split
from asknext.bench.run import Run
from asknext.campaign import Campaign
from asknext.datasets import Dataset
from asknext.errors import AskNextError
from asknext.learners.fitting import Table
from asknext.log import Event
from asknext.log import events as kinds
from asknext.randomness import spawn
from asknext.types import Array


def finished(out: Path) -> tuple[Settings, Dataset]:
    """The settings and the data of a finished comparison.

    Raises
    ------
    AskNextError : no comparison, an unfinished one, or its data are gone or changed.
    """
    settings = reopen(out)
    cells = runs(out, settings)
    if left := sum(not run.finished(settings) for run in cells):
        total = len(cells)
        raise AskNextError(
            f"{out} holds an unfinished comparison ({total - left} of {total} runs are done); run the same "
            "`asknext compare` again to finish it."
        )
    data = load_data(settings)
    if settings.identity(data)["data"] != recorded(out)[0]["data"]:
        raise AskNextError(f"{settings.source} has changed since {out} was made; replay needs the same data.")
    return settings, data


@dataclass(frozen=True)
class Repeat:
    """One round done again. `identical` : the same picks in the same order came out."""

    strategy: str
    seed: int
    round: int
    identical: bool


def repeat(out: Path, settings: Settings, data: Dataset, sample: int) -> Iterator[Repeat]:
    """Train and select again in a sample of rounds, spread over all runs, and compare the picks.

    Parameters
    ----------
    out, settings, data : from `finished`.
    sample : rounds to do again; all of them where there are fewer.
    """
    y = class_positions(data)
    rounds = [
        (run, event)
        for run in runs(out, settings)
        for event in run.events(settings)
        if event.type == kinds.ASKED
    ]
    chosen = spawn(0, "repeat").permutation(len(rounds))[:sample]
    for run, asked in (rounds[i] for i in np.sort(chosen)):
        parts = split(y, settings, run.seed, data.classes)
        table = Table(data.seen[parts.pool], holdout=data.seen[parts.test])
        signals = insight(run.strategy, data.seen, y, data.classes, parts, settings, run.seed, run.columns)
        picks = _ask_again(run, asked, table, signals, settings)
        yield Repeat(run.strategy, run.seed, asked.body["round"], picks == asked.body["ids"])


def _ask_again(
    run: Run, asked: Event, table: Table, signals: dict[str, Array], settings: Settings
) -> list[int]:
    before = run.events(replace(settings, rounds=asked.body["round"]))
    with Campaign(
        table,
        settings.learner,
        run.strategy,
        detector=settings.detector,
        seed=run.seed,
        signals=signals,
        history=before,
    ) as campaign:
        return campaign.ask(len(asked.body["ids"])).ids.tolist()

"""What a worker publishes: for each round a folder with `round.json` and `map.npy`."""

from __future__ import annotations

import shutil
from collections.abc import Container
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from asknext.errors import AskNextError
from asknext.files import read_json, replacing, write_json
from asknext.log import Event
from asknext.log import events as kinds
from asknext.types import Array

REPORT, MAP = "round.json", "map.npy"
BUILDING = ".tmp-"
POINT = np.dtype(
    [("item", "<i4"), ("x", "<f4"), ("y", "<f4"), ("class", "<i4"), ("doubt", "<f4"), ("ood", "<f4")]
)
"""A point of the map: the predicted class by its permanent number, -1 without a model."""


@dataclass(frozen=True)
class Published:
    """A round as a worker left it.

    Parameters
    ----------
    round, seen : the number of the round, and of the events that the worker had read.
    events : what the worker wrote down: `fitted` and `asked`, as a table of type, id and body each.
    strategy, of : who chose, and among how many candidates.
    ids, scores, parts : the batch in its order, with what explains each pick; null where there is nothing.
    column, numbers : the stored probabilities, and the permanent number of the class of each of its columns.
    labelled : items that the model learnt from.
    advice, accuracy, reading : see `Advice.as_dict`, the audit's interval, and the figures of the round.
    suspects : labelled items whose label the model doubts most: item, answer and model as class numbers, p.
    """

    round: int
    seen: int
    events: list[dict[str, Any]]
    strategy: str
    of: int
    ids: list[int]
    scores: list[float | None]
    parts: dict[str, list[float | None]]
    column: str | None
    numbers: list[int]
    labelled: int
    advice: dict[str, Any] | None
    accuracy: dict[str, float] | None
    reading: dict[str, float | None]
    suspects: list[dict[str, Any]]
    folder: Path = field(default=Path(), compare=False)

    def as_events(self) -> list[Event]:
        """The events, with how much the worker had seen."""
        return [Event(e["type"], {**e["body"], "seen": self.seen}, e["id"]) for e in self.events]

    @property
    def asked(self) -> bool:
        """Whether the round holds a batch."""
        return any(event["type"] == kinds.ASKED for event in self.events)

    def points(self) -> Array | None:
        """The map, memory-mapped; None where there is none."""
        try:
            return np.load(self.folder / MAP, mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError):
            return None


def write(target: Path, found: Published, points: Array | None) -> None:
    """Write a round beside its place, and rename it into it as the last act.

    Parameters
    ----------
    target : the folder to be; there is none yet.
    found : what it tells.
    points : (p,) of the type `POINT`; None without a map.
    """
    building = target.with_name(BUILDING + target.name)
    building.mkdir(parents=True)
    if points is not None:
        with replacing(building / MAP, durable=True) as file:
            np.lib.format.write_array(file, points, allow_pickle=False)
    write_json(building / REPORT, {k: v for k, v in asdict(found).items() if k != "folder"})
    building.rename(target)


def read(folder: Path) -> Published:
    """A round that a worker published.

    Raises
    ------
    AskNextError : the folder holds none, or a damaged one.
    """
    try:
        return Published(**read_json(folder / REPORT), folder=folder)
    except (OSError, TypeError) as error:
        raise AskNextError(f"{folder} holds no round that can be read.") from error


def discard(target: Path) -> None:
    """Remove what a worker left of a folder that it was to make."""
    for left in (target, target.with_name(BUILDING + target.name)):
        shutil.rmtree(left, ignore_errors=True)


def sweep(rounds: Path, known: Container[str]) -> list[Published]:
    """The rounds whose events are in the log, oldest first; folders that workers left otherwise are removed.

    Parameters
    ----------
    rounds : the folder of all rounds.
    known : the ids of the events of the log.
    """
    found = []
    for folder in sorted(rounds.iterdir()) if rounds.is_dir() else ():
        with suppress(AskNextError):
            one = read(folder)
            if not folder.name.startswith(BUILDING) and all(e["id"] in known for e in one.events):
                found.append(one)
                continue
        shutil.rmtree(folder, ignore_errors=True)
    return sorted(found, key=lambda one: (one.seen, one.round))

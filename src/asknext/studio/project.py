"""A labelling project: a directory with its settings, its items, their embedding and the log."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np

from asknext import __version__
from asknext.answers import as_label
from asknext.campaign import Campaign
from asknext.errors import AskNextError
from asknext.files import occupied, read_json, write_json
from asknext.log import ColumnStore
from asknext.log.reader import DATABASE
from asknext.studio.importing import read_source
from asknext.studio.items import Items
from asknext.types import Array, Label

SETTINGS, ITEMS, EMBEDDING = "project.json", "items.db", "embedding.npy"
DEFAULTS: dict[str, Any] = {
    "strategy": "tcm", "learner": "logistic-regression", "detector": "auto", "seed": 0, "audit": 0.1,
    "batch": 40, "retrain_every": 20,
}  # fmt: skip
"""Settings that may be given when a project is created."""

Progress = Callable[[str, int, int], None]
"""Told what is being done, how many items are done, and how many there are."""


class Project:
    """An opened project.

    Parameters
    ----------
    path : its directory.
    settings : what `project.json` says.
    items : the raw items.
    embedding : (n, d) float32, memory-mapped.
    """

    def __init__(self, path: Path, settings: dict[str, Any], items: Items, embedding: Array) -> None:
        self.path = path
        self.settings = settings
        self.items = items
        self.embedding = embedding
        self.columns = ColumnStore(path / "columns")

    @property
    def classes(self) -> tuple[Label, ...]:
        """The classes given at the start."""
        return tuple(self.settings["classes"])

    @property
    def duplicates(self) -> list[list[int]]:
        """Groups of items that are the same, or nearly."""
        groups: list[list[int]] = self.settings["duplicates"]
        return groups

    @classmethod
    def open(cls, path: str | Path) -> Project:
        """Open a project to read its items; the log has a writer only once `campaign` is called.

        Raises
        ------
        AskNextError : there is no project, or a part of it is missing or damaged.
        """
        path = Path(path)
        if not (path / SETTINGS).is_file():
            what = "a campaign without raw items" if (path / DATABASE).is_file() else "no labelling project"
            raise AskNextError(f"{path} holds {what} (there is no {SETTINGS}).")
        settings = read_json(path / SETTINGS)
        items = Items(path / ITEMS)
        try:
            embedding = np.load(path / EMBEDDING, mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError) as error:
            raise AskNextError(f"{path / EMBEDDING} is missing or damaged: {error}.") from error
        return cls(path, settings, items, embedding)

    @classmethod
    def create(
        cls,
        path: str | Path,
        source: str | Path,
        *,
        text: str | None = None,
        label: str | None = None,
        embedding: str | Path | None = None,
        classes: Sequence[Label] = (),
        progress: Progress | None = None,
        **settings: Any,
    ) -> Project:
        """Import items into a new directory, which appears whole or not at all."""
        path = Path(path)
        unknown = settings.keys() - DEFAULTS.keys()
        if unknown:
            raise AskNextError(f"there is no setting '{min(unknown)}'; there is: {', '.join(DEFAULTS)}.")
        if occupied(path):
            raise AskNextError(f"{path} holds something already; choose another directory.")
        found = read_source(Path(source), text, label, embedding, progress)
        building = path.with_name(f".{path.name}.new")
        shutil.rmtree(building, ignore_errors=True)
        building.mkdir(parents=True)
        Items.create(building / ITEMS, found.kind, found.rows, found.root).close()
        np.save(building / EMBEDDING, found.embedding)
        about = {
            "kind": found.kind, "source": str(Path(source).resolve()), "encoder": found.encoder,
            "encoder_note": found.note, **DEFAULTS, **settings, "classes": [as_label(c) for c in classes],
            "notes": list(found.notes), "duplicates": found.duplicates, "made_by": __version__,
        }  # fmt: skip
        write_json(building / SETTINGS, about)
        project = cls.open(building)
        with project.campaign() as campaign:
            if found.labels:
                campaign.tell(list(found.labels), list(found.labels.values()), id="import", actor="import")
        project.items.close()
        if path.exists():
            path.rmdir()
        building.rename(path)
        return cls.open(path)

    def campaign(self, **how: Any) -> Campaign:
        """The campaign over the embedding, with the settings of the project.

        Parameters
        ----------
        how : other arguments of `Campaign`; `path=None, history=events` makes one in memory.
        """
        own = {name: self.settings[name] for name in ("learner", "strategy", "detector", "seed", "audit")}
        own |= {"path": self.path, "classes": self.classes, "columns": self.columns}
        return Campaign(self.embedding, **{**own, **how})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.items.close()


def open_or_create(path: str | Path, source: str | Path | None = None, **how: Any) -> Project:
    """The project in a directory, made from items where there is none yet.

    Parameters
    ----------
    path : the directory.
    source : the items; may be left out where the project is there.
    how : for `Project.create`.

    Raises
    ------
    AskNextError : there is no project and no source, or the project was made from another source.
    """
    path = Path(path)
    if not (path / SETTINGS).is_file():
        if source is None:
            raise AskNextError(f"there is no project in {path} yet; say what to label with --items PATH.")
        return Project.create(path, source, **how)
    project = Project.open(path)
    if source is not None and project.settings["source"] != str(Path(source).resolve()):
        project.items.close()
        raise AskNextError(f"{path} was made from {project.settings['source']}; choose another directory.")
    return project

"""Labelled pictures as a folder of folders, one for each class, as loaders of pictures read them."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import Any

from asknext.errors import AskNextError
from asknext.files import occupied
from asknext.log import Event
from asknext.studio.building import building
from asknext.studio.project import Project
from asknext.studio.reading import CLASS
from asknext.studio.resolving import resolved
from asknext.types import Progress

METADATA = "metadata.jsonl"
_UNFIT = re.compile(r'[\x00-\x1f<>:"/\\|?*]')
_LONGEST = 100  # characters of a folder's name


def write_images(
    project: Project, log: Iterable[Event], out: Path, progress: Progress | None = None
) -> int:
    """Copy the pictures that carry a class into a new folder, with `metadata.jsonl` beside them.

    Parameters
    ----------
    project : of pictures.
    log : its events.
    out : the folder; there may be none yet, or an empty one. It appears whole or not at all.
    progress : told how far it is.

    Returns
    -------
    How many were copied.

    Raises
    ------
    AskNextError : the items are no pictures, none carries a class, a picture is gone, or the folder holds
        something.
    """
    if project.items.kind != "image":
        raise AskNextError(f"the items of {project.path} are no pictures; choose another --format.")
    if occupied(out):
        raise AskNextError(f"{out} holds something already; choose another folder.")
    chosen = [one for one in resolved(list(log)) if one.answer == CLASS]
    if not chosen:
        raise AskNextError(f"no picture of {project.path} carries a class yet.")
    folders = _folders(sorted({str(one.label) for one in chosen}))
    taken: set[str] = set()
    with building(out.absolute()) as folder, (folder / METADATA).open("w", encoding="utf-8") as metadata:
        for done, one in enumerate(chosen, start=1):
            source = project.items.image_path(one.item)
            name = PurePosixPath(project.items.content(one.item)["image"])
            file = f"{folders[str(one.label)]}/{name.name}"
            if file.casefold() in taken or name.name.casefold() == METADATA:
                file = f"{folders[str(one.label)]}/{name.stem}-{one.item}{name.suffix}"
            taken.add(file.casefold())
            (folder / file).parent.mkdir(exist_ok=True)
            shutil.copyfile(source, folder / file)
            facts: dict[str, Any] = {"file_name": file, "class": one.label, "source": str(name)}
            facts |= {key: getattr(one, key) for key in ("item", "actor", "time", "round", "slot")}
            metadata.write(json.dumps(facts, ensure_ascii=False) + "\n")
            if progress is not None:
                progress("Copying pictures", done, len(chosen))
    return len(chosen)


def _folders(classes: list[str]) -> dict[str, str]:
    """A name for the folder of each class, that any system takes, and different from all others."""
    found: dict[str, str] = {}
    for number, label in enumerate(classes):
        name = _UNFIT.sub("_", label).strip(" .")[:_LONGEST]
        if not name or name.casefold() in {other.casefold() for other in found.values()}:
            name = f"{name}-{number}" if name else f"class-{number}"
        found[label] = name
    return found

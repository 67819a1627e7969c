"""A folder of pictures as items to label."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from asknext.datasets.picture_files import SIDE, listing, read
from asknext.errors import AskNextError
from asknext.studio.items import Content
from asknext.studio.raw import Raw
from asknext.types import Progress

FOLDER = "folder"
"""What `label` is where the name of a picture's folder is its class."""


def read_folder(
    root: Path, label: str | None = None, progress: Progress | None = None, side: int = SIDE
) -> Raw:
    """The pictures in a folder and the folders within, sorted by their path.

    What there is and what is left out, see `asknext.datasets.picture_files`.

    Parameters
    ----------
    root : the folder.
    label : "folder" where the name of the folder that holds a picture is its class; None where nothing is
        known of the classes.
    progress : told how far it is.
    side : of the small squares, pixels.

    Raises
    ------
    AskNextError : no picture can be read, or `label` is something else.
    """
    if label not in (None, FOLDER):
        raise AskNextError(f"pictures have no column '{label}'; say '{FOLDER}' where folders are classes.")
    there = listing(root)
    found = read(root, there.names, side, progress)
    kept = [there.names[place] for place in found.places]

    def rows() -> Iterator[Content]:
        for name, picture in zip(kept, found.pictures, strict=True):
            yield {"image": name, "width": picture.width, "height": picture.height}

    folders = {i: Path(name).parent.name for i, name in enumerate(kept)} if label == FOLDER else {}
    return Raw(
        kind="image",
        rows=rows,
        values=found.squares,
        keys=[picture.key for picture in found.pictures],
        places=found.places,
        total=len(there.names),
        labels={item: name for item, name in folders.items() if name},
        notes=(*there.notes, *found.notes),
        root=root,
    )

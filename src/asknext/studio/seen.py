"""What the learner of a project sees: the embedding, or the pictures or texts that it was made of."""

from __future__ import annotations

import numpy as np

from asknext.datasets.album import album
from asknext.datasets.picture_files import SIDE
from asknext.errors import AskNextError
from asknext.learners import Learner
from asknext.learners.beside import reads
from asknext.learners.fitting import Table
from asknext.studio.items import Items, Kind
from asknext.types import Array


def check_reads(name: str, learner: Learner, kind: Kind) -> None:
    """Refuse a learner of other items than there are.

    Parameters
    ----------
    name : of the learner, for the message.
    kind : of the items.

    Raises
    ------
    AskNextError : it reads pictures or texts, and the items are something else.
    """
    for wanted in ("image", "text"):
        if reads(learner, f"{wanted}s") and kind != wanted:
            raise AskNextError(
                f"the learner '{name}' reads {wanted}s, and these items are of the kind '{kind}'; choose "
                "mlp-head, which learns from features."
            )


def seen(learner: Learner | None, items: Items, embedding: Array, name: str) -> Table:
    """The rows of a campaign, known by the embedding whatever it is that the learner reads.

    Parameters
    ----------
    learner : of the project, or None.
    items : raw ones. Pictures are decoded once, to squares in the user's cache; see `album`.
    embedding : (n, d) of the same.
    name : of the project.

    Raises
    ------
    AskNextError : a picture is gone or damaged, or the disk has no room for the squares.
    """
    known = Table(embedding)
    if reads(learner, "images"):
        files = [str(items.image_path(item)) for item in range(len(items))]
        return Table(album(name, files, getattr(learner, "side", SIDE)), key=known.key)
    if reads(learner, "texts"):
        texts = [items.content(item)["text"] for item in range(len(items))]
        return Table(np.array(texts, dtype=object), key=known.key)
    return known

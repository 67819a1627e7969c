"""What the rows of a data set were made of, images or texts, for learners that read these."""

from __future__ import annotations

from asknext.datasets.files import archived_images, encoded_from
from asknext.datasets.mixed import joined, published
from asknext.datasets.picture_files import SIDE
from asknext.datasets.picture_folder import squares
from asknext.datasets.sources import place
from asknext.errors import AskNextError
from asknext.types import Array, Progress


def images(
    inside: str, outside: str | None = None, side: int = SIDE, progress: Progress | None = None
) -> Array:
    """The images that the rows of a published data set, an archive, a folder, or a mixed pool were made of.

    Parameters
    ----------
    inside, outside : as for `load_mixed`; without the second, as for `asknext.datasets.load`. Of an embedding
        that `asknext encode` made of a published data set, it is that one's images.
    side : of the squares that the pictures of a folder are read as, pixels; others are as they are.
    progress : told how far the reading of pictures is.

    Returns
    -------
    (n, h, w, 3) or (n, h, w) bytes.

    Raises
    ------
    AskNextError : there is no such published data set, it is absent, or its items are no images.
    """
    path = place(inside) if outside is None else None
    if path is not None and path.is_dir():
        return squares(path, side, progress).images
    places = "folders, .npz files and published data sets"
    if path is None or path.suffix.lower() != ".npz":
        return _raw(inside, outside, "image", places)
    encoded = encoded_from(path)
    if encoded is None:
        return archived_images(path)
    source, n = encoded
    found = _raw(source, None, "image", places)
    if len(found) != n:
        raise AskNextError(f"{path.name} has {n} rows and {source} {len(found)} images; encode it again.")
    return found


def texts(inside: str, outside: str | None = None) -> Array:
    """The texts, (n,) of them, that the rows of a published data set or of a mixed pool were made of.

    Parameters, raises : as for `images`.
    """
    return _raw(inside, outside, "text", "published data sets")


def _raw(inside: str, outside: str | None, kind: str, places: str) -> Array:
    why = f"a learner that reads {kind}s finds them in {places} alone"
    (entry, n), *others = [published(source, why) for source in (inside, outside) if source is not None]
    if kind not in entry.kind:
        raise AskNextError(f"the items of '{entry.name}' are no {kind}s; choose another learner.")
    found = entry.items(n)
    for other, m in others:
        found = joined(found, other.items(m), entry.name, other.name)
    return found.values

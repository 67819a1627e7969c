"""Pictures for the page: thumbnails drawn anew, originals under a fixed type, nothing else."""

from __future__ import annotations

from functools import lru_cache
from io import BytesIO
from pathlib import Path
from warnings import catch_warnings, simplefilter

from asknext.errors import AskNextError

KEPT = 512
"""Thumbnails kept in memory."""

SIZES = (32, 1024)
"""Pixels of the longer side of a thumbnail, at least and at most."""

TYPES = {name.upper(): f"image/{name}" for name in ("jpeg", "png", "gif", "webp", "bmp")}
"""What is sent as it is, by the format that the content has, whatever the file is called."""


def picture(path: Path, size: int | None) -> tuple[bytes, str]:
    """A picture and its type.

    Parameters
    ----------
    path : a file that is known to be one of the items.
    size : pixels of the longer side at most; None for the original, drawn anew where browsers do not show
        its format.

    Raises
    ------
    AskNextError : the file is gone or no picture.
    """
    try:
        stamp = path.stat().st_mtime_ns
        if size is not None:
            return _thumbnail(path, stamp, min(max(size, SIZES[0]), SIZES[1]))
        return _original(path)
    except Exception as error:  # a decoder meets anything in a broken file
        raise AskNextError(f"the picture {path.name} cannot be read; look at the file.") from error


def _original(path: Path) -> tuple[bytes, str]:
    from PIL import Image

    with Image.open(path) as found:
        kind = TYPES.get(found.format or "")
    return (path.read_bytes(), kind) if kind else _thumbnail(path, path.stat().st_mtime_ns, SIZES[1])


@lru_cache(maxsize=KEPT)
def _thumbnail(path: Path, stamp: int, size: int) -> tuple[bytes, str]:  # noqa: ARG001 (a changed file is anew)
    from PIL import Image, ImageOps

    with catch_warnings():
        simplefilter("error", Image.DecompressionBombWarning)
        with Image.open(path) as found:
            found.draft("RGB", (size, size))
            drawn = ImageOps.exif_transpose(found)
            drawn.thumbnail((size, size))
            clear = drawn.mode in ("RGBA", "LA", "PA") or "transparency" in drawn.info
            kind = "PNG" if clear or drawn.mode == "1" else "JPEG"
            out = BytesIO()
            drawn.convert("RGBA" if clear else "RGB").save(out, kind, quality=85)
    return out.getvalue(), TYPES[kind]

"""What a cache is tied to: the names of its keys, and for each run the keys, the data and the version."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from asknext.errors import AskNextError
from asknext.files import read_json, replacing

FORMAT = 1
LAYOUT, MANIFEST = "layout.json", "manifest.json"


def settle_layout(root: Path, names: list[str]) -> None:
    """Note by which keys the runs of a folder are told apart, or check that they are the same.

    Raises
    ------
    AskNextError : the folder is laid out by other keys, or by another format.
    """
    _settle(root / LAYOUT, f"the cache {root}", {"format": FORMAT, "keys": names})


def settle_manifest(folder: Path, stated: Mapping[str, Any]) -> None:
    """Note what a run is made with, or check that it is the same; what is stated as None is not compared.

    Raises
    ------
    AskNextError : the run was made with something else; the message says what differs.
    """
    _settle(folder / MANIFEST, f"the run in {folder}", stated)


def is_new(folder: Path) -> bool:
    """True where no run has noted its manifest yet."""
    return not (folder / MANIFEST).exists()


def _settle(path: Path, what: str, stated: Mapping[str, Any]) -> None:
    if not path.exists():
        with replacing(path, durable=True) as file:
            file.write(json.dumps(stated, indent=2, ensure_ascii=False).encode())
        return
    noted = read_json(path)
    if not isinstance(noted, dict):
        raise AskNextError(f"{path} is damaged: it holds no object; restore it, or start again elsewhere.")
    for field, now in stated.items():
        was = noted.get(field)
        if now is not None and was != now:
            raise AskNextError(
                f"{what} was made with {field} = {json.dumps(was)}, and now {field} = {json.dumps(now)}; "
                "give the same again, or use another folder."
            )

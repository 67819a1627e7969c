"""The raw items of a project: pictures, texts or rows of a table, read by position from one file."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from threading import Lock
from typing import Any, Literal, Self, get_args
from urllib.parse import quote

from asknext.datasets.picture_files import contained
from asknext.errors import AskNextError

Kind = Literal["image", "text", "table"]
Content = Mapping[str, Any]

LONG = 600
"""Characters from which on a text is long: the page shows its beginning first."""
_SCHEMA = """
create table about (name text primary key, value text not null);
create table items (id integer primary key, content text not null);
"""


class Items:
    """Raw items, numbered from 0 as in the pool. Threads may read at the same time.

    Parameters
    ----------
    path : an `items.db` that `create` made. Nobody writes it any more.

    Raises
    ------
    AskNextError : the file is missing, damaged or no such file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        if not path.is_file():
            raise AskNextError(f"{path} is missing; import the items again into another place.")
        uri = f"file:{quote(str(path.absolute()))}?immutable=1"
        self._connection = sqlite3.connect(uri, uri=True, check_same_thread=False)
        try:
            about = dict(self._connection.execute("select name, value from about"))
            last = self._connection.execute("select max(id) from items").fetchone()[0]
            self.kind: Kind = about["kind"]
            self.root = Path(about["root"]) if "root" in about else None
        except (sqlite3.Error, KeyError) as error:
            self._connection.close()
            raise AskNextError(f"{path} is damaged ({error}); import the items again.") from error
        self._n = 0 if last is None else int(last) + 1
        self._turn = Lock()

    @classmethod
    def create(cls, path: Path, kind: Kind, rows: Iterable[Content], root: Path | None = None) -> Items:
        """Write items one after the other, and open them.

        Parameters
        ----------
        path : the file to make; there must be none yet.
        kind : what the items are.
        rows : of texts `{"text": …}`, of images `{"image": path within root, "width": …, "height": …}`, of
            tables `{"columns": [[name, value], …]}`.
        root : the folder that image paths start from.

        Raises
        ------
        AskNextError : there are no rows.
        """
        if kind not in get_args(Kind):
            raise AskNextError(f"there is no kind of items '{kind}'; give image, text or table.")
        about = {"kind": kind} | ({} if root is None else {"root": str(root.resolve())})
        connection = sqlite3.connect(path)
        try:
            connection.executescript(_SCHEMA)
            with connection:
                connection.executemany("insert into about values (?, ?)", about.items())
                texts = (json.dumps(row, ensure_ascii=False, allow_nan=False) for row in rows)
                count = connection.executemany("insert into items values (?, ?)", enumerate(texts)).rowcount
        finally:
            connection.close()
        if count < 1:
            raise AskNextError("there are no items to label.")
        return cls(path)

    def __len__(self) -> int:
        return self._n

    def content(self, item: int) -> dict[str, Any]:
        """What the page shows of an item.

        Returns
        -------
        `{"text": str, "long": bool}`, `{"image": path within the root, "width", "height", "name"}` or
        `{"columns": [[name, value], …]}`.

        Raises
        ------
        AskNextError : there is no such item.
        """
        if not 0 <= item < self._n:
            raise AskNextError(f"there is no item {item}; the items are 0 to {self._n - 1}.")
        with self._turn:
            row = self._connection.execute("select content from items where id = ?", (int(item),)).fetchone()
        found: dict[str, Any] = json.loads(row[0])
        if self.kind == "text":
            found["long"] = len(found["text"]) >= LONG
        elif self.kind == "image":
            found["name"] = Path(found["image"]).name
        return found

    def contents(self, ids: Sequence[int]) -> list[dict[str, Any]]:
        """The content of several items, in their order."""
        return [self.content(item) for item in ids]

    def image_path(self, item: int) -> Path:
        """The file of a picture, for the server to read; its place is checked each time.

        Raises
        ------
        AskNextError : the item is no picture, its file is gone, or leads out of the root.
        """
        if self.kind != "image" or self.root is None:
            raise AskNextError(f"item {item} is no picture.")
        name = self.content(item)["image"]
        return contained(self.root, name)

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


def named(items: Items, item: int) -> dict[str, Any]:
    """What an item is, as named values: its picture's path, its text, or the columns of its row."""
    content = items.content(item)
    if items.kind == "table":
        return {str(name): value for name, value in content["columns"]}
    return {items.kind: content[items.kind]}

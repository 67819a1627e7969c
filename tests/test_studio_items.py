"""The raw items of a project: what goes in comes out by position, and nothing else can be read."""

from __future__ import annotations

import os
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asknext.errors import AskNextError
from asknext.studio.items import LONG, Items, contained

TEXTS = ["one", "", "two\nlines", "ü 漢字 😀", "x" * LONG]


def rows(*texts: str) -> list[dict[str, Any]]:
    return [{"text": text} for text in texts]


def test_texts(tmp_path: Path) -> None:
    Items.create(tmp_path / "items.db", "text", rows(*TEXTS)).close()
    with Items(tmp_path / "items.db") as items:
        assert (len(items), items.kind, items.root) == (5, "text", None)
        assert [items.content(i)["text"] for i in range(5)] == TEXTS
        assert [items.content(i)["long"] for i in range(5)] == [False] * 4 + [True]
        assert items.contents([3, 0]) == [items.content(3), items.content(0)]


texts = st.text(st.characters(codec="utf-8"))
values = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts


@settings(max_examples=30)
@given(st.lists(st.lists(st.tuples(texts, values), min_size=1), min_size=1, max_size=20))
def test_whatever_a_table_holds_comes_out_again(tmp_path_factory: Any, table: list[Any]) -> None:
    contents = [{"columns": [list(pair) for pair in row]} for row in table]
    path = tmp_path_factory.mktemp("items") / "items.db"
    with Items.create(path, "table", contents) as items:
        assert items.contents(range(len(items))) == contents


def test_images_are_found_by_their_item_alone(tmp_path: Path) -> None:
    root = tmp_path / "pictures"
    (root / "in").mkdir(parents=True)
    (root / "in" / "a b.png").write_bytes(b"picture")
    with Items.create(
        tmp_path / "items.db", "image", [{"image": "in/a b.png", "width": 3, "height": 2}], root
    ) as items:
        assert items.content(0) == {"image": "in/a b.png", "width": 3, "height": 2, "name": "a b.png"}
        assert items.image_path(0) == (root / "in" / "a b.png").resolve()
        (root / "in" / "a b.png").unlink()
        with pytest.raises(AskNextError, match=r"the picture in/a b\.png is not in"):
            items.image_path(0)


@pytest.mark.parametrize(
    "name", ["../secret", "in/../../secret", "/etc/passwd", "out", "folder/secret", "in"]
)
def test_nothing_outside_of_the_root_is_read(tmp_path: Path, name: str) -> None:
    root = tmp_path / "pictures"
    (root / "in").mkdir(parents=True)
    (tmp_path / "secret").write_text("secret")
    (root / "out").symlink_to(tmp_path / "secret")
    (root / "folder").symlink_to(tmp_path)
    items = Items.create(tmp_path / "items.db", "image", [{"image": name}], root)
    with items, pytest.raises(AskNextError, match="lies outside of"):
        items.image_path(0)


def test_links_within_the_root_are_fine_and_circles_are_not(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_text("picture")
    (tmp_path / "b.png").symlink_to("a.png")
    (tmp_path / "c.png").symlink_to("c.png")
    assert contained(tmp_path, "b.png") == (tmp_path / "a.png").resolve()
    for name in ("c.png", "a\0b"):
        with pytest.raises(AskNextError, match="is not in"):
            contained(tmp_path, name)


def test_a_root_that_is_itself_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "a.png").write_text("picture")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with Items.create(tmp_path / "items.db", "image", [{"image": "a.png"}], tmp_path / "link") as items:
        assert items.image_path(0).read_text() == "picture"


@pytest.mark.parametrize("item", [-1, 5, 10**30])
def test_there_is_no_other_item(tmp_path: Path, item: int) -> None:
    with Items.create(tmp_path / "items.db", "text", rows(*TEXTS)) as items:
        with pytest.raises(AskNextError, match=f"there is no item {item}; the items are 0 to 4"):
            items.content(item)
        with pytest.raises(AskNextError, match="item 0 is no picture"):
            items.image_path(0)


def test_what_cannot_be_kept(tmp_path: Path) -> None:
    with pytest.raises(AskNextError, match="no items"):
        Items.create(tmp_path / "a.db", "text", [])
    with pytest.raises(AskNextError, match="no kind of items 'sound'"):
        Items.create(tmp_path / "b.db", "sound", rows("x"))  # type: ignore[arg-type]


def test_what_cannot_be_opened(tmp_path: Path) -> None:
    with pytest.raises(AskNextError, match="is missing"):
        Items(tmp_path / "none.db")
    (tmp_path / "garbage.db").write_bytes(os.urandom(5000))
    with pytest.raises(AskNextError, match="is damaged"):
        Items(tmp_path / "garbage.db")
    (tmp_path / "empty.db").touch()
    with pytest.raises(AskNextError, match="is damaged"):
        Items(tmp_path / "empty.db")


def test_a_name_that_a_uri_would_misread(tmp_path: Path) -> None:
    folder = tmp_path / "a?b #c%20"
    folder.mkdir()
    with Items.create(folder / "items.db", "text", rows("x")) as items:
        assert items.content(0)["text"] == "x"


def test_threads_read_at_the_same_time(tmp_path: Path) -> None:
    items = Items.create(tmp_path / "items.db", "text", rows(*map(str, range(2000))))
    with items, ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda i: items.content(i)["text"], [i % 2000 for i in range(6000)]))
    assert found == [str(i % 2000) for i in range(6000)]


def test_items_are_only_read(tmp_path: Path) -> None:
    items = Items.create(tmp_path / "items.db", "text", rows("x"))
    with items, pytest.raises(sqlite3.OperationalError, match="readonly"):
        items._connection.execute("delete from items")
    with closing(sqlite3.connect(tmp_path / "items.db")) as raw:
        assert raw.execute("select id, content from items").fetchall() == [(0, '{"text": "x"}')]

"""Files appear whole or not at all, and stay."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from asknext.errors import AskNextError
from asknext.files import occupied, read_json, replacing, sweep, write_json, write_text


def test_after_an_exception_nothing_has_changed(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    write_text(path, "old")
    with pytest.raises(KeyError), replacing(path) as file:  # noqa: PT012
        file.write(b"new")
        raise KeyError
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]


def test_what_is_written_is_read_byte_by_byte(tmp_path: Path) -> None:
    write_text(tmp_path / "new" / "a.txt", "ä\r\nb\n")
    assert (tmp_path / "new" / "a.txt").read_bytes() == b"\xc3\xa4\r\nb\n"


@pytest.mark.skipif(os.name == "nt", reason="Windows opens no folder")
def test_a_durable_file_waits_for_its_content_and_for_every_new_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[int] = []
    monkeypatch.setattr(os, "fsync", lambda descriptor: synced.append(os.fstat(descriptor).st_ino))
    path = tmp_path / "b" / "c" / "d.txt"
    with replacing(path, durable=True) as file:
        file.write(b"x")
    wanted = [path, path.parent, path.parent.parent, tmp_path]
    assert synced[0] == path.stat().st_ino
    assert set(synced) == {place.stat().st_ino for place in wanted}


def test_json_is_strict_and_damage_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(path, {"x": float("nan")})
    assert not path.exists()
    write_json(path, {"x": [1, "ä"]})
    assert read_json(path) == {"x": [1, "ä"]}
    path.write_text("{")
    with pytest.raises(AskNextError, match="is damaged and cannot be read; restore it from a copy"):
        read_json(path)


def test_what_killed_writers_left_does_not_count_and_is_swept_once_it_is_old(tmp_path: Path) -> None:
    assert not occupied(tmp_path / "absent")
    old, fresh = (tmp_path / f".{digit * 32}.tmp" for digit in "ab")
    for path in (old, fresh):
        path.write_text("half")
    os.utime(old, (0, 0))
    assert not occupied(tmp_path)
    sweep(tmp_path)
    assert list(tmp_path.iterdir()) == [fresh]  # somebody may be writing it
    (tmp_path / ".mine.tmp").write_text("not ours")
    assert occupied(tmp_path)
    assert occupied(fresh)

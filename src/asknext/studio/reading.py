"""Files of JSON lines and of answers, with a word on where they are wrong."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from asknext.answers import as_label
from asknext.errors import AskNextError
from asknext.pool import Answer

CLASS = "class"
"""The kind of an answer that names a class; the others are the texts of `Answer`."""


@contextmanager
def readable(path: Path) -> Iterator[None]:
    """Turn what a file cannot be read for into a sentence.

    Raises
    ------
    AskNextError : the file is missing, may not be read, or is no UTF-8 text.
    """
    try:
        yield
    except UnicodeDecodeError as error:
        raise AskNextError(f"{path.name} is not UTF-8 text; save it as UTF-8 first.") from error
    except OSError as error:
        raise AskNextError(f"{path} cannot be read: {error.strerror}.") from error


def objects(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """The JSON objects of a file, one a line, each with where it stands."""
    with path.open(encoding="utf-8-sig") as lines:
        for number, line in enumerate(lines, start=1):
            where = f"{path.name}, line {number}"
            if not line.strip():
                continue
            try:
                found = json.loads(line)
            except (ValueError, RecursionError) as error:
                raise AskNextError(f"{where}, is not JSON: {error}") from error
            if not isinstance(found, dict):
                raise AskNextError(f"{where}, is no JSON object; give one object a line.")
            yield where, found


def as_answer(label: Any, answer: Any, where: str) -> str | Answer:
    """An answer that a file spells as the name of a class, or as the kind of another answer."""
    if answer in (None, CLASS) and label is not None:
        try:
            return str(as_label(label))
        except AskNextError as error:
            raise AskNextError(f"{where}: {error}") from error
    known = {one.value: one for one in Answer}
    if label is not None or not isinstance(answer, str) or answer not in known:
        raise AskNextError(
            f"{where}: the answer is {answer!r} and the class {label!r}; give a class, or an answer of "
            f"{', '.join(known)}."
        )
    return known[answer]

"""Answers from files: as `exporting` writes them, by hand, or from Label Studio."""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from asknext.campaign import Campaign
from asknext.errors import AskNextError
from asknext.pool import ANSWER_CODES, Answer
from asknext.studio import label_studio
from asknext.studio.exporting import DANGEROUS
from asknext.studio.items import Items
from asknext.studio.reading import as_answer, objects, readable


class Told(NamedTuple):
    """An answer from a file. `actor` : who gave it; empty where the file does not say."""

    item: int
    answer: str | Answer
    actor: str = ""


def read_answers(path: Path, items: Items) -> list[Told]:
    """The answers in a file.

    Parameters
    ----------
    path : a .jsonl or .csv file with an `item` and a `class` or an `answer` in each line, or a .json file of
        Label Studio's tasks, which are found by what they show.
    items : of the project.

    Raises
    ------
    AskNextError : the file cannot be read, or says something that is no answer; the message says where.
    """
    readers: dict[str, Callable[[], Iterator[Told]]] = {
        ".jsonl": lambda: _from_lines(path),
        ".csv": lambda: _from_table(path),
        ".json": lambda: (Told(*one) for one in label_studio.answers(path, items)),
    }
    read = readers.get(path.suffix.lower())
    if read is None:
        raise AskNextError(f"{path.name}: unknown kind of file; give one of {', '.join(readers)}.")
    with readable(path):
        found = list(read())
    if not found:
        raise AskNextError(f"{path.name} holds no answers.")
    return found


def spelled(text: str) -> Told:
    """An answer as a command line spells it: 12=cat, or 12:unsure.

    Raises
    ------
    AskNextError : it is none.
    """
    found = re.fullmatch(r"(\d{1,18})(?:=(.+)|:(.*))", text, re.DOTALL)
    if found is None:
        raise AskNextError(f"'{text}' is no answer; give one such as 12=cat or 12:unsure.")
    item, label, answer = found.groups()
    return Told(int(item), as_answer(label, answer, f"'{text}'"))


def tell(campaign: Campaign, told: list[Told], actor: str, replace: bool = False) -> int:
    """Take in answers, all or none; those that stand already are passed over.

    Parameters
    ----------
    campaign : of the project.
    told : an answer for each item.
    actor : who gave those of which the file does not say it.
    replace : whether they may stand in for other answers.

    Returns
    -------
    How many were new.

    Raises
    ------
    AskNextError : an item is no position, stands twice, or has another answer already.
    """
    groups: dict[tuple[str, bool], list[Told]] = defaultdict(list)
    skipped = np.flatnonzero(campaign.pool.state == ANSWER_CODES[Answer.SKIPPED])
    stands = {**campaign.labels, **dict.fromkeys(skipped.tolist(), Answer.SKIPPED)}
    for one in told:
        standing = stands.get(one.item, Answer.SKIPPED)
        if one.item in stands and _same(campaign, standing, one.answer):
            continue
        settled = standing not in (Answer.UNSURE, Answer.SKIPPED)
        if settled and not replace:
            raise AskNextError(f"item {one.item} is {standing!r} already; give --replace to change it.")
        groups[one.actor or actor, settled].append(one)
    with campaign.transaction():
        for (who, corrected), group in groups.items():
            deliver = campaign.correct if corrected else campaign.tell
            deliver([one.item for one in group], [one.answer for one in group], actor=who)
    return sum(map(len, groups.values()))


def _same(campaign: Campaign, standing: Any, answer: str | Answer) -> bool:
    if isinstance(standing, Answer) or isinstance(answer, Answer):
        return standing is answer
    meant = campaign.state.meant_by(answer)
    return meant is not None and campaign.state.labels[meant] == standing


def _from_lines(path: Path) -> Iterator[Told]:
    for where, facts in objects(path):
        yield _told(facts, where)


def _from_table(path: Path) -> Iterator[Told]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        csv.field_size_limit(1 << 27)
        table = csv.DictReader(file)
        try:
            for row in table:
                cells = {name: cell for name, cell in row.items() if isinstance(cell, str) and cell}
                facts: dict[str, Any] = {name: _unquoted(cell) for name, cell in cells.items()}
                where = f"{path.name}, line {table.line_num}"
                if not re.fullmatch(r"\d{1,18}", facts.get("item", "")):
                    raise AskNextError(f"{where}, has no number of an item in a column 'item'.")
                yield _told({**facts, "item": int(facts["item"])}, where)
        except csv.Error as error:
            raise AskNextError(f"{path.name} is no table: {error}.") from error


def _unquoted(cell: str) -> str:
    """A cell as it was before its apostrophe kept a spreadsheet from computing it."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(DANGEROUS) else cell


def _told(facts: dict[str, Any], where: str) -> Told:
    item, label, answer = facts.get("item"), facts.get("class"), facts.get("answer")
    if type(item) is not int:
        raise AskNextError(f"{where}: the item is {item!r}; give its number.")
    return Told(item, as_answer(label, answer, where), str(facts.get("actor") or ""))

"""What a project knows, as files for others: resolved labels, the whole log, and Label Studio's tasks."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any

import numpy as np

from asknext.errors import AskNextError
from asknext.log import Event, fold
from asknext.pool import Answer
from asknext.quality.agreement import told
from asknext.studio import label_studio
from asknext.studio.items import named
from asknext.studio.project import Project
from asknext.studio.resolving import Modelled, Resolved, modelled, resolved

DANGEROUS = ("=", "+", "-", "@", "\t", "\r")
"""Beginnings of a cell that a spreadsheet takes for a formula, or for the end of one."""

_COLUMNS = (
    "answer", "class", "actor", "time", "round", "slot", "annotators", "opinions", "agreement",
)  # fmt: skip
_Writer = Callable[[Project, Sequence[Event], bool], Iterator[str]]


def export(project: Project, log: Iterable[Event], format: str) -> tuple[str, str, str]:
    """A download: its content, its media type, and a name for the file. Parameters as for `written`."""
    content = "".join(written(project, log, format))
    _, media, ending = _format(format)
    return content, media, f"{project.path.absolute().name}{ending}"


def written(
    project: Project, log: Iterable[Event], format: str, consensus: bool = False
) -> Iterator[str]:
    """The text of an export, piece by piece.

    Parameters
    ----------
    project : whose items are named.
    log : its events.
    format : "csv" or "jsonl": the answers that stand, a line each; in a csv file, cells that a spreadsheet
        would take for formulas begin with an apostrophe. "opinions": what each person said, a csv file with a
        column for each; unsure and nothing are empty. "events": the log, a line for each event, from which
        `importing_log` makes it again. "label-studio": all items as tasks, with what was answered.
    consensus : whether, in csv and jsonl, Dawid and Skene's model says what the answers are.

    Raises
    ------
    AskNextError : there is no such format.
    """
    return _format(format)[0](project, list(log), consensus)


def rows(events: Sequence[Event], consensus: bool) -> Iterator[dict[str, Any]]:
    """The answers that stand as columns by name; with `consensus`, what a model makes of all opinions."""
    for one in modelled(events) if consensus else (Modelled(one, "", None) for one in resolved(events)):
        facts = one.one._asdict()
        decided = {"consensus": one.consensus, "p": one.p} if consensus else {}
        yield {"item": facts.pop("item"), "answer": facts.pop("answer"), "class": facts.pop("label"),
               **facts, **decided}  # fmt: skip


def columns(project: Project, consensus: bool) -> dict[str, str]:
    """What an item is, by name, with the name of its column: one of ours gets an underscore."""
    own = {"item", "answer", "class", *Resolved._fields, *(("consensus", "p") if consensus else ())}
    return {name: f"{name}_" if name in own else name for name in named(project.items, 0)}


def _csv(project: Project, events: Sequence[Event], consensus: bool) -> Iterator[str]:
    names = columns(project, consensus)
    own = [*_COLUMNS, *(("consensus", "p") if consensus else ())]
    yield _line(("item", *names.values(), *own))
    for facts in rows(events, consensus):
        values = named(project.items, facts["item"])
        facts["annotators"] = ";".join(facts["annotators"])
        yield _line((facts["item"], *(values.get(name) for name in names), *(facts[name] for name in own)))


def _line(cells: Iterable[Any]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\r\n").writerow([_harmless(cell) for cell in cells])
    return line.getvalue()


def _harmless(cell: Any) -> Any:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(DANGEROUS) else cell


def _jsonl(project: Project, events: Sequence[Event], consensus: bool) -> Iterator[str]:
    for facts in rows(events, consensus):
        item = facts.pop("item")
        yield _json({"item": item, "content": project.items.content(item), **facts})


def _opinions(_: Project, events: Sequence[Event], __: bool) -> Iterator[str]:
    """A row for each item of which somebody is sure, a column for each person."""
    said = told(fold(events))
    triples = said.triples[np.lexsort((said.triples[:, 1], said.triples[:, 0]))].tolist()
    used = sorted({who for _, who, _ in triples})
    people = [said.people[who] for who in used]
    yield _line(["item", *(f"{name}_" if name == "item" else name for name in people)])
    for item, opinions in groupby(triples, key=lambda row: row[0]):
        by = {who: said.answers[answer] for _, who, answer in opinions}
        cells = [a.value if isinstance(a, Answer) else a for a in map(by.get, used)]
        yield _line([item, *cells])


def _events(_: Project, events: Sequence[Event], __: bool) -> Iterator[str]:
    for event in events:
        facts = {"id": event.id, "type": event.type, "actor": event.actor, "time": event.time}
        yield _json({**facts, "body": event.body})


def _tasks(project: Project, events: Sequence[Event], _: bool) -> Iterator[str]:
    answers = {one.item: (one.answer, one.label, one.actor, one.time) for one in resolved(events)}
    return label_studio.tasks(project.items, answers)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False) + "\n"


def _format(name: str) -> tuple[_Writer, str, str]:
    if name not in FORMATS:
        raise AskNextError(f"there is no format '{name}'; give one of {', '.join(FORMATS)}.")
    return FORMATS[name]


FORMATS: dict[str, tuple[_Writer, str, str]] = {
    "csv": (_csv, "text/csv; charset=utf-8", ".csv"),
    "jsonl": (_jsonl, "application/jsonl; charset=utf-8", ".jsonl"),
    "events": (_events, "application/jsonl; charset=utf-8", "-events.jsonl"),
    "label-studio": (_tasks, "application/json", "-label-studio.json"),
    "opinions": (_opinions, "text/csv; charset=utf-8", "-opinions.csv"),
}
"""How each format is written, its media type, and how its file's name ends."""

"""What a project knows, as files for others: resolved labels, the whole log, and Label Studio's tasks."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from asknext.errors import AskNextError
from asknext.log import Event, State, fold
from asknext.log import events as kinds
from asknext.pool import ANSWER_CODES
from asknext.studio import label_studio
from asknext.studio.items import named
from asknext.studio.project import Project
from asknext.studio.reading import CLASS

DANGEROUS = ("=", "+", "-", "@", "\t", "\r")
"""Beginnings of a cell that a spreadsheet takes for a formula, or for the end of one."""
_ANSWERS = {code: answer.value for answer, code in ANSWER_CODES.items()}


class Resolved(NamedTuple):
    """The answer of an item that stands.

    Parameters
    ----------
    item : its position.
    answer : "class", or "out-of-scope", "unsure" or "skipped".
    label : the name that its class has now; None for another answer.
    actor, time : who gave it, and when.
    round : the batch that the item was asked in before; None where it never was.
    slot : "audit" or "asked", as it was asked; "unasked" where it never was.
    """

    item: int
    answer: str
    label: Any
    actor: str
    time: str
    round: int | None
    slot: str


def export(project: Project, log: Iterable[Event], format: str) -> tuple[str, str, str]:
    """A download: its content, its media type, and a name for the file. Parameters as for `written`."""
    content = "".join(written(project, log, format))
    _, media, ending = _format(format)
    return content, media, f"{project.path.absolute().name}{ending}"


def written(project: Project, log: Iterable[Event], format: str) -> Iterator[str]:
    """The text of an export, piece by piece.

    Parameters
    ----------
    project : whose items are named.
    log : its events.
    format : "csv" or "jsonl": the answers that stand, a line each; in a csv file, cells that a spreadsheet
        would take for formulas begin with an apostrophe. "events": the log, a line for each event, from which
        `importing_log` makes it again. "label-studio": all items as tasks, with what was answered.

    Raises
    ------
    AskNextError : there is no such format.
    """
    return _format(format)[0](project, list(log))


def resolved(events: Sequence[Event], state: State | None = None) -> list[Resolved]:
    """The answers that stand, by item; `state` is that after the events, where it is known."""
    state = fold(events) if state is None else state
    asked: dict[int, int] = {}
    last: dict[int, tuple[Event, int | None]] = {}
    for event in events:
        ids = event.body.get("ids", ())
        if event.type == kinds.ASKED:
            asked |= dict.fromkeys(ids, event.body["round"])
        elif event.type in (kinds.ANSWERED, kinds.CORRECTED, kinds.CLASS_SPLIT):
            last |= {item: (event, asked.get(item)) for item in ids}
    audit, codes, classes = set(state.audit.ids.tolist()), state.pool.state, state.pool.classes
    found = []
    for item, (event, round) in sorted(last.items()):
        code = int(codes[item])
        if code < 0 and code not in _ANSWERS:  # taken back, or asked once more
            continue
        slot = "unasked" if round is None else "audit" if item in audit else "asked"
        label = classes[code] if code >= 0 else None
        found.append(Resolved(item, _ANSWERS.get(code, CLASS), label, event.actor, event.time, round, slot))
    return found


def _csv(project: Project, events: Sequence[Event]) -> Iterator[str]:
    own = ("item", "answer", "class", "actor", "time", "round", "slot")
    names = {name: f"{name}_" if name in own else name for name in named(project.items, 0)}
    yield _line(("item", *names.values(), *own[1:]))
    for one in resolved(events):
        values = named(project.items, one.item)
        yield _line((one.item, *(values.get(name) for name in names), *one[1:]))


def _line(cells: Iterable[Any]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\r\n").writerow([_harmless(cell) for cell in cells])
    return line.getvalue()


def _harmless(cell: Any) -> Any:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(DANGEROUS) else cell


def _jsonl(project: Project, events: Sequence[Event]) -> Iterator[str]:
    for one in resolved(events):
        facts = one._asdict()
        facts["class"] = facts.pop("label")
        yield _json({"item": facts.pop("item"), "content": project.items.content(one.item), **facts})


def _events(_: Project, events: Sequence[Event]) -> Iterator[str]:
    for event in events:
        facts = {"id": event.id, "type": event.type, "actor": event.actor, "time": event.time}
        yield _json({**facts, "body": event.body})


def _tasks(project: Project, events: Sequence[Event]) -> Iterator[str]:
    answers = {one.item: (one.answer, one.label, one.actor, one.time) for one in resolved(events)}
    return label_studio.tasks(project.items, answers)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False) + "\n"


def _format(name: str) -> tuple[Callable[[Project, Sequence[Event]], Iterator[str]], str, str]:
    if name not in FORMATS:
        raise AskNextError(f"there is no format '{name}'; give one of {', '.join(FORMATS)}.")
    return FORMATS[name]


FORMATS: dict[str, tuple[Callable[[Project, Sequence[Event]], Iterator[str]], str, str]] = {
    "csv": (_csv, "text/csv; charset=utf-8", ".csv"),
    "jsonl": (_jsonl, "application/jsonl; charset=utf-8", ".jsonl"),
    "events": (_events, "application/jsonl; charset=utf-8", "-events.jsonl"),
    "label-studio": (_tasks, "application/json", "-label-studio.json"),
}
"""How each format is written, its media type, and how its file's name ends."""

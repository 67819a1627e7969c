"""Tasks and annotations as Label Studio has them, both ways."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote

from asknext.errors import AskNextError
from asknext.pool import Answer
from asknext.studio.items import Items, named
from asknext.studio.reading import CLASS, as_answer

_OTHER = "answer"
"""The name of the choices that hold an answer which is no class; classes stand under the name "class"."""


def tasks(items: Items, answers: Mapping[int, tuple[str, Any, str, str]]) -> Iterator[str]:
    """All items as tasks, piece by piece; a skipped item has an annotation that was cancelled.

    Parameters
    ----------
    items : of a project.
    answers : by item: "class", or the text of an `Answer`; the class; the actor; the time.
    """
    for item in range(len(items)):
        notes = [_annotation(items.kind, *answers[item])] if item in answers else []
        task = {"id": item, "data": named(items, item), "annotations": notes}
        yield ("[" if item == 0 else ",") + "\n" + json.dumps(task, ensure_ascii=False, allow_nan=False)
    yield "\n]\n"


def _annotation(kind: str, answer: str, label: Any, actor: str, time: str) -> dict[str, Any]:
    skipped = answer == Answer.SKIPPED.value
    name, value = (CLASS, str(label)) if answer == CLASS else (_OTHER, answer)
    choice = {"from_name": name, "to_name": kind, "type": "choices", "value": {"choices": [value]}}
    facts = {"completed_by": actor, "created_at": time, "was_cancelled": skipped}
    return {"result": [] if skipped else [choice], **facts}


def answers(path: Path, items: Items) -> Iterator[tuple[int, str | Answer, str]]:
    """The items of annotated tasks, with the last answer of each and who gave it.

    Raises
    ------
    AskNextError : the file holds no tasks, a task shows no item of the project, or has several classes.
    """
    try:
        tasks = json.loads(path.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise AskNextError(f"{path.name} is not JSON: {error}.") from error
    if not isinstance(tasks, list) or not all(isinstance(task, dict) for task in tasks):
        raise AskNextError(f"{path.name} is no list of tasks; export them from Label Studio as JSON.")
    places, lost = _Places(items), []
    for number, task in enumerate(tasks, start=1):
        where = f"{path.name}, task {task.get('id', number)}"
        item, annotation = places.find(task.get("data")), _last(task)
        if annotation is None:
            continue
        if item is None:
            lost.append(where)
            continue
        by = annotation.get("completed_by")
        actor = str(by.get("email", "") if isinstance(by, dict) else by or "")
        yield item, _choice(annotation, where), actor
    if lost:
        raise AskNextError(f"{len(lost)} answered tasks show no item of the project, the first: {lost[0]}.")


def _last(task: dict[str, Any]) -> dict[str, Any] | None:
    """The last annotation of a task, one that was not cancelled if there is one."""
    found = [one for one in task.get("annotations") or [] if isinstance(one, dict)]
    kept = [one for one in found if not one.get("was_cancelled")] or found
    return kept[-1] if kept else None


def _choice(annotation: dict[str, Any], where: str) -> str | Answer:
    if annotation.get("was_cancelled"):
        return Answer.SKIPPED
    results = [one for one in annotation.get("result") or [] if isinstance(one, dict)]
    chosen = [one for one in results if one.get("type") == "choices"]
    choices = chosen[0].get("value", {}).get("choices", []) if len(chosen) == 1 else []
    if len(choices) != 1:
        raise AskNextError(f"{where} has {len(choices)} choices; an item has a single class.")
    if chosen[0].get("from_name") == _OTHER:
        return as_answer(None, choices[0], where)
    return as_answer(choices[0], None, where)


class _Places:
    """Finds the item that a task shows; of items that show the same, each is found once."""

    def __init__(self, items: Items) -> None:
        self.kind = items.kind
        self.shown: dict[Any, list[int]] = defaultdict(list)
        self.names: dict[str, list[int]] = defaultdict(list)
        for item in reversed(range(len(items))):
            shown = named(items, item)
            self.shown[self._key(shown)].append(item)
            if self.kind == "image":
                self.names[PurePosixPath(shown["image"]).name].append(item)

    def _key(self, data: dict[str, Any]) -> Any:
        return data.get(self.kind) if self.kind != "table" else json.dumps(data, sort_keys=True)

    def find(self, data: Any) -> int | None:
        """The item, or None. A picture is found by the end of its address."""
        if not isinstance(data, dict):
            return None
        values = [data.get(self.kind), *data.values()] if self.kind != "table" else [self._key(data)]
        for value in values:
            if isinstance(value, str) and self.shown.get(value):
                return self.shown[value].pop()
            if isinstance(value, str) and self.kind == "image":
                parts = re.split(r"[/=]", unquote(value))
                ends = ["/".join(parts[start:]) for start in range(len(parts))]
                if found := next((self.shown[end] for end in ends if self.shown.get(end)), None):
                    return found.pop()
                if len(self.names.get(parts[-1], [])) == 1:
                    return self.names[parts[-1]][0]
        return None

"""What a recipe leaves behind: a table for each task, as summary.json, table.md and an index page."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from asknext.bench import beside, discovery, openness, stopping, wording
from asknext.bench.recipe import Recipe
from asknext.bench.report import environment
from asknext.bench.stability import over_tasks, winners
from asknext.bench.summary import BASELINE, best_first
from asknext.files import write_json, write_text

COLUMNS = (
    "strategy", "AUC ± std, %", f"above {BASELINE}, points", "95 % interval", f"beats {BASELINE}",
    "labels saved", "choosing, a run", "in all, a run",
)  # fmt: skip
PLACES = ("group", "tasks", "first place")


def write_recipe(
    recipe: Recipe, tasks: dict[str, dict[str, Any]], absent: dict[str, str], command: str, out: Path
) -> dict[str, Any]:
    """Write summary.json, table.md and report.html of a finished recipe.

    Parameters
    ----------
    recipe : what was run.
    tasks : the summary of each task that was run, by name, in order.
    absent : why other tasks could not be run.
    command : what the user typed.
    out : the directory; the tasks' own reports are in it.

    Returns
    -------
    The content of summary.json.
    """
    summary = {
        "title": recipe.title,
        "description": recipe.description,
        "command": command,
        "quick": recipe.quick,
        "not_run": list(recipe.left_out),
        "absent": absent,
        "tasks": tasks,
        "stability": over_tasks(tasks),
        "stopping": recipe.within and stopping.over_tasks(out, tasks, recipe.within),
        "published": recipe.published and beside.all_beside(recipe.published, out, tasks),
    }
    write_json(out / "summary.json", summary)
    write_text(out / "table.md", markdown(summary))
    page = environment().get_template("recipe.html.j2")
    told = page.render(
        summary=summary,
        columns=columns,
        places=PLACES,
        rows=rows,
        facts=facts,
        quickly=quickly,
        first_places=first_places,
        beside=beside,
        discovery=discovery,
        stopping=stopping,
    )
    write_text(out / "report.html", told)
    return summary


def columns(task: dict[str, Any]) -> list[str]:
    """Headings of the table of a task: purity and discovery where they were measured."""
    *first, choosing, whole = COLUMNS
    return [*first, *(openness.HEADINGS[key] for key in openness.shown(task)), choosing, whole]


def rows(task: dict[str, Any]) -> list[list[str]]:
    """The table of a task, the best strategy first: a cell for each of its `columns`."""
    table = []
    for name in best_first(task):
        result = task["strategies"][name]
        gain, saved = result["gain_over_random"], result["labels_saved"]
        table.append(
            [
                name,
                wording.spread(result["auc_mean"], result["auc_std"]),
                wording.signed(gain["mean"]) if gain else wording.ABSENT,
                wording.span(gain["ci95"]) if gain else wording.ABSENT,
                beats(gain["ci95"]) if gain else wording.ABSENT,
                (saved["reason"] or wording.count(saved["n"])) if gain else wording.ABSENT,
                *openness.cells(task, name, openness.shown(task)),
                wording.seconds(result["seconds_select"]),
                wording.seconds(result["seconds_total"]),
            ]
        )
    return table


def beats(ends: list[float] | None) -> str:
    """What the interval of the paired gain shows."""
    if ends is None:
        return "one seed shows nothing"
    if ends[0] > 0:
        return "yes"
    return "no, it is worse" if ends[1] < 0 else "no difference shown"


def first_places(stability: dict[str, Any]) -> list[list[str]]:
    """Which strategies come first how often, over all tasks and by group: a cell for each of `PLACES`."""
    return [[g["name"], str(g["tasks"]), winners(g["firsts"])] for g in stability["groups"]]


def facts(task: dict[str, Any]) -> str:
    """What was run, in a sentence."""
    settings, seeds = task["settings"], task["seeds"]
    scope = f"{settings['classes_in_scope']} of " if "classes_in_scope" in settings else ""
    return (
        f"{task['dataset']}: {settings['pool_size']:,} items to choose from, {settings['test_size']:,} to "
        f"test on, {scope}{len(task['classes'])} classes; {settings['learner']}; {settings['initial']} first "
        f"labels and {settings['rounds']} batches of {settings['batch']}; seeds {seeds[0]} to {seeds[-1]}."
    )


def quickly(changes: dict[str, Any]) -> str:
    """How a quick run differs from the recipe, whose description may then not hold."""
    told = ", ".join(f"{name} = {value}" for name, value in changes.items() if name != "strategies")
    return f"A quick run, which shows only that it works. In the place of what the recipe says: {told}."


def markdown(summary: dict[str, Any]) -> str:
    """The tables as Markdown.

    Parameters
    ----------
    summary : the content of the recipe's summary.json.
    """
    lines = [f"# {summary['title']}", "", summary["description"], "", "```", summary["command"], "```", ""]
    if summary["quick"]:
        lines += [quickly(summary["quick"]), ""]
    if summary["not_run"]:
        lines += [f"Not run yet: {', '.join(summary['not_run'])}.", ""]
    lines += [f"Left out: {name}, because {reason}\n" for name, reason in summary["absent"].items()]
    for name, task in summary["tasks"].items():
        lines += [f"## {name}", "", facts(task), "", *(f"- {note}" for note in task["settings"]["notes"]), ""]
        lines += [f"**{task['verdict']}**", "", *(f"Warning: {text}\n" for text in task["warnings"])]
        heads = columns(task)
        lines += _table(heads, rows(task))
        if discovery.shown(task):
            lines += ["Classes found:", "", *_table(discovery.COLUMNS, discovery.rows(task))]
    if summary["stability"]:
        lines += ["## Honesty", "", summary["stability"]["sentence"], ""]
        lines += [_line(PLACES), "| --- | ---: | --- |", *map(_line, first_places(summary["stability"])), ""]
    if summary["stopping"]:
        lines += ["## Stopping rules", "", stopping.told(summary["stopping"]), "", _line(stopping.COLUMNS)]
        lines += [_line(["---", "---", *["---:"] * 5])]
        lines += [*map(_line, stopping.lines(summary["stopping"]["rules"])), ""]
    lines += _published(summary["published"]) if summary["published"] else []
    return "\n".join([*lines, *_reading(summary)]) + "\n"


def _published(found: dict[str, Any]) -> list[str]:
    """Our figures beside the published ones."""
    heads = beside.columns(found)
    lines = ["## Beside the published figures", "", f"{found['source']}. {beside.agreement(found)}", ""]
    for name, task in found["tasks"].items():
        lines += [f"### {name}", "", *(f"- {text}" for text in beside.told(task)), ""]
        lines += [_line(heads), _line(["---", "---", *["---:"] * (len(heads) - 2)])]
        lines += [*map(_line, beside.lines(task)), ""]
    return lines


def _reading(summary: dict[str, Any]) -> list[str]:
    """How the numbers came about, and with what."""
    versions = next(iter(summary["tasks"].values()))["settings"]["versions"]
    return [
        "AUC is the plain mean of test accuracy over the rounds, ± its standard deviation over seeds. "
        f"A gain over {BASELINE} pairs runs of the same seed, hence of the same split and first labels; its "
        "intervals (Student's t) hold together for all strategies of a task (Bonferroni). Labels saved "
        f"compares where the mean curves first reach {BASELINE}'s final accuracy; with a minus sign, more "
        "labels were needed. Seconds are means over runs of one thread each.",
        "",
        *([discovery.LEGEND, ""] if any(map(discovery.shown, summary["tasks"].values())) else []),
        "Versions: " + ", ".join(f"{name} {version}" for name, version in versions.items()) + ".",
    ]


def _table(heads: Sequence[str], cells: Sequence[Sequence[str]]) -> list[str]:
    """A table whose first column holds names, and an empty line."""
    return [_line(heads), _line(["---", *["---:"] * (len(heads) - 1)]), *map(_line, cells), ""]


def _line(cells: Any) -> str:
    return f"| {' | '.join(cells)} |"

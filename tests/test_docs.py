"""What is public says what it is: story, parameters, errors and source."""

from __future__ import annotations

import ast
import inspect
import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from sklearn.linear_model import LogisticRegression

import asknext
from asknext import strategies
from asknext.bench.compare import split_names
from asknext.strategies import Strategy

ROOT = Path(__file__).parents[1]
KINDS = [type(strategies.get(name)) for name in strategies.names()]
PUBLIC = [getattr(asknext, name) for name in asknext.__all__ if inspect.isclass(getattr(asknext, name))]


def sections(doc: str) -> dict[str, str]:
    """The parts of a docstring by their underlined headings; the story is under the empty heading."""
    pieces = re.split(r"\n([A-Z]\w+)\n-{3,}\n", "\n" + inspect.cleandoc(doc))
    return {"": pieces[0], **dict(zip(pieces[1::2], pieces[2::2], strict=True))}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_strategy_tells_its_story(kind: type[Strategy]) -> None:
    parts = sections(kind.__doc__ or "")
    story = parts[""].strip().splitlines()[0]
    assert story.endswith((".", ":")), "the first line is a sentence"
    assert 20 < len(story) <= 110
    assert re.search(r"\b(19|20)\d\d\b", parts["Paper"]) or kind.family == "baseline", "the paper has a year"
    assert kind.paper
    assert kind.cost != Strategy.cost, "how its cost grows is stated"
    assert len(kind.cost) <= 90
    assert kind.family
    told = "".join(sections(base.__doc__ or "").get("Parameters", "") for base in kind.__mro__)
    for field in fields(kind):  # type: ignore[arg-type]
        if field.init and field.name != "needs":
            assert re.search(rf"\b{field.name}\b.* : ", told), f"{field.name} is not told"


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_strategy_that_refuses_says_when(kind: type[Strategy]) -> None:
    source = inspect.getsource(kind)
    if "raise AskNextError" in source:
        assert "Raises" in sections(kind.__doc__ or ""), "the class raises; its docstring must say when"


@pytest.mark.parametrize("path", sorted((ROOT / "src").rglob("*.py")), ids=lambda path: path.stem)
def test_everything_public_has_a_docstring(path: Path) -> None:
    tree = ast.parse(path.read_text())
    assert ast.get_docstring(tree), "a module begins with its story"
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            members = [node, *(n for n in node.body if isinstance(n, ast.FunctionDef))]
        elif isinstance(node, ast.Module):
            members = [n for n in node.body if isinstance(n, ast.FunctionDef)]
        else:
            continue
        for member in members:
            hidden = member.name.startswith("_") or getattr(node, "name", "").startswith("_")
            command = any("command" in ast.unparse(d) for d in member.decorator_list)  # its help is the story
            if not hidden and not command:
                assert ast.get_docstring(member), f"{member.name} has no docstring"


@pytest.mark.parametrize("kind", PUBLIC, ids=lambda kind: kind.__name__)
def test_public_parameters_are_told(kind: type) -> None:
    told = sections(kind.__doc__ or "")
    if kind.__init__ in (object.__init__, Exception.__init__, ValueError.__init__):
        return
    for name in list(inspect.signature(kind).parameters):
        assert re.search(rf"\b{name}\b", told.get("Parameters", "")), f"{kind.__name__}: {name} is not told"


def test_readme_names_only_what_there_is() -> None:
    text = (ROOT / "README.md").read_text()
    for name in re.findall(r"asknext\.([A-Za-z_]+)\b(?!\w*[/.])", text):
        assert name in {*asknext.__all__, "csv", "datasets", "strategies"} or hasattr(asknext, name), name
    for option in re.findall(r'--strategies ("[^"]+"|\S+)', text):
        for name in split_names(option.strip('"')):
            if ":" not in name:  # of another package, or the reader's own
                strategies.get(name)


def test_readme_goes_from_a_table_to_questions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (ROOT / "README.md").read_text()
    (snippet,) = (code for code in re.findall(r"```python\n(.*?)```", text, re.S) if "load(" in code)
    monkeypatch.chdir(tmp_path)
    rows = [f"{word} book number {i},{label}" for i in range(60) for word, label in [("good", 1), ("bad", 0)]]
    Path("reviews.csv").write_text("\n".join(["text,sentiment", *rows]))
    names: dict[str, Any] = {"asknext": asknext, "LogisticRegression": LogisticRegression}
    exec(snippet, names)
    assert len(names["campaign"].labels) == 50
    assert names["campaign"].proba().shape == (120, 2)

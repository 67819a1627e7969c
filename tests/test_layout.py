"""The house stays in order: import direction, module size, a light import."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src" / "asknext"

LAYERS = [
    "errors", "types", "files", "randomness", "plugins", "extras", "rows", "pool", "answers", "kernels",
    "deep", "signals", "round", "strategies", "learners", "detectors", "encoders", "oracles", "log",
    "monitor", "quality", "cache", "choosing", "campaign", "one_shot", "sampler", "datasets", "bench",
    "studio", "cli", "__main__",
]  # fmt: skip
"""The layout of the design, top to bottom: a module imports from its own layer or from those above it."""

MODULES = sorted(SOURCE.rglob("*.py"))


def layer(path: Path) -> str:
    """The part of the package that a file belongs to; the package's own face stands below everything."""
    part = path.relative_to(SOURCE).parts[0].removesuffix(".py")
    return "" if part == "__init__" else part


def imported(path: Path) -> set[str]:
    """The parts of the package that a file imports, wherever in the file."""
    parts: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module == "asknext":
            parts |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("asknext."):
            parts.add((node.module or "").split(".")[1])
        elif isinstance(node, ast.Import):
            parts |= {a.name.split(".")[1] for a in node.names if a.name.startswith("asknext.")}
    return parts & set(LAYERS)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_imports_point_upwards(path: Path) -> None:
    own = layer(path)
    if not own:
        return
    assert own in LAYERS, f"{path} belongs to no layer of the design"
    below = {part for part in imported(path) if LAYERS.index(part) > LAYERS.index(own)}
    assert not below, f"{path.name} ({own}) imports {sorted(below)}, which stand below it"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_no_module_over_400_lines(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 400


@pytest.mark.parametrize("folder", ["kernels", "deep"])
def test_kernels_and_networks_know_nothing_of_active_learning(folder: str) -> None:
    for path in sorted((SOURCE / folder).glob("*.py")):
        words = set(re.findall(r"[a-z]+", path.read_text().lower())) if path.stem != "__init__" else set()
        for word in ("labelled", "candidate", "oracle", "strategy", "pool", "query"):
            assert word not in words, f"{folder}/{path.name} speaks of '{word}'"


def test_import_is_light() -> None:
    """Under a second of processor time, so that a busy machine is no fault; nothing heavy comes along."""
    heavy = ("torch", "fastapi", "starlette", "sklearn", "pandas", "altair", "sqlalchemy")
    code = (
        "import sys, time; start = time.process_time(); import asknext; "
        f"assert time.process_time() - start < 1; print([m for m in {heavy} if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_public_name_is_there() -> None:
    import asknext

    for name in asknext.__all__:
        assert getattr(asknext, name) is not None
        assert name in dir(asknext)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        asknext.nothing  # noqa: B018

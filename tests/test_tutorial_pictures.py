"""The page on a folder of pictures: its commands in its order, on fewer pictures and words."""

from __future__ import annotations

import re
import shlex
from importlib.util import find_spec
from pathlib import Path

import pytest
from sklearn import datasets as sklearn_datasets
from sklearn.utils import Bunch

from asknext.cli import compare, encode, export, next_, status, tell  # noqa: F401  (they register)
from asknext.encoders import patches, usual
from asknext.studio.project import Project
from command_line import run

PAGE = (Path(__file__).parents[1] / "docs" / "tutorial" / "pictures.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(?:python)?\n(.*?)^```", PAGE, re.M | re.S)
COMMANDS = [line for block in BLOCKS for line in block.splitlines() if line.startswith("asknext ")]
LEARNER = "resnet18(width=8,updates=100)"
QUICK = {"compare": ["--rounds", "2", "--seeds", "1", "--jobs", "1", "--initial", "20", "--batch", "5"]}


@pytest.fixture(autouse=True)
def _small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder of its own, 120 numerals, and a dictionary that is quickly learnt of them."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(patches, "WORDS", 12)
    monkeypatch.setattr(patches, "SAMPLE", 2000)
    monkeypatch.setattr(usual, "FEW", 50)
    whole = sklearn_datasets.load_digits()
    few = Bunch(images=whole.images[:120], target=whole.target[:120])
    monkeypatch.setattr(sklearn_datasets, "load_digits", lambda: few)


def test_every_command_of_the_page_runs() -> None:
    assert [command.split()[1] for command in COMMANDS] == [
        "compare", "compare", "encode", "label", "next", "tell", "status", "export",
    ]  # fmt: skip
    exec(next(block for block in BLOCKS if "import" in block), {})
    assert len(list(Path("numerals").rglob("*.png"))) == 120
    said = {}
    for command in COMMANDS:
        words = shlex.split(command)[1:]
        if LEARNER in words:
            if find_spec("torch") is None:
                continue
            words[words.index(LEARNER)] = "resnet18(width=2,updates=2)"
        if words[0] == "label":  # it serves until it is stopped; what it makes first is made here
            options = dict(zip(words[2::2], words[3::2], strict=True))
            classes = options.pop("--classes").split(",")
            Project.create(words[1], options.pop("--items"), classes=classes).close()
            assert not options
            continue
        if words[0] == "tell":  # what is asked of 120 is not what is asked of all
            words[2:] = [f"{item}=5" for item in re.findall(r"^\d+", said["next"], re.M)]
        done = run(*words, *QUICK.get(words[0], []))
        assert done.exit_code == 0, (command, done.output)
        said[words[0]] = done.stdout
    assert "120 items" in said["encode"]
    assert "The 20 nearest items name the class of" in said["encode"]
    assert "Answers taken in: 3." in said["tell"]
    assert "(image, discriminants)" in said["status"]
    assert len(list(Path("labelled/5").iterdir())) == 3

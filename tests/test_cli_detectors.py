"""asknext detectors: a list for people, and one for programs."""

from __future__ import annotations

import json

from typer.testing import CliRunner

from asknext import detectors
from asknext.cli import detectors as command  # noqa: F401  (it registers)
from asknext.cli.app import app


def asked(*arguments: str) -> str:
    """What the command prints."""
    done = CliRunner().invoke(app, ["detectors", *arguments], catch_exceptions=False)
    assert done.exit_code == 0
    return done.output


def test_json_is_the_catalogue() -> None:
    assert json.loads(asked("--json")) == detectors.catalogue()


def test_the_list_names_each_with_its_needs() -> None:
    told = asked()
    for name in detectors.names():
        assert f"\n{name} " in f"\n{told}"
    assert "needs embedding, logits; Wang et al. 2022" in told


def test_help_has_an_example() -> None:
    assert "asknext detectors --json" in asked("--help")

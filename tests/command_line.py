"""The command line as a user has it: what a command prints, and how it refuses."""

from __future__ import annotations

from pathlib import Path

from typer.testing import CliRunner, Result

from asknext.cli.app import app


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(a) for a in arguments], catch_exceptions=False)


def refused(*arguments: str | Path) -> str:
    """The one line in which a command refuses what it was given."""
    result = run(*arguments)
    assert result.exit_code == 2, result.output
    assert result.stderr.count("\n") == 1, result.stderr
    return result.stderr

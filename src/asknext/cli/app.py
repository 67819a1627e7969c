"""What all commands share: the application, plain errors, tables and progress."""

from __future__ import annotations

import errno
import functools
import io
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any, TypeVar

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from asknext import __version__
from asknext.errors import AskNextError

app = typer.Typer(
    name="asknext",
    help="What to label next, when to change the way of choosing, and when to stop.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)


def _say_version(wanted: bool) -> None:
    if wanted:
        sys.stdout.write(f"asknext {__version__}\n")
        raise typer.Exit


Version = Annotated[
    bool, typer.Option("--version", help="Print the version.", callback=_say_version, is_eager=True)
]


@app.callback()
def about(version: Version = False) -> None:
    """What holds for the application as a whole."""


screen = Console()
errors = Console(stderr=True)

Command = TypeVar("Command", bound=Callable[..., Any])

_DISK = {
    errno.ENOSPC: "the disk is full; what was written so far is kept, free some space and run it again",
    errno.EDQUOT: "your disk quota is used up; free some space and run it again",
    errno.EACCES: "no permission to write there; choose another place",
    errno.EROFS: "that place is read-only; choose another one",
}


def plain(command: Command) -> Command:
    """Turn what the user can mend into one line on stderr and exit code 2."""

    @functools.wraps(command)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        try:
            return command(*args, **kwargs)
        except AskNextError as error:
            fail(str(error))
        except OSError as error:
            trouble = _DISK.get(error.errno or 0, f"{error.strerror or error}; mend that and run it again")
            fail(f"{error.filename or 'writing'}: {trouble}.")
        except KeyboardInterrupt:
            errors.print("Stopped. Nothing is lost: the same command goes on from here.")
            raise typer.Exit(130) from None

    return wrapped  # type: ignore[return-value]


def fail(message: str) -> None:
    """Say what is wrong on one line of stderr and end with exit code 2."""
    sys.stderr.write(f"asknext: {' '.join(message.split())}\n")
    raise typer.Exit(2)


def print_json(value: Any) -> None:
    """Write a value as JSON on stdout."""
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False) + "\n")


@contextmanager
def progress(what: str, total: float) -> Iterator[Callable[[float], None]]:
    """A progress bar on stderr; the body is given a function that sets how much is done."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=None),
        TextColumn("{task.completed:.0f} of {task.total:.0f}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=errors) as bar:
        task = bar.add_task(what, total=total)
        yield lambda done: bar.update(task, completed=min(done, total))


def main() -> None:
    """Run the command line. What it writes is UTF-8, into files and pipes too, on every system."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors=stream.errors)
    from asknext.cli import (  # noqa: F401  (they register)
        compare,
        datasets,
        gallery,
        replay,
        run,
        strategies,
        verify,
    )

    app()

"""What all commands share: the application, plain errors, tables and progress."""

from __future__ import annotations

import errno
import functools
import io
import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import active_children
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from typer.core import TyperGroup

from asknext import __version__
from asknext.errors import AskNextError

_SHOW_CURSOR = "\x1b[?25h\n"
_UsageError: type[Exception] = typer.BadParameter.__bases__[0]  # Typer has no public name for it


class Commands(TyperGroup):
    """The commands; a command line that cannot be understood gets one line, like all that is wrong."""

    def main(self, *args: Any, **extra: Any) -> Any:
        """Run the command line and exit."""
        try:
            code = super().main(*args, **{**extra, "standalone_mode": False})
        except _UsageError as error:
            code = 2
            if message := error.format_message().strip():  # type: ignore[attr-defined]
                path = getattr(error.ctx, "command_path", "asknext")  # type: ignore[attr-defined]
                complain(f"{message[0].lower()}{message[1:].rstrip('.')}; try: {path} --help")
        sys.exit(code or 0)


app = typer.Typer(
    name="asknext",
    cls=Commands,
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
            for value in kwargs.values():
                if isinstance(value, str | Path):
                    str(value).encode()
            return command(*args, **kwargs)
        except AskNextError as error:
            fail(str(error))
        except UnicodeEncodeError as error:
            name = error.object[max(0, error.start - 40) : error.end + 40]
            fail(f"{name!a} is no UTF-8 text and cannot be written into results; rename it.")
        except OSError as error:
            trouble = _DISK.get(error.errno or 0, f"{error.strerror or error}; mend that and run it again")
            fail(f"{error.filename or 'writing'}: {trouble}.")

    return wrapped  # type: ignore[return-value]


def fail(message: str) -> None:
    """Say what is wrong on one line of stderr and end with exit code 2."""
    complain(message)
    raise typer.Exit(2)


def complain(message: str) -> None:
    """Say what is wrong on one line of stderr."""
    sys.stderr.write(f"asknext: {' '.join(message.split())}\n")


def print_json(value: Any) -> None:
    """Write a value as JSON on stdout."""
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False) + "\n")


@contextmanager
def progress(what: str, total: float) -> Iterator[Callable[[float], None]]:
    """A progress bar, where stderr is a terminal; the body is given a function that sets how much is done."""
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=None),
        TextColumn("{task.completed:.0f} of {task.total:.0f}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=errors, disable=not errors.is_terminal) as bar:
        task = bar.add_task(what, total=total)
        yield lambda done: bar.update(task, completed=min(done, total))


@contextmanager
def loading(what: str) -> Iterator[Callable[[str, int, int], None]]:
    """A bar that goes to and fro until the body says what it does, how much is done, and of how much."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=None),
        TextColumn("{task.fields[share]}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=errors, transient=True, disable=not errors.is_terminal) as bar:
        task = bar.add_task(what, total=None, share="")

        def told(now: str, done: int, total: int) -> None:
            if done < total:
                bar.update(task, description=now, completed=done, total=total, share=f"{done:,} of {total:,}")
            else:
                bar.tasks[task].total = None
                bar.update(task, description=what, completed=0, share="")

        yield told


def main() -> None:
    """Run the command line. What it writes is UTF-8, into files and pipes too, on every system."""
    signal.signal(signal.SIGINT, _stop)
    os.environ.setdefault("PYTHONWARNINGS", "ignore:resource_tracker")  # it tidies up in silence
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors=stream.errors)
    from asknext.cli import (  # noqa: F401  (they register)
        advise,
        compare,
        datasets,
        detectors,
        encode,
        explain,
        export,
        gallery,
        import_,
        label,
        next_,
        people,
        replay,
        run,
        status,
        strategies,
        tell,
        verify,
    )

    app()


def _stop(*_: Any) -> None:
    """End, workers too, as suddenly as a kill would, which all that is written survives."""
    for worker in active_children():
        worker.terminate()
    line = "Stopped. Nothing is lost: the same command goes on from here.\n"
    os.write(2, (_SHOW_CURSOR * errors.is_terminal + line).encode())
    os._exit(128 + signal.SIGINT)

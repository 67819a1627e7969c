"""One job running, one pending: a worker is started, watched, published, ended."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from threading import Condition, Thread
from time import monotonic, time
from typing import Literal, Protocol

from asknext.errors import AskNextError, BusyLogError, UnwritableLogError
from asknext.studio.rounds import discard

TIMEOUT = 3600.0
"""Seconds after which a job is ended."""

PATIENCE = 60.0
"""Seconds for which a round waits for a log that cannot be written."""

TICK = 0.5
"""Seconds between two looks at whether a job is due."""


class Employer(Protocol):
    """Who has jobs done: `asknext.studio.desk.Desk`."""

    def due(self) -> str:
        """What kind of job is due now; empty where none is."""
        ...

    def work(self) -> tuple[Path, int, Path]:
        """The project, the events that a job reads, and the folder that it is to make."""
        ...

    def publish(self, folder: Path) -> None:
        """Take in what a job left."""
        ...


@dataclass(frozen=True)
class Job:
    """How the worker is: what kind of job, since when in seconds of the epoch, and what went wrong."""

    state: Literal["idle", "running", "failed"] = "idle"
    kind: str = ""
    since: float | None = None
    error: str | None = None


def command(project: Path, seen: int, target: Path) -> list[str]:
    """The command line of a worker."""
    return [sys.executable, "-P", "-m", "asknext.studio.worker", str(project), str(seen), str(target)]


class Supervisor:
    """Runs the jobs of a desk, one after the other, each in a process of its own.

    A thread looks whether a job is due, starts a worker, waits, and has its folder published.

    Parameters
    ----------
    desk : who has the jobs done.
    changed : called whenever the job has.
    command : makes the command line of a worker.
    timeout : seconds after which a job is ended.
    """

    def __init__(
        self,
        desk: Employer,
        changed: Callable[[], None] = lambda: None,
        command: Callable[[Path, int, Path], Sequence[str]] = command,
        timeout: float = TIMEOUT,
    ) -> None:
        self.desk = desk
        self.job = Job()
        self._changed = changed
        self._command = command
        self._timeout = timeout
        self._turn = Condition()
        self._asked = self._ended = self._cancelled = False
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = Thread(target=self._run, name="supervisor", daemon=True)

    def start(self) -> None:
        """Begin to look for jobs."""
        self._thread.start()

    def wake(self) -> None:
        """Look now whether a job is due."""
        with self._turn:
            self._turn.notify()

    def request(self) -> None:
        """Have a job done as soon as the one that runs is over; two requests are one."""
        with self._turn:
            self._asked = True
            self._turn.notify()

    def cancel(self) -> bool:
        """End the running job, and forget the one that waits; False where none was running."""
        with self._turn:
            self._asked = False
            self._cancelled = self._process is not None
            self._kill()
            return self._cancelled

    def stop(self) -> None:
        """End the running job, and start no other."""
        with self._turn:
            self._ended = True
            self._kill()
            self._turn.notify()
        if self._thread.is_alive():
            self._thread.join(10)

    def _run(self) -> None:
        while True:
            with self._turn:
                kind = self._kind()
                while not kind and not self._ended:
                    self._turn.wait(TICK)
                    kind = self._kind()
                if self._ended:
                    return
                self._asked = self._cancelled = False
            self._set(Job("running", kind, time()))
            error = self._do()
            self._set(Job("failed", kind, time(), error) if error else Job())

    def _kind(self) -> str:
        try:
            due = self.desk.due()
        except AskNextError:  # the log is closed: the server ends
            return ""
        return due or ("on request" if self._asked else "")

    def _do(self) -> str:
        """Do one job; what went wrong in a sentence, empty where all went well or it was cancelled."""
        project, seen, target = self.desk.work()
        try:
            error = self._worked(self._command(project, seen, target), target)
            if not error:
                self._published(target)
                return ""
        except Exception as failure:  # whatever it is, labelling goes on
            error = " ".join(str(failure).split()) or type(failure).__name__
        discard(target)
        return "" if self._cancelled or self._ended else error

    def _published(self, target: Path) -> None:
        """Have a round taken in: where the log cannot be written, as soon as it can, within a minute."""
        end = monotonic() + PATIENCE
        while True:
            try:
                return self.desk.publish(target)
            except (UnwritableLogError, BusyLogError):
                with self._turn:
                    if self._ended or self._cancelled or monotonic() > end:
                        raise
                    self._turn.wait(TICK)

    def _worked(self, command: Sequence[str], target: Path) -> str:
        """Run a worker to its end; empty where it left its folder, else the last line of its stderr."""
        threads = str(max(1, (os.cpu_count() or 2) - 1))
        limits = {f"{name}_NUM_THREADS": threads for name in ("OMP", "OPENBLAS", "MKL")}
        with TemporaryFile() as errors:
            with self._turn:
                if self._ended or self._cancelled:
                    return "cancelled."
                self._process = process = subprocess.Popen(
                    command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=errors,
                    env={**os.environ, **limits}, start_new_session=True,
                )  # fmt: skip
            try:
                process.wait(self._timeout)
            except subprocess.TimeoutExpired:
                return f"the job took longer than {self._timeout:.0f} seconds and was ended."
            finally:
                with self._turn:
                    self._kill()
                    self._process = None
                process.communicate()
            if process.returncode == 0 and target.is_dir():
                return ""
            errors.seek(0)
            said = errors.read().decode("utf-8", "replace").strip().rpartition("\n")[2]
            return said or f"the worker ended with code {process.returncode} and without a word."

    def _kill(self) -> None:
        """Kill the worker with all that it started."""
        if self._process is None or self._process.poll() is not None:
            return
        if os.name == "nt":
            self._process.kill()
            return
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)

    def _set(self, job: Job) -> None:
        self.job = job
        self._changed()


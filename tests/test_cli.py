"""The command line: the main job from end to end, and one clear line for everything that is wrong."""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner, Result

import asknext
from asknext.cli import compare, datasets, replay, strategies, verify  # noqa: F401  (they register)
from asknext.cli.app import app

QUICK = ("--strategies", "random,margin", "--rounds", "2", "--seeds", "2", "--jobs", "1")


@pytest.fixture(autouse=True)
def _somewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A folder of its own; modules imported from it are forgotten afterwards."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    yield
    sys.modules.pop("mine", None)


def run(*arguments: str | Path) -> Result:
    """Run a command line in this process."""
    return CliRunner().invoke(app, [str(a) for a in arguments], catch_exceptions=False)


def refused(*arguments: str | Path) -> str:
    """The one line that a bad command line gets on stderr, with exit code 2."""
    result = run(*arguments)
    assert result.exit_code == 2, result.output
    assert result.stderr.startswith("asknext: ")
    assert result.stderr.count("\n") == 1, result.stderr
    return result.stderr


def table(path: Path, rows: int = 60) -> Path:
    """A small CSV with two classes."""
    rng = np.random.default_rng(0)
    lines = ["a,b,kind,answer"]
    for i in range(rows):
        answer = "yes" if i % 2 else "no"
        lines.append(f"{rng.normal() + i % 2:.3f},{rng.normal():.3f},{'xyz'[i % 3]},{answer}")
    path.write_text("\n".join(lines) + "\n")
    return path


def test_compare_from_a_file_to_a_report() -> None:
    result = run("compare", table(Path("mine.csv")), "--target", "answer", *QUICK, "--json")
    assert result.exit_code == 0, result.output
    summary = json.loads(result.stdout)
    assert set(summary["strategies"]) == {"random", "margin"}
    assert 0 <= summary["strategies"]["margin"]["auc_mean"] <= 1
    out = Path("asknext-mine")
    assert json.loads((out / "summary.json").read_text()) == summary
    header, *rows = (out / "results.csv").read_text().splitlines()
    assert header == "dataset,strategy,seed,round,n_labelled,metric,subset,value"
    assert len(rows) == 2 * 2 * 3 * 4  # strategies, seeds, rounds with the first, metrics
    report = (out / "report.html").read_text()
    assert "<dt>target</dt><dd>answer</dd>" in report
    assert "<dt>test share</dt><dd>0.3</dd>" in report


def test_own_data_are_tried_with_auto_against_random_and_margin() -> None:
    few = ("--rounds", "2", "--seeds", "3", "--batch", "4", "--initial", "4", "--jobs", "1")
    summary = json.loads(run("compare", table(Path("mine.csv")), "--target", "answer", *few, "--json").stdout)
    assert list(summary["strategies"]) == ["auto", "random", "margin"]
    assert "active learning help" in summary["helped"].lower()
    assert summary["helped"] in " ".join((Path("asknext-mine") / "report.html").read_text().split())


def test_the_same_command_again_changes_no_byte_of_the_results() -> None:
    for _ in range(2):
        result = run("compare", "wine", *QUICK)
        assert result.exit_code == 0
        assert "margin" in result.stdout
        now = Path("asknext-wine/results.csv").read_bytes()
    assert run("compare", "wine", *QUICK, "--out", "other").exit_code == 0
    assert Path("other/results.csv").read_bytes() == now


def test_fewer_strategies_report_what_the_command_names_and_say_what_is_kept() -> None:
    run("compare", "wine", *QUICK, "--seeds", "3")
    figures = Path("asknext-wine/figures")
    (figures / "mine.svg").write_text("the user's own")
    assert (figures / "gain.svg").exists()
    told = run("compare", "wine", *QUICK, "--strategies", "margin").stdout
    assert "Runs of random, seeds from 2 on in asknext-wine are kept, but not in this report." in told
    report = Path("asknext-wine/report.html").read_text()
    shown = re.findall(r'data-figure="([a-z0-9-]+)"', report)
    assert {path.stem for path in figures.iterdir()} == {"mine", *shown}
    assert "are kept" not in run("compare", "wine", *QUICK, "--seeds", "3").stdout
    assert (figures / "gain.svg").exists()


def test_more_of_everything_than_there_is_does_no_harm() -> None:
    huge = str(10**30)
    line = ("compare", "wine", "--strategies", "random", "--seeds", "1", "--batch", "50")
    assert run(*line, "--rounds", huge, "--jobs", huge).exit_code == 0
    assert json.loads(Path("asknext-wine/settings.json").read_text())["settings"]["rounds"] == 2
    assert Path("asknext-wine/results.csv").read_text().count("random,0,2,125,accuracy") == 1
    assert run(*line[:-1], huge, "--out", "all").exit_code == 0


def test_replay_and_verify() -> None:
    run("compare", "wine", *QUICK)
    rows = json.loads(run("replay", "asknext-wine", "--metric", "brier", "--json").stdout)
    assert len(rows) == 2 * 2 * 3
    assert Path("asknext-wine/replay-brier.csv").read_text().count("\n") == len(rows) + 1
    assert "5 of 5" in run("replay", "asknext-wine", "--verify", "--sample", "5").stdout
    assert "0 with problems" in run("verify", "asknext-wine").stdout


def test_the_package_is_the_command_too() -> None:
    said = subprocess.check_output([sys.executable, "-m", "asknext", "--version"], text=True)
    assert said == f"asknext {asknext.__version__}\n"


def test_bad_data_is_refused_in_one_line() -> None:
    good = table(Path("good.csv"))
    assert "missing.csv" in refused("compare", "missing.csv", "--target", "x")
    assert "did you mean 'answer'" in refused("compare", good, "--target", "anwser")
    Path("one.csv").write_text("a,y\n" + "1,yes\n2,yes\n" * 20)
    assert "single class" in refused("compare", "one.csv", "--target", "y")
    Path("gap.csv").write_text("a,y\n" + "1,yes\n2,no\n3,\n" * 20)
    assert "20" in refused("compare", "gap.csv", "--target", "y")
    assert "--initial is 500" in refused("compare", good, "--target", "answer", "--initial", "500")


def test_bad_options_are_refused_in_one_line() -> None:
    assert "did you mean 'margin'" in refused("compare", "wine", "--strategies", "random,margn")
    assert "did you mean 'random-forest'" in refused("compare", "wine", "--learner", "random_forrest")
    assert "--batch is 0" in refused("compare", "wine", "--batch", "0")
    assert "--rounds is 0" in refused("compare", "wine", "--rounds", "0")
    assert "--seeds is 10001; it can be at most 10000" in refused("compare", "wine", "--seeds", "10001")
    assert "--jobs is -1" in refused("compare", "wine", "--jobs", "-1")
    assert "metric" in refused("replay", "nowhere")
    assert "nowhere" in refused("replay", "nowhere", "--metric", "brier")
    assert "--sample is 0" in refused("replay", "nowhere", "--verify", "--sample", "0")
    assert "nowhere" in refused("verify", "nowhere")
    assert not list(Path().iterdir())  # nothing was left behind


def test_verify_finds_what_is_missing() -> None:
    run("compare", "wine", *QUICK)
    column = next(Path("asknext-wine/runs/random/0/columns").glob("*.npy"))
    content = column.read_bytes()
    column.unlink()
    assert "is gone or damaged" in refused("verify", "asknext-wine")
    column.write_bytes(content)
    assert "0 with problems" in run("verify", "asknext-wine").stdout
    shutil.rmtree("asknext-wine/runs/margin/1")
    assert "the log is missing, though results.csv tells" in refused("verify", "asknext-wine")
    Path("asknext-wine/results.csv").unlink()
    assert "1 run(s) are not finished" in run("verify", "asknext-wine").stdout


def test_exchanged_folders_are_found() -> None:
    run("compare", "wine", *QUICK)
    runs = Path("asknext-wine/runs")
    (runs / "random").rename(runs / "other")
    (runs / "margin").rename(runs / "random")
    (runs / "other").rename(runs / "margin")
    for command in (["verify", "asknext-wine"], ["compare", "wine", *QUICK]):
        said = refused(*command)
        assert re.search("holds a run with the strategy (random|margin) and belongs elsewhere", said)


def test_a_metric_of_ones_own() -> None:
    run("compare", "wine", *QUICK)
    Path("mine.py").write_text(
        "def spread(view):\n    return view.proba.std()\n\n\ndef broken(view):\n    return view.nothing\n"
    )
    assert run("replay", "asknext-wine", "--metric", "mine:spread").exit_code == 0
    assert Path("asknext-wine/replay-mine.spread.csv").exists()
    assert "the metric 'mine:broken' fails (AttributeError" in refused(
        "replay", "asknext-wine", "--metric", "mine:broken"
    )


def test_metrics_that_are_none() -> None:
    Path("wrong.py").write_text("def y(view:\n")
    run("compare", "wine", *QUICK)
    for name, said in {
        ":": "is no package.module:name",
        "../x:y": "is no package.module:name",
        ".x:y": "is no package.module:name",
        "nowhere_at_all:y": "cannot be imported (ModuleNotFoundError",
        "wrong:y": "cannot be imported (SyntaxError",
        "os:sep": "is str and no function",
        "builtins:exit": "fails (SystemExit",
    }.items():
        assert said in refused("replay", "asknext-wine", "--metric", name)


def test_labels_that_look_alike_are_pointed_out() -> None:
    Path("slips.csv").write_text("a,y\n" + "1,yes\n2,no\n3,Yes \n4,no\n" * 15)
    out = run("compare", "slips.csv", *QUICK).stdout
    assert "60 rows, 3 classes" in out
    assert "'Yes ' and 'yes' differ only by spaces or case" in " ".join(out.split())


def test_results_directories_are_protected() -> None:
    Path("taken").mkdir()
    Path("taken/thesis.txt").write_text("years of work")
    assert "no results directory" in refused("compare", "wine", *QUICK, "--out", "taken")
    assert [p.name for p in Path("taken").iterdir()] == ["thesis.txt"]

    run("compare", "wine", *QUICK)
    before = {p: p.read_bytes() for p in Path("asknext-wine").rglob("*.csv")}
    assert "other settings (batch: 2, here 3)" in refused("compare", "wine", *QUICK, "--batch", "3")
    assert {p: p.read_bytes() for p in Path("asknext-wine").rglob("*.csv")} == before

    said = refused("compare", table(Path("wine.csv")), "--target", "answer", *QUICK, "--out", "asknext-wine")
    assert "holds a comparison of other data (wine); choose another directory with --out" in said

    Path("mine.csv").write_text("a,answer\n" + "1,x\n2,y\n" * 20)
    mine = ("compare", "mine.csv", "--target", "answer", *QUICK)
    run(*mine)
    with Path("mine.csv").open("a") as file:
        file.write("3,x\n")
    assert "mine.csv before its items or features changed); choose another" in refused(*mine)

    for broken in ("[1, 2]", '{"identity": 3}', '{"identity": {"data": 1}, "settings": {"source": 5}}'):
        Path("asknext-wine/settings.json").write_text(broken)
        assert "is damaged" in refused("compare", "wine", *QUICK)
        assert "is damaged" in refused("replay", "asknext-wine", "--metric", "brier")
    Path("asknext-wine/settings.json").write_text('{"identity": {"da')
    assert "damaged" in refused("compare", "wine", *QUICK)
    assert "damaged" in refused("replay", "asknext-wine", "--metric", "brier")


def test_a_refused_strategy_changes_nothing() -> None:
    run("compare", "wine", *QUICK)
    before = Path("asknext-wine/settings.json").read_bytes()
    more = ("--strategies", "random,bald", "--rounds", "2", "--seeds", "2")
    assert "'bald' needs the signal 'samples'" in refused("compare", "wine", *more)
    assert Path("asknext-wine/settings.json").read_bytes() == before
    refused("compare", "wine", *more, "--out", "fresh")
    assert not Path("fresh").exists()


def test_a_directory_whose_claim_was_killed_is_still_free() -> None:
    Path("out").mkdir()
    Path("out", f".{'0' * 32}.tmp").write_text("{")
    assert run("compare", "wine", *QUICK, "--out", "out").exit_code == 0


def test_a_half_written_directory_is_finished_by_compare_and_refused_by_replay() -> None:
    run("compare", "wine", *QUICK)
    whole = Path("asknext-wine/results.csv").read_bytes()
    for name in ("results.csv", "summary.json", "report.html"):
        Path("asknext-wine", name).unlink()
    shutil.rmtree("asknext-wine/runs/margin/1")
    assert "unfinished comparison (3 of 4 runs" in refused("replay", "asknext-wine", "--metric", "brier")
    assert run("compare", "wine", *QUICK).exit_code == 0
    assert Path("asknext-wine/results.csv").read_bytes() == whole

    Path("asknext-wine/runs/margin/1/project.db").write_bytes(b"no database at all" * 100)
    assert "margin/1" in refused("compare", "wine", *QUICK)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write everywhere")
def test_no_permission_to_write() -> None:
    Path("shut").mkdir(mode=0o500)
    assert "no permission" in refused("compare", "wine", *QUICK, "--out", "shut/out")


def test_disk_full(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "asknext-wine")

    with monkeypatch.context() as patched:
        patched.setattr("asknext.log.columns.replacing", full)
        assert "the disk is full" in refused("compare", "wine", *QUICK)
    assert run("compare", "wine", *QUICK).exit_code == 0


@pytest.mark.skipif(os.name == "nt", reason="needs SIGKILL")
def test_a_worker_that_was_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(*_: object) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    with monkeypatch.context() as patched:
        patched.setattr("asknext.bench.compare.execute", killed)
        said = refused("compare", "wine", *QUICK, "--jobs", "2")
    assert "a worker process was killed, perhaps for lack of memory" in said
    assert run("compare", "wine", *QUICK).exit_code == 0


def test_names_with_brackets_are_shown_as_they_are() -> None:
    result = run("compare", table(Path("[red]x[.csv")), "--target", "answer", *QUICK)
    assert result.stdout.startswith("[red]x[: 60 rows")
    assert "asknext-[red]x[" in result.stdout


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere names of files are texts")
def test_names_that_are_no_text_are_refused_before_anything_is_written() -> None:
    name = os.fsdecode(b"bad\xff.csv")
    table(Path(name))
    assert "is no UTF-8 text" in refused("compare", name, "--target", "answer", *QUICK)
    assert "is no UTF-8 text" in refused("compare", "wine", *QUICK, "--out", name[:4])
    assert list(Path().iterdir()) == [Path(name)]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("compare", "missing argument 'data'; try: asknext compare --help"),
        ("compare wine --foo", "no such option: --foo"),
        ("compare wine --rounds many", "'--rounds'"),
        ("compare wine more", "unexpected extra argument"),
        ("comprae wine", "no such command 'comprae'. Did you mean 'compare'?; try: asknext --help"),
    ],
)
def test_a_line_that_cannot_be_understood(line: str, said: str) -> None:
    result = CliRunner().invoke(app, line.split(), prog_name="asknext")
    assert result.exit_code == 2
    assert result.stderr.startswith("asknext: ")
    assert result.stderr.count("\n") == 1
    assert said in result.stderr


def test_stderr_of_a_pipe_holds_errors_only() -> None:
    assert run("compare", "wine", *QUICK).stderr == ""
    Path("asknext-wine/runs/margin/1/project.db").write_bytes(b"no database at all" * 100)
    assert "margin/1" in refused("compare", "wine", *QUICK)


@pytest.mark.skipif(os.name == "nt", reason="needs a process group")
@pytest.mark.parametrize("after", [0.0, 3.0])
def test_interrupted_twice_it_stops_in_one_line(after: float) -> None:
    code = "from asknext.cli import main; print('here', flush=True); main()"
    line = [sys.executable, "-c", code, "compare", "digits", "--jobs", "2"]
    with subprocess.Popen(line, text=True, stdout=-1, stderr=-1, start_new_session=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(0.2 + after)
        for _ in range(2):
            os.kill(process.pid, signal.SIGINT)
            time.sleep(0.01)
        told = process.communicate(timeout=60)[1]
    assert told == "Stopped. Nothing is lost: the same command goes on from here.\n"
    assert process.returncode == 130


def test_lists() -> None:
    entries = json.loads(run("strategies", "--json").stdout)
    assert {"name", "family", "needs", "paper", "aliases"} <= set(entries[0])
    assert {"random", "margin", "typiclust", "badge"} <= {entry["name"] for entry in entries}
    assert "TypiClust" in run("strategies").stdout or "typiclust" in run("strategies").stdout
    assert {"digits", "wdbc", "wine"} <= {e["name"] for e in json.loads(run("datasets", "--json").stdout)}


def test_output_is_utf8_whatever_the_system_speaks() -> None:
    code = "import sys; from asknext.cli import main; sys.argv[1:] = ['strategies']; main()"
    environment = {**os.environ, "PYTHONIOENCODING": "cp1252", "COLUMNS": "300"}
    told = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, check=True)
    assert "²" in told.stdout.decode()


@pytest.mark.parametrize("command", ["compare", "replay", "verify", "strategies", "datasets"])
def test_help_has_an_example(command: str) -> None:
    result = run(command, "--help")
    assert result.exit_code == 0
    assert "Example" in result.stdout
    assert f"asknext {command}" in " ".join(result.stdout.split())

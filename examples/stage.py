"""What the examples share: where they write, the command line from within Python, and pictures."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from html import escape
from pathlib import Path
from typing import Any

import vl_convert

from asknext.bench.slim import slim
from asknext.bench.style import config

HERE = Path(__file__).resolve().parent
PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'unsafe-inline' \
'unsafe-eval'; style-src 'unsafe-inline'; img-src data:">
<title>{title}</title>
<style>body {{ font: 15px/1.5 Arial, "Liberation Sans", sans-serif; margin: 2rem; max-width: 45rem; }}</style>
</head>
<body>
<h1>{title}</h1>
<p>{story}</p>
<div id="chart"></div>
<script>{library}</script>
<script>vegaEmbed("#chart", {spec}, {{ renderer: "svg", actions: false }});</script>
</body>
</html>
"""


def arguments(story: str, *options: tuple[str, str]) -> argparse.Namespace:
    """What stands on the command line: `out`, a folder that exists then, `quick`, and further options.

    Parameters
    ----------
    story : the docstring of the script, for --help.
    options : names of further options and what they do.
    """
    parser = argparse.ArgumentParser(description=story, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", nargs="?", type=Path, default=Path("asknext-examples"), help="folder to write")
    parser.add_argument("--quick", action="store_true", help="in a few seconds, and too small to mean much")
    for name, told in options:
        parser.add_argument(name, help=told)
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    return given


def asknext_command(folder: Path, *words: object, quick: bool = False) -> dict[str, Any]:
    """Run `asknext compare` or `asknext run` as anybody would type it, and read the summary that it writes.

    Parameters
    ----------
    folder : where it runs; the results go into its subfolder `results`. The modules beside this one can be
        named there, as in `own_sampler:Frontier`.
    words : the command without `asknext` and `--out`.
    quick : in this one process, which is the faster way for very little work.
    """
    told = [str(word) for word in (*words, *(["--jobs", 1] if quick else []))]
    print("$ asknext", *told)
    path = [str(HERE), *filter(None, [os.environ.get("PYTHONPATH")])]
    subprocess.run(
        [sys.executable, "-m", "asknext", *told, "--out", "results", "--json"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path)},
        stdout=subprocess.DEVNULL,
        check=True,
    )
    summary: dict[str, Any] = json.loads((folder / "results" / "summary.json").read_text(encoding="utf-8"))
    return summary


def print_table(summary: dict[str, Any]) -> None:
    """What a comparison found, the best strategy first, and what its report makes of it."""
    results = summary["strategies"]
    width = max(map(len, results))
    for name in sorted(results, key=lambda name: -results[name]["auc_mean"]):
        mean, final = results[name]["auc_mean"], results[name]["final_mean"]
        print(f"  {name:{width}}  mean accuracy {mean:6.1%}  at the end {final:6.1%}")
    print(summary["verdict"])
    if summary["stability"]:
        print(summary["stability"]["sentence"])


def keep_report(results: Path, page: Path, title: str) -> None:
    """Keep the report of a comparison as a page, and its learning curves as SVG beside it.

    Parameters
    ----------
    results : the directory that `asknext compare` wrote.
    page : where the report goes, .html.
    title : what the curves are of, for readers who cannot see them.
    """
    shutil.copy(results / "report.html", page)
    curves = (results / "figures" / "learning-curves.svg").read_text(encoding="utf-8")
    page.with_suffix(".svg").write_text(slim(curves, title, page.stem) + "\n", encoding="utf-8")


def save_svg(chart: Any, path: Path, title: str, **data: list[dict[str, Any]]) -> None:
    """Write a chart as SVG.

    Parameters
    ----------
    chart : of Altair.
    path : of the file.
    title : what it shows, for readers who cannot see it.
    data : rows that the chart calls by name.
    """
    svg = vl_convert.vegalite_to_svg(_drawn(chart, data))
    path.write_text(slim(svg, title, path.stem) + "\n", encoding="utf-8")


def save_page(chart: Any, path: Path, title: str, story: str, **data: list[dict[str, Any]]) -> None:
    """Write a chart as one HTML file that works without a network: the program that draws it is inside.

    Parameters
    ----------
    chart : of Altair.
    path : of the file.
    title, story : what stands above it.
    data : rows that the chart calls by name.
    """
    library = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;").replace("</script", r"<\/script")
    spec = json.dumps(_drawn(chart, data)).replace("</", r"<\/")
    page = PAGE.format(title=escape(title), story=escape(story), library=library, spec=spec)
    path.write_text(page, encoding="utf-8")


def _drawn(chart: Any, data: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    """The chart in the looks of the reports."""
    drawn: dict[str, Any] = chart.to_dict()
    looks = {**config(), "view": {"stroke": "#d8d8d8"}}
    return {**drawn, "datasets": {**drawn.get("datasets", {}), **data}, "config": looks}

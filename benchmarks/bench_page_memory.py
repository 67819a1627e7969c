"""Whether the page grows with the answers: heap, elements and listeners over 2,000 answers, a million items.

    python benchmarks/bench_page_memory.py [--items 1000000] [--answers 2000] [--retrain-every N] [--compile]

The real server, Chromium, real keys. Every 200 answers, once all is saved, the garbage is collected three
times and the sizes are read. Prints them, and by how much each grew from the 400th answer to the last, by a
straight line fitted. Without `--retrain-every` no round but the first is worked out; with it, each round adds
a point to the charts, which the page has to keep. Without answers only the first item is timed.

The engine only interprets here, so that the heap holds what the page keeps. With `--compile` it compiles as
in daily use: what runs once a round, such as the charts, is compiled after some dozens of rounds, so that the
heap grows by this code for long.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from bench_studio_server import at_work, make

import page_server
from asknext.files import read_json, write_json
from asknext.studio.project import SETTINGS

EVERY, SETTLED = 200, 400
BAR = 5.0  # per cent
KINDS = {"heap": "JSHeapUsedSize", "nodes": "Nodes", "listeners": "JSEventListeners"}
INTERPRET = "--js-flags=--no-sparkplug --no-maglev --no-turbofan"

ANOTHER = """(item) => {
  const place = document.querySelector("[data-item]");
  return place && place.dataset.item !== item;
}"""


class Meter:
    """Reads the sizes of a page after the garbage is gone."""

    def __init__(self, page: Any) -> None:
        self.tools = page.context.new_cdp_session(page)
        self.tools.send("Performance.enable")
        self.tools.send("HeapProfiler.enable")

    def read(self) -> dict[str, float]:
        """The sizes, in bytes and counts."""
        for _ in range(3):
            self.tools.send("HeapProfiler.collectGarbage")
        told = {one["name"]: one["value"] for one in self.tools.send("Performance.getMetrics")["metrics"]}
        return {kind: told[name] for kind, name in KINDS.items()}


def label(page: Any, answers: int) -> list[dict[str, float]]:
    """Answer items by key; the sizes on the way."""
    meter = Meter(page)
    found = [{"answers": 0, **meter.read()}]
    for turn in range(1, answers + 1):
        before = page.get_attribute("[data-item]", "data-item")
        page.keyboard.press("123456789"[turn % 9])
        page.wait_for_function(ANOTHER, arg=before)
        if turn % EVERY == 0:
            page_server.saved(page)
            page.wait_for_timeout(6000)  # words to the person are taken away, the last status is drawn
            found.append({"answers": turn, **meter.read()})
            print(json.dumps(found[-1]), flush=True)
    return found


def growth(found: list[dict[str, float]], kind: str) -> float:
    """By how many per cent a size grew after it had settled, by a straight line."""
    late = [one for one in found if one["answers"] >= SETTLED]
    at, sizes = np.array([[one["answers"], one[kind]] for one in late]).T
    slope, _ = np.polyfit(at, sizes, 1)
    return float(100 * slope * (at[-1] - at[0]) / sizes[0])


def main() -> None:
    """Measure and print."""
    plain = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=plain)
    parser.add_argument("--items", type=int, default=1_000_000)
    parser.add_argument("--answers", type=int, default=2000)
    parser.add_argument("--retrain-every", type=int, default=0, help="answers between two rounds; 0: none")
    parser.add_argument("--compile", action="store_true", help="let the engine compile, as in daily use")
    given = parser.parse_args()
    flags = () if given.compile else (INTERPRET,)
    with tempfile.TemporaryDirectory() as folder, page_server.browser(*flags) as chromium:
        path = Path(folder) / "project"
        make(path, given.items)
        if given.retrain_every:
            write_json(path / SETTINGS, read_json(path / SETTINGS) | {"retrain_every": given.retrain_every})
        with at_work(path) as (server, _):
            start = time.perf_counter()
            address = f"http://127.0.0.1:{server.port}/?token={server.token}"
            with page_server.visit(chromium, address) as page:
                print(f"first item after {time.perf_counter() - start:.2f} s", flush=True)
                found = label(page, given.answers)
    if found[-1]["answers"] <= SETTLED:
        return
    grown = {kind: round(growth(found, kind), 2) for kind in KINDS}
    print(json.dumps({"grown_percent": grown, "bar": BAR, "flat": max(grown.values()) < BAR}))


if __name__ == "__main__":
    main()

"""How long a labeller waits: from the key to the next item painted, with a slow network and a model at work.

    python benchmarks/bench_page.py --delay 100 --answers 200

A project of 600 pictures, the real server, Chromium. The network delays every request by so many
milliseconds; the answers come one every 0.3 seconds, so that rounds are worked out meanwhile. Prints the
quantiles in milliseconds.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
import page_server

WATCH = """
window.waits = [];
document.addEventListener("keydown", (event) => {
  const before = document.querySelector("[data-item]").dataset.item;
  const look = () => {
    const place = document.querySelector("[data-item]");
    const image = place?.querySelector(".frame img");
    if (!place || place.dataset.item === before || !image || !image.complete || !image.naturalWidth) {
      requestAnimationFrame(look);
      return;
    }
    requestAnimationFrame(() => setTimeout(() => window.waits.push(performance.now() - event.timeStamp)));
  };
  queueMicrotask(look);
}, { capture: true });
"""
"""Counts until the frame that holds the next item, with its picture, was painted."""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--delay", type=int, default=100, help="milliseconds that each request takes longer")
    parser.add_argument("--answers", type=int, default=200)
    given = parser.parse_args()
    page_server.N = 600
    with (
        TemporaryDirectory() as folder,
        page_server.project("image", Path(folder)) as served,
        page_server.browser() as chromium,
        page_server.visit(chromium, served.url) as page,
    ):
        network = page.context.new_cdp_session(page)
        network.send("Network.enable")
        network.send("Network.emulateNetworkConditions", {
            "offline": False, "latency": given.delay, "downloadThroughput": -1, "uploadThroughput": -1,
        })  # fmt: skip
        page.wait_for_timeout(1500)
        page.evaluate(WATCH)
        for turn in range(given.answers):
            page.keyboard.press("12"[turn % 2])
            page.wait_for_timeout(300)
        page_server.saved(page)
        waits = np.array(page.evaluate("window.waits"))
        rounds = served.call("/api/status")["round"]
    figures = {f"p{q}": round(float(np.percentile(waits, q)), 1) for q in (50, 95, 99, 100)}
    print(json.dumps({"delay": given.delay, "answers": len(waits), "rounds": rounds, **figures}))


if __name__ == "__main__":
    main()

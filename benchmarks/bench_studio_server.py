"""How fast the labelling page's server takes answers: 20 annotators at once, a million items.

    python benchmarks/bench_studio_server.py [--items 1000000] [--annotators 20] [--seconds 30]

A real server on a real disk, asked over HTTP. Annotators first answer at a pace (an answer a second each,
many times that of people), without and with workers that fit and choose meanwhile, then as fast as they can.
"""

from __future__ import annotations

import argparse
import http.client
import json
import multiprocessing
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from asknext import __version__
from asknext.files import write_json
from asknext.studio.items import Items
from asknext.studio.project import DEFAULTS, EMBEDDING, ITEMS, SETTINGS, Project

CLASSES = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"]
BAR = 50.0  # milliseconds, at the 95th percentile


def make(path: Path, n: int, d: int = 32) -> None:
    """A project of n short texts with a random embedding, written as the importer does."""
    path.mkdir()
    remark = "about as long as a short remark that somebody wrote"
    texts = ({"text": f"text number {i}, {remark}"} for i in range(n))
    items = Items.create(path / ITEMS, "text", texts)
    X = np.lib.format.open_memmap(path / EMBEDDING, mode="w+", dtype=np.float32, shape=(n, d))
    rng = np.random.default_rng(0)
    for start in range(0, n, 1 << 16):
        part = X[start : start + (1 << 16)]
        part[:] = rng.standard_normal(part.shape, dtype=np.float32)
    X.flush()
    settings = {
        "kind": "text", "source": "generated", "encoder": "random", "encoder_note": "", **DEFAULTS,
        "strategy": "margin", "retrain_every": 10**9, "classes": CLASSES, "notes": [], "duplicates": [],
        "made_by": __version__,
    }  # fmt: skip
    write_json(path / SETTINGS, settings)
    with Project(path, settings, items, X) as project, project.campaign():
        pass


class Server(NamedTuple):
    """Where the server is, and the token that lets in."""

    port: int
    token: str


def run_server(path: Path, pipe: Any) -> None:
    """The server, in a process of its own."""
    from asknext.studio.people import People
    from asknext.studio.roles import Role
    from asknext.studio.serving import address, listen, serve

    start = time.perf_counter()
    listening = listen(None)
    project, where = Project.open(path), address(listening)
    server = Server(where.port, People(path).add("benchmark", Role.OWNER))
    pipe.send((server, time.perf_counter() - start))
    serve(project, listening, where, str)


@contextmanager
def at_work(path: Path) -> Iterator[tuple[Server, float]]:
    """A server over a project, and the seconds until it listened."""
    context = multiprocessing.get_context("spawn")
    mine, its = context.Pipe()
    process = context.Process(target=run_server, args=(path, its), daemon=True)
    process.start()
    try:
        yield mine.recv()
    finally:
        process.terminate()
        process.join()


class Page:
    """One annotator's connection."""

    def __init__(self, server: Server) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        self.headers = {
            "Authorization": f"Bearer {server.token}", "X-Asknext": "1", "Content-Type": "application/json",
        }  # fmt: skip

    def call(self, path: str, body: dict[str, Any] | None = None) -> tuple[Any, float]:
        """The reply, and the milliseconds until it was there."""
        start = time.perf_counter()
        content = None if body is None else json.dumps(body)
        self.connection.request("GET" if body is None else "POST", f"/api/{path}", content, self.headers)
        reply = self.connection.getresponse()
        told = json.loads(reply.read())
        elapsed = 1000 * (time.perf_counter() - start)
        assert reply.status == 200, told
        return told, elapsed


def annotate(
    server: Server, items: list[int], seconds: float, pause: float, name: str, out: list[float]
) -> None:
    """Answer items one after the other for some seconds."""
    page, rng = Page(server), np.random.default_rng(items[0])
    end = time.perf_counter() + seconds
    time.sleep(rng.uniform(0, pause))
    for item in items:
        if time.perf_counter() > end:
            return
        answer = {"class": CLASSES[item % 10]}
        body = {"id": f"{name} {item}", "items": [item], "answer": answer, "seconds": 1.0}
        out.append(page.call("answers", body)[1])
        time.sleep(pause)


def together(
    server: Server, annotators: int, items: list[int], seconds: float, pause: float, name: str
) -> list[float]:
    """The milliseconds of every answer, of annotators who answer at the same time."""
    found: list[float] = []
    threads = [
        threading.Thread(target=annotate, args=(server, items[i::annotators], seconds, pause, name, found))
        for i in range(annotators)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def told(what: str, found: list[float], per: float | None = None) -> None:
    """Print the quantiles of some milliseconds."""
    half, most, worst = np.percentile(found, [50, 95, 100])
    rate = f", {len(found) / per:6.1f} a second" if per else ""
    figures = f"p50 {half:7.1f} ms  p95 {most:7.1f} ms  max {worst:7.1f} ms"
    print(f"{what:44} {figures}  ({len(found)}{rate})", flush=True)


def repeated(deed: Callable[[], tuple[Any, float]], times: int = 20) -> list[float]:
    """The milliseconds of the same call, several times."""
    return [deed()[1] for _ in range(times)]


def rounds(server: Server) -> int:
    """How many rounds there are."""
    return int(Page(server).call("status")[0]["round"])


def demand(server: Server, over: threading.Event) -> None:
    """Ask for another round as soon as one is there."""
    while not over.wait(0.5):
        Page(server).call("retrain", {})


def measure(server: Server, opening: float, given: argparse.Namespace) -> None:
    """Ask a server as `main` was told to, and print how long it took."""
    start = time.perf_counter()
    page = Page(server)
    page.call("next?n=8")
    first = time.perf_counter() - start
    print(f"{given.items} items: listening after {opening:.1f} s, first items {first:.1f} s later")
    Page(server).call("cancel", {})
    items = np.random.default_rng(1).permutation(given.items).tolist()
    share = len(items) // 3

    def part(number: int) -> list[int]:
        return items[number * share : (number + 1) * share]

    crowd = (given.annotators, given.seconds)
    told("an answer a second each", together(server, crowd[0], part(0), crowd[1], 1.0, "calm"), crowd[1])
    before = rounds(server)
    over = threading.Event()
    boss = threading.Thread(target=demand, args=(server, over))
    boss.start()
    busy = together(server, crowd[0], part(1), crowd[1], 1.0, "busy")
    over.set()
    boss.join()
    told(f"the same while workers make {rounds(server) - before} rounds", busy, crowd[1])
    Page(server).call("cancel", {})
    told("as fast as they can", together(server, crowd[0], part(2), crowd[1], 0.0, "fast"), crowd[1])
    page = Page(server)
    told("GET /api/next?n=8", repeated(lambda: page.call("next?n=8")))
    told("GET /api/status", repeated(lambda: page.call("status")))
    told("GET /api/items/0", repeated(lambda: page.call("items/0")))
    told("GET /api/items/0/similar", repeated(lambda: page.call("items/0/similar"), 5))


def main() -> None:
    """Measure."""
    plain = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=plain)
    parser.add_argument("--items", type=int, default=1_000_000)
    parser.add_argument("--annotators", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=30.0)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "project"
        make(path, given.items)
        with at_work(path) as (server, opening):
            measure(server, opening, given)
    print(f"The bar: acknowledged within {BAR:.0f} ms at the 95th percentile.")


if __name__ == "__main__":
    main()

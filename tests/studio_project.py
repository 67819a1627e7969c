"""A small project for the tests of the labelling page, and a worker that works in this process."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from starlette.testclient import TestClient

from asknext.pool import OUT_OF_SCOPE, Answer
from asknext.studio.address import Address
from asknext.studio.api import make_app
from asknext.studio.desk import Desk
from asknext.studio.people import People
from asknext.studio.project import Project
from asknext.studio.roles import Role
from asknext.studio.supervisor import Supervisor
from asknext.studio.worker import work

N = 120
PORT = 8123
HOST = f"127.0.0.1:{PORT}"
WHERE = Address(PORT)
NAMES: list[str | Answer] = ["red", "green", "blue", OUT_OF_SCOPE]
TRUTH = np.arange(N) % 4


def project(path: Path, n: int = N, **settings: Any) -> Project:
    """Four clouds of points; the fourth is out of scope, and only one class is known at the start."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n, 3)) + 4 * np.eye(4)[np.arange(n) % 4][:, :3]
    path.mkdir(parents=True, exist_ok=True)
    np.savetxt(path / "points.csv", X, delimiter=",", header="a,b,c", comments="", fmt="%.5f")
    given = {"classes": ["red"], "batch": 10, "retrain_every": 10, "audit": 0.2, **settings}
    return Project.create(path / "project", path / "points.csv", **given)


def told(item: int) -> dict[str, str]:
    """What an annotator who knows all answers, as the page sends it."""
    answer = NAMES[item % 4]
    return {"kind": answer.value} if isinstance(answer, Answer) else {"class": answer}


def round_of(desk: Desk) -> None:
    """A worker's job, done in this process, and published."""
    path, seen, target = desk.work()
    with Project.open(path) as opened:
        work(opened, seen, target)
    desk.publish(target)


def client(desk: Desk, **how: Any) -> TestClient:
    """A browser that was let in; its supervisor is at work only within `with`."""
    supervisor = how.pop("supervisor", None) or Supervisor(desk, desk.touch)
    people, role, where = People(desk.project.path), how.pop("role", Role.OWNER), how.pop("where", WHERE)
    owner = role is Role.OWNER
    token = people.enter("ann", where.url) if owner else people.add(f"{role} {len(people)}", role)
    app = make_app(desk, supervisor, people, where, **how)
    headers = {"Authorization": f"Bearer {token}", "X-Asknext": "1"}
    return TestClient(app, f"http://{HOST}", headers=headers, follow_redirects=False)


class Clock:
    """A clock that stands still until it is set."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now

"""What a server tells of several people, for tests of how the page shows it."""

from __future__ import annotations

from typing import Any

from page_server import Served

FIRST, SECOND, OUTSIDE = {"class": "first"}, {"class": "second"}, {"kind": "out-of-scope"}

PEOPLE = [
    {"name": "ann", "role": "owner", "answers": 212, "seconds": 2.4, "last": None},
    {"name": "ben", "role": "annotator", "answers": 180, "seconds": 3.1, "last": "2026-01-05T04:00:00+00:00"},
    {"name": "<i>chloé</i> with a long name", "role": "annotator", "answers": 9, "seconds": None,
     "last": None},
]


def pair(a: str, b: str, kappa: float | None) -> dict[str, Any]:
    """Two people compared."""
    names = ["first", "second", "out of scope"]
    confusion = [[15, 3, 0], [4, 14, 1], [0, 0, 3]]
    return {"a": a, "b": b, "items": 40, "percent": 0.8, "kappa": kappa, "names": names,
            "confusion": confusion}  # fmt: skip


AGREEMENT = {
    "items": 48, "percent": 0.81, "alpha": 0.71, "low": 0.52, "high": 0.86,
    "pairs": [pair("ann", "ben", 0.74), pair("ben", PEOPLE[2]["name"], None)],
}  # fmt: skip


def disagreements(served: Served) -> dict[str, Any]:
    """Three items of which people said different things."""

    def one(item: int, said: dict[str, Any], guess: Any) -> dict[str, Any]:
        opinions = [{"actor": actor, "answer": answer} for actor, answer in said.items()]
        told = {"opinions": opinions, "majority": opinions[0]["answer"], "dawid_skene": guess}
        return served.call(f"/api/items/{item}") | told

    chloé = str(PEOPLE[2]["name"])
    items = [
        one(30, {"ann": FIRST, "ben": SECOND, chloé: FIRST}, {"answer": FIRST, "p": 0.93}),
        one(31, {"ann": SECOND, "ben": OUTSIDE}, None),
        one(32, {"ben": FIRST, chloé: SECOND}, {"answer": SECOND, "p": 0.6}),
    ]
    return {"items": items, "left": 3}


def shared(page: Any, served: Served, role: str = "owner") -> list[dict[str, Any]]:
    """Make the page think that several people are here; returns the last words that it sends or withdraws."""
    words: list[dict[str, Any]] = []

    def decide(route: Any) -> None:
        words.append(route.request.post_data_json)
        route.fulfill(json={})

    project = served.call("/api/project") | {"role": role, "several": True, "actor": "ann"}
    page.route("**/api/project", lambda route: route.fulfill(json=project))
    page.route("**/api/people", lambda route: route.fulfill(json={"people": PEOPLE}))
    page.route("**/api/agreement", lambda route: route.fulfill(json=AGREEMENT))
    page.route("**/api/disagreements", lambda route: route.fulfill(json=disagreements(served)))
    page.route("**/api/adjudicate", decide)
    page.route("**/api/reopen", decide)
    return words

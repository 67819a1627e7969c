"""What holds for all tests: no example is judged by the time it takes, and on which engine logs are kept.

With `ASKNEXT_POSTGRES=postgresql://…` every log that a test makes in its own process is a schema of that
database, which is dropped afterwards; `.ci/postgres COMMAND` has a server for it. Tests marked `sqlite` are
about the file, and those marked `postgres` about the server.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from sqlalchemy import URL

from asknext.log import place, store
from asknext.log.place import Place, address

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

SERVER = os.environ.get("ASKNEXT_POSTGRES", "")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """A browser for the tests of a module, or a skip."""
    from page_server import browser

    with browser() as found:
        yield found


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A labelling project at work for the tests of a module, one round on."""
    from asknext.studio.desk import Desk
    from studio_project import project, round_of

    found = Desk(project(tmp_path_factory.mktemp("desk")))
    round_of(found)
    yield found
    found.close()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave out what is about the other engine."""
    absent, why = ("sqlite", "about a log in a file") if SERVER else ("postgres", "needs ASKNEXT_POSTGRES")
    for item in items:
        if item.get_closest_marker(absent):
            item.add_marker(pytest.mark.skip(reason=why))


@pytest.fixture
def database() -> URL:
    """The database that tests may use."""
    return address(SERVER)


@pytest.fixture(autouse=True)
def engine(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """New logs go to the server, where there is one; what was made there is dropped."""
    if not SERVER:
        yield
        return
    found, settle = store.place_of, place.settle

    def settled(path: Path, url: URL, name: str) -> None:
        settle(path, url, name)
        schemas.append(place.named(path))

    def place_of(path: Path | None) -> Place:
        if path is not None and not place.holds_log(path):
            settled(path, address(SERVER), "test")
        return found(path)

    schemas: list[place.Schema | None] = []
    monkeypatch.setattr("asknext.log.store.place_of", place_of)
    monkeypatch.setattr("asknext.studio.project.settle", settled)
    yield
    for schema in schemas:
        if schema is not None:
            replace(schema, url=address(SERVER)).drop()

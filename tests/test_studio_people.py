"""Who may come: the file, the command, and the addresses."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path
from typing import Any

import pytest

from asknext.cli import people as command  # noqa: F401  (it registers)
from asknext.errors import AskNextError
from asknext.files import write_json
from asknext.studio.address import Address, as_origin
from asknext.studio.people import LONGEST, PEOPLE, STARTS, People, as_name
from asknext.studio.roles import Person, Role
from asknext.studio.serving import address, check_company, listen
from command_line import refused, run
from studio_project import project

ADDRESS = "http://127.0.0.1:8017"


@pytest.fixture
def people(tmp_path: Path) -> People:
    return People(tmp_path)


# ---------------------------------------------------------------- the file


def test_a_link_lets_in_until_it_ends(people: People) -> None:
    assert (list(people), len(people), people.address) == ([], 0, "")
    token = people.add("ann", Role.ANNOTATOR)
    ann = Person("ann", Role.ANNOTATOR)
    assert people.who(token) == ann
    assert list(people) == [ann]
    other = people.link("ann")
    assert (people.who(token), people.who(other)) == (None, ann)
    people.remove("ann")
    assert people.who(other) is None
    assert len({token, other, people.add("ann", Role.VIEWER)}) == 3
    assert len(token) >= 43


def test_the_owner_keeps_the_newest_starts(people: People) -> None:
    tokens = [people.enter("me", ADDRESS) for _ in range(STARTS + 1)]
    assert [people.who(token) for token in tokens] == [None] + [Person("me", Role.OWNER)] * STARTS
    assert people.address == ADDRESS
    token = people.add("you", Role.VIEWER)
    people.enter("you", "http://127.0.0.1:8018")
    assert people.who(token) == Person("you", Role.OWNER), "who starts the server is its owner"
    assert people.address == "http://127.0.0.1:8018"


def test_the_file_holds_no_token_and_is_for_its_owner_alone(people: People) -> None:
    token = people.add("ann", Role.ANNOTATOR)
    assert token not in people.path.read_text()
    (told,) = json.loads(people.path.read_text())["people"]
    assert (told["name"], told["role"], len(told["tokens"])) == ("ann", "annotator", 1)
    if os.name != "nt":
        assert people.path.stat().st_mode & 0o777 == 0o600


def test_another_process_is_heard_at_once(people: People) -> None:
    there, elsewhere = people, People(people.path.parent)
    token = elsewhere.add("ann", Role.ANNOTATOR)
    assert there.who(token)
    elsewhere.remove("ann")
    assert there.who(token) is None
    token = elsewhere.add("ann", Role.ANNOTATOR)
    assert there.who(token)
    people.path.unlink()
    assert there.who(token) is None


def test_several_who_change_the_file_at_once_lose_nothing(people: People) -> None:
    names = [f"person {i}" for i in range(12)]
    threads = [
        threading.Thread(target=People(people.path.parent).add, args=(name, Role.VIEWER)) for name in names
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(one.name for one in people) == sorted(names)


GOOD = {"name": "ann", "role": "viewer", "tokens": ["0" * 64]}


@pytest.mark.parametrize(
    "told",
    [
        None, [], {}, {"people": []}, {"address": 1, "people": []}, {"address": "", "people": {}},
        {"address": "", "people": ["ann"]}, {"address": "", "people": [GOOD, GOOD]},
        *({"address": "", "people": [{**GOOD, **wrong}]} for wrong in (
            {"role": "king"}, {"role": 1}, {"name": 1}, {"name": ""}, {"tokens": "0" * 64},
            {"tokens": ["é" * 64]}, {"tokens": [1]}, {"more": 1},
        )),
    ],
)  # fmt: skip
def test_a_damaged_file_is_told_in_a_sentence(people: People, told: Any) -> None:
    write_json(people.path, {"address": "", "people": [GOOD]})
    assert len(people) == 1
    write_json(people.path, told)
    with pytest.raises(AskNextError, match=r"is damaged; restore it from a copy"):
        people.who("x")


@pytest.mark.parametrize(
    "name", ["", "  ", "x" * (LONGEST + 1), "a\nb", "a\x00", "\u202eann", "import", "IMPORT", "\ud800", 1]
)
def test_names_that_are_none(name: Any) -> None:
    with pytest.raises(AskNextError):
        as_name(name)


def test_names_are_told_apart(people: People) -> None:
    people.add(" Zoë Müller ", Role.VIEWER)
    for name in ("Zoë Müller", "zoë müller", "Zoe\u0308 Müller"):
        with pytest.raises(AskNextError, match="there is Zoë Müller already"):
            people.add(name, Role.VIEWER)
    for deed in (people.link, people.remove):
        with pytest.raises(AskNextError, match="there is nobody of the name 'bob'; there is: Zoë Müller"):
            deed("bob")


# ---------------------------------------------------------------- where


def test_addresses_are_read_as_browsers_name_them() -> None:
    for text, origin in (
        ("https://labels.example.org", "https://labels.example.org"), ("HTTP://Lab:80/", "http://lab"),
        ("https://x:443", "https://x"), ("https://x:80", "https://x:80"), ("http://[::1]:9", "http://[::1]:9"),
        ("https://bücher.example", "https://xn--bcher-kva.example"),
    ):  # fmt: skip
        assert as_origin(text) == origin
    for text in ("", "labels.example.org", "ftp://x", "https://", "https://x/path", "https://x?y", "https://u@x",
                 "https://x:y", "https://x:99999", "javascript:alert(1)", "https://" + "x" * 70):  # fmt: skip
        with pytest.raises(AskNextError, match="is no address of a server"):
            as_origin(text)


def test_hosts_and_origins_of_an_address() -> None:
    alone = Address(9)
    assert alone.hosts == {"127.0.0.1:9", "localhost:9"}
    assert alone.private
    where = Address(9, "0.0.0.0", ("https://a.org", "http://b:8"))
    assert where.hosts == {"127.0.0.1:9", "localhost:9", "a.org", "b:8"}
    assert where.origins == {"http://127.0.0.1:9", "http://localhost:9", "https://a.org", "http://b:8"}
    assert (where.url, where.private) == ("https://a.org", False)
    assert Address(9, "10.0.0.1").url == "http://10.0.0.1:9"
    assert Address(9, "::1").hosts >= {"[::1]:9"}


def test_nobody_comes_from_elsewhere_before_somebody_was_added(people: People) -> None:
    people.enter("me", ADDRESS)
    elsewhere = Address(9, "10.0.0.1"), Address(9, names=("https://a.org",))
    for where in elsewhere:
        with pytest.raises(AskNextError, match=r"there is nobody but you.*asknext people .* add NAME"):
            check_company(people, "me", where)
    check_company(people, "me", Address(9))
    people.add("you", Role.ANNOTATOR)
    for where in elsewhere:
        check_company(people, "me", where)


def test_every_address_of_the_machine_needs_a_name() -> None:
    with listen(None, "0.0.0.0") as socket:
        with pytest.raises(AskNextError, match="stands for every address of this machine"):
            address(socket, "0.0.0.0")
        assert address(socket, "0.0.0.0", ["http://lab:1"]).url == "http://lab:1"
    for nowhere in ("192.0.2.1", "no.such.host.invalid"):
        with pytest.raises(AskNextError, match="this machine has no address"):
            listen(None, nowhere)


# ---------------------------------------------------------------- the command


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = project(tmp_path_factory.mktemp("people"))
    made.close()
    return made.path


def test_the_command_adds_lists_links_and_removes(path: Path) -> None:
    assert "Nobody yet" in run("people", path).stdout
    added = run("people", path, "add", "Ann Lee").stdout
    assert "?token=" in added
    assert "never opened" in added
    people = People(path)
    people.enter("me", ADDRESS)
    again = run("people", path, "link", "Ann Lee").stdout
    link = next(word for word in again.split() if word.startswith("http"))
    where, _, token = link.partition("/?token=")
    assert where == ADDRESS
    assert "this machine only" in again
    assert people.who(token) == Person("Ann Lee", Role.ANNOTATOR)
    told = json.loads(run("people", path, "add", "bob", "--role", "viewer", "--json").stdout)
    assert told["name"] == "bob"
    assert people.who(told["link"].partition("=")[2]) == Person("bob", Role.VIEWER)
    assert json.loads(run("people", path, "--json").stdout) == [
        {"name": "Ann Lee", "role": "annotator"}, {"name": "me", "role": "owner"},
        {"name": "bob", "role": "viewer"},
    ]  # fmt: skip
    assert "Ann Lee" in run("people", path).stdout
    assert "shut out" in run("people", path, "remove", "bob").stdout
    assert [one.name for one in people] == ["Ann Lee", "me"]


def test_the_command_refuses_in_a_line(path: Path, tmp_path: Path) -> None:
    assert "there is no project" in refused("people", tmp_path / "none")
    assert "say whom it is about" in refused("people", path, "add")
    assert "nobody of the name" in refused("people", path, "remove", "nobody")
    assert "--role is for add" in refused("people", path, "link", "me", "--role", "owner")
    assert "'king'" in refused("people", path, "add", "x", "--role", "king")
    assert "cannot be seen" in refused("people", path, "add", "a\tb")
    assert "'import'" in refused("people", path, "add", "import")
    bad = tmp_path / "copy"
    bad.mkdir()
    for part in path.iterdir():
        if part.is_file() and not part.name.startswith("."):
            (bad / part.name).write_bytes(part.read_bytes())
    (bad / PEOPLE).write_text("{")
    assert "is damaged" in refused("people", bad)
    assert "is damaged" in refused("people", bad, "add", "x")

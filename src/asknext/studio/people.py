"""Who may come to a project, and what each may do."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from asknext.answers import as_text
from asknext.errors import AskNextError
from asknext.files import read_json, write_json
from asknext.studio.project import IMPORTER
from asknext.studio.roles import Person, Role

PEOPLE = "people.json"
STARTS = 5
"""Starts of the server whose addresses remain good."""

LONGEST = 100
"""Characters of a name at most."""

_PATIENCE = 10.0  # seconds to wait for another command that changes the file
_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class _Entry:
    name: str
    role: Role
    tokens: tuple[str, ...]  # only their digests: 256 random bits need no salt and no slow hash

    @property
    def person(self) -> Person:
        return Person(self.name, self.role)


@dataclass(frozen=True)
class _Book:
    """What the file says: the address last served, and the people by name."""

    address: str = ""
    entries: dict[str, _Entry] = field(default_factory=dict)


class People:
    """The people of a project, as its `people.json` has them now: it is read again when it has changed.

    The file is for its owner's eyes alone, and holds no token, only what tells one.

    Parameters
    ----------
    folder : the directory of the project.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / PEOPLE
        self._kept: tuple[object, _Book] = (None, _Book())

    def __iter__(self) -> Iterator[Person]:
        return iter([entry.person for entry in self._book().entries.values()])

    def __len__(self) -> int:
        return len(self._book().entries)

    @property
    def address(self) -> str:
        """The address at which the project was served last; empty where it never was."""
        return self._book().address

    def who(self, token: str) -> Person | None:
        """Whom a token lets in, if anybody; it takes as long for a wrong one.

        Raises
        ------
        AskNextError : the file is damaged.
        """
        given, found = _digest(token), None
        for entry in self._book().entries.values():
            for kept in entry.tokens:
                if hmac.compare_digest(given, kept):
                    found = entry.person
        return found

    def enter(self, name: str, address: str) -> str:
        """The owner starts the server at an address: a new token; those of the last starts remain good."""

        def change(book: _Book, token: str) -> _Book:
            known = book.entries.get(name)
            tokens = (_digest(token), *(known.tokens if known else ()))[:STARTS]
            entry = _Entry(as_name(name), Role.OWNER, tokens)
            return _Book(address, {**book.entries, name: entry})

        return self._change(change)

    def add(self, name: str, role: Role) -> str:
        """Somebody more; the token that lets in.

        Raises
        ------
        AskNextError : the name is taken or none.
        """
        name = as_name(name)

        def change(book: _Book, token: str) -> _Book:
            if taken := next((one for one in book.entries if one.casefold() == name.casefold()), None):
                raise AskNextError(f"there is {taken} already; give a new link, or choose another name.")
            return replace(book, entries={**book.entries, name: _Entry(name, role, (_digest(token),))})

        return self._change(change)

    def link(self, name: str) -> str:
        """A new token for somebody; those before end.

        Raises
        ------
        AskNextError : there is nobody of this name.
        """

        def change(book: _Book, token: str) -> _Book:
            entry = replace(_find(book, name), tokens=(_digest(token),))
            return replace(book, entries={**book.entries, entry.name: entry})

        return self._change(change)

    def remove(self, name: str) -> None:
        """Shut somebody out; what was answered stays in the log.

        Raises
        ------
        AskNextError : there is nobody of this name.
        """

        def change(book: _Book, _: str) -> _Book:
            gone = _find(book, name)
            return replace(book, entries={n: e for n, e in book.entries.items() if e is not gone})

        self._change(change)

    def _change(self, change: Callable[[_Book, str], _Book]) -> str:
        """Replace the file by what follows from it and a new token, one command at a time; the token."""
        token = secrets.token_urlsafe(32)
        lock = FileLock(self.path.with_name(f".{PEOPLE}.lock"), timeout=_PATIENCE)
        try:
            with lock:
                book = change(self._book(), token)
                people = [
                    {"name": one.name, "role": one.role, "tokens": list(one.tokens)}
                    for one in book.entries.values()
                ]
                write_json(self.path, {"address": book.address, "people": people}, mode=0o600)
        except Timeout as error:
            raise AskNextError(f"{self.path} is being changed elsewhere; try again.") from error
        return token

    def _book(self) -> _Book:
        try:
            found = self.path.stat()
        except FileNotFoundError:
            return _Book()
        except OSError as error:
            raise AskNextError(f"{self.path} cannot be read ({error.strerror}); mend that.") from error
        stamp = (found.st_ino, found.st_mtime_ns, found.st_size)
        if stamp != self._kept[0]:
            self._kept = (stamp, _read(self.path))
        return self._kept[1]


def as_name(name: Any) -> str:
    """The name of a person.

    Raises
    ------
    AskNextError : empty, too long, with characters that cannot be seen, or the name that stands for labels
        that came with the items.
    """
    text = unicodedata.normalize("NFC", as_text("the name", name)).strip()
    if not text or len(text) > LONGEST:
        raise AskNextError(f"the name has {len(text)} characters; give one of 1 to {LONGEST}.")
    if any(unicodedata.category(character)[0] == "C" for character in text):
        raise AskNextError(f"the name {text!a} has characters that cannot be seen; leave them out.")
    if text.casefold() == IMPORTER:
        raise AskNextError(f"'{IMPORTER}' stands for labels that came with the items; choose another name.")
    return text


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def _find(book: _Book, name: str) -> _Entry:
    if name not in book.entries:
        known = ", ".join(book.entries) or "nobody yet"
        raise AskNextError(f"there is nobody of the name {name!a}; there is: {known}.")
    return book.entries[name]


def _read(path: Path) -> _Book:
    """What the file says.

    Raises
    ------
    AskNextError : it is damaged, or not to be read.
    """
    try:
        told = read_json(path)
        entries = [_entry(**one) for one in told["people"]]
        book = _Book(told["address"], {entry.name: entry for entry in entries})
        lists = isinstance(told["people"], list) and isinstance(book.address, str)
        if not lists or len(book.entries) != len(entries):
            raise ValueError("no list, no address, or a name twice")
    except OSError as error:
        raise AskNextError(f"{path} cannot be read ({error.strerror}); mend that.") from error
    except (AskNextError, KeyError, TypeError, ValueError) as error:
        raise AskNextError(
            f"{path} is damaged; restore it from a copy, or remove it and add the people anew."
        ) from error
    return book


def _entry(name: Any, role: Any, tokens: Any) -> _Entry:
    if not isinstance(tokens, list) or not all(_DIGEST.fullmatch(one) for one in tokens):
        raise ValueError("no digests")
    return _Entry(as_name(name), Role(role), tuple(tokens))

"""The server of a project: its socket, its start and its end."""

from __future__ import annotations

import errno
import getpass
import socket
import webbrowser
from collections.abc import Callable, Iterable
from contextlib import closing
from threading import Thread

from asknext.errors import AskNextError
from asknext.studio.address import EVERYWHERE, LOOPBACK, Address, as_origin
from asknext.studio.people import People, as_name
from asknext.studio.project import Project

FIRST, TRIED = 8017, 50
"""The port tried first, and how many after it."""


def listen(port: int | None, host: str = LOOPBACK) -> socket.socket:
    """A socket of this machine.

    Parameters
    ----------
    port : the port; None for the first free one.
    host : an address of this machine; by default the one that is reached from nowhere else.

    Raises
    ------
    AskNextError : the port is taken, or the host is none of this machine.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for wanted in [port] if port is not None else [*range(FIRST, FIRST + TRIED), 0]:
        found = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # asyncio: no delay
        try:
            found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            found.bind((host, wanted))
            found.listen(128)
            return found
        except OSError as error:
            found.close()
            if isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
                raise AskNextError(
                    f"this machine has no address {host!a}; give one of its own as --host."
                ) from error
    raise AskNextError(f"port {port} is taken or not allowed; choose another --port, or leave it out.")


def address(listening: socket.socket, host: str = LOOPBACK, names: Iterable[str] = ()) -> Address:
    """The address of a socket.

    Parameters
    ----------
    listening : see `listen`.
    host : where it listens.
    names : the addresses that people open, where they are others.

    Raises
    ------
    AskNextError : a name is none, or the host stands for every address and no name is given.
    """
    origins = tuple(as_origin(name) for name in names)
    port = listening.getsockname()[1]
    if host in EVERYWHERE and not origins:
        raise AskNextError(
            f"--host {host} stands for every address of this machine; say which one people open, such as "
            f"--address http://{socket.gethostname()}:{port}."
        )
    return Address(port, host, origins)


def serve(
    project: Project,
    listening: socket.socket,
    where: Address,
    told: Callable[[str], None],
    browse: bool = False,
) -> None:
    """Serve a project until the process is told to end.

    Parameters
    ----------
    project : what is labelled.
    listening, where : see `listen` and `address`.
    told : is given the link of the owner, who started this, as soon as it is good.
    browse : whether to open a browser.

    Raises
    ------
    AskNextError : it is served elsewhere, or others could come and nobody was added.
    """
    import uvicorn

    from asknext.studio.api import make_app
    from asknext.studio.backups import back_up, pointing_to_a_copy
    from asknext.studio.desk import Desk
    from asknext.studio.supervisor import Supervisor

    owner, people = person(), People(project.path)
    check_company(people, owner, where)
    with pointing_to_a_copy(project.path):
        desk = Desk(project)
    with closing(desk):  # also where nobody can be let in
        Thread(target=back_up, args=(project, list(desk.log)), daemon=True).start()
        app = make_app(desk, Supervisor(desk, desk.touch), people, where)
        behind = bool(where.names)  # then a proxy on this machine says who asks
        settings = uvicorn.Config(app, log_level="warning", access_log=False, server_header=False,
                                  proxy_headers=behind, timeout_graceful_shutdown=1)  # fmt: skip
        link = where.link(people.enter(owner, where.url))
        told(link)
        if browse:
            Thread(target=webbrowser.open, args=(link,), daemon=True).start()
        server = uvicorn.Server(settings)
        app.state.ended = lambda: server.should_exit
        server.run(sockets=[listening])


def check_company(people: People, owner: str, where: Address) -> None:
    """Refuse to be reached from elsewhere while there is nobody to come.

    Raises
    ------
    AskNextError : there is only the owner.
    """
    if not where.private and all(one.name == owner for one in people):
        raise AskNextError(
            f"there is nobody but you, so this project is not served at {where.url}; add somebody first, by "
            f"asknext people {people.path.parent} add NAME."
        )


def person() -> str:
    """The owner: the user of this machine, where it tells."""
    try:
        return as_name(getpass.getuser())
    except (OSError, KeyError, ImportError, AskNextError):
        return "owner"

"""Who may ask for what: each route takes the person as one of these, and so names the roles it is for."""

from __future__ import annotations

from typing import Annotated

from fastapi import Request, Security
from fastapi.security import HTTPBearer, SecurityScopes
from starlette.exceptions import HTTPException

from asknext.studio.roles import Person, Role


class Access(HTTPBearer):
    """The person who asks, whom the guard let in, if the role is one of those that may."""

    async def __call__(self, request: Request, roles: SecurityScopes) -> Person:  # type: ignore[override]
        """The person.

        Raises
        ------
        HTTPException : the role is another.
        """
        person: Person = request.state.person
        if person.role not in roles.scopes:
            able = " or ".join(roles.scopes)
            raise HTTPException(403, f"you are {person.role} here, and this is for {able}; ask the owner.")
        return person


_access = Access(scheme_name="token", description="The token of a link, or the cookie that it becomes.")

Anyone = Annotated[Person, Security(_access, scopes=[Role.VIEWER, Role.ANNOTATOR, Role.OWNER])]
Reader = Annotated[Person, Security(_access, scopes=[Role.VIEWER, Role.OWNER])]
Labeller = Annotated[Person, Security(_access, scopes=[Role.ANNOTATOR, Role.OWNER])]
Owner = Annotated[Person, Security(_access, scopes=[Role.OWNER])]

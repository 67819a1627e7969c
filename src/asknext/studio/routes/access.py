"""Who may ask for what: each route takes the person as one of these, and so names the roles it is for."""

from __future__ import annotations

from typing import Annotated

from fastapi import Request, Security
from fastapi.security import SecurityScopes
from starlette.exceptions import HTTPException

from asknext.studio.roles import Person, Role


async def allowed(request: Request, roles: SecurityScopes) -> Person:
    """The person who asks, if the role is one of those that may."""
    person: Person = request.state.person
    if person.role not in roles.scopes:
        able = " or ".join(roles.scopes)
        raise HTTPException(403, f"you are {person.role} here, and this is for {able}; ask the owner.")
    return person


Anyone = Annotated[Person, Security(allowed, scopes=[Role.VIEWER, Role.ANNOTATOR, Role.OWNER])]
Reader = Annotated[Person, Security(allowed, scopes=[Role.VIEWER, Role.OWNER])]
Labeller = Annotated[Person, Security(allowed, scopes=[Role.ANNOTATOR, Role.OWNER])]
Owner = Annotated[Person, Security(allowed, scopes=[Role.OWNER])]

"""What the page may send: the bodies of its requests, strict in their types and bounded in their size."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictFloat, StrictInt, StrictStr

from asknext.pool import Answer
from asknext.types import Label

MOST = 10_000
"""Items in one request at most."""

Id = Annotated[StrictStr, Field(min_length=1, max_length=200)]
Name = Annotated[StrictStr, Field(max_length=200)] | StrictBool | StrictInt | StrictFloat
Text = Annotated[StrictStr, Field(max_length=10_000)]
Tab = Annotated[StrictStr, Field(max_length=200)]
Item = Annotated[StrictInt, Field(ge=0, lt=2**53)]
Items = Annotated[list[Item], Field(min_length=1, max_length=MOST, json_schema_extra={"uniqueItems": True})]


class Body(BaseModel):
    """A body with these fields and no others."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class ClassAnswer(Body):
    """The item is of this class."""

    name: Name = Field(alias="class")


class OtherAnswer(Body):
    """The item is of no class, the person does not know, or leaves it for later."""

    kind: Literal["out-of-scope", "unsure", "skipped"]


class Given(Body):
    """One answer for some items."""

    id: Id
    items: Items
    answer: ClassAnswer | OtherAnswer

    @property
    def given(self) -> Label | Answer:
        """The answer as the campaign has it."""
        return Answer(self.answer.kind) if isinstance(self.answer, OtherAnswer) else self.answer.name


class Adjudication(Given):
    """The last word on some items."""


class Answers(Given):
    """An answer, with how it came about."""

    seconds: Annotated[float, Field(ge=0, le=1e6)] | None = None
    comment: Text | None = None
    replace: StrictBool = False


class Retraction(Body):
    """Answers to take back."""

    id: Id
    items: Items
    tab: Tab = ""


class Reopening(Body):
    """Last words to withdraw."""

    id: Id
    items: Items


class Release(Body):
    """Items that a tab gives back."""

    items: Items
    tab: Tab = ""


class Verdict(Body):
    """Labels that were looked over."""

    id: Id
    items: Items
    verdict: Literal["keep"]


class Comment(Body):
    """A remark on some items."""

    id: Id
    items: Items
    text: Annotated[StrictStr, Field(min_length=1, max_length=10_000)]


class NewClass(Body):
    """A class to be, provisional where it has no name."""

    name: Name | None = None


class Deed(Body):
    """Something done to a class."""

    id: Id | None = None
    name: Name


class Rename(Deed):
    """Another name for a class."""

    to: Name


class Merge(Deed):
    """A class that becomes part of another."""

    into: Name


class Split(Deed):
    """Items of a class that become another one."""

    items: Items
    to: Name


def sentence(errors: list[Any]) -> str:
    """The first thing wrong with a request, as one sentence."""
    first = errors[0] if errors else {"loc": (), "msg": "it cannot be read"}
    place = ".".join(str(part) for part in first["loc"][1:] if isinstance(part, str | int))
    message = " ".join(str(first["msg"]).split()).rstrip(".")
    return f"{place or 'the request'} is wrong: {message[:1].lower()}{message[1:]}."

"""What the routes reply, in their shape; values that may be unknown are null."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictFloat, StrictInt, StrictStr

from asknext.studio.roles import Role

Name = StrictStr | StrictBool | StrictInt | StrictFloat


class Reply(BaseModel):
    """A reply with these fields and no others."""

    model_config = ConfigDict(extra="forbid")


class Error(Reply):
    """What is wrong, and what to do, in a sentence."""

    error: str


class Class(Reply):
    """A class, how many items carry it, and whether its name is to come."""

    name: Name
    count: int
    provisional: bool


class Classes(Reply):
    """The classes in order of appearance."""

    classes: list[Class]


class Project(Reply):
    """What is labelled, how, and by whom."""

    id: str
    name: str
    kind: Literal["image", "text", "table"]
    n: int
    encoder: str
    encoder_note: str
    strategy: str
    learner: str
    batch: int
    retrain_every: int
    audit: float
    overlap: float
    opinions: int
    classes: list[Class]
    actor: str
    role: Role
    several: bool


class Text(Reply):
    """A text, and whether it is a long one."""

    text: str
    long: bool


class Image(Reply):
    """Where a picture is, and what is known of it."""

    image: str
    width: int
    height: int
    name: str


class Row(Reply):
    """The row of a table: names and values."""

    columns: list[tuple[str, Any]]


class ClassAnswer(Reply):
    """The item is of this class."""

    name: Name = Field(alias="class")


class OtherAnswer(Reply):
    """The item is of no class, somebody did not know, or left it for later."""

    kind: Literal["out-of-scope", "unsure", "skipped"]


Answer = ClassAnswer | OtherAnswer


class Likely(Reply):
    """A class by the model, and its probability."""

    name: Name
    p: float


class Served(Reply):
    """An item, why it is served, and what is known of it."""

    item: int
    slot: Literal["asked", "left over", "again", "random", "second opinion"]
    round: int | None
    content: Text | Image | Row
    answer: Answer | None
    model: Likely | None
    several: bool
    decided: bool


class Items(Reply):
    """Some items."""

    items: list[Served]


class ItemsOfClass(Items):
    """Some items of a class, and how many more there are beyond them."""

    left: int


class Opinion(Reply):
    """What somebody said."""

    actor: str
    answer: Answer


class Modelled(Reply):
    """An answer by a model of how each person errs, and its probability."""

    answer: Answer
    p: float


class Disputed(Served):
    """An item on which people disagree."""

    opinions: list[Opinion]
    majority: Answer
    dawid_skene: Modelled | None


class Disagreements(Reply):
    """Items on which people disagree, and how many more there are."""

    items: list[Disputed]
    left: int


class Pair(Reply):
    """How far two people agree; `confusion` says how often a said the i-th and b the j-th of `names`."""

    a: str
    b: str
    items: int
    percent: float
    kappa: float | None
    names: list[Name]
    confusion: list[list[int]]


class Agreement(Reply):
    """How far people agree: Krippendorff's alpha with an interval, and each pair of people."""

    items: int
    percent: float | None
    alpha: float | None
    low: float | None
    high: float | None
    pairs: list[Pair]


class Neighbour(Reply):
    """An item that carries a class, and how far it is."""

    item: int
    answer: Answer | None
    distance: float


class Why(Reply):
    """Why an item is asked, what the model thinks of it, and what it resembles."""

    strategy: str | None
    sentence: str
    round: int | None
    rank: int | None
    of: int | None
    score: float | None
    told: str
    parts: dict[str, float]
    likeliest: list[Likely]
    neighbours: list[Neighbour]


class Counts(Reply):
    """How many items have which answer."""

    answered: int
    labelled: int
    out_of_scope: int
    unsure: int
    skipped: int
    left: int


class Done(Reply):
    """The delivery that was taken in, and how far it is now."""

    event: str
    counts: Counts


class Answered(Done):
    """The delivery, and whether it was a second opinion of some of the items."""

    second: bool = False


class Released(Reply):
    """How many items were given back."""

    released: int


class Pace(Reply):
    """How fast the labelling is."""

    per_minute: float | None
    median_seconds: float | None


class Job(Reply):
    """How the worker is."""

    state: Literal["idle", "running", "failed"]
    kind: str
    since: float | None
    error: str | None


class Ranking(Reply):
    """The newest round, and the answers since."""

    round: int
    age: int


class Advice(Reply):
    """What to do next, and what speaks for it."""

    action: str
    sentence: str
    evidence: list[dict[str, Any]]


class Accuracy(Reply):
    """How often the model is right, by the audit items, with an interval."""

    value: float
    low: float
    high: float
    n: float


class Point(Reply):
    """A round of the series."""

    round: int
    labelled: int
    churn: float | None
    agreement: float | None
    exploration: float | None
    accuracy: Accuracy | None
    classes: int


class Status(Counts):
    """How far the labelling is."""

    seq: int
    round: int
    classes: list[Class]
    pace: Pace
    job: Job
    ranking: Ranking | None
    advice: Advice | None
    accuracy: Accuracy | None
    series: list[Point]


class Map(Reply):
    """Where items stand, with a value each, and how many of how many are shown."""

    ids: list[int]
    x: list[float]
    y: list[float]
    value: list[Name | None]
    answered: list[bool]
    shown: int
    of: int


class Suspect(Reply):
    """A label that the model doubts; p is the probability of the label."""

    item: int
    answer: Answer
    model: Name
    p: float


class Duplicates(Reply):
    """Equal items with different answers."""

    items: list[int]
    answers: list[Answer]


class Review(Reply):
    """Labels to look over."""

    suspects: list[Suspect]
    duplicates: list[Duplicates]


class Member(Reply):
    """Somebody, and what they did: items answered, the median of their seconds, and when they last did."""

    name: str
    role: Role
    answers: int
    seconds: float | None
    last: str | None


class People(Reply):
    """Who may come."""

    people: list[Member]


class Asked(Reply):
    """How the job is after one was asked for."""

    job: Literal["idle", "running", "failed"]


class Cancelled(Reply):
    """Whether there was a job to end."""

    cancelled: bool

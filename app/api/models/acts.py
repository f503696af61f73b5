"""What is asked to be done, and what was."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StrictBool, StrictInt, StrictStr

from app.api.models.base import Body, Model

Written = StrictStr | StrictInt | StrictBool | list[StrictStr]
"""A field as it may be written; the act's own type is made of it."""

Fields = Annotated[
    dict[str, Written],
    Field(
        description="Fields of the act; facts the procedure asks about; when a dossier is opened, "
        "particulars of the applicant (`applicant.name`).",
        max_length=200,
    ),
]
At = Annotated[
    str | None,
    Field(description="When it happened, if not now. A time without an offset is Vietnam's."),
]


class Opening(Body):
    """Receives a dossier at a desk, or registers one that was filled in online.

    The officer is who is signed in. `agency`: the desk; his own when left out. `dossier`: the
    code of one that was registered online and is received now.
    """

    procedure: str = Field(min_length=1, max_length=200)
    act: Literal["receive", "register"] = "receive"
    agency: str | None = Field(None, max_length=200)
    dossier: str | None = Field(None, min_length=1, max_length=200)
    fields: Fields = Field(default_factory=dict)
    at: At = None


class Act(Body):
    """An act on a dossier, by who is signed in. `leg`: its path ("" is the root); when left out,
    the one open leg in which he may do it."""

    act: str = Field(min_length=1, max_length=60, examples=["forward"])
    leg: str | None = Field(None, max_length=200)
    fields: Fields = Field(default_factory=dict)
    at: At = None


class Pinned(Model):
    id: str
    version: str


class Opened(Model):
    """`applicant`: the names of what was kept of the applicant, without the values."""

    code: str
    appointment: str | None
    unit_appointment: str | None
    procedure: Pinned
    calendar: str
    version: int
    events: list[str]
    applicant: list[str]
    repeated: bool
    position: str


class Done(Model):
    """`position`: what a read may wait for (`after`). `repeated`: answered so before."""

    code: str
    version: int
    events: list[str]
    leg: str
    act: str
    repeated: bool
    position: str


class Possible(Model):
    act: str
    leg: str
    who: list[str]


class Impossible(Model):
    act: str
    leg: str
    rule: str
    message: str


class Acts(Model):
    version: int
    possible: list[Possible]
    impossible: list[Impossible]

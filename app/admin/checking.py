"""A file that somebody uploaded: what is wrong with it, and the procedure that it makes.

It is checked beside the definitions that are known, so that its legs may run their procedures;
a file of the folder that defines the same procedure is left out, since the new one takes over.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import msgspec

from workflows.load import BadProcedure, check, load_procedure
from workflows.model import Procedure
from workflows.yaml_source import Problem, read_source

if TYPE_CHECKING:
    from engine.core.law import Law

NAME = "upload.yaml"
VERSION, VALID_FROM = "version", "valid from"


class Checked(msgspec.Struct, frozen=True):
    """`procedure`: None when something is wrong. Problems have line and column."""

    procedure: Procedure | None
    errors: tuple[Problem, ...]
    warnings: tuple[Problem, ...]


def checked(content: bytes, law: Law, folder: Path, others: Iterable[bytes] = ()) -> Checked:
    """`folder`: the definitions in files; `others`: those that were uploaded and activated."""
    with TemporaryDirectory(prefix="definition-") as place:
        file = Path(place) / NAME
        file.write_bytes(content)
        for number, each in enumerate(others):
            (Path(place) / f"activated-{number}.yaml").write_bytes(each)
        for known in folder.glob("*.yaml"):
            (Path(place) / f"known-{known.name}").write_bytes(known.read_bytes())
        id_ = _id(file)
        beside = [each for each in sorted(Path(place).glob("*.yaml")) if each != file]
        for other in beside:
            if _id(other) == id_:
                other.unlink()
        # That the others are sound was found out when they came.
        report = check([file, *(each for each in beside if each.exists())], law.organisation)
        errors = _own(report.errors, file)
        warnings = _own(report.warnings, file)
        try:
            procedure = None if errors else load_procedure(file)
        except BadProcedure as bad:
            errors, procedure = _own(bad.problems, file), None
    if procedure is not None:
        errors = tuple(_against(procedure, law))
    return Checked(None if errors else procedure, errors, warnings)


def _id(file: Path) -> str | None:
    """The procedure that a file says it defines."""
    value = read_source(file).value
    found = value.get("procedure") if isinstance(value, dict) else None
    return found if isinstance(found, str) else None


def _own(problems: Iterable[Problem], file: Path) -> tuple[Problem, ...]:
    found = (each for each in problems if Path(each.file) == file)
    return tuple(msgspec.structs.replace(each, file="") for each in found)


def _against(procedure: Procedure, law: Law) -> Iterable[Problem]:
    """What the versions that are registered have against it: one that is there never changes,
    and a new one takes over from those before it."""
    for known in law.procedures():
        if known.id != procedure.id:
            continue
        if known.version == procedure.version:
            if known.digest != procedure.digest:
                said = f"{known.id} {known.version} is registered with other content: give it"
                yield Problem("", 1, 1, VERSION, f"{said} another version")
        elif known.valid_from >= procedure.valid_from:
            said = f"version {known.version} begins on {known.valid_from}: a new one begins later"
            yield Problem("", 1, 1, VALID_FROM, said)


def in_force(law: Law, id_: str, day: str) -> Procedure | None:
    """The version of a procedure in force on a day ("2021-07-01"); None when there is none."""
    valid = [
        each
        for each in law.procedures()
        if each.id == id_ and each.valid_from <= day and (each.valid_to or "9999") >= day
    ]
    return max(valid, key=lambda each: each.valid_from, default=None)

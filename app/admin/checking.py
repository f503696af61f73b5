"""A file that somebody uploaded: what is wrong with it, and the definition that it makes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, TypeVar

import msgspec

from schemas.sentence import Sentence
from workflows.amend import CheckedAmendment, check_amendment
from workflows.calendar_check import CheckedCalendar, check_calendar
from workflows.calendar_model import CalendarSource
from workflows.load import BadProcedure, check, load_procedure
from workflows.model import Procedure
from workflows.organisation import Organisation
from workflows.yaml_source import Problem, Source, read_source

if TYPE_CHECKING:
    from engine.core.law import Law

Report = TypeVar("Report", CheckedAmendment, CheckedCalendar)

NAME = "upload.yaml"
VERSION, VALID_FROM = "version", "valid from"


class Checked(msgspec.Struct, frozen=True):
    """`procedure`: None when something is wrong. Problems have line and column."""

    procedure: Procedure | None
    errors: tuple[Problem, ...]
    warnings: tuple[Problem, ...]


def checked(content: bytes, law: Law, folder: Path, others: Iterable[bytes] = ()) -> Checked:
    """A procedure, checked beside those that are known, so that its legs may run them; one of the
    same id is left out, since the new one takes over. `folder`: the definitions in files;
    `others`: those that were uploaded and activated."""
    with _as_file(content) as file:
        place = file.parent
        for number, each in enumerate(others):
            (place / f"activated-{number}.yaml").write_bytes(each)
        for known in folder.glob("*.yaml"):
            (place / f"known-{known.name}").write_bytes(known.read_bytes())
        id_ = _id(file)
        beside = [each for each in sorted(place.glob("*.yaml")) if each != file]
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
            errors = _own(_against(procedure, law, read_source(file)), file)
    return Checked(None if errors else procedure, errors, warnings)


def checked_agencies(content: bytes, organisation: Organisation, today: date) -> CheckedAmendment:
    """Agencies and posts, beside those that the store knows."""
    with _as_file(content) as file:
        return _without_file(check_amendment(file, organisation, today), file)


def checked_calendar(
    content: bytes, known: Sequence[CalendarSource], today: date
) -> CheckedCalendar:
    """A version of the working calendar, beside those that are registered."""
    with _as_file(content) as file:
        return _without_file(check_calendar(file, known, today), file)


def _without_file(found: Report, file: Path) -> Report:
    """Whoever uploaded it has never heard of the file that it was put into."""
    return msgspec.structs.replace(
        found, errors=_own(found.errors, file), warnings=_own(found.warnings, file)
    )


@contextmanager
def _as_file(content: bytes) -> Iterator[Path]:
    with TemporaryDirectory(prefix="definition-") as place:
        file = Path(place) / NAME
        file.write_bytes(content)
        yield file


def _id(file: Path) -> str | None:
    """The procedure that a file says it defines."""
    value = read_source(file).value
    found = value.get("procedure") if isinstance(value, dict) else None
    return found if isinstance(found, str) else None


def _own(problems: Iterable[Problem], file: Path) -> tuple[Problem, ...]:
    found = (each for each in problems if Path(each.file) == file)
    return tuple(msgspec.structs.replace(each, file="") for each in found)


def _against(procedure: Procedure, law: Law, source: Source) -> Iterable[Problem]:
    """What the versions that are registered have against it: one that is there never changes,
    and a new one takes over from those before it."""
    for known in law.procedures():
        if known.id != procedure.id:
            continue
        if known.version == procedure.version:
            if known.digest != procedure.digest:
                said = Sentence(
                    "%(id)s %(version)s is registered with other content: give it another version",
                    id=known.id, version=known.version,
                )  # fmt: skip
                yield source.problem((VERSION,), said)
        elif known.valid_from >= procedure.valid_from:
            said = Sentence("version %(version)s begins on %(day)s: a new one begins later",
                            version=known.version, day=known.valid_from)  # fmt: skip
            yield source.problem((VALID_FROM,), said)


def in_force(law: Law, id_: str, day: str) -> Procedure | None:
    """The version of a procedure in force on a day ("2021-07-01"); None when there is none."""
    valid = [
        each
        for each in law.procedures()
        if each.id == id_ and each.valid_from <= day and (each.valid_to or "9999") >= day
    ]
    return max(valid, key=lambda each: each.valid_from, default=None)

"""YAML files to procedures, and everything that is wrong with them in one run."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from functools import reduce
from pathlib import Path

import msgspec

from schemas.sentence import Sentence, did_you_mean
from workflows.build import Places, build
from workflows.mend import Mended, mend
from workflows.model import Procedure
from workflows.organisation import Organisation
from workflows.shape import LegShape, ProcedureShape, fit
from workflows.soundness import Finding, examine
from workflows.yaml_source import Loc, Problem, Source, read_source

CATALOGUE = Path(__file__).parent / "catalogue"


class BadProcedure(Exception):
    """Files that cannot be used. `problems` has every error, not only the first."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class Report(msgspec.Struct, frozen=True):
    """What a check found, over all files."""

    procedures: int
    errors: tuple[Problem, ...]
    warnings: tuple[Problem, ...]


class Catalogue:
    """Procedures by id and version."""

    def __init__(self, procedures: Iterable[Procedure]) -> None:
        self._versions: dict[str, list[Procedure]] = {}
        for procedure in sorted(procedures, key=lambda p: (p.id, p.valid_from, p.version)):
            self._versions.setdefault(procedure.id, []).append(procedure)

    def __iter__(self) -> Iterator[Procedure]:
        return (procedure for versions in self._versions.values() for procedure in versions)

    def __len__(self) -> int:
        return sum(len(versions) for versions in self._versions.values())

    def get(self, procedure_id: str, version: str | None = None) -> Procedure:
        """A version, the newest when none is named. Raises KeyError."""
        for procedure in reversed(self._versions[procedure_id]):
            if version in (None, procedure.version):
                return procedure
        raise KeyError((procedure_id, version))

    def in_force(self, procedure_id: str, day: str) -> Procedure | None:
        """The version in force on a day ("2021-07-01"), or None."""
        for procedure in reversed(self._versions.get(procedure_id, [])):
            if procedure.valid_from <= day and (
                not procedure.valid_to or day <= procedure.valid_to
            ):
                return procedure
        return None


def load_procedure(path: Path) -> Procedure:
    """One procedure. A leg that runs another procedure finds it in the same folder.

    Raises BadProcedure with every error of the file and of those that it needs.
    """
    beside = sorted(path.parent.glob("*.yaml"))
    press = _Press([path, *(other for other in beside if other != path)])
    procedure = press.press(str(path))
    if procedure is None or press.errors():
        raise BadProcedure(press.errors())
    return procedure


def load_catalogue(folder: Path = CATALOGUE, organisation: Organisation | None = None) -> Catalogue:
    """Every procedure of a folder. Raises BadProcedure when any file has an error."""
    press = _Press(sorted(folder.glob("*.yaml")), organisation)
    procedures = press.all()
    if press.errors():
        raise BadProcedure(press.errors())
    return Catalogue(procedures)


def check(paths: Iterable[Path], organisation: Organisation | None = None) -> Report:
    """Everything wrong with files and folders of procedures, in the order of the files."""
    files: dict[Path, None] = {}
    for path in paths:
        files.update(dict.fromkeys(sorted(path.glob("*.yaml")) if path.is_dir() else [path]))
    press = _Press(files, organisation)
    procedures = press.all()
    return Report(len(procedures), tuple(press.errors()), tuple(press.warnings()))


def digest(procedure: Procedure) -> str:
    """SHA-256 over the whole content, whatever the order of its keys."""
    content = msgspec.structs.replace(procedure, digest="")
    encoder = msgspec.json.Encoder(order="deterministic")
    return hashlib.sha256(encoder.encode(content)).hexdigest()


class _Press:
    """Makes procedures of files. Reads a file when it is first needed, and makes each
    procedure once, after those that its legs run."""

    def __init__(self, files: Iterable[Path], organisation: Organisation | None = None) -> None:
        self._files = {str(file): file for file in files}
        self._organisation = organisation
        self._sources: dict[str, Source] = {}
        self._shapes: dict[str, ProcedureShape | None] = {}
        self._mended: dict[str, Mended | None] = {}
        self._made: dict[str, Procedure | None] = {}
        self._making: list[str] = []

    def all(self) -> list[Procedure]:
        made = [procedure for file in self._files if (procedure := self.press(file))]
        self._twins()
        return made

    def errors(self) -> list[Problem]:
        return [problem for problem in self._problems() if problem.severity == "error"]

    def warnings(self) -> list[Problem]:
        return [problem for problem in self._problems() if problem.severity == "warning"]

    def press(self, file: str) -> Procedure | None:
        """The procedure of a file, or None; the source's problems say why."""
        if file not in self._made:
            self._making.append(file)
            self._made[file] = self._make(file)
            self._making.pop()
        return self._made[file]

    def _make(self, file: str) -> Procedure | None:
        shape = self._shape(file)
        if shape is None:
            self._tell_the_rest(file)
            return None
        source = self._sources[file]
        built = build(shape, lambda leg, loc: self._find(file, shape, leg, loc))
        if built is None:
            return None
        procedure, places = built
        for finding in examine(procedure, self._organisation):
            if (finding.path, finding.step) in places:
                source.problems.append(_located(source, places, finding))
        if any(problem.severity == "error" for problem in source.problems):
            return None
        return msgspec.structs.replace(procedure, digest=digest(procedure))

    def _tell_the_rest(self, file: str) -> None:
        """What is wrong with a file beside its shape, as far as that can be told."""
        mended = self._mend(file)
        if mended is None:
            return
        source = self._sources[file]
        built = build(mended.shape, lambda leg, loc: self._find(file, mended.shape, leg, loc))
        if built is None:
            return
        procedure, places = built
        # Seen from a desk that nobody can read, no role can be looked up.
        organisation = None if mended.hides(("desk",)) else self._organisation
        for finding in examine(procedure, organisation, mended=True):
            if (finding.path, finding.step) not in places:
                continue
            if not mended.hides((*places[(finding.path, finding.step)], *finding.at)):
                source.problems.append(_located(source, places, finding))

    def _mend(self, file: str) -> Mended | None:
        if file not in self._mended:
            source = self._sources[file]
            self._mended[file] = None if source.value is None else mend(source)
        return self._mended[file]

    def _known(self, file: str) -> ProcedureShape | None:
        """The shape of a file, a mended one if need be: enough to know which procedure it is."""
        shape = self._shape(file)
        mended = None if shape else self._mend(file)
        return mended.shape if mended else shape

    def _shape(self, file: str) -> ProcedureShape | None:
        if file not in self._shapes:
            source = self._sources[file] = read_source(self._files[file])
            broken = bool(source.problems) and source.value is None
            self._shapes[file] = None if broken else fit(source, ProcedureShape)
        return self._shapes[file]

    def _find(self, file: str, parent: ProcedureShape, leg: LegShape, loc: Loc) -> Procedure | None:
        """The procedure that a leg runs: the version named, else the one in force when the
        parent's begins."""
        source, at = self._sources[file], (*loc, "procedure")
        known = {other: shape for other in self._files if (shape := self._known(other))}
        versions = {o: s for o, s in known.items() if s.procedure == leg.procedure}
        fitting = [
            other
            for other, shape in versions.items()
            if (shape.version == leg.version if leg.version else _in_force(shape, parent))
        ]
        if not fitting:
            ids = {shape.procedure for shape in known.values()}
            guess = "" if versions else did_you_mean(str(leg.procedure), ids)
            of: str = ""
            if leg.version:
                of = Sentence(" version %(version)r", version=leg.version)
            elif versions:
                of = Sentence(" in force on %(day)s", day=parent.valid_from)
            message = Sentence("there is no procedure %(id)r%(of)s%(guess)s",
                               id=leg.procedure, of=of, guess=guess)  # fmt: skip
            source.problems.append(source.problem(at, message))
            return None
        if fitting[0] in self._making:
            round_ = [*self._making[self._making.index(fitting[0]) :], fitting[0]]
            names = reduce(_runs, (str(known[other].procedure) for other in round_))
            message = Sentence("procedures run each other in a circle: %(names)s", names=names)
            source.problems.append(source.problem(at, message))
            return None
        found = self.press(fitting[0])
        if found is None:
            message = Sentence("the procedure %(id)r has errors of its own", id=leg.procedure)
            source.problems.append(source.problem(at, message))
        return found

    def _twins(self) -> None:
        """One id has one version in force on any day."""
        seen: dict[str, list[tuple[str, Procedure]]] = {}
        for file, procedure in self._made.items():
            if procedure is None:
                continue
            source = self._sources[file]
            for other_file, other in seen.get(procedure.id, []):
                if procedure.version == other.version:
                    message = Sentence("this id and version are in %(file)s too", file=other_file)
                    source.problems.append(source.problem(("version",), message))
                elif _overlap(procedure, other):
                    message = Sentence("is in force together with version %(version)r of %(file)s",
                                       version=other.version, file=other_file)  # fmt: skip
                    source.problems.append(source.problem(("valid from",), message))
            seen.setdefault(procedure.id, []).append((file, procedure))

    def _problems(self) -> list[Problem]:
        made = [file for file in self._files if file in self._made]
        return [problem for file in made for problem in self._sources[file].problems]


def _runs(whole: str, part: str) -> str:
    return Sentence("%(whole)s runs %(part)s", whole=whole, part=part)


def _in_force(shape: ProcedureShape, parent: ProcedureShape) -> bool:
    day = parent.valid_from
    return shape.valid_from <= day and (shape.valid_to is None or day <= shape.valid_to)


def _overlap(one: Procedure, other: Procedure) -> bool:
    return one.valid_from <= (other.valid_to or "9999") and other.valid_from <= (
        one.valid_to or "9999"
    )


def _located(source: Source, places: Places, finding: Finding) -> Problem:
    """A finding as a problem: at the field where there is one, else at the step's name."""
    whole = places[(finding.path, finding.step)]
    loc, _ = source.nearest((*whole, *finding.at))
    return source.problem(loc, finding.message, finding.severity, at_key=loc == whole)

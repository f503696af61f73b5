"""The gate before a change of the published language.

    python -m schemas.compatibility             # what would break a reader; exit status 1 if any
    python -m schemas.compatibility --publish   # freezes what is new; refuses what would break

`schemas/published/` holds every schema as it was published: `<title>.v<version>.<n>.json`, where
`n` counts the compatible changes of a version. Files are only ever added; their sums stand in
`schemas/published.json`, which tells of one that was edited.

Who reads may be older or newer than who writes, and history is read for ever. So within a version
a message may gain an optional field and nothing else: a field that is gone, a field that must now
be there or need no longer be, another type, list of values, pattern or default breaks somebody. A
breaking change is a new type; an event may also get a new schema version, with an upcaster from
the one before.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from schemas.codec import UPCASTERS, loads
from schemas.events import EVENT_TYPES
from schemas.generate import schemas, text

FOLDER = Path(__file__).parent / "published"

Schema = Mapping[str, Any]

REMARKS = frozenset({"$schema", "$id", "$defs", "title", "description", "examples"})
"""What a schema may say anew at any time: it allows and demands nothing."""


class Name(NamedTuple):
    """Which schema a published file holds: its title, its version, its revision from 1."""

    title: str
    version: int
    revision: int

    @property
    def file(self) -> str:
        return f"{self.title}.v{self.version}.{self.revision}.json"


def faults(
    published: Mapping[Name, Schema],
    current: Mapping[str, Schema],
    upcasters: Collection[tuple[str, int]] = UPCASTERS,
    events: Collection[str] = tuple(EVENT_TYPES),
) -> list[str]:
    """What would break a reader, a sentence each; also what is new and not published yet.

    `current`: today's schemas by title. `upcasters`: (type, version) that have one.
    """
    found: list[str] = []
    for name in sorted(published):
        now = current.get(name.title)
        if now is None:
            found.append(f"{name.title} is gone; what was published stays for ever")
            continue
        if version_of(now) == name.version:
            broken = breaks(published[name], now)
            found += [f"{name.title} version {name.version}: {why}" for why in broken]
        elif version_of(now) < name.version:
            found.append(f"{name.title} went back from version {name.version}")
        elif name.title not in events:
            found.append(f"{name.title} has a new version; a breaking change of it is a new type")
    for type_ in sorted({name.title for name in published} & set(current) & set(events)):
        first = min(name.version for name in published if name.title == type_)
        for version in range(first, version_of(current[type_])):
            if (type_, version) not in upcasters:
                found.append(f"{type_} has no upcaster from version {version}")
    return found


def unpublished(
    published: Mapping[Name, Schema], current: Mapping[str, Schema]
) -> dict[Name, Schema]:
    """Today's schemas that are not the last published revision of their version."""
    found: dict[Name, Schema] = {}
    for title, schema in current.items():
        version = version_of(schema)
        revisions = [name for name in published if name[:2] == (title, version)]
        last = max(revisions, default=None)
        if last is None or published[last] != schema:
            found[Name(title, version, len(revisions) + 1)] = schema
    return found


def breaks(old: Schema, new: Schema) -> list[str]:
    """What in `new` breaks who relies on `old`; both are whole documents."""
    return list(_breaks(old, new, _Documents(old, new), "the value"))


def version_of(schema: Schema) -> int:
    return int(str(schema["$id"]).rpartition(":")[2])


# --- one schema beside another -----------------------------------------------------------


class _Documents(NamedTuple):
    old: Schema
    new: Schema


def _breaks(old: Schema, new: Schema, of: _Documents, at: str) -> Iterator[str]:
    old, new = _resolved(old, of.old), _resolved(new, of.new)
    for word in sorted((set(old) | set(new)) - REMARKS):
        before, after = old.get(word), new.get(word)
        if word == "properties":
            yield from _fields(old, new, of, at)
        elif word == "required":
            yield from _required(old, new, at)
        elif word in ("items", "additionalProperties") and _both(before, after, dict):
            yield from _breaks(before or {}, after or {}, of, f"{at}, each")
        elif word in ("anyOf", "oneOf", "allOf") and _both(before, after, list):
            yield from _choices(before or [], after or [], of, f"{at}, {word}")
        elif before != after:
            yield f"{at}: {word} was {_shown(old, word)} and is {_shown(new, word)}"


def _fields(old: Schema, new: Schema, of: _Documents, at: str) -> Iterator[str]:
    before, after = old.get("properties", {}), new.get("properties", {})
    for field, schema in before.items():
        if field not in after:
            yield f"{at}: the field {field} is gone"
        else:
            yield from _breaks(schema, after[field], of, f"the field {field}")


def _required(old: Schema, new: Schema, at: str) -> Iterator[str]:
    before, after = set(old.get("required", ())), set(new.get("required", ()))
    for field in sorted(after - before):
        yield f"{at}: the field {field} must be there now, and older messages lack it"
    for field in sorted(before - after):
        if field in new.get("properties", {}):
            yield f"{at}: the field {field} was always there and need not be any more"


def _choices(before: list[Schema], after: list[Schema], of: _Documents, at: str) -> Iterator[str]:
    if len(before) != len(after):
        yield f"{at}: {len(before)} kinds of value became {len(after)}"
        return
    for one, other in zip(before, after, strict=True):
        yield from _breaks(one, other, of, at)


def _resolved(schema: Schema, document: Schema) -> Schema:
    """With what it refers to in its place: where a part stands in a document is no promise."""
    reference = schema.get("$ref")
    if reference is None:
        return schema
    part: Any = document
    for step in str(reference).removeprefix("#/").split("/"):
        part = part[step]
    return {**part, **{word: value for word, value in schema.items() if word != "$ref"}}


def _both(one: object, other: object, kind: type) -> bool:
    return isinstance(one, kind) and isinstance(other, kind)


def _shown(schema: Schema, word: str) -> str:
    return repr(schema[word]) if word in schema else "not said"


# --- files -------------------------------------------------------------------------------


def read(folder: Path = FOLDER) -> dict[Name, Schema]:
    """Every published schema. Raises ValueError when a file is not as it was published."""
    sums = _sums(folder)
    files = {path.name: path.read_bytes() for path in folder.glob("*.json")}
    for missing in sorted(set(sums) - set(files)):
        raise ValueError(f"{missing} was published and is gone: restore it")
    for file, content in sorted(files.items()):
        if sums.get(file) != hashlib.sha256(content).hexdigest():
            raise ValueError(f"{file} is not as it was published: restore it")
    return {_name(file): loads(content) for file, content in files.items()}


def publish(new: Mapping[Name, Schema], folder: Path = FOLDER) -> None:
    """Adds files and their sums; touches none that is there."""
    folder.mkdir(exist_ok=True)
    sums = _sums(folder)
    for name, schema in new.items():
        content = text(dict(schema))
        with (folder / name.file).open("xb") as file:
            file.write(content)
        sums[name.file] = hashlib.sha256(content).hexdigest()
    _sums_path(folder).write_bytes(text(dict(sorted(sums.items()))))


def today() -> dict[str, Schema]:
    """The schemas of the classes, by title, as a file has them."""
    return {file.removesuffix(".json"): loads(text(schema)) for file, schema in schemas().items()}


def main(arguments: list[str], folder: Path = FOLDER) -> int:
    """Says what is wrong, one line each; the exit status."""
    try:
        published = read(folder)
    except ValueError as error:
        print(error)
        return 1
    current = today()
    found, new = faults(published, current), unpublished(published, current)
    if not found and "--publish" in arguments:
        publish(new, folder)
        print("".join(f"published {name.file}\n" for name in sorted(new)), end="")
    elif not found:
        found = [f"{name.file} is not published: --publish adds it" for name in sorted(new)]
    print("\n".join(found) or f"{len(read(folder))} published schemas hold")
    return 1 if found else 0


def _sums(folder: Path) -> dict[str, str]:
    """SHA-256 (hex) of every published file."""
    path = _sums_path(folder)
    found: dict[str, str] = loads(path.read_bytes()) if path.exists() else {}
    return found


def _sums_path(folder: Path) -> Path:
    return folder.with_suffix(".json")


def _name(file: str) -> Name:
    title, _, numbers = file.removesuffix(".json").rpartition(".v")
    version, revision = numbers.split(".")
    return Name(title, int(version), int(revision))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

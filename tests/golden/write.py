"""Writes the golden files that are missing, and never touches one that is there.

python -m tests.golden.write
"""

from __future__ import annotations

from pathlib import Path

from schemas.codec import encode
from schemas.events import EVENT_TYPES
from tests.golden.corpus import samples
from tests.golden.files import HERE, corpus_text, history_text
from tests.golden.lives import lives
from tests.golden.messages import messages, messages_text
from tests.golden.remote_lives import letters, remote_lives


def wanted() -> dict[str, bytes]:
    """Every golden file of today, by its path under this folder."""
    found = {
        f"histories/{name}.jsonl": history_text(life.records, life.at.dossier)
        for name, life in {**lives(), **remote_lives()}.items()
    }
    for type_, cls in EVENT_TYPES.items():
        text = corpus_text(encode(each) for each in samples(cls))
        found[f"corpus/{type_}.v{cls.schema_version}.jsonl"] = text
    for name, samples_of in {**messages(), **letters()}.items():
        found[f"messages/{name}.jsonl"] = messages_text(samples_of)
    return found


def add(folder: Path, files: dict[str, bytes]) -> tuple[list[str], list[str]]:
    """Writes what is missing. What was added, and what stays although today's differs."""
    added, kept = [], []
    for name, text in files.items():
        path = folder / name
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text)
            added.append(name)
        elif path.read_bytes() != text:
            kept.append(name)
    return added, kept


if __name__ == "__main__":
    new, old = add(HERE, wanted())
    for name in new:
        print(f"added {name}")
    print(f"kept {len(old)} that would be written otherwise today: what is golden is never edited")

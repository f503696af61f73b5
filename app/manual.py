"""docs/cli.md, made from the command line's own help so that it never drifts.

`python -m app.manual > docs/cli.md` writes it anew; a test compares.
"""

from __future__ import annotations

from collections.abc import Iterator

import click

from app.cli import cli
from app.shell import SETTINGS

WIDTH = 96

INTRODUCTION = """\
# The command line

Made by `python -m app.manual > docs/cli.md` from the command line's own help.

Exit status of every command: 0 done; 1 refused by a rule (its code and sentence on stderr);
2 the input or the usage is wrong; 3 a server cannot be reached, or the store is missing,
damaged or of a newer version. With `--json` stdout holds exactly one JSON value, and a rule's
refusal is a JSON object with `rule`, `message` and `legal_basis` on stderr.

## Fields

`--field name=value` gives a field of the act (`lienthong act --help`), a fact that the
procedure asks about, or, where a dossier is opened, a particular of the applicant, which is
kept apart from everything else. A name that looks like one of the others is refused as
misspelt; written `applicant.name` it is a particular all the same. `yes` and `no` are truth
values, lists are separated by commas, dates are written as everywhere. A field that an act
does not have is refused with the list of those it has.

## Files for `submit`

JSON Lines: one object a line. CSV: the first line names the columns, an empty cell says
nothing. Both in UTF-8.

| name | meaning |
|---|---|
| `act`, `as` | the act and the officer; every line has both |
| `at` | when it happened, if not now |
| `dossier` | the code; or a label such as `#1`, given where the file opens the dossier |
| `leg` | the path of the leg; the root when left out |
| `procedure`, `agency` | of what is opened (`receive`, `register`) |
| `command_id` | a UUID; else made of the file's digest and the line's number |
| any other | a field, as above |

`app/samples` in the checkout has `fifty-dossiers.jsonl`, `six-dossiers.csv` and
`broken.jsonl`, of which every line is wrong in another way.

"""


def manual() -> str:
    """The whole page."""
    return INTRODUCTION + "\n".join(_pages())


def _pages() -> Iterator[str]:
    root = click.Context(cli, info_name="lienthong", terminal_width=WIDTH, **SETTINGS)
    yield _page(root)
    for context in _below(root):
        yield _page(context)


def _below(parent: click.Context) -> Iterator[click.Context]:
    group = parent.command
    assert isinstance(group, click.Group)
    for name in group.list_commands(parent):
        command = group.get_command(parent, name)
        assert command is not None
        context = click.Context(command, parent, name, terminal_width=WIDTH, **SETTINGS)
        yield context
        if isinstance(command, click.Group):
            yield from _below(context)


def _page(context: click.Context) -> str:
    return f"## `{context.command_path}`\n\n```\n{context.command.get_help(context)}\n```\n"


if __name__ == "__main__":
    click.echo(manual(), nl=False)

"""What every command of `lienthong` has in common: options that stand anywhere, lazy parts.

`--database`, `--now`, `--json` and their like are taken before or after the name of a command.
A command's module is imported when the command is called, so that `--help` is quick.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import update_wrapper
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from app.settings import DATABASE, HOUSE, Settings
from app.times import parse_day, parse_moment, parse_span
from app.trouble import BadInput, Trouble, as_trouble, debugging
from schemas.sentence import did_you_mean

Lazy = Mapping[str, str]
"""Name of a command -> where it is, as "module:attribute"."""

SETTINGS: dict[str, Any] = {"help_option_names": ["-h", "--help"], "max_content_width": 100}

FILES = frozenset({"procedures", "organisation", "peers"})

ENVIRONMENT = {
    "database": "LIENTHONG_DATABASE_URL",
    "kafka": "LIENTHONG_KAFKA",
    "house": "LIENTHONG_HOUSE",
    "views": "LIENTHONG_VIEWS_URL",
    "uploads": "LIENTHONG_UPLOADS",
    "uploads_elsewhere": "LIENTHONG_UPLOADS_ELSEWHERE",
    "procedures": "LIENTHONG_PROCEDURES",
    "organisation": "LIENTHONG_ORGANISATION",
    "peers": "LIENTHONG_PEERS",
}


class Moment(click.ParamType[datetime]):
    """A moment on the command line; a date is its beginning, or its end."""

    name = "T"

    def __init__(self, *, end_of_day: bool = False) -> None:
        self._end_of_day = end_of_day

    def convert(self, value: Any, param: Any, ctx: Any) -> datetime:
        if isinstance(value, datetime):
            return value
        found = _parsed(self, parse_moment, value, param, ctx, end_of_day=self._end_of_day)
        assert isinstance(found, datetime)
        return found


class Day(click.ParamType[Any]):
    name = "DATE"

    def convert(self, value: Any, param: Any, ctx: Any) -> Any:
        return _parsed(self, parse_day, value, param, ctx)


class Span(click.ParamType[Any]):
    name = "SPAN"

    def convert(self, value: Any, param: Any, ctx: Any) -> Any:
        return _parsed(self, parse_span, value, param, ctx)


def _parsed(
    kind: click.ParamType[Any], parse: Callable[..., Any], value: Any, param: Any, ctx: Any,
    **how: Any,
) -> Any:  # fmt: skip
    if not isinstance(value, str):
        return value
    try:
        return parse(value, **how)
    except ValueError as error:
        kind.fail(str(error), param, ctx)


MOMENT, END_MOMENT, DAY, SPAN = Moment(), Moment(end_of_day=True), Day(), Span()


def everywhere() -> list[click.Parameter]:
    """The options that every command takes."""
    given: list[tuple[str, dict[str, Any]]] = [
        ("--database", {"metavar": "URL", "help": f"The store; else {ENVIRONMENT['database']},"
                        f" else {DATABASE} in the working folder."}),
        ("--kafka", {"metavar": "HOST:PORT", "help": "The broker; else LIENTHONG_KAFKA."}),
        ("--house", {"metavar": "NAME", "help": "Whose engine this is: its topics begin with it;"
                     f" else LIENTHONG_HOUSE, else {HOUSE}."}),
        ("--views", {"metavar": "URL", "help": "The database of the read models; else"
                     " LIENTHONG_VIEWS_URL, else the store itself."}),
        ("--now", {"type": MOMENT, "help": "Asks as if it were that moment."}),
        ("--lang", {"type": click.Choice(["vi", "en"]), "help": "Language of texts that are in"
                    " both: Vietnamese (vi, the default) or English."}),
        ("--json", {"is_flag": True, "default": None, "help": "One JSON value on stdout,"
                    " nothing else there."}),
        ("--procedures", {"type": click.Path(path_type=Path), "metavar": "FOLDER", "help":
                          "Definitions instead of the shipped ones; else LIENTHONG_PROCEDURES."}),
        ("--organisation", {"type": click.Path(path_type=Path), "metavar": "FOLDER", "help":
                            "Agencies instead of the shipped; else LIENTHONG_ORGANISATION."}),
    ]  # fmt: skip
    return [click.Option([name], expose_value=False, callback=_keep, **how) for name, how in given]


def _keep(ctx: click.Context, param: click.Parameter, value: Any) -> None:
    """Remembers an option whichever command it stands at; the innermost one counts."""
    kept: dict[str, Any] = ctx.ensure_object(dict)
    if value is not None and param.name is not None:
        kept[param.name] = value


def settings_of(ctx: click.Context) -> Settings:
    """What was said on the command line, else in the environment, else by default."""
    kept: dict[str, Any] = dict(ctx.ensure_object(dict))
    for name, variable in ENVIRONMENT.items():
        found = os.environ.get(variable)
        if name not in kept and found:
            kept[name] = Path(found) if name in FILES else found
    return Settings(**kept)


class _Formatted(click.Command):
    """Lists the options that stand everywhere apart from a command's own."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        own: list[tuple[str, str]] = []
        common: list[tuple[str, str]] = []
        for param in self.get_params(ctx):
            record = param.get_help_record(ctx)
            if record is not None:
                is_own = param.expose_value or param.is_eager
                (own if is_own else common).append(record)
        if own:
            with formatter.section("Options"):
                formatter.write_dl(own)
        if common and isinstance(self, Root):
            with formatter.section("Options of every command"):
                formatter.write_dl(common)
        elif common:
            with formatter.section("Everywhere"):
                formatter.write_text(
                    "--database, --kafka, --house, --views, --now, --lang, --json, --procedures,"
                    " --organisation: see lienthong --help."
                )


class Command(_Formatted):
    def __init__(self, *args: Any, **words: Any) -> None:
        super().__init__(*args, **words)
        self.params += everywhere()
        self.context_settings = {**SETTINGS, **self.context_settings}


class Group(_Formatted, click.Group):
    """A group whose commands are imported when they are called."""

    def __init__(self, *args: Any, lazy: Lazy | None = None, **words: Any) -> None:
        super().__init__(*args, **words)
        self.params += everywhere()
        self._lazy = dict(lazy or {})
        self.context_settings = {**SETTINGS, **self.context_settings}

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        super().format_options(ctx, formatter)
        self.format_commands(ctx, formatter)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The first sentence of each, whole: a cut one tells nothing."""
        found = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        rows = [(name, each.get_short_help_str(limit=200)) for name, each in found if each]
        with formatter.section("Commands"):
            formatter.write_dl(rows)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*self._lazy, *super().list_commands(ctx)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        where = self._lazy.get(cmd_name)
        if where is None:
            return super().get_command(ctx, cmd_name)
        module, _, attribute = where.partition(":")
        found = getattr(import_module(module), attribute)
        assert isinstance(found, click.Command)
        return found

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0] if args else ""
        if name and not name.startswith("-") and self.get_command(ctx, name) is None:
            known = self.list_commands(ctx)
            raise click.UsageError(f"There is no command {name!r}{did_you_mean(name, known)}", ctx)
        return super().resolve_command(ctx, args)


class Root(Group):
    """`lienthong` itself: whatever goes wrong beneath it ends in one sentence."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort, BrokenPipeError):
            raise
        except KeyboardInterrupt:
            click.echo("Interrupted.", err=True)
            ctx.exit(130)
        except Exception as error:
            if debugging():
                raise
            raise as_trouble(error) from error


def command(name: str, **words: Any) -> Callable[[Callable[..., None]], Command]:
    """Makes a command of a function whose first argument is `Settings`."""

    def make(function: Callable[..., None]) -> Command:
        def run(*args: Any, **given: Any) -> None:
            function(settings_of(click.get_current_context()), *args, **given)

        made = click.command(name, cls=Command, **words)(update_wrapper(run, function))
        assert isinstance(made, Command)
        return made

    return make


def pairs(given: Sequence[str], option: str = "--field") -> dict[str, str]:
    """ "name=value", repeated, as a mapping. Raises BadInput."""
    found: dict[str, str] = {}
    for each in given:
        name, equals, value = each.partition("=")
        if not equals or not name.strip():
            raise BadInput(f"{option} {each!r}: write name=value")
        if name.strip() in found:
            raise BadInput(f"{option} {name.strip()!r} is given twice")
        found[name.strip()] = value
    return found


__all__ = [
    "DAY", "END_MOMENT", "MOMENT", "SPAN", "Command", "Group", "Root", "Trouble", "command",
    "pairs", "settings_of",
]  # fmt: skip

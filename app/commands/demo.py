"""`lienthong demo` and `lienthong bench`: both live elsewhere, and are found when called."""

from __future__ import annotations

import runpy
import sys
from importlib.util import find_spec

import click

from app.settings import Settings
from app.shell import SETTINGS, command
from app.trouble import BadInput


@command("demo")
@click.option("--dossiers", type=click.IntRange(min=1), metavar="N", help="How many dossiers.")
@click.option("--seed", type=int, default=1, show_default=True, metavar="S",
              help="The same seed gives the same events, byte for byte.")  # fmt: skip
@click.option("--scale", type=click.IntRange(min=1), metavar="K",
              help="1:K of the published year; 1 is the whole of it.")  # fmt: skip
def demo(settings: Settings, dossiers: int | None, seed: int, scale: int | None) -> None:
    """The main job on a fresh store: a one-stop office at work for a year."""
    from app.demo import run_demo

    run_demo(settings, dossiers=dossiers, seed=seed, scale=scale)


@click.command("bench", context_settings={**SETTINGS, "ignore_unknown_options": True})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def bench(arguments: tuple[str, ...]) -> None:
    """The figures of the docs, measured on this machine."""
    if find_spec("bench") is None:
        raise BadInput("The measurements are not installed: run this in a checkout of the project")
    sys.argv = ["lienthong bench", *arguments]
    runpy.run_module("bench", run_name="__main__", alter_sys=True)

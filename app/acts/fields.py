"""Fields as people write them (`name=value`, a cell, a JSON value) made into a command."""

from __future__ import annotations

import types
from collections.abc import Collection, Mapping
from datetime import date
from difflib import get_close_matches
from functools import cache
from typing import Any, Union, get_args, get_origin, get_type_hints

import msgspec

from app.times import parse_day
from schemas.commands import COMMANDS, Command, Opening
from schemas.sentence import Sentence, did_you_mean

YES = frozenset({"yes", "true", "1", "có"})
NO = frozenset({"no", "false", "0", "không"})

ELSEWHERE = frozenset(
    {"actor", "leg", "facts", "applicant", "procedure", "agency", "attached", "files", "marks"}
)
"""Fields of commands that are said otherwise than as a field."""

DIGITS = 15
"""The most that a number has: any amount in đồng, and no more than JSON carries unharmed."""

APPLICANT = "applicant."
"""Before the name of a particular that could be taken for something else."""

NEAR = 0.8
"""How like another name a particular's may be (difflib's ratio) before it is a misspelling."""

APART = (ELSEWHERE | {"dossier", "command_id"}) - {"applicant"}
"""What is said beside the fields; a particular must not look like one of these either."""

ALIASES = {"recall": "recall-handover", "withdraw": "ask-withdrawal", "pay": "confirm-payment"}


class Wrong(Exception):
    """Fields that do not make a command: (field, what is wrong with it), all of them."""

    def __init__(self, problems: list[tuple[str, Sentence]]) -> None:
        self.problems = problems
        super().__init__("; ".join(f"{field}: {message}" for field, message in problems))


def act_named(word: str) -> str:
    """The act that a word means. Raises Wrong."""
    plain = word.strip().lower().replace("_", "-").replace(" ", "-")
    plain = ALIASES.get(plain, plain)
    if plain not in COMMANDS:
        guess = did_you_mean(plain, [*COMMANDS, *ALIASES])
        known = guess or Sentence("; there are: %(known)s", known=", ".join(COMMANDS))
        raise Wrong(
            [("act", Sentence("there is no act %(word)r%(known)s", word=word, known=known))]
        )
    return plain


@cache
def fields_of(act: str) -> dict[str, tuple[Any, bool]]:
    """Field of an act -> its type and whether it has to be given."""
    cls = COMMANDS[act]
    hints = get_type_hints(cls)
    return {
        field.name: (hints[field.name], field.required)
        for field in msgspec.structs.fields(cls)
        if field.name not in ELSEWHERE
    }


def make(act: str, given: Mapping[str, Any], asked: Collection[str], **fixed: Any) -> Command:
    """The command of an act. `asked`: the facts that the procedure asks about; `fixed`: what
    was said otherwise (actor, leg, …).

    Where a dossier is opened, a field that is neither and looks like neither goes to the
    applicant's particulars; `applicant.name` does whatever it looks like. Raises Wrong with
    everything that is wrong.
    """
    known = fields_of(act)
    problems: list[tuple[str, Sentence]] = []
    fact_named = {_own(fact): fact for fact in asked}
    values: dict[str, Any] = dict(fixed)
    facts: dict[str, str] = {}
    applicant: dict[str, str] = {}
    opens = issubclass(COMMANDS[act], Opening)
    takes_facts = "facts" in COMMANDS[act].__struct_fields__
    for name, value in given.items():
        own = _own(name)
        try:
            if own in known:
                values[own] = _converted(known[own][0], value)
            elif takes_facts and own in fact_named:
                facts[fact_named[own]] = _text(value)
            elif opens:
                applicant[_particular(name, [*known, *asked])] = _text(value)
            else:
                problems.append((name, _unknown(act, name, asked if takes_facts else ())))
        except ValueError as error:
            problems.append((name, error.args[0]))
    told = {_own(field) for field, _ in problems}
    for name, (_, required) in known.items():
        if required and name not in told and not str(values.get(name, "")).strip():
            problems.append((name, Sentence("is missing: %(act)s needs it", act=act)))
    if problems:
        raise Wrong(problems)
    if takes_facts:
        values["facts"] = facts
    if opens:
        values["applicant"] = applicant
    command = COMMANDS[act](**values)
    if command.needs_reason and not (command.reason or "").strip():
        raise Wrong([("reason", Sentence("is missing: %(act)s needs it in writing", act=act))])
    return command


def _own(name: str) -> str:
    """A field's name as commands write it."""
    return name.strip().lower().replace("-", "_")


def _particular(name: str, known: Collection[str]) -> str:
    """The name of a particular of the applicant. Raises ValueError for what looks like a
    misspelt field or fact: kept as a particular, it would quietly choose another way."""
    plain = name.strip()
    if plain.startswith(APPLICANT):
        if plain == APPLICANT:
            raise ValueError(Sentence("name the particular after 'applicant.'"))
        return plain.removeprefix(APPLICANT)
    names = {_own(each): each for each in (*sorted(APART), *known)}
    near = get_close_matches(_own(plain), names, n=1, cutoff=NEAR)
    if not near:
        return plain
    aside = Sentence(
        "a particular of the applicant is written %(name)s", name=f"{APPLICANT}{plain}"
    )
    if near[0] == _own(plain):
        raise ValueError(Sentence("is no field here, it is said apart; %(aside)s", aside=aside))
    meant = names[near[0]]
    raise ValueError(
        Sentence("there is no such field; did you mean %(meant)r? (%(aside)s)",
                 meant=meant, aside=aside)
    )  # fmt: skip


def _unknown(act: str, name: str, asked: Collection[str]) -> Sentence:
    known = [*fields_of(act), *sorted(asked)]
    guess = did_you_mean(name, known) or Sentence("; it has: %(known)s", known=", ".join(known))
    return Sentence("%(act)s has no such field%(known)s", act=act, known=guess)


def _converted(kind: Any, value: Any) -> Any:
    """A written value as a field's type. Raises ValueError."""
    if get_origin(kind) in (Union, types.UnionType):
        kind = next(each for each in get_args(kind) if each is not type(None))
    if get_origin(kind) is tuple:
        parts = value if isinstance(value, list) else _text(value).split(",")
        return tuple(part for part in (_text(each).strip() for each in parts) if part)
    if kind is bool:
        return _truth(value)
    if kind is int:
        return _number(value)
    if kind is date:
        return parse_day(_text(value))
    return _text(value)


def _truth(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    plain = _text(value).strip().lower()
    if plain in YES:
        return True
    if plain in NO:
        return False
    raise ValueError(Sentence("%(value)r is neither yes nor no", value=value))


def _number(value: Any) -> int:
    try:
        plain = value if type(value) is int else _text(value).replace("_", "").replace(" ", "")
        number = int(plain)
    except ValueError:
        raise ValueError(Sentence("%(value)r is not a whole number", value=value)) from None
    if abs(number) >= 10**DIGITS:
        raise ValueError(Sentence("a number has at most %(digits)s digits", digits=DIGITS))
    return number


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (str, int)):
        return str(value)
    if isinstance(value, float):
        raise ValueError(Sentence("%(value)r: write a number with a fraction as text", value=value))
    raise ValueError(Sentence("%(value)r is not a text", value=value))

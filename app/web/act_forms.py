"""The form of an act: its fields as people fill them in, and what it would mean."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from app.acts.fields import fields_of
from app.web.meaning import Meaning, goes_along, meaning
from app.web.reasons import ANOTHER, asks_reason, needs_reason, stop_ground, stop_grounds
from app.web.words import (
    ANYBODY,
    CHANNELS,
    FACTS,
    FIELDS,
    OUTCOMES,
    TRANSFERS,
    UNITS,
    VALUES,
    role_words,
    said,
)
from engine.core.calendar import local_day
from engine.core.dossier import Dossier, LegState
from engine.ids import id_text
from schemas.commands import COMMANDS, StepAct
from workflows.model import Step

if TYPE_CHECKING:
    from app.house import House
    from app.settings import Lang

HIDDEN = frozenset({"on_behalf", "version", "calendar"})
"""Fields that nobody fills in by hand here."""

NOT_HERE = frozenset({"register", "receive", "attach", "rate", "complain"})
"""Acts with pages of their own."""

LONG = frozenset({"reason", "note"})

FACT = "fact."
"""Before the name of a fact, so that it is never taken for a field of the same name."""

_UNCLEAR = re.compile(r"Name the agency with the fact '([^']+)'")


class Field(msgspec.Struct, frozen=True):
    """One field: `kind` is text, long, number, select, radios, either, checks, yes or limit;
    `options` are (value, words); `value` what was typed, a list for checks. In an `either` the
    last option is the name of a field to write another in."""

    name: str
    kind: str
    label: str
    required: bool = False
    options: tuple[tuple[str, str], ...] = ()
    value: Any = ""
    error: str = ""


OF_WHO_ASKS = frozenset({"not-the-holder", "not-the-addressee", "not-the-sender", "not-a-decider"})
"""Rules that refuse an officer, whatever he writes."""


class ActForm(msgspec.Struct, frozen=True):
    """All that a form needs. `command_id` is the same however often it is sent; `version` is what
    the officer saw of the dossier."""

    code: str
    act: str
    leg: str
    version: int
    command_id: str
    fields: tuple[Field, ...]
    meaning: Meaning
    errors: tuple[tuple[str, str], ...] = ()

    @property
    def to_write(self) -> bool:
        """Whether something has to be written before it can be sent."""
        return any(each.required and not each.value for each in self.fields)

    @property
    def hopeless(self) -> bool:
        """Whether it is refused, and nothing that is asked for could change that."""
        refused = self.meaning.refused
        if refused is None:
            return False
        if refused.rule in OF_WHO_ASKS:
            return True
        leaves = ("note", "papers", "reason")
        return not any(each.required or each.name not in leaves for each in self.fields)


class Asks(msgspec.Struct, frozen=True):
    """Who wants to do what in which dossier, seen at which version."""

    house: House
    dossier: Dossier
    version: int
    act: str
    leg: str
    actor: str
    lang: Lang


def act_form(
    asks: Asks,
    given: Mapping[str, Any] | None = None,
    *,
    errors: Iterable[tuple[str, str]] = (),
    command_id: str | None = None,
) -> ActForm:
    """The form of an act; `given`: what was filled in, if it was."""
    typed = dict(given or {})
    house = asks.house
    means = meaning(
        house, asks.dossier, asks.act, asks.leg, asks.actor, as_fields(typed), asks.lang
    )
    wrong = dict(errors)
    made = [
        msgspec.structs.replace(each, error=wrong.get(_plain(each.name), ""))
        for each in _Maker(asks, typed, means).fields()
    ]
    id_ = command_id or id_text(house.runtime.new_id())
    return ActForm(
        asks.dossier.stream, asks.act, asks.leg, asks.version, id_, tuple(made), means,
        tuple(wrong.items()),
    )  # fmt: skip


def as_fields(typed: Mapping[str, Any]) -> dict[str, Any]:
    """What a form sent, as `app.acts.fields.make` takes it: facts by their names, a limit in words,
    and without what stands empty."""
    found: dict[str, Any] = {}
    for name, value in typed.items():
        if name.endswith(".amount"):
            stem = name.removesuffix(".amount")
            unit = typed.get(f"{stem}.unit", "working day")
            if str(value).strip():
                found[stem] = f"{str(value).strip().replace(',', '.')} {unit}s"
        elif name == "ground" and value == ANOTHER:
            if words := str(typed.get(ANOTHER, "")).strip():
                found[name] = words
        elif not name.endswith((".unit", ANOTHER)) and value not in ("", None):
            found[_plain(name)] = value
    return found


def _plain(name: str) -> str:
    return name.removeprefix(FACT)


class _Maker:
    """Makes the fields of one form."""

    def __init__(self, asks: Asks, typed: dict[str, Any], means: Meaning) -> None:
        self.asks = asks
        self.typed = typed
        self.means = means
        self.house = asks.house
        self.staff = asks.house.law.organisation
        self.day = local_day(asks.house.now)
        self.leg: LegState | None = asks.dossier.legs.get(asks.leg)

    def fields(self) -> list[Field]:
        found = self._facts()
        for name, (kind, required) in fields_of(self.asks.act).items():
            if name in HIDDEN:
                continue
            made = self._special(name, required)
            if made is None:
                made = self._plain_field(name, kind, required)
            if made.kind != "none":
                found.append(made)
        # What may be left out stands behind what may not.
        last = {"reason": 1, "note": 2}
        return sorted(found, key=lambda each: 0 if each.required else last.get(each.name, 0))

    def _label(self, name: str) -> str:
        return said(FIELDS, name, self.asks.lang)

    def _plain_field(self, name: str, kind: Any, required: bool) -> Field:
        if name == "reason":
            needs = needs_reason(self.asks.act, self.asks.dossier, self.typed)
            shape = "long" if asks_reason(self.asks.act) or self.typed.get(name) else "none"
            return self._field(name, shape, required=needs)
        shape = "yes" if kind is bool else "number" if kind in (int, int | None) else "text"
        return self._field(name, "long" if name in LONG else shape, required=required)

    def _field(
        self,
        name: str,
        kind: str,
        *,
        required: bool = False,
        options: Iterable[tuple[str, str]] = (),
        default: Any = "",
        label: str = "",
    ) -> Field:
        value = self.typed.get(name, default)
        return Field(name, kind, label or self._label(name), required, tuple(options), value)

    def _special(self, name: str, required: bool) -> Field | None:
        """A field whose values are known."""
        dossier, lang = self.asks.dossier, self.asks.lang
        match name:
            case "papers":
                return self._papers()
            case "to_officer":
                return self._recipient()
            case "officer":
                options = [(each, each) for each in self._colleagues()]
                return self._field(name, "select", required=True, options=options)
            case "outcome":
                options = [(each, said(OUTCOMES, each, lang)) for each in self._outcomes()]
                return self._field(name, "radios", options=options, default="accepted")
            case "channel":
                words = _channels(lang)
                return self._field(name, "radios", options=words, default=words[0][0])
            case "counts_as_overdue" if not dossier.supplements:
                return Field(name, "none", "")
            case "ground" if self.asks.act == "stop":
                return self._ground()
            case "by":
                value = (self.typed.get("by.amount", ""), self.typed.get("by.unit", ""))
                units = [(unit, said(UNITS, unit, lang)) for unit in UNITS]
                return Field(name, "limit", self._label(name), required, tuple(units), value)
            case "to_agency":
                return self._field(name, "select", required=True, options=self._successors())
            case "why":
                options = [(each, said(TRANSFERS, each, lang)) for each in list(TRANSFERS)[:3]]
                return self._field(name, "radios", options=options, default="changed")
            case "step":
                return self._field(name, "select", required=True, options=self._steps())
        return None

    def _ground(self) -> Field:
        if not self.asks.dossier.withdrawal_asked:
            return self._field("ground", "text", required=True)
        grounds = stop_grounds()
        words = ((each, said(grounds, each, self.asks.lang)) for each in grounds)
        options = tuple((each, text[0].upper() + text[1:]) for each, text in words)
        return Field("ground", "either", self._label("ground"), True, options,
                     stop_ground(self.typed))  # fmt: skip

    def _papers(self) -> Field:
        act, dossier = self.asks.act, self.asks.dossier
        titles = self._titles()
        if act == "accept":
            transit = self.leg.transit if self.leg else None
            ids: Iterable[str] = transit.papers if transit else ()
            chosen = list(ids)
        elif act in ("ask-supplement", "supply"):
            procedure = self.house.law.procedure(dossier.procedure)
            ids, chosen = [each.id for each in procedure.papers_in], []
        else:
            chosen = list(goes_along(self.house, dossier, self.asks.leg, self.means))
            ids = [*dossier.papers, *chosen] if self.means.of("offer") else ()
        options = [(each, titles.get(each, each)) for each in dict.fromkeys(ids)]
        return self._field("papers", "checks" if options else "none", options=options,
                           default=chosen)  # fmt: skip

    def _titles(self) -> dict[str, str]:
        procedure = self.house.law.procedure(self.asks.dossier.procedure)
        return paper_titles(procedure, self.asks.lang)

    def _recipient(self) -> Field:
        offer = self.means.of("offer")
        if offer is None:
            return Field("to_officer", "none", "")
        staff = self.staff.officers_in(offer.agency, offer.role, self.day)
        anybody = ANYBODY.vi if self.asks.lang == "vi" else ANYBODY.en
        options = [("", anybody.format(role=role_words(offer.role, self.asks.lang)))]
        return self._field("to_officer", "select",
                           options=[*options, *((each.id, each.id) for each in staff)])  # fmt: skip

    def _colleagues(self) -> list[str]:
        """Officers of the holder's agency, those with the step's role first."""
        leg = self.leg
        if leg is None or leg.holder is None:
            return []
        step = self._step()
        role = step.by.role if step is not None and step.by is not None else None
        staff = self.staff.officers_in(leg.holder.agency, role, self.day)
        return [each.id for each in staff if each.id != leg.holder.officer]

    def _step(self) -> Step | None:
        outline = self.house.law.outline(self.asks.dossier.procedure)
        process = outline.processes.get(self.asks.leg)
        return process.steps.get(self.leg.step) if process and self.leg else None

    def _outcomes(self) -> list[str]:
        known = self.house.law.outline(self.asks.dossier.procedure).facts.get("outcome", ())
        return list(dict.fromkeys(["accepted", "rejected", *sorted(known)]))

    def _successors(self) -> list[tuple[str, str]]:
        """Other agencies of today, those with the same function first."""
        function = self.staff.agency(self.leg.agency).function if self.leg else ""
        others = [
            each for each in self.staff.on(self.day)
            if self.leg is None or each.id != self.leg.agency
        ]  # fmt: skip
        others.sort(key=lambda each: each.function != function)
        vi = self.asks.lang == "vi"
        return [("", "–"), *((each.id, each.name.vi if vi else each.name.en) for each in others)]

    def _steps(self) -> list[tuple[str, str]]:
        procedure = self.house.law.procedure(self.asks.dossier.procedure)
        vi = self.asks.lang == "vi"
        return [
            (step.name, (step.title.vi if vi else step.title.en) if step.title else step.name)
            for step in procedure.process.steps.values()
            if step.by is not None
        ]

    # --- facts: what the way from here depends on, and what nobody has said yet ---

    def _facts(self) -> list[Field]:
        if not issubclass(COMMANDS[self.asks.act], StepAct):
            return []
        return [*self._choices(), *self._unclear_agency()]

    def _choices(self) -> list[Field]:
        outline = self.house.law.outline(self.asks.dossier.procedure)
        step, process = self._step(), outline.processes.get(self.asks.leg)
        if step is None or process is None:
            return []
        names = {name: None for branch in step.then for name in branch.when}
        for branch in step.then:
            following = process.steps.get(branch.to)
            for leg in following.legs if following else ():
                names |= dict.fromkeys(leg.when)
        has_outcome = "outcome" in fields_of(self.asks.act)
        return [
            self.fact(name, sorted(outline.facts.get(name, ())))
            for name in names
            if name not in self.asks.dossier.facts and not (name == "outcome" and has_outcome)
        ]

    def fact(self, name: str, values: Iterable[str]) -> Field:
        lang = self.asks.lang
        options = [("", "–"), *((each, said(VALUES, each, lang)) for each in (*values, "no"))]
        return self._field(FACT + name, "select", options=options, label=said(FACTS, name, lang))

    def _unclear_agency(self) -> list[Field]:
        """Where it is not clear who is meant next: the agencies that it may be."""
        refused = self.means.refused
        unclear = _UNCLEAR.search(refused.message) if refused else None
        typed = [name for name in self.typed if name.startswith(FACT)]
        names = [unclear[1]] if unclear else []
        functions = {each.function for each in self.staff.agencies()}
        names += [_plain(name) for name in typed if _plain(name) in functions]
        lang = self.asks.lang
        return [
            self._field(
                FACT + name,
                "select",
                required=True,
                label=said(FACTS, name, lang),
                options=agencies_of(self.house, name, lang),
            )
            for name in dict.fromkeys(names)
        ]


def agencies_of(house: House, function: str, lang: Lang) -> list[tuple[str, str]]:
    """Every agency of today with a function, for a field to choose from."""
    day = local_day(house.now)
    found = [each for each in house.law.organisation.on(day) if each.function == function]
    return [("", "–"), *((each.id, each.name.vi if lang == "vi" else each.name.en)
                         for each in found)]  # fmt: skip


def paper_titles(procedure: Any, lang: Lang) -> dict[str, str]:
    """What each paper of a procedure is called."""
    return {
        each.id: each.title.vi if lang == "vi" else each.title.en
        for each in (*procedure.papers_in, *procedure.papers_out)
    }


def _channels(lang: Lang) -> list[tuple[str, str]]:
    return [(each, said(CHANNELS, each, lang)) for each in ("desk", "post", "online")]

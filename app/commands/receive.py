"""`lienthong receive` and `lienthong register`: opening a dossier."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from app.output import facts, heading, line, show
from app.settings import Settings
from app.shell import MOMENT, command, pairs
from app.times import HOW, shown

if TYPE_CHECKING:
    from app.house import House
    from engine.core.dossier import Dossier
    from engine.runtime import Done

RECEIPT = {
    "vi": {
        "title": "GIẤY TIẾP NHẬN HỒ SƠ VÀ HẸN TRẢ KẾT QUẢ",
        "registered": "ĐĂNG KÝ HỒ SƠ TRỰC TUYẾN",
        "code": "Mã hồ sơ",
        "procedure": "Thủ tục",
        "agency": "Nơi tiếp nhận",
        "officer": "Người tiếp nhận",
        "received": "Tiếp nhận lúc",
        "appointment": "Hẹn trả kết quả",
        "unit": "Đơn vị tiếp nhận xong trước",
        "check_by": "Trả lời chậm nhất",
        "applicant": "Thông tin người nộp",
        "outside": "Tiếp nhận ngoài giờ làm việc.",
    },
    "en": {
        "title": "RECEIPT AND APPOINTMENT",
        "registered": "ONLINE REGISTRATION",
        "code": "Dossier",
        "procedure": "Procedure",
        "agency": "Received at",
        "officer": "Received by",
        "received": "Received",
        "appointment": "Appointment",
        "unit": "Receiving unit's own part by",
        "check_by": "To be answered by",
        "applicant": "Kept of the applicant",
        "outside": "Received outside office hours.",
    },
}


def _options(function: Callable[..., None]) -> Callable[..., None]:
    given = [
        click.option("--procedure", "id_", metavar="ID", required=True, help="The procedure."),
        click.option("--agency", metavar="A", required=True, help="The desk."),
        click.option("--as", "actor", metavar="OFFICER", required=True, help="Who does it."),
        click.option("--at", type=MOMENT, help=f"When it happened, if not now: {HOW}."),
        click.option("--field", "given", multiple=True, metavar="K=V", help="A field, a fact the"
                     " procedure asks about, or a particular of the applicant (applicant.NAME if it"
                     " looks like one of these); repeat it."),
        click.option("--command-id", metavar="U", help="A UUID: the same command sent again with"
                     " it gets the first answer."),
    ]  # fmt: skip
    for option in reversed(given):
        function = option(function)
    return function


@command("receive")
@_options
@click.option("--dossier", metavar="CODE", help="One that was registered online.")
def receive(settings: Settings, dossier: str | None, **said: Any) -> None:
    """Receives a dossier at a desk: prints its code and its appointment date."""
    _open(settings, "receive", dossier, Said(**said))


@command("register")
@_options
def register(settings: Settings, **said: Any) -> None:
    """Registers a dossier that a citizen filled in online; the desk receives it afterwards."""
    _open(settings, "register", None, Said(**said))


class Said(NamedTuple):
    """What stands on the command line of both."""

    id_: str
    agency: str
    actor: str
    at: datetime | None
    given: tuple[str, ...]
    command_id: str | None


def _open(settings: Settings, act: str, code: str | None, said: Said) -> None:
    from app.acts import acting
    from app.house import open_house
    from app.law.definitions import agency_of, known_officer

    fields = pairs(said.given)
    with open_house(settings, create=code is None, write=True) as house:
        agency_of(house.law.organisation, said.agency)
        known_officer(house.law.organisation, said.actor)
        acting.asked_by(house, said.id_)
        if code is not None:
            house.dossier(code)
        id_ = acting.command_id(house, said.command_id)
        wanted = acting.Wanted(act, fields, said.actor, said.at)
        call = acting.opening(house, wanted, said.id_, said.agency, code or "", id_)
        done = acting.carry_out(house, call)
        dossier = house.runtime.current(done.code).dossier
        value = acting.told_opened(house, done)
        show(settings, value, lambda: _receipt(house, done, dossier))


def _receipt(house: House, done: Done, dossier: Dossier) -> None:
    from app.acts.acting import particulars

    lang = house.settings.lang
    words = RECEIPT[lang]
    procedure = house.law.procedure(dossier.procedure)
    desk = house.law.organisation.agency(dossier.agency)
    first = done.events[0]
    received = dossier.received_at is not None
    heading(words["title" if received else "registered"])
    event = first.event()
    facts(
        [
            (words["code"], done.code),
            (words["procedure"], _said(procedure.title, lang) + f" ({procedure.id})"),
            (words["agency"], f"{_said(desk.name, lang)} ({desk.id})"),
            (words["officer"], first.actor),
            (words["received"], shown(first.occurred_at)),
            (words["appointment"], dossier.appointment and shown(dossier.appointment)),
            (words["unit"], dossier.unit_appointment and shown(dossier.unit_appointment)),
            (words["check_by"], None if received else shown(getattr(event, "check_by", None))),
            (words["applicant"], ", ".join(particulars(done))),
        ]
    )
    if received and _outside(house, dossier):
        line(words["outside"], "warning")
    if done.repeated:
        line("The same command was answered before: nothing was done again.", "dim")


def _outside(house: House, dossier: Dossier) -> bool:
    """Whether nobody works in the minutes beside the receipt: the clock starts later then."""
    from engine.core.calendar import local_minute

    if dossier.received_at is None:
        return False
    calendar, minute = house.law.calendar(dossier.calendar), local_minute(dossier.received_at)
    return calendar.worked_to(minute + 1) == calendar.worked_to(minute - 1)


def _said(text: Any, lang: str) -> str:
    return str(text.vi if lang == "vi" else text.en)

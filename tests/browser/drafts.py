"""Files that an administrator has uploaded and not activated: their pages are visited too."""

from __future__ import annotations

import hashlib
from datetime import date

from msgspec.structs import replace

from app.admin import records
from app.house import open_house
from app.settings import Settings
from workflows.calendar_files import encode, load, versions
from workflows.calendar_model import DayOff
from workflows.load import CATALOGUE
from workflows.model import Text

AGENCIES = """\
agencies:
  - id: ub-justice
    name: {vi: Phòng Tư pháp thành phố Uông Bí, en: Justice office of Uông Bí city}
    level: district
    function: district-justice
    to: 2024-12-31
    officers:
      - {id: ub-justice.specialist-9, roles: [specialist], from: 2021-04-01}
  - id: ub-branch
    name: {vi: Bộ phận một cửa số 2, en: Second one-stop branch}
    level: district
    function: one-stop-branch
    parent: ub
    from: 2021-04-10
    staff: {receiver: 2}
"""

_NEWEST = load(versions()[-1])
_OFF = DayOff(date(2021, 4, 5), "decree", Text("Nghỉ theo quyết định", "Off by decree"), "QĐ 1")
CALENDAR = encode(
    replace(
        _NEWEST,
        version="vn-2026-11-25-qn",
        known_on=date(2026, 11, 25),
        days_off=(_OFF, *_NEWEST.days_off),
    )
)

_KNOWN = (CATALOGUE / "03-mortgage-registration.yaml").read_text(encoding="utf-8")
PROCEDURE = _KNOWN.replace("2021-01-01", "2021-04-01").replace("limit: 3 days", "limit: 4 days")

DRAFTS: dict[str, tuple[records.Kind, bytes]] = {
    "agencies": ("agencies", AGENCIES.encode()),
    "wrong": ("agencies", AGENCIES.replace("parent: ub", "parent: ubb").encode()),
    "calendar": ("calendar", CALENDAR),
    "procedure": ("procedure", PROCEDURE.encode()),
    "unsound": ("procedure", PROCEDURE.replace("by: receiver at desk", "by: astronaut").encode()),
}


def digests() -> dict[str, str]:
    """What the addresses of their pages end with."""
    return {name: hashlib.sha256(content).hexdigest() for name, (_, content) in DRAFTS.items()}


def keep(url: str) -> None:
    """Puts them into a store."""
    with open_house(Settings(database=url)) as house:
        records.open_records(house.home)
        for name, (kind, content) in DRAFTS.items():
            at = 1_615_860_000_000_000
            records.keep(house.home, kind, f"{name}.yaml", content, "administrator", at)

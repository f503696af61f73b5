"""Builds calendar files from the `holidays` package and `calendars/overrides.yaml`.

Run `python -m workflows.seed_calendar` after a decree; it writes the versions that have no file
yet and refuses to change one that has. The only module that imports `holidays`.
"""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path

import holidays
import msgspec
import yaml

from workflows.calendar_files import FOLDER, changes, encode
from workflows.calendar_model import CalendarSource, DayOff, DayWorked
from workflows.model import Text

OVERRIDES = FOLDER / "overrides.yaml"
ZONE = "Asia/Ho_Chi_Minh"
OBSERVED = " (nghỉ bù)"

# The package names each day of Tết by its lunar date and calls 27 January 2025 "29 Tết", which
# was the 28th. The yearly notice announces one span, compensation included: so one name here.
TET = Text("Tết Nguyên đán", "Lunar New Year (Tết)")
NAMES = {
    "Tết Dương lịch": Text("Tết Dương lịch", "New Year's Day"),
    "Ngày Giỗ Tổ Hùng Vương": Text("Giỗ Tổ Hùng Vương", "Hùng Kings' Commemoration Day"),
    "Ngày Chiến thắng": Text("Ngày Chiến thắng 30/4", "Reunification Day"),
    "Ngày Quốc tế Lao động": Text("Ngày Quốc tế Lao động 1/5", "International Labour Day"),
    "Quốc khánh": Text("Quốc khánh 2/9", "National Day"),
    "Ngày Văn hóa Việt Nam": Text("Ngày Văn hóa Việt Nam 24/11", "Vietnam Culture Day"),
}


class SeedError(Exception):
    """The package and the override file do not fit together. The message says where."""


class Version(msgspec.Struct, frozen=True):
    known_on: date
    announced_to: date
    why: str

    @property
    def name(self) -> str:
        return f"vn-{self.known_on}"


class Swap(msgspec.Struct, frozen=True):
    day_off: date
    worked: date
    known_on: date
    source: str


class LateHoliday(msgspec.Struct, frozen=True):
    name: str
    known_on: date
    source: str


class Mistake(msgspec.Struct, frozen=True):
    day: date
    source: str


class Decree(msgspec.Struct, frozen=True):
    day: date
    name: Text
    known_on: date
    source: str


class Overrides(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    first: date
    last: date
    hours: tuple[tuple[str, str], ...]
    versions: tuple[Version, ...]
    swaps: tuple[Swap, ...]
    holidays: tuple[LateHoliday, ...]
    mistaken: tuple[Mistake, ...]
    decrees: tuple[Decree, ...]


def read_overrides(path: Path = OVERRIDES) -> Overrides:
    """The override file. Raises msgspec.ValidationError naming the field."""
    return msgspec.convert(yaml.safe_load(path.read_text("utf-8")), type=Overrides)


def build(version: Version, overrides: Overrides) -> CalendarSource:
    """The calendar as it was known on the version's day. Raises SeedError."""
    days_off: dict[date, DayOff] = {}
    for off in _by_law(overrides, version.known_on):
        days_off[off.day] = off
    for decree in overrides.decrees:
        if decree.known_on <= version.known_on:
            days_off[decree.day] = DayOff(decree.day, "decree", decree.name, decree.source)
    swaps = [swap for swap in overrides.swaps if swap.known_on <= version.known_on]
    for swap in swaps:
        days_off[swap.day_off] = DayOff(swap.day_off, "swap", _swap_name(swap), swap.source)
    span = (overrides.first, overrides.last)
    return CalendarSource(
        version=version.name,
        known_on=version.known_on,
        announced_to=version.announced_to,
        first=overrides.first,
        last=overrides.last,
        zone=ZONE,
        hours=overrides.hours,
        weekend=(6, 7),
        days_off=tuple(days_off[day] for day in sorted(days_off) if span[0] <= day <= span[1]),
        days_worked=tuple(
            DayWorked(swap.worked, swap.day_off, swap.source)
            for swap in sorted(swaps, key=lambda swap: swap.worked)
        ),
    )


def _by_law(overrides: Overrides, known_on: date) -> list[DayOff]:
    """Holidays and their compensation, without swaps: those need a decree of the file."""
    # From a year earlier: the package tells a swap by the day off, which may stand there.
    years = range(overrides.first.year - 1, overrides.last.year + 1)
    package = holidays.country_holidays("VN", years=years, language="vi")
    late = {holiday.name: holiday for holiday in overrides.holidays}
    listed = {swap.day_off for swap in overrides.swaps}
    swap_label = str(package.substituted_label).partition("(")[0]
    mistaken = {mistake.day for mistake in overrides.mistaken}
    found = []
    for day in sorted(set(package) - mistaken):
        name = package[day]
        if name.startswith(swap_label):
            if day not in listed:
                raise SeedError(f"{day}: the package knows a swap that {OVERRIDES.name} lacks")
            continue
        plain = name.removesuffix(OBSERVED)
        if plain in late and late[plain].known_on > known_on:
            continue
        source = late[plain].source if plain in late else ""
        found.append(_day_off(day, plain, observed=plain != name, source=source))
    return found


def _day_off(day: date, name: str, *, observed: bool, source: str) -> DayOff:
    text = NAMES.get(name)
    if text is None and "Tết" in name:
        text = TET
    if text is None:
        raise SeedError(f"{day}: the package has a new holiday {name!r}; name it in {__name__}")
    if observed:
        bridge = Text(f"Nghỉ bù {text.vi}", f"Day off in lieu of {text.en}")
        return DayOff(day, "compensation", bridge, source)
    return DayOff(day, "holiday", text, source)


def _swap_name(swap: Swap) -> Text:
    saturday = swap.worked.isoweekday() == 6
    vi, en = ("thứ bảy", "Saturday") if saturday else ("chủ nhật", "Sunday")
    return Text(
        f"Nghỉ hoán đổi, làm bù {vi} {swap.worked:%d/%m/%Y}",
        f"Day off swapped for {en} {swap.worked:%d/%m/%Y}",
    )


def differences(one: CalendarSource, other: CalendarSource) -> list[str]:
    """What days two versions disagree on, a line each; for reviews and tests."""
    return [
        f"{each.day}: {_said(each.before)} -> {_said(each.after)}" for each in changes(one, other)
    ]


def _said(entry: DayOff | DayWorked | None) -> str:
    if entry is None:
        return "as the week"
    if isinstance(entry, DayWorked):
        return f"worked for {entry.instead_of}"
    return f"off ({entry.name.vi})"


def write_missing(folder: Path = FOLDER) -> list[Path]:
    """Writes the versions without a file. Raises SeedError if an existing one would change."""
    overrides = read_overrides()
    written = []
    for version in overrides.versions:
        path = folder / f"{version.name}.json"
        content = encode(build(version, overrides))
        if not path.exists():
            path.write_bytes(content)
            written.append(path)
        elif path.read_bytes() != content:
            committed = msgspec.json.decode(path.read_bytes(), type=CalendarSource)
            changes = differences(committed, build(version, overrides))
            raise SeedError(
                f"{path.name} is committed and would change; add a new version instead:\n"
                + "\n".join(changes)
            )
    return written


if __name__ == "__main__":
    for made in write_missing():
        sys.stdout.write(f"{made.name}\n")

"""A file that changes the organisation: what begins and ends, and that no past day changes."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from workflows.amend import CheckedAmendment, amended, check_amendment
from workflows.load_organisation import load_organisation
from workflows.organisation import Organisation, Unresolved

TODAY = date(2026, 11, 22)
KNOWN = """\
agencies:
  - id: p
    name: {vi: Tỉnh, en: Province}
    level: province
    function: province
    from: 2021-01-01
    staff: {chairman: 2}
    under:
      - id: p-old
        name: {vi: Cũ, en: Old}
        level: province
        function: desk
        to: 2024-12-31
        successor: p-desk
      - id: p-desk
        name: {vi: Trung tâm, en: Centre}
        level: province
        function: desk
        from: 2025-01-01
        officers:
          - {id: "001", roles: [receiver, cashier]}
          - {id: "002", roles: [head], to: 2027-01-31}
      - id: p-tax
        name: {vi: Thuế, en: Tax}
        level: province
        function: tax-office
        from: 2027-01-01
"""
DESK = """\
agencies:
  - id: p-desk
    name: {vi: Trung tâm, en: Centre}
    level: province
    function: desk
"""
TAX = """\
agencies:
  - id: p-tax
    name: {vi: Thuế, en: Tax}
    level: province
    function: tax-office
"""
NEW = """\
agencies:
  - id: p-new
    name: {vi: Mới, en: New}
    level: province
    function: desk
    parent: p
"""


@pytest.fixture
def known(tmp_path: Path) -> Organisation:
    folder = tmp_path / "known"
    folder.mkdir()
    (folder / "a.yaml").write_text(KNOWN, encoding="utf-8")
    return load_organisation(folder)


def checked(folder: Path, text: str, known: Organisation) -> CheckedAmendment:
    file = folder / "new.yaml"
    file.write_text(text, encoding="utf-8")
    return check_amendment(file, known, TODAY)


def made(folder: Path, text: str, known: Organisation) -> Organisation:
    found = checked(folder, text, known)
    assert found.errors == ()
    assert found.amendment is not None
    return amended(known, [found.amendment])


GOOD = (
    NEW + "    from: 2026-11-22\n    staff: {receiver: 2}\n",
    NEW + "    from: 2026-12-01\n    to: 2026-12-31\n    successor: p-desk\n",
    DESK + "    to: 2026-11-22\n    successor: p-new\n" + NEW[10:] + "    from: 2026-11-23\n",
    DESK + "    staff: {}\n    officers:\n      - {id: '003', roles: [head], from: 2026-11-22}\n",
    DESK + "    officers:\n      - {id: '001', roles: [receiver, cashier], to: 2026-11-22}\n",
    DESK + "    officers:\n      - {id: '002', roles: [head], to: null}\n",
    TAX + "    from: 2026-12-01\n    parent: p-desk\n    to: 2027-06-30\n",
)


@pytest.mark.parametrize("text", GOOD)
def test_no_day_that_is_over_changes(tmp_path: Path, known: Organisation, text: str) -> None:
    now = made(tmp_path, text, known)
    ahead = [TODAY + timedelta(days=each) for each in (30, 100)]
    assert any(stood(now, day) != stood(known, day) for day in ahead)
    for back in range(1, 3_000, 13):
        day = TODAY - timedelta(days=back)
        assert stood(now, day) == stood(known, day)
    # What it says is in force: said again, it changes nothing.
    again = made(tmp_path, text, now)
    assert [stood(again, day) for day in ahead] == [stood(now, day) for day in ahead]


def stood(staff: Organisation, day: date) -> tuple[object, ...]:
    """All that could be asked about a day."""
    agencies = [
        (each.id, each.name, each.level, each.function, each.parent, each.serves, each.valid_from)
        for each in staff.on(day)
    ]
    posts = [(each.id, each.agency, each.roles) for each in staff.officers() if each.valid_on(day)]
    return sorted(agencies), sorted(posts), staff.in_charge("p-old", day).id


BAD = (
    (NEW + "    from: 2026-11-21\n",
     "7:11 agencies[0].from: 'p-new' begins on 2026-11-21: the first day possible is 2026-11-22"),
    (NEW, "2:5 agencies[0].from: 'from' is missing"),
    (NEW + "    from: 2026-12-01\n    to: 2026-11-30\n",
     "8:9 agencies[0].to: ends on 2026-11-30, before it begins on 2026-12-01"),
    (NEW.replace("parent: p", "parent: pp") + "    from: 2026-12-01\n",
     "6:13 agencies[0].parent: there is no agency 'pp'; did you mean 'p'?"),
    (DESK + "    to: 2026-11-21\n",
     "6:9 agencies[0].to: 'p-desk' ends on 2026-11-21: the first day possible is 2026-11-22"),
    (DESK + "    from: 2025-02-01\n",
     "6:11 agencies[0].from: 'p-desk' began on 2025-01-01, which does not change"),
    (DESK.replace("Trung tâm", "Tên khác"),
     "3:11 agencies[0].name: 'p-desk' has begun, and there it is 'Trung tâm': end it, and begin"
     " another agency as its successor"),
    (DESK.replace("function: desk", "function: tax"),
     "5:15 agencies[0].function: 'p-desk' has begun, and there it is 'desk': end it, and begin"
     " another agency as its successor"),
    (DESK + "    parent: p-old\n",
     "6:13 agencies[0].parent: 'p-desk' has begun, and there it is 'p': end it, and begin"
     " another agency as its successor"),
    (DESK + "    staff: {receiver: 1}\n",
     "6:23 agencies[0].staff.receiver: 'p-desk.receiver-1' would begin on 2025-01-01, which is"
     " over: write it under 'officers', with a 'from' of its own"),
    (DESK + "    officers:\n      - {id: '009', roles: [head]}\n",
     "7:9 agencies[0].officers[0].from: '009' begins on 2025-01-01: the first day possible is"
     " 2026-11-22"),
    (DESK + "    officers:\n      - {id: '001', roles: [head]}\n",
     "7:28 agencies[0].officers[0].roles: '001' has begun, and there it is 'receiver, cashier':"
     " end it, and begin another post"),
    (DESK + "    officers:\n      - {id: '009', roles: [head], from: 2027-01-02, to: 2027-01-01}\n",
     "7:58 agencies[0].officers[0].to: ends on 2027-01-01, before it begins on 2027-01-02"),
    (DESK.replace("p-desk", "p-old").replace("Trung tâm", "Cũ").replace("Centre", "Old")
     + "    to: 2027-01-01\n",
     "6:9 agencies[0].to: 'p-old' ended on 2024-12-31, which does not change"),
    (DESK.replace("p-desk", "p-old").replace("Trung tâm", "Cũ").replace("Centre", "Old")
     + "    successor: p-tax\n",
     "6:16 agencies[0].successor: 'p-old' ended on 2024-12-31: its successor stays"),
    (TAX + "    parent: p-tax\n", "6:13 agencies[0].parent: 'p-tax' stands under itself"),
    (DESK + "    nonsense: 1\n", "6:5 agencies[0].nonsense: 'nonsense' is no field here"),
)  # fmt: skip


@pytest.mark.parametrize(("text", "said"), BAD)
def test_what_is_wrong_is_told_with_its_place(
    tmp_path: Path, known: Organisation, text: str, said: str
) -> None:
    found = checked(tmp_path, text, known)
    assert found.amendment is None
    assert said in [f"{p.line}:{p.column} {p.field}: {p.message}" for p in found.errors]


def test_two_of_one_function_side_by_side_are_a_warning(
    tmp_path: Path, known: Organisation
) -> None:
    found = checked(tmp_path, NEW + "    from: 2026-12-01\n", known)
    assert found.amendment is not None
    (warning,) = found.warnings
    assert (warning.line, warning.field) == (5, "agencies[0].function")
    assert "'p-desk' has the same function and area" in warning.message
    with pytest.raises(Unresolved):
        amended(known, [found.amendment]).resolve("desk", "p", date(2026, 12, 1))
    for other in (
        NEW.replace("function: desk", "function: court") + "    from: 2026-12-01\n",
        NEW.replace("parent: p\n", "parent: p-tax\n") + "    from: 2027-01-01\n",
        NEW + "    from: 2026-12-01\n" + DESK[10:] + "    to: 2026-11-30\n    successor: p-new\n",
    ):
        assert checked(tmp_path, other, known).warnings == ()


def test_posts_end_with_their_agency_unless_the_end_is_called_off(
    tmp_path: Path, known: Organisation
) -> None:
    end = checked(tmp_path, DESK + "    to: 2026-12-31\n    successor: p\n", known).amendment
    assert end is not None
    ended = amended(known, [end])
    assert ended.officer("001").valid_to == ended.officer("002").valid_to == date(2026, 12, 31)
    off = checked(tmp_path, DESK + "    to: null\n", ended).amendment
    assert off is not None
    again = amended(known, [end, off])
    assert again.agency("p-desk").valid_to is None
    assert again.officer("001").valid_to is None
    assert again.officer("002").valid_to == date(2027, 1, 31)


def test_what_an_end_leaves_behind_is_a_warning(tmp_path: Path, known: Organisation) -> None:
    text = DESK.replace("p-desk", "p").replace("Trung tâm", "Tỉnh").replace("Centre", "Province")
    text = text.replace("function: desk", "function: province") + "    to: 2026-12-31\n"
    found = checked(tmp_path, text, known)
    assert found.amendment is not None
    assert [each.message for each in found.warnings] == [
        "nobody takes over the open dossiers of 'p': name a 'successor'",
        "'p-desk' goes on under 'p', which ends",
        "'p-tax' goes on under 'p', which ends",
    ]

"""Who has a part in a dossier: who held it, who was offered it, who took it up again."""

from __future__ import annotations

from consumers.views.custody import custody
from consumers.views.search import Asked, Word, search
from schemas import events as e
from tests.arrivals import arrived
from tests.unit.test_views_queries import DAY, DESK, LAND, T0, Board, board

__all__ = ["board"]


def test_what_another_house_sent_is_with_its_officer_until_it_is_taken(board: Board) -> None:
    leg = ("t-ministry#opinion", "2024-08-01")
    board.happens(*arrived(LAND, leg, "appraise", T0, T0 + 5 * DAY))
    board.accepted()
    sent, waiting, taken = custody(board.connection, "d-1")
    assert (sent.agency, sent.officer) == ("elsewhere", "elsewhere.officer")
    assert (waiting.agency, waiting.waiting_for) == ("elsewhere", (LAND, "specialist"))
    assert (taken.agency, taken.officer) == (LAND, "land-office.officer")


def test_it_is_found_by_who_was_offered_it_and_by_who_took_it_up_again(board: Board) -> None:
    def found(asked: Asked) -> list[str]:
        return [each.code for each in search(board.connection, asked)]

    board.received()
    assert found(Asked(party=LAND)) == []
    board.offered()
    assert found(Asked(party=LAND)) == ["d-1"]
    board.happens(e.DossierStopped(ground="withdrawal"))
    assert found(Asked(words=[Word("desk.other")])) == []
    board.happens(
        e.DossierReopened(
            step="receive",
            agency=DESK,
            officer="desk.other",
            withdraws="stopped",
            legal_basis="Bản án 01/2021",
            due=T0 + 40 * DAY,
        )
    )
    assert found(Asked(words=[Word("desk.other")])) == ["d-1"]

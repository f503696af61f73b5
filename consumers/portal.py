"""The national portal's words for where a dossier is."""

from __future__ import annotations

PORTAL_CODES = {
    "registered": 1,
    "received": 2,
    "refused-at-receipt": 3,
    "supplement-expired": 3,
    "at-work": 4,
    "in-transit": 4,
    "returned-to-sender": 4,
    "awaiting-legs": 4,
    "paused": 4,
    "suspended": 4,
    "awaiting-supplement": 5,
    "awaiting-payment": 6,
    "withdrawal-asked": 7,
    "stopped": 8,
    "refused": 8,
    "result-ready": 9,
    "returned": 10,
}
"""State in words -> status code of the national portal."""

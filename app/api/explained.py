"""What the codes of problems mean: the status of each, and the words of those that are no rule of
the engine."""

from __future__ import annotations

OF_RULES = {"stale": 412, "command-id-reused": 422}
"""Statuses of those rules for which HTTP has another one than 409."""

OF_API: dict[str, tuple[int, str, str]] = {
    "not-signed-in": (401, "Sign in first", "Send a token: Authorization: Bearer …"),
    "bad-token": (401, "This token is good for nothing", "It is unknown, revoked or over."),
    "forged": (403, "This did not come from a page of ours", "Sign in, or send a token."),
    "too-many": (429, "Too many requests", "Ask again after `Retry-After` seconds."),
    "too-large": (413, "What was sent is too large", "`detail` says how much is taken."),
    "too-slow": (408, "What was sent came too slowly", "A body has to come within a minute."),
    "too-much-at-once": (
        503,
        "Too much is being sent just now",
        "Others, or you at the same time, send as much as is taken at once; try again.",
    ),
    "not-permitted": (
        403,
        "You may not do that",
        "Your role, your agency or your token's scopes do not permit it; `action` says what.",
    ),
    "not-there": (404, "There is no such thing", "What the address names does not exist."),
    "not-json": (415, "This is not JSON", "A body has to be application/json."),
    "bad-input": (422, "What was sent is wrong", "`detail` says what is wrong, all of it."),
    "invalid": (422, "What was sent is wrong", "`errors` names each wrong field and why."),
    "bad-position": (422, "No position", "`after` takes the `position` that a write returned."),
    "bad-cursor": (422, "No cursor of this list", "Take the address of the Link header as it is."),
    "bad-moment": (422, "No moment", "Moments are ISO 8601, between the years 1990 and 2190."),
    "bad-span": (422, "No length of time", "Lengths of time are such as 3d, 12h, 30m or 2w."),
    "bad-etag": (422, "No ETag of a dossier", "If-Match takes the ETag that an answer had."),
    "bad-event-id": (422, "No id of this feed", "Last-Event-ID takes the id of an event of it."),
    "bad-idempotency-key": (422, "No UUID", "Idempotency-Key takes a UUID of your own."),
    "bad-address": (422, "Nothing can be sent there", "`detail` says why not."),
    "behind": (
        503,
        "The views are behind",
        "They did not come to know of `after` in time; ask again in a second.",
    ),
    "not-known-yet": (
        503,
        "Not known here yet",
        "What it rests on was activated at another server a moment ago; ask again in a second.",
    ),
    "not-ready": (503, "Not possible just now", "A server cannot be reached, or is busy."),
    "unrecorded": (503, "Not possible just now", "That it is read could not be recorded."),
    "no-graphviz": (503, "Nothing can be drawn here", "Graphviz is not installed."),
    "damaged": (
        500,
        "The history cannot be read",
        "What is stored of it is not what was written. Nothing can be done with it until whoever "
        "runs the server has restored it.",
    ),
    "trouble": (500, "Something went wrong", "This should not have happened."),
}
"""Every code that is no rule of the engine: its status, title and sentence."""


def status_of(rule: str) -> int:
    """Of a problem that a rule of the engine is."""
    return OF_RULES.get(rule, 409)

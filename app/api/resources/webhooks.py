"""Webhooks: where alerts are sent, and what could not be delivered."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Response

from app.access.needs import needs
from app.access.principal import Principal
from app.api.answers import Pages, answered, beyond
from app.api.asking import IdempotencyKey, command_id
from app.api.models.webhooks import Delivery as DeliveryModel
from app.api.models.webhooks import NewWebhook, Revived, WithSecret
from app.api.models.webhooks import Webhook as WebhookModel
from app.api.webhooks import store
from app.api.webhooks.address import BadAddress, resolved
from app.api.webhooks.signing import new_secret
from app.api.webhooks.store import DEAD, WAITING, Delivery, Webhook
from app.desk.context import AtDesk, Desk
from app.desk.problems import Problem
from app.times import iso
from app.trouble import NotThere
from engine.ids import id_text
from schemas.envelope import to_micros

router = APIRouter(tags=["webhooks"])

Administrator = Annotated[Principal, needs("webhooks.write")]
Id = Annotated[str, Path(description="Id of a webhook.", max_length=60)]


@router.get("/webhooks", response_model=list[WebhookModel], summary="Where alerts are sent")
def list_webhooks(who: Administrator, desk: AtDesk, pages: Pages) -> Response:
    """Without their secrets, which were shown when they were registered."""
    after = pages.after(str)
    found = beyond(_mine(desk, who), lambda each: (each.id,), after)
    counts = _counts(desk)
    return pages.answer(found, lambda each: (each.id,), lambda each: _plain(each, counts))


@router.post(
    "/webhooks",
    status_code=201,
    response_model=WithSecret,
    summary="Have alerts sent somewhere",
)
def add_webhook(
    who: Administrator,
    desk: AtDesk,
    new: NewWebhook,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Every alert that is raised from now on, of these kinds, is POSTed there at least once, with
    the same `webhook-id` each time: take an id once. What fails is tried again, ever later, for a
    day; then it is dead, until you retry it. Registered again with the same key, it is the same
    webhook with the same secret, as long as it is there."""
    try:
        resolved(new.url, private=desk.settings.private_webhooks)
    except BadAddress as error:
        raise Problem(422, "bad-address", "Nothing can be sent there", str(error)) from None
    made = Webhook(
        id=id_text(command_id(desk.house.runtime, idempotency_key)),
        url=new.url,
        secret=new_secret(),
        kinds=tuple(sorted(set(new.kinds))),
        agency=who.agency,
        created_at=to_micros(desk.house.real_now),
        created_by=who.account,
    )
    there = store.add(desk.house.home, made)
    if (there.url, there.kinds, there.agency) != (made.url, made.kinds, made.agency):
        said = "This Idempotency-Key was used before for another webhook; take a new one"
        raise Problem(422, "command-id-reused", "A rule refused it", said)
    desk.deliverer.nudge()
    value = {**_plain(there, {}), "secret": there.secret}
    return answered(value, 201, {"Location": f"/api/v1/webhooks/{there.id}"})


@router.get("/webhooks/{webhook}", response_model=WebhookModel, summary="One webhook")
def show_webhook(who: Administrator, desk: AtDesk, webhook: Id) -> Response:
    """With how much waits for it, and how much is dead."""
    return answered(_plain(_found(desk, who, webhook), _counts(desk)))


@router.delete(
    "/webhooks/{webhook}",
    status_code=204,
    response_class=Response,
    summary="Send nothing there any more",
)
def remove_webhook(who: Administrator, desk: AtDesk, webhook: Id) -> Response:
    """With all that waits for it."""
    _found(desk, who, webhook)
    store.remove(desk.house.home, webhook)
    return Response(status_code=204)


@router.get(
    "/webhooks/{webhook}/deliveries",
    response_model=list[DeliveryModel],
    summary="What waits, and what is dead",
)
def list_deliveries(
    who: Administrator,
    desk: AtDesk,
    pages: Pages,
    webhook: Id,
    state: Annotated[Literal["waiting", "dead"] | None, Query(description="Only those.")] = None,
) -> Response:
    """What has been delivered is not listed. `outcome`: of the last attempt."""
    key = pages.after(str)
    _found(desk, who, webhook)
    after = None if key is None else _alert(key[0])
    with desk.reading() as connection:
        found = store.waiting_at(connection, webhook, state, after, pages.look)
    return pages.answer(found, lambda each: (each.alert.id.hex(),), _delivery)


@router.post("/webhooks/{webhook}/retry", response_model=Revived, summary="Try again what is dead")
def retry(who: Administrator, desk: AtDesk, webhook: Id) -> Response:
    """From the beginning, with the same ids."""
    _found(desk, who, webhook)
    count = store.revive(desk.house.home, webhook, desk.deliverer.now())
    desk.deliverer.nudge()
    return answered({"revived": count})


def _mine(desk: Desk, who: Principal, id_: str | None = None) -> list[Webhook]:
    """Those of the whole store's administrator are everybody's; others see those under them."""
    if not store.are_kept(desk.house.home):
        return []
    with desk.reading() as connection:
        found = store.listed(connection, id_)
    if who.agency is None:
        return found
    return [each for each in found if each.agency and desk.access.oversees(who.agency, each.agency)]


def _found(desk: Desk, who: Principal, id_: str) -> Webhook:
    found = _mine(desk, who, id_) if "\x00" not in id_ else []
    if not found:
        raise NotThere(f"There is no webhook {id_!r}")
    return found[0]


def _counts(desk: Desk) -> dict[tuple[str, str], int]:
    if not store.are_kept(desk.house.home):
        return {}
    with desk.reading() as connection:
        return store.counts(connection)


def _plain(found: Webhook, counts: dict[tuple[str, str], int]) -> dict[str, Any]:
    return {
        "id": found.id,
        "url": found.url,
        "kinds": list(found.kinds),
        "agency": found.agency,
        "created_at": iso(found.created_at),
        "created_by": found.created_by,
        "waiting": counts.get((found.id, WAITING), 0),
        "dead": counts.get((found.id, DEAD), 0),
    }


def _delivery(found: Delivery) -> dict[str, Any]:
    return {
        "id": found.alert.id.hex(),
        "code": found.alert.dossier,
        "kind": found.alert.kind,
        "raised_at": iso(found.alert.raised_at),
        "state": found.state,
        "attempts": found.attempts,
        "next_at": iso(found.next_at),
        "outcome": found.outcome,
    }


def _alert(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise Problem(422, "bad-cursor", "No cursor of this list") from None

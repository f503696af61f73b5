"""The application: one house, the API's resources, the pages, and what every answer carries."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache

from fastapi import APIRouter, Depends, FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.routing import BaseRoute

from app.access.access import Identify
from app.access.guard import Guard
from app.api import health, resources
from app.api.description import describe
from app.api.named import only_named
from app.api.straight import Lane
from app.desk.context import Desk
from app.desk.found import routers
from app.desk.heads import Heads
from app.desk.nul import NoNul
from app.desk.one_law import OneLaw
from app.desk.problems import tell_as_problems, told
from app.house import House
from app.settings import Settings
from app.web import pages
from app.web.assets import ASSETS, assets

API = "/api/v1"


@cache
def _routes() -> list[BaseRoute]:
    """The same for every application of a process: to read off their signatures what they take is
    most of what it takes to make one."""
    made = APIRouter()
    for router in routers(resources):
        made.include_router(router, prefix=API, dependencies=[Depends(only_named)])
    made.include_router(health.router)
    for router in routers(pages):
        made.include_router(router)
    return made.routes


def application(settings: Settings, house: House, identify: Identify | None = None) -> FastAPI:
    """What a server of HTTP runs. It does not close the house. `identify`: who makes a request,
    when not the store's accounts say so."""
    desk = Desk(settings, house, identify)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        for part in desk.parts:
            part.start()
        # Now that the views are there.
        await run_in_threadpool(desk.open_tables)
        await run_in_threadpool(desk.raise_barrier)
        yield
        for part in reversed(desk.parts):
            part.stop()

    app = FastAPI(
        title="Liên thông",
        version="1",
        lifespan=lifespan,
        openapi_url=f"{API}/openapi.json",
        docs_url=None,
        redoc_url=None,
    )
    app.state.desk = desk
    tell_as_problems(app)
    app.router.routes.extend(_routes())
    describe(app)
    app.mount(ASSETS, assets(), name="assets")
    inside = Heads(OneLaw(NoNul(Lane(app.build_middleware_stack(), app), told(app))))
    # Around everything, so that it completes the answers to errors too.
    app.middleware_stack = Guard(
        inside,
        desk.entrance.sessions,
        told(app),
        kept=(f"{ASSETS}/",),
        within=6 * settings.patience,
    )
    return app

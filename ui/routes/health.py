"""`/healthz` says that the process lives, `/readyz` that it can answer, `/metrics` what it did."""

import shutil
from http import HTTPStatus

from fastapi import APIRouter, Response
from fastapi.concurrency import run_in_threadpool
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from kb.errors import DayiError
from ui.boundary import Services
from ui.streams import Streams

__all__ = ["health_routes"]

_MIN_FREE_DISK = 0.05


def health_routes(services: Services, streams: Streams) -> APIRouter:
    """The routes for probes and for Prometheus."""
    router = APIRouter(include_in_schema=False)

    @router.get("/healthz")
    async def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @router.get("/readyz")
    async def readyz(response: Response) -> dict[str, str]:
        state = "stopping" if streams.is_stopping else await run_in_threadpool(_state, services)
        if state != "ready":
            response.status_code = HTTPStatus.SERVICE_UNAVAILABLE
        return {"status": state}

    @router.get("/metrics")
    def metrics() -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return router


def _state(services: Services) -> str:
    try:
        services.knowledge.records.ping()
    except DayiError:
        return "database_down"
    try:
        usage = shutil.disk_usage(services.settings.data)
    except OSError:
        return "data_folder_missing"
    return "disk_full" if usage.free < usage.total * _MIN_FREE_DISK else "ready"

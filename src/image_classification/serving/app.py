"""The application: what can be asked for, and how it is answered."""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Annotated, Any

import torch
from fastapi import FastAPI, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, Response
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.routing import Route

from image_classification.serving.answering import Answering
from image_classification.serving.documents import Page, reference_page, start_page
from image_classification.serving.door import Door
from image_classification.serving.metrics import Numbers
from image_classification.serving.model import ServedModel
from image_classification.serving.options import ServingOptions
from image_classification.serving.refusals import RefusedError
from image_classification.serving.schema import ANSWERS, EXPLANATION, HEALTH, MODEL, NUMBERS, images_sent
from image_classification.threads import usable_cores

Top = Annotated[int, Query(ge=1, le=10_000, description="How many of the most probable classes are named.")]
Invert = Annotated[
    bool, Query(description="Swap black and white: images are negatives of the training images.")
]
Of = Annotated[str | None, Query(alias="class", description="Which class; by default the most probable one.")]


def create_app(model: ServedModel, options: ServingOptions, numbers: Numbers) -> FastAPI:
    """Make the application of a network.

    Args:
        model: the network.
        options: limits, and names that it may be called by.
        numbers: where requests and images are counted.
    """
    decoders = ThreadPoolExecutor(
        usable_cores(),
        thread_name_prefix="decoding",
        initializer=torch.set_num_threads,  # of this thread, and those that begin later
        initargs=(1,),
    )
    answering = Answering(model, options, numbers, decoders)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await answering.batcher.in_turn(model.warm_up)
        answering.task = asyncio.create_task(answering.batcher.run())
        yield
        answering.task.cancel()
        answering.batcher.close()
        decoders.shutdown(wait=False, cancel_futures=True)

    app = FastAPI(
        title="Image classification",
        summary=f"{model.description.shown_name} on {model.description.data_name}",
        lifespan=lifespan,
        docs_url=None,  # FastAPI's pages load scripts from other servers
        redoc_url=None,
    )
    _add_answers(app, answering)
    _add_facts(app, answering)
    _add_pages(app)
    _add_errors(app)
    app.add_middleware(Door, options=options, numbers=numbers, parameters=_parameters(app))
    return app


def _parameters(app: FastAPI) -> dict[str, set[str]]:
    """Return of each path the names of the parameters that its address may have."""
    return {
        route.path: {each.alias for each in route.dependant.query_params}
        if isinstance(route, APIRoute)
        else set()
        for route in app.routes
        if isinstance(route, Route | APIRoute)
    }


def _add_answers(app: FastAPI, answering: Answering) -> None:
    @app.post(
        "/predict", summary="Classify images", responses=ANSWERS, openapi_extra=images_sent(several=True)
    )
    async def predict(request: Request, top: Top = 5, invert: Invert = False) -> JSONResponse:
        """Classify one image or many; those that cannot be read have a reason, the others are answered."""
        told = await answering.predict(request, top, invert=invert)
        is_readable = any(not each["reason"] for each in told["images"])
        return JSONResponse(told, 200 if is_readable else 422)

    @app.post(
        "/explain",
        summary="Show which pixels count",
        responses=EXPLANATION,
        openapi_extra=images_sent(several=False),
    )
    async def explain(request: Request, of: Of = None, invert: Invert = False) -> JSONResponse:
        """Show which pixels of one image an answer depends on."""
        return JSONResponse(await answering.explain(request, of, invert=invert))


def _add_facts(app: FastAPI, answering: Answering) -> None:
    @app.get("/health", summary="Is it there?", responses=HEALTH)
    async def health() -> JSONResponse:
        """Tell whether the server lives, and whether images are answered."""
        is_ready = answering.is_ready
        return JSONResponse({"live": True, "ready": is_ready}, 200 if is_ready else 503)

    @app.get("/model", summary="What is served", responses=MODEL)
    async def model() -> JSONResponse:
        """Describe the network: classes, size and preparation of images, digest of the weights, limits."""
        return JSONResponse(answering.about())

    @app.get("/metrics", summary="Numbers for Prometheus", responses=NUMBERS, response_class=Response)
    async def metrics() -> Response:
        """Count requests, images, seconds, batches, and what waits."""
        content, kind = answering.counted()
        return Response(content, media_type=kind)


def _add_pages(app: FastAPI) -> None:
    first = start_page()

    @app.get("/", include_in_schema=False)
    async def start() -> HTMLResponse:
        return _shown(first)

    @app.get("/docs", include_in_schema=False)
    async def reference(request: Request) -> HTMLResponse:
        return _shown(reference_page(app.openapi(), str(request.base_url)))


def _shown(page: Page) -> HTMLResponse:
    return HTMLResponse(page.html, headers={"Content-Security-Policy": page.policy})


def _add_errors(app: FastAPI) -> None:
    """Have every error be an object with one sentence."""

    @app.exception_handler(RefusedError)
    async def refused(_: Request, error: RefusedError) -> JSONResponse:
        return _error(error.status, error.reason, error.headers)

    @app.exception_handler(HTTPException)
    async def http(_: Request, error: HTTPException) -> JSONResponse:
        return _error(error.status_code, str(error.detail), dict(error.headers or {}))

    @app.exception_handler(RequestValidationError)
    async def invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        said = [f"{'.'.join(map(str, each['loc'][1:]))}: {each['msg']}" for each in error.errors()]
        return _error(400, f"The address asks for something else: {'; '.join(said)}.")

    @app.exception_handler(Exception)
    async def unexpected(_: Request, error: Exception) -> JSONResponse:
        return _error(500, f"The server has failed with an unexpected {type(error).__name__}.")


def _error(status: int, reason: str, headers: dict[str, Any] | None = None) -> JSONResponse:
    return JSONResponse({"error": reason}, status, headers)

"""The routes of an app: Gradio's, and those that its author put beside them."""

from __future__ import annotations

import functools
from pathlib import Path

import gradio
from fastapi import APIRouter, FastAPI, Form, Request
from fastapi.staticfiles import StaticFiles

from gradio_harness.routes import Parameter, Route, listed, of_asgi, of_schema

HERE = Path(__file__).resolve().parent


@functools.cache
def served() -> FastAPI:
    """Return an app with routes of every kind beside a mounted Gradio app."""
    parent, inner = FastAPI(), APIRouter(prefix="/v1")

    def export(name: str, most: int = 3) -> str:
        return name * most

    def go(request: Request) -> str:
        return request.query_params.get("next", "/")

    def enter(user: str = Form(...)) -> str:
        return user

    inner.get("/export/{name}")(export)
    parent.include_router(inner)
    # The hints are texts here, and name what only this function knows.
    go.__annotations__ = {"request": Request}
    parent.get("/go")(go)
    parent.post("/enter")(enter)
    parent.mount("/media", StaticFiles(directory=HERE))
    with gradio.Blocks() as demo:
        gradio.Textbox()
    return gradio.mount_gradio_app(parent, demo, path="/app", auth=("ada", "lovelace"))


def test_the_authors_routes_are_told_with_what_they_read() -> None:
    """Of an included router, of a folder that is mounted, and what is read of the request."""
    routes = [route for route in of_asgi(served(), HERE) if route.owner == "author"]

    assert [
        (
            "GET /v1/export/{name}",
            (Parameter("name", "path", required=True), Parameter("most", "query", "integer")),
        ),
        ("GET /go", (Parameter("next", "query"),)),
        ("POST /enter", (Parameter("user", "form", required=True),)),
        ("GET /media/{path:path}", (Parameter("path", "path", required=True),)),
    ] == [(route.label, route.parameters) for route in routes]
    assert ["", "", "", str(HERE)] == [route.folder for route in routes]


def test_the_place_of_an_authors_route_is_told() -> None:
    """The file as seen from the app's folder, the line and the function."""
    route = next(route for route in of_asgi(served(), HERE) if route.path == "/go")

    line = Path(__file__).read_text("utf-8").partition("    def go(")[0].count("\n") + 1
    assert f"test_routes.py:{line} in go" == route.location


def test_gradios_routes_are_told_below_the_path_of_the_mount() -> None:
    """Each once, whatever slash it ends with."""
    labels = [route.label for route in of_asgi(served(), HERE) if route.owner == "gradio"]

    assert 1 == sum(label.rstrip("/") == "GET /app/config" for label in labels)


def test_a_route_is_filled() -> None:
    """What has no value gets one that is nothing's."""
    route = Route("GET", "/notes/{user}/{number:int}", "author")

    assert "/notes/ada/0" == route.filled({"user": "ada"})


def test_routes_are_read_from_what_a_server_describes() -> None:
    """As far as an OpenAPI document says it."""
    schema = {
        "paths": {
            "/notes/{user}": {
                "post": {
                    "parameters": [{"name": "user", "in": "path", "required": True}],
                    "requestBody": {
                        "content": {
                            "application/json": {"schema": {"$ref": "#/components/schemas/Note"}}
                        }
                    },
                }
            }
        },
        "components": {
            "schemas": {"Note": {"properties": {"text": {"type": "string"}}, "required": ["text"]}}
        },
    }

    (route,) = of_schema(schema)
    assert ("POST /notes/{user}", ["user", "text"], ["path", "json"]) == (
        route.label,
        [parameter.name for parameter in route.parameters],
        [parameter.place for parameter in route.parameters],
    )


def test_what_is_known_of_gradio_has_the_prefix_of_its_version() -> None:
    """Only its API has one."""
    labels = {route.label for route in listed("/gradio_api", "/app")}

    assert {"GET /app/config", "POST /app/gradio_api/queue/join"} <= labels

"""`/api/v1/openapi.json`: the API described in OpenAPI 3.1, made from the very models that read the bodies."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

import composer
from composer.web.api import subscriptions
from composer.web.site import site_of

_ERROR = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["what", "where", "do"],
            "properties": {name: {"type": "string"} for name in ("what", "where", "do")},
        }
    },
}
_ASKED = {"type": "object", "required": ["status"], "properties": {"status": {"const": "asked"}}, "additionalProperties": False}
_REFUSED = {
    "400": "The body is no JSON.",
    "401": "The key is another one.",
    "404": "Sign-ups are closed.",
    "415": "The body is of another kind.",
    "422": "A value cannot be.",
}
_BY_GUARD = {
    "405": "Another method.",
    "413": "The body is too large.",
    "429": "Too many requests: see Retry-After.",
    "503": "Try again soon.",
}
"""Refused before the API is asked: a page for people."""


def description(base_url: str) -> dict[str, Any]:
    """Return the whole description."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Composer",
            "version": composer.__version__,
            "summary": "Sign-ups",
            "description": "Nobody is told by any answer whether an address is known.",
        },
        "servers": [{"url": base_url}],
        "paths": {
            "/api/v1/subscriptions": {
                "post": {
                    "operationId": "subscribe",
                    "summary": "Ask somebody whether they would like letters",
                    "description": "The address is sent one mail that asks for a confirmation, unless it was asked a short while ago. "
                    "The answer is the same either way.",
                    "security": [{}, {"key": []}],
                    "requestBody": {
                        "required": True,
                        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Subscription"}}},
                    },
                    "responses": {
                        "202": _answer("Taken.", _ASKED),
                        **{status: _answer(words, {"$ref": "#/components/schemas/Error"}) for status, words in _REFUSED.items()},
                        **{status: {"description": words, "content": {"text/html": {}}} for status, words in _BY_GUARD.items()},
                    },
                }
            }
        },
        "components": {
            "schemas": {"Subscription": subscriptions.schema(), "Error": _ERROR},
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer", "description": "signup.api_key"}},
        },
    }


def _answer(words: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": words, "content": {"application/json": {"schema": schema}}}


def show(request: Request) -> Response:
    return JSONResponse(description(site_of(request).app.settings.web.base_url))


ROUTES = [Route("/api/v1/openapi.json", show, methods=["GET"])]

"""The API for sign-ups: it does what its description says, as schemathesis reads it, and tells no more than the form."""

from __future__ import annotations

import json
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance
from starlette.testclient import TestClient

from composer.web.api.openapi import description
from composer.web.app import make_web
from tests.web.test_subscribe import NEW, letters, pressed, who, with_settings
from tests.web.world import NOW, World

KEY = "a-key-of-twenty-or-more"
PATH = "/api/v1/subscriptions"


def post(world: World, body: Any, key: str = "", **headers: str) -> Any:
    given = {"authorization": f"Bearer {key}"} if key else {}
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    with world.client() as client:
        return client.post(PATH, content=content, headers={"content-type": "application/json", **given, **headers})


def test_a_sign_up_by_a_program_is_confirmed_like_one_by_the_form(world: World) -> None:
    answer = post(world, {"email": NEW, "language": "sv", "level": "standard", "wording": "shop-7 sv"})
    assert (answer.status_code, answer.json()) == (202, {"status": "asked"})
    assert [(row["address"], row["language"]) for row in letters(world)] == [(NEW, "sv")]
    pressed(world)
    assert world.granted(who(world)[0]) == {"letters", "profiling"}


def test_known_unknown_and_just_asked_are_one_answer(world: World) -> None:
    answers = [post(world, {"email": email}) for email in (NEW, NEW, "bob@example.com")]
    assert {(answer.status_code, answer.text) for answer in answers} == {(202, answers[0].text)}


@pytest.mark.parametrize(
    ("body", "status", "where"),
    [
        (b"{", 400, "body"),
        (b"", 400, "body"),
        (b"\xff", 400, "body"),
        ([], 422, "body"),
        ({}, 422, "email"),
        ({"email": 7}, 422, "email"),
        ({"email": "nobody"}, 422, "email"),
        ({"email": NEW, "lists": ["topic:other"]}, 422, "lists"),
        ({"email": NEW, "level": "god"}, 422, "level"),
        ({"email": NEW, "admin": True}, 422, "admin"),
        ({"email": NEW, "topics": ["x"] * 51}, 422, "topics"),
        ({"email": NEW, "client": "192.0.2.1"}, 422, "client"),
        ({"email": "\ud800@example.com"}, 400, "body"),
    ],
)
def test_what_cannot_be_is_refused_with_what_where_and_what_to_do(world: World, body: Any, status: int, where: str) -> None:
    answer = post(world, body)
    assert (answer.status_code, answer.json()["error"]["where"]) == (status, where)
    assert all(answer.json()["error"].values())
    assert NEW not in answer.text
    assert letters(world) == []


def test_the_body_must_say_that_it_is_json(world: World) -> None:
    assert post(world, {"email": NEW}, **{"content-type": "text/plain"}).status_code == 415


def test_a_program_with_the_key_is_counted_by_who_asked_and_one_with_another_key_is_refused(world: World) -> None:
    keyed = with_settings(world, api_key=KEY, per_client=1)
    for number in range(3):
        assert post(keyed, {"email": f"a{number}@example.com", "client": f"192.0.2.{number}"}, KEY).status_code == 202
        assert post(keyed, {"email": f"b{number}@example.com"}).status_code == 202
    assert [row["address"][0] for row in letters(world)] == ["a", "b", "a", "a"]
    assert post(keyed, {"email": NEW}, "another-key-of-twenty").status_code == 401
    assert post(world, {"email": NEW}, KEY).status_code == 401, "where no key is set none is right"


def test_closed_is_closed_for_programs_too(world: World) -> None:
    assert post(with_settings(world, open=False), {"email": NEW}).status_code == 404


def test_a_short_key_is_refused_when_settings_are_read() -> None:
    from pydantic import ValidationError

    from composer.sections import Signup

    with pytest.raises(ValidationError, match="shorter than 20"):
        Signup(api_key="short")  # type: ignore[arg-type]


def test_the_description_is_served_as_it_is(world: World, client: TestClient) -> None:
    assert client.get("/api/v1/openapi.json").json() == description(world.app.settings.web.base_url)


def test_whatever_is_sent_the_answer_is_one_of_those_described(world: World) -> None:
    web = make_web(with_settings(world, per_client="off", again="1s", a_day=100).app, clock=lambda: NOW)
    api = schemathesis.openapi.from_dict(description("http://testserver"))
    api.app = web

    @settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
    @given(case=api[PATH]["POST"].as_strategy(generation_mode=GenerationMode.POSITIVE))
    def takes(case: schemathesis.Case) -> None:
        case.call_and_validate(excluded_checks=[positive_data_acceptance])  # few texts are mail addresses

    @settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
    @given(case=api[PATH]["POST"].as_strategy(generation_mode=GenerationMode.NEGATIVE))
    def refuses(case: schemathesis.Case) -> None:
        assert 400 <= case.call_and_validate().status_code < 500

    takes()
    refuses()

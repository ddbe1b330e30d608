"""Tokens that Keycloak issues: shared, renewed in time, asked for again after a 401."""

from __future__ import annotations

import asyncio
from typing import Any, List, Optional, cast
from urllib.parse import parse_qs

import pytest
from stub_keycloak import StubKeycloak
from stub_service import EMAIL, Reply, Seen, Stub, problem, released, until

from ops_center_byok_client import ByokClientError, ByokUnavailableError
from ops_center_byok_client._access_token import AccessToken
from ops_center_byok_client._requests import Requests
from ops_center_byok_client._settings import ClientCredentials


async def test_signs_in_once_for_many_calls_at_once(stub: Stub) -> None:
    keycloak = StubKeycloak(stub)
    async with keycloak.client() as client:
        await asyncio.gather(*(client.get_user_api_key(EMAIL, name) for name in ("openai", "groq", "cohere")))
    assert keycloak.bearers() == ["Bearer token-1"] * 3
    (sign_in,) = keycloak.sign_ins()
    assert parse_qs(sign_in.body) == {
        "grant_type": ["client_credentials"],
        "client_id": ["svc"],
        "client_secret": ["canary:secret/+&"],
    }


async def test_renews_in_the_background_and_goes_on_while_keycloak_is_away(stub: Stub, clock: List[float]) -> None:
    keycloak = StubKeycloak(stub)
    async with keycloak.client() as client:
        await client.reset_usage(EMAIL)
        clock[0] += 269
        await client.reset_usage(EMAIL)
        assert len(keycloak.sign_ins()) == 1
        clock[0] += 2
        keycloak.away = True
        await client.reset_usage(EMAIL)
        await until(lambda: len(keycloak.sign_ins()) == 2)
        assert keycloak.bearers() == ["Bearer token-1"] * 3
        keycloak.away = False
        for _ in range(200):
            await client.reset_usage(EMAIL)
            if keycloak.bearers()[-1] == "Bearer token-2":
                break
        assert keycloak.bearers()[-1] == "Bearer token-2"
        clock[0] += 300
        await client.reset_usage(EMAIL)
        assert keycloak.bearers()[-1] == "Bearer token-3"


async def test_signs_in_once_more_after_a_401_and_only_once(stub: Stub) -> None:
    keycloak = StubKeycloak(stub)
    keycloak.service = lambda seen: problem(401, "not_authenticated") if keycloak.tokens == 1 else released()
    async with keycloak.client() as client:
        assert await client.get_user_api_key(EMAIL, "openai") == "sk-users-own-key"
        assert keycloak.bearers() == ["Bearer token-1", "Bearer token-2"]
        keycloak.service = lambda seen: problem(401, "not_authenticated")
        with pytest.raises(ByokClientError) as caught:
            await client.get_user_api_key(EMAIL, "groq")
    assert caught.value.code == "not_authenticated"
    assert len(keycloak.bearers()) == 4


async def test_tells_a_refused_sign_in_from_a_keycloak_that_is_away(stub: Stub) -> None:
    keycloak = StubKeycloak(stub)
    async with keycloak.client() as client:
        keycloak.refuses = True
        with pytest.raises(ByokClientError) as refused:
            await client.get_user_api_key(EMAIL, "openai")
        assert (type(refused.value), refused.value.code) == (ByokClientError, "sign_in_refused")
        keycloak.away = True
        with pytest.raises(ByokUnavailableError) as away:
            await client.get_user_api_key(EMAIL, "openai")
        assert "canary" not in f"{refused.value!r}{away.value!r}{client._calls._token.__dict__}"


@pytest.mark.parametrize(
    ("life", "renew", "end"),
    [
        (300, 270, 299),
        (100, 70, 99),
        (40, 20, 39),
        (6, 3, 5),
        (40.5, 20.25, 39.5),
        # What is no number of seconds counts as a minute.
        (None, 30, 59),
        ("300", 30, 59),
        (0, 30, 59),
        (-5, 30, 59),
    ],
)
async def test_is_renewed_in_time_and_used_to_its_last_second(
    stub: Stub, clock: List[float], life: Any, renew: float, end: float
) -> None:
    keycloak = StubKeycloak(stub)
    keycloak.life = life
    begun = clock[0]
    async with keycloak.client() as client:
        await client.reset_usage(EMAIL)
        clock[0] = begun + renew - 0.001
        await client.reset_usage(EMAIL)
        assert len(keycloak.sign_ins()) == 1
        keycloak.away = True
        clock[0] = begun + renew
        await client.reset_usage(EMAIL)
        await until(lambda: len(keycloak.sign_ins()) == 2)
        clock[0] = begun + end - 0.001
        await client.reset_usage(EMAIL)
        assert set(keycloak.bearers()) == {"Bearer token-1"}
        asked = len(keycloak.bearers())
        clock[0] = begun + end
        with pytest.raises(ByokUnavailableError):
            await client.reset_usage(EMAIL)
        assert len(keycloak.bearers()) == asked


@pytest.mark.parametrize(
    ("reply", "code", "message"),
    [
        (Reply(429, {}), "unavailable", "Keycloak answered 429 to the sign-in of this service."),
        (Reply(500, {}), "unavailable", "Keycloak answered 500 to the sign-in of this service."),
        (Reply(499, {}), "sign_in_refused", None),
        (Reply(201, {"access_token": "t"}), "sign_in_refused", None),
        (Reply(200, {"access_token": ""}), "sign_in_refused", None),
        (Reply(200, {"access_token": "a b"}), "sign_in_refused", None),
        (Reply(200, {"access_token": "a\r\nb"}), "sign_in_refused", None),
        (Reply(200, {"access_token": 7}), "sign_in_refused", None),
        (Reply(200, {}), "sign_in_refused", None),
        (Reply(200, "<html>"), "sign_in_refused", None),
    ],
)
async def test_says_what_keycloak_answered(stub: Stub, reply: Reply, code: str, message: Optional[str]) -> None:
    keycloak = StubKeycloak(stub)
    keycloak.answers = reply
    async with keycloak.client() as client:
        with pytest.raises(ByokClientError) as caught:
            await client.reset_usage(EMAIL)
    assert (caught.value.code, caught.value.status) == (code, reply.status)
    assert isinstance(caught.value, ByokUnavailableError) is (code == "unavailable")
    assert str(caught.value) == (
        message
        or f"Keycloak did not sign this service in (status {reply.status}): "
        "check BYOK_TOKEN_URL, BYOK_CLIENT_ID and BYOK_CLIENT_SECRET."
    )
    assert keycloak.bearers() == []


async def test_a_late_refusal_of_an_old_token_does_not_cost_the_new_one(stub: Stub) -> None:
    keycloak = StubKeycloak(stub)

    def answer(seen: Seen) -> Reply:
        if seen.headers["authorization"] != "Bearer token-1":
            return released()
        if '"groq"' in seen.body:
            assert stub.go.wait(10)
        return problem(401, "not_authenticated")

    keycloak.service = answer
    async with keycloak.client() as client:
        late = asyncio.ensure_future(client.get_user_api_key(EMAIL, "groq"))
        await until(lambda: len(keycloak.bearers()) == 1)
        await client.get_user_api_key(EMAIL, "openai")
        stub.go.set()
        assert await late == "sk-users-own-key"
        await client.get_user_api_key(EMAIL, "cohere")
    assert len(keycloak.sign_ins()) == 2
    assert keycloak.bearers()[-1] == "Bearer token-2"


async def test_a_sign_in_has_a_time_limit_of_its_own() -> None:
    class Silent:
        async def send(self, *_: Any, **__: Any) -> None:
            await asyncio.sleep(60)

    credentials = ClientCredentials("https://kc/token", "svc", "canary")
    token = AccessToken(credentials, cast(Requests, Silent()), 0.01)
    with pytest.raises(ByokUnavailableError, match=r"^Keycloak did not answer in time\.$") as caught:
        await token.get()
    assert (caught.value.code, caught.value.status) == ("unavailable", None)

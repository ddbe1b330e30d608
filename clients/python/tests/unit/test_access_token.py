"""Tokens that Keycloak issues: shared, renewed in time, asked for again after a 401."""

from __future__ import annotations

import asyncio
from typing import List
from urllib.parse import parse_qs

import pytest
from stub_keycloak import StubKeycloak
from stub_service import EMAIL, Stub, problem, released, until

from ops_center_byok_client import ByokClientError, ByokUnavailableError


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

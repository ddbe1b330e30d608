"""What the client asks for, and what it makes of the answer."""

from __future__ import annotations

import json
import pickle

import pytest
from stub_service import EMAIL, TOKEN, Reply, Stub, not_released, problem, released

from ops_center_byok_client import ByokClient, ByokClientError, ByokKeyNotReleasedError, ByokUnavailableError


async def test_sends_the_token_the_user_and_the_provider(stub: Stub, client: ByokClient) -> None:
    assert await client.get_user_api_key(EMAIL, "openai") == "sk-users-own-key"
    (seen,) = stub.seen
    assert (seen.method, seen.path) == ("POST", "/api/v1/byok/internal/keys/resolve")
    assert seen.headers["authorization"] == f"Bearer {TOKEN}"
    assert json.loads(seen.body) == {"user": {"email": EMAIL}, "provider": "openai"}


@pytest.mark.parametrize("end", ["/", "/api/v1/byok", "/api/v1/byok/"])
async def test_finds_the_internal_calls(stub: Stub, end: str) -> None:
    async with ByokClient(stub.url + end, service_token=TOKEN) as client:
        await client.get_user_api_key(EMAIL, "openai")
    assert [seen.path for seen in stub.seen] == ["/api/v1/byok/internal/keys/resolve"]


@pytest.mark.parametrize("reason", ["no_key", "disabled", "unbound", "undecryptable", "tier"])
async def test_no_key_is_none_and_the_system_key_where_one_is_named(
    stub: Stub, client: ByokClient, monkeypatch: pytest.MonkeyPatch, reason: str
) -> None:
    stub.answer = lambda seen: not_released(reason)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-system")
    assert await client.get_user_api_key(EMAIL, "openai") is None
    assert await client.get_user_custom_endpoint(EMAIL, "openai") is None
    assert len(stub.seen) == 2
    assert await client.get_openai_key_for_user(EMAIL) == "sk-system"
    # What the old helper raised.
    with pytest.raises(ValueError, match="ANTHROPIC_API_KEY is not set either") as caught:
        await client.get_anthropic_key_for_user(EMAIL)
    error = caught.value
    assert isinstance(error, ByokKeyNotReleasedError)
    assert (error.code, error.status, error.reason, error.request_id) == ("key_not_released", 404, reason, "req-1")
    copy = pickle.loads(pickle.dumps(error))
    assert (type(copy), str(copy), copy.reason) == (type(error), str(error), reason)


async def test_nothing_stands_in_for_a_disabled_account(
    stub: Stub, client: ByokClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-system")
    assert await client.get_openai_key_for_user(EMAIL) == "sk-users-own-key"
    stub.answer = lambda seen: not_released("user_disabled")
    with pytest.raises(ByokKeyNotReleasedError):
        await client.get_user_api_key(EMAIL, "groq")
    for call in (client.get_openai_key_for_user, client.get_anthropic_key_for_user, client.get_llm_config_for_user):
        with pytest.raises(ByokKeyNotReleasedError) as caught:
            await call(EMAIL)
        assert caught.value.reason == "user_disabled"
    # The platform's own key, because nobody can say any more who that is.
    stub.answer = lambda seen: released(is_byok=False, source="system", reason="directory_unavailable", max_age_seconds=0)
    with pytest.raises(ByokKeyNotReleasedError):
        await client.get_llm_config_for_user(EMAIL)
    assert (await client.get_llm_config_for_user("ben@example.com"))["is_byok"] is False
    stub.answer = lambda seen: Reply(cut=True)
    for call in (client.get_openai_key_for_user, client.get_llm_config_for_user):
        with pytest.raises(ByokUnavailableError):
            await call(EMAIL)
    assert await client.get_openai_key_for_user("ben@example.com") == "sk-system"


async def test_the_whole_configuration_for_a_preferred_provider(stub: Stub, client: ByokClient) -> None:
    stub.answer = lambda seen: released(provider="custom", endpoint="https://llm.example.com/v1")
    assert await client.get_llm_config_for_user(EMAIL, "custom") == {
        "api_key": "sk-users-own-key",
        "provider": "custom",
        "endpoint": "https://llm.example.com/v1",
        "is_byok": True,
    }
    assert json.loads(stub.seen[0].body) == {"user": {"email": EMAIL}, "preferred": "custom", "system_fallback": True}
    assert await client.get_user_custom_endpoint(EMAIL, "custom") == "https://llm.example.com/v1"


@pytest.mark.parametrize("reply", [not_released("no_key"), Reply(cut=True)])
async def test_the_first_system_key_of_the_environment(
    stub: Stub, client: ByokClient, monkeypatch: pytest.MonkeyPatch, reply: Reply
) -> None:
    monkeypatch.setenv("GROQ_API_KEY", "gsk-system")
    monkeypatch.setenv("TOGETHER_API_KEY", "together-system")
    monkeypatch.setenv("OPENAI_API_KEY", "")
    stub.answer = lambda seen: reply
    config = {"api_key": "together-system", "provider": "together", "endpoint": None, "is_byok": False}
    assert await client.get_llm_config_for_user(EMAIL, "groq") == config


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (problem(401, "not_authenticated"), "not_authenticated"),
        (problem(403, "scope_required"), "scope_required"),
        (problem(429, "rate_limited", {"Retry-After": "7"}), "rate_limited"),
        (Reply(404, "some other server"), "unexpected_answer"),
        (Reply(302, {}, {"Location": "http://127.0.0.1:1/"}), "unexpected_answer"),
        (released(api_key=""), "unexpected_answer"),
        (released(api_key=None), "unexpected_answer"),
        (released(endpoint=5), "unexpected_answer"),
        (released(is_byok=1), "unexpected_answer"),
        (released(max_age_seconds="x"), "unexpected_answer"),
        (released(max_age_seconds=float("nan")), "unexpected_answer"),
    ],
)
async def test_no_system_key_for_a_service_that_is_set_up_wrongly(
    stub: Stub, client: ByokClient, monkeypatch: pytest.MonkeyPatch, reply: Reply, code: str
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-system")
    stub.answer = lambda seen: reply
    with pytest.raises(ByokClientError) as caught:
        await client.get_openai_key_for_user(EMAIL)
    assert caught.value.code == code
    assert caught.value.retry_after == (7 if code == "rate_limited" else None)
    assert len(stub.seen) == 1

"""The functions of the package: one client, configured by the environment and made by the first call."""

from __future__ import annotations

import json
from typing import Any, Callable, Coroutine, Dict, List, Optional, Tuple

import pytest
from stub_service import EMAIL, TOKEN, Reply, Stub, not_released, released

import ops_center_byok_client as package
from ops_center_byok_client import ByokClient, ByokClientError

Ask = Callable[[], Coroutine[Any, Any, Any]]
COUNT = {"api_calls_used": 3}
TIER = {"tier": "starter", "status": "active"}
USER = {"user": {"email": EMAIL}}
PATH = "/users/ann%40example.com"


@pytest.fixture(autouse=True)
def configured(stub: Stub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(package, "_default", None)
    monkeypatch.setenv("BYOK_INTERNAL_URL", stub.url)
    monkeypatch.setenv("BYOK_SERVICE_TOKEN", TOKEN)
    monkeypatch.setenv("OTHER_KEY", "sk-other")


CALLS: List[Tuple[Ask, Reply, Any, Tuple[str, str, Optional[Dict[str, Any]]]]] = [
    (
        lambda: package.get_user_api_key(EMAIL, "groq"),
        released(),
        "sk-users-own-key",
        ("POST", "/keys/resolve", {**USER, "provider": "groq"}),
    ),
    (
        lambda: package.get_user_api_key_or_default(EMAIL, "groq", "OTHER_KEY"),
        not_released("no_key"),
        "sk-other",
        ("POST", "/keys/resolve", {**USER, "provider": "groq"}),
    ),
    (
        lambda: package.get_user_custom_endpoint(EMAIL, "custom"),
        released(endpoint="https://llm.example.com/v1"),
        "https://llm.example.com/v1",
        ("POST", "/keys/resolve", {**USER, "provider": "custom"}),
    ),
    (
        lambda: package.get_openai_key_for_user(EMAIL),
        released(),
        "sk-users-own-key",
        ("POST", "/keys/resolve", {**USER, "provider": "openai"}),
    ),
    (
        lambda: package.get_anthropic_key_for_user(EMAIL),
        released(),
        "sk-users-own-key",
        ("POST", "/keys/resolve", {**USER, "provider": "anthropic"}),
    ),
    (
        lambda: package.get_huggingface_token_for_user(EMAIL),
        released(),
        "sk-users-own-key",
        ("POST", "/keys/resolve", {**USER, "provider": "huggingface"}),
    ),
    (
        lambda: package.get_llm_config_for_user(EMAIL),
        released(),
        {"api_key": "sk-users-own-key", "provider": "openai", "endpoint": None, "is_byok": True},
        ("POST", "/keys/resolve", {**USER, "preferred": "openai", "system_fallback": True}),
    ),
    (
        lambda: package.get_llm_config_for_user(EMAIL, "groq"),
        released(provider="groq"),
        {"api_key": "sk-users-own-key", "provider": "groq", "endpoint": None, "is_byok": True},
        ("POST", "/keys/resolve", {**USER, "preferred": "groq", "system_fallback": True}),
    ),
    (
        lambda: package.get_user_tier_info(EMAIL),
        Reply(json=TIER),
        {**TIER, "subscription_tier": "starter", "subscription_status": "active"},
        ("GET", f"{PATH}/tier", None),
    ),
    (
        lambda: package.set_subscription_tier(EMAIL, "starter"),
        Reply(json=TIER),
        {**TIER, "subscription_tier": "starter", "subscription_status": "active"},
        ("PUT", f"{PATH}/tier", {"tier": "starter", "status": "active"}),
    ),
    (
        lambda: package.set_subscription_tier(EMAIL, "starter", "cancelled"),
        Reply(json=TIER),
        {**TIER, "subscription_tier": "starter", "subscription_status": "active"},
        ("PUT", f"{PATH}/tier", {"tier": "starter", "status": "cancelled"}),
    ),
    (
        lambda: package.increment_usage(EMAIL),
        Reply(json=COUNT),
        COUNT,
        ("POST", f"{PATH}/usage/increment", {"amount": 1}),
    ),
    (
        lambda: package.increment_usage(EMAIL, 7, amount=2),
        Reply(json=COUNT),
        COUNT,
        ("POST", f"{PATH}/usage/increment", {"amount": 2}),
    ),
    (lambda: package.reset_usage(EMAIL), Reply(json=COUNT), COUNT, ("POST", f"{PATH}/usage/reset", {})),
]


@pytest.mark.parametrize(("ask", "reply", "answer", "sent"), CALLS)
async def test_each_asks_as_the_client_does(
    stub: Stub, ask: Ask, reply: Reply, answer: Any, sent: Tuple[str, str, Optional[Dict[str, Any]]]
) -> None:
    stub.answer = lambda seen: reply
    assert await ask() == answer
    method, path, body = sent
    (seen,) = stub.seen
    assert (seen.method, seen.path) == (method, f"/api/v1/byok/internal{path}")
    assert (json.loads(seen.body) if seen.body else None) == body


async def test_the_pair_is_of_the_user_or_of_the_variable(stub: Stub, monkeypatch: pytest.MonkeyPatch) -> None:
    stub.answer = lambda seen: not_released("no_key")
    both = await package.get_key_and_endpoint_for_user(EMAIL, "custom", "OTHER_KEY")
    assert (both["api_key"], both["provider"], both["is_byok"]) == ("sk-other", "custom", False)
    with pytest.raises(ByokClientError, match="No variable was named"):
        await package.get_key_and_endpoint_for_user(EMAIL, "custom")
    monkeypatch.setenv("GROQ_API_KEY", "gsk-system")
    assert (await package.get_key_and_endpoint_for_user(EMAIL, "groq"))["api_key"] == "gsk-system"


async def test_usage_costs_what_was_said_or_nothing(stub: Stub) -> None:
    stub.answer = lambda seen: Reply(json={})
    await package.record_api_usage(EMAIL, "groq", 12)
    await package.record_api_usage(EMAIL, "openai", 34, "0.5")
    events = [json.loads(seen.body)["events"][0] for seen in stub.seen]
    assert [(event["user"], event["provider"], event["tokens_used"], event["cost_usd"]) for event in events] == [
        ({"email": EMAIL}, "groq", 12, "0.0"),
        ({"email": EMAIL}, "openai", 34, "0.5"),
    ]
    assert events[0]["id"] != events[1]["id"]


async def test_they_share_one_cache(stub: Stub) -> None:
    # Before the first call there is nothing to forget, and nothing to be configured.
    package.clear_user_key_cache()
    assert package._default is None
    for _ in range(2):
        await package.get_user_api_key(EMAIL, "openai")
        await package.get_openai_key_for_user(EMAIL)
    assert len(stub.seen) == 1
    await package.get_user_api_key(EMAIL, "openai", False)
    assert len(stub.seen) == 2
    package.clear_user_key_cache("ben@example.com")
    package.clear_user_key_cache(EMAIL, "groq")
    await package.get_user_api_key(EMAIL, "openai")
    assert len(stub.seen) == 2
    package.clear_user_key_cache(EMAIL, "openai")
    await package.get_user_api_key(EMAIL, "openai")
    assert len(stub.seen) == 3


def test_they_say_what_the_methods_say() -> None:
    for name in package.__all__:
        method = getattr(ByokClient, name, None)
        if method is not None:
            assert getattr(package, name).__doc__ == method.__doc__

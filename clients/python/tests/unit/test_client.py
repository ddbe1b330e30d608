"""The client against a stub: the failures that a real service does not give to order."""

from __future__ import annotations

import asyncio
import json
import pickle
import re
import time
from typing import Any, AsyncIterator, Callable, Iterator, List
from urllib.parse import parse_qs

import pytest
import pytest_asyncio
from conftest import Reply, Seen, Stub, not_released, problem, released

from ops_center_byok_client import (
    ByokClient,
    ByokClientError,
    ByokKeyNotReleasedError,
    ByokUnavailableError,
)

TOKEN = "byok_st_canary_token_0123456789"
EMAIL = "ann@example.com"


@pytest_asyncio.fixture
async def client(stub: Stub) -> AsyncIterator[ByokClient]:
    async with ByokClient(stub.url, service_token=TOKEN) as opened:
        yield opened


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[List[float]]:
    """The clock of the client, in seconds; event loops keep their own."""
    now = [1000.0]
    for module in ("_key_cache", "_access_token", "_released_keys"):
        monkeypatch.setattr(f"ops_center_byok_client.{module}.time", _Clock(now))
    yield now


class _Clock:
    def __init__(self, now: List[float]) -> None:
        self._now = now

    def monotonic(self) -> float:
        return self._now[0]


def numbered(stub: Stub, **more: Any) -> Callable[[Seen], Reply]:
    return lambda seen: released(api_key=f"sk-number-{len(stub.seen)}", **more)


async def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline, "it never happened"
        await asyncio.sleep(0.005)


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


@pytest.mark.parametrize("reason", ["no_key", "disabled", "unbound", "undecryptable", "tier", "user_not_found"])
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


async def test_asks_once_for_all_and_for_later_callers_until_cleared(stub: Stub, client: ByokClient) -> None:
    await asyncio.gather(*(client.get_user_api_key(EMAIL, "openai") for _ in range(20)))
    await client.get_user_api_key("Ann@Example.com", "openai")
    assert len(stub.seen) == 1
    for arguments in ((), (EMAIL,), ("ANN@example.com", "openai"), (None, "openai")):
        before = len(stub.seen)
        client.clear_user_key_cache(*arguments)
        await client.get_user_api_key(EMAIL, "openai")
        assert len(stub.seen) == before + 1
    client.clear_user_key_cache("ben@example.com")
    client.clear_user_key_cache(EMAIL, "groq")
    await client.get_user_api_key(EMAIL, "openai")
    assert len(stub.seen) == 5


async def test_keeps_users_and_providers_apart(stub: Stub, client: ByokClient) -> None:
    stub.answer = numbered(stub)
    wanted = [(EMAIL, "openai"), (EMAIL, "groq"), ("ben@example.com", "openai")]
    for _ in range(2):
        keys = [await client.get_user_api_key(*who) for who in wanted]
        assert keys == ["sk-number-1", "sk-number-2", "sk-number-3"]
    assert (await client.get_llm_config_for_user(EMAIL, "openai"))["api_key"] == "sk-number-4"
    assert (await client.get_llm_config_for_user(EMAIL, "groq"))["api_key"] == "sk-number-5"


async def test_use_cache_false_asks_anew_and_others_get_the_newer_key(stub: Stub, client: ByokClient) -> None:
    stub.answer = numbered(stub)
    await client.get_user_api_key(EMAIL, "openai")
    assert await client.get_user_api_key(EMAIL, "openai", False) == "sk-number-2"
    assert await client.get_user_api_key(EMAIL, "openai") == "sk-number-2"


async def test_does_not_keep_an_answer_begun_before_the_cache_was_cleared(stub: Stub, client: ByokClient) -> None:
    def answer(seen: Seen) -> Reply:
        number = len(stub.seen)
        if number == 1:
            assert stub.go.wait(10)
        return released(api_key=f"sk-number-{number}")

    stub.answer = answer
    early = asyncio.ensure_future(client.get_user_api_key(EMAIL, "openai"))
    await until(lambda: len(stub.seen) == 1)
    client.clear_user_key_cache(EMAIL)
    assert await client.get_user_api_key(EMAIL, "openai") == "sk-number-2"
    stub.go.set()
    assert await early == "sk-number-1"
    assert await client.get_user_api_key(EMAIL, "openai") == "sk-number-2"


@pytest.mark.parametrize(("max_age", "limit"), [(40, 40), (86400, 300)])
async def test_counts_the_age_from_when_it_was_asked_for(
    stub: Stub, client: ByokClient, clock: List[float], max_age: int, limit: int
) -> None:
    def answer(seen: Seen) -> Reply:
        # The answer takes ten seconds, which count.
        clock[0] += 10
        return released(max_age_seconds=max_age)

    stub.answer = answer
    await client.get_user_api_key(EMAIL, "openai")
    clock[0] += limit - 10 - 0.001
    await client.get_user_api_key(EMAIL, "openai")
    assert len(stub.seen) == 1
    clock[0] += 0.001
    await client.get_user_api_key(EMAIL, "openai")
    assert len(stub.seen) == 2


async def test_keeps_nothing_of_age_0_and_a_bounded_number(stub: Stub) -> None:
    async with ByokClient(stub.url, service_token=TOKEN, max_cached_keys=2) as client:
        for provider in ("openai", "groq", "openai", "cohere", "openai"):
            await client.get_user_api_key(EMAIL, provider)
        assert len(stub.seen) == 3
        await client.get_user_api_key(EMAIL, "groq")
        assert len(stub.seen) == 4
        stub.answer = lambda seen: released(max_age_seconds=0)
        for _ in range(2):
            await client.get_user_api_key(EMAIL, "together")
        assert len(stub.seen) == 6


async def test_a_caller_who_leaves_takes_nothing_from_the_others(stub: Stub, client: ByokClient) -> None:
    def answer(seen: Seen) -> Reply:
        assert stub.go.wait(10)
        return released()

    stub.answer = answer
    leaving = asyncio.ensure_future(client.get_user_api_key(EMAIL, "openai"))
    staying = asyncio.ensure_future(client.get_user_api_key(EMAIL, "openai"))
    await until(lambda: len(stub.seen) == 1)
    leaving.cancel()
    stub.go.set()
    assert await staying == "sk-users-own-key"
    assert len(stub.seen) == 1


def test_works_in_one_event_loop_after_another(stub: Stub) -> None:
    client = ByokClient(stub.url, service_token=TOKEN)
    for provider in ("openai", "groq", "openai"):
        assert asyncio.run(client.get_user_api_key(EMAIL, provider)) == "sk-users-own-key"
    assert len(stub.seen) == 2
    # What the ended loops left is let go of.
    assert len(client._calls._requests._clients) == 1


async def test_works_in_event_loops_of_several_threads_at_once(stub: Stub) -> None:
    def answer(seen: Seen) -> Reply:
        assert stub.go.wait(10)
        return released()

    keycloak = Keycloak(stub)
    keycloak.service = answer
    client = keycloak.client()
    loop = asyncio.get_running_loop()
    elsewhere = loop.run_in_executor(None, lambda: asyncio.run(client.get_user_api_key(EMAIL, "openai")))
    await until(lambda: len(keycloak.bearers()) == 1)
    here = asyncio.ensure_future(client.get_user_api_key(EMAIL, "openai"))
    await until(lambda: len(keycloak.bearers()) == 2)
    stub.go.set()
    assert (await elsewhere, await here) == ("sk-users-own-key", "sk-users-own-key")
    await client.aclose()


async def test_tries_once_more_after_a_cut_connection_or_a_503_that_says_soon(stub: Stub, client: ByokClient) -> None:
    replies = [Reply(cut=True), released(), problem(503, "audit_unavailable", {"Retry-After": "0"}), released()]
    stub.answer = lambda seen: replies[len(stub.seen) - 1]
    assert await client.get_user_api_key(EMAIL, "openai") == "sk-users-own-key"
    assert len(stub.seen) == 2
    assert await client.get_user_api_key(EMAIL, "groq") == "sk-users-own-key"
    assert len(stub.seen) == 4


@pytest.mark.parametrize(
    ("reply", "code", "tries"),
    [
        (Reply(cut=True), "unavailable", 2),
        (problem(503, "directory_unavailable", {"Retry-After": "5"}), "directory_unavailable", 1),
        (problem(500, "internal"), "internal", 1),
    ],
)
async def test_tries_twice_and_no_more(stub: Stub, client: ByokClient, reply: Reply, code: str, tries: int) -> None:
    stub.answer = lambda seen: reply
    with pytest.raises(ByokUnavailableError) as caught:
        await client.get_user_api_key(EMAIL, "openai")
    assert caught.value.code == code
    assert caught.value.__context__ is None
    assert len(stub.seen) == tries


async def test_gives_up_at_its_time_limit_and_then_takes_the_system_key(
    stub: Stub, monkeypatch: pytest.MonkeyPatch
) -> None:
    def answer(seen: Seen) -> Reply:
        stub.go.wait(10)
        return released()

    stub.answer = answer
    async with ByokClient(stub.url, service_token=TOKEN, timeout=0.15) as client:
        with pytest.raises(ByokUnavailableError, match=r"^The key service did not answer in time\.$"):
            await client.get_user_api_key(EMAIL, "openai")
        monkeypatch.setenv("OPENAI_API_KEY", "sk-system")
        assert await client.get_openai_key_for_user(EMAIL) == "sk-system"


async def test_shows_neither_key_nor_token(stub: Stub, client: ByokClient, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    stub.answer = lambda seen: released(api_key="sk-canary-key")
    await client.get_user_api_key(EMAIL, "openai")
    keys, calls = client._keys, client._calls
    shown: List[Any] = [client, client.__dict__, keys.__dict__, keys._cache.__dict__, calls.__dict__]
    shown.append(calls._token.__dict__)
    for reply in (released(api_key="sk-canary-key", provider=7), Reply(cut=True), problem(500, "internal")):
        stub.answer = lambda seen, reply=reply: reply  # type: ignore[misc]
        with pytest.raises(ByokClientError) as caught:
            await client.get_user_api_key(EMAIL, "groq")
        shown += [caught.value, caught.value.__dict__]
    with pytest.raises(ByokClientError, match="BYOK_SERVICE_TOKEN has characters no token has") as wrong:
        ByokClient(stub.url, service_token=f"{TOKEN}\r\nx")
    shown.append(wrong.value)
    assert not re.search("canary", f"{shown!r} {[str(value) for value in shown]} {caplog.text}")


def test_names_everything_that_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ByokClientError) as caught:
        ByokClient()
    assert caught.value.code == "not_configured"
    assert str(caught.value) == (
        "The key service's client is not configured: BYOK_INTERNAL_URL is missing; BYOK_SERVICE_TOKEN is missing, "
        "or BYOK_TOKEN_URL, BYOK_CLIENT_ID and BYOK_CLIENT_SECRET."
    )
    for url, expected in (
        ("http://a:canary@b", "BYOK_INTERNAL_URL must not carry a password."),
        ("ftp://a", "BYOK_INTERNAL_URL is not an http or https address."),
        ("http://a:99999", "BYOK_INTERNAL_URL is not an http or https address."),
        ("http://a?b", "BYOK_INTERNAL_URL must have neither ? nor #."),
    ):
        with pytest.raises(ByokClientError) as wrong:
            ByokClient(url, service_token="t")
        assert str(wrong.value).endswith(f": {expected}")


@pytest.mark.parametrize(
    "url", ["http://unicorn-ops-center:8085", "http://10.0.0.7", "http://localhost.example.com", "HTTP://a"]
)
def test_refuses_http_to_another_machine(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    with pytest.raises(ByokClientError) as caught:
        ByokClient(url, service_token="t")
    assert caught.value.code == "not_configured"
    assert str(caught.value) == (
        "The key service's client is not configured: BYOK_INTERNAL_URL is http:// to another machine, where keys and "
        "tokens would travel in plain text: use https://, or set BYOK_ALLOW_INSECURE_HTTP=true (allow_insecure_http) on a "
        "network that nobody else is on."
    )
    ByokClient(url, service_token="t", allow_insecure_http=True)
    monkeypatch.setenv("BYOK_ALLOW_INSECURE_HTTP", "true")
    ByokClient(url, service_token="t")
    with pytest.raises(ByokClientError):
        ByokClient(url, service_token="t", allow_insecure_http=False)


def test_refuses_http_to_another_machine_for_keycloak_too() -> None:
    token_url = "http://keycloak:8080/token"
    with pytest.raises(ByokClientError, match="BYOK_TOKEN_URL is http:// to another machine"):
        ByokClient("https://a", token_url=token_url, client_id="svc", client_secret="s")
    ByokClient("https://a", token_url=token_url, client_id="svc", client_secret="s", allow_insecure_http=True)


@pytest.mark.parametrize(
    "url", ["https://a", "http://localhost:8085", "http://LOCALHOST", "http://127.0.0.1", "http://127.9.9.9", "http://[::1]:1"]
)
def test_takes_https_and_this_machine(url: str) -> None:
    ByokClient(url, service_token="t")


class Keycloak:
    """A stub's answers when it is also the token endpoint."""

    def __init__(self, stub: Stub) -> None:
        self.tokens = 0
        self.away = False
        self.refuses = False
        self.service: Callable[[Seen], Reply] = lambda seen: released()
        self._stub = stub
        stub.answer = self._answer

    def client(self) -> ByokClient:
        secret = "canary:secret/+&"
        return ByokClient(self._stub.url, token_url=f"{self._stub.url}/token", client_id="svc", client_secret=secret)

    def bearers(self) -> List[str]:
        return [seen.headers["authorization"] for seen in self._stub.seen if seen.path != "/token"]

    def sign_ins(self) -> List[Seen]:
        return [seen for seen in self._stub.seen if seen.path == "/token"]

    def _answer(self, seen: Seen) -> Reply:
        if seen.path != "/token":
            return self.service(seen)
        if self.away:
            return Reply(503)
        if self.refuses:
            return Reply(401, {"error": "unauthorized_client", "error_description": "canary:secret"})
        self.tokens += 1
        return Reply(json={"access_token": f"token-{self.tokens}", "expires_in": 300, "token_type": "Bearer"})


async def test_signs_in_once_for_many_calls_at_once(stub: Stub) -> None:
    keycloak = Keycloak(stub)
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
    keycloak = Keycloak(stub)
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
    keycloak = Keycloak(stub)
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
    keycloak = Keycloak(stub)
    async with keycloak.client() as client:
        keycloak.refuses = True
        with pytest.raises(ByokClientError) as refused:
            await client.get_user_api_key(EMAIL, "openai")
        assert (type(refused.value), refused.value.code) == (ByokClientError, "sign_in_refused")
        keycloak.away = True
        with pytest.raises(ByokUnavailableError) as away:
            await client.get_user_api_key(EMAIL, "openai")
        assert "canary" not in f"{refused.value!r}{away.value!r}{client._calls._token.__dict__}"


async def test_tiers_and_counts(stub: Stub, client: ByokClient) -> None:
    tier = {"email": EMAIL, "tier": "professional", "status": "active", "api_calls_used": 7}
    stub.answer = lambda seen: Reply(json=tier)
    expected = {**tier, "subscription_tier": "professional", "subscription_status": "active"}
    assert await client.get_user_tier_info("a/b@example.com") == expected
    assert await client.set_subscription_tier(EMAIL, "professional") == expected
    count = {"api_calls_used": 3, "api_calls_limit": None, "remaining": None, "api_calls_reset_date": "2026-11-22"}
    stub.answer = lambda seen: Reply(json=count)
    assert await client.increment_usage(EMAIL, 12, amount=2) == count
    assert await client.reset_usage(EMAIL) == count
    assert [(seen.method, seen.path, seen.body and json.loads(seen.body)) for seen in stub.seen] == [
        ("GET", "/api/v1/byok/internal/users/a%2Fb%40example.com/tier", ""),
        ("PUT", "/api/v1/byok/internal/users/ann%40example.com/tier", {"tier": "professional", "status": "active"}),
        ("POST", "/api/v1/byok/internal/users/ann%40example.com/usage/increment", {"amount": 2}),
        ("POST", "/api/v1/byok/internal/users/ann%40example.com/usage/reset", {}),
    ]
    stub.answer = lambda seen: Reply(cut=True)
    for call in (client.increment_usage(EMAIL), client.set_subscription_tier(EMAIL, "starter")):
        with pytest.raises(ByokUnavailableError):
            await call
    assert len(stub.seen) == 6


async def test_repeats_a_record_of_usage_under_the_same_key(stub: Stub, client: ByokClient) -> None:
    stub.answer = lambda seen: Reply(cut=True) if len(stub.seen) == 1 else Reply(json={})
    await client.record_api_usage(EMAIL, "openai", 1200, 0.0000001)
    first, second = stub.seen
    assert re.fullmatch("[0-9a-f-]{36}", first.headers["idempotency-key"])
    assert second.headers["idempotency-key"] == first.headers["idempotency-key"]
    assert second.body == first.body
    (event,) = json.loads(first.body)["events"]
    assert event["user"] == {"email": EMAIL}
    assert (event["provider"], event["tokens_used"], event["cost_usd"]) == ("openai", 1200, "0.0000001")


async def test_says_when_a_record_of_usage_was_rejected(stub: Stub, client: ByokClient) -> None:
    stub.answer = lambda seen: Reply(json={"results": [{"id": None, "status": "rejected", "reason": "user_not_found"}]})
    with pytest.raises(ByokClientError) as caught:
        await client.record_api_usage(EMAIL, "openai", 1)
    assert (caught.value.code, caught.value.reason) == ("usage_rejected", "user_not_found")

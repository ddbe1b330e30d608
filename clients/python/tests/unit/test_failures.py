"""Cut connections, errors and time limits: what is tried again, and what an error shows."""

from __future__ import annotations

import re
from typing import Any, List

import pytest
from stub_service import EMAIL, TOKEN, Reply, Seen, Stub, problem, released

from ops_center_byok_client import ByokClient, ByokClientError, ByokUnavailableError


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

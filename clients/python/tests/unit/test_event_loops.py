"""One client in several event loops: one after another, and in threads at once."""

from __future__ import annotations

import asyncio

from stub_keycloak import StubKeycloak
from stub_service import EMAIL, TOKEN, Reply, Seen, Stub, released, until

from ops_center_byok_client import ByokClient


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

    keycloak = StubKeycloak(stub)
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

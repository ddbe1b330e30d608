"""What every test of the client may ask for: a stub of the key service, a client of it, and the client's clock."""

from __future__ import annotations

from typing import AsyncIterator, Iterator, List

import pytest
import pytest_asyncio
from stub_service import TOKEN, Stub, running_stub

from ops_center_byok_client import ByokClient


@pytest.fixture
def stub() -> Iterator[Stub]:
    with running_stub() as running:
        yield running


@pytest_asyncio.fixture
async def client(stub: Stub) -> AsyncIterator[ByokClient]:
    async with ByokClient(stub.url, service_token=TOKEN) as opened:
        yield opened


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[List[float]]:
    """The clock of the client, in seconds; event loops keep their own."""
    now = [1000.0]
    for module in ("_key_cache", "_access_token", "_released_keys", "_pairings"):
        monkeypatch.setattr(f"ops_center_byok_client.{module}.time", _Clock(now))
    yield now


class _Clock:
    def __init__(self, now: List[float]) -> None:
        self._now = now

    def monotonic(self) -> float:
        return self._now[0]


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "TOGETHER_API_KEY", "GROQ_API_KEY", "HUGGINGFACE_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    for name in ("INTERNAL_URL", "SERVICE_TOKEN", "TOKEN_URL", "CLIENT_ID", "CLIENT_SECRET", "ALLOW_INSECURE_HTTP"):
        monkeypatch.delenv(f"BYOK_{name}", raising=False)


@pytest.fixture(autouse=True)
def quick_tries(monkeypatch: pytest.MonkeyPatch) -> None:
    """Clients do not pause for long before they try again."""
    monkeypatch.setattr("ops_center_byok_client._service_calls._RETRY_PAUSE", 0.002)

"""Every call that gives a key, before and after the call for its endpoint, whatever happens to the key in between."""

from __future__ import annotations

import asyncio
from itertools import count, product
from typing import Any, Callable, Coroutine, Dict, Iterator, List, NamedTuple, Optional, Tuple

import pytest
from stub_service import Reply, Stub, not_released, problem, released

from ops_center_byok_client import ByokClient, ByokClientError

SYSTEM = "sk-system"
HOME = "https://llm.example.com/v1"
OTHER = "https://other.example.com/v1"
WITHHELD = "pair_withheld"


class State(NamedTuple):
    title: str
    reply: Reply
    version: Optional[int] = None
    """Of the user's key."""
    endpoint: Optional[str] = None
    outage: bool = False
    """No answer at all: nobody can say what holds."""


def own(title: str, version: int, endpoint: Optional[str], **more: Any) -> State:
    answer = {"api_key": f"sk-own-{version}", "user_id": "u-1", "max_age_seconds": 60, **more}
    return State(title, released(version=version, endpoint=endpoint, **answer), version, endpoint)


STATES = [
    State("switched off", not_released("disabled")),
    State("gone with its account", not_released("user_not_found")),
    State("behind an outage", problem(503, "directory_unavailable", {"Retry-After": "0"}), outage=True),
    own("for an endpoint", 1, HOME),
    own("replaced for the same endpoint", 2, HOME),
    own("replaced for another endpoint", 3, OTHER),
    own("for its own address", 4, None),
]
PAIRS = list(product(STATES, STATES))

Ask = Callable[[ByokClient, str], Coroutine[Any, Any, Any]]


class Call(NamedTuple):
    provider: str
    ask: Ask
    falls_back: bool = True
    """Whether it takes a system key in an outage, and so says something of a key."""


ALONE: Dict[str, Call] = {
    "get_user_api_key": Call("openai", lambda c, e: c.get_user_api_key(e, "openai"), falls_back=False),
    "past the cache": Call("openai", lambda c, e: c.get_user_api_key(e, "openai", use_cache=False), falls_back=False),
    "or_default": Call("custom", lambda c, e: c.get_user_api_key_or_default(e, "custom", "OPENAI_API_KEY")),
    "openai": Call("openai", lambda c, e: c.get_openai_key_for_user(e)),
    "anthropic": Call("anthropic", lambda c, e: c.get_anthropic_key_for_user(e)),
    "huggingface": Call("huggingface", lambda c, e: c.get_huggingface_token_for_user(e)),
}
BOTH: Dict[str, Call] = {
    "key_and_endpoint": Call("openai", lambda c, e: c.get_key_and_endpoint_for_user(e, "openai")),
    "no system key": Call("groq", lambda c, e: c.get_key_and_endpoint_for_user(e, "groq"), falls_back=False),
    "llm_config": Call("openai", lambda c, e: c.get_llm_config_for_user(e, "openai")),
}
CALLS = {**ALONE, **BOTH}


@pytest.fixture(autouse=True)
def system_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "HUGGINGFACE_TOKEN"):
        monkeypatch.setenv(name, SYSTEM)


@pytest.fixture
def people() -> Iterator[str]:
    return (f"p{number}@example.com" for number in count())


async def outcome(call: Coroutine[Any, Any, Any]) -> Any:
    """Its answer, or the code of its error."""
    try:
        return await call
    except ByokClientError as error:
        return error.code


def become(stub: Stub, client: ByokClient, email: str, state: State) -> None:
    client.clear_user_key_cache(email)
    stub.answer = lambda seen: state.reply


def fits(key: State, endpoint: State, compare_versions: bool) -> bool:
    same = not compare_versions or key.endpoint is None or key.version == endpoint.version
    return key.endpoint == endpoint.endpoint and same


@pytest.mark.parametrize("in_one_task", [True, False], ids=["one task", "tasks of their own"])
@pytest.mark.parametrize("name", CALLS)
async def test_after_a_key_only_its_endpoint_is_given(
    stub: Stub, client: ByokClient, people: Iterator[str], name: str, in_one_task: bool
) -> None:
    call = CALLS[name]

    async def within(work: Coroutine[Any, Any, Any]) -> Any:
        return await (work if in_one_task else asyncio.ensure_future(work))

    for first, second in PAIRS:
        if second.outage:
            continue
        email = next(people)
        become(stub, client, email, first)
        await within(outcome(call.ask(client, email)))
        # The same from the cache.
        await within(outcome(call.ask(client, email)))
        become(stub, client, email, second)
        endpoint = await within(outcome(client.get_user_custom_endpoint(email, call.provider)))
        says_nothing = first.outage and not call.falls_back
        right = says_nothing or fits(first, second, in_one_task)
        assert (first.title, second.title, endpoint) == (first.title, second.title, second.endpoint if right else WITHHELD)


@pytest.mark.parametrize("name", ALONE)
async def test_after_an_endpoint_only_a_key_for_it_is_given(
    stub: Stub, client: ByokClient, people: Iterator[str], name: str
) -> None:
    call = ALONE[name]
    for first, second in PAIRS:
        if first.outage:
            continue
        email = next(people)
        become(stub, client, email, first)
        endpoint = await client.get_user_custom_endpoint(email, call.provider)
        become(stub, client, email, second)
        key = await outcome(call.ask(client, email))
        is_answer = key is None or key.startswith("sk-")
        assert not (is_answer and endpoint != second.endpoint), (first.title, second.title)
        assert key != WITHHELD or endpoint != second.endpoint, (first.title, second.title)


@pytest.mark.parametrize("name", BOTH)
async def test_a_key_with_its_endpoint_frees_no_other_key_for_the_endpoint_given_first(
    stub: Stub, client: ByokClient, people: Iterator[str], name: str
) -> None:
    call = BOTH[name]
    for first, second in PAIRS:
        if first.endpoint is None:
            continue
        email = next(people)
        become(stub, client, email, first)
        assert await client.get_user_custom_endpoint(email, call.provider) == first.endpoint
        become(stub, client, email, second)
        both = await outcome(call.ask(client, email))
        assert both != WITHHELD
        if second.version is not None:
            assert both["endpoint"] == second.endpoint
        become(stub, client, email, STATES[0])
        later = await outcome(client.get_user_api_key_or_default(email, call.provider, "OPENAI_API_KEY"))
        assert (first.title, second.title, later) == (first.title, second.title, WITHHELD)


SERVICES_OWN = released(provider="groq", is_byok=False, source="system", version=None, max_age_seconds=0)
OF_ANOTHER_PROVIDER: List[Tuple[str, State]] = [
    ("own", own("own", 7, None, provider="groq")),
    ("own, with an endpoint", own("own", 7, OTHER, provider="groq")),
    ("of the service", State("system", SERVICES_OWN)),
    ("of the environment", STATES[0]),
]


@pytest.mark.parametrize("first", [state for _, state in OF_ANOTHER_PROVIDER], ids=[name for name, _ in OF_ANOTHER_PROVIDER])
async def test_the_key_of_another_provider_is_not_for_the_endpoint_of_the_preferred_one(
    stub: Stub, client: ByokClient, first: State
) -> None:
    email = "ann@example.com"
    become(stub, client, email, first)
    config = await client.get_llm_config_for_user(email, "anthropic")
    assert config["provider"] != "anthropic"
    become(stub, client, email, own("later", 1, HOME))
    assert await outcome(client.get_user_custom_endpoint(email, "anthropic")) == WITHHELD
    assert await outcome(client.get_user_custom_endpoint(email, config["provider"])) == WITHHELD
    become(stub, client, email, own("as given", 7, config["endpoint"]))
    assert await client.get_user_custom_endpoint(email, config["provider"]) == config["endpoint"]
    assert await client.get_user_custom_endpoint(email, "together") == config["endpoint"]

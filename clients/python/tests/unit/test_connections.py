"""Which way a request takes, and what of an answer is read."""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path
from typing import Any, Dict, List, Optional

import certifi
import httpx
import pytest
from stub_service import EMAIL, TOKEN, Reply, Seen, Stub, problem, released

from ops_center_byok_client import ByokClient, ByokClientError, ByokUnavailableError
from ops_center_byok_client import _requests, _service_calls

PROXY = "http://127.0.0.1:9"


async def test_goes_by_no_proxy_and_sends_no_other_credentials(
    stub: Stub, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, PROXY)
    netrc = tmp_path / ".netrc"
    netrc.write_text("machine 127.0.0.1 login other password other\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    async with ByokClient(stub.url, service_token=TOKEN) as client:
        await client.get_user_api_key(EMAIL, "openai")
    assert [seen.headers["authorization"] for seen in stub.seen] == [f"Bearer {TOKEN}"]


async def test_believes_the_authorities_of_the_system_or_of_ssl_cert_file(
    stub: Stub, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    end = "-----END CERTIFICATE-----\n"
    first = Path(certifi.where()).read_text().split(end)[0] + end
    (tmp_path / "ca.pem").write_text(first)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    # They are read once for all clients, and then kept.
    monkeypatch.setattr(_requests, "_trusted_authorities", _requests._trusted_authorities.__wrapped__)
    made: List[Dict[str, Any]] = []
    usual = httpx.AsyncClient

    def make(**options: Any) -> httpx.AsyncClient:
        made.append(options)
        return usual(**options)

    monkeypatch.setattr(httpx, "AsyncClient", make)
    async with ByokClient(stub.url, service_token=TOKEN) as client:
        await client.get_user_api_key(EMAIL, "openai")
        await client.get_user_api_key(EMAIL, "groq")
    (options,) = made
    authorities = options["verify"]
    assert len(authorities.get_ca_certs()) == 1
    assert authorities.check_hostname and authorities.verify_mode is ssl.CERT_REQUIRED


async def test_says_who_does_not_answer_and_how(stub: Stub, client: ByokClient) -> None:
    stub.answer = lambda seen: Reply(cut=True)
    with pytest.raises(ByokUnavailableError) as cut:
        await client.get_user_api_key(EMAIL, "openai")
    assert str(cut.value) == "The key service cannot be asked: the connection failed."
    closed = "http://127.0.0.1:9"
    async with ByokClient(closed, service_token=TOKEN) as nobody:
        with pytest.raises(ByokUnavailableError) as refused:
            await nobody.get_user_api_key(EMAIL, "openai")
    assert str(refused.value) == "The key service cannot be reached."
    async with ByokClient(stub.url, token_url=closed, client_id="svc", client_secret="s") as unknown:
        with pytest.raises(ByokUnavailableError) as away:
            await unknown.get_user_api_key(EMAIL, "openai")
    assert str(away.value) == "Keycloak cannot be reached."
    for error in (cut, refused, away):
        assert (error.value.code, error.value.status, error.value.__context__) == ("unavailable", None, None)


async def test_an_own_time_limit_of_the_connection_is_no_answer_in_time(
    stub: Stub, client: ByokClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never(*_: Any, **__: Any) -> None:
        raise httpx.ReadTimeout("canary")

    monkeypatch.setattr(httpx.AsyncClient, "request", never)
    with pytest.raises(ByokUnavailableError, match=r"^The key service did not answer in time\.$") as caught:
        await client.get_user_api_key(EMAIL, "openai")
    assert (caught.value.code, caught.value.__context__) == ("unavailable", None)


async def test_asks_for_json_with_its_own_bearer(stub: Stub, client: ByokClient) -> None:
    await client.get_user_api_key(EMAIL, "openai")
    stub.answer = lambda seen: Reply(json={})
    await client.record_api_usage(EMAIL, "openai", 1)
    for seen in stub.seen:
        assert (seen.headers["accept"], seen.headers["content-type"]) == ("application/json", "application/json")
        assert seen.headers["authorization"] == f"Bearer {TOKEN}"


@pytest.mark.parametrize("body", [None, [], [1], "text", 7])
async def test_an_answer_that_is_no_object_says_nothing(stub: Stub, client: ByokClient, body: Any) -> None:
    stub.answer = lambda seen: Reply(json=body)
    assert await client.reset_usage(EMAIL) == {}
    with pytest.raises(ByokClientError) as caught:
        await client.get_user_api_key(EMAIL, "openai")
    assert (caught.value.code, caught.value.status) == ("unexpected_answer", 200)
    assert str(caught.value) == "The key service released a key in a form that this client does not know."


def unexpected(status: int) -> str:
    return f"The key service answered {status} and not as it should: check BYOK_INTERNAL_URL."


@pytest.mark.parametrize(
    ("reply", "code", "message"),
    [
        (problem(403, "scope_required"), "scope_required", "It says scope_required."),
        (problem(403, "a" * 60, detail="d" * 501), "a" * 60, "d" * 500),
        (problem(403, "a" * 61), "unexpected_answer", unexpected(403)),
        (problem(403, "Scope"), "unexpected_answer", unexpected(403)),
        (problem(403, "scope_required", detail=None), "scope_required", unexpected(403)),
        (Reply(403, {"detail": "of another server"}), "unexpected_answer", unexpected(403)),
        (Reply(300, {}), "unexpected_answer", unexpected(300)),
        (Reply(499, {}), "unexpected_answer", unexpected(499)),
        (Reply(500, {}), "unavailable", unexpected(500)),
        (problem(500, "internal"), "internal", "It says internal."),
    ],
)
async def test_an_error_says_what_the_service_said(
    stub: Stub, client: ByokClient, reply: Reply, code: str, message: str
) -> None:
    stub.answer = lambda seen: reply
    with pytest.raises(ByokClientError) as caught:
        await client.reset_usage(EMAIL)
    assert (caught.value.code, str(caught.value), caught.value.status) == (code, message, reply.status)
    assert isinstance(caught.value, ByokUnavailableError) is (reply.status >= 500)


@pytest.mark.parametrize("status", [200, 201, 299])
async def test_every_2xx_is_success(stub: Stub, client: ByokClient, status: int) -> None:
    stub.answer = lambda seen: Reply(status, {"api_calls_used": 0})
    assert await client.reset_usage(EMAIL) == {"api_calls_used": 0}


@pytest.mark.parametrize(
    ("given", "request_id"), [("req-7", "req-7"), ("r" * 101, "r" * 100), (7, None), (None, None)]
)
async def test_an_error_names_the_request(stub: Stub, client: ByokClient, given: Any, request_id: Optional[str]) -> None:
    stub.answer = lambda seen: problem(403, "scope_required", request_id=given)
    with pytest.raises(ByokClientError) as caught:
        await client.reset_usage(EMAIL)
    assert caught.value.request_id == request_id


@pytest.mark.parametrize(
    ("given", "seconds"),
    [("0", 0), ("7", 7), ("999999999", 999_999_999), ("1000000000", None), ("-1", None), ("1.5", None), ("x", None)],
)
async def test_an_error_says_after_how_long_to_try_again(
    stub: Stub, client: ByokClient, given: str, seconds: Optional[int]
) -> None:
    stub.answer = lambda seen: problem(429, "rate_limited", {"Retry-After": given})
    with pytest.raises(ByokClientError) as caught:
        await client.reset_usage(EMAIL)
    assert caught.value.retry_after == seconds


@pytest.mark.parametrize(
    ("reply", "pauses"),
    [
        (problem(502, "unavailable"), 1),
        (problem(503, "not_ready"), 1),
        (problem(504, "unavailable"), 1),
        (problem(500, "internal"), 0),
        (problem(501, "internal"), 0),
        (problem(505, "internal"), 0),
        (problem(429, "rate_limited", {"Retry-After": "0"}), 0),
        (problem(503, "not_ready", {"Retry-After": "1"}), 1),
        (problem(503, "not_ready", {"Retry-After": "2"}), 0),
    ],
)
async def test_pauses_before_the_second_try_as_long_as_was_asked_and_a_second_at_most(
    stub: Stub, client: ByokClient, monkeypatch: pytest.MonkeyPatch, reply: Reply, pauses: int
) -> None:
    slept: List[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    monkeypatch.setattr(_service_calls, "_RETRY_PAUSE", 0.1)
    stub.answer = lambda seen: reply
    with pytest.raises(ByokClientError):
        await client.get_user_api_key(EMAIL, "openai")
    assert (len(slept), len(stub.seen)) == (pauses, 1 + pauses)
    for pause in slept:
        assert pause == 1 if reply.headers else 0.1 <= pause <= 0.2


async def test_a_fixed_token_that_was_refused_is_not_tried_again(stub: Stub, client: ByokClient) -> None:
    def answer(seen: Seen) -> Reply:
        return problem(401, "not_authenticated") if len(stub.seen) == 1 else released()

    stub.answer = answer
    with pytest.raises(ByokClientError) as caught:
        await client.get_user_api_key(EMAIL, "openai")
    assert caught.value.status == 401
    assert await client.get_user_api_key(EMAIL, "openai") == "sk-users-own-key"

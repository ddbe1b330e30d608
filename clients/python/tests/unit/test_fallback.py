"""When a system key of the environment may take the place of the user's: every row of the tables, through every helper."""

from __future__ import annotations

from typing import Tuple

import pytest
from stub_service import EMAIL, Reply, Stub, not_released, problem, released

from ops_center_byok_client import ByokClient, ByokClientError, ByokKeyNotReleasedError, ByokUnavailableError
from ops_center_byok_client._fallback import FALLBACK_AFTER_REFUSAL, FALLBACK_IN_AN_OUTAGE

REFUSALS = {
    "no_key": True,
    "disabled": True,
    "tier": True,
    "unbound": True,
    "undecryptable": True,
    "user_not_found": False,
    "user_disabled": False,
    "email_unverified": False,
    "email_ambiguous": False,
    "a_reason_of_a_newer_service": False,
}
OUTAGES = {
    "unavailable": True,
    "directory_unavailable": True,
    "database_unavailable": True,
    "audit_unavailable": True,
    "not_ready": True,
    "directory_misconfigured": False,
    "internal": False,
    "a_code_of_a_newer_service": False,
}


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ops_center_byok_client._service_calls._RETRY_PAUSE", 0.0)


def test_the_tables_have_no_other_rows() -> None:
    assert {**FALLBACK_AFTER_REFUSAL, "a_reason_of_a_newer_service": False} == REFUSALS
    assert {**FALLBACK_IN_AN_OUTAGE, "a_code_of_a_newer_service": False} == OUTAGES


async def falls_back(client: ByokClient, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Through each helper; all have to say the same."""
    for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "HUGGINGFACE_TOKEN", "OTHER_KEY"):
        monkeypatch.setenv(name, "sk-system")
    answers = set()
    for call in (
        lambda: client.get_openai_key_for_user(EMAIL),
        lambda: client.get_anthropic_key_for_user(EMAIL),
        lambda: client.get_huggingface_token_for_user(EMAIL),
        lambda: client.get_user_api_key_or_default(EMAIL, "groq", "OTHER_KEY"),
        lambda: client.get_key_and_endpoint_for_user(EMAIL, "openai"),
        lambda: client.get_llm_config_for_user(EMAIL),
    ):
        try:
            given = await call()
            assert (given if isinstance(given, str) else given["api_key"]) == "sk-system"
            answers.add(True)
        except ByokClientError:
            answers.add(False)
    assert len(answers) == 1
    return answers.pop()


@pytest.mark.parametrize(("reason", "may"), REFUSALS.items())
async def test_after_a_refusal(stub: Stub, client: ByokClient, monkeypatch: pytest.MonkeyPatch, reason: str, may: bool) -> None:
    stub.answer = lambda seen: not_released(reason)
    assert await falls_back(client, monkeypatch) is may
    # Neither in an outage right afterwards, nor by a system key that the service gives without knowing who that is.
    stub.answer = lambda seen: Reply(cut=True)
    assert await falls_back(client, monkeypatch) is may
    stub.answer = lambda seen: released(api_key="sk-theirs", is_byok=False, reason="directory_unavailable", max_age_seconds=0)
    if not may:
        with pytest.raises(ByokClientError) as caught:
            await client.get_llm_config_for_user(EMAIL)
        assert caught.value.reason == reason
    # An answer that knows the account ends it.
    stub.answer = lambda seen: not_released("no_key")
    assert await falls_back(client, monkeypatch) is True
    stub.answer = lambda seen: Reply(cut=True)
    assert await falls_back(client, monkeypatch) is True


@pytest.mark.parametrize(("code", "may"), OUTAGES.items())
async def test_in_an_outage(stub: Stub, client: ByokClient, monkeypatch: pytest.MonkeyPatch, code: str, may: bool) -> None:
    stub.answer = lambda seen: problem(503, code, {"Retry-After": "9"})
    assert await falls_back(client, monkeypatch) is may


@pytest.mark.parametrize("status", [301, 400, 401, 402, 403, 404, 409, 413, 422, 429])
async def test_not_for_an_answer_about_the_caller_or_of_another_server(
    stub: Stub, client: ByokClient, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    for reply in (problem(status, "scope_required"), Reply(status, "<html>")):
        stub.answer = lambda seen, reply=reply: reply  # type: ignore[misc]
        assert await falls_back(client, monkeypatch) is False


async def test_an_unknown_user_has_no_key_and_other_doubts_are_errors(stub: Stub, client: ByokClient) -> None:
    stub.answer = lambda seen: not_released("user_not_found")
    assert await client.get_user_api_key(EMAIL, "openai") is None
    for reason in ("user_disabled", "email_unverified", "email_ambiguous"):
        stub.answer = lambda seen, reason=reason: not_released(reason)  # type: ignore[misc]
        with pytest.raises(ByokClientError) as caught:
            await client.get_user_api_key(EMAIL, "openai")
        assert caught.value.reason == reason


@pytest.mark.parametrize(
    ("reply", "kept"),
    [
        (problem(503, "not_ready", {"Retry-After": "9"}), ("not_ready", 503, "req-1", 9, None)),
        (not_released("no_key"), ("key_not_released", 404, "req-1", None, "no_key")),
    ],
)
async def test_what_is_missing_is_added_to_what_the_service_said(
    stub: Stub, client: ByokClient, reply: Reply, kept: Tuple[object, ...]
) -> None:
    stub.answer = lambda seen: reply
    for call, more in (
        (client.get_openai_key_for_user(EMAIL), "OPENAI_API_KEY is not set either."),
        (client.get_key_and_endpoint_for_user(EMAIL, "custom"), "No variable was named."),
        (
            client.get_llm_config_for_user(EMAIL),
            "None of OPENAI_API_KEY, ANTHROPIC_API_KEY, TOGETHER_API_KEY, GROQ_API_KEY is set either.",
        ),
    ):
        with pytest.raises(ByokClientError) as caught:
            await call
        error = caught.value
        assert str(error) == f"It says {kept[0]}. {more}"
        assert (error.code, error.status, error.request_id, error.retry_after, error.reason) == kept
        assert type(error) is (ByokUnavailableError if kept[1] == 503 else ByokKeyNotReleasedError)


async def test_a_system_key_in_an_outage_is_logged_with_its_variable_and_not_after_a_refusal(
    stub: Stub, client: ByokClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("WARNING", logger="ops_center_byok_client")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-canary")
    stub.answer = lambda seen: not_released("no_key")
    await client.get_openai_key_for_user(EMAIL)
    await client.get_llm_config_for_user(EMAIL)
    assert caplog.messages == []
    stub.answer = lambda seen: problem(503, "not_ready", {"Retry-After": "9"})
    await client.get_openai_key_for_user(EMAIL)
    await client.get_llm_config_for_user(EMAIL)
    assert caplog.messages == ["It says not_ready. Using the system key in OPENAI_API_KEY."] * 2

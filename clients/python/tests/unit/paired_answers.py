"""What the service answers about a person's own key, which names its version and its endpoint."""

from __future__ import annotations

from typing import Optional

from stub_service import Reply, not_released, released

SYSTEM = "sk-system"
HOME = "https://llm.example.com/v1"
OFF = not_released("disabled")


def key_of(version: int, endpoint: Optional[str]) -> str:
    return f"sk-own {version} {endpoint or 'its own address'}"


def own(version: int, endpoint: Optional[str] = HOME, max_age: int = 0) -> Reply:
    return released(
        api_key=key_of(version, endpoint), version=version, endpoint=endpoint, user_id="u-1", max_age_seconds=max_age
    )

"""A key as the service released it."""

from __future__ import annotations

import math
from typing import Any, Dict, NamedTuple, Optional

from ._errors import ByokClientError


class Destination(NamedTuple):
    """Where a key may be sent, or an endpoint that was answered."""

    endpoint: Optional[str]
    """None: the provider's own address."""
    version: Optional[int]
    """Of the user's key; None for a system key, or where there is none."""


OWN_ADDRESS = Destination(None, None)


class ReleasedKey:
    """What the service answered. Printing it shows nothing."""

    def __init__(
        self,
        api_key: str,
        provider: str,
        *,
        destination: Destination,
        is_byok: bool,
        source: str,
        user_id: Optional[str],
        max_age_seconds: float,
        endpoint_checked: Optional[bool] = None,
    ) -> None:
        self.api_key = api_key
        self.provider = provider
        self.destination = destination
        self.is_byok = is_byok
        self.source = source
        self.user_id = user_id
        """None where an older service does not say."""
        self.max_age_seconds = max_age_seconds
        self.endpoint_checked = endpoint_checked
        """Whether the endpoint's host was found to lead to permitted addresses only. None: no endpoint, or not said."""


def read_released_key(answer: Dict[str, Any]) -> ReleasedKey:
    """Raises ``ByokClientError`` (``unexpected_answer``) where the answer is not as agreed."""
    api_key, provider, endpoint = answer.get("api_key"), answer.get("provider"), answer.get("endpoint")
    is_byok, max_age = answer.get("is_byok"), answer.get("max_age_seconds")
    checked = answer.get("endpoint_checked")
    source, version, user_id = answer.get("source"), answer.get("version"), answer.get("user_id")
    if (
        isinstance(api_key, str)
        and api_key
        and isinstance(provider, str)
        and (endpoint is None or isinstance(endpoint, str))
        and isinstance(is_byok, bool)
        and isinstance(max_age, (int, float))
        and not isinstance(max_age, bool)
        and math.isfinite(max_age)
    ):
        return ReleasedKey(
            api_key,
            provider,
            destination=Destination(endpoint, version if isinstance(version, int) else None),
            is_byok=is_byok,
            source=source if isinstance(source, str) else "user" if is_byok else "system",
            user_id=user_id if isinstance(user_id, str) and user_id else None,
            max_age_seconds=max_age,
            endpoint_checked=checked if isinstance(checked, bool) else None,
        )
    raise ByokClientError(
        "The key service released a key in a form that this client does not know.",
        code="unexpected_answer",
        status=200,
    )

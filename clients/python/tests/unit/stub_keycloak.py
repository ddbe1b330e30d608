"""A key service's stub that is also Keycloak's token endpoint."""

from __future__ import annotations

from typing import Any, Callable, List, Optional

from stub_service import Reply, Seen, Stub, released

from ops_center_byok_client import ByokClient


class StubKeycloak:
    """Makes a stub answer as the token endpoint too, and as ``service`` says to everything else."""

    def __init__(self, stub: Stub) -> None:
        self.tokens = 0
        self.away = False
        self.refuses = False
        self.life: Any = 300
        self.answers: Optional[Reply] = None
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
        if self.answers is not None:
            return self.answers
        if self.away:
            return Reply(503)
        if self.refuses:
            return Reply(401, {"error": "unauthorized_client", "error_description": "canary:secret"})
        self.tokens += 1
        return Reply(json={"access_token": f"token-{self.tokens}", "expires_in": self.life, "token_type": "Bearer"})

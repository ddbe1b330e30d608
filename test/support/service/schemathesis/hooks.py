# Signs Schemathesis in: with the access token in BYOK_TOKEN, else each request with a session of its own as the
# demo user, so that ending sessions and signing out spoil nothing for the requests after them.
# And sees to it that what a request names is there every other time: nobody guesses it.
import itertools
import os

import requests
import schemathesis

ROOT = os.environ["BYOK_ROOT"]
TOKEN = os.environ.get("BYOK_TOKEN")
KEYS = f"{ROOT}/api/v1/byok/keys"
turns = itertools.count()


def credentials(email="starter@example.com"):
    if TOKEN:
        return {"headers": {"Authorization": f"Bearer {TOKEN}"}}
    answer = requests.post(f"{ROOT}/auth/demo", json={"email": email}, timeout=10)
    answer.raise_for_status()
    return {"cookies": {"byok_session": answer.cookies["byok_session"]}}


def add_key(provider, signed_in):
    endpoint = "https://llm.example.com/v1" if provider == "custom" else None
    key = {"provider": provider, "key": "sk-good-0123456789", "endpoint": endpoint}
    requests.post(f"{KEYS}/add", json=key, timeout=10, **signed_in)


def some_session(signed_in):
    items = requests.get(f"{ROOT}/auth/sessions", timeout=10, **signed_in).json()["items"]
    return items[0]["id"] if items else "none"


def starter_with_key(provider):
    """The id of somebody who has a key for it. With a token that is whoever the token is of."""
    signed_in = credentials()
    add_key(provider, signed_in)
    return requests.get(f"{ROOT}/auth/me", timeout=10, **signed_in).json()["id"]


@schemathesis.auth(refresh_interval=None)
class SignedIn:
    def get(self, case, context):
        # Of the demo users, this one administers.
        return credentials("enterprise@example.com") if "/admin/" in case.operation.path else credentials()

    def set(self, case, data, context):
        case.headers.update(data.get("headers", {}))
        case.cookies = {**(case.cookies or {}), **data.get("cookies", {})}
        path, method, given = case.operation.path, case.operation.method.upper(), case.path_parameters or {}
        # Where a run deletes something and looks for it again, nothing may come back.
        if case.meta.phase.name == "stateful" or next(turns) % 2 == 0:
            return
        if path.endswith("/{provider}") and method != "DELETE":
            add_key(given.get("provider"), data)
        # Nobody guesses an address that somebody has.
        if "{email}" in path and method != "DELETE":
            given["email"] = "starter@example.com"
        if "/admin/users/{id}/" in path:
            given["id"] = starter_with_key(given.get("provider", "openai"))
        if path == "/auth/sessions/{id}" and str(given.get("id", "")).isalnum():
            given["id"] = some_session(data)

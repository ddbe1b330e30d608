# Signs Schemathesis in: with the access token in BYOK_TOKEN, else each request with a session of its own as the
# demo user, so that ending sessions and signing out spoil nothing for the requests after them.
import os

import requests
import schemathesis

ROOT = os.environ["BYOK_ROOT"]
TOKEN = os.environ.get("BYOK_TOKEN")


def demo_session():
    answer = requests.post(f"{ROOT}/auth/demo", json={"email": "starter@example.com"}, timeout=10)
    answer.raise_for_status()
    return answer.cookies["byok_session"]


def current_session_id(cookie):
    answer = requests.get(f"{ROOT}/auth/sessions", cookies={"byok_session": cookie}, timeout=10)
    return next(item["id"] for item in answer.json()["items"] if item["current"])


@schemathesis.auth(refresh_interval=None)
class SignedIn:
    def get(self, case, context):
        return TOKEN or demo_session()

    def set(self, case, data, context):
        if TOKEN:
            case.headers["Authorization"] = f"Bearer {TOKEN}"
            return
        case.cookies = {**(case.cookies or {}), "byok_session": data}
        # Nobody guesses the id of a session: without this, that call would only ever answer 404.
        if case.operation.path == "/auth/sessions/{id}" and case.path_parameters.get("id", "").isalnum():
            case.path_parameters["id"] = current_session_id(data)

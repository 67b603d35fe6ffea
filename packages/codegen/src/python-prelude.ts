/** What every Python client begins with: how a call is made, and how it fails. */
export const PYTHON_PRELUDE: string = String.raw`# Written by "ashlar client generate". Do not edit it: write it again when the API has changed.
from __future__ import annotations

import json
import re
import urllib.error
import urllib.parse
import urllib.request
from typing import Any, Literal, Mapping, NotRequired, TypeAlias, TypedDict

MAX_ANSWER_BYTES = 16 * 1024 * 1024


class ApiError(Exception):
    """What the server refused. "code" is stable, and empty where the server gave none; "problem" is the whole answer."""

    def __init__(self, status: int, problem: Any):
        self.status = status
        self.problem = problem
        self.code = problem.get("code", "") if isinstance(problem, dict) else ""
        detail = problem.get("detail") if isinstance(problem, dict) else None
        super().__init__(detail or f"The server answered {status}")


class _Caller:
    def __init__(
        self,
        base_url: str,
        *,
        token: str | None = None,
        headers: Mapping[str, str] | None = None,
        timeout_seconds: float = 30.0,
    ):
        self._base = base_url.rstrip("/")
        self._headers = dict(headers or {})
        if token is not None:
            self._headers["authorization"] = f"Bearer {token}"
        self._timeout = timeout_seconds

    def _call(self, method: str, path: str, params: Any, query: Any, headers: Any, body: Any) -> Any:
        url = self._base + re.sub(r"\{([^}]+)\}", lambda found: _segment(found[1], params), path)
        pairs = [(name, _text(one)) for name, value in query.items() for one in _list(value)]
        if pairs:
            url += "?" + urllib.parse.urlencode(pairs)
        sent = {**self._headers, **{name: _text(value) for name, value in headers.items() if value is not None}}
        data = None
        if body is not None:
            sent["content-type"] = "application/json"
            data = json.dumps(body).encode()
        request = urllib.request.Request(url, data=data, headers=sent, method=method)
        try:
            with urllib.request.urlopen(request, timeout=self._timeout) as answer:
                return _read(answer)
        except urllib.error.HTTPError as error:
            with error:
                raise ApiError(error.code, _read(error)) from None


def _read(answer: Any) -> Any:
    data = answer.read(MAX_ANSWER_BYTES + 1)
    if len(data) > MAX_ANSWER_BYTES:
        raise ValueError(f"The answer is larger than {MAX_ANSWER_BYTES} bytes")
    kind = answer.headers.get_content_type()
    if not data:
        return None
    if kind.endswith("/json") or kind.endswith("+json"):
        return json.loads(data)
    return data.decode() if kind.startswith("text/") else data


def _segment(name: str, params: Mapping[str, Any]) -> str:
    text = _text(params[name])
    if text in ("", ".", ".."):
        raise ValueError(f"{name} may not be {text!r}")
    return urllib.parse.quote(text, safe="")


def _list(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)

`

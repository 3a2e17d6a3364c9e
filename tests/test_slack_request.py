"""Requests over HTTP: decoded quickly, and read as slack-bolt itself reads them."""

from __future__ import annotations

import json
from urllib.parse import urlencode

from hypothesis import given
from hypothesis import strategies as st
from slack_bolt.request.async_request import AsyncBoltRequest

from adapters.slack.app import bolt_request

FORM = {"content-type": "application/x-www-form-urlencoded"}
JSON = st.recursive(st.text(), lambda inner: st.dictionaries(st.text(), inner) | st.lists(inner))


@given(st.dictionaries(st.text(), JSON), st.booleans())
def test_a_press_is_read_as_slack_bolt_reads_it(payload: dict[str, object], ascii_only: bool) -> None:
    body = urlencode({"payload": json.dumps(payload, ensure_ascii=ascii_only)})
    assert bolt_request(body, FORM).body == AsyncBoltRequest(body=body, headers=dict(FORM)).body == payload


@given(st.text(alphabet="payload=%7B22D+&;#?/:AaFf09 \N{SNOWMAN}"))
def test_an_odd_body_is_read_as_slack_bolt_reads_it(rest: str) -> None:
    body = f"payload=%7B{rest}%7D"
    assert _read(lambda: bolt_request(body, FORM).body) == _read(
        lambda: AsyncBoltRequest(body=body, headers=dict(FORM)).body
    )


def test_the_signature_is_checked_over_the_body_as_it_came() -> None:
    body = urlencode({"payload": '{"type": "block_actions"}'})
    assert bolt_request(body, FORM).raw_body == body


def _read(how: object) -> object:
    assert callable(how)
    try:
        return how()
    except json.JSONDecodeError:
        return "not JSON"

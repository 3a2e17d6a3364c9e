"""For every rule a raw request that breaks it, and messages that stay just within the limits."""

from __future__ import annotations

from typing import Any

from tests.slack.platform import Slack
from tests.slack.rules import Json
from tests.slack.world import Hook, Said, Trigger, View


def plain(text: str) -> Json:
    """A plain_text object."""
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str) -> Json:
    """A mrkdwn object."""
    return {"type": "mrkdwn", "text": text}


def section(text: str = "Hello", **more: Any) -> Json:
    """A section."""
    return {"type": "section", "text": mrkdwn(text)} | more


def actions(*elements: Json, **more: Any) -> Json:
    """An actions block."""
    return {"type": "actions", "elements": list(elements)} | more


def button(text: str = "Go", **more: Any) -> Json:
    """A button."""
    return {"type": "button", "text": plain(text)} | more


def option(text: str = "One", value: str = "1", **more: Any) -> Json:
    """An option."""
    return {"text": plain(text), "value": value} | more


def options(count: int) -> list[Json]:
    """So many options."""
    return [option(f"Option {i}", str(i)) for i in range(count)]


def grouped(**more: Any) -> Json:
    """A group of options."""
    return {"label": plain("Group"), "options": options(1)} | more


def ticks(*choices: Json, **more: Any) -> Json:
    """Checkboxes."""
    return {"type": "checkboxes", "options": list(choices)} | more


def confirm(**more: Any) -> Json:
    """A confirm object."""
    return {"title": plain("T"), "text": plain("?"), "confirm": plain("Y"), "deny": plain("N")} | more


def asked(element: Json, **more: Any) -> Json:
    """An input block."""
    return {"type": "input", "label": plain("L"), "element": element} | more


def typed(**more: Any) -> Json:
    """A plain_text_input."""
    return {"type": "plain_text_input"} | more


def image(**more: Any) -> Json:
    """An image."""
    return {"type": "image", "image_url": "https://x.org/a.png", "alt_text": "A"} | more


def modal(**more: Any) -> Json:
    """A modal."""
    return {"type": "modal", "title": plain("T"), "blocks": [section()]} | more


def blocks(*given: Any) -> tuple[str, Json]:
    """A message with these blocks."""
    return "chat.postMessage", {"channel": "C1", "text": "Hello", "blocks": list(given)}


def message(**more: Any) -> tuple[str, Json]:
    """A message."""
    return "chat.postMessage", {"channel": "C1", "text": "Hello"} | more


def opened(view: Json, trigger_id: str = "never") -> tuple[str, Json]:
    """A modal to open."""
    return "views.open", {"trigger_id": trigger_id, "view": view}


SAID = "2.000001"  # what Ann said in C1

EMPTY_RICH_TEXT = {"type": "rich_text", "elements": []}

# The rule, the raw request that breaks it, and Slack's code.
EXAMPLES: list[tuple[str, tuple[Any, ...], str]] = [
    ("no_text", message(text=""), "no_text"),
    ("no_text", ("chat.postMessage", {"channel": "C1", "blocks": [section()]}), "no_text"),
    ("no_text", message(text=" \n"), "no_text"),
    ("msg_too_long", message(text="x" * 40_001), "msg_too_long"),
    ("msg_blocks_too_long", blocks(*[section("x" * 2500)] * 5), "msg_blocks_too_long"),
    ("blocks-format", message(blocks={}), "invalid_blocks_format"),
    ("blocks-count", blocks(*[{"type": "divider"}] * 51), "invalid_blocks"),
    ("blocks-count", opened(modal(blocks=[{"type": "divider"}] * 101)), "invalid_arguments"),
    ("block-type", blocks({"type": "marquee"}), "invalid_blocks"),
    ("block-type", blocks({"elements": []}), "invalid_blocks"),
    ("field-unknown", blocks(section(colour="red")), "invalid_blocks"),
    ("field-unknown", blocks(actions(button(label="x"))), "invalid_blocks"),
    ("field-unknown", blocks({"type": "header", "text": plain("x") | {"verbatim": True}}), "invalid_blocks"),
    ("field-missing", blocks({"type": "header"}), "invalid_blocks"),
    ("field-missing", opened({"type": "modal", "blocks": []}), "invalid_arguments"),
    ("field-type", blocks(section(expand="yes")), "invalid_blocks"),
    ("field-type", blocks({"type": "header", "text": "bare"}), "invalid_blocks"),
    ("field-type", message(text=5), "invalid_arguments"),
    ("block-id-length", blocks(section(block_id="x" * 256)), "invalid_blocks"),
    ("block-id-length", blocks(section(block_id="")), "invalid_blocks"),
    ("block-id-unique", blocks(section(block_id="a"), section(block_id="a")), "invalid_blocks"),
    ("action-id-length", blocks(actions(button(action_id="x" * 256))), "invalid_blocks"),
    ("action-id-unique", blocks(actions(button(action_id="a"), button(action_id="a"))), "invalid_blocks"),
    ("text-type", blocks({"type": "section", "text": {"type": "html", "text": "x"}}), "invalid_blocks"),
    ("text-plain", blocks({"type": "header", "text": mrkdwn("x")}), "invalid_blocks"),
    ("text-plain", blocks(actions({"type": "button", "text": mrkdwn("x")})), "invalid_blocks"),
    ("text-length-object", blocks(section("x" * 3001)), "invalid_blocks"),
    ("text-length-object", blocks(section("")), "invalid_blocks"),
    ("section-empty", blocks({"type": "section"}), "invalid_blocks"),
    ("section-fields", blocks(section(fields=[mrkdwn("x")] * 11)), "invalid_blocks"),
    ("section-fields", blocks(section(fields=[])), "invalid_blocks"),
    ("section-field-length", blocks(section(fields=[mrkdwn("x" * 2001)])), "invalid_blocks"),
    ("accessory", blocks(section(accessory=typed())), "invalid_blocks"),
    ("header-length", blocks({"type": "header", "text": plain("x" * 151)}), "invalid_blocks"),
    ("actions-count", blocks(actions()), "invalid_blocks"),
    ("actions-count", blocks(actions(*[button()] * 26)), "invalid_blocks"),
    ("actions-element", blocks(actions(image())), "invalid_blocks"),
    ("actions-element", blocks(actions(typed())), "invalid_blocks"),
    ("context-count", blocks({"type": "context", "elements": []}), "invalid_blocks"),
    ("context-count", blocks({"type": "context", "elements": [plain("x")] * 11}), "invalid_blocks"),
    ("context-element", blocks({"type": "context", "elements": [button()]}), "invalid_blocks"),
    ("button-text", blocks(actions(button("x" * 76))), "invalid_blocks"),
    ("button-text", blocks(actions(button(""))), "invalid_blocks"),
    ("button-value", blocks(actions(button(value="x" * 2001))), "invalid_blocks"),
    ("accessibility-label", blocks(actions(button(accessibility_label="x" * 76))), "invalid_blocks"),
    ("style", blocks(actions(button(style="default"))), "invalid_blocks"),
    ("url-length", blocks(actions(button(url="https://" + "x" * 3000))), "invalid_blocks"),
    ("alt-text", blocks(image(alt_text="")), "invalid_blocks"),
    ("image-title", blocks(image(title=plain("x" * 2001))), "invalid_blocks"),
    ("checkboxes-count", blocks(asked(ticks())), "invalid_blocks"),
    ("checkboxes-count", blocks(asked(ticks(*options(11)))), "invalid_blocks"),
    ("radio-count", blocks(asked({"type": "radio_buttons", "options": options(11)})), "invalid_blocks"),
    ("select-count", blocks(asked({"type": "static_select", "options": options(101)})), "invalid_blocks"),
    ("option-text", blocks(asked(ticks(option("x" * 76)))), "invalid_blocks"),
    ("option-value", blocks(asked(ticks(option(value="x" * 151)))), "invalid_blocks"),
    ("option-description", blocks(asked(ticks(option(description=plain("x" * 76))))), "invalid_blocks"),
    ("option-value-unique", blocks(asked(ticks(option("A"), option("B")))), "invalid_blocks"),
    ("option-groups", blocks(asked({"type": "static_select"})), "invalid_blocks"),
    (
        "option-groups",
        blocks(asked({"type": "static_select", "options": options(1), "option_groups": [grouped()]})),
        "invalid_blocks",
    ),
    (
        "option-groups",
        blocks(asked({"type": "static_select", "option_groups": [grouped(label=plain("x" * 76))]})),
        "invalid_blocks",
    ),
    ("picker-format", blocks(asked({"type": "timepicker", "initial_time": "9:00"})), "invalid_blocks"),
    ("picker-format", blocks(asked({"type": "datepicker", "initial_date": "1 May"})), "invalid_blocks"),
    (
        "filter",
        blocks(asked({"type": "conversations_select", "filter": {"include": ["secret"]}})),
        "invalid_blocks",
    ),
    ("min-query", blocks(asked({"type": "external_select", "min_query_length": -1})), "invalid_blocks"),
    ("initial-users", blocks(asked({"type": "multi_users_select", "initial_users": []})), "invalid_blocks"),
    (
        "max-selected",
        blocks(asked({"type": "multi_users_select", "max_selected_items": 0})),
        "invalid_blocks",
    ),
    ("actions-element", blocks(actions({"type": "multi_users_select"})), "invalid_blocks"),
    ("image-source", blocks({"type": "image", "alt_text": "A"}), "invalid_blocks"),
    ("image-source", blocks(image(slack_file={"id": "F1"})), "invalid_blocks"),
    ("slack-file", blocks({"type": "image", "slack_file": {"id": "F9"}, "alt_text": "A"}), "invalid_blocks"),
    ("invalid_limit", ("users.list", {"limit": 1001}), "invalid_limit"),
    ("invalid_cursor", ("conversations.members", {"channel": "C1", "cursor": "9"}), "invalid_cursor"),
    ("no_such_subteam", ("usergroups.users.list", {"usergroup": "S9"}), "no_such_subteam"),
    ("initial-options", blocks(asked(ticks(option(), initial_options=[]))), "invalid_blocks"),
    ("initial-options", blocks(asked(ticks(option(), initial_options=[option("Two")]))), "invalid_blocks"),
    ("confirm-title", blocks(actions(button(confirm=confirm(title=plain("x" * 101))))), "invalid_blocks"),
    ("confirm-text", blocks(actions(button(confirm=confirm(text=plain("x" * 301))))), "invalid_blocks"),
    ("confirm-label", blocks(actions(button(confirm=confirm(deny=plain("x" * 31))))), "invalid_blocks"),
    ("input-label", blocks(asked(typed(), label=plain("x" * 2001))), "invalid_blocks"),
    ("input-hint", blocks(asked(typed(), hint=plain("x" * 2001))), "invalid_blocks"),
    ("input-element", blocks(asked(button())), "invalid_blocks"),
    ("input-range", blocks(asked(typed(max_length=3001))), "invalid_blocks"),
    ("input-range", blocks(asked(typed(min_length=5, max_length=4))), "invalid_blocks"),
    ("input-range", blocks(asked(typed(max_length=4, initial_value="12345"))), "invalid_blocks"),
    ("placeholder", blocks(asked(typed(placeholder=plain("x" * 151)))), "invalid_blocks"),
    ("rich-text", blocks(EMPTY_RICH_TEXT), "invalid_blocks"),
    ("rich-text", blocks(EMPTY_RICH_TEXT | {"elements": [{"type": "table"}]}), "invalid_blocks"),
    ("mrkdwn-mention", message(text="<!channel> look"), "invalid_blocks"),
    ("mrkdwn-mention", blocks(section("<!here>")), "invalid_blocks"),
    ("mrkdwn-mention", blocks(section("<!everyone>")), "invalid_blocks"),
    ("mrkdwn-mention", blocks({"type": "context", "elements": [mrkdwn("<@U1>")]}), "invalid_blocks"),
    ("mrkdwn-link", message(text="a < b"), "invalid_blocks"),
    ("mrkdwn-link", blocks(section("a > b")), "invalid_blocks"),
    ("mrkdwn-link", blocks(section("<https://x.org|>")), "invalid_blocks"),
    ("mrkdwn-link", blocks(section("<javascript:x|law>")), "invalid_blocks"),
    ("mrkdwn-link", blocks(section("<https://x.org|law")), "invalid_blocks"),
    ("mrkdwn-ampersand", message(text="you & me"), "invalid_blocks"),
    ("mrkdwn-ampersand", blocks(section("&nbsp;")), "invalid_blocks"),
    ("view-type", opened({"type": "home", "blocks": []}), "invalid_arguments"),
    ("view-type", ("views.publish", {"user_id": "U1", "view": modal()}), "invalid_arguments"),
    ("view-title", opened(modal(title=plain("x" * 25))), "invalid_arguments"),
    ("view-title", opened(modal(submit=plain("x" * 25))), "invalid_arguments"),
    ("view-title", opened(modal(close=plain("x" * 25))), "invalid_arguments"),
    ("view-submit", opened(modal(blocks=[asked(typed())])), "invalid_arguments"),
    ("private-metadata", opened(modal(private_metadata="x" * 3001)), "invalid_arguments"),
    ("callback-id", opened(modal(callback_id="x" * 256)), "invalid_arguments"),
    ("external-id", opened(modal(external_id="x" * 256)), "invalid_arguments"),
    (
        "prompts",
        (
            "assistant.threads.setSuggestedPrompts",
            {"channel_id": "D1", "prompts": [{"title": "t", "message": "m"}] * 5},
        ),
        "invalid_arguments",
    ),
    ("unknown_method", ("chat.shout", {}), "unknown_method"),
    ("invalid_arg_name", message(color="red"), "invalid_arg_name"),
    ("invalid_arguments", ("chat.postMessage", {"text": "x"}), "invalid_arguments"),
    ("invalid_json", ("chat.postMessage", ["a list"]), "json_not_object"),
    ("channel_not_found", message(channel="C9"), "channel_not_found"),
    ("channel_not_found", message(channel="CSECRET"), "channel_not_found"),
    ("not_in_channel", message(channel="COUT"), "not_in_channel"),
    ("is_archived", message(channel="COLD"), "is_archived"),
    (
        "user_not_in_channel",
        ("chat.postEphemeral", {"channel": "C1", "user": "U2", "text": "x"}),
        "user_not_in_channel",
    ),
    ("user_not_found", ("users.info", {"user": "U9"}), "user_not_found"),
    ("user_not_found", ("conversations.open", {"users": "U9"}), "user_not_found"),
    ("thread_not_found", message(thread_ts="1.000001"), "thread_not_found"),
    (
        "message_not_found",
        ("chat.update", {"channel": "C1", "ts": "1.000001", "text": "x"}),
        "message_not_found",
    ),
    ("invalid_trigger_id", opened(modal()), "invalid_trigger_id"),
    ("not_found", ("views.update", {"view_id": "V9", "view": modal()}), "not_found"),
    (
        "file_not_found",
        ("files.completeUploadExternal", {"files": [{"id": "F9", "title": "t"}]}),
        "file_not_found",
    ),
    ("not_authed", ("auth.test", {}, None), "not_authed"),
    ("invalid_auth", ("auth.test", {}, "xoxb-other"), "invalid_auth"),
    ("not_allowed_token_type", ("auth.test", {}, "xapp-test"), "not_allowed_token_type"),
    ("not_allowed_token_type", ("apps.connections.open", {}), "not_allowed_token_type"),
    ("missing_scope", ("conversations.info", {"channel": "D1"}), "missing_scope"),
    (
        "cant_update_message",
        ("chat.update", {"channel": "C1", "ts": SAID, "text": "x"}),
        "cant_update_message",
    ),
    ("cant_delete_message", ("chat.delete", {"channel": "C1", "ts": SAID}), "cant_delete_message"),
    (
        "message_not_found",
        ("chat.update", {"channel": "C1", "ts": "2.000003", "text": "x"}),
        "message_not_found",
    ),
    ("expired_trigger_id", opened(modal(), "old"), "expired_trigger_id"),
    ("exchanged_trigger_id", opened(modal(), "used"), "exchanged_trigger_id"),
    ("duplicate_external_id", opened(modal(external_id="taken"), "fresh"), "duplicate_external_id"),
    (
        "hash_conflict",
        ("views.publish", {"user_id": "U1", "view": {"type": "home", "blocks": []}, "hash": "stale"}),
        "hash_conflict",
    ),
    ("pace", message(channel="CBUSY"), "pace"),
    ("used_url", ("response_url/used", {"text": "x"}), "used_url"),
    ("expired_url", ("response_url/old", {"text": "x"}), "expired_url"),
    ("no_service", ("response_url/never", {"text": "x"}), "no_service"),
    (
        "nothing_to_replace",
        ("response_url/bare", {"text": "x", "replace_original": True}),
        "message_not_found",
    ),
    ("nothing_to_replace", ("response_url/bare", {"delete_original": True}), "message_not_found"),
    ("field-unknown", ("response_url/bare", {"text": "x", "tone": "warm"}), "invalid_payload"),
    ("invalid_arguments", ("response_url/bare", {"text": "x", "response_type": "loud"}), "invalid_payload"),
    ("no_text", ("response_url/bare", {"blocks": [section()]}), "no_text"),
    (
        "section-empty",
        ("response_url/bare", {"text": "x", "blocks": [{"type": "section"}]}),
        "invalid_blocks",
    ),
    ("invalid_json", ("response_url/bare", ["a list"]), "invalid_payload"),
    ("invalid_arguments", ("chat.update", {"channel": ["C1"], "ts": "1", "text": "x"}), "invalid_arguments"),
]


AT_THE_LIMIT: list[list[Json]] = [
    [section("x" * 3000), *[{"type": "divider"}] * 49],
    [section("x" * 3000)] * 4,
    [actions(*[button("x" * 75, value="x" * 2000, action_id=f"{i}") for i in range(25)])],
    [section("> a quote\n&lt;b&gt; &amp; <https://x.org/a?b=c|the law> <tel:988|988>")],
    [asked(ticks(*options(10), initial_options=options(2)), hint=plain("x" * 2000))],
    [asked({"type": "static_select", "options": options(100), "placeholder": plain("x" * 150)})],
    [
        asked(
            {"type": "static_select", "option_groups": [grouped(label=plain("x" * 75), options=options(100))]}
        )
    ],
    [asked({"type": "timepicker", "initial_time": "23:59"}), asked({"type": "datepicker"})],
    [asked({"type": "multi_users_select", "initial_users": ["U1", "U2"]}, dispatch_action=True)],
    [asked(typed(multiline=True, max_length=3000, placeholder=plain("Ask")), optional=True)],
    [{"type": "header", "text": plain("x" * 150)}, {"type": "context", "elements": [mrkdwn("x")] * 10}],
    [section(accessory=button(confirm=confirm(style="danger"))), image(title=plain("A picture"))],
    [
        {
            "type": "rich_text",
            "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": "x"}]}],
        }
    ],
]


def arrange(slack: Slack) -> None:
    """The workspace that the examples speak of."""
    for user in ("U1", "U2"):
        slack.person(user, admin=user == "U2", tz="Europe/Paris" if user == "U2" else "America/New_York")
    slack.channel("C1", members=["U1"])
    slack.channel("COUT", members=["U1"], bot_in=False)
    slack.channel("COLD", members=["U1"], archived=True)
    slack.channel("CSECRET", members=["U1"], bot_in=False, private=True)
    slack.dm_of("U1")


def arrange_past(slack: Slack) -> None:
    """What has happened before the examples come."""
    now = slack.now()
    slack.scopes.remove("im:read")
    slack.said.append(Said("C1", SAID, None, "Mine", "U1"))
    busy = slack.channel("CBUSY", members=["U1"])
    slack.post(busy, {"text": "Just now"}, "api")
    slack.post(slack.channels["C1"], {"text": "Psst"}, "api", only_for="U1").ts = "2.000003"
    slack.triggers |= {"old": Trigger("U1", now - 3.1), "used": Trigger("U1", now, used=True)}
    slack.triggers["fresh"] = Trigger("U1", now)
    slack.homes["U1"] = View("VHOME", "U1", {"blocks": [], "external_id": "taken"}, "new")
    slack.hooks |= {"used": Hook("U1", "C1", None, now, uses=5), "old": Hook("U1", "C1", None, now - 1801)}
    slack.hooks["bare"] = Hook("U1", "C1", None, now)

"""What Slack refuses in a message or a view, and what this house refuses besides.

Written from Slack's published numbers and from nothing of ours, so that a mistake in the
renderer cannot hide behind the same mistake here.
"""

from __future__ import annotations

import re
from typing import Any

from tests.slack.blocks import check_blocks, texts
from tests.slack.shapes import (
    Check,
    Json,
    Refused,
    anything,
    by_type,
    fields,
    flag,
    plain,
    text,
)

__all__ = ["RULES", "Json", "Refused", "check_message", "check_mrkdwn", "check_prompts", "check_view"]

MESSAGE_BLOCKS = 50
VIEW_BLOCKS = 100
MESSAGE_TEXT = 40_000
ALL_BLOCK_TEXT = 12_000

RULES: list[tuple[str, str]] = [
    ("no_text", "A message without text, even where blocks stand beside it (the house's rule)."),
    ("msg_too_long", "A message's text above 40,000 characters."),
    ("msg_blocks_too_long", "Blocks of one message that hold more than 12,000 characters together."),
    ("blocks-format", "Blocks that are no list."),
    ("blocks-count", "More than 50 blocks in a message or 100 in a view."),
    ("block-type", "A block of a type that is not known."),
    ("field-unknown", "A field that Slack does not know."),
    ("field-missing", "An object without a field that it needs."),
    ("field-type", "A field of the wrong kind, such as a number where a text belongs."),
    ("block-id-length", "A block_id that is empty or above 255 characters."),
    ("block-id-unique", "A block_id twice in one message or view."),
    ("action-id-length", "An action_id that is empty or above 255 characters."),
    ("action-id-unique", "An action_id twice in one block."),
    ("text-type", "A text object that is neither plain_text nor mrkdwn."),
    ("text-plain", "mrkdwn where Slack takes plain_text only."),
    ("text-length-object", "A text of a section or context that is empty or above 3000 characters."),
    ("section-empty", "A section with neither text nor fields."),
    ("section-fields", "A section with no or more than 10 fields."),
    ("section-field-length", "A section's field that is empty or above 2000 characters."),
    ("accessory", "A section's accessory that cannot stand there."),
    ("header-length", "A header that is empty or above 150 characters."),
    ("actions-count", "An actions block with no or more than 25 elements."),
    ("actions-element", "An element that cannot stand in an actions block."),
    ("context-count", "A context block with no or more than 10 elements."),
    ("context-element", "An element that cannot stand in a context block."),
    ("button-text", "A button's text that is empty or above 75 characters."),
    ("button-value", "A button's value that is empty or above 2000 characters."),
    ("accessibility-label", "An accessibility_label that is empty or above 75 characters."),
    ("style", "A style other than primary and danger."),
    ("url-length", "A URL that is empty or above 3000 characters."),
    ("alt-text", "An image's alt_text that is empty or above 2000 characters."),
    ("image-title", "An image's title that is empty or above 2000 characters."),
    ("checkboxes-count", "Checkboxes with no or more than 10 options."),
    ("radio-count", "Radio buttons with no or more than 10 options."),
    ("select-count", "A static_select with no or more than 100 options."),
    ("option-text", "An option's text that is empty or above 75 characters."),
    ("option-value", "An option's value that is empty or above 150 characters."),
    ("option-description", "An option's description that is empty or above 75 characters."),
    ("option-groups", "A select with both options and groups of them, or neither; a group without a title."),
    ("picker-format", "A time, a day, a channel or a person that is not written as Slack writes it."),
    ("filter", "A filter of conversations for none, or for a kind that is not known."),
    ("min-query", "A least length of what is typed that is no whole number."),
    ("initial-users", "A list of people that is there, and empty."),
    ("max-selected", "A most of chosen people below 1."),
    ("image-source", "An image of both an address and a file, of neither, or of a file named twice."),
    ("slack-file", "An image of a file that is not there, or whose bytes never came."),
    ("option-value-unique", "Two options of one element with the same value."),
    ("initial-options", "Initial options that are an empty list or equal none of the options."),
    ("confirm-title", "A confirm's title that is empty or above 100 characters."),
    ("confirm-text", "A confirm's text that is empty or above 300 characters."),
    ("confirm-label", "A confirm's buttons that are empty or above 30 characters."),
    ("input-label", "An input's label that is empty or above 2000 characters."),
    ("input-hint", "An input's hint that is empty or above 2000 characters."),
    ("input-element", "An element that cannot stand in an input block."),
    ("input-range", "A plain_text_input whose lengths are outside 0 to 3000 or cross each other."),
    ("placeholder", "A placeholder that is empty or above 150 characters."),
    ("rich-text", "Rich text that is empty or holds unknown parts."),
    ("mrkdwn-mention", "A mention in mrkdwn that was not asked for, such as <!channel> or <@U1>."),
    ("mrkdwn-link", "An angle bracket in mrkdwn that is no well-formed <https://...|label>."),
    ("mrkdwn-ampersand", "An ampersand in mrkdwn that is not &amp; &lt; or &gt;."),
    ("view-type", "A view of the wrong type: home is published, modal is opened."),
    ("view-title", "A modal's title, submit or close that is empty or above 24 characters."),
    ("view-submit", "A modal with an input block and no submit."),
    ("private-metadata", "private_metadata above 3000 characters."),
    ("callback-id", "A callback_id that is empty or above 255 characters."),
    ("external-id", "An external_id that is empty or above 255 characters."),
    ("prompts", "No or more than 4 suggested prompts, or one without title and message."),
    ("unknown_method", "A Web API method that is not known."),
    ("not_authed", "A call without a token."),
    ("invalid_auth", "A call with a token that is not known."),
    ("not_allowed_token_type", "The app's token where the bot's belongs, or the other way round."),
    ("missing_scope", "A call for which the token lacks the scope."),
    ("invalid_json", "A body that says it is JSON and is not."),
    ("invalid_arg_name", "An argument that the method does not know."),
    ("invalid_arguments", "A call without an argument that it needs, or with one of the wrong kind."),
    ("channel_not_found", "A channel that is not there, or a private one without the bot."),
    ("not_in_channel", "Posting where the bot is no member."),
    ("is_archived", "Posting in an archived channel."),
    ("user_not_in_channel", "An ephemeral message for someone who is not in the channel."),
    ("user_not_found", "A person who is not there."),
    ("thread_not_found", "A thread_ts that begins no thread in this channel (stricter than Slack)."),
    ("message_not_found", "Editing or deleting what is not there, or is ephemeral."),
    ("cant_update_message", "Editing what someone else wrote."),
    ("cant_delete_message", "Deleting what someone else wrote."),
    ("invalid_limit", "A page of no, or of more than 1000 people."),
    ("invalid_cursor", "A page that is not there."),
    ("no_such_subteam", "A user group that is not there."),
    ("invalid_trigger_id", "A trigger_id that was never given."),
    ("expired_trigger_id", "A trigger_id older than 3 seconds."),
    ("exchanged_trigger_id", "A trigger_id used before."),
    ("hash_conflict", "A view changed since the hash was given."),
    ("not_found", "A view that is not there."),
    ("duplicate_external_id", "An external_id that another view has."),
    ("file_not_found", "Completing an upload that is not there or whose bytes never came."),
    ("pace", "A second chat.postMessage within a second in one channel."),
    ("used_url", "A response_url used more than 5 times."),
    ("expired_url", "A response_url older than 30 minutes."),
    ("no_service", "A response_url that was never given."),
    ("nothing_to_replace", "Replacing or deleting an original where there is none."),
]

MENTION = re.compile(r"<(?:![^>]*|@[^>]*|#[^>]*)>")
LINK = re.compile(r"<(?:https://[^\s|<>]+|mailto:[^\s|<>]+|tel:[^\s|<>]+)(?:\|[^|<>\n]+)?>")
QUOTE = re.compile(r"^>+ ?", re.MULTILINE)
ENTITY = re.compile(r"&(?:amp|lt|gt);")


def check_mrkdwn(value: str, at: str, allowed: frozenset[str] = frozenset()) -> None:
    """Text in Slack's markup: links whole, the three signs escaped, nobody called by accident."""
    for found in MENTION.findall(value):
        if found not in allowed:
            raise Refused("mrkdwn-mention", f"{at}: {found} calls someone")
    rest = QUOTE.sub("", LINK.sub("", MENTION.sub("", value)))
    if "<" in rest or ">" in rest:
        place = min(i for i in (rest.find("<"), rest.find(">")) if i >= 0)
        raise Refused("mrkdwn-link", f"{at}: not a link: {rest[place : place + 40]!r}")
    bare = ENTITY.sub("", value)
    if "&" in bare:
        raise Refused("mrkdwn-ampersand", f"{at}: bare ampersand: {bare[bare.find('&') :][:40]!r}")


def check_message(message: Json, allowed: frozenset[str] = frozenset()) -> None:
    """Text and blocks of a message."""
    words = message.get("text")
    if words is None or words == "":
        raise Refused("no_text", "text: must be there", "no_text")
    if not isinstance(words, str):
        raise Refused("field-type", "text: must be a string", "invalid_arguments")
    if not words.strip():
        raise Refused("no_text", "text: only white space", "no_text")
    if len(words) > MESSAGE_TEXT:
        raise Refused("msg_too_long", f"text: {len(words)} characters", "msg_too_long")
    check_mrkdwn(words, "text", allowed)
    blocks = message.get("blocks")
    if blocks is None:
        return
    check_blocks(blocks, MESSAGE_BLOCKS, "blocks")
    _check_all_texts(blocks, "blocks", allowed)
    total = sum(len(each) for _, each, _ in texts(blocks, "blocks"))
    if total > ALL_BLOCK_TEXT:
        raise Refused("msg_blocks_too_long", f"blocks: {total} characters in all", "msg_blocks_too_long")


def _check_all_texts(blocks: Any, at: str, allowed: frozenset[str]) -> None:
    for kind, words, where in texts(blocks, at):
        if kind == "mrkdwn":
            check_mrkdwn(words, where, allowed)


COMMON: dict[str, Check] = {
    "type": anything,
    "blocks": anything,
    "private_metadata": text("private-metadata", 3000, least=0),
    "callback_id": text("callback-id", 255),
    "external_id": text("external-id", 255),
}
TITLE = plain("view-title", 24)
MODAL: dict[str, Check] = COMMON | {
    "title": TITLE,
    "submit": TITLE,
    "close": TITLE,
    "clear_on_close": flag,
    "notify_on_close": flag,
}


def _home(value: Any, at: str) -> None:
    fields(value, at, COMMON, ["blocks"])


def _modal(value: Any, at: str) -> None:
    fields(value, at, MODAL, ["title", "blocks"])


VIEWS: dict[str, Check] = {"home": _home, "modal": _modal}


def check_view(view: Any, kind: str, allowed: frozenset[str] = frozenset()) -> None:
    """A view of one type, home or modal. Slack's code is always invalid_arguments."""
    try:
        by_type("view-type", {kind: VIEWS[kind]})(view, "view")
        check_blocks(view["blocks"], VIEW_BLOCKS, "view/blocks")
        _check_all_texts(view["blocks"], "view/blocks", allowed)
    except Refused as refused:
        raise Refused(refused.rule, refused.detail, "invalid_arguments") from None
    asks = any(block["type"] == "input" for block in view["blocks"])
    if kind == "modal" and asks and "submit" not in view:
        raise Refused("view-submit", "view/submit: an input block needs it", "invalid_arguments")


def check_prompts(prompts: Any) -> None:
    """Suggested prompts: one to four, each with its title and message."""
    if not isinstance(prompts, list) or not 1 <= len(prompts) <= 4:
        raise Refused("prompts", "prompts: one to four", "invalid_arguments")
    for i, prompt in enumerate(prompts):
        whole = isinstance(prompt, dict) and set(prompt) == {"title", "message"}
        if not whole or not all(isinstance(each, str) and each for each in prompt.values()):
            raise Refused("prompts", f"prompts/{i}: needs a title and a message", "invalid_arguments")

"""What people do in Slack: type, press, tick, open and submit."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from typing import Any

from tests.slack.blocks import all_options, check_options
from tests.slack.platform import Delivery, Slack
from tests.slack.reading import elements, escaped, filled, find, label_of, text_of, values
from tests.slack.rules import Json
from tests.slack.views import check_the_view, keep_view, show_view
from tests.slack.world import Channel, Posted, Said, View

__all__ = ["Delivery", "Person", "text_of"]


class Person:
    """Someone in the workspace; added to it if they are not there."""

    def __init__(self, slack: Slack, id: str) -> None:
        self.slack = slack
        self.id = id
        self.user = slack.people.get(id) or slack.person(id)
        self._state: dict[tuple[str, str, str], Json] = {}

    # Typing

    async def dm(self, text: str, thread_ts: str | None = None) -> Delivery:
        """Write to the bot in the direct message."""
        event = self._say(self.slack.dm_of(self.id), escaped(text), thread_ts)
        return await self._send_message(event | {"type": "message", "channel_type": "im"})

    async def mention(
        self, channel: str, text: str, thread_ts: str | None = None, twice: bool = False
    ) -> Delivery:
        """Name the bot in a channel; `twice` also delivers the same words as a message event."""
        place = self._place(channel)
        assert place.bot_in, f"Slack does not tell the bot what is said in {channel}: it is not in it"
        event = self._say(place, f"<@{self.slack.bot_user}> {escaped(text)}".strip(), thread_ts)
        first = await self._send_message(event | {"type": "app_mention"})
        if twice:
            kind = {"type": "message", "channel_type": "group" if place.private else "channel"}
            first.also = await self._send_message(event | kind)
        return first

    async def command(self, text: str = "", channel: str | None = None, name: str | None = None) -> Delivery:
        """Type the slash command, in a channel or the direct message."""
        place = self.slack.dm_of(self.id) if channel is None else self._place(channel)
        shown = place.name if not place.private else "privategroup"
        form = {
            "token": self.slack.verification_token,
            "team_id": self.slack.team_id,
            "team_domain": "testers",
            "channel_id": place.id,
            "channel_name": shown,
            "user_id": self.id,
            "user_name": self.user.name,
            "command": name or self.slack.command,
            "text": escaped(text),
            "api_app_id": self.slack.app_id,
            "is_enterprise_install": "false",
            "response_url": self.slack.give_hook(self.id, place.id),
            "trigger_id": self.slack.give_trigger(self.id),
        }
        delivery = await self.slack.deliver("slash_commands", form)
        await self._show_answer(place, delivery)
        return delivery

    def _place(self, channel: str) -> Channel:
        place = self.slack.channels[channel]
        assert self.id in place.members, f"{self.id} is not in {channel}: it has {sorted(place.members)}"
        return place

    def _say(self, place: Channel, text: str, thread_ts: str | None) -> Json:
        """The words as they stand in the channel, and what all their events have in common."""
        known = {said.ts for said in self.slack.said} | {posted.ts for posted in self.slack.messages}
        if thread_ts is not None and thread_ts not in known:
            self.slack.said.append(Said(place.id, thread_ts, None, "Earlier words", self.id))
        said = Said(place.id, self.slack.next_ts(), thread_ts, text, self.id)
        self.slack.said.append(said)
        event = shown_saying(said) | {"channel": place.id, "event_ts": said.ts}
        return event | {"client_msg_id": self.slack.next_id("client"), "team": self.slack.team_id}

    async def _send_message(self, event: Json) -> Delivery:
        delivery = await self.slack.event(event)
        delivery.ts = event["ts"]
        return delivery

    async def _show_answer(self, place: Channel, delivery: Delivery) -> None:
        """Words in the acknowledgement of a command are shown to the one who typed it."""
        if delivery.status != 200 or not delivery.body:
            return
        message = delivery.answer or {"text": delivery.body}
        only_for = None if message.get("response_type") == "in_channel" else self.id
        self.slack.post(place, message, "ack", only_for)
        await self.slack.notify()

    # Pressing

    async def press(self, posted: Posted, wanted: str) -> Delivery:
        """Press the button with this label, letter or value."""
        self._can_see(posted)
        blocks = filled(posted.blocks)
        block, button = find(blocks, wanted)
        return await self._act(posted, block, button, {})

    async def tick(self, posted: Posted, *labels: str) -> Delivery | None:
        """Tick exactly these options of the message's checkboxes, radio buttons or select.

        Slack tells the bot at once where they stand outside an input block.
        """
        self._can_see(posted)
        for block, element in elements(filled(posted.blocks)):
            options = [each for each in element.get("options", []) if _named(each, labels)]
            if "options" not in element or len(options) != len(labels):
                continue
            chosen = _chosen(element, options)
            self._state[posted.ts, block["block_id"], element["action_id"]] = chosen
            if block["type"] == "input" and not block.get("dispatch_action"):
                return None
            return await self._act(posted, block, element, chosen)
        there = [label_of(o) for _, e in elements(posted.blocks) for o in e.get("options", [])]
        raise AssertionError(f"no options named {labels}; there are {there}")

    def write(self, posted: Posted, text: str) -> None:
        """Type into the message's text input."""
        for block, element in elements(filled(posted.blocks)):
            if element["type"] == "plain_text_input":
                key = posted.ts, block["block_id"], element["action_id"]
                self._state[key] = {"type": "plain_text_input", "value": text}
                return
        raise AssertionError("the message has no text input")

    def _can_see(self, posted: Posted) -> None:
        assert not posted.deleted, "the message was deleted"
        assert posted.only_for in (None, self.id), f"only {posted.only_for} sees this message"
        members = self.slack.channels[posted.channel].members
        assert self.id in members, f"{self.id} is not in {posted.channel}"

    async def _act(self, posted: Posted, block: Json, element: Json, more: Json) -> Delivery:
        chosen = {key[1:]: value for key, value in self._state.items() if key[0] == posted.ts}
        container = {
            "type": "message",
            "message_ts": posted.ts,
            "channel_id": posted.channel,
            "is_ephemeral": posted.only_for is not None,
        }
        if posted.thread_ts:
            container["thread_ts"] = posted.thread_ts
        payload = self._interaction("block_actions") | {
            "container": container,
            "channel": self._channel(posted.channel),
            "state": {"values": values(filled(posted.blocks), chosen)},
            "response_url": self.slack.give_hook(self.id, posted.channel, posted),
            "actions": [_action(block, element, self.slack.next_ts()) | more],
        }
        if posted.only_for is None:
            payload["message"] = self._message(posted)
        return await self.slack.deliver("interactive", payload)

    def _interaction(self, kind: str) -> Json:
        """What every interaction's payload has."""
        return {
            "type": kind,
            "user": {
                "id": self.id,
                "username": self.user.name,
                "name": self.user.name,
                "team_id": self.slack.team_id,
            },
            "api_app_id": self.slack.app_id,
            "token": self.slack.verification_token,
            "trigger_id": self.slack.give_trigger(self.id),
            "team": {"id": self.slack.team_id, "domain": "testers"},
            "enterprise": None,
            "is_enterprise_install": False,
        }

    def _channel(self, id: str) -> Json:
        return {"id": id, "name": self.slack.channels[id].name}

    def _message(self, posted: Posted | Said) -> Json:
        if isinstance(posted, Said):
            return shown_saying(posted)
        message = {
            "type": "message",
            "user": self.slack.bot_user,
            "bot_id": self.slack.bot_id,
            "app_id": self.slack.app_id,
            "team": self.slack.team_id,
            "ts": posted.ts,
            "text": posted.text,
            "blocks": filled(posted.blocks),
        }
        return message | ({"thread_ts": posted.thread_ts} if posted.thread_ts else {})

    async def shortcut(self, callback_id: str, posted: Posted | Said) -> Delivery:
        """Choose the app's shortcut in a message's menu."""
        payload = self._interaction("message_action") | {
            "action_ts": self.slack.next_ts(),
            "channel": self._channel(posted.channel),
            "callback_id": callback_id,
            "message_ts": posted.ts,
            "message": self._message(posted),
            "response_url": self.slack.give_hook(self.id, posted.channel, posted),
        }
        return await self.slack.deliver("interactive", payload)

    # Home and modals

    async def open_home(self, tab: str = "home") -> Delivery:
        """Open the app: its Home tab, or its Messages tab."""
        place = self.slack.dm_of(self.id)
        event: Json = {"type": "app_home_opened", "user": self.id, "channel": place.id, "tab": tab}
        event["event_ts"] = self.slack.next_ts()
        if tab == "home" and self.id in self.slack.homes:
            event["view"] = show_view(self.slack, self.slack.homes[self.id])
        return await self.slack.event(event)

    async def press_home(self, wanted: str) -> Delivery:
        """Press a button of the Home tab."""
        assert self.id in self.slack.homes, "no Home was published"
        return await self._act_in_view(self.slack.homes[self.id], wanted)

    async def press_view(self, view_id: str, wanted: str) -> Delivery:
        """Press a button of an open modal."""
        return await self._act_in_view(self._modal(view_id), wanted)

    async def _act_in_view(self, kept: View, wanted: str) -> Delivery:
        view = self._shown(kept, self._chosen_in(kept))
        block, button = find(view["blocks"], wanted)
        payload = self._interaction("block_actions") | {
            "container": {"type": "view", "view_id": kept.id},
            "view": view,
            "actions": [_action(block, button, self.slack.next_ts())],
        }
        return await self.slack.deliver("interactive", payload)

    async def choose(self, view_id: str, action_id: str, *wanted: str) -> Delivery | None:
        """Choose in a modal: an option by its label, a time, a day, a channel, people.

        Slack tells the bot at once where the block says `dispatch_action`.
        """
        kept = self._modal(view_id)
        there = list(elements(filled(kept.blocks)))
        block, element = next(each for each in there if each[1]["action_id"] == action_id)
        held = await self._held(kept, element, wanted)
        self._state[kept.id, block["block_id"], action_id] = held
        if not block.get("dispatch_action"):
            return None
        payload = self._interaction("block_actions") | {
            "container": {"type": "view", "view_id": kept.id},
            "view": self._shown(kept, self._chosen_in(kept)),
            "actions": [_action(block, element, self.slack.next_ts()) | held],
        }
        return await self.slack.deliver("interactive", payload)

    async def _held(self, kept: View, element: Json, wanted: tuple[str, ...]) -> Json:
        kind, one = element["type"], wanted[0] if wanted else None
        match kind:
            case "timepicker":
                return {"type": kind, "selected_time": one}
            case "datepicker":
                return {"type": kind, "selected_date": one}
            case "conversations_select":
                assert (
                    self.id in self.slack.channels[str(one)].members
                    or not self.slack.channels[str(one)].private
                )
                return {"type": kind, "selected_conversation": one}
            case "multi_users_select":
                assert len(wanted) <= element.get("max_selected_items", 1000)
                return {"type": kind, "selected_users": list(wanted)}
            case "external_select":
                offered = await self.options(kept.id, element["action_id"], "")
                return {"type": kind, "selected_option": _one_of(offered, str(one))}
            case "checkboxes":
                options = [_one_of(element["options"], each) for each in wanted]
                return {"type": kind, "selected_options": options}
            case _:
                return {"type": kind, "selected_option": _one_of(all_options(element), str(one))}

    async def options(self, view_id: str, action_id: str, typed: str) -> list[Json]:
        """Open a select whose options the bot gives, with something typed into it."""
        kept = self._modal(view_id)
        blocks = filled(kept.blocks)
        block, element = next(each for each in elements(blocks) if each[1]["action_id"] == action_id)
        assert element["type"] == "external_select", f"{action_id} has its own options"
        assert len(typed) >= element.get("min_query_length", 3), "Slack does not ask yet"
        payload = self._interaction("block_suggestion") | {
            "container": {"type": "view", "view_id": kept.id},
            "view": self._shown(kept, self._chosen_in(kept)),
            "block_id": block["block_id"],
            "action_id": action_id,
            "value": typed,
        }
        del payload["trigger_id"]
        delivery = await self.slack.deliver("interactive", payload)
        assert delivery.status == 200, f"no options came: {delivery}"
        offered: list[Json] = delivery.answer["options"]
        check_options(offered)
        return offered

    def _chosen_in(self, kept: View) -> dict[tuple[str, str], Json]:
        return {key[1:]: held for key, held in self._state.items() if key[0] == kept.id}

    def _modal(self, view_id: str) -> View:
        kept = self.slack.views[view_id]
        assert kept.open, "the modal is closed"
        assert kept.user == self.id, f"the modal is {kept.user}'s"
        return kept

    def _shown(self, kept: View, chosen: Mapping[tuple[str, str], Json]) -> Json:
        view = show_view(self.slack, kept)
        view["blocks"] = filled(kept.blocks)
        view["state"] = {"values": values(view["blocks"], chosen)}
        return view

    async def submit(self, view_id: str, given: Mapping[str, str] = {}) -> Delivery:
        """Submit a modal with these values by action_id; `answer` has the response_action, if any."""
        kept = self._modal(view_id)
        chosen = self._chosen_in(kept)
        chosen |= _typed(filled(kept.blocks), dict(given), chosen)
        payload = self._interaction("view_submission") | {
            "view": self._shown(kept, chosen),
            "response_urls": [],
        }
        delivery = await self.slack.deliver("interactive", payload)
        if delivery.status == 200:
            self._follow(kept, delivery.answer)
            await self.slack.notify()
        return delivery

    def _follow(self, kept: View, answer: Json) -> None:
        """Do what the bot answered to a submission."""
        match answer.get("response_action"):
            case "errors":
                there = {block["block_id"] for block in filled(kept.blocks) if block["type"] == "input"}
                assert answer["errors"], "errors must name a block"
                assert set(answer["errors"]) <= there, f"errors for {set(answer['errors']) - there}"
            case "update":
                check_the_view(self.slack, answer["view"], "modal")
                keep_view(self.slack, kept, answer["view"])
            case "push":
                check_the_view(self.slack, answer["view"], "modal")
                pushed = View(self.slack.next_id("V"), self.id, {"blocks": []}, "")
                keep_view(self.slack, pushed, answer["view"])
                self.slack.views[pushed.id] = pushed
            case None | "clear" as action:
                assert action or not answer, f"Slack cannot read this answer: {json.dumps(answer)}"
                kept.open = False
            case other:
                raise AssertionError(f"no such response_action: {other!r}")

    async def close(self, view_id: str) -> Delivery | None:
        """Close a modal; the bot hears of it only where it asked to."""
        kept = self._modal(view_id)
        kept.open = False
        if not kept.view.get("notify_on_close"):
            return None
        payload = self._interaction("view_closed") | {"view": self._shown(kept, {}), "is_cleared": False}
        del payload["trigger_id"]
        return await self.slack.deliver("interactive", payload)


def shown_saying(said: Said) -> Json:
    """A person's message as Slack shows it."""
    message = {"type": "message", "user": said.user, "ts": said.ts, "text": said.text}
    return message | ({"thread_ts": said.thread_ts} if said.thread_ts else {})


def _named(option: Json, labels: tuple[str, ...]) -> bool:
    return label_of(option) in labels or option["value"] in labels


def _chosen(element: Json, options: list[Json]) -> Json:
    """What a choosing element holds when these options are chosen."""
    if element["type"] == "checkboxes":
        return {"type": "checkboxes", "selected_options": options}
    assert len(options) <= 1, f"a {element['type']} holds one option"
    return {"type": element["type"], "selected_option": options[0] if options else None}


def _action(block: Json, element: Json, ts: str) -> Json:
    action: Json = {"type": element["type"], "action_id": element["action_id"], "action_ts": ts}
    action["block_id"] = block["block_id"]
    action |= {key: copy.deepcopy(element[key]) for key in ("text", "value", "style") if key in element}
    return action


def _is_held(block: Json, asked: str, held: Mapping[tuple[str, str], Json]) -> bool:
    chosen = held.get((block["block_id"], asked), {})
    return any(value for name, value in chosen.items() if name != "type")


def _one_of(options: list[Json], wanted: str) -> Json:
    found = next((each for each in options if _named(each, (wanted,))), None)
    assert found is not None, f"no option {wanted!r}; there are {[label_of(each) for each in options]}"
    return found


def _typed(
    blocks: list[Json], given: dict[str, str], held: Mapping[tuple[str, str], Json]
) -> dict[tuple[str, str], Any]:
    """The state of a modal's inputs after someone filled them in, as Slack's client lets them."""
    chosen: dict[tuple[str, str], Any] = {}
    for block, element in elements(blocks):
        asked = element["action_id"]
        if asked in given:
            text = given.pop(asked)
            value: Json = {"type": element["type"], "value": text}
            if "options" in element:
                options = [each for each in element["options"] if _named(each, (text,))]
                assert options, f"{asked}: no option {text!r}"
                value = _chosen(element, options)
            chosen[block["block_id"], asked] = value
        elif block["type"] == "input" and not block.get("optional") and not _is_held(block, asked, held):
            initial = any(key.startswith("initial_") for key in element)
            assert initial, f"Slack's client wants {asked} filled in"
    assert not given, f"the modal has no inputs {sorted(given)}"
    return chosen

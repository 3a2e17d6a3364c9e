"""What goes out to the bot: updates, waiting to be fetched or brought to its webhook."""

from __future__ import annotations

import asyncio
import copy
import ipaddress
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from tests.telegram.records import Posted
from tests.telegram.shapes import Json, Refused, bad
from tests.telegram.world import World

KINDS = set(
    "message edited_message channel_post edited_channel_post business_connection business_message"
    " edited_business_message deleted_business_messages message_reaction message_reaction_count inline_query"
    " chosen_inline_result callback_query shipping_query pre_checkout_query purchased_paid_media poll"
    " poll_answer my_chat_member chat_member chat_join_request chat_boost removed_chat_boost managed_bot"
    " guest_message".split()
)
NOT_UNASKED = {"chat_member", "message_reaction", "message_reaction_count"}
OTHER_POLLER = (
    "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
)
HOOK_SET = (
    "Conflict: can't use getUpdates method while webhook is active;"
    " use deleteWebhook to delete the webhook first"
)


@dataclass
class Delivery:
    """What became of one update. `status` is None while it waits, and where no answer came in time."""

    status: int | None
    body: str
    update: Json
    posted: Posted | None = None  # what the person said or sent, if anything
    told: bool = True  # False where Telegram does not tell the bot of it


@dataclass
class Hook:
    """A webhook."""

    url: str
    secret: str | None = None
    connections: int = 40
    error: str | None = None
    error_at: float = 0.0


class Updates(World):
    """Updates with growing ids; each waits until it is confirmed."""

    def __init__(self) -> None:
        super().__init__()
        self.queue: list[Json] = []
        self.deliveries: list[Delivery] = []
        self.confirmed = 0
        self.hook: Hook | None = None
        self.hook_timeout = 5.0
        self.allowed: list[str] = []
        self.closing = False
        self.polling = 0  # how many getUpdates wait now
        self._polls = 0
        self._update_id = 1000
        self._client: aiohttp.ClientSession

    async def notify(self) -> None:
        """Wake whoever waits for something to happen."""
        async with self.changed:
            self.changed.notify_all()

    def hears(self, kind: str) -> bool:
        """True where the bot asked for updates of this kind."""
        return kind in self.allowed if self.allowed else kind not in NOT_UNASKED

    # Bringing

    async def deliver(self, update: Json, posted: Posted | None = None) -> Delivery:
        """Queue one update, and bring it to the webhook where one is set; an update_id is added."""
        made = copy.deepcopy(update)
        kind = next(key for key in made if key != "update_id")
        if not self.hears(kind):
            return Delivery(None, "", made, posted, told=False)
        if "update_id" not in made:
            self._update_id += 1
            made = {"update_id": self._update_id} | made
        if all(each["update_id"] != made["update_id"] for each in self.queue):
            self.queue.append(made)
            self.queue.sort(key=lambda each: int(each["update_id"]))
        delivery = Delivery(None, "", made, posted)
        if self.hook is not None:
            await self._bring(self.hook, delivery)
        self.deliveries.append(delivery)
        await self.notify()
        return delivery

    async def again(self, given: Delivery | Json) -> Delivery:
        """Bring the same update once more, with the same id, as Telegram does where no 2xx came."""
        old = given if isinstance(given, Delivery) else Delivery(None, "", given)
        return await self.deliver(old.update, old.posted)

    async def flush(self) -> list[Delivery]:
        """Bring everything that waits to the webhook, in order."""
        assert self.hook is not None, "no webhook is set"
        return [await self.again(update) for update in list(self.queue)]

    async def _bring(self, hook: Hook, delivery: Delivery) -> None:
        headers = {"X-Telegram-Bot-Api-Secret-Token": hook.secret} if hook.secret else {}
        limit = aiohttp.ClientTimeout(total=self.hook_timeout)
        try:
            async with self._client.post(
                hook.url, json=delivery.update, headers=headers, timeout=limit
            ) as answer:
                delivery.status, delivery.body = answer.status, await answer.text()
        except (aiohttp.ClientError, TimeoutError) as error:
            delivery.body = type(error).__name__
        if delivery.status is not None and 200 <= delivery.status < 300:
            self.queue = [each for each in self.queue if each["update_id"] != delivery.update["update_id"]]
            self.confirmed = max(self.confirmed, delivery.update["update_id"])
        else:
            hook.error = f"Wrong response from the webhook: {delivery.status or delivery.body}"
            hook.error_at = self.now()

    # Fetching

    async def fetch(self, args: Json) -> list[Json]:
        """What getUpdates answers, once there is something or its time is over."""
        if self.hook is not None:
            raise Refused("webhook-active", self.hook.url, 409, HOOK_SET)
        self.allow(args.get("allowed_updates"))
        self._polls += 1
        mine = self._polls
        await self.notify()  # ends the earlier one
        self._confirm(args.get("offset", 0))
        limit = min(max(args.get("limit", 100), 1), 100)
        self.polling += 1
        try:
            async with asyncio.timeout(min(args.get("timeout", 0), 50)), self.changed:
                await self.changed.wait_for(
                    lambda: self.queue or self._polls != mine or self.hook or self.closing
                )
        except TimeoutError:
            pass
        finally:
            self.polling -= 1
            await self.notify()
        if self.hook is not None:
            words = "Conflict: terminated by setWebhook request"
            raise Refused("webhook-active", self.hook.url, 409, words)
        if self._polls != mine:
            raise Refused("two-pollers", "another getUpdates came", 409, OTHER_POLLER)
        return copy.deepcopy(self.queue[:limit])

    def _confirm(self, offset: int) -> None:
        """An offset confirms all updates below it; a negative one all but the last few."""
        kept = self.queue[offset:] if offset < 0 else [u for u in self.queue if u["update_id"] >= offset]
        gone = [each["update_id"] for each in self.queue if each not in kept]
        self.confirmed = max([self.confirmed, *gone])
        self.queue = kept

    # Choosing how

    def allow(self, kinds: Any) -> None:
        """Keep which kinds the bot asks for; None leaves it as it was, an empty list is the usual ones."""
        if kinds is None:
            return
        if not isinstance(kinds, list) or not all(isinstance(each, str) for each in kinds):
            raise bad("field-type", "can't parse allowed updates: expected an Array of String")
        if unknown := [each for each in kinds if each not in KINDS]:
            raise bad("allowed-updates", f"allowed_updates: no such kinds {unknown}")
        self.allowed = kinds

    def set_webhook(self, args: Json) -> bool:
        """setWebhook: an empty URL takes it away."""
        if not args["url"]:
            return self.delete_webhook(args)
        _check_url(args["url"])
        secret, connections = args.get("secret_token"), args.get("max_connections", 40)
        if secret is not None and not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", secret):
            words = (
                "secret token is too long"
                if len(secret) > 256
                else "secret token contains unallowed characters"
            )
            raise bad("webhook-secret", words)
        if not 1 <= connections <= 100:
            raise bad("webhook-connections", f"max_connections {connections} is outside 1 to 100")
        self.allow(args.get("allowed_updates"))
        self.hook = Hook(args["url"], secret, connections)
        self._drop(args)
        return True

    def delete_webhook(self, args: Json) -> bool:
        """deleteWebhook."""
        self.hook = None
        self._drop(args)
        return True

    def _drop(self, args: Json) -> None:
        if args.get("drop_pending_updates"):
            self.queue.clear()

    def webhook_info(self, _: Json) -> Json:
        """getWebhookInfo."""
        hook = self.hook or Hook("")
        shown: Json = {
            "url": hook.url,
            "has_custom_certificate": False,
            "pending_update_count": len(self.queue),
        }
        if hook.url:
            shown |= {"max_connections": hook.connections}
        if hook.error:
            shown |= {"last_error_date": int(hook.error_at), "last_error_message": hook.error}
        return shown | ({"allowed_updates": self.allowed} if self.allowed else {})


def _check_url(url: str) -> None:
    """https anywhere; http on loopback, for tests."""
    parts = urlsplit(url)
    try:
        loopback = ipaddress.ip_address(parts.hostname or "").is_loopback
    except ValueError:
        loopback = parts.hostname == "localhost"
    if not parts.hostname or not (parts.scheme == "https" or (parts.scheme == "http" and loopback)):
        raise bad("webhook-url", "bad webhook: An HTTPS URL must be provided for webhook", url)

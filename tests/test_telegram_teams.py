"""A Telegram group is a team: its administrators set what holds for it, and its members may take it along."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.engine import texts
from bot.model import Team
from tests.telegram import Person
from tests.test_store_contract import linked
from tests.test_telegram import GROUP, QUESTION, Place, place

OTHER = -1002


async def in_group(here: Place, who: Person, text: str) -> str:
    """Say something in the group; give the whole answer."""
    return "\n".join(one.text for one in await here.after(await who.say(text, chat=GROUP)))


async def with_admin(here: Place) -> None:
    """Make the first of the two an administrator."""
    here.telegram.groups[GROUP].admins.add(1)


async def test_an_administrator_sets_what_holds_for_the_group() -> None:
    async with place() as here:
        await with_admin(here)
        shown = await in_group(here, here.ben, "/team")
        assert "home state: not set" in shown
        assert "/team state Ohio" in shown
        assert "home state: Ohio" in await in_group(here, here.ann, "/team state ohio")
        assert "role: Police" in await in_group(here, here.ann, "/team role police")
        await in_group(here, here.ann, "/team counsel Dana Roe, 555-0100")
        await in_group(here, here.ann, "/team hours weekdays 9 to 5")
        await in_group(here, here.ann, "/team policy https://example.org/policy")
        answer = await in_group(here, here.ben, f"/ask {QUESTION}")
        assert "Ohio" in answer
        assert "your counsel (Dana Roe, 555-0100; weekdays 9 to 5)" in answer
        assert "home state: not set" in await in_group(here, here.ann, "/team state none")


async def test_others_and_mistakes_change_nothing() -> None:
    async with place() as here:
        await with_admin(here)
        assert await in_group(here, here.ben, "/team state Ohio") == texts.ONLY_GROUP_ADMINS
        assert texts.NO_SUCH_STATE in await in_group(here, here.ann, "/team state Atlantis")
        assert "one of: school, police" in await in_group(here, here.ann, "/team role wizard")
        assert texts.BAD_POLICY in await in_group(here, here.ann, "/team policy example.org")
        assert texts.TEAM_NO_FIELD in await in_group(here, here.ann, "/team colour blue")
        assert "home state: not set" in await in_group(here, here.ann, "/team")


async def test_where_telegram_does_not_say_who_someone_is_nothing_changes() -> None:
    async with place() as here:
        await with_admin(here)
        here.telegram.fail("getChatMember", 500, "Internal Server Error")
        assert await in_group(here, here.ann, "/team state Ohio") == texts.NOT_SURE_ADMIN
        assert "home state: Ohio" in await in_group(here, here.ann, "/team state Ohio")
        assert [method for method, *_ in here.telegram.refused] == ["getChatMember"]
        here.telegram.refused.clear()


async def test_a_group_never_sees_what_is_set_for_another() -> None:
    async with place() as here:
        here.telegram.group(OTHER, members=[1, 2], admins=[1])
        await here.after(await here.ann.say("/team counsel Dana Roe", chat=OTHER))
        assert "Dana" not in await in_group(here, here.ann, "/team")
        assert "Dana" not in await in_group(here, here.ann, f"/ask {QUESTION}")
        (alone,) = await here.after(await here.ann.say("/team"))
        assert alone.text == texts.TEAM_ALONE


async def test_a_member_takes_a_groups_settings_along_and_another_groups_after_that() -> None:
    async with place() as here:
        await with_admin(here)
        here.telegram.group(OTHER, members=[1, 2], admins=[1])
        await in_group(here, here.ann, "/team counsel Dana Roe")
        await here.after(await here.ann.say("/team counsel Ines Poe", chat=OTHER))
        for group, name in ((GROUP, "Dana Roe"), (OTHER, "Ines Poe")):
            (shown,) = await here.after(await here.ben.say("/team", chat=group))
            (button,) = [value for row in shown.keyboard for label, value in row if label == texts.TEAM_USE]
            (said,) = await here.after(await here.ben.start(button.partition("start=")[2]))
            assert said.text == texts.TEAM_PICKED
            (answer,) = await here.after(await here.ben.say(QUESTION))
            assert name in answer.text


async def test_who_is_no_member_cannot_take_a_groups_settings() -> None:
    async with place() as here:
        here.telegram.group(OTHER, members=[1], admins=[1])
        await here.after(await here.ann.say("/team counsel Dana Roe", chat=OTHER))
        (said,) = await here.after(await here.ben.start(f"use_{OTHER}"))
        assert said.text == texts.TEAM_NOT_YOURS
        (answer,) = await here.after(await here.ben.say(QUESTION))
        assert "Dana" not in answer.text


async def test_a_group_that_becomes_a_supergroup_keeps_its_settings_and_who_took_them() -> None:
    async with place() as here:
        old = -7
        here.telegram.group(old, members=[1, 2], admins=[1], supergroup=False)
        await here.after(await here.ann.say("/team counsel Dana Roe", chat=old))
        await here.after(await here.ben.start(f"use_{old}"))
        new = await here.ann.upgrade(old)
        (shown,) = await here.after(await here.ann.say("/team", chat=new))
        assert "Dana Roe" in shown.text
        (answer,) = await here.after(await here.ben.say(QUESTION))
        assert "Dana Roe" in answer.text


async def test_settings_of_a_linked_admins_group_go_to_the_group_and_not_to_their_workspace() -> None:
    async with place() as here:
        await with_admin(here)
        tenant = f"telegram:{here.telegram.bot_id}"
        done = linked()
        assert done.link is not None
        await here.store.save([replace(done, heard=tenant, link=replace(done.link, guest=(tenant, "1")))])
        await in_group(here, here.ann, "/team state Ohio")
        assert await here.store.team("slack") == Team()
        assert "home state: Ohio" in await in_group(here, here.ben, "/team")


# https://core.telegram.org/bots/api#message: what an anonymous administrator's message has as `from`
ANONYMOUS = {"id": 1087968824, "is_bot": True, "first_name": "Group", "username": "GroupAnonymousBot"}


@pytest.mark.parametrize("words", ["/team", "/team state Ohio"])
async def test_an_anonymous_administrator_is_one(words: str) -> None:
    async with place() as here:
        here.telegram.groups[GROUP].bot_admin = True  # so that the fake tells us what it cannot parse
        group = {"id": GROUP, "type": "supergroup", "title": "The team"}
        said = {"text": words, "from": ANONYMOUS, "sender_chat": group}
        (shown,) = await here.after(await here.ann.send(said, chat=GROUP))
        assert ("Ohio" in shown.text.partition("Administrators")[0]) is ("Ohio" in words)

"""A link that fails."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.engine import texts
from bot.events import (
    Fit,
)
from bot.model import Session
from tests.test_linking import both


async def test_a_link_that_is_set_aside_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with both(tmp_path, monkeypatch) as here:
        await here.on_phone("/play story")
        await here.on_phone("b")
        phone = (f"telegram:{here.telegram.bot_id}", "1")
        before = await here.store.kept(*phone)
        code = await here.code()

        def fails(_: Fit) -> Session:
            raise ZeroDivisionError

        with monkeypatch.context() as broken:
            broken.setattr("bot.engine.linking.joined", fails)
            (said,) = await here.on_phone(f"/link {code}")
        assert said == texts.SET_ASIDE
        assert texts.LINKED_NOTICE not in await here._news(0)
        after = await here.store.kept(*phone)
        assert (after.session, after.results) == (before.session, before.results)
        assert await here.store.links((here.slack.team_id, "UANN")) == []
        assert texts.LINKED in (await here.on_phone(f"/link {code}"))[0]  # the code was not used up

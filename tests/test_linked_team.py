"""Teams, for who is linked."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.engine import texts
from tests.test_linking import both


async def test_a_linked_account_picks_no_team_of_another_tenant(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with both(tmp_path, monkeypatch) as here:
        group = here.telegram.group(-1001, members=[1])
        await here.on_phone(f"/link {await here.code()}")
        await here.phone.start(f"use_{group.id}")
        assert await here._news(1) == [texts.TEAM_LINKED]
        session = (await here.store.kept(here.slack.team_id, "UANN")).session
        assert session is None or session.team is None

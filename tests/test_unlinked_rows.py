"""What is left for an account that is unlinked."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.model import Address
from bot.replies import (
    Line,
)
from bot.store import EDIT, WAITING, Done, Link, Mark, Row, Store
from bot.store.sqlite import open_store
from tests.library import NOW
from tests.memory_store import MemoryStore

FAR = int(NOW.timestamp()) + 60


@pytest.mark.parametrize("kind", ["sqlite", "memory"])
async def test_what_waits_for_an_account_that_was_unlinked_is_gone(kind: str, tmp_path: Path) -> None:
    store: Store = MemoryStore() if kind == "memory" else await open_store(tmp_path / "a.db")
    there, here = Address(platform="telegram", chat="1"), Address(platform="slack", chat="D1")
    guest = ("telegram:9", "1")
    await store.save([Done("T1", "a", "e1", NOW, link=Link(guest, there, here, NOW))])
    rows = [
        Row(store.number(), "T1", "a", where, WAITING, key, None, FAR, Line(text="x"))
        for where in (here, there)
        for key in (None, "k")
    ]
    await store.save([Done("T1", "a", "e2", NOW, rows=tuple(rows))])
    await store.mark([Mark(row, "sent", "7", 5) for row in rows if row.key])
    await store.save([Done("T1", "a", "e3", NOW, unlink=(guest,))])
    assert [row.address for row in await store.unsent()] == [here]
    edit = Row(store.number(), "T1", "a", here, EDIT, None, "k", FAR, Line(text="y"))
    await store.save([Done("T1", "a", "e4", NOW, rows=(edit,))])
    found = await store.message_of(edit)  # not the newer copy, which the other account has
    await store.close()
    assert found is not None
    assert found[1] == here

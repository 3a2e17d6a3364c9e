"""What the sender has in memory when an account is linked."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.model import Address
from bot.replies import (
    Line,
)
from bot.store import EDIT, WAITING, Code, Done, Link, Mark, Row, Store
from bot.store.sqlite import open_store
from tests.library import NOW
from tests.memory_store import MemoryStore

FAR = int(NOW.timestamp()) + 60


@pytest.mark.parametrize("kind", ["sqlite", "memory"])
async def test_an_edit_finds_its_message_though_its_account_was_linked(kind: str, tmp_path: Path) -> None:
    store: Store = MemoryStore() if kind == "memory" else await open_store(tmp_path / "a.db")
    phone, desk = Address(platform="telegram", chat="1"), Address(platform="slack", chat="D1")
    guest = ("telegram:9", "1")
    first = Row(store.number(), *guest, phone, WAITING, "k", None, FAR, Line(text="x"))
    edit = Row(store.number(), *guest, phone, EDIT, None, "k", FAR, Line(text="y"))
    await store.save([Done(*guest, "e1", NOW, rows=(first, edit))])
    await store.mark([Mark(first, "sent", "7", 5)])
    await store.save([Done("T1", "a", "e2", NOW, link=Link(guest, phone, desk, NOW))])
    found = await store.message_of(edit)  # as the sender still has it in memory
    await store.save_code(Code(guest, "h", phone, FAR))
    offer = await store.offer("h", 0)
    await store.mark([Mark(edit, "sent", "7", 6, last=True)])
    assert await store.message_of(edit) is None  # in its last form a message is edited no more
    await store.close()
    assert found is not None
    assert found[0] == "7"
    assert offer is not None
    assert offer.learner == ("T1", "a")

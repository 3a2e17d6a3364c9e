"""What erasing takes of linked accounts."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.model import Address
from bot.store import Done, Link, Store
from bot.store.sqlite import open_store
from tests.library import NOW
from tests.memory_store import MemoryStore


@pytest.mark.parametrize("kind", ["sqlite", "memory"])
async def test_erasing_takes_the_wrong_codes_of_linked_accounts_too(kind: str, tmp_path: Path) -> None:
    store: Store = MemoryStore() if kind == "memory" else await open_store(tmp_path / "a.db")
    guest, phone, desk = (
        ("telegram:9", "1"),
        Address(platform="telegram", chat="1"),
        Address(platform="slack", chat="D1"),
    )
    await store.save([Done("T1", "a", "e1", NOW, link=Link(guest, phone, desk, NOW))])
    await store.save([Done("T1", "a", "e2", NOW, guess=guest)])
    assert (await store.account(guest, 0)).tries == 1
    await store.erase("T1", "a")
    tries = (await store.account(guest, 0)).tries
    await store.close()
    assert tries == 0

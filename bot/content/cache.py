"""A cache of parsed and checked files. Parsing is 95 % of loading; unchanged files are not parsed again."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterable, Mapping
from hashlib import blake2b
from importlib import metadata
from pathlib import Path

import msgspec

from bot.model import Dangers, Edition, Hotlines, Law, Terms, Words

Held = Edition | Law | Terms | Hotlines | Dangers | Words  # what one content file can hold


class _Entry(msgspec.Struct, frozen=True, omit_defaults=True):
    """What one file held; one of these is set. (msgspec tells structs without a tag apart no other way.)"""

    edition: Edition | None = None
    law: Law | None = None
    terms: Terms | None = None
    hotlines: Hotlines | None = None
    dangers: Dangers | None = None
    words: Words | None = None

    def held(self) -> Held | None:
        """Give the one that is set."""
        return self.edition or self.law or self.terms or self.hotlines or self.dangers or self.words


_decoder = msgspec.msgpack.Decoder(dict[str, _Entry])
_SEAL = 16  # bytes of hash before the entries: a file cut short or changed is not believed


class Cache:
    """What was held by each file the last time, by the hash of its bytes."""

    def __init__(self, folder: Path | None) -> None:
        """Read the cache in a folder; None, or a cache that cannot be read, is an empty one."""
        self._path = folder / "content.bin" if folder is not None else None
        self._salt = _code_version() if folder is not None else b""
        self._entries: Mapping[str, _Entry] = self._load()

    def _load(self) -> Mapping[str, _Entry]:
        if self._path is None:
            return {}
        try:
            data = self._path.read_bytes()
            if blake2b(data[_SEAL:], key=self._salt, digest_size=_SEAL).digest() != data[:_SEAL]:
                return {}
            return _decoder.decode(data[_SEAL:])
        except (OSError, msgspec.MsgspecError):
            return {}

    def get(self, name: str, data: bytes) -> Held | None:
        """Give what a file with these bytes held, if it is known and was without problems."""
        if not self._entries:
            return None
        entry = self._entries.get(_key(name, data))
        return entry.held() if entry is not None else None

    def keep(self, files: Iterable[tuple[str, bytes, Held]]) -> None:
        """Write the cache anew if these files are not just what it holds. A full disk costs only speed."""
        if self._path is None:
            return
        entries = {_key(name, data): _entry(held) for name, data, held in files}
        if entries.keys() == self._entries.keys():
            return
        body = msgspec.msgpack.encode(entries)
        seal = blake2b(body, key=self._salt, digest_size=_SEAL).digest()
        with contextlib.suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=self._path.parent)
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(seal + body)
                Path(name).replace(self._path)  # whole or not at all, also with two programs at once
            finally:
                Path(name).unlink(missing_ok=True)


def _entry(held: Held) -> _Entry:
    match held:
        case Edition():
            return _Entry(edition=held)
        case Law():
            return _Entry(law=held)
        case Terms():
            return _Entry(terms=held)
        case Hotlines():
            return _Entry(hotlines=held)
        case Dangers():
            return _Entry(dangers=held)
        case Words():
            return _Entry(words=held)


def _key(name: str, data: bytes) -> str:
    return blake2b(name.encode("utf-8", "surrogateescape") + b"\0" + data, digest_size=16).hexdigest()


def _code_version() -> bytes:
    """Hash the code that reads and checks: with other code or libraries, nothing old is believed."""
    digest = blake2b(digest_size=16)
    here = Path(__file__).parent
    for path in sorted(
        (*here.glob("*.py"), *here.parent.glob("*.py"), *(here.parent / "engine").glob("*.py"))
    ):
        digest.update(path.read_bytes())
    for library in ("PyYAML", "msgspec"):
        digest.update(metadata.version(library).encode())
    return digest.digest()

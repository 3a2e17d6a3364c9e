"""Which machine it was."""

from __future__ import annotations

import os
import platform
import sqlite3
from pathlib import Path


def facts(folder: Path) -> dict[str, str]:
    """Give what a reader must know to compare: processor, cores, system, Python, SQLite, disk."""
    return {
        "processor": f"{_processor()}, {os.cpu_count()} cores",
        "system": f"{platform.system()} {platform.release()}, {platform.machine()}",
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "sqlite": sqlite3.sqlite_version,
        "disk": _disk(folder),
    }


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text("utf-8").splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "model name":
                return value.strip()
    return platform.processor() or "unknown"


def _disk(folder: Path) -> str:
    """Give the file system that holds a folder, where the system tells."""
    mounts = Path("/proc/mounts")
    if not mounts.exists():
        return "unknown file system"
    here = str(folder.resolve())
    found = ("", "unknown")
    for line in mounts.read_text("utf-8").splitlines():
        _, at, kind, *_ = line.split()
        is_above = here == at or here.startswith(at.rstrip("/") + "/")
        if is_above and len(at) >= len(found[0]):
            found = at, kind
    return found[1]

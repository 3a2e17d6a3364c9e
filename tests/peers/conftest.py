"""Only `pytest tests/peers` (make test-peers) runs what is here: it needs Node, and packages of others."""

from __future__ import annotations

from pathlib import Path

import pytest

HERE = Path(__file__).parent
LEFT_OUT = (
    "tests/peers is left out: make test-peers tries us against a Slack and a Telegram that others wrote"
)


def _is_asked_for(config: pytest.Config) -> bool:
    asked = [(config.invocation_params.dir / arg.partition("::")[0]).resolve() for arg in config.args]
    return any(HERE in (path, *path.parents) for path in asked)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave the tests alone unless they, or this folder, are named."""
    return True if collection_path.name.startswith("test_") and not _is_asked_for(config) else None


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say so."""
    if not _is_asked_for(config):
        terminalreporter.write_line(LEFT_OUT)

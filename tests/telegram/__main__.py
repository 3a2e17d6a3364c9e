"""`python -m tests.telegram` prints what the fake of Telegram refuses."""

from __future__ import annotations

from tests.telegram.rules import RULES


def main() -> None:
    """Print every rule: its name, and what is refused."""
    width = max(len(name) for name, _ in RULES)
    for name, says in RULES:
        print(f"{name:{width}}  {says}")


if __name__ == "__main__":
    main()

"""`python -m tests.slack` prints what the fake of Slack refuses."""

from __future__ import annotations

from tests.slack.rules import RULES


def main() -> None:
    """Print every rule: its name, and what is refused."""
    width = max(len(name) for name, _ in RULES)
    for name, says in RULES:
        print(f"{name:{width}}  {says}")


if __name__ == "__main__":
    main()

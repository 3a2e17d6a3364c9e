"""The rule of repetition in words of its own: what a drill should ask, held against what it asks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

AFTER = {
    0: 1,
    1: 4,
    2: 12,
}  # weeks until a rule is asked again, by how often it was known since it was missed
AT_ONCE = 3  # questions


@dataclass(slots=True)
class Rule:
    """How one rule sits with one person."""

    week: int  # when it was last asked, and that counted
    known: int  # how often in a row; three times and it rests
    last: str  # the variant that was asked last

    def due(self) -> int | None:
        return self.week + AFTER[self.known] if self.known in AFTER else None


@dataclass(slots=True)
class Memory:
    """What one person was asked."""

    rules: dict[str, Rule] = field(default_factory=dict)

    def asked(self, week: int, rule: str, variant: str, *, right: bool) -> None:
        """Note an answer. Right before it was due, it proves nothing."""
        before = self.rules.get(rule)
        if before is None:
            self.rules[rule] = Rule(week, int(right), variant)
            return
        due = before.due()
        if not right:
            before.week, before.known = week, 0
        elif due is not None and week >= due:
            before.week, before.known = week, before.known + 1
        before.last = variant

    def complaint(self, week: int, asks: Sequence[str], all_rules: Sequence[str]) -> str:
        """Say what is wrong with the rules that a drill asks; "" where nothing is."""
        due = sorted(
            (one.known > 0, when, rule)
            for rule, one in self.rules.items()
            if (when := one.due()) is not None and when <= week
        )
        first = [rule for *_, rule in due][:AT_ONCE]
        new = [rule for rule in all_rules if rule not in self.rules]
        if not first and not new:
            first = [rule for _, rule in sorted((one.week, rule) for rule, one in self.rules.items())]
            first = first[:AT_ONCE]
        wanted = min(AT_ONCE, len(first) + len(new))
        rest = asks[len(first) :]
        if list(asks[: len(first)]) != first:
            return f"in week {week} due were {first}, asked were {asks}"
        if len(asks) != wanted or len(set(asks)) != wanted or not set(rest) <= set(new):
            return f"in week {week} new were {new}, due {first}, asked {asks}"
        return ""

"""Time zones of the states: one where a state has one, else those it has.

Source: the tz database's zone1970.tab and northamerica file (2025b); 49 CFR Part 71 sets the boundaries.
"""

from __future__ import annotations

from collections.abc import Mapping

NAMES: Mapping[str, str] = {
    "America/New_York": "Eastern",
    "America/Chicago": "Central",
    "America/Denver": "Mountain",
    "America/Phoenix": "Mountain, no summer time",
    "America/Los_Angeles": "Pacific",
    "America/Anchorage": "Alaska",
    "America/Adak": "Aleutian",
    "Pacific/Honolulu": "Hawaii",
}
_EASTERN = "CT DC DE GA MA MD ME NC NH NJ NY OH PA RI SC VA VT WV"
_CENTRAL = "AL AR IA IL LA MN MO MS OK WI"
_MOUNTAIN = "CO MT NM UT WY"
_PACIFIC = "CA WA"
_SPLIT: Mapping[str, tuple[str, ...]] = {
    "AK": ("America/Anchorage", "America/Adak"),
    "AZ": ("America/Phoenix", "America/Denver"),  # the Navajo Nation keeps summer time
    "FL": ("America/New_York", "America/Chicago"),
    "HI": ("Pacific/Honolulu",),
    "ID": ("America/Denver", "America/Los_Angeles"),
    "IN": ("America/New_York", "America/Chicago"),
    "KS": ("America/Chicago", "America/Denver"),
    "KY": ("America/New_York", "America/Chicago"),
    "MI": ("America/New_York", "America/Chicago"),
    "ND": ("America/Chicago", "America/Denver"),
    "NE": ("America/Chicago", "America/Denver"),
    "NV": ("America/Los_Angeles", "America/Denver"),
    "OR": ("America/Los_Angeles", "America/Denver"),
    "SD": ("America/Chicago", "America/Denver"),
    "TN": ("America/Chicago", "America/New_York"),
    "TX": ("America/Chicago", "America/Denver"),
}


def zones_of(state: str) -> tuple[str, ...]:
    """Give the time zones of a state (its two letters), the one most people there live by first."""
    for states, zone in (
        (_EASTERN, "America/New_York"),
        (_CENTRAL, "America/Chicago"),
        (_MOUNTAIN, "America/Denver"),
        (_PACIFIC, "America/Los_Angeles"),
    ):
        if state in states.split():
            return (zone,)
    return _SPLIT.get(state, ())


def zone_by_state(state: str) -> str:
    """Give the one time zone of a state; empty where it has several, or is none."""
    zones = zones_of(state)
    return zones[0] if len(zones) == 1 else ""

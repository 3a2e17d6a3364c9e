"""What is kept about a learner, in words and as a file: for "my data" and the export command."""

from __future__ import annotations

import msgspec

from bot.engine import texts
from bot.store import Kept


def kept_in_words(kept: Kept) -> str:
    """Say what is kept about a learner, for a chat message."""
    session = kept.session
    open_runs = 0 if session is None else len(session.paused) + (session.run is not None)
    return texts.my_data(
        role=bool(session and session.role),
        state=bool(session and session.state),
        open_runs=open_runs,
        finished=len(session.finished) if session else 0,
        answers=len(kept.results),
        since=min((result.at for result in kept.results), default=None),
        linked=len(kept.links),
        rules=len(session.learned) if session else 0,
        drills=len(kept.drills),
    )


def export_of(tenant: str, learner: str, kept: Kept) -> str:
    """Write all that is kept about a learner as JSON, readable by a person."""
    everything = {
        "about": texts.EXPORT_ABOUT,
        "tenant": tenant,
        "learner": learner,
        "session": kept.session,
        "answers": kept.results,
        "replies waiting to be delivered": kept.waiting,
        "messages that may still be edited": kept.messages,
        "drills: audiences you are in, what became of each, and what you ordered": kept.drills,
        "linked accounts": [
            {"tenant": tenant, "account": account, "since": link.at}
            for link in kept.links
            for tenant, account in [link.guest]
        ],
    }
    return msgspec.json.format(msgspec.json.encode(everything), indent=2).decode()

"""The law as it is shown: provisions, their sources, answers to questions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bot.buttons import button
from bot.engine import texts
from bot.events import (
    Asked,
    Looked,
    Misled,
    Opened,
    PostedForAll,
    Resumed,
)
from bot.laws.citations import is_citation, official_url
from bot.model import HEADINGS, Danger, Library, Provision, Session, Team
from bot.replies import (
    Answer,
    Button,
    Cards,
    Line,
    Question,
    Quote,
    Reply,
    Source,
    Turn,
)

SCREEN = 700  # characters on a phone screen
FURNITURE = 180  # of them for the law's name, the date, the line on state law, and space between
CITES_MAX = 2  # citations in the short form
NEXT_MAX = 3  # buttons to neighbours under an answer: more do not fit beside it on a phone


def sources_of(library: Library, named: Iterable[str]) -> tuple[Source, ...]:
    """
    Give pinpoints with their official addresses, each once.

    Args:
        library: with the provisions.
        named: provisions' ids, each for its first pinpoint; or pinpoints themselves.
    """
    cites = dict.fromkeys(
        one if is_citation(one) else library.provisions[one].cites[0]
        for one in named
        if is_citation(one) or one in library.provisions
    )
    return tuple(Source(cite=cite, url=official_url(cite)) for cite in cites)


def quote_of(library: Library, provision: Provision, *, whole: bool = False) -> Quote:
    """Show a provision: `whole`, with all citations and the myth, or as much as a phone screen holds."""
    law = library.laws[provision.id.split(".")[0]]
    myth = provision.myth if whole else None
    says = texts.prose(provision.says)
    cites = provision.cites if whole else provision.cites[:CITES_MAX]
    return Quote(
        law=law.short,
        title=provision.title,
        says=says,
        conditions=provision.conditions if whole else _fitting(provision, says),
        sources=tuple(Source(cite=cite, url=official_url(cite)) for cite in cites),
        checked=provision.checked.isoformat(),
        myth=texts.myth(myth.says, myth.why) if myth else "",
        unchecked=_unchecked(provision, whole=whole),
    )


def _unchecked(provision: Provision, *, whole: bool) -> str:
    """Say that something could not be held against its text, and in the whole form what."""
    if not provision.unchecked:
        return ""
    return texts.UNCHECKED.format(what=provision.unchecked) if whole else texts.UNCHECKED_SHORT


def _fitting(provision: Provision, says: str) -> tuple[str, ...]:
    """Give the conditions, if all of them fit on the screen; some of them alone would mislead."""
    around = (
        provision.title,
        says,
        *provision.cites[:CITES_MAX],
        *(fact.ask for fact in provision.turns_on[:1]),
        _unchecked(provision, whole=False),
    )
    room = SCREEN - FURNITURE - sum(map(len, around))
    if sum(len(condition) + 3 for condition in provision.conditions) <= room:
        return provision.conditions
    return (texts.conditions_left(len(provision.conditions)),)


def _is_cut(provision: Provision) -> bool:
    """Say whether the short form leaves anything out."""
    return (
        provision.myth is not None
        or bool(provision.unchecked)
        or len(provision.cites) > CITES_MAX
        or len(provision.turns_on) > 1
        or _fitting(provision, texts.prose(provision.says)) != provision.conditions
    )


UNANSWERED, WRONG = "unanswered", "wrong"  # what is counted for authors


def answer_question(library: Library, session: Session, event: Asked, team: Team) -> Turn:
    """
    Answer a question from what was found for it.

    Harm that cannot wait comes first, as a message of its own: act and call. Then the rule.
    """
    said: list[Reply] = []
    found = tuple(library.provisions[id] for id in event.found if id in library.provisions)
    danger = next((danger for danger in library.dangers if danger.id == event.danger), None)
    if danger is not None:
        said.append(Line(text=danger.act))
        if danger.alone:
            return Turn(session, tuple(said))
        found = in_danger(library, danger, found)
    lead = (texts.NAMES_OUT,) if event.named else ()
    if found:
        said.append(_answer(library, session, team, found[0], _others(library, found), lead=lead))
        return Turn(session, tuple(said))
    if not event.question.strip():
        return Turn(session, (*said, Line(text=texts.ASK, buttons=_way_back(session))))
    said.append(_unknown(session, team, lead))
    near = library.provisions.get(event.nearest or "")
    topic = f"{near.id.partition('.')[0]}.{near.heading}" if near is not None else "none"
    return Turn(session, tuple(said), counts=((UNANSWERED, topic),))


def in_danger(library: Library, danger: Danger, found: Sequence[Provision]) -> tuple[Provision, ...]:
    """Put the rule for harm that cannot wait first: of the law that was found, else the one for all."""
    own = [one for one in found if danger.basis in one.facets.get("basis", ())]
    first = own[0] if own else library.provisions.get(danger.provision or "")
    return (first, *(one for one in found if one is not first)) if first is not None else tuple(found)


def misled(library: Library, session: Session, event: Misled) -> Turn:
    """Take note that a rule was no answer, and show how to get to the right one."""
    provision = library.provisions.get(event.provision)
    if provision is None:
        return Turn(session, (Line(text=texts.NO_SUCH_RULE, buttons=_way_back(session)),))
    near = tuple(_rule_button(one, one.title) for one in _others(library, (provision,)))
    said = Line(text=texts.MISLED, buttons=(*near, _heading_button(library, provision), *_way_back(session)))
    return Turn(session, (said,), counts=((WRONG, provision.id),))


def show_provision(library: Library, session: Session, event: Looked, team: Team) -> tuple[Reply, ...]:
    """Show one provision whole, with its neighbours."""
    provision = library.provisions.get(event.provision)
    if provision is None:
        return (Line(text=texts.NO_SUCH_RULE, buttons=_way_back(session)),)
    return (_answer(library, session, team, provision, _others(library, (provision,)), whole=True),)


def post_provision(library: Library, event: PostedForAll, team: Team) -> tuple[Reply, ...]:
    """Show one provision to everybody in a place: the answer alone, with nothing to press."""
    provision = library.provisions.get(event.provision)
    if provision is None:
        return (Line(text=texts.NO_SUCH_RULE, personal=True),)
    quote = quote_of(library, provision, whole=True)
    return (Answer(lead=(texts.POSTED,), quote=quote, note=_state_note(None, team)),)


CARDS_MAX = 5


def cards(library: Library, found: Sequence[str], team: Team) -> Cards:
    """Give the best provisions found, each in its short form and with nothing to press."""
    provisions = [library.provisions[id] for id in found if id in library.provisions]
    return Cards(
        tuple(
            Answer(quote=quote_of(library, one), provision=one.id, note=_state_note(None, team))
            for one in provisions[:CARDS_MAX]
        )
    )


def _answer(
    library: Library,
    session: Session,
    team: Team,
    provision: Provision,
    others: Sequence[Provision],
    *,
    lead: tuple[str, ...] = (),
    whole: bool = False,
) -> Answer:
    facts = provision.turns_on if whole else provision.turns_on[:1]
    more = (_rule_button(provision, texts.MORE),) if not whole and _is_cut(provision) else ()
    heading = (_heading_button(library, provision),) if whole else ()
    return Answer(
        lead=lead,
        named=bool(lead),
        quote=quote_of(library, provision, whole=whole),
        provision=provision.id,
        questions=tuple(
            Question(
                ask=fact.ask,
                options=tuple(button(option.text, Looked(option.then)) for option in fact.options),
            )
            for fact in facts
        ),
        note=_state_note(session.state, team),
        buttons=(
            *more,
            *(_rule_button(other, other.title) for other in others),
            *heading,
            button(texts.WRONG_ANSWER, Misled(provision.id)),
            *_way_back(session),
        ),
    )


def _state_note(own: str | None, team: Team) -> str:
    """Say that state law can be stricter, and whom to ask; the learner's own state before the team's."""
    state = texts.STATES.get(own or team.state or "")
    policy = texts.POLICY_NOTE.format(policy=team.policy) if team.policy else ""
    if state is None:
        return texts.ANY_STATE_NOTE.format(counsel=texts.counsel(team)) + policy
    return texts.STATE_NOTE.format(state=state, counsel=texts.counsel(team)) + policy


def _heading_button(library: Library, provision: Provision) -> Button:
    law = library.laws[provision.id.split(".")[0]]
    label = f"{law.short}: {texts.heading(HEADINGS[provision.heading])}"
    return button(label, Opened("laws", f"{law.id}.{provision.heading}"))


def _others(library: Library, found: Sequence[Provision]) -> tuple[Provision, ...]:
    """Give what to read next: what was found besides, then the neighbours of the first."""
    near = (library.provisions[id] for id in found[0].see if id in library.provisions)
    others = {other.id: other for other in (*found[1:], *near) if other.id != found[0].id}
    return tuple(others.values())[:NEXT_MAX]


def _unknown(session: Session, team: Team, lead: tuple[str, ...]) -> Line:
    said = texts.UNKNOWN.format(counsel=texts.counsel(team))
    unknown = (texts.IN_STORY if session.run is not None else "") + said
    text = "\n".join((*lead, unknown))
    laws = button(texts.LAWS_BUTTON, Opened("laws"))
    return Line(text=text, buttons=(laws, *_way_back(session)), named=bool(lead))


def _way_back(session: Session) -> tuple[Button, ...]:
    if session.run is not None:
        return (button(texts.BACK_TO_STORY, Resumed(session.run.id)),)
    return (button(texts.MENU_BUTTON, Opened("menu")),)


def _rule_button(provision: Provision, label: str) -> Button:
    return button(label, Looked(provision.id))

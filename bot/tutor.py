"""The tutor: what arrives together is one batch: read, turns, write, acknowledge."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import msgspec

from bot.accounts import Accounts, Case, records_of
from bot.batches import Batches
from bot.buttons import data_for
from bot.content import edition_from_bytes, edition_to_bytes
from bot.engine import NO_TEAM, advance, new_session, set_aside, texts
from bot.engine.story import edition_of_run
from bot.engine.words import understand
from bot.events import (
    Arrival,
    DrillsShown,
    Erased,
    Linked,
    TeamMoved,
    TeamPicked,
    Typed,
    Unlinked,
)
from bot.hearing import Hearing
from bot.model import Address, Edition, Library, Member, Session, Team, lasting, private_of, runs_of
from bot.ordering import OF_OTHERS, Orders
from bot.replies import (
    Button,
    Export,
    Line,
    LinkCode,
    MyData,
    Prompt,
    Receipt,
    Redrawn,
    Reply,
    TeamChart,
    TeamTable,
    TeamWeek,
    Toast,
    Turn,
)
from bot.store import (
    EDIT,
    PUSH,
    TRIES,
    WAITING,
    Done,
    Failed,
    Known,
    Learner,
    Row,
    Store,
    StoreError,
    TeamKey,
)

log = logging.getLogger(__name__)

WAITING_EXPIRES = 24 * 3600  # seconds: a reply to someone who waited a day ago would only puzzle
PUSH_EXPIRES = 5 * 24 * 3600  # seconds: a report is soon old; a drill says itself until when it can go out
EDIT_EXPIRES = 3600  # seconds: an edit is only tidying


class NotHandledError(Exception):
    """An event failed and was not applied. Unacknowledged, it comes again; the third time it is set aside."""


@dataclass(frozen=True, slots=True)
class _Step:
    """One event of a batch: what became of it."""

    arrival: Arrival
    done: Done | None = None
    failed: Failed | None = None
    receipt: Receipt | None = None
    error: Exception | None = None


class Tutor:
    """
    Applies arrivals to sessions.

    Args:
        library: everything authors wrote.
        store: where sessions, results and replies are kept.
        deliver: takes the rows of a batch once they are committed (the sender's `take`).
        seed: makes a few random letters for a new session, 8 at most.
        joins: says of a tenant whether its accounts can become addresses of learners elsewhere;
            None where only one platform is served.
    """

    def __init__(
        self,
        library: Library,
        store: Store,
        deliver: Callable[[Sequence[Row]], None],
        seed: Callable[[], str],
        joins: Callable[[str], bool] | None = None,
    ) -> None:
        self._library = library
        self._store = store
        self._accounts = Accounts(store, joins, lambda: new_session(seed()))
        self._orders = Orders(store, seed)
        self._deliver = deliver
        self._seed = seed
        self._hearing = Hearing(library)
        self._stored: set[str] = set()  # hashes of contents that the store has for certain
        self._batches: Batches[Arrival, Receipt | None] = Batches(self._work)

    async def take(self, arrival: Arrival) -> Receipt | None:
        """
        Apply one event; return once it is committed, so that it can be acknowledged.

        Returns:
            The receipt that must ride on the request itself, if there is one. An event
            that was applied before has no effect and no receipt.

        Raises:
            NotHandledError: it failed; nothing changed; do not acknowledge it.
            StoreError: the store cannot keep it; nothing changed; do not acknowledge it.
        """
        if not all(map(_is_plain, (arrival.id, arrival.tenant, arrival.learner))):
            raise NotHandledError("BadId")
        return await self._batches.put(arrival)

    def prepare(self) -> None:
        """Get ready for questions now, so that the first who asks waits for nothing."""
        self._hearing.prepare()

    async def run(self) -> None:
        """Work until cancelled."""
        await self._batches.run()

    def today(self) -> frozenset[str]:
        """Give the hashes of today's content, which the store's tidying must leave."""
        return frozenset(edition.content for edition in self._library.all_today())

    async def _work(self, batch: Sequence[Arrival]) -> Sequence[Receipt | BaseException | None]:
        """Do a batch in parts; what changes more than its own learner stands alone."""
        results: list[Receipt | BaseException | None] = []
        for part in _parts(batch):
            try:
                results.extend(await self._commit(part))
            except StoreError as error:  # it is not for any one of them: nothing can be kept now
                results.extend([error] * len(part))
            except Exception as error:
                if len(part) == 1:
                    results.append(error)
                    continue
                for arrival in part:  # one of them may be what the store refuses: it fails alone
                    try:
                        results.extend(await self._commit([arrival]))
                    except Exception as own:  # given to whoever handed it in
                        results.append(own)
        return results

    async def _commit(self, batch: Sequence[Arrival]) -> Sequence[Receipt | BaseException | None]:
        """Apply what waits, in order: one read, pure turns, one write, one flush."""
        known = await self._store.read([(one.tenant, one.learner, one.id, one.team) for one in batch])
        if len(batch) == 1 and _stands_alone(batch[0]):
            steps = [await self._alone(batch[0], known)]
        else:
            await self._find_editions(known.sessions.values())
            steps = list(self._turns(batch, known))
        done = [step.done for step in steps if step.done is not None]
        failed = [step.failed for step in steps if step.failed is not None]
        contents = self._new_contents(done)
        if done or failed:
            await self._store.save(done, failed, contents)
            self._stored.update(contents)
        self._deliver([row for one in done for row in one.rows])
        return [step.error or step.receipt for step in steps]

    def _turns(self, batch: Sequence[Arrival], known: Known) -> Iterator[_Step]:
        """Apply each event to its learner's session as the one before it left it."""
        sessions: dict[Learner, Session] = dict(known.sessions)
        teams: dict[TeamKey, Team] = dict(known.teams)
        first: dict[tuple[str, str], _Step] = {}
        for arrival in batch:
            key = (arrival.tenant, arrival.id)
            if key in known.seen:
                yield _Step(arrival)
                continue
            if key in first:  # delivered twice at once: acknowledged with its first
                yield replace(first[key], done=None, failed=None)
                continue
            who = _who(arrival, known)
            session = sessions.get(who) or new_session(self._seed())
            team = _team(arrival, who, session, teams)
            step, after = self._turn(Case(arrival, who, known.tries.get(key, 0)), session, team)
            first[key] = step
            if step.done is not None and step.done.team is not None:
                teams[step.done.place or (who[0], "")] = step.done.team
            if after is not None:
                sessions[who] = after
            yield step

    def _turn(self, case: Case, session: Session, team: Team) -> tuple[_Step, Session | None]:
        """Apply one event. A failure is known by its error's class only: an error's text could hold words."""
        arrival = case.arrival
        try:
            event = self._hearing.event(self._library, session, case.event or arrival.event, team)
            turn = advance(self._library, session, event, arrival.at, team)
            return self._step(case, session, turn), turn.session
        except Exception as error:  # whatever it is, the other events of the batch go on
            name = type(error).__name__
            log.error(  # noqa: TRY400  # a traceback could show what was typed
                "event failed", extra={"action": "turn", "error": name, "tries": case.tries + 1}
            )
            if case.tries + 1 < TRIES:
                failed = Failed(arrival.tenant, arrival.id, case.tries + 1, name, arrival.at)
                return _Step(arrival, failed=failed, error=NotHandledError(name)), None
            own = (arrival.tenant, arrival.learner)
            who = case.who if case.link is None else own
            bare = Case(arrival, who, case.tries)  # nothing of it takes effect
            step = self._step(bare, session, set_aside(session, arrival.event))
            assert step.done is not None
            return replace(step, done=replace(step.done, failed=name)), None

    def _step(self, case: Case, session: Session, turn: Turn) -> _Step:
        arrival = case.arrival
        erase = turn.session is None
        changed = turn.session is not None and turn.session != session
        is_toast = isinstance(turn.receipt, Toast)  # of a press: the same press again gives it once only
        of_drills = turn.drill or turn.marked or turn.joined or turn.told or turn.away is not None
        if not (changed or erase or turn.replies or turn.results or is_toast or case.moved or of_drills):
            return _Step(arrival, receipt=turn.receipt)  # nothing to keep: nothing is committed
        tenant, learner = case.who
        own = (arrival.tenant, arrival.learner)
        after = own if own in case.unlink else case.who  # whoever it is whom the replies are for
        done = Done(
            tenant=tenant,
            learner=learner,
            event=arrival.id,
            at=arrival.at,
            session=turn.session if changed else None,
            results=turn.results,
            rows=(
                *self._rows(arrival, after, turn, again=not changed),
                *(self._row(arrival, *notice) for notice in case.notices),
            ),
            erase=erase,
            team=turn.team,
            place=(arrival.tenant, arrival.team) if arrival.team else None,
            moved=case.moved,
            link=case.link,
            unlink=case.unlink,
            guess=case.guess,
            heard=arrival.tenant,
            account=arrival.learner,
            counts=turn.counts,
            drill=turn.drill,
            marked=turn.marked,
            joined=_joined(arrival, turn),
            told=turn.told,
            away=turn.away,
        )
        return _Step(arrival, done=done, receipt=turn.receipt)

    def _rows(self, arrival: Arrival, who: Learner, turn: Turn, *, again: bool) -> Iterator[Row]:
        """
        Address replies: where others read along, what is about the learner alone goes to them alone.

        `again`: a step among them was shown before; that copy then loses its buttons, so that one is left.
        """
        here = arrival.address
        apart = private_of(here)
        if here.shared and apart != here and any(map(_is_personal, turn.replies)):
            yield self._row(arrival, who, here, Line(text=texts.PRIVATELY, buttons=_way_there(arrival)))
        for reply in turn.replies:
            if isinstance(reply, Prompt) and again:
                yield self._row(arrival, who, msgspec.structs.replace(here, pressed=None), _closed(reply))
            where = apart if here.shared and _is_personal(reply) else here
            yield self._row(arrival, who, where, reply, push=turn.push, expires=turn.expires)
        if turn.post is not None and turn.drill is not None:
            place = Address(platform=turn.drill.platform, chat=turn.drill.place, shared=True)
            yield self._row(arrival, who, place, turn.post)

    def _row(
        self,
        arrival: Arrival,
        who: Learner,
        address: Address,
        reply: Reply,
        *,
        push: bool = False,
        expires: int = 0,
    ) -> Row:
        is_edit = isinstance(reply, Redrawn)
        lasts = EDIT_EXPIRES if is_edit else PUSH_EXPIRES if push else WAITING_EXPIRES
        tenant, learner = who
        return Row(
            number=self._store.number(),
            tenant=tenant,
            learner=learner,
            address=address,
            lane=EDIT if is_edit else PUSH if push else WAITING,
            key=reply.key if isinstance(reply, Prompt | TeamChart) else None,
            edits=reply.prompt.key if isinstance(reply, Redrawn) else None,
            expires=expires or int(arrival.at.timestamp()) + lasts,
            reply=reply,
        )

    # --- what changes more than its own learner -------------------------------------------

    async def _alone(self, arrival: Arrival, known: Known) -> _Step:
        """Apply an event after looking up what it needs to know of others."""
        if (arrival.tenant, arrival.id) in known.seen:
            return _Step(arrival)
        who = _who(arrival, known)
        case = Case(arrival, who, known.tries.get((arrival.tenant, arrival.id), 0))
        session = known.sessions.get(who) or new_session(self._seed())
        event = arrival.event
        if isinstance(event, Typed):
            event = understand(self._library, session, event)
        match event:
            case Linked():
                case, session = await self._accounts.linked(case, session, event)
            case Unlinked():
                case = await self._accounts.unlinked(case)
            case TeamPicked() if who[0] != arrival.tenant:
                case = replace(case, event=replace(event, linked=True))
            case TeamMoved(old):
                case = replace(case, moved=(arrival.tenant, old))
            case _ if isinstance(event, OF_OTHERS):
                case = replace(case, event=await self._orders.looked_up(arrival, event))
        await self._find_editions([session, *records_of(case)])
        step, _ = self._turn(case, session, _team(arrival, case.who, session, known.teams))
        return step

    # --- pinned content -------------------------------------------------------------------

    async def _find_editions(self, sessions: Iterable[Session]) -> None:
        """Fetch the older editions that these sessions' runs began with and that are not at hand."""
        missing = {
            run.content
            for session in sessions
            for run in runs_of(session)
            if edition_of_run(self._library, run) is None
        }
        if not missing:
            return
        pinned: dict[str, Edition] = dict(self._library.pinned)
        for hash_, body in (await self._store.contents(missing)).items():
            try:
                pinned[hash_] = edition_from_bytes(body)
            except msgspec.MsgspecError:
                log.warning("pinned content cannot be read", extra={"action": "pins", "content": hash_})
        self._library = msgspec.structs.replace(self._library, pinned=pinned)

    def _new_contents(self, done: Sequence[Done]) -> Mapping[str, bytes]:
        """Give the content that these turns pin and the store may not have yet."""
        needed = {run.content for one in done if one.session for run in runs_of(one.session)}
        today = {edition.content: edition for edition in self._library.all_today()}
        return {hash_: edition_to_bytes(today[hash_]) for hash_ in needed - self._stored if hash_ in today}


def _closed(prompt: Prompt) -> Redrawn:
    """Give a step as it looks once it is shown again further down: nothing of it can be pressed."""
    return Redrawn(prompt=msgspec.structs.replace(prompt, done=None, buttons=()))


def _is_personal(reply: Reply) -> bool:
    """Say whether a reply tells what is kept about a learner."""
    alone = MyData | Export | LinkCode | TeamWeek | TeamChart | TeamTable
    return isinstance(reply, alone) or (isinstance(reply, Line) and reply.personal)


def _way_there(arrival: Arrival) -> tuple[Button, ...]:
    """Give the way to what is said in private: where someone never wrote to us, it cannot be sent there."""
    if arrival.team and isinstance(arrival.event, DrillsShown):
        there = data_for(DrillsShown(arrival.team))
        return (Button(label=texts.OPEN_PRIVATE, data=there),)
    return ()


def _joined(arrival: Arrival, turn: Turn) -> tuple[str, Member | None] | None:
    """Give the drill that someone joined, with where they are reached, or (None) left."""
    if turn.joined is None:
        return None
    drill, joins, name = turn.joined  # their time zone is in the session, where they can change it
    member = Member(learner=arrival.learner, address=lasting(arrival.address), name=name)
    return drill, member if joins else None


def _is_plain(id: str) -> bool:
    """Say whether an id can be kept and told from others: text without a NUL or half a character."""
    return id.isprintable()


def _who(arrival: Arrival, known: Known) -> Learner:
    """Name the learner of an arrival: whose account it is, where it is linked."""
    own = (arrival.tenant, arrival.learner)
    return known.whose.get(own, own)


def _team(arrival: Arrival, who: Learner, session: Session, teams: Mapping[TeamKey, Team]) -> Team:
    """Give the settings that hold: of the place it happened in, else of the learner's own team."""
    if arrival.team:
        return teams.get((arrival.tenant, arrival.team), NO_TEAM)
    own = teams.get((who[0], session.team)) if session.team else None
    return own or teams.get((who[0], ""), NO_TEAM)


def _stands_alone(arrival: Arrival) -> bool:
    """Say whether an event may change more than its own learner's session, or erase it."""
    if isinstance(arrival.event, Typed):
        text = arrival.event.text.lower()
        return "erase" in text or "link" in text or "drill" in text
    return isinstance(arrival.event, Erased | Linked | Unlinked | TeamPicked | TeamMoved | OF_OTHERS)


def _parts(batch: Sequence[Arrival]) -> Iterator[Sequence[Arrival]]:
    """Cut a batch so that what stands alone does."""
    together: list[Arrival] = []
    for arrival in batch:
        if _stands_alone(arrival):
            if together:
                yield together
            yield [arrival]
            together = []
        else:
            together.append(arrival)
    if together:
        yield together

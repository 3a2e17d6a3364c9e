"""Playing a story: start, answer, go on, back, restart, leave, resume, and the end with its debrief."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from bot.buttons import button
from bot.engine import texts
from bot.engine.needs import about, decision_of, learn, week_of
from bot.engine.show import (
    debrief,
    feedback,
    judge,
    menu_button,
    prompt,
    score,
    set_summary,
    where_now,
)
from bot.engine.story import (
    arrive,
    edition_of_run,
    handed_on,
    moved,
    moved_back,
    starting_values,
    visible_choices,
)
from bot.events import (
    Chose,
    Continued,
    Opened,
    Picked,
    Resumed,
    Submitted,
    Toggled,
    WentBack,
)
from bot.model import (
    Assignment,
    ChoiceStep,
    Edition,
    EndingStep,
    Finished,
    Learned,
    Library,
    PickStep,
    Result,
    Run,
    SayStep,
    Session,
    is_variant,
)
from bot.replies import (
    Line,
    Marked,
    PageChanged,
    Redrawn,
    Reply,
    Toast,
    Turn,
)

# --- begin, leave, come back -----------------------------------------------------------------


def begin(library: Library, session: Session, id: str) -> Turn:
    """Start a scenario, or go on with it where it was begun before; another open one is kept."""
    if session.run is not None and session.run.scenario == id:
        return Turn(session, (Line(text=texts.ALREADY_IN), *where_now(library, session)))
    said = (Line(text=texts.PARKED),) if session.run is not None else ()
    begun = next((run for run in session.paused if run.scenario == id), None)
    if begun is not None:
        back = resume(library, session, Resumed(begun.id))
        return Turn(back.session, (*said, *back.replies))
    edition = library.today(id)
    assert edition is not None  # whoever begins one has looked
    started = _fresh_run(_parked(session), edition)
    return Turn(started, (*said, *where_now(library, started)))


def begin_set(library: Library, session: Session, stories: Sequence[str], drill: str = "") -> Turn:
    """Start some stories one after another; `drill` is the key of the assignment they are."""
    said = (Line(text=texts.PARKED),) if session.run is not None else ()
    started = _next_of_set(library, _parked(session), stories, of=len(stories), drill=drill)
    return Turn(started, (*said, *where_now(library, started)))


def _next_of_set(
    library: Library,
    session: Session,
    stories: Sequence[str],
    *,
    of: int,
    drill: str,
    missed: tuple[str, ...] = (),
) -> Session:
    first, *then = stories
    edition = library.today(first)
    assert edition is not None  # they were just chosen, or what is gone was left out
    started = _fresh_run(session, edition)
    assert started.run is not None
    run = msgspec.structs.replace(started.run, drill=drill, then=tuple(then), of=of, missed=missed)
    return msgspec.structs.replace(started, run=run)


def _fresh_run(session: Session, edition: Edition) -> Session:
    """Open a new run of an edition, as the session's next turn."""
    scenario = edition.scenario
    variables = starting_values(scenario, session.kept.get(scenario.series or ""))
    run = Run(
        id=f"{session.runs + 1}-{session.seed}",
        scenario=scenario.id,
        content=edition.content,
        shape=edition.shape,
        step=arrive(scenario, scenario.start, variables).id,
        variables=variables,
    )
    return msgspec.structs.replace(session, run=run, runs=session.runs + 1, turn=session.turn + 1)


def _parked(session: Session) -> Session:
    """Put the open run, if there is one, with those to come back to."""
    if session.run is None:
        return session
    return msgspec.structs.replace(
        session, run=None, paused=(*session.paused, session.run), turn=session.turn + 1
    )


def leave(session: Session) -> Turn:
    """Leave the open story; its place is kept."""
    assert session.run is not None
    again = (button(texts.RESUME, Resumed(session.run.id)), button(texts.MENU_BUTTON, Opened("menu")))
    return Turn(_parked(session), (Line(text=texts.LEFT, buttons=again),))


def resume(library: Library, session: Session, event: Resumed) -> Turn:
    """Go back to a run: the one named, else the open one, else the one left last."""
    open_run = session.run
    if open_run is not None and event.run in {None, open_run.id}:
        return Turn(session, where_now(library, session))
    wanted = next((run for run in reversed(session.paused) if event.run in {None, run.id}), None)
    if wanted is None:
        said = texts.OLD_BUTTON_NO_RUN if event.run else texts.NO_RUN
        return Turn(session, (Line(text=said), *where_now(library, session)))
    parked = _parked(session)
    left = tuple(run for run in parked.paused if run.id != wanted.id)
    opened = msgspec.structs.replace(parked, run=wanted, paused=left, turn=session.turn + 1)
    return Turn(opened, where_now(library, opened))


def restart(library: Library, session: Session) -> Turn:
    """Begin the open story anew, on today's edition; what was answered stays in the results."""
    assert session.run is not None
    edition = library.today(session.run.scenario) or edition_of_run(library, session.run)
    if edition is None:
        return _gone(library, session)
    old, started = session.run, _fresh_run(session, edition)
    assert started.run is not None
    run = msgspec.structs.replace(started.run, drill=old.drill, then=old.then, of=old.of, missed=old.missed)
    again = msgspec.structs.replace(started, run=run)
    return Turn(again, where_now(library, again))


def _gone(library: Library, session: Session) -> Turn:
    """Say that the edition of the open run is nowhere any more, and close the run."""
    assert session.run is not None
    id = session.run.scenario
    again = (button(texts.RESTART, Opened("play", id)),) if library.today(id) else ()
    closed = msgspec.structs.replace(session, run=None, turn=session.turn + 1)
    return Turn(closed, (Line(text=texts.STORY_CHANGED, buttons=(*again, menu_button())),))


# --- answering -------------------------------------------------------------------------------


def answer(
    library: Library,
    session: Session,
    event: Chose | Picked | Submitted | Toggled | Continued | WentBack,
    now: datetime,
) -> Turn:
    """
    Apply an answer, or a step back, to the open story.

    An answer that does not fit the step in front (an old edition's button, a choice whose
    condition no longer holds) is met like an old button: nothing changes.
    """
    run = session.run
    assert run is not None
    edition = edition_of_run(library, run)
    if edition is None:
        return _gone(library, session)
    step = edition.scenario.steps[run.step]
    match event, step:
        case Chose(_, _, id), ChoiceStep() if id in {choice.id for choice in visible_choices(step, run)}:
            return _answered(library, session, edition, (id,), now)
        case Picked(_, _, ids), PickStep() if set(ids) <= {item.id for item in step.pick.items}:
            return _answered(library, session, edition, _in_order(step, ids), now)
        case Submitted(), PickStep() if not run.picked:
            return Turn(session, receipt=Toast(texts.UNTICKED))
        case Submitted(), PickStep():
            return _answered(library, session, edition, run.picked, now)
        case Toggled(_, _, id, on), PickStep() if id in {item.id for item in step.pick.items}:
            return _toggled(session, edition, step, id, on=on)
        case Continued(), SayStep():
            return _answered(library, session, edition, (), now)
        case WentBack(), _ if not run.trail:
            return Turn(session, (Line(text=texts.FIRST_STEP), *where_now(library, session)))
        case WentBack(), _:
            back = msgspec.structs.replace(
                session, run=moved_back(edition.scenario, run), turn=session.turn + 1
            )
            return Turn(back, where_now(library, back))
        case _:
            return old_button(library, session)


def old_button(library: Library, session: Session) -> Turn:
    """Answer a press that belongs to no step in front: say so, show where the learner is, change nothing."""
    said = texts.OLD_BUTTON if session.run is not None else texts.OLD_BUTTON_NO_RUN
    return Turn(session, (Line(text=said), *where_now(library, session)))


def _in_order(step: PickStep, ids: Sequence[str]) -> tuple[str, ...]:
    return tuple(item.id for item in step.pick.items if item.id in ids)


def _toggled(session: Session, edition: Edition, step: PickStep, id: str, *, on: bool) -> Turn:
    assert session.run is not None
    wanted = set(session.run.picked) | {id} if on else set(session.run.picked) - {id}
    picked = _in_order(step, tuple(wanted))
    receipt = Toast(texts.TICKED if on else texts.TAKEN_OUT)
    if picked == session.run.picked:
        return Turn(session, receipt=receipt)
    ticked = msgspec.structs.replace(
        session, run=msgspec.structs.replace(session.run, picked=picked)
    )  # the turn number stays: quick taps all count
    return Turn(ticked, (Redrawn(prompt=prompt(edition, ticked)),), receipt=receipt)


def _answered(
    library: Library, session: Session, edition: Edition, chose: tuple[str, ...], now: datetime
) -> Turn:
    """Judge an answer, say what it led to, and show the next step or the debrief."""
    run = session.run
    assert run is not None
    step = edition.scenario.steps[run.step]
    results = _results(session, edition, chose, now)
    judged = (*run.judged, step.id) if results and step.id not in run.judged else run.judged
    next_run = msgspec.structs.replace(
        moved(edition.scenario, run, chose),
        judged=judged,
        content=edition.content,
        missed=(*run.missed, *(one.about for one in results if one.first and not is_right(one))),
    )
    after = msgspec.structs.replace(
        session, run=next_run, turn=session.turn + 1, learned=_learned(session, edition, results, now)
    )
    said: list[Reply] = [Redrawn(prompt=prompt(edition, session, answered=chose))]
    word = feedback(library, step, chose)
    if word is not None:
        said.append(word)
    reached = edition.scenario.steps[next_run.step]
    if not isinstance(reached, EndingStep):
        return Turn(after, (*said, prompt(edition, after)), results)
    if not is_variant(edition.scenario.id):
        said.append(debrief(library, edition, next_run, reached))
    after = _ended(after, edition, reached)
    then = tuple(story for story in next_run.then if library.today(story))
    if then:
        after = _next_of_set(
            library, after, then, of=next_run.of, drill=next_run.drill, missed=next_run.missed
        )
        return Turn(after, (*said, *where_now(library, after)), results)
    after, marked = finished(after, next_run, now)
    if is_variant(edition.scenario.id) or marked is not None:
        said.append(set_summary(library, edition, next_run, is_drill=marked is not None))
    return Turn(after, tuple(said), results, marked=marked, receipt=PageChanged() if marked else None)


def finished(session: Session, run: Run, now: datetime) -> tuple[Session, Marked | None]:
    """Close the assignment that a run was the last part of; once its week is over it stays as it was then."""
    given = _assignment_of(session, run)
    if given is None:
        return session, None
    marked = Marked(given.drill, given.day, given.tenant, given.account, "finished")
    in_time = now.timestamp() < given.closes
    return msgspec.structs.replace(session, assignment=None), marked if in_time else None


def _assignment_of(session: Session, run: Run | None) -> Assignment | None:
    """Give the assignment that a run is a part of, where it is still the learner's."""
    given = session.assignment
    return given if given is not None and run is not None and run.drill == given.key else None


def is_right(result: Result) -> bool:
    """Say whether an answer was the best: lawful, and helpful."""
    return result.lawful and result.helps


def _learned(
    session: Session, edition: Edition, results: Sequence[Result], now: datetime
) -> Mapping[str, Learned]:
    """
    Take in first answers, so that what was missed is asked again.

    Those of a drill count for its week, whatever day it is by the tutor's clock: else what was missed on
    a Sunday afternoon in Honolulu would not be due in the next one.
    """
    given, known = _assignment_of(session, session.run), session.learned
    week = week_of(given.day if given is not None else now)
    for one in results:
        if one.first:
            known = learn(known, one.about, decision_of(edition, one.step), right=is_right(one), week=week)
    return known


def _results(session: Session, edition: Edition, chose: tuple[str, ...], now: datetime) -> tuple[Result, ...]:
    run, given = session.run, _assignment_of(session, session.run)
    assert run is not None
    step = edition.scenario.steps[run.step]
    judgement = judge(step, chose)
    if judgement is None:
        return ()
    rule, lawful, helps, slip = judgement
    return (
        Result(
            run=run.id,
            turn=session.turn,
            scenario=run.scenario,
            content=edition.content,
            step=step.id,
            chose=chose,
            rule=rule,
            lawful=lawful,
            helps=helps,
            slip=slip,
            first=step.id not in run.judged,
            at=now,
            about=about(step) or rule,
            drill=run.drill,
            ordered=given.tenant if given is not None and now.timestamp() < given.closes else "",
        ),
    )


def _ended(session: Session, edition: Edition, ending: EndingStep) -> Session:
    """Close the run and remember how it went."""
    assert session.run is not None
    if is_variant(edition.scenario.id):
        return msgspec.structs.replace(session, run=None)
    best, _, _, decisions = score(edition, session.run.trail)
    id = edition.scenario.id
    before = session.finished.get(id)
    done = Finished(
        times=before.times + 1 if before else 1, ending=ending.ending, best=best, decisions=decisions
    )
    after = msgspec.structs.replace(session, run=None, finished={**session.finished, id: done})
    series, handed = edition.scenario.series, handed_on(edition.scenario, session.run.variables)
    if series is None or not handed:
        return after
    kept = {**session.kept, series: {**session.kept.get(series, {}), **handed}}
    return msgspec.structs.replace(after, kept=kept)

"""What is shown of a story: the step in front, the word on an answer, the debrief at the end."""

from __future__ import annotations

from collections.abc import Sequence

from bot.buttons import button, data_for
from bot.engine import drill_texts, texts
from bot.engine.quotes import sources_of
from bot.engine.story import (
    change_of,
    edition_of_run,
    judged_pick,
    outcome_of,
    visible_choices,
)
from bot.events import (
    Chose,
    Continued,
    Left,
    Opened,
    Submitted,
    Toggled,
    WentBack,
)
from bot.model import (
    Choice,
    ChoiceStep,
    Edition,
    EndingStep,
    Library,
    PickStep,
    Run,
    SayStep,
    Session,
    Step,
    Visit,
    is_variant,
)
from bot.replies import (
    Button,
    Debrief,
    Decided,
    Feedback,
    Letter,
    Line,
    Prompt,
    Reply,
)

_OUTCOME_VERDICT = {
    "exact": texts.PICKED_EXACT,
    "over": texts.PICKED_OVER,
    "under": texts.PICKED_UNDER,
    "mixed": texts.PICKED_MIXED,
}


def _outcome_verdict(step: PickStep, chose: tuple[str, ...]) -> str:
    outcome = outcome_of(step, chose)
    return texts.PICKED_OWED if step.pick.owed and outcome == "under" else _OUTCOME_VERDICT[outcome]


def judge(step: Step, chose: tuple[str, ...]) -> tuple[str, bool, bool, str | None] | None:
    """Give rule, lawful, helps and slip of an answer; None for one that tests no rule."""
    match step:
        case ChoiceStep():
            choice = next(choice for choice in step.choices if choice.id == chose[0])
            return (choice.rule, choice.lawful, choice.helps, choice.slip) if choice.rule else None
        case PickStep():
            return (step.pick.rule, *judged_pick(step.pick, outcome_of(step, chose)))
        case _:
            return None


def score(edition: Edition, trail: Sequence[Visit]) -> tuple[int, int, int, int]:
    """Count the decisions of a path: both lawful and helpful, lawful, helpful, all."""
    judged = [judge(edition.scenario.steps[visit.step], visit.chose) for visit in trail]
    decisions = [judgement for judgement in judged if judgement is not None]
    return (
        sum(lawful and helps for _, lawful, helps, _ in decisions),
        sum(lawful for _, lawful, _, _ in decisions),
        sum(helps for _, _, helps, _ in decisions),
        len(decisions),
    )


def where_now(library: Library, session: Session) -> tuple[Reply, ...]:
    """Show where the learner is: the step in front, or the way to the menu."""
    if session.run is None:
        play = button(texts.PLAY_BUTTON, Opened("play"))
        return (Line(text=texts.MENU, buttons=(play, menu_button())),)
    edition = edition_of_run(library, session.run)
    if edition is None:
        return (Line(text=texts.STORY_CHANGED, buttons=(menu_button(),)),)
    return (prompt(edition, session),)


def prompt(edition: Edition, session: Session, answered: tuple[str, ...] | None = None) -> Prompt:
    """Make the message of the step in front; `answered` (ids) shows what was chosen, without buttons."""
    run, turn, scenario = session.run, session.turn, edition.scenario
    by_itself = is_variant(scenario.id)
    assert run is not None
    step = scenario.steps[run.step]
    letters = _letters(step, run, turn)
    ids = _ids(step, run)
    at = len(run.trail) + 1
    is_answered = answered is not None
    return Prompt(
        key=f"{run.id}.{turn}",
        title=drill_texts.TITLE if by_itself else scenario.title,
        place=question(run) if by_itself else texts.place(at, edition.ahead[scenario.start] + 1),
        text=texts.prose(step.say),
        ask=step.pick.prompt if isinstance(step, PickStep) else "",
        letters=letters,
        several=isinstance(step, PickStep),
        done=button(texts.DONE, Submitted(run.id, turn))
        if isinstance(step, PickStep) and not is_answered
        else None,
        chosen=tuple(
            letter.letter for letter, id in zip(letters, ids, strict=True) if answered and id in answered
        ),
        buttons=() if is_answered else _ways(step, run, turn),
    )


def question(run: Run) -> str:
    """Say which of a drill's questions a run is."""
    if run.of < 2:
        return drill_texts.ALONE
    return drill_texts.QUESTION.format(at=run.of - len(run.then), of=run.of)


def set_summary(library: Library, edition: Edition, run: Run, *, is_drill: bool) -> Line:
    """Sum up a drill: how much was right the first time, and what comes again."""
    lines = [drill_texts.DONE_DRILL if is_drill else drill_texts.DONE]
    if is_variant(edition.scenario.id):
        asked = max(run.of, 1)
        lines.append(drill_texts.SCORE.format(right=asked - len(run.missed), asked=asked))
    titles = [
        library.provisions[rule].title for rule in dict.fromkeys(run.missed) if rule in library.provisions
    ]
    if titles:
        lines += [drill_texts.BACK_NEXT_WEEK, drill_texts.told(titles)]
    elif is_variant(edition.scenario.id):
        lines.append(drill_texts.BACK_LATER)
    progress = button(texts.PROGRESS_BUTTON, Opened("progress"))
    return Line(text="\n".join(lines), buttons=(progress, menu_button()), personal=True)


def _ids(step: Step, run: Run) -> tuple[str, ...]:
    match step:
        case ChoiceStep():
            return tuple(choice.id for choice in visible_choices(step, run))
        case PickStep():
            return tuple(item.id for item in step.pick.items)
        case _:
            return ()


def _letters(step: Step, run: Run, turn: int) -> tuple[Letter, ...]:
    match step:
        case ChoiceStep():
            return tuple(
                Letter(letter=_letter(i), text=choice.text, data=data_for(Chose(run.id, turn, choice.id)))
                for i, choice in enumerate(visible_choices(step, run))
            )
        case PickStep():
            return tuple(
                Letter(
                    letter=_letter(i),
                    text=item.text,
                    data=data_for(Toggled(run.id, turn, item.id, item.id not in run.picked)),
                    on=item.id in run.picked,
                )
                for i, item in enumerate(step.pick.items)
            )
        case _:
            return ()


def _letter(place: int) -> str:
    return chr(ord("a") + place)


def _ways(step: Step, run: Run, turn: int) -> tuple[Button, ...]:
    """The ways on and out of a step: go on where it asks nothing; back, where there is one; leave."""
    on = (button(texts.GO_ON, Continued(run.id, turn)),) if isinstance(step, SayStep) else ()
    back = (button(texts.BACK, WentBack(run.id, turn)),) if run.trail else ()
    return (*on, *back, button(texts.LEAVE, Left(run.id, turn)))


def feedback(library: Library, step: Step, chose: tuple[str, ...]) -> Feedback | None:
    """Say what an answer led to; None where there is nothing to say."""
    change = change_of(step, chose)
    match step, change:
        case ChoiceStep(), Choice() if change.feedback:
            said = texts.verdict(lawful=change.lawful, helps=change.helps, slip=change.slip)
            return Feedback(
                verdict=said if change.rule else texts.NO_VERDICT,
                text=texts.prose(change.feedback),
                sources=sources_of(library, change.cites or ((change.rule,) if change.rule else ())),
            )
        case PickStep(), change if change is not None:
            return Feedback(
                verdict=_outcome_verdict(step, chose),
                text=texts.prose(change.feedback),
                notes=tuple(
                    f"{item.text}: {item.why}"
                    for item in step.pick.items
                    if item.why and item.include != (item.id in chose)
                ),
                sources=sources_of(library, step.pick.cites or (step.pick.rule,)),
            )
        case _:
            return None


def debrief(library: Library, edition: Edition, run: Run, ending: EndingStep) -> Debrief:
    """Walk the learner\'s own path: what they chose, what the rule is, where it stands."""
    _, lawful, helpful, decisions = score(edition, run.trail)
    again = (button(texts.PLAY_AGAIN, Opened("play", run.scenario)), menu_button())
    return Debrief(
        title=ending.title,
        text=texts.prose(ending.say),
        summary=texts.summary(lawful, helpful, decisions),
        decisions=tuple(
            decided
            for visit in run.trail
            if (decided := _decided(library, edition.scenario.steps[visit.step], visit.chose))
        ),
        buttons=again,
    )


def _decided(library: Library, step: Step, chose: tuple[str, ...]) -> Decided | None:
    judgement = judge(step, chose)
    if judgement is None:
        return None
    rule, lawful, helps, _ = judgement
    match step:
        case ChoiceStep():
            choice = next(choice for choice in step.choices if choice.id == chose[0])
            said = texts.verdict(lawful=lawful, helps=helps, slip=choice.slip)
            words: tuple[str, ...] = (choice.text,)
        case PickStep():
            said = _outcome_verdict(step, chose)
            words = (texts.picked(len(chose), len(step.pick.items)),)
        case _:
            return None
    provision = library.provisions.get(rule)
    return Decided(
        chose=words,
        verdict=said,
        rule=provision.title if provision else "",
        sources=sources_of(library, (rule,)),
    )


def menu_button() -> Button:
    """Make the button that leads to the menu."""
    return button(texts.MENU_BUTTON, Opened("menu"))

"""What the tutor says about drills, to those who practice and to those who order them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from bot.model import HEADINGS, Drill, Library

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
WEEKS = (4, 8, 12, 26, 0)  # how long a drill goes, as offered; 0: until it is ended
HOURS_OFFERED = (9, 10, 11, 12, 13, 14, 15, 16)

TITLE = "Your three minutes"
BEGIN = "Start"
GO_ON = "Go on"
LATER = "Later today"
NOT_NOW = "Not this week"
PRACTISE = "Three minutes now"
PAUSE_2 = "Pause for 2 weeks"
PAUSE_4 = "Pause for 4 weeks"
UNPAUSE = "Drills on again"

NEEDS = "what each person needs most"
NEEDS_BUTTON = "What each needs most"

FIRST = (
    "{by} ordered this: three minutes of practice each week, on sharing information about young people.\n"
    "What they see: whether you finished. Of answers, only how the whole team did, and only where five "
    "people or more answered.\n"
    "What they never see: your answers, your score, what you type.\n"
    "You can pause it at any time: type pause"
)
ASKED = "{title}: {what}. You can do it until {until}."
ASKED_LATE = "{title}, a little late today: {what}. You can do it until {until}."
ASKED_LATER = "Here are your three minutes again, as you asked. You can do them until {until}."
NUDGE = "Your three minutes are still open, until {until}."
NUDGE_LAST = "Last reminder: your three minutes close on {until}. After that I am silent about them."
PUT_OFF = "All right. I come back later today, or on the next workday if it is too late today."
DECLINED = "All right, not this week. The next one comes as usual. To pause them for longer, type: pause"
OVER = "That drill is over. The next one comes as usual. To practice anyway: three minutes now."
NOTHING = "There is nothing to practice here yet."
OPEN_UNTIL = "Your three minutes are open until {until}."
NONE_OPEN = "No drill is open."
QUESTION = "question {at} of {of}"
ALONE = "one question"
DONE_DRILL = "Done for this week. Thank you."
DONE = "Done."
SCORE = "{right} of {asked} right the first time."
BACK_NEXT_WEEK = "These come again next week, in other words:"
BACK_LATER = "What you knew comes again in some weeks."
OFF = "Paused until {until}: no drills until then. To have them again sooner, type: unpause"
ON = "Drills are on again."
KNOWN = "Rules you were asked about: {asked}; right the first time, when last asked: {right}."
REVISIT = "To revisit:"
SINCE = "- {title} (since the week of {day})"
AND_MORE = "- and {number} more"

ZONE_ASK = "In which time zone are you? Drills then come in your own morning or afternoon."
ZONE_OTHER = "Another one"
ZONE_TYPE = "Type zone and its name, like: zone America/Phoenix"
ZONE_SET = "Your time zone: {zone}."
ZONE_WRONG = "I know no time zone of that name. Type zone and its name, like: zone America/Phoenix"

# --- for supervisors -------------------------------------------------------------------------

NOT_ALLOWED = (
    "Drills are ordered by administrators, and by those whom they name as supervisors. You are neither "
    "here, so nothing changed. You can practice by yourself at any time: three minutes now."
)
NOT_SURE = (
    "I could not find out whether you may order drills, so nothing changed. Please try again in a minute."
)
NONE_YET = "There are no drills here yet."
LISTED = "These are the drills here."
DRILLS = "Drills"
LAST_WEEK = "Results of the drill"
ALONE_HERE = (
    "Drills are ordered in Slack, or in a Telegram group: type /drill there. Here you can practice "
    "by yourself."
)
NEW = "New drill"
EDIT = "Edit {name}"
PAUSE = "Pause {name}"
GO_ON_DRILL = "Go on with {name}"
END = "End {name}"
RESULTS = "Results of {name}"
TRY = "Send me one now"
SAVE = "Yes, order it"
FOLLOWED = (
    "I send to members who tapped join, since a bot may not write first. I see who leaves the group only "
    "where I am one of its administrators."
)
ASK_WHAT = "What should it be about?"
ASK_DAY = "On which day?"
ASK_HOUR = "At what time, where each person is?"
ASK_WEEKS = "For how long?"
ASK_CONFIRM = "This is the drill:"
MORE = "More"
LAWS = "One law"
TOPICS = "One topic"
STORIES = "One story"
NO_END = "Until I end it"
FOR_WEEKS = "{weeks} weeks"
ALL = "All drills"
SHOW_RESULTS = "Send me the results"
SHOW_PICTURE = "Show the picture"
AGAIN = "Begin again"
NO_REMINDERS = "Without reminders"
REMINDERS = "With two reminders"

FORM_EDIT = "Edit drill"
FORM_SAVE = "Save"
FORM_CANCEL = "Cancel"
FORM_WHO = "Who is it for?"
FORM_CHANNEL = "The members of a channel"
FORM_GROUP = "A user group"
FORM_PEOPLE = "People I name"
FORM_INVITE = "Mayshare must be in it: type /invite @Mayshare there. Bots and guests are left out."
FORM_WHAT = "What is it about?"
FORM_USUAL = "For everyone"
FORM_DAY = "Each"
FORM_AT = "At"
FORM_AT_HINT = "Where each person is, by the time zone in their Slack profile."
FORM_FROM = "I may write from"
FORM_TO = "I may write until"
FORM_HOURS_HINT = "Nothing of it comes outside these hours, where each person is."
FORM_UNTIL = "Last day (empty: until you end it)"
FORM_REMINDERS = "Reminders"
FORM_REMIND = "Remind twice: once in the week, once before it closes"
FORM_PREVIEW = "What you order"
FORM_NOBODY = "Nobody chosen yet"
FORM_SEEN = (
    "You will see who finished. Of answers you see only how the whole team did, and only where five people "
    "or more answered. What you send yourself now comes as a direct message."
)
NOT_INVITED = "Invite Mayshare to that channel first: type /invite @Mayshare there. Then save again."
ARCHIVED = "That channel is archived. Choose another one."
NOT_TOLD = "Slack did not answer. Nothing is lost: please save again."

JOIN = "Join: three minutes a week"
JOIN_HERE = (
    "{by} ordered three minutes of practice each week for this group: may I share this? Whoever wants it "
    "taps join below; it then comes to your private chat. {by} sees who finished. Nobody sees your answers."
)
INVITE = "Invite again: {name}"
JOIN_POSTED = "I posted an invitation in the group. Pin it there: who comes later finds it then."
JOINED = "You are in. The next one comes on {day}. To leave, type: leave drills"
LEAVE = "Leave this drill"
JOINED_PAUSED = "You are in. It is paused now: nothing comes until it goes on. To leave, type: leave drills"
JOINED_OVER = "You are in, but no more of it is to come."
SUPERVISOR = "Your supervisor"
SOMEONE = "A supervisor"
LEFT = "You are out of that drill. Nothing more of it comes."
LEFT_ALL = "You are out of the drills here. Nothing more of them comes."
NOT_A_MEMBER = "Only members of that group can join its drill."
NOT_SURE_MEMBER = "I could not find out whether you are in that group. Please try again in a minute."
PLACE_LOST = (
    "I was removed from the group of this drill ({name}), so it is paused: nothing goes out. Bring me back "
    "there, then let it go on."
)
NO_SUCH_DRILL = "That drill is no more."
SAVED = "Ordered."
CHANGED = "Changed."
PAUSED = "Paused. Nothing goes out until you let it go on; what is open can still be done."
ENDED = "Ended. Nothing more goes out; what is open can still be done. Its results stay."
ENDED_FOR_GOOD = "{name}: that drill was ended, for good, so nothing changed. Its results stay."
WENT_ON = "It goes on."
GOING = "Went out on {day}: {made}. Finished so far: {finished}."
NOT_SENT = " Not sent to {number}: they paused, had another drill that week, or I was not running."
NEXT = "The next one goes out on {day} at {at}, where each person is."
NEXT_TODAY = (
    "It goes out today at {at}, where each person is; at once where that is past, except to those who had "
    "theirs this week."
)
NO_NEXT = "No day is left for it: choose a later end."
AUDIENCE = (
    "{name}: it is for {people} as of now. Bots and guests are left out; who joins or leaves is followed."
)
BAD_DAY = "Choose a day."
BAD_TIME = "Choose a time between {first} and {last}, or change the hours."
BAD_UNTIL = "Choose an end after the first day."
BAD_AUDIENCE = "Choose who it is for: a channel, a user group, or people."
BAD_WHAT = "Choose what it is about."
NO_RESULTS = "No week of this drill is over yet. Results come when its first week closes."

WEEK_HEAD = "{name}, the drill of {day}:"
WEEK_DONE = "{finished} of {assigned} finished."
WEEK_NOBODY = "It went out to nobody."
WEEK_MISSED = "To {missed} it could not be sent that day, because the tutor was not running."
WEEK_WHO = "Who finished: {names}"
AND_OTHERS = " and {number} more"
WEEK_RIGHT = "Right the first time, the hardest rule first:"
WEEK_NOT_TOLD = "Not told: rules that fewer than five people answered, or whose figure would tell of someone."
CELL = "{right} of {people}"
CELL_END = "{end} of {people}"
CELL_AGAIN = "{end} of those asked again"
WAS = "at first {said}, on {day}"
SOME = "some"
ADVICE_LINE = "To talk about: {count} of {people} {slipped} ({title}): {advice}."
ADVICE_AGAIN = "To talk about: asked again, some still {slipped} ({title}): {advice}."
ADVICE_CASE = "A case of {minutes} for the meeting: {title} (type: play {id})."
MINUTES = "{number} minutes"
MINUTE = "one minute"
CHART_TITLE = "{name}: right the first time"
CHART_SUBTITLE = "Drill of {day}; {finished} of {assigned} finished."
CHART_FOOT = "Figures over five people or more."
CHART_STRIPED = "Striped: somewhere in that part."
CHART_FIRST = "Thin line: how it was at first."
CHART_BAR = "{label}: {said}."
CHART_FILE = "The team's week as a picture. {text}"
TABLE_FILE = "The team's figures, week by week."
PEOPLE_FILE = "Who finished which week. No answers, no scores."

SLIPS = {
    "over": "shared too much",
    "under": "shared too little",
    "wrong-basis": "went by the wrong rule",
    "too-late": "waited too long",
    "mixed": "shared some too much and some too little",
}
ADVICE = {
    "over": "what is needed, and no more",
    "under": "what may go at once",
    "wrong-basis": "which rule carries it",
    "too-late": "what cannot wait",
    "mixed": "what is needed, and all of it",
}


def what(library: Library, what: str) -> str:
    """Say what a drill is about."""
    kind, _, name = what.partition(".")
    match kind:
        case "law" if name in library.laws:
            return library.laws[name].short
        case "topic" if name in HEADINGS:
            heading: str = next(title for id, title in HEADINGS.items() if id == name)
            return heading.partition(":")[0].partition(",")[0]
        case "story" if name in library.editions:
            return library.editions[name].scenario.title
        case _:
            return NEEDS


def day(one: date) -> str:
    """Name a day: Monday, November 30."""
    return f"{WEEKDAYS[one.weekday()]}, {one:%B} {one.day}"


def time(minutes: int) -> str:
    """Name a time of day: 9:00 a.m."""
    hour, minute = divmod(minutes, 60)
    return f"{(hour - 1) % 12 + 1}:{minute:02d} {'a.m.' if hour < 12 else 'p.m.'}"


def drill_name(drill: Drill) -> str:
    """Name a drill on a button, by its audience."""
    if drill.audience.name:
        return drill.audience.name
    return people(len(drill.audience.ids)) if drill.audience.kind == "people" else "the drill"


def people(number: int) -> str:
    """Say how many people."""
    return "1 person" if number == 1 else f"{number} people"


def described(library: Library, drill: Drill) -> str:
    """Say who, what, when, until, in one line."""
    return f"{drill_name(drill)}: {order(drill, what(library, drill.what))}"


def order(drill: Drill, about: str) -> str:
    """Say what, when, until; `about` names what it is about."""
    state = {"on": "", "paused": " Paused.", "ended": " Ended."}[drill.state]
    until = f", until {day(drill.until)}, {drill.until.year}" if drill.until else ""
    reminders = "two reminders" if drill.reminders else "no reminders"
    return (
        f"{about}, each {WEEKDAYS[drill.weekday]} at "
        f"{time(drill.at)} where each person is{until}; {reminders}.{state}"
    )


def told(titles: Sequence[str]) -> str:
    """Write the titles of rules as a list."""
    return "\n".join(f"- {title}" for title in titles)

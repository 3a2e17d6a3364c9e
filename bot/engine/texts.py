"""What the tutor says in its own voice. One place, so that another language can stand beside it."""

from __future__ import annotations

import functools
import re
from datetime import datetime

from bot.model import Slip, Team

WELCOME = (
    "Mayshare trains one question: may I share this? Play short stories, or ask what the privacy laws say.\n"
    "It is training, not legal advice. It keeps nothing you type, but please leave out real names."
)
HELLO_AGAIN = "Welcome back. Here is where you were."
HELLO_KNOWN = "Welcome back. What next? You can also type a question about the law at any time."
MENU = "What next? You can also type a question about the law at any time."
HELP = (
    "Words you can type:\n"
    "start, menu - where everything is\n"
    "learn - short pieces: why sharing matters\n"
    "play - the stories; then back, restart, leave, resume\n"
    "ask - ask the law; or just type your question\n"
    "laws - browse the law, heading by heading\n"
    "progress - what you have played, and what to revisit\n"
    "practice - three minutes of what you need most; pause, unpause - the weekly drills\n"
    "drills - for supervisors: order them, see how the team does\n"
    "settings - your role and your state\n"
    "link - be one person on Slack and Telegram; unlink - be two again\n"
    "my data - see, take away or erase what is kept\n"
    "In a story, type the letter of your answer, or a question at any point."
)
ASK = (
    "Ask in your own words, as you would ask a colleague: who wants what, and why?\n"
    "Leave names out. What you type is not kept."
)
PLAY = "Stories to play"
LEARN = "Short pieces to read"
NOTHING_TO_PLAY = "There is nothing here to play yet."
NO_SUCH_STORY = "There is no story of that name. These are the ones I have"
NO_SUCH_RULE = "There is no rule of that name here. Ask in your own words, and I will look."
OLD_BUTTON = "That button belongs to an earlier step. Nothing changed. Here is where you are."
OLD_BUTTON_NO_RUN = "That button belongs to a story that is over. Nothing changed."
FIRST_STEP = "This is the first step: there is nothing to go back to."
NO_RUN = "No story is open."
LEFT = "You left the story. Your place is kept. To go on, type: resume"
PARKED = "Your place in the other story is kept."
ALREADY_IN = "You are in the middle of this story. To begin it again, type: restart"
STORY_CHANGED = (
    "This story was rewritten since you began, and the old version is gone. Please start it again."
)
MISSED_LETTER = "This step has no such letter. Here it is again."
ONE_LETTER = "Pick one letter here."
NO_NUMBER = "There is no such number here."
NO_LETTERS = "There is nothing to choose here. To go on, type: go on"
UNTICKED = "Nothing is ticked yet. Tick what belongs, or type none."
TICKED = "Ticked."
TAKEN_OUT = "Taken out."
NAMES_OUT = (
    "One more thing: your question seems to name or number a person. I keep nothing you type, "
    "but this chat might. Please leave names and numbers out, and delete that message if you can."
)
IN_STORY = "If that was your answer, type its letter. If it was a question: "
UNKNOWN = (
    "I have no answer to that, and I do not guess. I know what federal law says on sharing information about "
    "young people. If it is about that, try again with three things: "
    "who holds the information, who wants it, and what for. Or ask {counsel}."
)
WRONG_ANSWER = "Wrong answer?"
MISLED = (
    "Thank you. I noted that this rule was no answer, not what you asked. Ask once more, and say who holds "
    "the information, who wants it, and what for; or look at a neighbor of that rule."
)
UNCHECKED_SHORT = "Not checked in full: see More on this rule."
UNCHECKED = "Not checked in full: {what}"
STATE_NOTE = "State law can be stricter; {state}'s is not in here yet. Ask {counsel} about it."
ANY_STATE_NOTE = "State law can be stricter. Ask {counsel} about yours."
POLICY_NOTE = " Your agency's own policy: {policy}"
TEAM_SET = "{value} (set for your team)"
SETTINGS = (
    "Your role: {role}. Your state: {state}.\n"
    "To set your state, type settings and its name, like: settings Ohio"
)
UNSET = "not set"
NO_SUCH_SETTING = (
    "That is no role or state I know. Pick a role below, or type settings and the name of a state."
)
ERASE_ASK = (
    "This erases everything kept about you: your place, your answers, your settings. "
    "It cannot be undone. To do it, press the button or type: erase everything"
)
ERASED = "Everything kept about you is erased. To begin anew, type: start"
ERASE_OLD = "That button belongs to a record that is already gone. Nothing changed."
LAWS = "The laws I know, each under the same ten headings ({first} to {last} of {all}):"
ALL_LAWS = "The laws, each by its id; mayshare laws and an id shows its headings:"
PART_OF = " ({first} to {last} of {all})"
MORE_STORIES = "More stories"
MORE_LAWS = "More laws"
NO_SUCH_LAW = "There is no law or heading of that name here. These are the ones I have:"
HEADING_PAGE = "{law}: {heading} ({first} to {last} of {all})"
MORE_RULES = "More rules"
NOTHING_PLAYED = "You have not finished a story yet."
SET_ASIDE = (
    "I could not handle your last message. It is not kept, and your place is safe. "
    "Type resume to go on, or start for the menu."
)

MORE = "More on this rule"
BACK_TO_STORY = "Back to the story"
GO_ON = "Go on"
DONE = "Done"
BACK = "Back"
RESTART = "Restart"
LEAVE = "Leave"
RESUME = "Resume"
RESUME_OTHER = "Go on with the other story"
PLAY_AGAIN = "Play again"
MENU_BUTTON = "Menu"
ASK_BUTTON = "Ask the law"
PLAY_BUTTON = "Play a story"
LAWS_BUTTON = "Browse the laws"
LEARN_BUTTON = "Learn: short pieces"
PROGRESS_BUTTON = "My progress"
SETTINGS_BUTTON = "Settings"
MY_DATA_BUTTON = "My data"
HELP_BUTTON = "All I can do"
TAKE_AWAY = "Take it away"
ERASE = "Erase it all"
ERASE_YES = "Yes, erase everything"
KEEP = "No, keep it"
FORGET_ROLE = "No role"
FORGET_STATE = "No state"

LINK_CODE = (
    "Your code: {code}\n"
    "Within {minutes} minutes, send this to me on the other platform: link {code}\n"
    "It works once. Give it to nobody: whoever sends it becomes you here.\n"
    "On Telegram I am {address}"
)
LINK_ALONE = "Only one platform is set up here, so there is nothing to link."
LINKED = (
    "Linked. Slack and Telegram now know you as one: one place, one set of results. "
    "What you set in Slack holds. To be two again, type: unlink"
)
LINKED_NOTICE = (
    "An account on the other platform was just linked to you: it now shares your place and your results. "
    "If that was not you, type: unlink"
)
CODE_WRONG = (
    "That code fits nothing. It may be mistyped, used or too old. For a new one, type link on the other "
    "platform."
)
CODE_SPENT = "Too many codes that fit nothing. Please try again in an hour."
CODE_SAME = "That code was made on the platform you are on. Send it to me on the other one."
NOT_LINKED = "Nothing is linked. To be one person on Slack and Telegram, type: link"
UNLINKED = "Unlinked. All that is kept stays here; the other account begins anew."
UNLINKED_HERE = "Unlinked. What was kept stays with your other account; here you begin anew. Type: start"

IN_PRIVATE = "That opens in our private chat, where only you read along. Questions I answer here: /ask"
OPEN_PRIVATE = "Open our private chat"
PRIVATELY = "That is about you alone, so I sent it to you directly."
POSTED = "From Mayshare, posted by someone here:"
POST_FOR_ALL = "Post this answer for all"

HOME_HELLO = (
    "May I share this? Play short stories, or ask what the privacy laws say. "
    "It is training, not legal advice. What you type is never kept.\n"
    "What you press here is answered in the Messages tab."
)
HOME_GOING = "You are in the middle of: {title}, {place}."
HOME_WEEK = "Your team"
HOME_GOING_OLD = "You are in the middle of: {title}."
HOME_NOT_BEGUN = "about {minutes} min"
TEAM_BUTTON = "Change the team's settings"
TEAM_HOW = (
    "Administrators of this group change it so:\n"
    "/team state Ohio\n/team role school\n/team counsel Legal office, 555-0100\n"
    "/team hours weekdays 9 to 5\n/team policy https://example.org/policy\n"
    "To take one away, end it with: none"
)
SUPERVISOR_HOW = (
    "Reply to a message of the person with /supervisor: they may then order drills here, as administrators "
    "may. Reply with /supervisor remove to take it back."
)
SUPERVISOR_ADDED = (
    "Done. They may order drills here, and see who finished them. To take it back, reply: /supervisor remove"
)
SUPERVISOR_REMOVED = "Done. They may not order drills here any more, unless they are an administrator."
SUPERVISOR_NOBODY = (
    "That message is from nobody I can name: from a bot, a channel, or someone who writes as the group. "
    "Nothing changed."
)
SUPERVISORS_FULL = "There are {most} supervisors here already. Nothing changed."
TEAM_ALONE = "Each group has its own settings. Type /team in the group to see them."
TEAM_USE = "Use them in my private chat"
TEAM_PICKED = "Done. From now on that group's settings hold for you here, where you set nothing of your own."
TEAM_LINKED = "You are linked with Slack: what its administrators set holds for you. Nothing changed."
NOT_SURE_MEMBER = "I could not find out whether you are in that group. Please try again in a minute."
TEAM_NOT_YOURS = "Only a member of that group can use its settings. Nothing changed."
TEAM_NO_FIELD = "There is no such setting. Nothing changed."
TEAM_ROLES = "A role is one of: {roles}."
TEAM_BAD = "Nothing changed. {why}"
ONLY_GROUP_ADMINS = "Only an administrator of this group can change the team's settings. Nothing changed."
ONLY_ADMINS = "Only an administrator of this workspace can change the team's settings. Nothing changed."
NOT_SURE_ADMIN = (
    "I could not find out whether you are an administrator, so nothing changed. Please try again in a minute."
)
TEAM_SAVED = "The team's settings are saved. They hold for everybody here, from the next answer on."
BAD_POLICY = "Give the whole address, which begins with https://"
TOO_LONG = "That is too long: {most} characters at most."
NO_SUCH_STATE = "Give a state's name or its two letters, like Ohio or OH."
NO_SUCH_ROLE = "Pick one of the roles in the list."

ASK_EXAMPLE = "May a school tell a probation officer how often a student was absent?"
PROMPT_RESUME = "Go on where I was"
PROMPT_PLAY = "Play a story"
PROMPT_LEARN = "Why sharing matters"
PROMPT_ASK = "Ask what the law says"

NO_VERDICT = ""
SLIPS: dict[Slip, str] = {
    "over": "It shares too much.",
    "under": "It shares too little.",
    "wrong-basis": "The rule does not carry it: something is missing.",
    "too-late": "It comes too late.",
}
PICKED_EXACT = "Lawful, and it helps: just what is needed."
PICKED_OVER = "Not lawful as it is: some of this may not go."
PICKED_UNDER = "Lawful, but too little: something they need is missing."
PICKED_OWED = "Not lawful as it is: something that must be given is missing."
PICKED_MIXED = "Not lawful as it is: some of this may not go, and something they need is missing."


def verdict(*, lawful: bool, helps: bool, slip: Slip | None) -> str:
    """Say in words whether an answer was lawful and whether it helped, apart."""
    if lawful and helps:
        return "Lawful, and it helps."
    if lawful and slip == "wrong-basis":
        return "Lawful, but it does not help. It goes by the wrong rule."
    if lawful:
        said = "Lawful, but it does not help."
    elif helps:
        said = "It helps, but it is not lawful."
    else:
        said = "Not lawful, and it does not help."
    return f"{said} {SLIPS[slip]}" if slip else said


def myth(says: str, why: str) -> str:
    """Set a common belief beside what is true."""
    return f"Often believed: {says} But: {why}"


@functools.lru_cache(maxsize=8192)  # authors' texts only: nothing that a person typed comes here
def prose(text: str) -> str:
    """Let an author's lines run on: a blank line parts paragraphs, "- " begins a line of a list."""
    paragraphs = re.split(r"\n\s*\n", text.strip())
    return "\n\n".join(re.sub(r"\s*\n\s*(?!\s|- )", " ", paragraph) for paragraph in paragraphs)


def counsel(team: Team) -> str:
    """Name whom to ask: by the name the team's administrators gave, with the hours, where they did."""
    if not team.counsel:
        return "your agency's counsel"
    return f"your counsel ({team.counsel}; {team.hours})" if team.hours else f"your counsel ({team.counsel})"


def team_settings(team: Team, role: str) -> str:
    """Say what administrators have set for the whole team, and what they have not."""
    return (
        f"Set for the whole team: home state {STATES.get(team.state or '', UNSET)}; role {role or UNSET}; "
        f"counsel {team.counsel or UNSET}; their hours {team.hours or UNSET}; policy {team.policy or UNSET}."
    )


def team_in_group(team: Team, role: str) -> str:
    """Say what is set for a group, a line each."""
    return "\n".join(
        (
            "Set for this group:",
            f"- home state: {STATES.get(team.state or '', UNSET)}",
            f"- role: {role or UNSET}",
            f"- counsel: {team.counsel or UNSET}",
            f"- their hours: {team.hours or UNSET}",
            f"- policy: {team.policy or UNSET}",
            f"- supervisors, beside the administrators: {len(team.supervisors) or 'none'}",
        )
    )


def conditions_left(count: int) -> str:
    """Say that a rule has conditions which the short form has no room for."""
    return f"Before you act: it has {count} conditions. See More on this rule."


def heading(name: str) -> str:
    """Name a chapter of a law on a button, by the words before its colon or comma."""
    return name.partition(":")[0].partition(",")[0]


def place(at: int, about: int) -> str:
    """Say how far along a story is, in words."""
    return f"step {at} of about {about}" if about > at else f"step {at}, near the end"


def summary(lawful: int, helpful: int, decisions: int) -> str:
    """Sum up a path: how many of its decisions were lawful, and how many helped."""
    if not decisions:
        return ""
    return f"Lawful: {lawful} of your {decisions} decisions. Helpful: {helpful} of {decisions}."


def picked(count: int, total: int) -> str:
    """Name a pick in a debrief by how much was put in."""
    return f"You put in {count} of {total}."


def finished(title: str, times: int, best: int, decisions: int) -> str:
    """One line of the progress page."""
    again = "once" if times == 1 else f"{times} times"
    score = f"; last time {best} of {decisions} decisions lawful and helpful" if decisions else ""
    return f"{title}: finished {again}{score}"


def play_button(title: str, minutes: int, *, going: bool, done: bool) -> str:
    """Label a story in a list: its title, how long it takes, and whether it was begun or finished."""
    state = ", begun" if going else ", finished" if done else ""
    return f"{title} ({minutes} min{state})"


EXPORT_NAME = "mayshare-my-data.json"
EXPORT_FILE = "All that Mayshare keeps about you, as a file."
EXPORT_ABOUT = (
    "All that Mayshare keeps about this learner. What was typed is not in it, because it is never kept. "
    "Each answer: which choices, which rule, lawful or not, helpful or not, and when."
)


def my_data(
    *,
    role: bool,
    state: bool,
    open_runs: int,
    finished: int,
    answers: int,
    since: datetime | None,
    linked: int = 0,
    rules: int = 0,
    drills: int = 0,
) -> str:
    """Say what is kept about a learner, and what never is."""
    settings = [name for name, is_set in (("role", role), ("state", state)) if is_set]
    kept = [
        f"- your settings: {' and '.join(settings) or 'none'}",
        f"- stories: {open_runs} open, {finished} finished",
        f"- answers: {answers}" + (f", since {since:%B} {since.day}, {since.year}" if since else ""),
        *([f"- rules to ask you again some day: {rules}"] if rules else []),
        *([f"- drills you are in or ordered, and what became of them: {drills} notes"] if drills else []),
        *([f"- linked accounts: {linked} (to part them, type: unlink)"] if linked else []),
    ]
    return "\n".join(
        (
            "What is kept about you:",
            *kept,
            "An answer is kept as the choice, its rule, whether it was lawful and helpful, and when.",
            "What you type is never kept. The ids of events are kept for 72 hours; they do not name you.",
        )
    )


STATES: dict[str, str] = {
    "AL": "Alabama", "AK": "Alaska", "AZ": "Arizona", "AR": "Arkansas", "CA": "California", "CO": "Colorado",
    "CT": "Connecticut", "DE": "Delaware", "DC": "District of Columbia", "FL": "Florida", "GA": "Georgia",
    "HI": "Hawaii", "ID": "Idaho", "IL": "Illinois", "IN": "Indiana", "IA": "Iowa", "KS": "Kansas",
    "KY": "Kentucky", "LA": "Louisiana", "ME": "Maine", "MD": "Maryland", "MA": "Massachusetts",
    "MI": "Michigan", "MN": "Minnesota", "MS": "Mississippi", "MO": "Missouri", "MT": "Montana",
    "NE": "Nebraska", "NV": "Nevada", "NH": "New Hampshire", "NJ": "New Jersey", "NM": "New Mexico",
    "NY": "New York", "NC": "North Carolina", "ND": "North Dakota", "OH": "Ohio", "OK": "Oklahoma",
    "OR": "Oregon", "PA": "Pennsylvania", "RI": "Rhode Island", "SC": "South Carolina", "SD": "South Dakota",
    "TN": "Tennessee", "TX": "Texas", "UT": "Utah", "VT": "Vermont", "VA": "Virginia", "WA": "Washington",
    "WV": "West Virginia", "WI": "Wisconsin", "WY": "Wyoming",
}  # fmt: skip

"""Reading messages as a person does."""

from __future__ import annotations

from tests.telegram.records import Posted


def text_of(posted: Posted) -> str:
    """All a person reads: the file's name in () or (photo), the text, each row of buttons as [label]."""
    file = [f"({posted.document})"] if posted.document is not None else []
    file += ["(photo)"] if posted.photo is not None else []
    rows = [" ".join(f"[{label}]" for label, _ in row) for row in posted.keyboard]
    return "\n".join([*file, *([posted.text] if posted.text else []), *rows])


def find_button(posted: Posted, wanted: str) -> tuple[str, str]:
    """The one button with this label, callback_data or letter, as its label and value."""
    there = [button for row in posted.keyboard for button in row]
    for fits in (
        [each for each in there if each[0] == wanted],
        [each for each in there if each[1] == wanted],
        [each for each in there if _letter(each[0]) == _letter(wanted)],
    ):
        if len(fits) == 1:
            return fits[0]
        assert not fits, f"{len(fits)} buttons are {wanted!r}: {[each[0] for each in there]}"
    raise AssertionError(f"no button {wanted!r}; there are {[each[0] for each in there]}")


def _letter(label: str) -> str:
    """`a`, `A`, `a.` and `A)` are one letter; anything longer is itself, without regard to case."""
    return label.strip().rstrip(".)").casefold()

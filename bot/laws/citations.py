"""Citations: pinpoints as we write them, and where the official text stands."""

from __future__ import annotations

import functools
import re

_CITE = re.compile(
    r"(?P<title>[1-9]\d?) (?P<code>CFR|USC) "
    r"(?:Part (?P<part>\d{1,4}[a-z]*)|(?P<section>\d+[a-z]*(?:[.-]\d+[a-z]*)*))"
    r"(?P<paragraphs>(?:\([0-9A-Za-z]{1,5}\))*)\Z",
    re.ASCII,
)
_CASE = re.compile(  # the Supreme Court's own reports
    r"(?P<volume>[1-9]\d{0,2}) US (?P<page>[1-9]\d{0,3})\Z", re.ASCII
)


@functools.lru_cache(maxsize=8192)  # of authors' texts only
def is_citation(text: str) -> bool:
    """Say whether a text is a pinpoint as we write them: "34 CFR 99.31(a)", "20 USC 1232g", "518 US 1"."""
    return _CITE.match(text) is not None or _CASE.match(text) is not None


@functools.lru_cache(maxsize=8192)
def official_url(cite: str) -> str:
    """
    Give the address of the official text of a citation: eCFR, the Office of the Law Revision Counsel, or
    for a judgment of the Supreme Court the United States Reports at the Library of Congress.

    Raises:
        ValueError: the text is no citation.
    """
    case = _CASE.match(cite)
    if case is not None:
        return f"https://www.loc.gov/item/usrep{int(case['volume']):03d}{int(case['page']):03d}/"
    found = _CITE.match(cite)
    if found is None:
        raise ValueError(f"{cite!r} is no citation; write it like '34 CFR 99.36(c)' or '20 USC 1232g(b)(1)'")
    title, code = found["title"], found["code"]
    if code == "CFR" and found["part"]:
        return f"https://www.ecfr.gov/current/title-{title}/part-{found['part']}"
    if code == "CFR":
        return f"https://www.ecfr.gov/current/title-{title}/section-{found['section']}"
    return (
        f"https://uscode.house.gov/view.xhtml?req=granuleid:USC-prelim-title{title}-section{found['section']}"
    )

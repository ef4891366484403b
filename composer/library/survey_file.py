"""The survey of a module's front matter: its answers, their labels in every language, and the questions that follow.

`answers = ["1", "2"]` with `answer_1`, `answer_2` in every language; `[follow_up]` with `NAME = ["1"]` and `ask_NAME` in every language.
The body links each answer to `{{ link }}?a=ANSWER`: the page behind it asks once more, by a button, so that no scanner answers.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from composer.domain.survey import Survey
from composer.library.front_matter import SourceFile

KEYS = ("answers",)
TABLE = "follow_up"
MOST = 11
"""Answers of one question: 0 to 10 is the longest scale there is a use for."""
_WORD = re.compile(r"[a-z0-9_]{1,30}")


def read_survey(source: SourceFile, plain: Mapping[str, Mapping[str, str]]) -> Survey | None:
    """Return the survey, None where the module asks nothing. `plain` are the texts by language; faults go to `source.findings`."""
    answers = source.values.get("answers")
    if answers is None:
        if TABLE in source.values:
            source.at_key((TABLE,), 'follow_up belongs to a survey: add answers = ["..."]')
        return None
    if not _words(answers) or not 2 <= len(answers) <= MOST or len(set(answers)) != len(answers):
        source.at_key(("answers",), f'answers are 2 to {MOST} different words of a-z, 0-9 and _, like ["1", "2", "3"]')
        return None
    follow_ups = _follow_ups(source, answers)
    named = dict.fromkeys(follow_ups.values())
    for language, words in plain.items():
        for key in (*(label_key(answer) for answer in answers), *(ask_key(name) for name in named)):
            if not words.get(key, "").strip():
                source.at_key((language,), f"[{language}] has no {key}, which the survey's page says: add it")
    return Survey(
        tuple(answers),
        {language: {answer: words.get(label_key(answer), "") for answer in answers} for language, words in plain.items()},
        follow_ups,
        {language: {name: words.get(ask_key(name), "") for name in named} for language, words in plain.items()},
    )


def page_keys(survey: Survey | None) -> frozenset[str]:
    """The keys of a language that only the survey's page says."""
    return frozenset(map(ask_key, survey.follow_ups.values())) if survey else frozenset()


def check_survey(source: SourceFile, survey: Survey | None, text: str) -> None:
    """Check that body and text twin lead to every answer, and to no other."""
    for place, template in (("body", source.body), ("text", text)) if survey else ():
        linked = re.findall(r"\{\{\s*link\s*\}\}(?:\?a=([^\s\"'#&]*))?", template)
        assert survey is not None
        for answer in survey.answers:
            if answer not in linked:
                _told(source, place, f"no link to the answer '{answer}': write {{{{ link }}}}?a={answer}")
        for word in sorted(set(linked) - set(survey.answers)):
            _told(source, place, f"'{word}' is no answer: link to {{{{ link }}}}?a= and one of {', '.join(survey.answers)}")


def label_key(answer: str) -> str:
    return f"answer_{answer}"


def ask_key(name: str) -> str:
    return f"ask_{name}"


def _follow_ups(source: SourceFile, answers: list[str]) -> dict[str, str]:
    table = source.values.get(TABLE, {})
    if not isinstance(table, dict):
        source.at_key((TABLE,), 'follow_up is a table: NAME = ["1", "2"] for the answers it follows')
        return {}
    found: dict[str, str] = {}
    for name, after in table.items():
        if not _WORD.fullmatch(name) or not _words(after):
            source.at_key((TABLE, name), f'follow_up.{name} is a list of answers, like ["1", "2"], under a name of a-z, 0-9 and _')
            continue
        for answer in after:
            if answer not in answers or answer in found:
                wrong = "follows two questions" if answer in found else "is no answer"
                source.at_key((TABLE, name), f"follow_up.{name}: '{answer}' {wrong}")
            found[answer] = name
    return found


def _words(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(word, str) and _WORD.fullmatch(word) for word in value)


def _told(source: SourceFile, place: str, message: str) -> None:
    if place == "body":
        source.in_body(0, message)
    else:
        source.at_key(("text",), f"in the text twin: {message}")

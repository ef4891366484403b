"""Surveys: the question a link asks, and keeping what was answered by its button.

Looking at the page keeps nothing, so the link stands in letters of every level. An answer is the person's own act: it needs no
consent to measuring clicks, and where they gave that one, too, it counts as a click on the block, made by a human.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from composer.app import App
from composer.domain.observed import Ask, Look
from composer.domain.survey import Answer, Survey, revised
from composer.domain.tokens import Subject, read_survey_token
from composer.errors import ComposerError
from composer.pipeline.observing import observe
from composer.store.answers import answer_of, keep_answer
from composer.store.engine import reading, writing
from composer.store.letters import letter_of


@dataclass(frozen=True, slots=True)
class Question:
    """A block's question, and what this person answered so far. `language` is the letter's."""

    subject: Subject
    letter: int
    recipient: int
    position: int
    module: str
    language: str
    titles: dict[str, str]
    survey: Survey
    answered: Answer | None
    answered_at: datetime | None


def find_question(app: App, token: str) -> Question | None:
    """Return what a survey link asks; None where the token, the letter, its recipient or its question is unknown.

    Of a letter that has not left nobody can have the link.
    """
    named = read_survey_token(app.keys, token)
    if named is None:
        return None
    subject, position = named
    with reading(app.engine) as db:
        letter = letter_of(db, subject)
        if letter is None or not letter.frozen or letter.newsletter is None:
            return None
        block = next((block for block in letter.newsletter.blocks if block.position == position), None)
        found = _survey(app, db, letter.library_version, block.module) if block else None
        if block is None or found is None:
            return None
        given = answer_of(db, letter.number, position)
    survey, titles = found
    answer, at = given or (None, None)
    language = letter.newsletter.language
    return Question(subject, letter.number, letter.recipient, position, block.module, language, titles, survey, answer, at)


def answer_question(app: App, question: Question, answer: str, asked: str, text: str, language: str, now: datetime) -> Answer:
    """Keep an answer (one of the survey's) and return what is kept; it is committed when this returns."""
    with writing(app.engine) as db:
        before = answer_of(db, question.letter, question.position)
        kept = revised(before[0] if before else None, answer, asked, text)
        keep_answer(db, question.recipient, question.letter, question.position, question.module, kept, language, now)
    observe(app, [Look(question.subject, Ask.clicked, question.position, now, (), question.module)])
    return kept


def _survey(app: App, db: Connection, version: str, module: str) -> tuple[Survey, dict[str, str]] | None:
    """The question as the letter asked it, with its titles by language; as the module asks today where that library is gone."""
    try:
        library = app.frozen_library(db, version).library
    except ComposerError:
        try:
            library = app.library().library
        except ComposerError:
            return None
    column = library.index.get(module)
    found = library.modules[column] if column is not None else None
    if found is None or found.survey is None:
        return None
    return found.survey, {language: found.title(language) for language in found.languages}

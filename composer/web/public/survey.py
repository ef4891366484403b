"""`/s/{t}?a=ANSWER`: a letter's one question. GET asks it, with the answer of the link chosen; only POST answers.

Whoever sends an answer is asked once why, under the question that follows this answer; leaving it empty is an answer, too.
"""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from composer.domain.survey import LONGEST_TEXT, Answer
from composer.pipeline.surveys import Question, answer_question, find_question
from composer.web.forms import read_form
from composer.web.site import site_of


def show(request: Request) -> Response:
    question = _question(request)
    wanted = request.query_params.get("a", "")
    chosen = wanted if wanted in question.survey.answers else question.answered.answer if question.answered else ""
    return _page(request, question, chosen)


async def answer(request: Request) -> Response:
    """Keep the answer and say so. A body without one of our answers (a scanner's, a broken one) changes nothing: 422."""
    return await run_in_threadpool(_answer, request, await read_form(request))


def _answer(request: Request, form: FormData) -> Response:
    site, question = site_of(request), _question(request)
    chosen, asked, text = (str(form.get(name, "")) for name in ("answer", "asked", "text"))
    if form.get("form") != "survey" or chosen not in question.survey.answers:
        return _page(request, question, "", refused=True)
    language = _spoken(question, site.language(request, question.language))
    asked = asked if question.survey.ask(asked, language) else ""
    kept = answer_question(site.app, question, chosen, asked, text if asked else "", language, site.clock())
    return _page(request, question, chosen, kept=kept, seen=asked)


def _page(
    request: Request, question: Question, chosen: str, *, kept: Answer | None = None, seen: str = "", refused: bool = False
) -> Response:
    site, survey = site_of(request), question.survey
    language = site.language(request, question.language)
    spoken = _spoken(question, language)
    follow = survey.follow_ups.get(chosen, "")
    if kept is not None and seen == follow:
        follow = ""  # they were asked already
    at = question.answered_at
    return site.page(
        request,
        "survey.html",
        question.language,
        422 if refused else 200,
        question=question.titles.get(spoken, ""),
        spoken=spoken,
        answers=[(answer, survey.label(answer, spoken)) for answer in survey.answers],
        chosen=chosen,
        label=survey.label(chosen, spoken),
        follow=follow,
        ask=survey.ask(follow, spoken),
        text=question.answered.text if question.answered and question.answered.asked == follow and kept is None else "",
        longest=LONGEST_TEXT,
        kept=kept,
        refused=refused,
        at=site.moment(at, language) if at else "",
        here=request.url.path,
    )


def _spoken(question: Question, language: str) -> str:
    """The language the module asks in: the page's where it speaks it, else the letter's."""
    return language if language in question.titles else question.language


def _question(request: Request) -> Question:
    question = find_question(site_of(request).app, request.path_params["t"])
    if question is None:
        raise HTTPException(404)
    return question


ROUTES = [Route("/s/{t}", show, methods=["GET"]), Route("/s/{t}", answer, methods=["POST"])]

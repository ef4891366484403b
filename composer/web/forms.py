"""The forms of recipients' pages as they were sent."""

from __future__ import annotations

from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request


async def read_form(request: Request, most: int = 10) -> FormData:
    """The form of a POST, with so many fields at the most; an empty one where the body is none (a scanner's, a broken one)."""
    try:
        return await request.form(max_files=0, max_fields=most)
    except HTTPException as error:
        if error.status_code != 400:
            raise
        return FormData()


def words_of(form: FormData, name: str) -> list[str]:
    """The words of a field that may stand more than once."""
    return [value for value in form.getlist(name) if isinstance(value, str) and 0 < len(value) <= 100]

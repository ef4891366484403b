"""The web: recipients' pages, operators' pages and the API, found by file name.

Adding a page: a file in public/, desk/ or api/ with `ROUTES`, a list of Starlette routes, and its template in
templates/pages/. Its words go into every file of templates/pages/texts/. `tests/web/test_every_page.py` runs over all pages.
"""

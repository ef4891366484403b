"""The kinds of import: how a batch of read lines is judged against the store and saved."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from composer.app import App
from composer.domain.consent import CLICKS, LETTERS, OWN_SOURCES, PROFILING, TOPIC, Basis, ConsentRow, State, unfit_basis
from composer.domain.event import KINDS as EVENT_KINDS
from composer.pipeline.import_report import ImportReport
from composer.store.choices import same_person
from composer.store.consents import append, granted, ledger_lines, suppress
from composer.store.events import save_events
from composer.store.orders import save_orders
from composer.store.outcomes import attribute_clicks
from composer.store.products import name_products, product_numbers, save_products, unknown_products
from composer.store.recipients import key_of, known_recipients, save_recipients, sharing_an_address
from composer.store.upsert import Touched

Line = tuple[int, dict[str, Any]]
"""Line number and {field: value} of a row whose cells are all well."""
Save = Callable[[list[Line], tuple[str, ...]], Touched]
"""Save a batch, setting the given fields, and tell how many rows are new or altered. Rows it refuses it reports."""
IMPORT = "import"


def _recipients(app: App, db: Connection, _now: datetime, report: ImportReport) -> Save:
    def save(batch: list[Line], given: tuple[str, ...]) -> Touched:
        rows = [{"language": app.settings.defaults.language, **values} for _, values in batch]
        touched = save_recipients(db, app.key, rows, given)
        shared = sharing_an_address(db, [values["recipient_id"] for _, values in batch])
        for line, values in batch:
            if values["recipient_id"] in shared:
                report.notes.add(line, "address of an earlier recipient too, one letter goes to the first")
        return touched

    return save


def _products(_app: App, db: Connection, _now: datetime, _report: ImportReport) -> Save:
    return lambda batch, given: save_products(db, [values for _, values in batch], given)


def _consents(app: App, db: Connection, now: datetime, report: ImportReport) -> Save:
    """Ledger lines. Without `at` a line is new only where the same was not said before; it then holds from now on."""
    people = known_recipients(db)

    def save(batch: list[Line], _given: tuple[str, ...]) -> Touched:
        numbers = {people[values["recipient_id"]] for _, values in batch if values["recipient_id"] in people}
        said = ledger_lines(db, sorted(numbers))
        rows: list[tuple[int, ConsentRow]] = []
        for line, values in batch:
            number = people.get(values["recipient_id"])
            if number is None:
                report.refused.add(line, "no such recipient")
                continue
            row = _consent(app, values, now)
            if row.state is State.granted and (unfit := unfit_basis(row.purpose, row.basis, row.note)):
                report.refused.add(line, unfit)
                continue
            key = (number, row.purpose, row.state.value, row.source, row.wording)
            if "at" in values or key not in said:
                rows.append((number, row))
            said.add(key)
        return Touched(append(db, rows, now))

    return save


def _consent(app: App, values: Mapping[str, Any], now: datetime) -> ConsentRow:
    basis, state = Basis(values.get("basis", "consent")), State(values["state"])
    settings = app.settings.consent
    weighed = settings.interest_profiling if values["purpose"] == PROFILING else settings.interest_letters
    note = values.get("note", "") or (weighed if basis is Basis.interest and state is State.granted else "")
    return ConsentRow(
        values["purpose"],
        state,
        _source(values.get("source", ""), state),
        values.get("at", now),
        basis,
        values.get("wording", ""),
        proof=values.get("proof", ""),
        note=note,
    )


def _source(word: str, state: State) -> str:
    """`import` or `import:WORD`: a file can never grant in the person's name. A withdrawal it may pass on as the person's own."""
    if not word or word == IMPORT or word.startswith(f"{IMPORT}:"):
        return word or IMPORT
    return word if state is State.withdrawn and word in OWN_SOURCES else f"{IMPORT}:{word}"


def _orders(_app: App, db: Connection, _now: datetime, report: ImportReport) -> Save:
    resolve = _resolver(db, report)

    def save(batch: list[Line], given: tuple[str, ...]) -> Touched:
        rows = resolve(batch)
        for line, values in rows:
            if values.get("quantity") == 0:
                report.warnings.add(line, "quantity 0, kept: what may have been bought is not offered")
            elif values.get("quantity", 1) < 0:
                report.notes.add(line, "quantity below zero, counts as a return")
        return save_orders(db, [values for _, values in rows], _numbered(given))

    return save


COMPLAINT = "complaint"
_ENDS = {"unsubscribed": "unsubscribe", "spam_complaint": COMPLAINT}
"""Kinds of event that end all letters to a person, and the ledger's word for where that came from."""


def _events(_app: App, db: Connection, now: datetime, report: ImportReport) -> Save:
    resolve = _resolver(db, report)

    def save(batch: list[Line], given: tuple[str, ...]) -> Touched:
        rows = resolve(batch)
        for line, values in rows:
            if values["kind"] not in EVENT_KINDS:
                report.notes.add(line, "unknown kind of event, never scored")
        touched = save_events(db, [values for _, values in rows], _numbered(given))
        clicks = [(v["recipient"], v["module"], v["occurred_at"]) for _, v in rows if v["kind"] == "clicked" and v.get("module")]
        allowed = granted(db, sorted({recipient for recipient, *_ in clicks}))
        clicks.sort(key=lambda click: click[2])  # a showing keeps its first click, in whatever order a file has them
        attribute_clicks(db, [click for click in clicks if CLICKS in allowed.get(click[0], frozenset())])
        for _, values in rows:
            if values["kind"] in _ENDS:
                _end_letters(db, values["recipient"], _ENDS[values["kind"]], values["occurred_at"], now)
        return touched

    return save


def _end_letters(db: Connection, recipient: int, source: str, at: datetime, now: datetime) -> None:
    """End every list the person is on, for everybody behind the address; who complained is never written to again on any."""
    everybody = [recipient, *same_person(db, recipient)]
    lists = {number: {LETTERS} | {p for p in purposes if p.startswith(TOPIC)} for number, purposes in granted(db, everybody).items()}
    withdrawn = [(n, ConsentRow(purpose, State.withdrawn, source, at)) for n in everybody for purpose in sorted(lists.get(n, {LETTERS}))]
    append(db, withdrawn, now)
    if source == COMPLAINT:
        suppress(db, key_of(db, recipient), source, now)


def _resolver(db: Connection, report: ImportReport) -> Callable[[list[Line]], list[Line]]:
    """Put row numbers for recipient_id and product_id: unknown recipients are refused, unknown products named and reported."""
    people, products, unknown = known_recipients(db), product_numbers(db), unknown_products(db)

    def resolve(batch: list[Line]) -> list[Line]:
        new = {
            product
            for _, values in batch
            if (product := values.get("product_id")) and product not in products and values["recipient_id"] in people
        }
        if new:
            named = name_products(db, new)
            products.update(named)
            unknown.update(named.values())
        rows = []
        for line, values in batch:
            number = people.get(values.pop("recipient_id"))
            if number is None:
                report.refused.add(line, "no such recipient")
                continue
            values["recipient"] = number
            if product := values.pop("product_id", None):
                values["product"] = products[product]
                if values["product"] in unknown:
                    report.warnings.add(line, "unknown product, counts for no category until it is imported")
            rows.append((line, values))
        return rows

    return resolve


def _numbered(given: tuple[str, ...]) -> list[str]:
    """The fields under which the store keeps row numbers in place of ids."""
    return [{"recipient_id": "recipient", "product_id": "product"}.get(name, name) for name in given]


savers: Mapping[str, Callable[[App, Connection, datetime, ImportReport], Save]] = {
    "recipients": _recipients,
    "consents": _consents,
    "products": _products,
    "orders": _orders,
    "events": _events,
}

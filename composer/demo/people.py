"""Generated people: who they are, what they secretly like, and what they bought before the first letter.

The same seed gives the same people. Nothing of this is visible to the pipeline but what the files say.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from composer.domain.audience import Array

CATEGORIES = (
    "Integration",
    "Invoicing",
    "Maintenance",
    "Payroll",
    "Planning",
    "Quality",
    "Recruiting",
    "Reporting",
    "Security",
    "Training",
)
PRODUCTS_EACH = 3
ROLES = ("operations", "hr", "finance", "it")
ROLE_TASTES = {
    "operations": ("Planning", "Quality", "Maintenance", "Training"),
    "hr": ("Payroll", "Recruiting", "Training"),
    "finance": ("Invoicing", "Reporting", "Payroll"),
    "it": ("Integration", "Security", "Reporting"),
}
STAGES = ("discover", "evaluate", "use", "renew")
PLACES = (
    ("FI", "Uusimaa", "Europe/Helsinki", "fi"),
    ("FI", "Pirkanmaa", "Europe/Helsinki", "fi"),
    ("FI", "Lapland", "Europe/Helsinki", "fi"),
    ("SE", "Stockholm", "Europe/Stockholm", "en"),
    ("GB", "London", "Europe/London", "en"),
    ("US", "New York", "America/New_York", "en"),
)
FIRST_NAMES = ("Aino", "Eero", "Helmi", "Ilmari", "Kerttu", "Lauri", "Maija", "Oskar", "Saga", "Tove", "Alice", "Henry", "Ruth", "Walter")
LAST_NAMES = ("Esimerkki", "Malli", "Example", "Sample", "Testinen", "Provsson")
HISTORY = timedelta(weeks=40)
ORDERS = 5
"""Orders of a person before the first letter, on average: enough to betray a taste, too few to own everything."""


@dataclass(frozen=True)
class Crowd:
    """Generated people as import rows, with `tastes` float64[R, 10] (rows sum to one) kept apart."""

    recipients: list[dict[str, str]]
    consents: list[dict[str, str]]
    orders: list[dict[str, str]]
    tastes: Array
    measured: Array
    """bool[R]: clicks may be measured."""


def products() -> list[dict[str, str]]:
    """Three products in each of ten categories."""
    return [
        {
            "product_id": f"{category[:3].upper()}-{n}",
            "name": f"{category} {word}",
            "category": category,
            "price": str(90 * n),
            "currency": "EUR",
        }
        for category in CATEGORIES
        for n, word in enumerate(("Start", "Team", "Plant")[:PRODUCTS_EACH], 1)
    ]


def crowd(size: int, start: datetime, seed: int = 1) -> Crowd:
    """Make `size` people whose purchases before `start` betray, with noise, what they like."""
    draw = np.random.default_rng(seed)
    recipients: list[dict[str, str]] = []
    consents: list[dict[str, str]] = []
    orders: list[dict[str, str]] = []
    tastes = np.zeros((size, len(CATEGORIES)))
    measured = np.zeros(size, dtype=bool)
    for r in range(size):
        role = ROLES[draw.integers(len(ROLES))]
        country, region, zone, language = PLACES[draw.integers(len(PLACES))]
        favour = np.array([2.0 if category in ROLE_TASTES[role] else 0.25 for category in CATEGORIES])
        tastes[r] = draw.dirichlet(favour * 0.5)
        name = f"p{r + 1:05d}"
        recipients.append(
            {
                "recipient_id": name,
                "email": f"{name}@example.com",
                "first_name": FIRST_NAMES[draw.integers(len(FIRST_NAMES))] if draw.random() < 0.9 else "",
                "last_name": LAST_NAMES[draw.integers(len(LAST_NAMES))],
                "language": language,
                "time_zone": zone,
                "country": country,
                "region": region,
                "company": f"Example Works {r % 97 + 1}",
                "role": role,
                "stage": STAGES[draw.integers(len(STAGES))],
                "level": str(draw.choice(["premium", "standard", "basic", "none"], p=[0.86, 0.07, 0.05, 0.02])),
                "created_at": (start - HISTORY).isoformat(),
            }
        )
        chances = {"letters": 0.97, "profiling": 0.93, "clicks": 0.92}
        given = [purpose for purpose, chance in chances.items() if draw.random() < chance]
        measured[r] = {"letters", "profiling", "clicks"} <= set(given) and recipients[-1]["level"] == "premium"
        consents += [
            {
                "recipient_id": name,
                "purpose": purpose,
                "state": "granted",
                "basis": "consent",
                "wording": "demo-1",
                "at": (start - HISTORY).isoformat(),
            }
            for purpose in given
        ]
        for _ in range(draw.poisson(ORDERS)):
            orders.append(order(draw, name, len(orders), tastes[r], start - HISTORY * draw.random(), "h"))
    return Crowd(recipients, consents, orders, tastes, measured)


def order(draw: np.random.Generator, recipient: str, number: int, taste: Array, at: datetime, mark: str) -> dict[str, str]:
    """One order line of a product this person likes."""
    category = CATEGORIES[draw.choice(len(CATEGORIES), p=taste)]
    return {
        "order_id": f"{mark}{number:06d}",
        "recipient_id": recipient,
        "ordered_at": at.replace(microsecond=0).isoformat(),
        "product_id": f"{category[:3].upper()}-{draw.integers(1, PRODUCTS_EACH + 1)}",
        "quantity": "1",
        "currency": "EUR",
    }

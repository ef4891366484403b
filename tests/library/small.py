"""A library of one layout, one brand and one module, that tests of the linter break in one place at a time."""

from __future__ import annotations

from composer.library import LintFinding, lint, make_sources

BRAND = """
[colours]
ink = "#1b2420"
card = "#ffffff"
[dark]
ink = "#e9eeea"
card = "#1d2421"
[styles.default]
h2 = "margin:0;font-size:24px;line-height:30px;"
limits = { title = 60, body = 200, cta = 40 }
[styles.lead]
h2 = "margin:0;font-size:32px;line-height:40px;"
limits = { title = 40 }
"""
LAYOUT = """+++
blocks = [1, 6]
text = '''
{{ sender_name }}: {{ title }}
Leave: {{ unsubscribe_url }}
{{ greeting }}

[[ blocks ]]

Why: {{ why_url }}
Preferences: {{ preferences_url }}
Web: {{ view_url }}
{{ postal_address }} {{ privacy_url }}
'''
[[slots]]
name = "hero"
count = [1, 1]
kinds = ["guide"]
style = "lead"
[[slots]]
name = "rest"
count = [0, 5]
[en]
greeting_named = "Hi {{ first_name }},"
greeting_plain = "Hello,"
+++
<mjml lang="[[ language ]]" dir="ltr">
  <mj-head>
    <mj-title>{{ subject }}</mj-title>
    <mj-attributes>
      <mj-text font-size="16px" line-height="24px" color="[[ colours.ink ]]" css-class="ink" />
      <mj-class name="card" background-color="[[ colours.card ]]" css-class="card" />
      <mj-class name="body" padding="0px 20px" />
      <mj-class name="lead-body" padding="0" font-size="20px" line-height="30px" />
      <mj-class name="button" background-color="#12392f" color="#ffffff" font-size="16px" line-height="20px" inner-padding="12px 20px" />
    </mj-attributes>
    <mj-style>
      @media (prefers-color-scheme: dark) {
        body, .page { background-color: #121614 !important; }
        .card, .card > table { background: [[ dark.card ]] !important; }
        .ink div { color: [[ dark.ink ]] !important; }
      }
    </mj-style>
  </mj-head>
  <mj-body background-color="#f6f5f1" width="640px" css-class="page">
    <mj-raw><div style="display:none;">{{ preheader }}</div></mj-raw>
    <mj-section><mj-column>
      <mj-text><h1 style="font-size:28px;">{{ greeting }}</h1></mj-text>
      <mj-text><a href="{{ unsubscribe_url }}" style="display:inline-block;padding:12px 0;">Leave the list</a></mj-text>
    </mj-column></mj-section>
    <mj-raw>[[ blocks ]]</mj-raw>
    <mj-section><mj-column>
      <mj-text>{{ sender_name }} {{ postal_address }}, of {{ title }}: <a href="{{ why_url }}">reasons</a>,
      <a href="{{ preferences_url }}">choices</a>, <a href="{{ privacy_url }}">privacy</a>, <a href="{{ view_url }}">in a browser</a>,
      <a href="{{ unsubscribe_url }}">unsubscribe</a></mj-text>
    </mj-column></mj-section>
  </mj-body>
</mjml>
"""
FRONT = """group = "people"
url = "https://www.example.com/x"
text = '''
[[ title ]]

[[ body ]]

[[ cta ]]: {{ link }}
'''

[en]
subject = "A subject of some words"
preheader = "A preheader of the length that phones show beside a subject."
title = "A title of some words"
body = "Words that can be read."
cta = "Choose a day in May"
"""
BODY = """<mj-section mj-class="card">
  <mj-column>
    <mj-text mj-class="body"><h2 style="[[ style.h2 ]]">[[ title ]]</h2></mj-text>
    <mj-text mj-class="body">[[ body ]]</mj-text>
    <mj-button mj-class="button" href="{{ link }}">[[ cta ]]</mj-button>
  </mj-column>
</mj-section>
"""
MODULE = "modules/guide/x.mjml"
TEMPLATES = {"templates/newsletter/newsletter.mjml": LAYOUT, "templates/newsletter/brand.toml": BRAND}
BODY_LINE = ("+++\n" + FRONT + "+++\n").count("\n") + 1
"""The line of the file on which the body starts."""


def written(front: str = FRONT, body: str = BODY) -> str:
    """The module's file."""
    return f"+++\n{front}+++\n{body}"


def found(front: str = FRONT, body: str = BODY, templates: dict[str, str] | None = None) -> tuple[LintFinding, ...]:
    """What the linter says of the library with this module."""
    return lint(make_sources({**(templates or TEMPLATES), MODULE: written(front, body)}))


def told(front: str = FRONT, body: str = BODY) -> list[tuple[int, str, str]]:
    """The findings as (line, severity, message)."""
    return [(finding.line, finding.severity, finding.message) for finding in found(front, body)]


def swapped(old: str, new: str, text: str) -> str:
    """`text` with one place changed, which must be there."""
    assert text.count(old) >= 1, old
    return text.replace(old, new, 1)

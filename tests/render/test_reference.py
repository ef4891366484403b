"""What is sent is what the sandbox renders: over the whole library, for hostile people, and in both encodings of a body."""

from __future__ import annotations

from dataclasses import replace
from email import message_from_bytes

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from composer.domain.content import ContentModule, Layout, Library, Slot
from composer.domain.fragment import Compiled, Fragment, Frame
from composer.domain.newsletter import Newsletter
from composer.render import Press, render
from composer.render.letter import reference
from composer.render.plates import MOST, kept
from tests.render.letters import ENVELOPE, newsletter, opened, person, press
from tests.render.templates import values

TEXT = st.one_of(values, st.text(max_size=60))


@settings(max_examples=15)  # the sandbox reads its templates anew for most of them
@given(st.data())
def test_any_letter_of_the_library_is_what_the_sandbox_renders(data: st.DataObject) -> None:
    library = opened().library
    language = data.draw(st.sampled_from(("en", "fi")))
    able = [module.name for module in library.modules if language in module.languages]
    names = data.draw(st.lists(st.sampled_from(able), min_size=1, max_size=6, unique=True))
    layout = data.draw(st.sampled_from(sorted(library.layouts.values(), key=lambda layout: layout.name)))
    made = newsletter(tuple(names), language, data.draw(st.sampled_from(library.tones)))
    blocks = tuple(
        replace(block, slot=data.draw(st.sampled_from(layout.slots)).name, call=data.draw(st.sampled_from(("", "discover", "use", "x"))))
        for block in made.blocks
    )
    made = replace(made, layout=layout.name, blocks=blocks)
    someone = person(first_name=data.draw(TEXT), company=data.draw(TEXT), role=data.draw(TEXT), stage=data.draw(TEXT))
    clicks = tuple(f"https://letters.example.com/c/{place:036d}" for place in range(len(blocks))) if data.draw(st.booleans()) else ()
    envelope = replace(ENVELOPE, click_urls=clicks, title=data.draw(TEXT), sender_name=data.draw(st.sampled_from(("A & B", "Ä <x>"))))
    message = render(made, someone, press(), envelope, library)
    assert (message.html, message.text) == reference(made, someone, press(), envelope, library)


WORDS = {
    "en": ("Plan the week", "Hello {{ first_name }},", "quoted-printable"),
    "fi": ("Suunnittele viikko pullonkaulan mukaan, älä muuten", "Hei {{ first_name }},", "quoted-printable"),
    "ru": ("Планируйте неделю по узкому месту", "Здравствуйте, {{ first_name }}!", "base64"),
    "ar": ("خطط الأسبوع حول عنق الزجاجة", "مرحبا {{ first_name }}،", "base64"),
}


def small(language: str) -> tuple[Press, Library, Newsletter]:
    """A library of two modules in one language, whose HTML is nearly all words."""
    words, greeting, _ = WORDS[language]
    frame = Frame(
        "<html><head><title>{{ subject }}</title>",
        "</head><body><p>{{ greeting }}</p>\n",
        "\n<p>{{ sender_name }}</p></body></html>",
        "{{ greeting }}\n\n" + words,
        "{{ sender_name }}: {{ unsubscribe_url }}",
        (),
        {"greeting_named": greeting, "greeting_plain": words},
    )
    body = f"<p>{words}. {{% if company %}}{{{{ company }}}}: {{% endif %}}{words}</p>" * 5
    made = {
        (f"a/{name}", language, "plain", style): Fragment(
            body + f'<a class="{style}" href="{{{{ link }}}}">{{{{ cta }}}}</a>', f"{words}\n\n{{{{ cta }}}}: {{{{ link }}}}\n", (), calls
        )
        for name, calls in (("one", {"": words, "use": words + "!"}), ("two", {}))
        for style in ("", "lead")
    }
    modules = (
        ContentModule("a/one", "a", "g", (language,), url="https://www.example.com/1", urls={"use": "https://www.example.com/use"}),
        ContentModule("a/two", "a", "g", (language,), url="https://other.example/2"),
    )
    library = Library(modules, {"small": Layout("small", (Slot("hero", style="lead"), Slot("row")), languages=(language,))})
    blocks = tuple(
        replace(block, module=name, slot=slot, call=call)
        for block, name, slot, call in zip(newsletter().blocks, ("a/one", "a/two"), ("hero", "row"), ("use", ""), strict=False)
    )
    letter = replace(newsletter(), language=language, layout="small", blocks=blocks, subject=words, preheader=words)
    return Press(Compiled("1", made, {("small", language): frame})), library, letter


@pytest.mark.parametrize("language", sorted(WORDS))
@given(st.data())
def test_a_letter_says_the_same_in_either_encoding(language: str, data: st.DataObject) -> None:
    with_press, library, letter = small(language)
    someone = person(first_name=data.draw(TEXT), company=data.draw(TEXT))
    message = render(letter, someone, with_press, ENVELOPE, library)
    html, text = reference(letter, someone, with_press, ENVELOPE, library)
    parts = message_from_bytes(message.data).get_payload()
    assert [part.get_payload(decode=True).decode().replace("\r\n", "\n") for part in parts] == [text, html]
    assert (message.text, message.html) == (text, html)
    assert [part["Content-Transfer-Encoding"] for part in parts] == [WORDS[language][2]] * 2
    assert all(len(line) <= 76 and not line.startswith(b".") for line in message.data.partition(b"\r\n\r\n")[2].split(b"\r\n"))
    assert message.data.isascii()


def test_a_slot_gives_its_style_a_stage_its_call_and_its_target() -> None:
    with_press, library, letter = small("en")
    html = render(letter, person(), with_press, ENVELOPE, library).html
    one = "https://www.example.com/use?utm_source=newsletter&amp;utm_medium=email&amp;utm_campaign=weekly&amp;utm_content=a.one.1"
    assert f'<a class="lead" href="{one}">Plan the week!</a>' in html
    assert '<a class="" href="https://other.example/2"></a>' in html


def test_click_addresses_take_the_place_of_every_link() -> None:
    with_press, library, letter = small("en")
    clicks = ("https://letters.example.com/c/" + "1" * 36, "https://letters.example.com/c/" + "2" * 36)
    message = render(letter, person(), with_press, replace(ENVELOPE, click_urls=clicks), library)
    for part in (message.html, message.text):
        assert [part.count(click) for click in clicks] == [1, 1]
        assert "https://www.example.com/use" not in part


def test_a_letter_never_hangs_on_the_letters_before_it() -> None:
    """What is kept from letter to letter changes no byte."""
    with_press, library, letter = small("ru")
    alone = render(letter, person(), with_press, ENVELOPE, library).data
    for name in ("Б", "<x>", "", "y" * 400):
        render(letter, person(first_name=name, company=name), with_press, replace(ENVELOPE, title=name or "x"), library)
    assert render(letter, person(), with_press, ENVELOPE, library).data == alone


def test_what_is_kept_of_readers_words_is_bounded() -> None:
    """bench.memory measures the whole; here: long texts are never kept, short ones are dropped when others have come."""
    written: list[str] = []

    def write(text: str) -> bytes:
        written.append(text)
        return text.encode()

    often = kept(write)
    for text in ("x" * 5_000, "x" * 5_000, "Aino", "Aino"):
        assert often(text) == text.encode()
    assert written == ["x" * 5_000, "x" * 5_000, "Aino"]
    for number in range(MOST):
        often(str(number))
    written.clear()
    often("Aino")
    assert written == ["Aino"]

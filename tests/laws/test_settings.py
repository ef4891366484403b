"""Every setting has one comment with its true default, and changes something."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from composer.cli._context import moment
from composer.config import Settings, load, sections
from composer.errors import UsageError
from composer.sources._mapping import read_mapping
from composer.store.campaign_file import read_campaign_file

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "config.example.toml"
SETTINGS = [f"{section}.{name}" for section, model in sections().items() for name in model.model_fields]
READ_THROUGH = {"defaults.time_zone": "defaults.zone"}
"""A property of config.py that stands for the setting."""


def explained() -> dict[str, tuple[str, str]]:
    """Return {section.name: (default in the comment, value as written)} of the example file."""
    section, comment, found = "", "", {}
    for line in EXAMPLE.read_text(encoding="utf-8").splitlines():
        if header := re.fullmatch(r"\[(\w+)\]", line):
            section = header[1]
        elif line.startswith("#"):
            comment = line
        elif setting := re.fullmatch(r"(\w+) = (.+)", line):
            found[f"{section}.{setting[1]}"] = (comment.removeprefix("# Default: "), setting[2])
            comment = ""
    return found


def test_the_example_file_explains_every_setting_and_no_other() -> None:
    assert sorted(explained()) == sorted(SETTINGS)


@pytest.mark.parametrize("setting", SETTINGS)
def test_the_comment_of_a_setting_ends_in_its_default(setting: str) -> None:
    default, written = explained()[setting]
    assert default == written, f"config.example.toml: the comment above {setting} must end in '# Default: {written}'"


def test_the_example_file_says_the_true_defaults() -> None:
    written = load(EXAMPLE, environ={})
    assert written.model_dump() == Settings(folder=written.folder).model_dump()
    assert tomllib.loads(EXAMPLE.read_text(encoding="utf-8")).keys() == sections().keys()


def _section(node: ast.AST, aliases: dict[str, str]) -> str:
    """The section an expression stands for: `settings.smtp`, or a name that was bound to it."""
    if isinstance(node, ast.Attribute) and node.attr in sections():
        return node.attr
    return aliases.get(node.id, "") if isinstance(node, ast.Name) else ""


def _read_in(file: Path) -> set[str]:
    """Return every `section.name` the file reads, also through a variable or an argument that holds the section."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    classes = {model.__name__: section for section, model in sections().items()}
    aliases: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and (section := _section(node.value, {})):
            aliases[node.targets[0].id] = section
        elif isinstance(node, ast.arg) and isinstance(node.annotation, ast.Name | ast.Attribute):
            name = node.annotation.id if isinstance(node.annotation, ast.Name) else node.annotation.attr
            if name in classes:
                aliases[node.arg] = classes[name]
    attributes = [node for node in ast.walk(tree) if isinstance(node, ast.Attribute)]
    return {f"{section}.{node.attr}" for node in attributes if (section := _section(node.value, aliases))}


@pytest.fixture(scope="module")
def read_in_the_package() -> set[str]:
    """Every `section.name` that composer/ reads outside config.py."""
    return {setting for file in (ROOT / "composer").rglob("*.py") if file.name != "config.py" for setting in _read_in(file)}


@pytest.mark.parametrize("setting", SETTINGS)
def test_no_setting_is_decoration(setting: str, read_in_the_package: set[str]) -> None:
    assert {setting, READ_THROUGH.get(setting)} & read_in_the_package, f"nothing in composer/ reads {setting}"


@pytest.mark.parametrize(
    ("variable", "value", "text"),
    [
        ("COMPOSER_SMTP__PORT", "many", "COMPOSER_SMTP__PORT: smtp.port: "),
        ("COMPOSER_SMTP__HOSTT", "x", "COMPOSER_SMTP__HOSTT: unknown setting 'smtp.hostt'"),
        ("COMPOSER_SMTP_HOST", "x", "COMPOSER_SMTP_HOST: unknown setting\nWrite COMPOSER_SECTION__NAME"),
        ("COMPOSER_SMTP__PASSWORD_FILE", str(ROOT), "COMPOSER_SMTP__PASSWORD_FILE: cannot read the file it names"),
        ("COMPOSER_DELIVERY__RETRY", "1m,99999999999d", 'delivery.retry: is longer than "3650d"'),
        ("COMPOSER_DELIVERY__LEASE", "0s", "delivery.lease: is nothing"),
        ("COMPOSER_CLOCK__SEND", "0s", "clock.send: "),
        ("COMPOSER_DELIVERY__PACE", "inf", "delivery.pace: "),
        ("COMPOSER_DELIVERY__PACE", "0/s", "delivery.pace: write a rate like"),
        ("COMPOSER_DELIVERY__GIVE_UP", "0s", "delivery.give_up: "),
        ("COMPOSER_MANNERS__PACE", "fast", "manners.pace: write a rate like"),
        ("COMPOSER_MANNERS__CONNECTIONS", "0", "manners.connections: "),
        ("COMPOSER_MANNERS__PROVIDERS", "google.com", "manners.providers: write a provider like"),
        ("COMPOSER_MANNERS__WARM_UP", "50,0", "manners.warm_up: write the letters of each day"),
        ("COMPOSER_MANNERS__GROWTH", "1/30d", "manners.growth: write a growth like"),
        ("COMPOSER_MANNERS__BACK_OFF", "0s", "manners.back_off: "),
        ("COMPOSER_MANNERS__BREAKER", "20", "manners.breaker: write a breaker like"),
        ("COMPOSER_SENDER__ADDRESS", "Letters <letters@example.com>", "sender.address: is not a bare mail address"),
        ("COMPOSER_SENDER__ADDRESS", "kirje@pöytä.example", "sender.address: has letters that headers cannot hold"),
        ("COMPOSER_SENDER__REPLY_TO", "x\r\nBcc: y@example.org", "sender.reply_to: is not a bare mail address"),
        ("COMPOSER_INBOUND__ADDRESS", "bounces", "inbound.address: is not a bare mail address"),
        ("COMPOSER_INBOUND__ADDRESS", "bounces+all@example.com", "inbound.address: is not a bare mail address"),
        ("COMPOSER_INBOUND__ADDRESS", "b" * 20 + "@example.com", "inbound.address: has 20 characters before the @: 19 leave room"),
        ("COMPOSER_INBOUND__SOFT", "five", "inbound.soft: write it like "),
        ("COMPOSER_INBOUND__SOFT", "5 over 14", "inbound.soft: write a duration"),
        ("COMPOSER_DKIM__DOMAIN", "exa mple.com", "dkim.domain: is no name in DNS"),
        ("COMPOSER_DKIM__SELECTOR", "", "dkim.selector: is no name in DNS"),
        ("COMPOSER_DKIM__ED25519_KEY_FILE", "e.pem", "dkim.ed25519_key_file: stands beside an RSA key"),
        ("COMPOSER_SENDER__SITE", "javascript:alert(1)", "sender.site: is no web address"),
        ("COMPOSER_SENDER__SITE", "http://www.example.com", "sender.site: is no web address"),
        ("COMPOSER_SENDER__PRIVACY_URL", "http://www.example.com/p", "sender.privacy_url: is no web address"),
        ("COMPOSER_SENDER__ADDRESS", "company@gmail.com", "sender.address: is a mailbox provider's"),
        ("COMPOSER_SENDER__ADDRESS", "a" * 65 + "@example.com", "sender.address: has 65 characters before the @"),
        ("COMPOSER_SENDER__NAME", " ", "sender.name: is empty"),
        ("COMPOSER_SENDER__NAME", "Company\r\nBcc: y@example.org", "sender.name: has a line break"),
        ("COMPOSER_SENDER__NAME", "\u202eCompany", "sender.name: has a line break or something invisible"),
        ("COMPOSER_SENDER__NAME", "Company \u2600", "sender.name: has a picture"),
        ("COMPOSER_SENDER__NAME", "{{ company }}", "sender.name: holds a merge field"),
        ("COMPOSER_SENDER__POSTAL_ADDRESS", "", "sender.postal_address: is empty"),
        ("COMPOSER_WEB__BASE_URL", "http://news.example.com", "web.base_url: must start with https://"),
        ("COMPOSER_WEB__BASE_URL", "https://news.example.com?list=1", "web.base_url: is no address that a path can be put behind"),
    ],
)
def test_a_variable_that_cannot_be_is_refused_by_its_name(variable: str, value: str, text: str) -> None:
    with pytest.raises(UsageError) as refusal:
        load(None, environ={variable: value})
    assert str(refusal.value).startswith(variable)
    assert text in str(refusal.value)


def test_variables_of_other_programs_are_left_alone() -> None:
    assert load(None, environ={"COMPOSER_HOME": "/x", "COMPOSER_CACHE_DIR": "/y", "COMPOSER__SMTP": "z", "SMTP__PORT": "many"}) == load(
        None, environ={}
    )


def test_a_secret_is_read_from_its_file_and_a_binary_file_is_refused(tmp_path: Path) -> None:
    secret = tmp_path / "password"
    secret.write_text("open sesame\n")
    environ = {"COMPOSER_SMTP__PASSWORD_FILE": str(secret)}
    assert load(None, environ=environ).smtp.password.get_secret_value() == "open sesame"
    secret.write_bytes(b"\xff\xfe")
    with pytest.raises(UsageError, match="is not UTF-8"):
        load(None, environ=environ)


DEEP = "x = " + "[" * 5_000 + "]" * 5_000
LONG = "x = " + "1" * 5_000


@pytest.mark.parametrize("text", [DEEP, LONG])
@pytest.mark.parametrize("read", [lambda file: load(file, environ={}), read_campaign_file, lambda file: read_mapping(file, "orders")])
def test_toml_that_python_cannot_take_in_is_refused_by_its_file(tmp_path: Path, text: str, read: Callable[[Path], object]) -> None:
    file = tmp_path / "x.toml"
    file.write_text(text)
    with pytest.raises(UsageError, match=r"too many brackets inside each other|not TOML"):
        read(file)


def test_a_folder_is_no_configuration_file(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot read it"):
        load(tmp_path, environ={})


@pytest.mark.parametrize("text", ["tomorrow", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "1066-10-14"])
def test_a_time_that_cannot_be_is_refused_by_its_option(text: str) -> None:
    with pytest.raises(UsageError, match=f"--at: '{re.escape(text)}' is not a time"):
        moment(text, "--at")


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("lists", ("letters", "topic:energy-saving")),
        ("refused_domains", ("rival.example", "other.example")),
        ("embed", ("https://a.example", "https://b.example")),
    ],
)
def test_commas_in_a_variable_may_have_spaces_behind_them(setting: str, words: tuple[str, ...]) -> None:
    settings = load(None, environ={f"COMPOSER_SIGNUP__{setting.upper()}": ", ".join(words)})
    assert getattr(settings.signup, setting) == words

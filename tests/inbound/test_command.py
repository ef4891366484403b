"""`composer inbound`: one object a mail, in order, for strangers too; standard input; a dry run; files that are none."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

from tests.bad_input.cases import run
from tests.inbound._mails import dsn
from tests.inbound.test_samples import BY_FILE, SAMPLES


@pytest.fixture(autouse=True)
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    code, said = run(["init"])
    assert code == 0, said


def test_every_sample_is_told_as_its_index_says_in_order() -> None:
    names = sorted(BY_FILE)
    code, printed = run(["inbound", "--json", *(str(SAMPLES / name) for name in names)])
    assert code == 0
    told = [json.loads(line) for line in printed.splitlines()]
    assert [one["file"] for one in told] == [str(SAMPLES / name) for name in names]
    for name, one in zip(names, told, strict=True):
        assert one["kind"] == BY_FILE[name]["kind"], name
        found = [[recipient["address"], recipient["class"] or ""] for recipient in one["recipients"]]
        assert found == BY_FILE[name]["recipients"], name
        assert not one["ours"]


def test_a_mail_on_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    for arguments in (["inbound", "--json"], ["inbound", "--json", "-"]):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(dsn())))
        code, printed = run(arguments)
        assert code == 0
        assert json.loads(printed) == {
            "file": "-",
            "kind": "bounce",
            "recipients": [{"address": "r1@example.com", "class": "hard"}],
            "sender": "",
            "ours": False,
        }


def test_for_people_it_is_one_line() -> None:
    Path("one.eml").write_bytes(dsn(action="delayed"))
    assert run(["inbound", "one.eml"]) == (0, "one.eml: bounce r1@example.com (delayed) [not about a letter of ours]\n")


def test_a_dry_run_keeps_nothing() -> None:
    reply = SAMPLES / "not-plain-reply.eml"
    assert run(["inbound", "--dry-run", str(reply)])[0] == 0
    assert json.loads(run(["replies", "list", "--json"])[1]) == []
    assert run(["inbound", str(reply)])[0] == 0
    assert len(json.loads(run(["replies", "list", "--json"])[1])) == 1


def test_a_file_that_cannot_be_read_stops_no_other() -> None:
    Path("one.eml").write_bytes(dsn())
    Path("folder").mkdir()
    code, printed = run(["inbound", "missing.eml", "one.eml", "folder"])
    assert code == 1
    assert printed.startswith("one.eml: bounce")
    assert "missing.eml: No such file or directory; folder: Is a directory" in printed

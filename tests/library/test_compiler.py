"""The compiler runs in a child with limits: what kills it is refused, and the next document is compiled as if nothing was."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from multiprocessing import get_context
from pathlib import Path

import pytest

from composer.library.compiler import CompileError, Compiler

PAGE = "<mjml><mj-body><mj-section><mj-column>{}</mj-column></mj-section></mj-body></mjml>"
GOOD = PAGE.format("<mj-text>Grüße</mj-text>")


@pytest.fixture
def compiler() -> Iterator[Compiler]:
    made = Compiler()
    yield made
    made.close()


def children() -> set[int]:
    """Processes we started that were not reaped, zombies among them."""
    found = set()
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == os.getpid():
            found.add(int(status.parent.name))
    return found


def open_files() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (PAGE.format("<mj-text>" + "<div>" * 20_000 + "</div>" * 20_000 + "</mj-text>"), "the compiler died on it: make it simpler"),
        ("<mjml><mj-body>" + "<mj-wrapper>" * 5_000 + "</mj-wrapper>" * 5_000 + "</mj-body></mjml>", "the compiler died on it"),
        (PAGE.format(f"<mj-text>{'x' * 10_000_000}</mj-text>"), "larger than 2000 kB: split it"),
        (f"<mjml><mj-body>{'<mj-section />' * 60_000}</mj-body></mjml>", "makes more than 8000 kB of it: make it smaller"),
        ('<mjml><mj-body><mj-include path="/etc/passwd" /></mj-body></mjml>', "unable to load included template"),
        ('<mjml><mj-head><mj-include path="file:///etc/passwd" type="css" /></mj-head></mjml>', "unable to load included template"),
    ],
    ids=["nested divs", "wrappers", "10 MB", "output", "include", "include of styles"],
)
def test_a_hostile_document_is_refused_and_the_next_one_compiles(compiler: Compiler, document: str, said: str) -> None:
    assert "Grüße" in compiler.compile(GOOD)
    with pytest.raises(CompileError, match=said):
        compiler.compile(document)
    assert "Grüße" in compiler.compile(GOOD)


def test_an_include_inside_raw_text_reads_nothing(compiler: Compiler) -> None:
    html = compiler.compile('<mjml><mj-body><mj-raw><mj-include path="/etc/passwd" /></mj-raw></mj-body></mjml>')
    assert "/etc/passwd" in html
    assert "root:" not in html


def test_a_document_that_takes_too_long_is_given_up() -> None:
    compiler = Compiler(seconds=0.02)
    with pytest.raises(CompileError, match=r"took longer than 0\.02 s: make it simpler"):
        compiler.compile(PAGE.format(f"<mj-text>{'<b>x</b>' * 200_000}</mj-text>"))
    compiler.close()


def test_the_kernel_ends_a_compiler_that_never_does() -> None:
    """The process gives itself its limits, so it is run here with a compiler that loops for ever."""
    code = "import composer.library.compiler_process as p, itertools; p.serve(lambda text: max(itertools.count()), 0.1, 100)"
    done = subprocess.run([sys.executable, "-c", code], input=(1).to_bytes(4) + b"x", capture_output=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (-24, b".")  # SIGXCPU


def test_too_little_memory_ends_the_document_and_not_us() -> None:
    compiler = Compiler(memory=40_000_000)
    assert "Grüße" in compiler.compile(GOOD)
    with pytest.raises(CompileError, match="died on it"):
        compiler.compile(f"<mjml><mj-body>{'<mj-section />' * 50_000}</mj-body></mjml>")
    compiler.close()


def test_an_error_says_where_it_stands_in_the_text(compiler: Compiler) -> None:
    with pytest.raises(CompileError) as raised:
        compiler.compile("<mjml><mj-body>\n  äöü <mj-include path='x' />\n</mj-body></mjml>")
    assert (raised.value.line, raised.value.column) == (2, 8)


def test_the_child_cannot_write_files_or_dump_core() -> None:
    code = "import composer.library.compiler_process as p; p.limit(10**9); import resource as r; " + (
        "print([r.getrlimit(k)[0] for k in (r.RLIMIT_CORE, r.RLIMIT_FSIZE, r.RLIMIT_NOFILE)])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[0, 0, 4]\n"


def test_the_child_knows_nothing_of_our_environment(compiler: Compiler, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMPOSER_SMTP__PASSWORD", "secret")
    before = children()
    compiler.compile(GOOD)
    (child,) = children() - before
    assert b"secret" not in Path(f"/proc/{child}/environ").read_bytes()
    assert Path(f"/proc/{child}/cwd").readlink() == Path("/")


def test_one_child_serves_many_and_leaves_nothing_behind() -> None:
    processes, files = children(), open_files()
    compiler = Compiler()
    for _ in range(20):
        compiler.compile(GOOD)
    assert len(children() - processes) == 1
    with pytest.raises(CompileError):
        compiler.compile(PAGE.format("<mj-text>" + "<div>" * 20_000 + "</mj-text>"))
    compiler.compile(GOOD)
    assert len(children() - processes) == 1
    compiler.close()
    compiler.close()
    assert (children() - processes, open_files()) == (set(), files)


def test_a_dead_child_is_not_blamed_on_the_next_document(compiler: Compiler) -> None:
    before = children()
    compiler.compile(GOOD)
    (child,) = children() - before
    os.kill(child, 9)
    assert "Grüße" in compiler.compile(GOOD)


def test_a_fork_gets_a_child_of_its_own(compiler: Compiler) -> None:
    compiler.compile(GOOD)
    process = get_context("fork").Process(target=_in_fork, args=(compiler,))
    process.start()
    process.join()
    assert process.exitcode == 0
    assert "Grüße" in compiler.compile(GOOD)


def _in_fork(compiler: Compiler) -> None:
    compiler.close()
    assert "Grüße" in compiler.compile(GOOD)
    compiler.close()

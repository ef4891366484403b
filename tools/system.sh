#!/usr/bin/env bash
# Finds what `make test` needs beside Python (a PostgreSQL server, Dovecot's IMAP, Chromium with its driver, Perl's Mail::DKIM, faketime, strace) and installs what is missing.
set -euo pipefail

missing=()
compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || command -v initdb >/dev/null || missing+=(postgresql)
command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || missing+=(chromium)
PATH="$PATH:/sbin:/usr/sbin" command -v dovecot >/dev/null || missing+=(dovecot-imapd)
# The second verifier of DKIM signatures: what dkimpy and we ourselves agree on could still be wrong.
perl -MMail::DKIM -e 1 2>/dev/null || missing+=(libmail-dkim-perl)
# Playwright drives the browser with a node of its own, which needs this library.
PATH="$PATH:/sbin:/usr/sbin" ldconfig -p | grep -q 'libatomic\.so\.1' || missing+=(libatomic1)
# Clocks that jump, and I/O errors by number (tests/faults).
command -v faketime >/dev/null || missing+=(faketime)
command -v strace >/dev/null || missing+=(strace)
[ ${#missing[@]} -eq 0 ] && exit 0

give_up() {
    printf 'make test: missing: %s\n%s\n' "${missing[*]}" "$1" >&2
    exit 1
}

command -v apt-get >/dev/null || give_up "Install a PostgreSQL server (15 or newer), Dovecot, Chromium and Perl's Mail::DKIM with your package manager."
as_root=()
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || give_up "As root: apt-get install ${missing[*]}"
    as_root=(sudo)
fi

printf 'make test: installing %s\n' "${missing[*]}"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
install() {
    "${as_root[@]}" apt-get update &&
        "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}"
}
install >"$log" 2>&1 </dev/null || { tail -20 "$log" >&2; give_up "As root: apt-get install ${missing[*]}"; }

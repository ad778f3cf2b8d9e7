#!/bin/bash
# down.sh STATE_DIR [--purge] - stops what up.sh or slapd.sh started there; --purge removes the directory too.
# With --after-owner it first waits until the process that owns the directory, or the server, has ended.
set -u
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$HERE/common.sh"
[ $# -ge 1 ] || usage "${BASH_SOURCE[0]}"
[ -d "$1" ] || exit 0
S=$(cd "$1" && pwd); shift
PURGE= WAIT=
for a; do case $a in --purge) PURGE=1;; --after-owner) WAIT=1;; *) usage "${BASH_SOURCE[0]}";; esac; done
[ -f "$S/.hybridaudit-peer" ] || { echo "$S: not made by up.sh or slapd.sh" >&2; exit 1; }

if [ -n "$WAIT" ]; then
  until owner_gone "$S"; do
    [ -f "$S/.hybridaudit-peer" ] || exit 0
    sleep 1
  done
fi

# up.sh itself, if it is still at work
if [ -s "$S/run/up" ]; then
  read -r pid start < "$S/run/up"
  if [ "$pid" != $$ ] && alive "$pid" "$start"; then
    kill "$pid" 2>/dev/null
    for _ in $(seq 100); do alive "$pid" "$start" || break; sleep 0.1; done
  fi
fi
# processes with their output in this directory: samba overwrites its command line, so that cannot be asked
ours() { local p; for p in /proc/[0-9]*; do case $(readlink "$p/fd/1") in "$S"/log/*) echo "${p#/proc/}";; esac; done; }
ended() { for _ in $(seq "$1"); do [ -n "$(ours)" ] || return 0; sleep 0.1; done; return 1; }
[ ! -s "$S/run/peer.pid" ] || case " $(ours | tr '\n' ' ')" in *" $(cat "$S/run/peer.pid") "*) kill "$(cat "$S/run/peer.pid")";; esac
ended 50 || { kill $(ours); ended 30; } || kill -9 $(ours)
rm -f "$S"/run/*.pid "$S/run/up"
[ -z "$PURGE" ] || rm -rf "$S"
exit 0

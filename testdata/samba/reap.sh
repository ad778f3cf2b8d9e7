#!/bin/bash
# reap.sh [--all] [DIR...] - cleans up behind runs that were killed: below DIR (default: the temporary directory) it
# stops the servers and removes the state directories whose owner has ended (--all: every one), and ends servers whose
# directory is gone.
set -u
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$HERE/common.sh"
ALL=
[ "${1:-}" != --all ] || { ALL=1; shift; }
[ $# -gt 0 ] || set -- "${TMPDIR:-/tmp}"
find "$@" -maxdepth 6 -name .hybridaudit-peer -type f 2>/dev/null | while read -r mark; do
  state=$(dirname "$mark")
  [ -z "$ALL" ] && ! owner_gone "$state" || { echo "cleaning $state"; bash "$HERE/down.sh" "$state" --purge </dev/null; }
done
for p in /proc/[0-9]*; do
  case $(readlink "$p/fd/1") in */log/hybridaudit-peer.out\ \(deleted\)) echo "ending ${p#/proc/}"; kill -9 "${p#/proc/}";; esac
done
exit 0

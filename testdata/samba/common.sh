# Shared by up.sh, slapd.sh, down.sh and reap.sh: state directories and who owns them.
#
# A state directory holds .hybridaudit-peer with "PID START" of the process for which it was made (START is the
# kernel's start time of it, so that a number given to another process is not mistaken for it; "0 0": nobody),
# run/*.pid and log/hybridaudit-peer.out, to which the server writes: that is how a process is known to be ours.

STARTED=$SECONDS
say() { printf '[%3ds] %s\n' $((SECONDS - STARTED)) "$*" >&2; }
die() { echo "$1: stopped here" >&2; [ -z "${2:-}" ] || tail -8 "$2" >&2; exit 1; }
usage() { sed -n '2,/^[^#]/{s/^# \{0,1\}//p}' "$1" >&2; exit 2; }
missing() { echo "$1 is missing; \"make peers\" installs what the tests of real peers need" >&2; exit 3; }
need() { local p; for p; do command -v "$p" >/dev/null || missing "$p"; done; }
loopback() { case $1 in 127.*) ;; *) echo "$1 is not in 127.0.0.0/8" >&2; exit 2;; esac; }
free_port() { ! (exec 3<>"/dev/tcp/$1/$2") 2>/dev/null || { echo "something answers at $1:$2 already" >&2; exit 1; }; }
password() { printf 'Aa1-%s' "$(openssl rand -hex 12)"; }

# start_time PID: prints when it started, nothing if there is no such process or nobody has collected it yet.
start_time() {
  local s
  s=$(cat "/proc/$1/stat" 2>/dev/null) || return 0
  set -- ${s##*) }
  [ "$1" = Z ] || echo "${20}"
}
alive() { [ "$1" != 0 ] && [ -n "$2" ] && [ "$(start_time "$1")" = "$2" ]; }

# owner_gone STATE: true if the directory was made for a process that has ended.
owner_gone() {
  local pid start
  read -r pid start < "$1/.hybridaudit-peer" 2>/dev/null || return 1
  [ "$pid" != 0 ] && ! alive "$pid" "$start"
}

# step COMMAND...: runs it so that a signal ends it too.
step() { "$@" & CHILD=$!; local rc=0; wait "$CHILD" || rc=$?; CHILD=; return $rc; }

# new_state DIR: sets S; from here on a failure or a signal undoes all.
new_state() {
  case $1 in *[!A-Za-z0-9/._-]*) echo "$1: only letters, digits and / . _ - please" >&2; exit 2;; esac
  mkdir -p "$1"; S=$(cd "$1" && pwd)
  [ -z "$(ls -A "$S")" ] || { echo "$S is not empty" >&2; exit 2; }
  [ ${#S} -le 70 ] || { echo "$S: too long for the sockets below it" >&2; exit 2; }
  chmod 700 "$S"; mkdir "$S/run" "$S/log"
  if [ "$OWNER" = 0 ]; then echo "0 0" > "$S/.hybridaudit-peer"
  else echo "$OWNER $(start_time "$OWNER")" > "$S/.hybridaudit-peer"; fi
  echo "$$ $(start_time $$)" > "$S/run/up"
  exec 9>&2
  trap 'rc=$?; [ $rc = 0 ] || undo' EXIT
  trap 'exit 129' HUP; trap 'exit 130' INT; trap 'exit 143' TERM
  if [ "$OWNER" != 0 ]; then
    setsid bash "$HERE/down.sh" "$S" --purge --after-owner >/dev/null 2>&1 </dev/null 9>&- &
    disown
  fi
}
undo() {
  set +e
  trap - EXIT
  exec >&9 2>&9  # the trap may have struck while our output went into the directory: down.sh would end us
  [ -z "${CHILD:-}" ] || { kill "$CHILD" 2>/dev/null; wait "$CHILD" 2>/dev/null; }
  rm -f "$S/run/up" ${ASIDE:+"$ASIDE"}
  bash "$HERE/down.sh" "$S" --purge
}

# certificate CN SAN: a CA and a server certificate. Samba's own has no subjectAltName, so Go refuses it.
certificate() {
  mkdir -p "$S/tls"
  ( cd "$S/tls"
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.pem -days 30 -subj "/CN=Contoso test CA" \
      -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign
    openssl req -newkey rsa:2048 -nodes -keyout server.key -out server.csr -subj "/CN=$1"
    printf 'subjectAltName=%s\nextendedKeyUsage=serverAuth\nkeyUsage=digitalSignature,keyEncipherment\nbasicConstraints=CA:FALSE\n' "$2" > ext
    openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 30 -extfile ext -out server.pem
    chmod 644 ca.pem ) >"$S/log/openssl.log" 2>&1 || die certificates "$S/log/openssl.log"
}

# answers URL: waits until a server answers there, at most 60 s.
answers() {
  local end=$((SECONDS + 60))
  until LDAPTLS_CACERT=$S/tls/ca.pem ldapsearch -x -LLL -o nettimeout=2 -H "$1" -b '' -s base 1.1 >/dev/null 2>&1; do
    kill -0 "$(cat "$S/run/peer.pid")" 2>/dev/null || die "the server ended" "$S/log/hybridaudit-peer.out"
    [ $SECONDS -lt $end ] || die "no answer at $1" "$S/log/hybridaudit-peer.out"
    sleep 0.1
  done
}

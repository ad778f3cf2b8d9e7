#!/bin/bash
# up.sh STATE_DIR [options] [LDIF...] - a real Active Directory domain controller (Samba) on a loopback
# address, with the Lync, Skype for Business and Exchange schema, filled from LDIF files.
#
#   --domain-dn DC=contoso,DC=com   the forest root; the realm follows from it
#   --addr 127.0.0.10               where it listens: LDAP, LDAPS, global catalogue, Kerberos, DNS
#   --host dc1                      the server's name
#   --clock -3d                     when entries are created that name no whenChanged (libfaketime's format)
#   --owner PID                     when this process ends the server is stopped and STATE_DIR removed;
#                                   default: the caller. 0: stays until down.sh
#   --cache DIR                     keep the databases there, provisioned and loaded, and use them again for the same scripts,
#                                   options and LDIF, for two weeks at most; those that were used last stay
#   --strong-auth yes|allow_sasl_over_tls|no      Samba's "ldap server require strong auth"
#   --workers 2                     LDAP worker processes
#   --joinable                      lets further domain controllers join the domain
#   --join STATE_DIR                joins the domain of the domain controller in that directory, which was started so; give --addr
#                                   and --host, and no LDIF
#
# Run as root. STATE_DIR must be new or empty and is all that this writes to. On success STATE_DIR/env (0600)
# holds NAME=value lines (AD_LDAPS, AD_BASE, AD_BIND_DN, AD_PASSWORD, AD_CA, ...), STATE_DIR/refused.txt what the
# server would not store (see load.py). End it with down.sh; reap.sh cleans up behind dead callers.
# Exit code 3: a program is missing; the text names the packages.
set -euo pipefail
umask 077
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$HERE/common.sh"
[ $# -ge 1 ] || usage "${BASH_SOURCE[0]}"
STATE=$1; shift
BASE=DC=contoso,DC=com ADDR=127.0.0.10 HOST=dc1 CLOCK=-3d OWNER=$PPID CACHE= STRONG=yes WORKERS=2 JOIN= LDIF=()
SERVICES='ldap, cldap, kdc, dns'
while [ $# -gt 0 ]; do case $1 in
  --domain-dn) BASE=$2; shift 2;; --addr) ADDR=$2; shift 2;; --host) HOST=$2; shift 2;; --clock) CLOCK=$2; shift 2;;
  --owner) OWNER=$2; shift 2;; --cache) CACHE=$2; shift 2;; --strong-auth) STRONG=$2; shift 2;; --workers) WORKERS=$2; shift 2;;
  --joinable) SERVICES+=', rpc, drepl'; shift;; --join) JOIN=$(realpath "$2"); shift 2;;
  --*) usage "${BASH_SOURCE[0]}";; *) LDIF+=("$(realpath "$1")"); shift;; esac; done

need samba samba-tool ldapsearch openssl zstd
[ -e /usr/share/samba/setup ] || missing samba-ad-provision
python() { /usr/bin/python3 -B "$@"; }
python -c 'import samba.dckeytab' 2>/dev/null || missing python3-samba
FAKETIME_LIB=$(echo /usr/lib/*/faketime/libfaketime.so.1)
[ -e "$FAKETIME_LIB" ] || missing libfaketime
loopback "$ADDR"
free_port "$ADDR" 389; free_port "$ADDR" 636
[ -z "$JOIN" ] || BASE=$(sed -n s/^AD_BASE=//p "$JOIN/env")
new_state "$STATE"      # sets S, STATE's absolute path, and starts the watch over OWNER

DOMAIN=$(sed 's/^dc=//; s/,dc=/./g' <<<"${BASE,,}")
REALM=${DOMAIN^^} NETBIOS=${DOMAIN%%.*}; NETBIOS=${NETBIOS^^}; NETBIOS=${NETBIOS:0:15}
FQDN=$HOST.$DOMAIN CONF=$S/etc/smb.conf
AUDIT_PASSWORD=$(password) ADMIN_PASSWORD=$(password)

# Samba's modules bind to libc before anything preloaded unless told otherwise: without DISABLE_DEEPBIND the
# tools see the false time and the database still writes the true one.
dated() {
  local when=$1; shift
  step env TZ=UTC LD_PRELOAD="$FAKETIME_LIB" FAKETIME="$when" FAKETIME_NO_CACHE=1 FAKETIME_DISABLE_SHM=1 \
    DONT_FAKE_MONOTONIC=1 LDB_MODULES_DISABLE_DEEPBIND=1 "$@"
}

[ -z "$JOIN" ] || SERVICES='ldap, cldap, kdc'
configure() {
  mkdir -p "$S"/{etc,ncalrpc,log,winbindd,ntp_signd,state,tls}
  cat > "$CONF" <<X
[global]
	workgroup = $NETBIOS
	realm = $REALM
	netbios name = $HOST
	server role = active directory domain controller
	interfaces = $ADDR/8
	bind interfaces only = yes
	private dir = $S/private
	state directory = $S/state
	cache directory = $S/cache
	lock directory = $S/lock
	pid directory = $S/run
	ncalrpc dir = $S/ncalrpc
	winbindd socket directory = $S/winbindd
	ntp signd socket directory = $S/ntp_signd
	binddns dir = $S/bind-dns
	log file = $S/log/log.%m
	max log size = 20000
	server services = $SERVICES
	prefork children = $WORKERS
	ldap server require strong auth = $STRONG
	tls keyfile = $S/tls/server.key
	tls certfile = $S/tls/server.pem
	tls cafile = $S/tls/ca.pem
	load printers = no
	disable spoolss = yes
[sysvol]
	path = $S/state/sysvol
	read only = no
[netlogon]
	path = $S/state/sysvol/$DOMAIN/scripts
	read only = no
X
  cat > "$S/krb5.conf" <<X
[libdefaults]
 default_realm = $REALM
 dns_lookup_realm = false
 dns_lookup_kdc = false
 rdns = false
 dns_canonicalize_hostname = false
 udp_preference_limit = 1
[realms]
 $REALM = {
  kdc = $ADDR
  kpasswd_server = $ADDR
 }
[domain_realm]
 .$DOMAIN = $REALM
 $DOMAIN = $REALM
 $ADDR = $REALM
X
}

# kept NAME: takes the databases of that name out of the cache.
kept() {
  [ -n "$CACHE" ] && [ -s "$CACHE/$1" ] || return 1
  say "databases from $CACHE/$1"
  touch -c "$CACHE/$1"
  tar -C "$S" --zstd -xf "$CACHE/$1" && return
  rm -rf "${S:?}"/{private,state,refused.txt}; mkdir "$S/state"
  return 1
}

# keep NAME HOW_MANY FILE...: puts them into the cache, of which it leaves the HOW_MANY that were used last.
keep() {
  [ -n "$CACHE" ] || return 0
  local name=$1 many=$2 old; shift 2
  mkdir -p "$CACHE"
  ASIDE=$CACHE/$name.$$
  step tar -C "$S" --use-compress-program='zstd -q -T0' -cSf "$ASIDE" --exclude='*-lock' --exclude='*.sock*' "$@" && mv "$ASIDE" "$CACHE/$name" || rm -f "$ASIDE"
  ASIDE=
  for old in $(ls -t "$CACHE" | grep "^${name%%-*}-[0-9a-f]*\.tar\.zst$" | tail -n +$((many + 1))); do rm -f "$CACHE/$old"; done
  find "$CACHE" -name '*.tar.zst.*' -mmin +120 -delete
}
hash() { sha256sum | cut -c1-20; }

provision() {
  local sid guid own=()
  read -r sid guid < <(python "$HERE/load.py" --identity "$BASE" "${LDIF[@]}")
  [ "$sid" = - ] || own+=("--domain-sid=$sid")
  [ "$guid" = - ] || own+=("--domain-guid=$guid")
  EMPTY=$(cat "$HERE/up.sh" "$HERE/mkschema.py" \
    <(samba --version; echo "$BASE $ADDR $HOST $sid $guid fortnight $(($(date +%s) / 1209600))") | hash)
  LOADED=$(cat "$HERE/load.py" "$HERE/ldif.py" <(echo "$EMPTY $CLOCK") "${LDIF[@]}" | hash)
  ! kept "loaded-$LOADED.tar.zst" || return 0
  if ! kept "samba-$EMPTY.tar.zst"; then
    say "provisioning $REALM"
    # ten days back, so that the domain is older than what is loaded into it
    dated -10d samba-tool domain provision --configfile="$CONF" --targetdir="$S" --realm="$REALM" --domain="$NETBIOS" \
      --host-name="$HOST" --host-ip="$ADDR" --server-role=dc --dns-backend=SAMBA_INTERNAL --adminpass="$(password)" \
      --backend-store=mdb --backend-store-size=16Gb "${own[@]}" >"$S/log/provision.log" 2>&1 || die "provisioning" "$S/log/provision.log"
    say "schema"
    local l=(--configfile="$CONF" -H "$S/private/sam.ldb" --option=dsdb:schemaupdateallowed=yes) f
    mkdir "$S/schema"; python "$HERE/mkschema.py" "$S/schema" --base "$BASE"
    for f in "$S"/schema/schema-[123]-*.ldif; do
      dated -10d ldbadd "${l[@]}" "$f" >"$S/log/schema.log" 2>&1 || die "$f" "$S/log/schema.log"
    done
    dated -10d ldbmodify "${l[@]}" "$S/schema/schema-4-modify.ldif" >"$S/log/schema.log" 2>&1 || die "schema" "$S/log/schema.log"
    keep "samba-$EMPTY.tar.zst" 8 private state
  fi
  say "loading ${#LDIF[@]} files"
  loader load --host "$HOST" --address "$ADDR" --refused "$S/refused.txt" "${LDIF[@]}"
  say "$(tail -1 "$S/log/load.log")"
  keep "loaded-$LOADED.tar.zst" 6 private state refused.txt
}

# join: replicates everything from the first domain controller, whose passwords hold here too.
join() {
  local first
  first=$(sed -n s/^AD_ADDR=//p "$JOIN/env")
  AUDIT_PASSWORD=$(sed -n s/^AD_PASSWORD=//p "$JOIN/env") ADMIN_PASSWORD=$(sed -n s/^AD_ADMIN_PASSWORD=//p "$JOIN/env")
  say "joining $REALM at $first"
  printf %s "$ADMIN_PASSWORD" > "$S/login"
  step env PASSWD_FILE="$S/login" samba-tool domain join "$DOMAIN" DC --server="$first" -U Administrator --configfile="$CONF" --targetdir="$S" \
    --dns-backend=NONE --backend-store=mdb --backend-store-size=16Gb >"$S/log/join.log" 2>&1 || die "joining" "$S/log/join.log"
  : > "$S/refused.txt"
}

loader() {
  local log=$S/log/$1.log; shift
  AUDIT_PASSWORD=$AUDIT_PASSWORD ADMIN_PASSWORD=$ADMIN_PASSWORD dated "$CLOCK" /usr/bin/python3 -B "$HERE/load.py" \
    --conf "$CONF" --state "$S" "$@" >"$log" 2>&1 || die "loading" "$log"
}

write_env() {
  printf '%s' "$AUDIT_PASSWORD" > "$S/password"
  cat > "$S/env.new" <<X
AD_ADDR=$ADDR
AD_HOST=$FQDN
AD_DOMAIN=$DOMAIN
AD_REALM=$REALM
AD_BASE=$BASE
AD_LDAP=ldap://$ADDR:389
AD_LDAPS=ldaps://$ADDR:636
AD_GC=ldap://$ADDR:3268
AD_GCS=ldaps://$ADDR:3269
AD_BIND_DN=CN=svc-audit,CN=Users,$BASE
AD_BIND_UPN=svc-audit@$DOMAIN
AD_PASSWORD=$AUDIT_PASSWORD
AD_PASSWORD_FILE=$S/password
AD_ADMIN_UPN=Administrator@$DOMAIN
AD_ADMIN_PASSWORD=$ADMIN_PASSWORD
AD_CA=$S/tls/ca.pem
LDAPTLS_CACERT=$S/tls/ca.pem
KRB5_CONFIG=$S/krb5.conf
KRB5CCNAME=FILE:$S/krb5cc
AD_KEYTAB=$S/svc-audit.keytab
AD_REFUSED=$S/refused.txt
X
  mv "$S/env.new" "$S/env"
}

start() {
  say "starting"
  setsid samba -i -M prefork -s "$CONF" --no-process-group >"$S/log/hybridaudit-peer.out" 2>&1 </dev/null 9>&- &
  echo $! > "$S/run/peer.pid"
  answers "ldaps://$ADDR" && answers "ldap://$ADDR:3268"
}

configure
certificate "$FQDN" "DNS:$FQDN,DNS:$DOMAIN,IP:$ADDR"
if [ -n "$JOIN" ]; then
  join
else
  provision
  loader passwords --passwords --keytab "$S/svc-audit.keytab"
fi
start
write_env
say "ready: $S/env"

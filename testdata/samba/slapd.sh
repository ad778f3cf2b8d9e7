#!/bin/bash
# slapd.sh STATE_DIR [options] LDIF... - OpenLDAP with the names of Active Directory, for very many entries.
#
#   --domain-dn DC=contoso,DC=com   the forest root; it, CN=Users and CN=Configuration are made if the files lack them
#   --addr 127.0.0.20  --port 389  --tls-port 636
#   --owner PID                     as for up.sh
#
# Like Active Directory it gives at most 1000 entries a page, nothing to the anonymous but the root entry, and no
# simple bind in the clear. Faster than a domain controller by an order of magnitude, and silent on what only AD has.
# STATE_DIR/env and down.sh as for up.sh; STATE_DIR/refused.txt counts the attributes that were left out. The files
# must otherwise be sound: slapadd gives up at the first entry that it cannot take.
set -euo pipefail
umask 077
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$HERE/common.sh"
[ $# -ge 1 ] || usage "${BASH_SOURCE[0]}"
STATE=$1; shift
BASE=DC=contoso,DC=com ADDR=127.0.0.20 PORT=389 TLS_PORT=636 OWNER=$PPID LDIF=()
while [ $# -gt 0 ]; do case $1 in
  --domain-dn) BASE=$2; shift 2;; --addr) ADDR=$2; shift 2;; --port) PORT=$2; shift 2;; --tls-port) TLS_PORT=$2; shift 2;;
  --owner) OWNER=$2; shift 2;; --*) usage "${BASH_SOURCE[0]}";; *) LDIF+=("$(realpath "$1")"); shift;; esac; done
PATH=$PATH:/usr/sbin
need slapd slapadd ldapsearch openssl python3
loopback "$ADDR"; free_port "$ADDR" "$PORT"; free_port "$ADDR" "$TLS_PORT"
new_state "$STATE"

DOMAIN=$(sed 's/^dc=//; s/,dc=/./g' <<<"${BASE,,}") CONFIGURATION=CN=Configuration,$BASE
HOST=dc1.$DOMAIN AUDIT_PASSWORD=$(password) AUDIT_DN=CN=svc-audit,CN=Users,$BASE

configure() {
  mkdir "$S/schema" "$S/db"; python3 -B "$HERE/mkschema.py" "$S/schema" --base "$BASE"
  cat > "$S/rootdse.ldif" <<X
dn:
defaultNamingContext: $BASE
rootDomainNamingContext: $BASE
configurationNamingContext: $CONFIGURATION
schemaNamingContext: CN=Schema,$CONFIGURATION
dNSHostName: $HOST
serverName: CN=DC1,CN=Servers,CN=Default-First-Site-Name,CN=Sites,$CONFIGURATION
dsServiceName: CN=NTDS Settings,CN=DC1,CN=Servers,CN=Default-First-Site-Name,CN=Sites,$CONFIGURATION
ldapServiceName: $DOMAIN:dc1\$@${DOMAIN^^}
domainFunctionality: 7
forestFunctionality: 7
domainControllerFunctionality: 7
isSynchronized: TRUE
isGlobalCatalogReady: TRUE
supportedCapabilities: 1.2.840.113556.1.4.800
supportedCapabilities: 1.2.840.113556.1.4.1670
supportedCapabilities: 1.2.840.113556.1.4.1791
supportedCapabilities: 1.2.840.113556.1.4.1935
supportedCapabilities: 1.2.840.113556.1.4.2080

X
  cat > "$S/slapd.conf" <<X
include $S/schema/openldap.schema
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload sssvlv
pidfile $S/run/slapd
argsfile $S/run/slapd.args
rootDSE $S/rootdse.ldif
TLSCACertificateFile $S/tls/ca.pem
TLSCertificateFile $S/tls/server.pem
TLSCertificateKeyFile $S/tls/server.key
threads 4
tool-threads 2
sizelimit 1000
timelimit 120
security simple_bind=128
access to dn.base="" by * read
access to attrs=userPassword by anonymous auth by * none
access to * by users read by * none
database mdb
suffix "$BASE"
directory $S/db
maxsize 34359738368
envflags writemap nosync nometasync
limits users size.soft=1000 size.hard=1000 size.pr=1000 size.prtotal=unlimited
index objectClass eq
index sAMAccountName,userPrincipalName,mail eq
index proxyAddresses,msRTCSIP-PrimaryUserAddress eq,pres
index objectGUID,mS-DS-ConsistencyGuid eq
overlay sssvlv
X
}

first_entries() {
  local dc=${BASE%%,*}
  cat <<X
dn: $BASE
objectClass: top
objectClass: domainDNS
dc: ${dc#*=}

dn: CN=Users,$BASE
objectClass: top
objectClass: container
cn: Users

dn: $CONFIGURATION
objectClass: top
objectClass: configuration
cn: Configuration

dn: CN=Services,$CONFIGURATION
objectClass: top
objectClass: container
cn: Services

dn: CN=Partitions,$CONFIGURATION
objectClass: top
objectClass: crossRefContainer
cn: Partitions

dn: $AUDIT_DN
objectClass: top
objectClass: person
objectClass: organizationalPerson
objectClass: user
cn: svc-audit
sAMAccountName: svc-audit
userPrincipalName: svc-audit@$DOMAIN
userAccountControl: 66048
userPassword: $AUDIT_PASSWORD

X
}

load() {
  say "loading ${#LDIF[@]} files"
  first_entries > "$S/first.ldif"
  mkfifo "$S/pipe"
  python3 -B "$HERE/slapd_ldif.py" "$S/schema/openldap.schema" "$S/first.ldif" "${LDIF[@]}" >"$S/pipe" 2>"$S/refused.txt" &
  local writer=$!
  step slapadd -q -s -f "$S/slapd.conf" -b "$BASE" -l "$S/pipe" >"$S/log/slapadd.log" 2>&1 || die "slapadd" "$S/log/slapadd.log"
  wait "$writer" || die "slapd_ldif.py" "$S/refused.txt"
  rm "$S/pipe" "$S/first.ldif"
  say "loaded, $(du -sh "$S/db" | cut -f1) on disk"
}

write_env() {
  printf '%s' "$AUDIT_PASSWORD" > "$S/password"
  cat > "$S/env.new" <<X
AD_ADDR=$ADDR
AD_HOST=$HOST
AD_DOMAIN=$DOMAIN
AD_BASE=$BASE
AD_LDAP=ldap://$ADDR:$PORT
AD_LDAPS=ldaps://$ADDR:$TLS_PORT
AD_BIND_DN=$AUDIT_DN
AD_PASSWORD=$AUDIT_PASSWORD
AD_PASSWORD_FILE=$S/password
AD_CA=$S/tls/ca.pem
LDAPTLS_CACERT=$S/tls/ca.pem
AD_REFUSED=$S/refused.txt
X
  mv "$S/env.new" "$S/env"
}

start() {
  say "starting"
  setsid slapd -d 0 -f "$S/slapd.conf" -h "ldap://$ADDR:$PORT ldaps://$ADDR:$TLS_PORT" >"$S/log/hybridaudit-peer.out" 2>&1 </dev/null 9>&- &
  echo $! > "$S/run/peer.pid"
  answers "ldaps://$ADDR:$TLS_PORT"
}

certificate "$HOST" "DNS:$HOST,DNS:$DOMAIN,IP:$ADDR"
configure
load
start
write_env
say "ready: $S/env"

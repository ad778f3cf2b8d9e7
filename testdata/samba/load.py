#!/usr/bin/python3
"""Fills the database of a Samba domain controller that is not running.

    load.py --conf SMB_CONF --state DIR [--refused FILE] [LDIF...]
    load.py --conf SMB_CONF --state DIR --passwords     sets the administrator's and the audit account's, and exports its keys
    load.py --identity DC=contoso,DC=com [LDIF...]      prints the objectSid and the objectGUID of that entry

Makes the audit account, then adds the LDIF files as they come, parents before children. What the
server makes itself in a live forest is taken from the file here, so that a sample organisation
keeps its identity: objectGUID, objectSid, pwdLastSet, lastLogonTimestamp, whenCreated, whenChanged.
The passwords come in AUDIT_PASSWORD and ADMIN_PASSWORD, in a run of their own: a loaded database can
be kept and given new ones.

Times need libfaketime with FAKETIME_NO_CACHE=1 (up.sh starts this so): each entry is added at the
time of its whenChanged, an entry without one at the time that FAKETIME names.

What the server refuses is left out and the load goes on. FILE gets one line for each:
dn TAB attribute (or *) TAB outcome TAB reason. The outcome is "left out", or "forced" where the
value was then written beneath the server's checks: duplicates of userPrincipalName,
sAMAccountName and servicePrincipalName, which grown forests do hold.
"""
import argparse
import datetime
import itertools
import os
import re
import secrets
import sys
import time

sys.path.insert(0, '/usr/lib/python3/dist-packages')
import ldb  # noqa: E402
from samba.auth import system_session  # noqa: E402
from samba.dcerpc import misc, security  # noqa: E402
from samba.ndr import ndr_unpack  # noqa: E402
from samba.param import LoadParm  # noqa: E402
from samba.samdb import SamDB  # noqa: E402

from ldif import records  # noqa: E402

CHUNK = 250  # entries in a transaction: each one gets slower with the size of it
AUDITOR = 'svc-audit'
GUID_STEP = 4096  # a million entries until they begin again
RELAX = 'relax:0'
NO_PASSWORD_LOGIC = 'local_oid:1.3.6.1.4.1.7165.4.3.20:0'  # allows any pwdLastSet
SERVER_MADE = {n.lower() for n in [
    'distinguishedName', 'name', 'instanceType', 'sAMAccountType', 'memberOf', 'uSNCreated', 'uSNChanged', 'whenCreated',
    'whenChanged', 'msDS-User-Account-Control-Computed', 'msDS-ReplAttributeMetaData', 'nTSecurityDescriptor',
    'dSCorePropagationData', 'structuralObjectClass']}
UNIQUE = {n.lower() for n in ['userPrincipalName', 'sAMAccountName', 'servicePrincipalName']}
IDENTITY = {n.lower() for n in ['objectClass', 'objectGUID', 'objectSid', 'objectCategory', 'cn', 'ou', 'dc']}
HOPELESS = re.compile('parent does not exist|already exists', re.IGNORECASE)
FIRST_OWN_RID = 500_000_000  # for entries without objectSid, out of the way of the files' SIDs


class Refused:
    """Counts and writes what the server would not take."""

    def __init__(self, path):
        self.file = open(path, 'w', encoding='utf-8') if path else sys.stderr
        self.left_out = self.forced = 0
        self.dropped = {}

    def add(self, dn, attribute, reason, forced=False):
        if forced:
            self.forced += 1
        else:
            self.left_out += 1
        reason = re.sub(r'\s+', ' ', reason).strip()
        print(dn, attribute, 'forced' if forced else 'left out', reason, sep='\t', file=self.file)

    def drop(self, attribute):
        self.dropped[attribute] = self.dropped.get(attribute, 0) + 1

    def close(self):
        for attribute, entries in sorted(self.dropped.items()):
            print('*', attribute, 'left out', f'made by the server, left out of {entries} entries', sep='\t', file=self.file)
        self.file.flush()


class Entry:
    """One addition, reduced step by step to what the server takes."""

    def __init__(self, dn, attributes):
        self.dn, self.attributes = dn, attributes  # attributes: name -> list of bytes
        self.later = {}      # linked attributes whose target may come later
        self.raw = {}        # written beneath the checks at the end
        self.changed = None  # time of the addition, "YYYY-MM-DD hh:mm:ss" in UTC

    def message(self, db):
        m = ldb.Message()
        m.dn = ldb.Dn(db, self.dn)
        for name, values in self.attributes.items():
            m[name] = ldb.MessageElement(values, 0, name)
        return m


def clock(value):
    """Turns a generalised time (bytes) into what FAKETIME takes, or None."""
    m = re.fullmatch(rb'(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?:\.\d+)?Z', value)
    if not m:
        return None
    try:
        return datetime.datetime(*(int(g) for g in m.groups())).strftime('%Y-%m-%d %H:%M:%S')
    except ValueError:
        return None


def escaped(dn):
    """Samba does not read a DN with a bare "=" in a value, which RFC 4514 and Active Directory allow."""
    def rdn(match):
        name, equals, value = match[0].partition('=')
        return name + equals + re.sub(r'(\\.)|=', lambda m: m[1] or r'\3D', value, flags=re.DOTALL)
    return re.sub(r'(?:\\.|[^,\\])+', rdn, dn, flags=re.DOTALL)


class Loader:
    def __init__(self, state, conf, refused):
        self.state, self.refused = state, refused
        self.lp = LoadParm()
        self.lp.load(conf)
        self.path = os.path.join(state, 'private', 'sam.ldb')
        self.clock = os.environ.get('FAKETIME', '')
        self.raw, self.later, self.merged, self.seen, self.taken, self.numbered = [], [], [], set(), 0, 0
        self.open()
        self.base = str(self.db.domain_dn())
        found = self.db.search(base=self.db.get_schema_basedn(), scope=ldb.SCOPE_ONELEVEL,
                               expression='(linkID=*)', attrs=['lDAPDisplayName'])
        self.linked = {str(m['lDAPDisplayName']).lower() for m in found}
        found = self.db.search(base=self.db.get_schema_basedn(), scope=ldb.SCOPE_ONELEVEL,
                               expression='(attributeSyntax=2.5.5.1)', attrs=['lDAPDisplayName'])
        self.dn_valued = {str(m['lDAPDisplayName']).lower() for m in found}

    def open(self):
        self.db = SamDB(url=self.path, lp=self.lp, session_info=system_session(), options=['batch_mode:1'],
                        flags=ldb.FLG_DONT_CREATE_DB | ldb.FLG_NOSYNC)

    # ---- accounts ----

    def accounts(self, host, address):
        """Makes svc-audit, a plain user, and the service principal name with which Kerberos works by address."""
        self.move_rids(host)
        self.db.setexpiry('(sAMAccountName=Administrator)', 0, no_expiry_req=True)
        self.db.newuser(AUDITOR, 'Aa1-' + os.urandom(12).hex(), description='plain domain user')
        self.db.setexpiry(f'(sAMAccountName={AUDITOR})', 0, no_expiry_req=True)
        m = ldb.Message()
        m.dn = ldb.Dn(self.db, f'CN={host.upper()},OU=Domain Controllers,{self.base}')
        m['servicePrincipalName'] = ldb.MessageElement(f'ldap/{address}', ldb.FLAG_MOD_ADD, 'servicePrincipalName')
        self.db.modify(m)

    def passwords(self, keytab):
        """Sets the passwords and exports the audit account's Kerberos keys."""
        self.db.setpassword('(sAMAccountName=Administrator)', os.environ['ADMIN_PASSWORD'])
        self.db.setpassword(f'(sAMAccountName={AUDITOR})', os.environ['AUDIT_PASSWORD'])
        if keytab:
            import samba.dckeytab  # noqa: F401
            from samba.net import Net
            Net(None, self.lp).export_keytab(keytab=keytab, principal=f'{AUDITOR}@' + self.lp.get('realm'))

    def move_rids(self, host):
        pool = str(FIRST_OWN_RID | (FIRST_OWN_RID + 499_999) << 32)
        rid_set = f'CN=RID Set,CN={host.upper()},OU=Domain Controllers,{self.base}'
        self.write_raw([
            (rid_set, {'rIDNextRID': [str(FIRST_OWN_RID).encode()], 'rIDAllocationPool': [pool.encode()],
                       'rIDPreviousAllocationPool': [pool.encode()]}),
            (f'CN=RID Manager$,CN=System,{self.base}',
             {'rIDAvailablePool': [str(FIRST_OWN_RID + 500_000 | 0x3FFFFFFF << 32).encode()]})])

    # ---- entries ----

    def load(self, paths):
        chunk = []
        for dn, attributes in records(paths):
            if isinstance(attributes, ValueError):
                self.refused.add(dn, '*', str(attributes))
                continue
            entry = Entry(escaped(dn), attributes)
            self.prepare(entry)
            chunk.append(entry)
            if len(chunk) == CHUNK:
                self.add_chunk(chunk)
                chunk = []
        self.add_chunk(chunk)
        self.add_links()
        self.merge()
        os.environ['FAKETIME'] = self.clock
        self.write_raw(self.raw)

    def prepare(self, entry):
        for name, values in list(entry.attributes.items()):
            lower = name.lower()
            if len(set(values)) < len(values):
                values = entry.attributes[name] = list(dict.fromkeys(values))
                self.refused.add(entry.dn, name, 'the same value twice')
            if lower in self.dn_valued:
                values = entry.attributes[name] = [escaped(v.decode(errors='surrogateescape')).encode(errors='surrogateescape') for v in values]
            if lower == 'whenchanged':
                entry.changed = clock(values[0])
            elif lower == 'whencreated':
                entry.raw['whenCreated'] = values
            elif lower in SERVER_MADE:
                self.refused.drop(name)
            elif lower in self.linked:
                entry.later[name] = values
            else:
                continue
            del entry.attributes[name]
        if not any(n.lower() == 'objectguid' for n in entry.attributes):
            entry.attributes['objectGUID'] = [self.rising_guid()]
        if not entry.changed and 'whenCreated' in entry.raw:
            entry.changed = clock(entry.raw['whenCreated'][0])

    def rising_guid(self):
        """The database keeps its entries, and the lists of its indexes, in the order of the GUIDs: those at the end are added fastest."""
        self.numbered += 1
        return (self.numbered * GUID_STEP + secrets.randbelow(GUID_STEP) & 0xFFFFFFFF).to_bytes(4, 'big') + os.urandom(12)

    def at(self, entry):
        os.environ['FAKETIME'] = entry.changed or self.clock

    def add_chunk(self, chunk):
        """Adds entries in one transaction. A failure deep in the database spoils the whole
        transaction, but only its commit says so: then what was taken is added again without
        what was refused, and if that fails too, each entry in a transaction of its own. Another
        partition than the spoilt one may have been committed."""
        self.db.transaction_start()
        taken = [e for e in chunk if self.add(e)]
        if not self.commit():
            self.db.transaction_start()
            taken = [e for e in taken if self.present(e.dn) or self.add(e)]
            if not self.commit():
                taken = [e for e in taken if self.present(e.dn) or self.add_alone(e)]
        for e in taken:
            self.seen.add(e.dn.lower())
            if e.later:
                self.later.append(e)
            if e.raw:
                self.raw.append((e.dn, e.raw))
        self.taken += len(taken)

    def commit(self):
        try:
            self.db.transaction_commit()
            return True
        except ldb.LdbError:
            self.open()
            return False

    def add_alone(self, entry):
        self.db.transaction_start()
        reason = self.try_add(entry)
        if reason:
            self.db.transaction_cancel()
        else:
            try:
                self.db.transaction_commit()
                return True
            except ldb.LdbError as e:
                reason = e
                self.open()
        self.refused.add(entry.dn, '*', str(reason.args[1]))
        return False

    def add(self, entry):
        """Adds one entry, without the attributes that are refused. False: it could not be added."""
        if self.exists(entry):
            self.merged.append(entry)
            return False
        error = self.try_add(entry)
        while error is not None:
            name = self.culprit(entry, error)
            if name is None:
                break
            self.leave_out(entry, name, error)
            error = self.try_add(entry)
        if error is None or self.without_one(entry, error):
            return True
        self.refused.add(entry.dn, '*', str(error.args[1]))
        return False

    def without_one(self, entry, error):
        """For a refusal that names no attribute: leaves out the first one without which the entry goes in."""
        if HOPELESS.search(str(error.args[1])):
            return False
        for name in self.removable(entry):
            trial = Entry(entry.dn, {n: v for n, v in entry.attributes.items() if n != name})
            trial.changed = entry.changed
            if self.try_add(trial) is None:
                self.leave_out(entry, name, error)
                return True
        return False

    def try_add(self, entry):
        self.at(entry)
        controls = [RELAX]
        passwords = {n.lower() for n in entry.attributes} & {'unicodepwd', 'userpassword', 'cleartextpassword'}
        if entry.attributes.get('pwdLastSet', [b'0'])[0] not in (b'0', b'-1') and not passwords:
            controls.append(NO_PASSWORD_LOGIC)
        try:
            self.db.add(entry.message(self.db), controls)
        except ldb.LdbError as e:
            return e
        except (TypeError, ValueError) as e:  # a DN that is none
            return ldb.LdbError(ldb.ERR_INVALID_DN_SYNTAX, str(e))
        return None

    def removable(self, entry):
        return [n for n in entry.attributes if n.lower() not in ('objectclass', 'cn', 'ou', 'dc')]

    def culprit(self, entry, error):
        """The attribute that the server's text names."""
        text = str(error.args[1]).lower().replace(entry.dn.lower(), '')
        if HOPELESS.search(text):
            return None
        if 'spn[' in text:
            text += ' serviceprincipalname'
        for name in self.removable(entry):
            if re.search(rf'(?<![\w-]){re.escape(name.lower())}(?![\w-])', text):
                return name
        return None

    def leave_out(self, entry, name, error):
        values = entry.attributes.pop(name)
        reason = str(error.args[1])
        text = reason.lower()
        if name.lower() in UNIQUE and 'invalid value' not in text:
            entry.raw[name] = values
            self.refused.add(entry.dn, name, reason, forced=True)
        elif len(values) > 1 and 'invalid value' in text:
            entry.later[name] = values  # one by one: only the bad values are refused
        else:
            self.refused.add(entry.dn, name, reason)

    def exists(self, entry):
        classes = [c.lower() for c in entry.attributes.get('objectClass', [])]
        if entry.dn.lower() in self.seen or b'user' in classes or b'contact' in classes or b'group' in classes:
            return False  # an entry given twice is refused by the server
        return self.present(entry.dn)

    def present(self, dn):
        try:
            return len(self.db.search(base=dn, scope=ldb.SCOPE_BASE, attrs=['1.1'])) > 0
        except ldb.LdbError:
            return False

    def merge(self):
        """The server has these containers of itself: their attributes are replaced where it agrees."""
        self.db.transaction_start()
        for entry in {e.dn.lower(): e for e in self.merged}.values():
            self.at(entry)
            for name, values in entry.attributes.items():
                error = None if name.lower() in IDENTITY else self.modify(entry.dn, name, values, ldb.FLAG_MOD_REPLACE)
                if error:
                    self.refused.add(entry.dn, name, str(error.args[1]))
            if entry.raw:
                self.raw.append((entry.dn, entry.raw))
        self.commit_links()

    def modify(self, dn, name, values, flag):
        """Changes one attribute; returns the server's error or None."""
        m = ldb.Message()
        m.dn = ldb.Dn(self.db, dn)
        m[name] = ldb.MessageElement(values, flag, name)
        try:
            self.db.modify(m, [RELAX])
        except ldb.LdbError as e:
            return e
        return None

    def add_links(self):
        """Members, managers and the like, once everybody is there; and values to be tried one by one."""
        done = 0
        self.db.transaction_start()
        for e in self.later:
            self.at(e)
            for name, values in e.later.items():
                self.add_values(e.dn, name, values)
            done += 1
            if done % CHUNK == 0:
                self.commit_links()
                self.db.transaction_start()
        self.commit_links()

    def add_values(self, dn, name, values):
        """Adds all values at once, or as many as the server takes: it names a target that is not there."""
        values = list(values)
        while values:
            error = self.modify(dn, name, values, ldb.FLAG_MOD_ADD)
            if error is None:
                return
            missing = re.search(r'GUID for DN (.*)', str(error.args[1]), re.DOTALL)
            bad = [v for v in values if missing and v.decode(errors='replace').lower() == missing[1].strip().lower()]
            if not bad:
                break
            values.remove(bad[0])
            self.refused.add(dn, name, str(error.args[1]))
        for value in values:
            error = self.modify(dn, name, [value], ldb.FLAG_MOD_ADD)
            if error:
                self.refused.add(dn, name, str(error.args[1]))

    def commit_links(self):
        if not self.commit():
            self.refused.add('*', '*', f'links of up to {CHUNK} entries: the transaction was rolled back')

    # ---- beneath the checks ----

    def write_raw(self, changes):
        """Replaces attributes in the partitions' own files, past the directory's rules."""
        files = {}
        for dn, attributes in changes:
            configuration = dn.lower().endswith(',cn=configuration,' + self.base.lower())
            nc = ('CN=Configuration,' if configuration else '') + self.base
            files.setdefault(nc.upper(), []).append((dn, attributes))
        for nc, items in files.items():
            path = os.path.join(self.state, 'private', 'sam.ldb.d', nc + '.ldb')
            raw = ldb.Ldb('mdb://' + path, options=['modules:'], flags=ldb.FLG_DONT_CREATE_DB | ldb.FLG_NOSYNC)
            raw.transaction_start()
            for dn, attributes in items:
                m = ldb.Message()
                m.dn = ldb.Dn(raw, dn)
                for name, values in attributes.items():
                    m[name] = ldb.MessageElement(values, ldb.FLAG_MOD_REPLACE, name)
                raw.modify(m)
            raw.transaction_commit()
        self.open()


def identity(base, paths):
    """Looks among the first records for the domain's own entry, so that it can be provisioned with that identity."""
    for dn, attributes in itertools.islice(records(paths), 100):
        if dn.lower() == base.lower() and isinstance(attributes, dict):
            sid, guid = attributes.get('objectSid', [b''])[0], attributes.get('objectGUID', [b''])[0]
            return f'{ndr_unpack(security.dom_sid, sid) if sid else "-"} {ndr_unpack(misc.GUID, guid) if guid else "-"}'
    return '- -'


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--identity', metavar='DN')
    parser.add_argument('--conf')
    parser.add_argument('--state')
    parser.add_argument('--refused')
    parser.add_argument('--host', default='dc1')
    parser.add_argument('--address', default='127.0.0.10')
    parser.add_argument('--passwords', action='store_true')
    parser.add_argument('--keytab', help='file to put the audit account\'s Kerberos keys into')
    parser.add_argument('ldif', nargs='*')
    o = parser.parse_args()
    if o.identity:
        print(identity(o.identity, o.ldif))
        return
    refused = Refused(o.refused)
    loader = Loader(o.state, o.conf, refused)
    if o.passwords:
        loader.passwords(o.keytab)
        return
    loader.accounts(o.host, o.address)
    start = time.monotonic()
    loader.load(o.ldif)
    refused.close()
    print(f'{loader.taken} entries loaded, {refused.left_out} attributes or entries left out, {refused.forced} values forced, '
          f'{time.monotonic() - start:.1f} s', file=sys.stderr)


if __name__ == '__main__':
    main()

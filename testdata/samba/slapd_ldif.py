#!/usr/bin/python3
"""Makes LDIF files for Active Directory fit for slapadd: slapd_ldif.py SCHEMA OWN_LDIF [LDIF...] > ready.ldif

Attributes that SCHEMA (openldap.schema) does not have are left out and counted on stderr. The entries of
OWN_LDIF come first, but for those that stand among the first records of the other files.
"""
import base64
import itertools
import re
import sys

BUILT_IN = {'dn', 'objectclass', 'cn', 'name', 'description', 'distinguishedname', 'seealso', 'uid', 'userpassword'}
HEAD = 200  # records in which a file's own domain and container entries are looked for


def records(path):
    with open(path, encoding='utf-8', newline='\n') as f:
        lines = []
        for line in f:
            if line not in ('\n', '\r\n'):
                if not line.startswith(('version:', '#')):
                    lines.append(line)
            elif lines:
                yield lines
                lines = []
        if lines:
            yield lines


def name(record):
    """The distinguished name in small letters."""
    text = record[0].rstrip('\r\n') + ''.join(
        l[1:].rstrip('\r\n') for l in itertools.takewhile(lambda l: l.startswith(' '), record[1:]))
    if text.startswith('dn::'):
        text = 'dn: ' + base64.b64decode(text[4:]).decode()
    return text[3:].strip().lower()


def main():
    schema, own, files = sys.argv[1], sys.argv[2], sys.argv[3:]
    with open(schema, encoding='utf-8') as f:
        known = BUILT_IN | {n.lower() for n in re.findall(r"^attributetype \( \S+ NAME '([^']+)'", f.read(), re.MULTILINE)}
    theirs = {name(r) for path in files for r in itertools.islice(records(path), HEAD)}
    unknown, write = {}, sys.stdout.write

    for record in (r for r in records(own) if name(r) not in theirs):
        write(''.join(record) + '\n')
    for record in itertools.chain.from_iterable(records(path) for path in files):
        keep = True
        for line in record:
            if not line.startswith(' '):
                attribute = line.split(':', 1)[0].lower()
                keep = attribute in known
                if not keep:
                    unknown[attribute] = unknown.get(attribute, 0) + 1
            if keep:
                write(line)
        write('\n')
    for attribute, count in sorted(unknown.items()):
        print(f'{attribute}: not in the schema, left out {count} times', file=sys.stderr)


if __name__ == '__main__':
    main()

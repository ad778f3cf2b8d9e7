"""Reads LDIF files record by record (RFC 2849, additions only, no values by address)."""
import base64
import itertools


def records(paths):
    """Yields (distinguished name, {attribute: [bytes]}) of each record; a ValueError stands for one not understood."""
    for path in paths:
        with open(path, encoding='utf-8', newline='\n') as f:
            lines = []
            for line in itertools.chain(f, ['']):
                line = line.rstrip('\r\n')
                if line.startswith(' ') and lines:
                    lines[-1] += line[1:]
                elif line:
                    lines.append(line)
                elif lines:
                    yield from record(lines)
                    lines = []


def record(lines):
    lines = [line for line in lines if not line.startswith(('#', 'version:'))]
    if not lines:
        return
    attributes = {}
    try:
        for line in lines:
            name, value = line.split(':', 1)
            if value.startswith(':'):
                value = base64.b64decode(value[1:].strip(), validate=True)
            elif value.startswith('<'):
                raise ValueError('values by address are not read')
            else:
                value = value.lstrip(' ').encode()
            attributes.setdefault(name, []).append(value)
        dn = attributes.pop('dn')[0].decode()
        if attributes.pop('changetype', [b'add']) != [b'add']:
            raise ValueError('not an addition')
        yield dn, attributes
    except (KeyError, ValueError) as e:
        yield lines[0], ValueError(f'not understood: {e!r}')

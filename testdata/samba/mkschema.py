#!/usr/bin/python3
"""Writes the Lync, Skype for Business and Exchange schema from one table.

    mkschema.py DIRECTORY --base DC=contoso,DC=com    writes schema-*.ldif and openldap.schema there

The .ldif files extend the schema of a Samba domain controller, in the order of their numbers.
openldap.schema gives slapd the same names, with those of Active Directory's own schema that a
client of hybridaudit may ask for.

Object identifiers: arcs RTC, EX and X2 hold numbers that are published for real forests. Where
no number is published the identifier lies under TEST, an arc of the shape that Microsoft's OID
generator hands out, so it cannot meet a real one. LDAP clients go by lDAPDisplayName; nothing
may depend on these numbers, nor on the syntax and flags assumed for attributes under TEST.
"""
import argparse
import os

TEST = '1.2.840.113556.1.8000.2554.53519.21103.13907.18437.45278.9133414.10231874'
RTC = '1.2.840.113556.1.6.24.1.'
EX = '1.2.840.113556.1.4.7000.102.'
X2 = '1.2.840.113556.1.2.'
X4 = '1.2.840.113556.1.4.'

STRING = 'EQUALITY caseIgnoreMatch SUBSTR caseIgnoreSubstringsMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15'
NUMBER = 'EQUALITY integerMatch ORDERING integerOrderingMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.27'
OCTETS = 'EQUALITY octetStringMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.40'
# kind: attributeSyntax, oMSyntax, oMObjectClass (base64), what slapd calls it
KINDS = {
    'unicode': ('2.5.5.12', 64, None, STRING),
    'bool': ('2.5.5.8', 1, None, 'EQUALITY booleanMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.7'),
    'int': ('2.5.5.9', 2, None, NUMBER),
    'int64': ('2.5.5.16', 65, None, NUMBER),
    'dn': ('2.5.5.1', 127, 'KwwCh3McAIVK', 'EQUALITY distinguishedNameMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.12'),
    'octet': ('2.5.5.10', 4, None, OCTETS),
    'sid': ('2.5.5.17', 4, None, OCTETS),
    'dnbin': ('2.5.5.7', 127, 'KoZIhvcUAQEBCw==', STRING),
    'time': ('2.5.5.11', 24, None, 'EQUALITY generalizedTimeMatch ORDERING generalizedTimeOrderingMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.24'),
}


class Attribute:
    def __init__(self, name, kind, oid, cn=None, single=True, flags=0, gc=True, upper=None):
        self.name, self.kind, self.oid, self.cn = name, kind, oid, cn or name
        self.single, self.flags, self.gc, self.upper = single, flags, gc, upper

    def ldif(self):
        syntax, om, om_class, _ = KINDS[self.kind]
        lines = [f'dn: CN={self.cn},@SCHEMADN@', 'objectClass: top', 'objectClass: attributeSchema',
                 f'cn: {self.cn}', f'lDAPDisplayName: {self.name}', f'adminDisplayName: {self.cn}',
                 f'attributeID: {self.oid}', f'attributeSyntax: {syntax}', f'oMSyntax: {om}',
                 f'isSingleValued: {str(self.single).upper()}', f'searchFlags: {self.flags}',
                 f'isMemberOfPartialAttributeSet: {str(self.gc).upper()}', 'showInAdvancedViewOnly: TRUE']
        if om_class:
            lines.append(f'oMObjectClass:: {om_class}')
        if self.upper and self.kind in ('unicode', 'octet', 'sid'):
            lines += [f'rangeLower: {1 if self.kind == "unicode" else 0}', f'rangeUpper: {self.upper}']
        return '\n'.join(lines) + '\n\n'

    def slapd(self):
        single = ' SINGLE-VALUE' if self.single else ''
        return f"attributetype ( {self.oid} NAME '{self.name}' {KINDS[self.kind][3]}{single} )"


unpublished = 0


def test_oid():
    global unpublished
    unpublished += 1
    return f'{TEST}.1.{unpublished}'


# ---- Lync and Skype for Business: user, contact, inetOrgPerson ----
lync_user = [
    Attribute('msRTCSIP-PrimaryUserAddress', 'unicode', RTC + '1', flags=1, upper=454),
    Attribute('msRTCSIP-UserEnabled', 'bool', RTC + '6', flags=1),
    Attribute('msRTCSIP-TargetHomeServer', 'dn', RTC + '47'),
    Attribute('msRTCSIP-OriginatorSid', 'sid', RTC + '50', flags=1, upper=28),
    Attribute('msRTCSIP-PrimaryHomeServer', 'dn', RTC + '57', flags=1),
    Attribute('msRTCSIP-UserExtension', 'unicode', RTC + '63', single=False),
    Attribute('msRTCSIP-FederationEnabled', 'bool', RTC + '67'),
    Attribute('msRTCSIP-InternetAccessEnabled', 'bool', RTC + '68'),
    Attribute('msRTCSIP-ArchivingEnabled', 'int', RTC + '80'),
    Attribute('msRTCSIP-OptionFlags', 'int', RTC + '87'),
    Attribute('msRTCSIP-Line', 'unicode', RTC + '88', flags=1, upper=2048),
    Attribute('msRTCSIP-LineServer', 'unicode', RTC + '89', upper=454),
    Attribute('msRTCSIP-UserPolicy', 'dnbin', RTC + '132', single=False),
    # later than the published listings: Communications Server 2007 R2, Lync 2010 and 2013
    Attribute('msRTCSIP-ApplicationOptions', 'int', test_oid()),
    Attribute('msRTCSIP-UserLocationProfile', 'dn', test_oid()),
    Attribute('msRTCSIP-DeploymentLocator', 'unicode', test_oid(), flags=1, upper=255),
    Attribute('msRTCSIP-PrivateLine', 'unicode', test_oid(), flags=1, upper=2048),
    Attribute('msRTCSIP-OwnerUrn', 'unicode', test_oid(), flags=1, upper=255),
    Attribute('msRTCSIP-UserPolicies', 'unicode', test_oid(), single=False),
    Attribute('msRTCSIP-TargetUserPolicies', 'unicode', test_oid(), single=False),
    Attribute('msRTCSIP-AcpInfo', 'unicode', test_oid(), single=False),
    Attribute('msRTCSIP-GroupingID', 'octet', test_oid(), flags=1, upper=16),
    Attribute('msRTCSIP-TenantId', 'octet', test_oid(), flags=1, upper=16),
    Attribute('msRTCSIP-UserRoutingGroupId', 'octet', test_oid(), flags=1, upper=16),
    Attribute('msRTCSIP-MobilityPolicy', 'dn', test_oid()),
    Attribute('msRTCSIP-PresencePolicy', 'dn', test_oid()),
]
lync_contact = [
    Attribute('msRTCSIP-ApplicationDestination', 'dn', test_oid()),
    Attribute('msRTCSIP-ApplicationPrimaryLanguage', 'unicode', test_oid()),
    Attribute('msRTCSIP-ApplicationSecondaryLanguages', 'unicode', test_oid(), single=False),
    Attribute('msRTCSIP-ProxyAddresses', 'unicode', test_oid(), single=False),
    Attribute('msRTCSIP-SourceObjectType', 'int', test_oid()),
]
lync_topology = [Attribute(name, kind, test_oid(), single=single, gc=gc) for name, kind, single, gc in [
    ('msRTCSIP-DomainName', 'unicode', True, True),
    ('msRTCSIP-DomainData', 'unicode', False, False),
    ('msRTCSIP-Default', 'bool', True, True),
    ('msRTCSIP-PoolDisplayName', 'unicode', True, False),
    ('msRTCSIP-PoolDomainFQDN', 'unicode', True, False),
    ('msRTCSIP-PoolType', 'int', True, False),
    ('msRTCSIP-PoolVersion', 'int', True, False),
    ('msRTCSIP-PoolFunctionality', 'unicode', False, False),
    ('msRTCSIP-PoolData', 'unicode', False, False),
    ('msRTCSIP-BackEndServer', 'unicode', True, False),
    ('msRTCSIP-FrontEndServers', 'dn', False, False),
    ('msRTCSIP-PoolAddress', 'dn', True, False),
    ('msRTCSIP-ServerVersion', 'int', True, False),
    ('msRTCSIP-TrustedServerFQDN', 'unicode', True, False),
    ('msRTCSIP-TrustedServerVersion', 'int', True, False),
    ('msRTCSIP-EdgeProxyFQDN', 'unicode', True, False),
    ('msRTCSIP-SchemaVersion', 'int', True, False),
    ('msRTCSIP-ExtensionData', 'unicode', False, False),
    ('msRTCSIP-TrustedServiceType', 'unicode', True, False),
    ('msRTCSIP-TrustedServicePort', 'int', True, False),
    ('msRTCSIP-ConferenceDirectoryId', 'int', True, False),
    ('msRTCSIP-ConferenceDirectoryHomePool', 'dn', True, False),
]]

# ---- Exchange, and what the Windows Server 2016 schema has and Samba's does not ----
exchange = [
    Attribute('mailNickname', 'unicode', X2 + '447', 'ms-Exch-Mail-Nickname', flags=5, upper=64),
    Attribute('targetAddress', 'unicode', X2 + '352', 'ms-Exch-Target-Address', flags=1, upper=1123),
] + [
    Attribute(f'extensionAttribute{i}', 'unicode', X2 + str(422 + i if i <= 10 else 588 + i),
              f'ms-Exch-Extension-Attribute-{i}', flags=16, upper=1024 if i <= 10 else 2048)
    for i in range(1, 16)
] + [
    Attribute('msExchHideFromAddressLists', 'bool', EX + '73', 'ms-Exch-Hide-From-Address-Lists', flags=16),
    Attribute('msExchMasterAccountSid', 'sid', EX + '81', 'ms-Exch-Master-Account-Sid', flags=9, upper=28),
    Attribute('msExchMailboxGuid', 'octet', EX + '11058', 'ms-Exch-Mailbox-Guid', flags=9, upper=16),
    Attribute('msExchRecipientDisplayType', 'int', EX + '50730', 'ms-Exch-Recipient-Display-Type', flags=1),
    Attribute('msExchVersion', 'int64', EX + '50853', 'ms-Exch-Version'),
    Attribute('msExchRecipientTypeDetails', 'int64', EX + '50855', 'ms-Exch-Recipient-Type-Details', flags=1),
    Attribute('msExchArchiveGUID', 'octet', EX + '51443', 'ms-Exch-Archive-GUID', flags=9, upper=16),
    Attribute('msExchRemoteRecipientType', 'int64', EX + '51611', 'ms-Exch-Remote-Recipient-Type', flags=1),
    Attribute('msExchHomeServerName', 'unicode', EX + '47', 'ms-Exch-Home-Server-Name', flags=25),
    Attribute('msExchUCVoiceMailSettings', 'unicode', test_oid(), 'ms-Exch-UC-Voice-Mail-Settings', single=False),
    Attribute('msExchUsageLocation', 'unicode', test_oid(), 'ms-Exch-Usage-Location', upper=2),
    Attribute('msExchUMEnabledFlags', 'int', test_oid(), 'ms-Exch-UM-Enabled-Flags'),
    Attribute('homeMDB', 'dn', test_oid(), 'ms-Exch-Home-MDB', flags=1),
    Attribute('publicDelegates', 'dn', test_oid(), 'ms-Exch-Public-Delegates', single=False),
    Attribute('msDS-ExternalDirectoryObjectId', 'unicode', X4 + '2310', 'ms-DS-External-Directory-Object-Id', flags=9, upper=256),
]
exchange_topology = [Attribute(name, kind, test_oid(), single=single, gc=False) for name, kind, single in [
    ('msExchCurrentServerRoles', 'int', True),
    ('msExchCoexistenceDomains', 'unicode', False),
    ('msExchCoexistenceOnPremisesSmartHost', 'unicode', True),
]]


class Class:
    def __init__(self, name, parent, superiors, may=()):
        self.name, self.parent, self.superiors, self.may = name, parent, superiors, may

    def ldif(self, number):
        lines = [f'dn: CN={self.name},@SCHEMADN@', 'objectClass: top', 'objectClass: classSchema', f'cn: {self.name}',
                 f'lDAPDisplayName: {self.name}', f'adminDisplayName: {self.name}', f'governsID: {TEST}.2.{number}',
                 'objectClassCategory: 1', 'rDNAttID: cn', f'subClassOf: {self.parent}', 'showInAdvancedViewOnly: TRUE',
                 'defaultHidingValue: FALSE', 'systemOnly: FALSE',
                 'defaultSecurityDescriptor: D:(A;;RPWPCRCCDCLCLORCWOWDSDDTSW;;;DA)(A;;RPWPCRCCDCLCLORCWOWDSDDTSW;;;SY)(A;;RPLCLORC;;;AU)']
        lines += [f'mayContain: {m}' for m in self.may]
        lines.append(f'defaultObjectCategory: CN={self.name},@SCHEMADN@')
        return '\n'.join(lines) + '\n\n'


classes = [
    Class('msRTCSIP-Service', 'container', ['container'], ['msRTCSIP-SchemaVersion']),
    Class('msRTCSIP-GlobalContainer', 'container', ['msRTCSIP-Service'], ['msRTCSIP-ExtensionData']),
    Class('msRTCSIP-Domain', 'top', ['msRTCSIP-GlobalContainer', 'msRTCSIP-Service'],
          ['msRTCSIP-DomainName', 'msRTCSIP-DomainData', 'msRTCSIP-Default']),
    Class('msRTCSIP-Pools', 'container', ['msRTCSIP-Service']),
    Class('msRTCSIP-Pool', 'container', ['msRTCSIP-Pools', 'container'],
          ['dNSHostName', 'msRTCSIP-PoolDisplayName', 'msRTCSIP-PoolDomainFQDN', 'msRTCSIP-PoolType', 'msRTCSIP-PoolVersion',
           'msRTCSIP-PoolFunctionality', 'msRTCSIP-PoolData', 'msRTCSIP-BackEndServer', 'msRTCSIP-FrontEndServers']),
    Class('msRTCSIP-PoolService', 'serviceConnectionPoint', ['container', 'msRTCSIP-Pool'], ['msRTCSIP-FrontEndServers']),
    Class('msRTCSIP-TrustedServer', 'top', ['msRTCSIP-GlobalContainer', 'container'],
          ['msRTCSIP-TrustedServerFQDN', 'msRTCSIP-TrustedServerVersion']),
    Class('msRTCSIP-EdgeProxy', 'top', ['msRTCSIP-GlobalContainer', 'container'], ['msRTCSIP-EdgeProxyFQDN']),
    Class('msRTCSIP-ApplicationContacts', 'container', ['msRTCSIP-Service', 'container']),
    Class('msRTCSIP-GlobalTopologySetting', 'top', ['msRTCSIP-GlobalContainer', 'msRTCSIP-Service'], ['msRTCSIP-BackEndServer']),
    Class('msRTCSIP-TrustedService', 'serviceConnectionPoint', ['msRTCSIP-GlobalContainer', 'container'],
          ['msRTCSIP-TrustedServerFQDN', 'msRTCSIP-TrustedServiceType', 'msRTCSIP-TrustedServicePort']),
    Class('msRTCSIP-ConferenceDirectory', 'top', ['msRTCSIP-GlobalContainer', 'container'],
          ['msRTCSIP-ConferenceDirectoryId', 'msRTCSIP-ConferenceDirectoryHomePool']),
    Class('msExchOrganizationContainer', 'container', ['msExchConfigurationContainer', 'container']),
    Class('msExchExchangeServer', 'server', ['container'], ['serialNumber', 'versionNumber', 'networkAddress', 'msExchCurrentServerRoles']),
    Class('msExchCoexistenceRelationship', 'top', ['msExchConfigurationContainer', 'msExchOrganizationContainer', 'container'],
          ['msExchCoexistenceDomains', 'msExchCoexistenceOnPremisesSmartHost']),
]


def add_values(cn, attribute, values):
    return f'dn: CN={cn},@SCHEMADN@\nchangetype: modify\nadd: {attribute}\n' + ''.join(
        f'{attribute}: {v}\n' for v in values) + '-\n\n'


def names(attributes):
    return [a.name for a in attributes]


def modifications():
    parts = ['# Hangs the attributes on the base classes. Exchange also publishes proxyAddresses in the global catalogue.\n'
             '# Possible superiors stand here: within the transaction that adds them the new classes are not yet known.\n\n']
    parts.append(add_values('User', 'mayContain', names(lync_user)))
    parts.append(add_values('Contact', 'mayContain', names(lync_user + lync_contact)))
    parts.append(add_values('Mail-Recipient', 'mayContain', names(exchange) + ['mS-DS-ConsistencyGuid']))
    parts += [add_values(c.name, 'possSuperiors', c.superiors) for c in classes]
    parts.append(add_values('Contact', 'possSuperiors', ['msRTCSIP-ApplicationContacts']))
    parts.append('dn: CN=Proxy-Addresses,@SCHEMADN@\nchangetype: modify\nreplace: isMemberOfPartialAttributeSet\n'
                 'isMemberOfPartialAttributeSet: TRUE\n-\n\n')
    return ''.join(parts)


# ---- OpenLDAP: the names of Active Directory's own schema, with their published identifiers ----
BASE = [  # name, kind, identifier, single-valued
    ('sn', 'unicode', '2.5.4.4', True), ('serialNumber', 'unicode', '2.5.4.5', False), ('c', 'unicode', '2.5.4.6', True), ('l', 'unicode', '2.5.4.7', True),
    ('st', 'unicode', '2.5.4.8', True), ('ou', 'unicode', '2.5.4.11', False), ('title', 'unicode', '2.5.4.12', True),
    ('physicalDeliveryOfficeName', 'unicode', '2.5.4.19', True), ('telephoneNumber', 'unicode', '2.5.4.20', True),
    ('member', 'dn', '2.5.4.31', False), ('userCertificate', 'octet', '2.5.4.36', False),
    ('givenName', 'unicode', '2.5.4.42', True), ('initials', 'unicode', '2.5.4.43', True),
    ('dc', 'unicode', '0.9.2342.19200300.100.1.25', True), ('mail', 'unicode', '0.9.2342.19200300.100.1.3', True),
    ('manager', 'dn', '0.9.2342.19200300.100.1.10', True), ('mobile', 'unicode', '0.9.2342.19200300.100.1.41', True),
    ('jpegPhoto', 'octet', '0.9.2342.19200300.100.1.60', False),
    ('preferredLanguage', 'unicode', '2.16.840.1.113730.3.1.39', True),
    ('versionNumber', 'int', X4 + '141', True), ('networkAddress', 'unicode', X2 + '459', False),
    ('objectGUID', 'octet', X4 + '2', True), ('userAccountControl', 'int', X4 + '8', True),
    ('dnsRoot', 'unicode', X4 + '28', False), ('employeeID', 'unicode', X4 + '35', True),
    ('pwdLastSet', 'int64', X4 + '96', True), ('primaryGroupID', 'int', X4 + '98', True),
    ('objectSid', 'octet', X4 + '146', True), ('adminCount', 'int', X4 + '150', True),
    ('accountExpires', 'int64', X4 + '159', True), ('sAMAccountName', 'unicode', X4 + '221', True),
    ('sAMAccountType', 'int', X4 + '302', True), ('systemFlags', 'int', X4 + '375', True),
    ('dNSHostName', 'unicode', X4 + '619', True), ('legacyExchangeDN', 'unicode', X4 + '655', True),
    ('userPrincipalName', 'unicode', X4 + '656', True), ('ipPhone', 'unicode', X4 + '721', True),
    ('groupType', 'int', X4 + '750', True), ('servicePrincipalName', 'unicode', X4 + '771', False),
    ('objectCategory', 'unicode', X4 + '782', True), ('isCriticalSystemObject', 'bool', X4 + '868', True),
    ('uPNSuffixes', 'unicode', X4 + '890', False), ('nETBIOSName', 'unicode', X4 + '87', True),
    ('mS-DS-ConsistencyGuid', 'octet', X4 + '1360', True), ('lastLogonTimestamp', 'int64', X4 + '1696', True),
    ('msDS-User-Account-Control-Computed', 'int', X4 + '1460', True), ('msDS-SourceObjectDN', 'unicode', X4 + '1879', True),
    ('msDS-PhoneticFirstName', 'unicode', X4 + '1942', True), ('msDS-PhoneticLastName', 'unicode', X4 + '1943', True),
    ('msDS-PhoneticDisplayName', 'unicode', X4 + '1946', True),
    ('whenCreated', 'time', X2 + '2', True), ('whenChanged', 'time', X2 + '3', True),
    ('displayName', 'unicode', X2 + '13', True), ('nCName', 'dn', X2 + '16', True), ('otherTelephone', 'unicode', X2 + '18', False),
    ('uSNCreated', 'int64', X2 + '19', True), ('isDeleted', 'bool', X2 + '48', True), ('uSNChanged', 'int64', X2 + '120', True),
    ('co', 'unicode', X2 + '131', True), ('department', 'unicode', X2 + '141', True), ('company', 'unicode', X2 + '146', True),
    ('proxyAddresses', 'unicode', X2 + '210', False), ('thumbnailPhoto', 'octet', '2.16.840.1.113730.3.1.35', True),
]
ROOT_DSE = [
    ('defaultNamingContext', 'dn', True), ('configurationNamingContext', 'dn', True), ('schemaNamingContext', 'dn', True),
    ('rootDomainNamingContext', 'dn', True), ('supportedCapabilities', 'unicode', False), ('forestFunctionality', 'unicode', True),
    ('domainFunctionality', 'unicode', True), ('domainControllerFunctionality', 'unicode', True),
    ('isGlobalCatalogReady', 'unicode', True), ('isSynchronized', 'unicode', True), ('ldapServiceName', 'unicode', True),
    ('serverName', 'dn', True), ('dsServiceName', 'dn', True), ('highestCommittedUSN', 'int64', True),
    ('supportedLDAPPolicies', 'unicode', False), ('currentTime', 'time', True),
]
ANY = ['objectGUID', 'objectCategory', 'whenCreated', 'whenChanged', 'uSNCreated', 'uSNChanged', 'proxyAddresses', 'displayName',
       'description', 'distinguishedName', 'name', 'mS-DS-ConsistencyGuid', 'adminCount', 'isCriticalSystemObject', 'isDeleted',
       'msDS-SourceObjectDN', 'systemFlags']
MAIL_RECIPIENT = ['mail', 'legacyExchangeDN', 'telephoneNumber', 'userCertificate'] + names(exchange)
PERSON = ['sn', 'givenName', 'initials', 'title', 'mobile', 'ipPhone', 'otherTelephone', 'manager', 'l', 'c', 'co', 'st', 'company',
          'department', 'physicalDeliveryOfficeName', 'employeeID', 'seeAlso', 'preferredLanguage', 'thumbnailPhoto', 'jpegPhoto',
          'msDS-PhoneticLastName', 'msDS-PhoneticFirstName', 'msDS-PhoneticDisplayName', 'userPassword']
PRINCIPAL = ['objectSid', 'sAMAccountName', 'sAMAccountType']


def object_class(oid, name, parent, may, must=(), kind='STRUCTURAL'):
    must = f" MUST ( {' $ '.join(must)} )" if must else ''
    may = f" MAY ( {' $ '.join(may)} )" if may else ''
    return f"objectclass ( {oid} NAME '{name}' SUP {parent} {kind}{must}{may} )"


def openldap():
    lines = ['# Attribute and class names of Active Directory, Lync and Exchange for slapd. Written by mkschema.py.',
             '# Stands alone: not to be included beside core, cosine or inetorgperson.', '']
    lines += [Attribute(n, k, oid, single=s).slapd() for n, k, oid, s in BASE]
    lines += [Attribute(n, k, f'{TEST}.3.{i}', single=s).slapd() for i, (n, k, s) in enumerate(ROOT_DSE, 1)]
    lines += [a.slapd() for a in lync_user + lync_contact + lync_topology + exchange + exchange_topology]
    lines += [
        object_class('0.9.2342.19200300.100.4.13', 'domain', 'top', ANY + ['objectSid'], ['dc']),
        object_class('1.2.840.113556.1.5.67', 'domainDNS', 'domain', []),
        object_class('2.5.6.5', 'organizationalUnit', 'top', ANY, ['ou']),
        object_class('1.2.840.113556.1.3.23', 'container', 'top', ANY, ['cn']),
        object_class('1.2.840.113556.1.5.12', 'configuration', 'top', ANY, ['cn']),
        object_class('1.2.840.113556.1.5.7000.53', 'crossRefContainer', 'top', ANY + ['uPNSuffixes'], ['cn']),
        object_class('1.2.840.113556.1.3.11', 'crossRef', 'top', ANY + ['nCName', 'nETBIOSName', 'dnsRoot'], ['cn']),
        object_class('2.5.6.6', 'person', 'top', ANY + PERSON, ['cn']),
        object_class('2.5.6.7', 'organizationalPerson', 'person', MAIL_RECIPIENT),
        object_class('1.2.840.113556.1.5.9', 'user', 'organizationalPerson', PRINCIPAL + [
            'userPrincipalName', 'userAccountControl', 'primaryGroupID', 'pwdLastSet', 'lastLogonTimestamp', 'accountExpires',
            'servicePrincipalName', 'dNSHostName', 'uid', 'msDS-User-Account-Control-Computed'] + names(lync_user)),
        object_class('2.16.840.1.113730.3.2.2', 'inetOrgPerson', 'user', []),
        object_class('1.2.840.113556.1.3.30', 'computer', 'user', []),
        object_class('1.2.840.113556.1.5.15', 'contact', 'organizationalPerson', names(lync_user + lync_contact)),
        object_class('1.2.840.113556.1.5.8', 'group', 'top', ANY + MAIL_RECIPIENT + PRINCIPAL + ['groupType', 'member'], ['cn']),
        object_class('1.2.840.113556.1.5.94', 'serviceConnectionPoint', 'top', ANY, ['cn']),
        object_class('1.2.840.113556.1.5.17', 'server', 'top', ANY, ['cn']),
    ]
    # Windows has this one of itself
    lines.append(object_class('1.2.840.113556.1.5.176', 'msExchConfigurationContainer', 'container', []))
    for number, c in enumerate(classes, 1):
        own = c.parent == 'top'
        lines.append(object_class(f'{TEST}.2.{number}', c.name, c.parent, (ANY if own else []) + list(c.may), ['cn'] if own else ()))
    return '\n'.join(lines) + '\n'


def samba():
    def attributes(title, table):
        return f'# {title}\n\n' + ''.join(a.ldif() for a in table)
    return {
        'schema-1-lync.ldif': attributes('msRTCSIP-* attributes.', lync_user + lync_contact + lync_topology),
        'schema-2-exchange.ldif': attributes('Exchange attributes.', exchange + exchange_topology),
        'schema-3-classes.ldif': '# Classes of the configuration partition.\n\n'
                                 + ''.join(c.ldif(i) for i, c in enumerate(classes, 1)),
        'schema-4-modify.ldif': modifications(),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('directory')
    parser.add_argument('--base', help='distinguished name of the forest root; without it @SCHEMADN@ stays in the text')
    options = parser.parse_args()
    schema_dn = f'CN=Schema,CN=Configuration,{options.base}' if options.base else '@SCHEMADN@'
    for name, text in (samba() | {'openldap.schema': openldap()}).items():
        with open(os.path.join(options.directory, name), 'w', encoding='utf-8') as f:
            f.write(text.replace('@SCHEMADN@', schema_dn))


if __name__ == '__main__':
    main()

// Package ldaplab plays a domain controller of a sample forest, in process, so that the real collector, a real LDAP client and a real TLS connection can
// be tried without an Active Directory. It shows what a collector can see of a domain controller: rootDSE, simple bind with the usual refusals, naming
// contexts, searches with referrals, paging with its upper limit, ranged attribute values, deleted objects for those who ask for them, the schema partition.
// Faults can be planted into any answer.
//
// Several servers make a forest of several domains, which share the configuration partition of its root. A server may also be a global catalog: on ports of
// their own it shows all domains with only the attributes of the partial attribute set, in whatever partition, and evaluates filters by no others.
//
// It is read-only: every request to change something is refused. There is no Kerberos, no server-side sorting and no DirSync.
package ldaplab

// Package ldaplab plays the domain controller of one sample forest, in process, so that the real collector, a real LDAP client and a real TLS
// connection can be tried without an Active Directory. It shows what a collector can see of a domain controller: rootDSE, simple bind with the usual
// refusals, naming contexts, searches with referrals, paging with its upper limit, ranged attribute values, the schema partition. Faults can be planted
// into any answer.
//
// It is read-only: every request to change something is refused. There is no Kerberos, no server-side sorting, no DirSync and no global catalog.
package ldaplab

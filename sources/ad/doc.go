// Package ad reads a forest over LDAP, straight into evidence: its users, contacts and mail-enabled groups, its domains and the servers that were asked, and
// the small tables around them: Skype for Business pools and topology with the computers that these name, the Exchange organisation, connection points,
// service accounts and, on request, what was deleted.
//
// It only ever binds and searches: nothing in a directory is changed. Searches are narrow, page by page, and may be slowed down; no search asks for all that
// there is. Domains are read beside each other, and each of them on a few connections; the rows of a table stand in the order in which the pages came, which
// means nothing.
//
// Servers are configured, or found in DNS by the domain's name, and stand in for each other within a domain. A domain without a reachable domain controller is
// read from a global catalog, without the attributes that the schema says it does not hold; coverage names them. Where only a catalog is to be had, even
// that part of the schema is out of sight, and an attribute that no object shows counts as not held.
//
// Whatever goes wrong, the coverage of each dataset says how much was read and why not more: a dataset is complete only when for each part of it a server
// itself said that there is no further page. Rows that were read before a fault stay, and none is kept twice. What configuration kept out makes no dataset
// incomplete, but its coverage says that it is narrowed.
//
// Referrals are counted and not followed. Trusts are not read, nor other forests behind them: each forest is collected on its own.
package ad

// Package ad reads a forest's users, contacts and mail-enabled groups, its domains and its Skype for Business pools over LDAP, straight into evidence.
//
// It only ever binds and searches: nothing in a directory is changed. Searches are narrow, page by page, and may be slowed down. Whatever goes wrong, the
// coverage of each dataset says how much was read and why not more: a dataset is complete only when the server itself said that there is no further page.
// Rows that were read before a fault stay, and none is kept twice.
//
// It does not follow referrals, does not use a global catalog and does not sign in with Kerberos.
package ad

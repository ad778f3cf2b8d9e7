// Package ldif reads content records of LDIF files (RFC 2849), one after the other, with the memory of one record.
//
// It takes what Windows' ldifde and OpenLDAP's ldapsearch write: folded lines, base64, UTF-8 and UTF-16, the "changetype: add" of each exported record, and
// ldapsearch's comments and result lines, which tell what was asked for and how the search ended. It does not take change records and does not fetch values
// from URLs.
package ldif

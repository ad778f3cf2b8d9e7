// Package evidence is the snapshot that collectors fill and rules read: typed tables of what Active Directory and the tenant said, and for each
// dataset the coverage: how much of it was really read.
//
// A table keeps its values column by column: text as references into 1 MiB chunks, repeating text as codes into a dictionary. A million users with
// seventeen attributes cost a fifth of what maps of strings cost, and the garbage collector has next to nothing to look at. Rules never see columns: they
// get small views ([ADObject], [TenantUser], [Domain] …) with methods named after the facts.
//
// Every value is absent, empty or there; the views tell these apart where it matters. Text is valid UTF-8: bytes that are not are replaced by U+FFFD
// when they are stored, so that a snapshot reads the same before and after it travelled through a file.
//
// The package reads nothing from the network or from disk. A sealed [Snapshot] is safe for any number of readers.
package evidence

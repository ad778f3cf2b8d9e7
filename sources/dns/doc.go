// Package dns asks DNS servers about the organisation's names and keeps the answers as evidence. It only ever asks; nothing is changed anywhere.
//
// Servers have one of three roles: those of the network that the program stands in (internal), those that everybody can ask (public), and those of the zones
// themselves (authoritative), which are found through the others. Of the internal ones the first that answers counts, as it does for any computer; of the public
// ones each is asked, because they may differ; of the authoritative ones one is asked for each record, and all for the start of authority. Names that nobody
// outside can know are asked inside only, and authoritative servers only about the organisation's own domains.
//
// What a server says and what keeps it from saying anything stand apart: that a name does not exist, that it has no such record, SERVFAIL, REFUSED, silence, no
// way to the server, and an answer that makes no sense. Each question gets two tries; one that does not fit into a datagram is asked again over TCP, and a server
// that does not understand EDNS gets plain questions. Aliases are followed over at most 8 hops, by asking on where the server did not.
//
// Servers are not trusted: an answer to another question is passed over, of thousands of records few are kept, and no server is waited for longer than the
// time for one question. A server that leaves question after question unanswered is asked one that it must be able to answer, and is then given up, so that a
// network that is down costs seconds. The servers of zones are asked at public addresses only, unless the configuration names the address.
//
// A question is sent once for each role, server, name and type, by a bounded number of workers with one socket each, and to servers of others no faster than these
// let one address ask. The rows are written at the end by one
// goroutine, sorted, so that their order does not depend on who answered first.
package dns

package address

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// SIPProblem judges a value of msRTCSIP-PrimaryUserAddress: sip:user@domain, the
// user part of letters, digits and . _ - +, the domain a dotted DNS name in ASCII.
//
// Which characters the service takes in a user part is written down in no one place.
// Serious are those known to break registration or number assignment: apostrophe,
// white space, quotes, < > ( ) , ; : [ ] \ and all beyond ASCII (Microsoft KB 2541980;
// "Prepare for directory synchronization to Microsoft 365"). Any other is minor.
func SIPProblem(primaryUserAddress string) Problem {
	s := primaryUserAddress
	trimmed := strings.TrimSpace(s)
	if trimmed == "" {
		return whole(Empty)
	}
	if _, ok := cutPrefixFold(trimmed, "sip:"); !ok {
		return whole(NoPrefix)
	}
	if len(trimmed) != len(s) {
		return at(Space, s, outerSpace(s))
	}
	const start = len("sip:")
	sign, p := atSign(s, start)
	if p.Code != OK {
		return p
	}
	if p, found := find(s, start, class); found {
		return p
	}
	domain := s[sign+1:]
	fault, ok := domainFault(domain)
	if ok {
		fault = doubleHyphen(domain)
		ok = fault < 0
	}
	if !ok {
		if fault >= 0 {
			fault += sign + 1
		}
		return at(BadDomain, s, fault)
	}
	if p, found := find(s[:sign], start, oddInSIP); found {
		p.Minor = true
		return p
	}
	return Problem{}
}

// outerSpace gives the position of the white space that TrimSpace would cut first.
func outerSpace(s string) int {
	if len(strings.TrimLeftFunc(s, unicode.IsSpace)) != len(s) {
		return 0
	}
	return len(strings.TrimRightFunc(s, unicode.IsSpace))
}

func oddInSIP(r rune) Code {
	if r < utf8.RuneSelf && isAlphaNumeric(byte(r)) || strings.ContainsRune("._-+", r) { //nolint:gosec // just compared
		return OK
	}
	return OddCharacter
}

package address

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// Domain gives the domain of an address, with or without sip:, sips: or smtp:
// prefix, in the form of DomainKey; "" when there is no @ or nothing behind it. Of
// several @ the last counts. A SIP port or parameter behind the domain is cut.
func Domain(addr string) string {
	at := strings.LastIndexByte(addr, '@')
	if at < 0 {
		return ""
	}
	domain := addr[at+1:]
	if end := strings.IndexAny(domain, ":;?"); end >= 0 {
		domain = domain[:end]
	}
	return DomainKey(domain)
}

// DomainKey gives the comparison form of a domain: its A-labels (IDNA lookup
// profile, RFC 5891 5) in lower case, without surrounding white space or trailing
// dots. What the profile refuses, such as a name with an underscore, is only
// lower-cased. ASCII text that is so already is returned without allocation.
func DomainKey(domain string) string {
	domain = strings.TrimRightFunc(strings.TrimSpace(domain), isDotOrSpace)
	if isASCII(domain) {
		// Only A-labels need the profile: of the rest it changes nothing but the case.
		if domain = strings.ToLower(domain); strings.Contains(domain, "xn--") {
			domain = aLabels(domain)
		}
	} else {
		domain = aLabels(domain)
	}
	return strings.TrimRight(domain, ".")
}

func isDotOrSpace(r rune) bool { return r == '.' || unicode.IsSpace(r) }

// aLabels gives what the lookup profile makes of a name, or its lower case. The
// profile knows no lower case for some letters that have one since, so a name that
// it refuses is tried in lower case as well.
func aLabels(domain string) string {
	if converted, err := idna.Lookup.ToASCII(domain); err == nil {
		return converted
	}
	domain = Fold(domain)
	if converted, err := idna.Lookup.ToASCII(domain); err == nil {
		return converted
	}
	return domain
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// Routable tells whether a domain can be verified in a tenant at all. It is false
// for "" and single labels, and for names set aside for private use or tests: those
// that RFC 2606, 6761, 6762 and 8375 reserve, .internal, and the endings that
// organisations took for themselves (.lan, .corp, .home, .intranet, .private).
func Routable(domain string) bool {
	key := DomainKey(domain)
	dot := strings.LastIndexByte(key, '.')
	if dot <= 0 || key == "home.arpa" || strings.HasSuffix(key, ".home.arpa") {
		return false
	}
	switch key[dot+1:] {
	case "", "local", "lan", "internal", "corp", "home", "invalid", "test",
		"localhost", "localdomain", "intranet", "private":
		return false
	}
	return true
}

// domainFault looks for what keeps ASCII text from being a dotted DNS name: labels
// of letters, digits and inner hyphens, up to 63 characters each, the last one of
// two or more letters or an A-label. It gives the position of a character at fault,
// -1 if the fault is not a single character, and ok if there is none.
func domainFault(domain string) (position int, ok bool) {
	if strings.IndexByte(domain, '.') < 0 || len(domain) > 253 {
		return -1, false
	}
	start := 0
	last := ""
	for label := range strings.SplitSeq(domain, ".") {
		if label == "" {
			return min(start, len(domain)-1), false
		}
		for i := range len(label) {
			c := label[i]
			hyphen := c == '-' && i > 0 && i < len(label)-1
			if !isAlphaNumeric(c) && !hyphen {
				return start + i, false
			}
		}
		if len(label) > 63 {
			return -1, false
		}
		start += len(label) + 1
		last = label
	}
	return -1, isALabel(last) || len(last) >= 2 && isLetters(last)
}

// doubleHyphen finds a second hyphen in a row outside an A-label, -1 if there is
// none.
func doubleHyphen(domain string) int {
	start := 0
	for label := range strings.SplitSeq(domain, ".") {
		if at := strings.Index(label, "--"); at >= 0 && !isALabel(label) {
			return start + at + 1
		}
		start += len(label) + 1
	}
	return -1
}

func isALabel(label string) bool {
	rest, ok := cutPrefixFold(label, "xn--")
	return ok && rest != ""
}

func isLetters(s string) bool {
	for i := range len(s) {
		if c := s[i] | 0x20; c < 'a' || c > 'z' {
			return false
		}
	}
	return true
}

func isAlphaNumeric(c byte) bool {
	return 'a' <= c|0x20 && c|0x20 <= 'z' || '0' <= c && c <= '9'
}

// Package address reads and judges the addresses of people and groups: SIP and SMTP
// addresses, user principal names, and the prefixed values of proxyAddresses.
//
// Every function takes any text, hostile text included, and none fails: what cannot
// be understood is kept as it is, and the Problem functions say what is wrong.
package address

import "strings"

// Kind is the address family that the prefix of a proxyAddresses value names.
type Kind uint8

// The families that matter to a hybrid directory; every other prefix is Other.
const (
	None  Kind = iota // no prefix
	SMTP              // e-mail
	SIP               // SIP sign-in address
	X500              // Exchange legacy distinguished name
	X400              // X.400 originator/recipient address
	EUM               // Exchange unified messaging
	SPO               // SharePoint Online
	Other             // NOTES, FAX and the like
)

// String gives the prefix in its usual upper case, "none" or "other".
func (k Kind) String() string {
	switch k {
	case None:
		return "none"
	case SMTP:
		return "SMTP"
	case SIP:
		return "SIP"
	case X500:
		return "X500"
	case X400:
		return "X400"
	case EUM:
		return "EUM"
	case SPO:
		return "SPO"
	}
	return "other"
}

// Proxy is one value of proxyAddresses (or targetAddress) cut at its prefix.
type Proxy struct {
	Kind    Kind
	Prefix  string // as written, without the colon; may carry surrounding white space
	Primary bool   // the prefix is all upper case: the address that replies come from
	Value   string // what follows the colon, as written; the whole text without prefix
}

// ParseProxy cuts a value at its first colon, if letters, digits, dots, hyphens or
// underscores and nothing else stand before it (white space around them is
// tolerated and kept, for ProxyProblem to find). Anything else has no prefix.
// String gives back exactly the text that was parsed.
func ParseProxy(s string) Proxy {
	colon := strings.IndexByte(s, ':')
	if colon < 0 {
		return Proxy{Value: s}
	}
	prefix := s[:colon]
	word := strings.TrimSpace(prefix)
	if word == "" {
		return Proxy{Value: s}
	}
	upper, lower := false, false
	for i := range len(word) {
		switch c := word[i]; {
		case 'A' <= c && c <= 'Z':
			upper = true
		case 'a' <= c && c <= 'z':
			lower = true
		case '0' <= c && c <= '9', c == '.', c == '-', c == '_':
		default:
			return Proxy{Value: s}
		}
	}
	return Proxy{Kind: kindOf(word), Prefix: prefix, Primary: upper && !lower, Value: s[colon+1:]}
}

// String gives the value as it was written.
func (p Proxy) String() string {
	if p.Prefix == "" {
		return p.Value
	}
	return p.Prefix + ":" + p.Value
}

func kindOf(word string) Kind {
	switch len(word) {
	case 3:
		switch {
		case strings.EqualFold(word, "sip"):
			return SIP
		case strings.EqualFold(word, "eum"):
			return EUM
		case strings.EqualFold(word, "spo"):
			return SPO
		}
	case 4:
		switch {
		case strings.EqualFold(word, "smtp"):
			return SMTP
		case strings.EqualFold(word, "x500"):
			return X500
		case strings.EqualFold(word, "x400"):
			return X400
		}
	case 5:
		switch {
		case strings.EqualFold(word, "x.500"):
			return X500
		case strings.EqualFold(word, "x.400"):
			return X400
		}
	}
	return Other
}

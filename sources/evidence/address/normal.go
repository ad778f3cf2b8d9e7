package address

import (
	"strings"
	"unicode/utf8"
)

// NormalSIP gives the comparison form of a SIP address: without surrounding white
// space and leading sip: or sips:, in lower case. An address that is so already is
// returned without allocation.
func NormalSIP(s string) string {
	s = strings.TrimSpace(s)
	if rest, ok := cutPrefixFold(s, "sip:"); ok {
		s = strings.TrimSpace(rest)
	} else if rest, ok := cutPrefixFold(s, "sips:"); ok {
		s = strings.TrimSpace(rest)
	}
	return Fold(s)
}

// NormalSMTP gives the comparison form of an e-mail address: without surrounding
// white space and leading smtp:, in lower case.
func NormalSMTP(s string) string {
	s = strings.TrimSpace(s)
	if rest, ok := cutPrefixFold(s, "smtp:"); ok {
		s = strings.TrimSpace(rest)
	}
	return Fold(s)
}

// SameSIP tells whether two values are one SIP address. Two empty values are the
// same.
func SameSIP(a, b string) bool { return NormalSIP(a) == NormalSIP(b) }

// Fold gives the lower-case form in which names such as userPrincipalName and mail
// are compared. ASCII text that is in lower case already is returned without
// allocation. Bytes that are not UTF-8 stay, so that different broken values do
// not become equal.
func Fold(s string) string {
	if utf8.ValidString(s) {
		return strings.ToLower(s)
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && size == 1 {
			b = append(b, s[i])
		} else {
			b = append(b, strings.ToLower(s[i:i+size])...)
		}
		i += size
	}
	return string(b)
}

// Split cuts an address at its @. It is ok only if there is exactly one, with text
// on both sides.
func Split(addr string) (local, domain string, ok bool) {
	at := strings.LastIndexByte(addr, '@')
	if at <= 0 || at == len(addr)-1 || strings.IndexByte(addr, '@') != at {
		return "", "", false
	}
	return addr[:at], addr[at+1:], true
}

// cutPrefixFold is strings.CutPrefix ignoring the case of an ASCII prefix.
func cutPrefixFold(s, prefix string) (rest string, ok bool) {
	if len(s) < len(prefix) || !strings.EqualFold(s[:len(prefix)], prefix) {
		return s, false
	}
	return s[len(prefix):], true
}

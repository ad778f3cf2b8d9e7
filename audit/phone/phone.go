// Package phone reads telephone numbers in the form of tel: URIs, as Skype for Business keeps them (RFC 3966 with the parameter ext), says what is wrong with one
// that is not in that form, and proposes the form that it was meant to have. It knows no numbering plan: whether a number exists is not its business.
package phone

import (
	"strings"
)

// Longest numbers: E.164 has up to 15 digits, and the server takes extensions of the same length.
const (
	maxDigits    = 15
	maxExtension = 15
)

// Number is a telephone number. Two numbers are the same when both members are equal.
type Number struct {
	Digits string // with the leading + when the number is a global one, else bare
	Ext    string // digits of ;ext=, "" when there is none
}

// IsZero says that there is no number.
func (n Number) IsZero() bool { return n.Digits == "" }

// Global says that the number has the leading + of a number that is dialled from anywhere.
func (n Number) Global() bool { return strings.HasPrefix(n.Digits, "+") }

// URI writes the number as a tel: URI.
func (n Number) URI() string {
	uri := "tel:" + n.Digits
	if n.Ext != "" {
		uri += ";ext=" + n.Ext
	}
	return uri
}

// String writes the number without tel:.
func (n Number) String() string { return strings.TrimPrefix(n.URI(), "tel:") }

// Problem is what is wrong with a value.
type Problem uint8

// The problems, in the order in which one hides the next.
const (
	OK         Problem = iota
	SIP                // a SIP URI, as remote call control uses
	Extension          // tel: and at most six digits without +: a number that only means something inside
	NoPlus             // a number without the leading +
	Formatting         // blanks, hyphens, brackets or dots inside the number, or tel: missing
	Parameters         // parameters besides ext, or ext in another form than digits
	Malformed          // no number can be read out of it, or one that is too long
)

// Parse reads a value of msRTCSIP-Line or msRTCSIP-PrivateLine. The problem is OK when the value is tel:+, 2 to 15 digits of which the first is no 0, and at most
// one ;ext= with up to 15 digits, in any letter case. Otherwise it is the first problem that applies, and the number is what the value was meant to be, as far
// as that can be said: formatting characters and unknown parameters are dropped, a + is never added. A value without number gives the zero Number.
func Parse(value string) (Number, Problem) {
	text := strings.TrimSpace(value)
	problem := OK
	if text != value {
		problem = Formatting
	}
	rest, tel := cutPrefixFold(text, "tel:")
	if _, sip := cutPrefixFold(text, "sip:"); sip {
		return Number{}, SIP
	}
	if _, sip := cutPrefixFold(text, "sips:"); sip {
		return Number{}, SIP
	}
	if !tel {
		problem = Formatting
	}
	subscriber, parameters, more := strings.Cut(rest, ";")
	digits, clean, ok := digitsOf(subscriber)
	switch ext, fine := extension(parameters); {
	case subscriber == "" && fine && ext != "":
		return Number{}, Extension // tel:;ext=123
	case !ok:
		return Number{}, Malformed
	}
	if !clean {
		problem = Formatting
	}
	n := Number{Digits: digits}
	if more {
		fine := false
		if n.Ext, fine = extension(parameters); !fine && problem == OK {
			problem = Parameters
		}
	}
	return n, worst(n, problem)
}

// worst lets what is wrong with the number itself go before how it is written.
func worst(n Number, problem Problem) Problem {
	bare := strings.TrimPrefix(n.Digits, "+")
	switch {
	case len(bare) > maxDigits, n.Global() && (len(bare) < 2 || bare[0] == '0'):
		return Malformed
	case !n.Global() && len(bare) <= 6:
		return Extension
	case !n.Global():
		return NoPlus
	}
	return problem
}

// digitsOf drops the formatting characters of a subscriber number. clean is false when there were any, ok when it holds nothing but a number.
func digitsOf(s string) (digits string, clean, ok bool) {
	var b strings.Builder
	clean = true
	zeroInBrackets := false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c >= '0' && c <= '9':
			b.WriteByte(c)
		case c == '+' && b.Len() == 0:
			b.WriteByte(c)
			clean = clean && i == 0
		case strings.HasPrefix(s[i:], "(0)") && strings.HasPrefix(b.String(), "+") && b.Len() > 1 && !zeroInBrackets:
			// +44 (0) 20: the zero is dialled inside the country only.
			zeroInBrackets, clean = true, false
			i += 2
		case c == ' ' || c == '-' || c == '.' || c == '(' || c == ')' || c == '/':
			clean = false
		case strings.HasPrefix(s[i:], "\u00a0"):
			clean = false
			i++
		default:
			return "", false, false
		}
	}
	digits = b.String()
	return digits, clean, strings.Trim(digits, "+") != ""
}

// extension reads the parameters behind a number: fine only when they are one ext with digits.
func extension(parameters string) (ext string, fine bool) {
	fine = true
	for p := range strings.SplitSeq(parameters, ";") {
		name, value, _ := strings.Cut(p, "=")
		if !strings.EqualFold(name, "ext") || ext != "" || value == "" || len(value) > maxExtension || strings.Trim(value, "0123456789") != "" {
			fine = false
			continue
		}
		ext = value
	}
	return ext, fine
}

// Suggest gives the value that an administrator probably wants to write, "" when the number cannot be put right without knowing the country or the extension's
// main number.
func Suggest(value string) string {
	n, problem := Parse(value)
	if n.IsZero() || problem == OK || !n.Global() || problem == Malformed {
		return ""
	}
	return n.URI()
}

func cutPrefixFold(s, prefix string) (string, bool) {
	if len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix) {
		return s[len(prefix):], true
	}
	return s, false
}

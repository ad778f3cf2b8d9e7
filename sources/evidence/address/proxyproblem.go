package address

import (
	"strings"
	"unicode"
)

// maxProxy is the longest proxyAddresses value that synchronises, in characters.
const maxProxy = 256

// ProxyProblem judges one value of proxyAddresses by the kind of its prefix, after
// "Prepare for directory synchronization to Microsoft 365". Legacy X.500 and X.400
// values and unified-messaging values rightly hold characters that no other may.
func ProxyProblem(value string) Problem {
	if strings.TrimSpace(value) == "" {
		return whole(Empty)
	}
	proxy := ParseProxy(value)
	start := len(proxy.Prefix) + 1
	switch proxy.Kind {
	case None:
		return whole(NoPrefix)
	case X500, X400:
		p, _ := find(value, 0, legacyFault)
		return p
	case EUM:
		if p, found := find(value, 0, voiceFault); found {
			return p
		}
		return tooLong(value)
	case SMTP:
		if p, found := proxyCharacter(value, start, mailFault); found {
			return p
		}
		if p := mailShape(value, start); p.Code != OK {
			return p
		}
		return tooLong(value)
	}
	if p, found := proxyCharacter(value, start, proxyFault); found {
		return p
	}
	return tooLong(value)
}

// SMTPProxyProblem judges an e-mail address with or without smtp: prefix, such as
// mail, as ProxyProblem judges it with one. Positions are those in the value given.
func SMTPProxyProblem(addr string) Problem {
	if strings.TrimSpace(addr) == "" {
		return whole(Empty)
	}
	if ParseProxy(addr).Kind == SMTP {
		return ProxyProblem(addr)
	}
	if p, found := find(addr, 0, bareMailFault); found {
		return p
	}
	if p := mailShape(addr, 0); p.Code != OK {
		return p
	}
	return tooLong(addr)
}

func tooLong(value string) Problem {
	if length(value) > maxProxy {
		return whole(TooLong)
	}
	return Problem{}
}

// proxyCharacter looks through the prefix for white space, and behind it for what
// judge refuses.
func proxyCharacter(value string, start int, judge func(rune) Code) (Problem, bool) {
	if p, found := find(value[:start], 0, unwritable); found {
		return p, true
	}
	return find(value, start, judge)
}

// mailFault refuses white space, < > ( ) ; , [ ] ", a colon, and all beyond ASCII.
// A backslash has no place in the mail form, which is another fault.
func mailFault(r rune) Code {
	switch code := class(r); code {
	case Apostrophe, Backslash:
		return OK
	default:
		return code
	}
}

// bareMailFault is mailFault for an address in which no colon belongs.
func bareMailFault(r rune) Code {
	if r == ':' {
		return ForbiddenCharacter
	}
	return mailFault(r)
}

// proxyFault is mailFault without the semicolon.
func proxyFault(r rune) Code {
	if r == ';' {
		return OK
	}
	return mailFault(r)
}

// voiceFault knows values such as EUM:12345;phone-context=plan.contoso.com.
func voiceFault(r rune) Code {
	if code := unwritable(r); code != NonASCII {
		return code
	}
	return OK
}

// legacyFault lets distinguished names and X.400 addresses have = / spaces and
// national characters.
func legacyFault(r rune) Code {
	switch {
	case r == '"':
		return Quote
	case r == '[' || r == ']':
		return Bracket
	case unicode.IsControl(r):
		return Control
	}
	return OK
}

// mailShape wants local@dotted.domain (RFC 5321 4.1.2, without quoted strings and
// address literals) from start on.
func mailShape(value string, start int) Problem {
	if start == len(value) {
		return whole(Empty)
	}
	sign, p := atSign(value, start)
	if p.Code != OK {
		return p
	}
	for i := start; i < sign; i++ {
		c := value[i]
		if c == '.' && (i == start || i == sign-1 || value[i-1] == '.') ||
			c != '.' && !isAlphaNumeric(c) && strings.IndexByte("!#$%&'*+/=?^_`{|}~-", c) < 0 {
			return at(BadLocal, value, i)
		}
	}
	fault, ok := domainFault(value[sign+1:])
	if ok {
		return Problem{}
	}
	if fault >= 0 {
		fault += sign + 1
	}
	return at(BadDomain, value, fault)
}

package address

import "strings"

// Limits of mailNickname and targetAddress, in characters.
const (
	maxAlias  = 64
	maxTarget = 256
)

// AliasProblem judges a mailNickname. Only a period in front and the length are
// serious: the other characters were refused in dedicated tenants, ordinary ones
// replace them by underscores. An empty alias has no problem.
func AliasProblem(alias string) Problem {
	if strings.HasPrefix(alias, ".") {
		return at(BadStart, alias, 0)
	}
	if length(alias) > maxAlias {
		return whole(TooLong)
	}
	p, found := find(alias, 0, aliasFault)
	p.Minor = found
	return p
}

// aliasFault refuses white space, control characters and
// \ ! # $ % & * + / = ? ^ ` { } | ~ < > ( ) ' ; : , [ ] " @.
func aliasFault(r rune) Code {
	switch r {
	case '!', '#', '$', '%', '&', '*', '+', '/', '=', '?', '^', '`', '|', '~', '@':
		return ForbiddenCharacter
	case '{', '}':
		return Bracket
	}
	if code := class(r); code != NonASCII {
		return code
	}
	return OK
}

// TargetProblem judges a targetAddress. Of e-mail addresses, with or without prefix,
// it looks at the characters and the form; of others, such as X400:, at the length
// only. An empty value has no problem.
func TargetProblem(target string) Problem {
	if target == "" {
		return Problem{}
	}
	if length(target) > maxTarget {
		return whole(TooLong)
	}
	proxy := ParseProxy(target)
	if proxy.Kind != SMTP && proxy.Kind != None {
		return Problem{}
	}
	start := 0
	if proxy.Kind == SMTP {
		start = len(proxy.Prefix) + 1
	}
	if p, found := find(target, 0, targetFault); found {
		return p
	}
	sign, p := atSign(target, start)
	if p.Code != OK {
		return p
	}
	fault, ok := domainFault(target[sign+1:])
	if ok {
		return Problem{}
	}
	if fault >= 0 {
		fault += sign + 1
	}
	return at(BadDomain, target, fault)
}

// targetFault refuses white space, control characters and \ < > ( ) ; , [ ] ".
func targetFault(r rune) Code {
	switch code := class(r); code {
	case Apostrophe, SecondColon, NonASCII:
		return OK
	default:
		return code
	}
}

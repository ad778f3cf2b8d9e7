package address

import "strings"

// Limits of a user principal name, in characters ("Prepare for directory
// synchronization to Microsoft 365").
const (
	maxUPNName   = 64
	maxUPNDomain = 48
)

// UPNProblem judges a userPrincipalName by what the tenant takes as a sign-in name.
// That its domain can be used there is another question: see Routable.
//
// An apostrophe is minor: Microsoft's page allows it, its retired checking tool did
// not. Both limits together make the 113 characters that a whole name may have, so
// TooLong says that both parts are too long.
func UPNProblem(upn string) Problem {
	if strings.TrimSpace(upn) == "" {
		return whole(Empty)
	}
	sign, p := atSign(upn, 0)
	if p.Code != OK {
		return p
	}
	name, domain := upn[:sign], upn[sign+1:]
	if domain == "" {
		return whole(BadDomain)
	}
	if last := name[len(name)-1]; last == '.' || last == '&' {
		return at(BadEnd, upn, sign-1)
	}
	if p, found := find(upn, 0, upnFault); found {
		return p
	}
	longName, longDomain := length(name) > maxUPNName, length(domain) > maxUPNDomain
	switch {
	case longName && longDomain:
		return whole(TooLong)
	case longName:
		return whole(LocalTooLong)
	case longDomain:
		return whole(DomainTooLong)
	}
	if i := strings.IndexByte(upn, '\''); i >= 0 {
		p := at(Apostrophe, upn, i)
		p.Minor = true
		return p
	}
	return Problem{}
}

// upnFault refuses white space, \ % & * + / = ? { } | < > ( ) ; : , [ ] " and all
// beyond ASCII.
func upnFault(r rune) Code {
	switch r {
	case '\'':
		return OK
	case ':', '%', '&', '*', '+', '/', '=', '?', '|':
		return ForbiddenCharacter
	case '{', '}':
		return Bracket
	}
	return class(r)
}

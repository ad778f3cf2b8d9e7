package ad

import (
	"errors"
	"regexp"
	"strings"

	"github.com/go-ldap/ldap/v3"
)

// refusal is what one of Active Directory's data codes means.
type refusal struct{ what, advice string }

// refusals are the data codes that stand in the text of invalidCredentials (49). A server that takes no simple bind without them says 52e.
func refusals(data string) refusal {
	switch data {
	case "525":
		return refusal{"there is no such account", "check the account name"}
	case "52e":
		return refusal{"wrong account name or password", "check both; write the name as user@domain or DOMAIN\\user"}
	case "530":
		return refusal{"the account may not sign in at this time", "extend its logon hours"}
	case "531":
		return refusal{"the account may not sign in from this computer", "its list of workstations must hold the domain controllers, or be empty"}
	case "532":
		return refusal{"the account's password has expired", "set a new password, or one that does not expire"}
	case "533":
		return refusal{"the account is disabled", "enable it"}
	case "568":
		return refusal{"the account is in too many groups", "use an account with fewer memberships"}
	case "701":
		return refusal{"the account has expired", "extend or remove its end date"}
	case "773":
		return refusal{"the account must change its password first", "set a password that need not be changed"}
	case "775":
		return refusal{"the account is locked out", "unlock it, and find what keeps using a wrong password"}
	case "80090346":
		return refusal{
			"the domain controller demands channel binding, which this sign-in did not bring: the password may well be right",
			"sign in with name and password over ldaps:// or StartTLS, straight to the domain controller: a TLS proxy in between breaks the binding",
		}
	}
	return refusal{"the sign-in was refused", "check account name and password"}
}

var dataCode = regexp.MustCompile(`(?i)\bdata ([0-9a-f]{1,8})\b`)

// bindError explains why a simple bind failed.
func (s *session) bindError(err error) *Error {
	var answer *ldap.Error
	if !errors.As(err, &answer) || answer.ResultCode >= ldap.ErrorNetwork {
		return s.searchError(err)
	}
	e := &Error{Kind: SignInRefused, Server: s.server.address, Code: int(answer.ResultCode), Err: err}
	switch answer.ResultCode {
	case ldap.LDAPResultInvalidCredentials:
		if m := dataCode.FindStringSubmatch(err.Error()); m != nil {
			e.Data = strings.ToLower(m[1])
		}
		r := refusals(e.Data)
		e.What, e.Advice = "sign-in refused: "+r.what, r.advice
		if e.Data != "" {
			e.What += ", data " + e.Data
		}
	case ldap.LDAPResultStrongAuthRequired, ldap.LDAPResultConfidentialityRequired:
		e.Kind, e.What = SecureOnly, "sign-in refused: the server takes it only over a secured connection"
		e.Advice = "use ldaps:// or StartTLS"
	case ldap.LDAPResultBusy, ldap.LDAPResultUnavailable:
		e.Kind, e.What, e.Advice = Unreachable, "the server answered the sign-in with "+codeText(answer), codeAdvice(e.Code)
	default:
		e.What = "sign-in refused: the server answered " + codeText(answer)
		e.Advice = "the account must be allowed a simple bind"
	}
	return e
}

package ad

import (
	"context"
	"encoding/asn1"
	"encoding/binary"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"syscall"
	"time"

	"github.com/go-ldap/ldap/v3"
	"github.com/jcmturner/gokrb5/v8/iana/errorcode"
	"github.com/jcmturner/gokrb5/v8/messages"

	"hybridaudit/sources/evidence/directory"
)

// refusal is what a code by which a sign-in was refused means.
type refusal struct{ what, advice string }

// refusals are the data codes that stand in the text of invalidCredentials (49), Windows errors in hexadecimal, and the status codes of Windows' security
// packages, which stand there too and are what SSPI fails with.
func refusals(data string) refusal {
	switch data {
	case "525":
		return refusal{"there is no such account", "check the account name"}
	case "52e":
		return refusal{"wrong account name or password", "check both; write the name as user@domain or DOMAIN\\user"}
	case "52f":
		return refusal{"restrictions of the account forbid the sign-in", "an empty password, a protected account or an authentication policy may be the reason"}
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
	case "569":
		return refusal{"the account lacks the right to sign in this way", "give it the right to access the domain controllers from the network"}
	case "701":
		return refusal{"the account has expired", "extend or remove its end date"}
	case "773":
		return refusal{"the account must change its password first", "set a password that need not be changed"}
	case "775":
		return refusal{"the account is locked out", "unlock it, and find what keeps using a wrong password"}
	}
	return statusRefusal(data)
}

// statusRefusal explains the status codes of Windows' security packages.
func statusRefusal(status string) refusal {
	switch status {
	case "80090303":
		return refusal{"the domain does not know the domain controller by this name", "name the server as the domain does, or set the service principal name"}
	case "80090308":
		return refusal{"the domain controller could not read the sign-in", "name the server as the domain does: the ticket may be for another one"}
	case "8009030c":
		return refusal{"the domain controller denied the sign-in", "check account name and password, and that the account may use this method"}
	case "8009030e":
		return refusal{"the account that runs the process has no credentials for the domain", "run it as a domain account, or sign in with kerberos"}
	case "80090311":
		return refusal{"no domain controller could be reached for a ticket", "check that this machine reaches port 88 of the domain controllers"}
	case "80090312", "90312":
		return refusal{"the sign-in was broken off before its end", "ask another domain controller; a TLS proxy in between may be the reason"}
	case "80090317":
		return refusal{"the sign-in's time has run out", "try again; check the clocks of both machines"}
	case "80090322":
		return refusal{"the domain controller cannot use the ticket, which is for another server", "check its service principal name: another account may have the same"}
	case "80090324":
		return refusal{"the clocks of this machine and of the domain controller differ too much", "set this machine's clock by the domain's"}
	case "80090325", "80090327", "80090328":
		return refusal{"the client certificate is not trusted, not valid, or maps to no account", "use a certificate that the domain controllers trust and that names an account"}
	case "80090346":
		return refusal{
			"the domain controller demands channel binding, which this sign-in did not bring or which was broken: the password may well be right",
			"connect over ldaps:// or StartTLS, straight to the domain controller: a TLS proxy in between breaks the binding",
		}
	case "80090367", "80090302":
		return refusal{"the domain controller does not take this method", "use kerberos"}
	}
	return refusal{"the sign-in was refused", "check account name and password"}
}

var (
	dataCode   = regexp.MustCompile(`(?i)\bdata ([0-9a-f]{1,8})\b`)
	statusCode = regexp.MustCompile(`(?i)^\s*(8009[0-9a-f]{4}):`)
)

// bindError explains why a sign-in failed.
func (s *session) bindError(method string, err error) *Error {
	var (
		answer *ldap.Error
		status syscall.Errno
	)
	switch {
	case errors.Is(err, errNotProven):
		return &Error{
			Kind: SignInRefused, Server: s.server.address, What: "sign-in given up: " + errNotProven.Error(),
			Advice: "check that the address is that of the domain controller, and that nothing stands in between", Err: err,
		}
	case errors.Is(err, errLayerDemanded):
		return &Error{Kind: SecureOnly, Server: s.server.address, What: "sign-in given up: " + errLayerDemanded.Error(), Advice: "use ldaps:// or StartTLS", Err: err}
	case errors.As(err, &answer) && answer.ResultCode < ldap.ErrorNetwork:
		return s.answerError(method, answer)
	case method == SSPI && errors.As(err, &status):
		code := fmt.Sprintf("%x", uint32(status))
		r := refusals(code)
		return &Error{Kind: SignInRefused, Server: s.server.address, Data: code, What: "sign-in refused: " + r.what + ", status " + code, Advice: r.advice, Err: err}
	case s.guard.broken() != nil:
		e := s.searchError(err)
		if method == NTLM {
			e.Advice = "the server may not take NTLM: sign in with kerberos"
		}
		return e
	case answer == nil && method != SimpleBind:
		return &Error{
			Kind: SignInRefused, Server: s.server.address, What: "sign-in failed: " + directory.Printable(err.Error(), 200),
			Advice: "check the server, or sign in by another method", Err: err,
		}
	}
	return s.searchError(err)
}

// answerError explains the result of a bind.
func (s *session) answerError(method string, answer *ldap.Error) *Error {
	e := &Error{Kind: SignInRefused, Server: s.server.address, Code: int(answer.ResultCode), Err: answer}
	switch answer.ResultCode {
	case ldap.LDAPResultInvalidCredentials:
		s.credentialsRefused(method, answer, e)
	case ldap.LDAPResultStrongAuthRequired, ldap.LDAPResultConfidentialityRequired:
		e.Kind, e.What = SecureOnly, "sign-in refused: the server takes it only over a secured connection"
		e.Advice = "use ldaps:// or StartTLS"
		if s.certificate != nil {
			e.What = "sign-in refused: the server demands signed or encrypted LDAP messages, even within TLS"
			e.Advice = "Active Directory does not; Samba needs \"ldap server require strong auth = allow_sasl_over_tls\""
		}
	case ldap.LDAPResultAuthMethodNotSupported:
		e.What, e.Advice = "sign-in refused: the server does not take the method "+method+": "+codeText(answer), "sign in by another method"
	case ldap.LDAPResultBusy, ldap.LDAPResultUnavailable:
		e.Kind, e.What, e.Advice = Unreachable, "the server answered the sign-in with "+codeText(answer), codeAdvice(e.Code)
	default:
		e.What = "sign-in refused: the server answered " + codeText(answer)
		e.Advice = "the account must be allowed a simple bind"
		if method != SimpleBind {
			e.Advice = "the account must be allowed to sign in with " + method
		}
	}
	return e
}

// credentialsRefused explains invalidCredentials: the data code says more than the status before it.
func (s *session) credentialsRefused(method string, answer *ldap.Error, e *Error) {
	text := ""
	if answer.Err != nil {
		text = answer.Err.Error()
	}
	if m := dataCode.FindStringSubmatch(text); m != nil {
		e.Data = strings.ToLower(m[1])
	}
	r := refusals(e.Data)
	if m := statusCode.FindStringSubmatch(text); m != nil && method != SimpleBind && r == refusals("") {
		r = statusRefusal(strings.ToLower(m[1]))
	}
	if r == refusals("") {
		switch method {
		case External:
			r = refusal{"the client certificate maps to no account", "the certificate must name an account, in its subject alternative name or in altSecurityIdentities"}
		case Kerberos, SSPI:
			r = refusal{
				"the server does not accept the ticket, which the account was given",
				"check the server's name; if it demands channel binding, connect straight to it: a TLS proxy in between breaks the binding",
			}
		}
	}
	e.What, e.Advice = "sign-in refused: "+r.what, r.advice
	if e.Data != "" {
		e.What += ", data " + e.Data
	}
}

// krbRefusal explains the error codes of Kerberos (RFC 4120 7.5.9).
func (r *resolved) krbRefusal(code int32, spn string) refusal {
	switch code {
	case errorcode.KDC_ERR_NAME_EXP:
		return refusals("701")
	case errorcode.KDC_ERR_C_PRINCIPAL_UNKNOWN, errorcode.KDC_ERR_WRONG_REALM:
		return refusal{"there is no such account in this realm", "check account name and realm; the realm is the DNS name of the account's domain in capitals"}
	case errorcode.KDC_ERR_S_PRINCIPAL_UNKNOWN:
		return refusal{
			"the domain knows no service " + directory.Printable(spn, 300), "name the domain controller as the domain does, check the realm, or set the service principal name",
		}
	case errorcode.KDC_ERR_PRINCIPAL_NOT_UNIQUE:
		return refusal{"several accounts have the service principal name " + directory.Printable(spn, 300), "setspn -X lists them: one must give it up"}
	case errorcode.KDC_ERR_POLICY:
		return refusal{"a policy forbids the account to sign in here and now", "check logon hours, workstations and authentication policies"}
	case errorcode.KDC_ERR_ETYPE_NOSUPP:
		return refusal{
			"account, domain controller and this program have no encryption type in common",
			"allow AES for the account and the domain controller (msDS-SupportedEncryptionTypes); an old account needs a new password to get AES keys",
		}
	case errorcode.KDC_ERR_PADATA_TYPE_NOSUPP, errorcode.KDC_ERR_PREAUTH_REQUIRED:
		return refusal{"the account may not sign in with a password", "it may need a smart card: use another account"}
	case errorcode.KDC_ERR_CLIENT_REVOKED:
		return refusal{"the account is disabled, locked out or expired", "enable or unlock it"}
	case errorcode.KDC_ERR_KEY_EXPIRED:
		return refusal{"the account's password has expired or must be changed", "set a new password, or one that does not expire"}
	case errorcode.KDC_ERR_PREAUTH_FAILED, errorcode.KRB_AP_ERR_BAD_INTEGRITY:
		if r.Auth.Keytab != "" {
			return refusal{"the keytab's keys are not those of the account", "the password was changed since: export the keytab anew"}
		}
		return refusal{"wrong password", "check it"}
	case errorcode.KRB_AP_ERR_TKT_EXPIRED:
		return refusal{"the ticket has expired", "get a new one, and check the clocks of both machines"}
	case errorcode.KRB_AP_ERR_SKEW, errorcode.KRB_AP_ERR_TKT_NYV:
		return refusal{"the clocks of this machine and of the domain controller differ too much", "set this machine's clock by the domain's"}
	case errorcode.KRB_AP_ERR_NOT_US, errorcode.KRB_AP_ERR_MODIFIED, errorcode.KRB_AP_ERR_BADKEYVER, errorcode.KRB_AP_ERR_NOKEY:
		return refusal{"the domain controller cannot read the ticket", "the name leads to another server than " + directory.Printable(spn, 300) + ", or two accounts have this service principal name"}
	case errorcode.KDC_ERR_TGT_REVOKED, errorcode.KDC_ERR_SERVICE_REVOKED:
		return refusal{"the ticket was revoked", "get a new one"}
	}
	return refusal{"Kerberos refused it", "check account, realm and server name"}
}

// kerberosError explains why the sign-in with Kerberos failed.
func (s *session) kerberosError(ctx context.Context, r *resolved, spn string, err error) *Error {
	var (
		known   *Error
		refused messages.KRBError
		answer  *ldap.Error
	)
	switch {
	case errors.As(err, &known):
		e := *known
		e.Server = s.server.address
		return &e
	case errors.As(err, &refused):
		why := r.krbRefusal(refused.ErrorCode, spn)
		if data := ntStatus(refused.EData); data != "" {
			why = refusals(data)
		}
		if refused.ErrorCode == errorcode.KRB_AP_ERR_SKEW && !refused.STime.IsZero() {
			why.what = "the clocks of this machine and of the domain controller are " + r.Clock.Now().Sub(refused.STime).Abs().Round(time.Second).String() + " apart"
		}
		name := fmt.Sprintf("Kerberos error %d", refused.ErrorCode)
		if _, text, ok := strings.Cut(errorcode.Lookup(refused.ErrorCode), ") "); ok {
			name, _, _ = strings.Cut(text, " ")
		}
		return &Error{Kind: SignInRefused, Server: s.server.address, What: "sign-in refused: " + why.what + ", " + name, Advice: why.advice, Err: err}
	case errors.As(err, &answer), errors.Is(err, errNotProven), errors.Is(err, errLayerDemanded), ctx.Err() != nil, s.guard.broken() != nil:
		return s.bindError(Kerberos, err)
	}
	return &Error{
		Kind: SignInRefused, Server: s.server.address, What: "the sign-in with Kerberos failed: " + directory.Printable(err.Error(), 200),
		Advice: "check account, realm and server name", Err: err,
	}
}

// extendedError is the kind of error data in which a KDC of Active Directory tells the reason as Windows status (MS-KILE 2.2.1).
const extendedError = 3

// typedData is one piece of a KDC's error data. A KDC sends one piece, or a list that also holds what else it has to say.
type typedData struct {
	Kind  int    `asn1:"explicit,tag:1"`
	Value []byte `asn1:"explicit,tag:2"`
}

// ntStatus gives the data code that says the same as the Windows status in a KDC's error data; "" when there is none, or none that says more.
func ntStatus(data []byte) string {
	var (
		list []typedData
		one  typedData
	)
	if _, err := asn1.Unmarshal(data, &list); err != nil {
		if _, err := asn1.Unmarshal(data, &one); err != nil {
			return ""
		}
		list = []typedData{one}
	}
	for _, one := range list {
		if one.Kind == extendedError && len(one.Value) >= 4 {
			return statusData(binary.LittleEndian.Uint32(one.Value))
		}
	}
	return ""
}

// statusData gives the data code for a Windows status (MS-ERREF 2.3).
func statusData(status uint32) string {
	switch status {
	case 0xc0000064:
		return "525"
	case 0xc000006e:
		return "52f"
	case 0xc000006f:
		return "530"
	case 0xc0000070:
		return "531"
	case 0xc0000071:
		return "532"
	case 0xc0000072:
		return "533"
	case 0xc000015b:
		return "569"
	case 0xc0000193:
		return "701"
	case 0xc0000224:
		return "773"
	case 0xc0000234:
		return "775"
	}
	return ""
}

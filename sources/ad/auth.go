package ad

import (
	"crypto/tls"
	"errors"
	"fmt"
	"runtime"
	"strings"

	"hybridaudit/sources/evidence/directory"
)

// The methods of [Auth].
const (
	// SimpleBind sends name and password, through TLS. An empty method means it.
	SimpleBind = "simple"
	// Kerberos signs in with a ticket that is had for a password, a keytab or a credential cache. No password goes to the domain controller, and channel
	// binding ties the sign-in to the TLS connection.
	Kerberos = "kerberos"
	// SSPI is Kerberos as the account that runs the process; Windows only.
	SSPI = "sspi"
	// NTLM is for domains without reachable KDC. Microsoft advises against it, and domains may refuse it.
	NTLM = "ntlm"
	// External signs in with the client certificate of the TLS connection.
	External = "external"
)

// Auth says how the collector signs in. The zero value is a simple bind with Config.BindName and Config.Password.
type Auth struct {
	// Method is one of the constants above.
	Method string
	// Realm is the Kerberos realm of the account. Empty, it is that of Principal, or the DNS domain of the first domain controller in capitals.
	Realm string
	// Principal is the account's Kerberos name, name or name@REALM. Empty, it follows from Config.BindName, which then is a user principal name or
	// DOMAIN\name, and without that from the keytab's only principal.
	Principal string
	// Krb5Conf is the path of a Kerberos configuration as MIT Kerberos has it; its KDCs, realms and encryption types are used. Empty, each domain controller
	// is asked for its own tickets, and further KDCs of the realm are found by Config.Resolver.
	Krb5Conf string
	// Keytab is the path of a file with the account's keys, instead of a password. It is read at each sign-in.
	Keytab string
	// CCache is the path of a credential cache, with or without FILE: in front, instead of a password. It is read at each sign-in, so that a renewed one is
	// noticed.
	CCache string
	// SPN is the service principal name of the domain controllers. Empty, it is ldap/ and the name that the domain controller gives as its own.
	SPN string
	// ClientCertificate is shown to servers that ask for one in the TLS handshake, whatever the method is.
	ClientCertificate *tls.Certificate
}

func (a Auth) method() string {
	if a.Method == "" {
		return SimpleBind
	}
	return a.Method
}

// certificates are those for the TLS handshake.
func (a Auth) certificates() []tls.Certificate {
	if a.ClientCertificate == nil {
		return nil
	}
	return []tls.Certificate{*a.ClientCertificate}
}

// authFaults gives what is wrong with the sign-in of a configuration.
func (c Config) authFaults() []error {
	var faults []error
	fault := func(wrong bool, text string) {
		if wrong {
			faults = append(faults, errors.New("auth: "+text))
		}
	}
	a := c.Auth
	kerberos := a.method() == Kerberos
	fault(!kerberos && (a.Realm != "" || a.Principal != "" || a.Krb5Conf != "" || a.Keytab != "" || a.CCache != ""),
		"realm, principal, krb5.conf, keytab and credential cache are for kerberos only")
	fault(!kerberos && a.method() != SSPI && a.SPN != "", "a service principal name is for kerberos and sspi only")
	switch a.method() {
	case SimpleBind:
		fault(c.BindName == "" || c.Password == nil, "an account name and a password are needed")
	case NTLM:
		fault(c.BindName == "" || c.Password == nil, "ntlm needs an account name and a password")
		fault(isDN(c.BindName), `ntlm takes no distinguished name: write the account as DOMAIN\name or user@domain`)
	case Kerberos:
		faults = append(faults, c.kerberosFaults()...)
	case SSPI:
		fault(!sspiAvailable, "sspi signs in as the Windows account that runs the process, and this is "+runtime.GOOS+": use kerberos")
		fault(c.BindName != "" || c.Password != nil, "sspi signs in as the account that runs the process: it takes no account name and no password")
	case External:
		fault(a.ClientCertificate == nil, "external needs a client certificate")
		fault(c.BindName != "" || c.Password != nil, "external signs in with the client certificate: it takes no account name and no password")
		fault(c.clear(), "external needs TLS: use ldaps:// or StartTLS")
	default:
		fault(true, fmt.Sprintf("method %q is none of %s", a.Method, strings.Join([]string{SimpleBind, Kerberos, SSPI, NTLM, External}, ", ")))
	}
	return faults
}

func (c Config) kerberosFaults() []error {
	var faults []error
	fault := func(wrong bool, text string) {
		if wrong {
			faults = append(faults, errors.New("auth: "+text))
		}
	}
	a, sources := c.Auth, 0
	for _, given := range []bool{c.Password != nil, a.Keytab != "", a.CCache != ""} {
		if given {
			sources++
		}
	}
	fault(sources != 1, "kerberos needs one of password, keytab and credential cache")
	fault(c.Password != nil && c.BindName == "" && a.Principal == "", "kerberos with a password needs an account name")
	if a.Principal == "" {
		fault(isDN(c.BindName), `kerberos takes no distinguished name: write the account as user@domain or DOMAIN\name`)
	}
	name, realm, _ := strings.Cut(a.Principal, "@")
	fault(a.Principal != "" && name == "" || strings.Contains(realm, "@"), "the principal must be name or name@REALM")
	fault(realm != "" && a.Realm != "" && realm != a.Realm, "principal and realm name different realms")
	service, host, _ := strings.Cut(a.SPN, "/")
	fault(a.SPN != "" && (service == "" || host == ""), "the service principal name must be like ldap/dc01.contoso.com")
	if kind, _, ok := strings.Cut(a.CCache, ":"); ok && len(kind) > 1 && kind != "FILE" {
		fault(true, fmt.Sprintf("credential caches of kind %s cannot be read, only files: kinit -c FILE:/path", directory.Printable(kind, 40)))
	}
	return faults
}

// clear says whether a configured server may be spoken to without TLS.
func (c Config) clear() bool {
	for _, text := range c.Servers {
		if strings.HasPrefix(strings.ToLower(text), "ldap://") && !c.StartTLS {
			return true
		}
	}
	return len(c.Servers) == 0 && c.AllowPlaintext && !c.StartTLS
}

func isDN(name string) bool {
	if !strings.Contains(name, "=") {
		return false
	}
	dn, err := directory.ParseDN(name)
	return err == nil && dn.Len() > 1
}

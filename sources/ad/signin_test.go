package ad

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"hybridaudit/sources/evidence"
	ldaplab "hybridaudit/sources/lab/server/ldap"
)

// listener gives an address at which nobody listens any more.
func listener(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return l.Addr().String()
}

// answering serves each connection with a function until the test ends.
func answering(t *testing.T, answer func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			answer(c)
			_ = c.Close()
		}
	}()
	t.Cleanup(func() {
		_ = l.Close()
		<-ended
	})
	return l.Addr().String()
}

// refused checks that nothing was read and that everything says why.
func refused(t *testing.T, c Config, kind Kind, signIn bool, text string) {
	t.Helper()
	s, err := collect(t, c)
	var fault *Error
	if !errors.As(err, &fault) {
		t.Fatalf("error %v is none of ours", err)
	}
	if fault.Kind != kind || fault.SignIn() != signIn || !strings.Contains(fault.Error(), text) || fault.Advice == "" {
		t.Errorf("kind %d, sign-in %v: %v; want kind %d and %q", fault.Kind, fault.SignIn(), fault, kind, text)
	}
	if strings.Contains(fault.Error(), testPassword) {
		t.Error("the password stands in the error")
	}
	for _, d := range Datasets() {
		got := coverage(t, s, d)
		if got.State != evidence.Failed || got.Rows != 0 || got.SignIn != signIn || !strings.Contains(got.Reason, text) {
			t.Errorf("%s: %+v", d, got)
		}
	}
}

func TestRefusedSignIn(t *testing.T) {
	for data, text := range map[string]string{
		"525": "no such account", "52e": "wrong account name or password", "530": "at this time", "531": "from this computer", "532": "password has expired",
		"533": "is disabled", "701": "account has expired", "773": "must change its password", "775": "locked out", "80090346": "channel binding", "999": "data 999",
	} {
		t.Run(data, func(t *testing.T) {
			c := configFor(start(t, ldaplab.Options{Faults: []ldaplab.Fault{{Kind: ldaplab.RefusedBind, Data: data}}}, false))
			refused(t, c, SignInRefused, true, text)
		})
	}
	t.Run("wrong password", func(t *testing.T) {
		binds := 0
		o := ldaplab.Options{Observe: func(r ldaplab.Request) {
			if r.Operation == "bind" {
				binds++
			}
		}}
		c := configFor(start(t, o, false))
		c.Servers = append(c.Servers, c.Servers[0], c.Servers[0])
		c.Password = func() (string, error) { return "wrong", nil }
		refused(t, c, SignInRefused, true, "wrong account name or password, data 52e")
		if binds != 1 {
			t.Errorf("%d attempts to sign in: that locks accounts out", binds)
		}
	})
	t.Run("in clear", func(t *testing.T) {
		refused(t, configFor(start(t, ldaplab.Options{RequireTLS: true}, false)), SecureOnly, true, "only over a secured connection")
	})
}

func TestPasswordNotAvailable(t *testing.T) {
	for name, password := range map[string]func() (string, error){
		"error": func() (string, error) { return "", errors.New("the variable AD_PASSWORD is not set") },
		"empty": func() (string, error) { return "", nil },
	} {
		t.Run(name, func(t *testing.T) {
			c := configFor(start(t, ldaplab.Options{}, false))
			c.Password = password
			_, err := collect(t, c)
			var fault *Error
			if !errors.As(err, &fault) || fault.Kind != CredentialError || fault.SignIn() {
				t.Errorf("error %v", err)
			}
		})
	}
}

func TestTLSFaults(t *testing.T) {
	own, foreign := newAuthority(t), newAuthority(t)
	good := own.issue(t, 2*time.Hour, "dc01.contoso.com")
	tests := []struct {
		name    string
		options ldaplab.Options
		change  func(*Config)
		kind    Kind
		text    string
	}{
		{"good", ldaplab.Options{Certificate: good}, func(*Config) {}, 0, ""},
		{"untrusted", ldaplab.Options{Certificate: foreign.issue(t, 2*time.Hour, "dc01.contoso.com")}, func(*Config) {}, Untrusted, "authority that is not trusted"},
		{"system's authorities", ldaplab.Options{Certificate: good}, func(c *Config) { c.RootCAs = nil }, Untrusted, "authority that is not trusted"},
		{"other name", ldaplab.Options{Certificate: own.issue(t, 2*time.Hour, "dc02.contoso.com")}, func(*Config) {}, Untrusted, "issued for another name"},
		{"by address", ldaplab.Options{Certificate: good}, func(c *Config) { c.ServerName = "" }, Untrusted, "another name"},
		{"expired", ldaplab.Options{Certificate: own.issue(t, time.Minute, "dc01.contoso.com")}, func(*Config) {}, Untrusted, "expired"},
	}
	for _, scheme := range []string{"ldaps", "ldap"} {
		for _, tt := range tests {
			t.Run(scheme+"/"+tt.name, func(t *testing.T) {
				tt.options.RequireTLS = true
				c := configFor(start(t, tt.options, scheme == "ldaps"))
				c.Servers[0] = scheme + strings.TrimPrefix(c.Servers[0], "ldap")
				c.AllowPlaintext, c.StartTLS = false, scheme == "ldap"
				c.RootCAs, c.ServerName = own.pool, "dc01.contoso.com"
				tt.change(&c)
				if tt.text != "" {
					refused(t, c, tt.kind, false, tt.text)
					return
				}
				s, err := collect(t, c)
				if err != nil {
					t.Fatal(err)
				}
				if got := coverage(t, s, evidence.ADUsers); got.State != evidence.Complete || got.Rows != 25 {
					t.Errorf("users %+v", got)
				}
			})
		}
	}
	t.Run("system store of errors", func(t *testing.T) {
		c := configFor(start(t, ldaplab.Options{Certificate: good}, true))
		c.Servers[0] = "ldaps" + strings.TrimPrefix(c.Servers[0], "ldap")
		_, err := collect(t, c)
		if !errors.As(err, new(x509.UnknownAuthorityError)) && !errors.As(err, new(x509.HostnameError)) {
			t.Errorf("the cause is lost: %v", err)
		}
	})
}

func TestUnreachable(t *testing.T) {
	secure := func(address string) Config {
		c := configFor(address)
		c.Servers[0] = "ldaps" + strings.TrimPrefix(c.Servers[0], "ldap")
		return c
	}
	t.Run("nobody listens", func(t *testing.T) { refused(t, configFor(listener(t)), Unreachable, false, "connection was refused") })
	t.Run("unknown host", func(t *testing.T) {
		c := configFor("dc99.contoso.com:389")
		c.Dialer = failing{&net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", Name: "dc99.contoso.com", IsNotFound: true}}}
		refused(t, c, UnknownHost, false, "host name is unknown")
		c.Dialer = failing{&net.OpError{Op: "dial", Err: &net.DNSError{Err: "server misbehaving", Name: "dc99.contoso.com"}}}
		refused(t, c, UnknownHost, false, "could not be resolved")
	})
	t.Run("no answer", func(t *testing.T) {
		c := configFor("192.0.2.1:389")
		c.Dialer = failing{&net.OpError{Op: "dial", Err: context.DeadlineExceeded}}
		refused(t, c, Unreachable, false, "no answer in time")
	})
	t.Run("LDAPS to a plain port", func(t *testing.T) {
		refused(t, secure(start(t, ldaplab.Options{}, false)), NoTLS, false, "TLS")
	})
	t.Run("closed in the handshake", func(t *testing.T) {
		refused(t, secure(answering(t, func(c net.Conn) { _, _ = c.Read(make([]byte, 512)) })), NoTLS, false, "closed during the TLS handshake")
	})
	t.Run("other protocol", func(t *testing.T) {
		c := secure(answering(t, func(c net.Conn) { _, _ = c.Write([]byte("220 mail.contoso.com ESMTP ready, go on\r\n")) }))
		refused(t, c, NoTLS, false, "does not answer with TLS")
	})
	t.Run("StartTLS without certificate", func(t *testing.T) {
		c := configFor(start(t, ldaplab.Options{}, false))
		c.StartTLS = true
		refused(t, c, NoTLS, false, "refused StartTLS with result 52")
	})
	t.Run("StartTLS to something else", func(t *testing.T) {
		for _, text := range []string{"220 mail.contoso.com\r\n", "\x30\x03\x02\x01\x01", "\x30\x84\x7f\xff\xff\xff\x04", ""} {
			c := configFor(answering(t, func(c net.Conn) {
				_, _ = c.Read(make([]byte, 512))
				_, _ = c.Write([]byte(text))
			}))
			c.StartTLS = true
			_, err := collect(t, c)
			var fault *Error
			if !errors.As(err, &fault) || fault.SignIn() {
				t.Errorf("%q: %v", text, err)
			}
		}
	})
	t.Run("no domain controller", func(t *testing.T) {
		d := sample(0)
		d.BaseDN, d.Entries = "O=Contoso", nil
		refused(t, configFor(start(t, ldaplab.Options{Directory: d}, false)), NoDomain, false, "names no domain")
	})
}

// failing is a dialer that cannot.
type failing struct{ err error }

func (f failing) DialContext(context.Context, string, string) (net.Conn, error) { return nil, f.err }

func TestConfiguration(t *testing.T) {
	good := configFor("dc01.contoso.com:389")
	if err := good.Validate(); err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		change func(*Config)
		text   string
	}{
		"no server":    {func(c *Config) { c.Servers = nil }, "no server"},
		"no URL":       {func(c *Config) { c.Servers = []string{"dc01.contoso.com"} }, "is not just"},
		"path":         {func(c *Config) { c.Servers = []string{"ldaps://dc01.contoso.com/x"} }, "is not just"},
		"scheme":       {func(c *Config) { c.Servers = []string{"https://dc01.contoso.com"} }, "must begin with"},
		"clear":        {func(c *Config) { c.AllowPlaintext = false }, "in clear"},
		"domain alone": {func(c *Config) { c.Servers, c.Domain = nil, "contoso.com" }, "without DNS"},
		"domain name":  {func(c *Config) { c.Domain = "DC=contoso,DC=com" }, "no DNS name"},
		"connections":  {func(c *Config) { c.Connections = 9 }, "connections"},
		"excluded":     {func(c *Config) { c.ExcludeOUs = []string{"Staff"} }, "excluded unit 1"},
		"filter":       {func(c *Config) { c.UserFilter = "(mail=*" }, "filter of ad.users"},
		"two filters":  {func(c *Config) { c.GroupFilter = "(mail=*)(cn=*)" }, "filter of ad.groups"},
		"dataset":      {func(c *Config) { c.Datasets = []evidence.Dataset{evidence.TenantUsers} }, "no dataset of a directory"},
		"no account":   {func(c *Config) { c.BindName = "" }, "account name"},
		"no password":  {func(c *Config) { c.Password = nil }, "password"},
		"page size":    {func(c *Config) { c.PageSize = 1001 }, "page size"},
		"rate":         {func(c *Config) { c.MaxEntriesPerSecond = -1 }, "negative"},
		"search base":  {func(c *Config) { c.SearchBases = []string{"OU=x,DC=contoso,DC=com", "Staff"} }, "search base 2"},
		"empty base":   {func(c *Config) { c.SearchBases = []string{""} }, "search base 1"},
		"attribute":    {func(c *Config) { c.Attributes = []string{"forest"} }, "no attribute"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c := configFor("dc01.contoso.com:389")
			tt.change(&c)
			err := c.Validate()
			if err == nil || !strings.Contains(err.Error(), tt.text) {
				t.Errorf("error %v", err)
			}
			if got := Collect(t.Context(), c, evidence.NewBuilder(time.Now())); got == nil {
				t.Error("it was tried in spite of that")
			}
		})
	}
}

func TestNothingSecretIsLogged(t *testing.T) {
	var log bytes.Buffer
	c := configFor(start(t, ldaplab.Options{Faults: []ldaplab.Fault{{Kind: ldaplab.CutConnection, Filter: "objectClass=user", Pages: 1}}}, false))
	c.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelInfo}))
	if _, err := collect(t, c); err != nil {
		t.Fatal(err)
	}
	text := log.String()
	if !strings.Contains(text, "in clear") || !strings.Contains(text, "again") {
		t.Errorf("log lacks the warning or the loss:\n%s", text)
	}
	for _, secret := range []string{testPassword, "u00003", "svc-audit"} {
		if strings.Contains(text, secret) {
			t.Errorf("%s stands in the log:\n%s", secret, text)
		}
	}
}

package ad

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/asn1"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jcmturner/gokrb5/v8/iana/errorcode"
	"github.com/jcmturner/gokrb5/v8/messages"
	"github.com/jcmturner/gokrb5/v8/types"
)

// kerberosLab is a domain controller for sign-ins and the KDC of its realm, with a configuration that leads there.
type kerberosLab struct {
	kdc      *kdcLab
	acceptor *acceptor
	config   Config
}

func newKerberosLab(t *testing.T, change func(*kerberosLab)) kerberosLab {
	t.Helper()
	own := newAuthority(t)
	server := own.issue(t, 2*time.Hour, "dc01.contoso.com")
	leaf, err := x509.ParseCertificate(server.Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	keys := services(t, "krbtgt/CONTOSO.COM@CONTOSO.COM", "ldap/dc01.contoso.com@CONTOSO.COM")
	lab := kerberosLab{
		kdc: &kdcLab{realm: "CONTOSO.COM", keys: keys, life: time.Hour}, acceptor: &acceptor{keys: keys, bindings: channelBindings(leaf)},
	}
	if change != nil {
		change(&lab)
	}
	address := bindServer{bind: lab.acceptor.bind}.serve(t, &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{server}})
	lab.config = secureConfig(address, own)
	lab.config.Clock = nil // tickets are of today
	lab.config.Auth = Auth{Method: Kerberos, Krb5Conf: krb5Conf(t, map[string]string{"CONTOSO.COM": lab.kdc.start(t)})}
	return lab
}

func TestKerberosSignIn(t *testing.T) {
	tests := map[string]struct {
		change func(*kerberosLab)
		config func(*Config)
		kind   Kind
		text   string
	}{
		"accepted":              {},
		"rotated":               {change: func(l *kerberosLab) { l.acceptor.rotation = 12 }},
		"rotated further":       {change: func(l *kerberosLab) { l.acceptor.rotation = 28 }},
		"without subkey":        {change: func(l *kerberosLab) { l.acceptor.noSubkey = true }},
		"other bindings":        {change: func(l *kerberosLab) { l.acceptor.bindings = make([]byte, 16) }, kind: SignInRefused, text: "could not read the sign-in"},
		"let in without proof":  {change: func(l *kerberosLab) { l.acceptor.atOnce = true }, kind: SignInRefused, text: "did not prove who it is"},
		"proof of another time": {change: func(l *kerberosLab) { l.acceptor.strange = true }, kind: SignInRefused, text: "did not prove who it is"},
		"layers only":           {change: func(l *kerberosLab) { l.acceptor.layersOnly = true }, kind: SecureOnly, text: "use ldaps:// or StartTLS"},
		"ticket for another":    {change: func(l *kerberosLab) { l.acceptor.refuses = true }, kind: SignInRefused, text: "cannot read the ticket, KRB_AP_ERR_MODIFIED"},
		"wrong password":        {config: func(c *Config) { c.Password = func() (string, error) { return "wrong", nil } }, kind: SignInRefused, text: "wrong password"},
		"empty password":        {config: func(c *Config) { c.Password = func() (string, error) { return "", nil } }, kind: CredentialError, text: "password is not available"},
		"other name":            {config: func(c *Config) { c.Auth.SPN = "ldap/dc02.contoso.com" }, kind: SignInRefused, text: "knows no service ldap/dc02.contoso.com"},
		"no krb5.conf":          {config: func(c *Config) { c.Auth.Krb5Conf += ".none" }, kind: CredentialError, text: "no such file"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			lab := newKerberosLab(t, tt.change)
			if tt.config != nil {
				tt.config(&lab.config)
			}
			wants(t, signedIn(t, lab.config), tt.kind, tt.text)
			if tt.text != "" {
				return
			}
			lab.acceptor.mu.Lock()
			defer lab.acceptor.mu.Unlock()
			if lab.acceptor.taken == 0 || lab.acceptor.fault != nil {
				t.Errorf("%d sign-ins, %v", lab.acceptor.taken, lab.acceptor.fault)
			}
			lab.kdc.mu.Lock()
			defer lab.kdc.mu.Unlock()
			if got := strings.Join(lab.kdc.requests, " "); got != "AS TGS" {
				t.Errorf("the KDC was asked for %s", got)
			}
		})
	}
}

// TestKerberosReferral reads a domain controller of another realm, two realms away.
func TestKerberosReferral(t *testing.T) {
	lab := newKerberosLab(t, nil)
	keys := services(t, "krbtgt/CONTOSO.COM@CONTOSO.COM", "krbtgt/EMEA.CONTOSO.COM@CONTOSO.COM", "krbtgt/DE.CONTOSO.COM@EMEA.CONTOSO.COM", "ldap/dc01.contoso.com@DE.CONTOSO.COM")
	home := &kdcLab{realm: "CONTOSO.COM", keys: keys, life: time.Hour, elsewhere: "EMEA.CONTOSO.COM"}
	between := &kdcLab{realm: "EMEA.CONTOSO.COM", keys: keys, life: time.Hour, elsewhere: "DE.CONTOSO.COM"}
	there := &kdcLab{realm: "DE.CONTOSO.COM", keys: keys, life: time.Hour}
	lab.acceptor.keys = keys
	lab.config.Auth.Krb5Conf = krb5Conf(t, map[string]string{"CONTOSO.COM": home.start(t), "EMEA.CONTOSO.COM": between.start(t), "DE.CONTOSO.COM": there.start(t)})
	wants(t, signedIn(t, lab.config), 0, "")

	between.elsewhere = "CONTOSO.COM" // round and round
	fault := signedIn(t, lab.config)
	if fault == nil || fault.Kind != SignInRefused {
		t.Errorf("error %v", fault)
	}
}

// TestKDCErrors is about what a KDC's refusals mean.
func TestKDCErrors(t *testing.T) {
	tests := []struct {
		code   int32
		status uint32
		kind   Kind
		text   string
	}{
		{errorcode.KDC_ERR_NAME_EXP, 0, SignInRefused, "account has expired"},
		{errorcode.KDC_ERR_C_PRINCIPAL_UNKNOWN, 0, SignInRefused, "no such account in this realm, KDC_ERR_C_PRINCIPAL_UNKNOWN"},
		{errorcode.KDC_ERR_S_PRINCIPAL_UNKNOWN, 0, SignInRefused, "knows no service ldap/dc01.contoso.com"},
		{errorcode.KDC_ERR_PRINCIPAL_NOT_UNIQUE, 0, SignInRefused, "setspn -X"},
		{errorcode.KDC_ERR_POLICY, 0, SignInRefused, "policy"},
		{errorcode.KDC_ERR_POLICY, 0xc0000070, SignInRefused, "not sign in from this computer"},
		{errorcode.KDC_ERR_ETYPE_NOSUPP, 0, SignInRefused, "no encryption type in common"},
		{errorcode.KDC_ERR_PADATA_TYPE_NOSUPP, 0, SignInRefused, "smart card"},
		{errorcode.KDC_ERR_CLIENT_REVOKED, 0, SignInRefused, "disabled, locked out or expired"},
		{errorcode.KDC_ERR_CLIENT_REVOKED, 0xc0000072, SignInRefused, "account is disabled"},
		{errorcode.KDC_ERR_CLIENT_REVOKED, 0xc0000234, SignInRefused, "locked out"},
		{errorcode.KDC_ERR_CLIENT_REVOKED, 0xc0000193, SignInRefused, "account has expired"},
		{errorcode.KDC_ERR_KEY_EXPIRED, 0, SignInRefused, "password has expired or must be changed"},
		{errorcode.KDC_ERR_KEY_EXPIRED, 0xc0000224, SignInRefused, "must change its password first"},
		{errorcode.KDC_ERR_PREAUTH_FAILED, 0, SignInRefused, "wrong password, KDC_ERR_PREAUTH_FAILED"},
		{errorcode.KRB_AP_ERR_SKEW, 0, SignInRefused, "the clocks of this machine and of the domain controller are 7m"},
		{errorcode.KDC_ERR_SVC_UNAVAILABLE, 0, Unreachable, "no KDC of the realm CONTOSO.COM answers"},
		{999, 0, SignInRefused, "Kerberos error 999"},
	}
	for _, tt := range tests {
		t.Run(errorcode.Lookup(tt.code), func(t *testing.T) {
			refused := messages.NewKRBError(types.NewPrincipalName(2, "krbtgt/CONTOSO.COM"), "CONTOSO.COM", tt.code, "text of a stranger")
			refused.STime = time.Now().UTC().Add(-7*time.Minute - 3*time.Second).Truncate(time.Second)
			if tt.status != 0 {
				piece := typedData{extendedError, append(binary.LittleEndian.AppendUint32(nil, tt.status), make([]byte, 8)...)}
				for _, data := range []any{piece, []typedData{{Kind: 19, Value: []byte{0x30, 0}}, piece}} {
					encoded, err := asn1.Marshal(data)
					if err != nil {
						t.Fatal(err)
					}
					if refused.EData = encoded; ntStatus(encoded) == "" {
						t.Errorf("no status in %x", encoded)
					}
				}
			}
			answer, err := refused.Marshal()
			if err != nil {
				t.Fatal(err)
			}
			lab := newKerberosLab(t, func(l *kerberosLab) { l.kdc.answer = func([]byte) []byte { return answer } })
			fault := signedIn(t, lab.config)
			wants(t, fault, tt.kind, tt.text)
			if fault != nil && fault.Advice == "" {
				t.Error("no advice")
			}
		})
	}
}

// TestKDCFaults is about KDCs that do not answer, or not as they should.
func TestKDCFaults(t *testing.T) {
	raw := func(answer []byte) func(*testing.T) string {
		return func(t *testing.T) string {
			t.Helper()
			return serveTCP(t, func(c net.Conn) {
				_, _ = c.Read(make([]byte, 4096))
				_, _ = c.Write(answer)
				_, _ = io.Copy(io.Discard, c)
			})
		}
	}
	whole := func(answer []byte) func(*testing.T) string {
		return raw(append(binary.BigEndian.AppendUint32(nil, uint32(len(answer))), answer...))
	}
	tests := map[string]struct {
		address func(*testing.T) string
		kind    Kind
		text    string
	}{
		"nobody listens": {listenerOf, Unreachable, "no KDC of the realm CONTOSO.COM answers"},
		"closes": {func(t *testing.T) string {
			t.Helper()
			return serveTCP(t, func(c net.Conn) { _, _ = c.Read(make([]byte, 4096)) })
		}, Unreachable, "no KDC of the realm CONTOSO.COM answers"},
		"too much":      {raw([]byte{0xff, 0xff, 0xff, 0xff}), Unreachable, "no KDC of the realm CONTOSO.COM answers"},
		"nothing":       {raw([]byte{0, 0, 0, 0}), Unreachable, "no KDC of the realm CONTOSO.COM answers"},
		"no Kerberos":   {whole([]byte("HTTP/1.1 400 Bad Request\r\n\r\n")), SignInRefused, "cannot be read"},
		"empty message": {whole([]byte{0x6b, 0x02, 0x30, 0x00}), SignInRefused, "cannot be read"},
		"unknown host":  {func(*testing.T) string { return "kdc.contoso.com:88" }, Unreachable, "name kdc.contoso.com has no address"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			lab := newKerberosLab(t, nil)
			lab.config.Auth.Krb5Conf = krb5Conf(t, map[string]string{"CONTOSO.COM": tt.address(t)})
			lab.config.Dialer = nameless{}
			wants(t, signedIn(t, lab.config), tt.kind, tt.text)
		})
	}
}

// nameless is a dialer that knows addresses, but no names.
type nameless struct{}

func (nameless) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	if host, _, err := net.SplitHostPort(address); err != nil || net.ParseIP(host) == nil {
		return nil, &net.OpError{Op: "dial", Net: network, Err: &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}}
	}
	return (&net.Dialer{}).DialContext(ctx, network, address)
}

func listenerOf(t *testing.T) string {
	t.Helper()
	return listener(t)
}

// TestRefusedOnce shows that several sign-ins at once do not try a wrong password several times, which would lock the account out.
func TestRefusedOnce(t *testing.T) {
	lab := newKerberosLab(t, nil)
	lab.config.Password = func() (string, error) { return "wrong", nil }
	r, err := lab.config.resolve()
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			s := &session{server: r.servers[0]}
			_, err := r.tickets.forService(t.Context(), &r, s, "ldap/dc01.contoso.com")
			if refused := (messages.KRBError{}); !errors.As(err, &refused) {
				t.Errorf("error %v", err)
			}
		})
	}
	all.Wait()
	if len(lab.kdc.requests) != 1 {
		t.Errorf("%d requests to the KDC", len(lab.kdc.requests))
	}
}

// TestTicketIsKept asks for a new ticket only when the old one is about to end.
func TestTicketIsKept(t *testing.T) {
	for life, want := range map[time.Duration]string{time.Hour: "AS TGS", margin / 2: "AS TGS AS TGS"} {
		lab := newKerberosLab(t, func(l *kerberosLab) { l.kdc.life = life })
		r, err := lab.config.resolve()
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if _, err := r.tickets.forService(t.Context(), &r, &session{server: r.servers[0]}, "ldap/dc01.contoso.com"); err != nil {
				t.Fatal(err)
			}
		}
		if got := strings.Join(lab.kdc.requests, " "); got != want {
			t.Errorf("life %s: %s, want %s", life, got, want)
		}
	}
}

// TestDamagedFiles is about keytabs and credential caches that cannot be read.
func TestDamagedFiles(t *testing.T) {
	whole, err := services(t, "svc-audit@CONTOSO.COM").Marshal()
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{"empty": nil, "text": []byte("[libdefaults]\n"), "cut": whole[:len(whole)-7], "version": {5, 2}, "lengths": {5, 4, 0, 12, 0, 1, 0, 8, 0xff, 0xff}} {
		path := filepath.Join(t.TempDir(), "file")
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		for kind, set := range map[string]func(*Config){
			"keytab": func(c *Config) { c.Auth.Keytab = path }, "credential cache": func(c *Config) { c.Auth.CCache = path },
		} {
			t.Run(kind+" "+name, func(t *testing.T) {
				lab := newKerberosLab(t, nil)
				lab.config.Password = nil
				set(&lab.config)
				wants(t, signedIn(t, lab.config), CredentialError, kind)
			})
		}
	}
}

func FuzzGSSAPI(f *testing.F) {
	f.Add(gssToken(tokenReply, []byte{0x6f, 0}), []byte{5, 4, 1, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1})
	f.Add(gssToken(tokenError, []byte{0x7e, 0}), []byte{5, 4, 5, 0xff, 0, 12, 0, 12, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
	key := types.EncryptionKey{KeyType: 18, KeyValue: bytes.Repeat([]byte{1}, 32)}
	f.Fuzz(func(t *testing.T, reply, offer []byte) {
		g := &gssContext{ticket: ticket{key: key}, stage: requested}
		if _, _, err := g.InitSecContext("", reply); err == nil {
			t.Error("a server that does not know the key was believed")
		}
		g = &gssContext{stage: proven, key: key}
		if _, err := g.NegotiateSaslAuth(offer, ""); err == nil {
			t.Error("an offer without checksum was believed")
		}
	})
}

// cacheOf makes a credential cache with tickets for services.
func cacheOf(version byte, end time.Time, services ...string) []byte {
	number := func(b []byte, n int) []byte { return binary.BigEndian.AppendUint32(b, uint32(n)) }
	data := func(b, value []byte) []byte { return append(number(b, len(value)), value...) }
	named := func(b []byte, name, realm string) []byte {
		parts := strings.Split(name, "/")
		b = data(number(number(b, 1), len(parts)), []byte(realm))
		for _, part := range parts {
			b = data(b, []byte(part))
		}
		return b
	}
	b := []byte{5, version}
	if version == 4 {
		b = append(b, 0, 12, 0, 1, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0)
	}
	b = named(b, "svc-audit", "CONTOSO.COM")
	for _, service := range services {
		name, realm, _ := strings.Cut(service, "@")
		b = named(named(b, "svc-audit", "CONTOSO.COM"), name, realm)
		b = append(b, 0, 18)
		if version == 3 {
			b = append(b, 0, 18)
		}
		b = data(b, bytes.Repeat([]byte{1}, 32))
		b = number(number(number(number(b, 0), 0), int(end.Unix())), 0)
		b = append(b, 0, 0, 0, 0, 0)
		b = data(append(number(b, 1), 0, 2), []byte{127, 0, 0, 1}) // an address
		b = number(b, 0)                                           // no authorisation data
		whole, err := (&messages.Ticket{TktVNO: 5, Realm: realm, SName: types.NewPrincipalName(2, name), EncPart: types.EncryptedData{EType: 18, Cipher: []byte{1}}}).Marshal()
		if err != nil {
			return nil
		}
		b = data(data(b, whole), nil)
	}
	return b
}

func TestCredentialCache(t *testing.T) {
	now := time.Now()
	const granting, service = "krbtgt/CONTOSO.COM@CONTOSO.COM", "ldap/dc01.contoso.com@CONTOSO.COM"
	tests := map[string]struct {
		data []byte
		want string // which tickets come out, or a part of the error
	}{
		"granting":     {cacheOf(4, now.Add(time.Hour), "krb5_ccache_conf_data/fast@X-CACHECONF:", granting), "granting"},
		"version 3":    {cacheOf(3, now.Add(time.Hour), granting), "granting"},
		"both":         {cacheOf(4, now.Add(time.Hour), granting, service), "granting service"},
		"service only": {cacheOf(4, now.Add(time.Hour), "http/x@CONTOSO.COM", service), "service"},
		"expired":      {cacheOf(4, now.Add(-time.Hour), granting, service), "has expired on " + now.Add(-time.Hour).UTC().Format("2006-01-02 15:04")},
		"others":       {cacheOf(4, now.Add(time.Hour), "krbtgt/FABRIKAM.COM@CONTOSO.COM"), "holds no ticket of its realm CONTOSO.COM"},
		"cut":          {cacheOf(4, now.Add(time.Hour), granting)[:150], "damaged"},
		"version 2":    {[]byte{5, 2, 0, 0}, "damaged"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "cc")
			if err := os.WriteFile(path, tt.data, 0o600); err != nil {
				t.Fatal(err)
			}
			k := &kerberos{config: &resolved{Config: Config{Clock: systemClock{}, Auth: Auth{CCache: "FILE:" + path}}}}
			granting, service, err := k.fromCache("ldap/dc01.contoso.com")
			var got []string
			if granting != nil {
				got = append(got, "granting")
			}
			if service != nil {
				got = append(got, "service")
			}
			if err != nil {
				got = append(got, err.Error())
			}
			if text := strings.Join(got, " "); text != tt.want && (err == nil || !strings.Contains(text, tt.want)) {
				t.Errorf("%s, want %s", text, tt.want)
			}
		})
	}
}

func FuzzCredentialCache(f *testing.F) {
	f.Add(cacheOf(4, time.Unix(1<<30, 0), "krbtgt/CONTOSO.COM@CONTOSO.COM", "krb5_ccache_conf_data/fast@X-CACHECONF:"))
	f.Add(cacheOf(3, time.Unix(1<<30, 0), "ldap/dc01.contoso.com@CONTOSO.COM"))
	f.Fuzz(func(t *testing.T, data []byte) {
		_, entries, err := parseCache(data)
		if err != nil {
			return
		}
		for _, e := range entries {
			if len(e.ticket)+len(e.key.KeyValue) > len(data) {
				t.Errorf("%d bytes out of %d", len(e.ticket)+len(e.key.KeyValue), len(data))
			}
		}
	})
}

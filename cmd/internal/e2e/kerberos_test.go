package e2e

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"hybridaudit/cmd/internal/cli"
	"hybridaudit/sources/ad"
	"hybridaudit/sources/evidence"
)

const kerberosAddress = "127.0.0.47"

// TestKerberos signs in to a real domain controller with tickets of its KDC, in each way there is, and in those that must fail.
func TestKerberos(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a minute")
	}
	dc := kerberosController(t, "allow_sasl_over_tls")
	dc.accounts(t)
	t.Run("succeeds", func(t *testing.T) { testKerberosSignIns(t, dc) })
	t.Run("fails", func(t *testing.T) { testKerberosRefusals(t, dc) })
	t.Run("one ticket for all connections", func(t *testing.T) { testTickets(t, dc) })
	t.Run("program", func(t *testing.T) { testKerberosProgram(t, dc) })
	t.Run("channel binding", func(t *testing.T) { testChannelBinding(t, dc) })
	t.Run("stale keytab", func(t *testing.T) {
		old := filepath.Join(t.TempDir(), "old.keytab")
		dc.samba(t, "domain", "exportkeytab", old, "--principal=auditor@CONTOSO.COM")
		dc.samba(t, "user", "setpassword", "auditor", "--newpassword=Aa1-another-one", "-H", dc.database())
		c := dc.config()
		c.Password, c.BindName, c.Auth.Keytab = nil, "auditor", old
		_, err := usersOf(t, c)
		wantFault(t, dc, err, ad.SignInRefused, "export the keytab anew")
	})
}

// TestKerberosSigningDemanded is about a Samba server that wants its messages signed even within TLS, as it does when nothing else is set.
func TestKerberosSigningDemanded(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a minute")
	}
	dc := kerberosController(t, "yes")
	_, err := usersOf(t, dc.config())
	wantFault(t, dc, err, ad.SecureOnly, "allow_sasl_over_tls")
}

func testKerberosSignIns(t *testing.T, dc controller) {
	cache := filepath.Join(t.TempDir(), "cc")
	dc.run(t, "kinit", "-c", "FILE:"+cache, "-k", "-t", dc.env["AD_KEYTAB"], "svc-audit")
	keytab := func(c *ad.Config) { c.Password, c.Auth.Keytab = nil, dc.env["AD_KEYTAB"] }
	startTLS := func(c *ad.Config) { c.Servers, c.StartTLS = []string{dc.env["AD_LDAP"]}, true }
	fromCache := func(c *ad.Config) { c.Password, c.BindName, c.Auth.CCache = nil, "", "FILE:"+cache }
	for name, changes := range map[string][]func(*ad.Config){
		"password":           {},
		"password, StartTLS": {startTLS},
		"down-level name":    {func(c *ad.Config) { c.BindName = `CONTOSO\svc-audit` }},
		"principal":          {func(c *ad.Config) { c.BindName, c.Auth.Principal = "", "svc-audit@CONTOSO.COM" }},
		"user principal name with another suffix": {func(c *ad.Config) { c.BindName = "auditor@fabrikam.com" }},
		"krb5.conf":              {func(c *ad.Config) { c.Auth.Krb5Conf = dc.env["KRB5_CONFIG"] }},
		"service principal name": {func(c *ad.Config) { c.Auth.SPN = "ldap/" + kerberosAddress }},
		"KDC found in DNS": {func(c *ad.Config) {
			c.Servers = []string{"ldaps://" + dc.env["AD_HOST"]}
			c.Dialer, c.Resolver = &dialer{names: map[string]string{dc.env["AD_HOST"]: kerberosAddress}, closed: dc.env["AD_HOST"] + ":88"}, srv{kerberosAddress}
		}},
		"keytab":                     {keytab},
		"keytab, StartTLS":           {keytab, startTLS},
		"keytab without name":        {keytab, func(c *ad.Config) { c.BindName = "" }},
		"credential cache":           {fromCache},
		"credential cache, StartTLS": {fromCache, startTLS},
	} {
		t.Run(name, func(t *testing.T) {
			c := dc.config()
			for _, change := range changes {
				change(&c)
			}
			if got, err := usersOf(t, c); err != nil || got.State != evidence.Complete || got.Rows < 4 {
				t.Errorf("%v, users %+v", err, got)
			}
		})
	}
}

func testKerberosRefusals(t *testing.T, dc controller) {
	nowhere := filepath.Join(t.TempDir(), "krb5.conf")
	if err := os.WriteFile(nowhere, []byte("[libdefaults]\n default_realm = CONTOSO.COM\n[realms]\n CONTOSO.COM = {\n  kdc = 127.0.0.1:9\n }\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cache := filepath.Join(t.TempDir(), "cc")
	dc.run(t, "kinit", "-c", "FILE:"+cache, "-k", "-t", dc.env["AD_KEYTAB"], "svc-audit")
	named := func(name string) func(*ad.Config) { return func(c *ad.Config) { c.BindName = name } }
	for name, tt := range map[string]struct {
		change func(*ad.Config)
		kind   ad.Kind
		text   string
	}{
		"wrong password":  {func(c *ad.Config) { c.Password = func() (string, error) { return wrongPassword, nil } }, ad.SignInRefused, "wrong password, KDC_ERR_PREAUTH_FAILED"},
		"wrong realm":     {func(c *ad.Config) { c.Auth.Realm = "FABRIKAM.COM" }, ad.SignInRefused, "no such account in this realm"},
		"no such account": {named("nobody@contoso.com"), ad.SignInRefused, "no such account in this realm"},
		"disabled":        {named("disabled@contoso.com"), ad.SignInRefused, "the account is disabled, KDC"},
		"expired":         {named("expired@contoso.com"), ad.SignInRefused, "account has expired"},
		"must change":     {named("mustchange@contoso.com"), ad.SignInRefused, "must"},
		"no such service": {func(c *ad.Config) { c.Auth.SPN = "ldap/dc9.contoso.com" }, ad.SignInRefused, "knows no service ldap/dc9.contoso.com"},
		"no KDC there":    {func(c *ad.Config) { c.Auth.Krb5Conf = nowhere }, ad.Unreachable, "no KDC of the realm CONTOSO.COM answers"},
		"KDC behind a firewall": {func(c *ad.Config) { c.Dialer = &dialer{closed: kerberosAddress + ":88"} },
			ad.Unreachable, "no KDC of the realm CONTOSO.COM answers"},
		"in clear": {func(c *ad.Config) { c.Servers, c.AllowPlaintext = []string{dc.env["AD_LDAP"]}, true }, ad.SecureOnly, "use ldaps:// or StartTLS"},
		"account not in the keytab": {func(c *ad.Config) {
			c.Password, c.Auth.Keytab, c.BindName = nil, dc.env["AD_KEYTAB"], "Administrator@contoso.com"
		}, ad.CredentialError, "the keytab does not hold the account"},
		"no keytab": {func(c *ad.Config) { c.Password, c.Auth.Keytab = nil, nowhere+".none" }, ad.CredentialError, "keytab cannot be read"},
		"no credential cache": {func(c *ad.Config) { c.Password, c.Auth.CCache = nil, nowhere+".none" },
			ad.CredentialError, "credential cache cannot be read"},
		"expired credential cache": {func(c *ad.Config) { c.Password, c.Auth.CCache, c.Clock = nil, cache, ahead(48*time.Hour) },
			ad.CredentialError, "has expired"},
	} {
		t.Run(name, func(t *testing.T) {
			c := dc.config()
			tt.change(&c)
			got, err := usersOf(t, c)
			wantFault(t, dc, err, tt.kind, tt.text)
			if got.State != evidence.Failed || got.Rows > 0 {
				t.Errorf("users %+v", got)
			}
		})
	}
}

const wrongPassword = "Wr0ng-password"

func wantFault(t *testing.T, dc controller, err error, kind ad.Kind, text string) {
	t.Helper()
	var fault *ad.Error
	if !errors.As(err, &fault) || fault.Kind != kind || !strings.Contains(fault.Error(), text) || fault.Advice == "" {
		t.Errorf("error %v, want kind %d and %q", err, kind, text)
		return
	}
	if strings.Contains(err.Error(), dc.env["AD_PASSWORD"]) || strings.Contains(err.Error(), wrongPassword) {
		t.Error("the password stands in the error")
	}
	t.Log(err)
}

// testTickets counts what the KDC is asked for: a granting ticket takes two requests, the one for the service a third.
func testTickets(t *testing.T, dc controller) {
	c, d := dc.config(), &dialer{}
	c.Dialer, c.Connections = d, 4
	if got, err := usersOf(t, c); err != nil || got.State != evidence.Complete {
		t.Fatalf("%v, users %+v", err, got)
	}
	if d.kdc != 3 {
		t.Errorf("%d requests to the KDC for %d connections", d.kdc, d.other)
	}
}

// testKerberosProgram runs the program itself, for its configuration and its exit codes.
func testKerberosProgram(t *testing.T, dc controller) {
	dir := t.TempDir()
	for name, data := range map[string][]byte{"wrong": []byte(wrongPassword), "svc-audit.keytab": dc.file(t, "AD_KEYTAB")} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, tt := range map[string]struct {
		keys map[string]any
		code int
		text string
	}{
		"password":       {map[string]any{"bindName": dc.env["AD_BIND_UPN"], "password": "file:" + dc.env["AD_PASSWORD_FILE"]}, 0, ""},
		"keytab":         {map[string]any{"bindName": "svc-audit", "keytab": "svc-audit.keytab", "realm": "CONTOSO.COM"}, 0, ""},
		"wrong password": {map[string]any{"bindName": dc.env["AD_BIND_UPN"], "password": "file:wrong"}, 4, "KDC_ERR_PREAUTH_FAILED"},
	} {
		t.Run(name, func(t *testing.T) {
			keys := map[string]any{"servers": []string{dc.env["AD_LDAPS"]}, "caFile": dc.env["AD_CA"], "serverName": dc.env["AD_HOST"], "auth": "kerberos"}
			for key, value := range tt.keys {
				keys[key] = value
			}
			text, err := yaml.Marshal(map[string]any{"ldap": keys, "network": map[string]any{"enabled": false}})
			if err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(dir, strings.ReplaceAll(name, " ", "")+".yaml")
			if err := os.WriteFile(path, text, 0o600); err != nil {
				t.Fatal(err)
			}
			var stderr bytes.Buffer
			code := cli.Run(t.Context(), []string{"collect", "--config", path, "--out", path + ".evidence"}, cli.IO{In: strings.NewReader(""), Out: io.Discard, Err: &stderr})
			if code != tt.code || !strings.Contains(stderr.String(), tt.text) || strings.Contains(stderr.String(), wrongPassword) {
				t.Errorf("exit code %d\n%s", code, stderr.String())
			}
		})
	}
}

// testChannelBinding signs in to an OpenLDAP server that checks channel bindings, as a domain controller with LdapEnforceChannelBinding=2 does: straight, and
// through something that ends the TLS connection with a certificate of its own.
func testChannelBinding(t *testing.T, dc controller) {
	address := dc.bindingServer(t)
	c := dc.config()
	c.Servers = []string{"ldaps://" + address}
	if _, err := usersOf(t, c); err != nil {
		t.Errorf("straight: %v", err)
	}
	proxy, authority := terminatingProxy(t, address, c.RootCAs, dc.env["AD_HOST"])
	c.Servers = []string{"ldaps://" + proxy}
	c.RootCAs, c.Auth.Krb5Conf = authority, dc.env["KRB5_CONFIG"]
	_, err := usersOf(t, c)
	wantFault(t, dc, err, ad.SignInRefused, "channel binding")
}

// controller is a domain controller for trials with Kerberos.
type controller struct{ env map[string]string }

func kerberosController(t *testing.T, strongAuth string) controller {
	t.Helper()
	if _, err := exec.LookPath("kinit"); err != nil {
		missing(t, "Kerberos client", err.Error())
	}
	dc := controller{domainController(t, peer{"--addr", kerberosAddress, "--strong-auth", strongAuth})(t)}
	// A domain controller of Windows gives itself this name.
	dc.samba(t, "spn", "add", "ldap/"+dc.env["AD_HOST"], "DC1$", "-H", dc.database())
	return dc
}

// accounts makes those that may not sign in, and one whose user principal name has a suffix that is no domain.
func (d controller) accounts(t *testing.T) {
	t.Helper()
	for _, args := range [][]string{
		{"create", "auditor", d.env["AD_PASSWORD"]}, {"create", "disabled", d.env["AD_PASSWORD"]}, {"disable", "disabled"},
		{"create", "expired", d.env["AD_PASSWORD"]}, {"setexpiry", "expired", "--days=-1"},
		{"create", "mustchange", d.env["AD_PASSWORD"], "--must-change-at-next-login"},
	} {
		d.samba(t, slices.Concat([]string{"user"}, args, []string{"-H", d.database()})...)
	}
	change := filepath.Join(t.TempDir(), "auditor.ldif")
	text := "dn: CN=auditor,CN=Users," + d.env["AD_BASE"] + "\nchangetype: modify\nreplace: userPrincipalName\nuserPrincipalName: auditor@fabrikam.com\n"
	if err := os.WriteFile(change, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	d.run(t, "ldbmodify", "-H", d.database(), change)
}

func (d controller) state() string    { return filepath.Dir(d.env["AD_KEYTAB"]) }
func (d controller) database() string { return filepath.Join(d.state(), "private", "sam.ldb") }

func (d controller) file(t *testing.T, variable string) []byte {
	t.Helper()
	data, err := os.ReadFile(d.env[variable])
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func (d controller) samba(t *testing.T, args ...string) {
	t.Helper()
	d.run(t, "samba-tool", append(args, "--configfile="+filepath.Join(d.state(), "etc", "smb.conf"))...)
}

func (d controller) run(t *testing.T, name string, args ...string) {
	t.Helper()
	c := exec.CommandContext(t.Context(), name, args...)
	c.Env = append(os.Environ(), "KRB5_CONFIG="+d.env["KRB5_CONFIG"])
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%s %s: %v\n%s", name, args[0], err, out)
	}
}

// config signs in with Kerberos and the password, over LDAPS.
func (d controller) config() ad.Config {
	pool := x509.NewCertPool()
	if data, err := os.ReadFile(d.env["AD_CA"]); err == nil {
		pool.AppendCertsFromPEM(data)
	}
	return ad.Config{
		Servers: []string{d.env["AD_LDAPS"]}, ServerName: d.env["AD_HOST"], RootCAs: pool, BindName: d.env["AD_BIND_UPN"],
		Password: func() (string, error) { return d.env["AD_PASSWORD"], nil }, Timeout: 30 * time.Second, Auth: ad.Auth{Method: ad.Kerberos},
	}
}

// bindingServer starts OpenLDAP with the domain controller's certificate and service key. It knows no objects, and its SASL checks channel bindings.
func (d controller) bindingServer(t *testing.T) string {
	t.Helper()
	const program = "/usr/sbin/slapd"
	if _, err := os.Stat(program); err != nil {
		missing(t, "OpenLDAP server", "slapd is not installed")
	}
	if plugins, err := filepath.Glob("/usr/lib/*/sasl2/libgssapiv2.so*"); err != nil || len(plugins) == 0 {
		missing(t, "OpenLDAP server", "libsasl2-modules-gssapi-mit is not installed")
	}
	dir, address := t.TempDir(), kerberosAddress+":1636"
	keys := filepath.Join(dir, "ldap.keytab")
	d.samba(t, "domain", "exportkeytab", keys, "--principal=ldap/"+d.env["AD_HOST"])
	files := map[string]string{
		"rootdse.ldif": fmt.Sprintf("dn:\ndefaultNamingContext: %[1]s\nrootDomainNamingContext: %[1]s\ndNSHostName: %[2]s\n\n", d.env["AD_BASE"], d.env["AD_HOST"]),
		"slapd.conf": fmt.Sprintf("include /etc/ldap/schema/core.schema\nmodulepath /usr/lib/ldap\nmoduleload back_ldif\nrootDSE %[1]s/rootdse.ldif\n"+
			"TLSCACertificateFile %[2]s/ca.pem\nTLSCertificateFile %[2]s/server.pem\nTLSCertificateKeyFile %[2]s/server.key\nsasl-host %[3]s\nsasl-realm %[4]s\n"+
			"sasl-cbinding tls-endpoint\ndatabase ldif\nsuffix %[5]s\ndirectory %[1]s\n",
			dir, filepath.Join(d.state(), "tls"), d.env["AD_HOST"], d.env["AD_REALM"], d.env["AD_BASE"]),
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	// It ends when its standard input does: with the test, and with this process however that ends.
	slapd := exec.Command("sh", "-c", `"$0" "$@" & server=$!; cat; kill $server; wait`, program, "-d", "0", "-f", filepath.Join(dir, "slapd.conf"), "-h", "ldaps://"+address)
	slapd.Env = append(os.Environ(), "KRB5_CONFIG="+d.env["KRB5_CONFIG"], "KRB5_KTNAME="+keys, "KRB5RCACHENAME=none:")
	input, err := slapd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := slapd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = input.Close()
		_ = slapd.Wait() // it was killed
	})
	for end := time.Now().Add(20 * time.Second); ; {
		c, err := (&net.Dialer{Timeout: time.Second}).DialContext(t.Context(), "tcp", address)
		if err == nil {
			_ = c.Close()
			return address
		}
		if time.Now().After(end) {
			t.Fatalf("slapd does not answer: %v", err)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// usersOf collects and gives the coverage of the users.
func usersOf(t *testing.T, c ad.Config) (evidence.Coverage, error) {
	t.Helper()
	b := evidence.NewBuilder(time.Now())
	err := ad.Collect(t.Context(), c, b)
	for _, cover := range b.Seal().Of(evidence.ADUsers) {
		return cover, err
	}
	return evidence.Coverage{}, err
}

// terminatingProxy takes TLS connections with its own certificate and passes what they carry on, over TLS. It gives its address and its authority.
func terminatingProxy(t *testing.T, target string, trusted *x509.CertPool, name string) (string, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Contoso proxy"}, DNSNames: []string{name}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	authority, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(authority)
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	out := &tls.Dialer{Config: &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: trusted, ServerName: name}}
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer func() { _ = client.Close() }()
				upstream, err := out.DialContext(t.Context(), "tcp", target)
				if err != nil {
					return
				}
				defer func() { _ = upstream.Close() }()
				go func() { _, _ = io.Copy(upstream, client) }()
				_, _ = io.Copy(client, upstream)
			}()
		}
	}()
	return l.Addr().String(), pool
}

// srv is a resolver that knows the KDC of every realm, and nothing else.
type srv struct{ address string }

func (s srv) LookupSRV(_ context.Context, service, _, name string) (string, []*net.SRV, error) {
	if service != "kerberos" {
		return "", nil, &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
	}
	return name, []*net.SRV{{Target: s.address + ".", Port: 88}}, nil
}

// dialer knows names, does not reach one address, and counts connections to KDCs and others.
type dialer struct {
	names  map[string]string
	closed string

	mu         sync.Mutex
	kdc, other int
}

func (d *dialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	d.mu.Lock()
	if strings.HasSuffix(address, ":88") {
		d.kdc++
	} else {
		d.other++
	}
	d.mu.Unlock()
	if address == d.closed {
		return nil, &net.OpError{Op: "dial", Net: network, Err: syscall.ECONNREFUSED}
	}
	if host, port, err := net.SplitHostPort(address); err == nil && d.names[host] != "" {
		address = net.JoinHostPort(d.names[host], port)
	}
	return (&net.Dialer{}).DialContext(ctx, network, address)
}

// ahead is a clock that is ahead of time.
type ahead time.Duration

func (a ahead) Now() time.Time { return time.Now().Add(time.Duration(a)) }

func (a ahead) Sleep(ctx context.Context, _ time.Duration) error { return ctx.Err() }

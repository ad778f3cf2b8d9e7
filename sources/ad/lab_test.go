package ad

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/binary"
	"fmt"
	"math/big"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/directory"
	"hybridaudit/sources/lab"
	ldaplab "hybridaudit/sources/lab/server/ldap"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	testBase     = "DC=contoso,DC=com"
	testConfig   = "CN=Configuration," + testBase
	testRTC      = "CN=RTC Service,CN=Services," + testConfig
	testPassword = "Pa55-word"
	testAccount  = `CONTOSO\svc-audit`
)

// testClock never waits and remembers how long it was asked to.
type testClock struct {
	mu    sync.Mutex
	slept []time.Duration
}

func (c *testClock) Now() time.Time { return time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC) }

func (c *testClock) Sleep(ctx context.Context, d time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.slept = append(c.slept, d)
	return ctx.Err()
}

func (c *testClock) waits() []time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.slept
}

// entry builds a directory entry; attribute values stand behind their names, several separated by line feeds.
func entry(dn, classes string, pairs ...string) lab.Entry {
	e := lab.Entry{DN: dn, Attributes: []lab.Attribute{values("objectClass", strings.Split(classes, ",")...)}}
	guid := sha256.Sum256([]byte(dn))
	e.Attributes = append(e.Attributes, lab.Attribute{Name: "objectGUID", Values: [][]byte{guid[:16]}})
	e.Attributes = append(e.Attributes, values("whenCreated", "20260102030405.0Z"), values("whenChanged", "20260203040506.0Z"))
	for i := 0; i+1 < len(pairs); i += 2 {
		e.Attributes = append(e.Attributes, values(pairs[i], strings.Split(pairs[i+1], "\n")...))
	}
	return e
}

func values(name string, texts ...string) lab.Attribute {
	a := lab.Attribute{Name: name}
	for _, text := range texts {
		a.Values = append(a.Values, []byte(text))
	}
	return a
}

func sid(n int) string {
	return string(binary.LittleEndian.AppendUint32([]byte{1, 2, 0, 0, 0, 0, 0, 5, 21, 0, 0, 0}, uint32(n)))
}

func user(i int) lab.Entry {
	name := fmt.Sprintf("u%05d", i)
	return entry(fmt.Sprintf("CN=User %05d,OU=Staff,%s", i, testBase), "top,person,organizationalPerson,user",
		"objectSid", sid(1000+i), "sAMAccountName", name, "userPrincipalName", name+"@contoso.com", "displayName", "User "+name, "mail", name+"@contoso.com",
		"proxyAddresses", "SMTP:"+name+"@contoso.com\nsip:"+name+"@contoso.com", "userAccountControl", "512", "msDS-User-Account-Control-Computed", "0",
		"accountExpires", "9223372036854775807", "pwdLastSet", "133000000000000000", "department", fmt.Sprintf("Department %d", i%7),
		"msRTCSIP-PrimaryUserAddress", "sip:"+name+"@contoso.com", "msRTCSIP-UserEnabled", "TRUE", "msRTCSIP-DeploymentLocator", "SRV:",
		"msRTCSIP-OptionFlags", "384", "msRTCSIP-Line", fmt.Sprintf("tel:+4930%05d", i))
}

// sample is a forest with n users, one contact in the domain and one in the configuration, two mail-enabled groups and one without mail, and a pool.
func sample(n int) lab.Directory {
	d := lab.Directory{
		ForestName: "contoso.com", NetBIOSName: "CONTOSO", DCHost: "dc01.contoso.com", BaseDN: testBase,
		DomainGUID: directory.GUID{1, 2, 3}, InvocationID: directory.GUID{9, 9},
		Schema: []string{"msRTCSIP-PrivateLine", "msRTCSIP-PrimaryHomeServer"},
	}
	d.Entries = append(d.Entries,
		entry("OU=Staff,"+testBase, "top,organizationalUnit"), entry("OU=Other,"+testBase, "top,organizationalUnit"),
		entry("CN=Partitions,"+testConfig, "top,crossRefContainer", "uPNSuffixes", "contoso.net\nfabrikam.com"),
		entry("CN=Services,"+testConfig, "top,container"), entry(testRTC, "top,container"), entry("CN=Pools,"+testRTC, "top,container"),
		entry("CN=pool01,CN=Pools,"+testRTC, "top,msRTCSIP-Pool", "dNSHostName", "pool01.contoso.com", "msRTCSIP-PoolDisplayName", "Berlin",
			"msRTCSIP-PoolVersion", "7", "msRTCSIP-PoolType", "10"),
		entry("CN=Application Contacts,"+testRTC, "top,container"),
		entry("CN=Dial-in,CN=Application Contacts,"+testRTC, "top,person,organizationalPerson,contact", "msRTCSIP-OwnerUrn", "urn:application:Caa"),
		entry("CN=Partner,OU=Other,"+testBase, "top,person,organizationalPerson,contact", "mail", "partner@fabrikam.com"),
		entry("CN=Sales,OU=Other,"+testBase, "top,group", "mail", "sales@contoso.com", "sAMAccountName", "sales", "objectSid", sid(1)),
		entry("CN=Proxies,OU=Other,"+testBase, "top,group", "proxyAddresses", "SMTP:p@contoso.com", "sAMAccountName", "proxies", "objectSid", sid(2)),
		entry("CN=Silent,OU=Other,"+testBase, "top,group", "sAMAccountName", "silent", "objectSid", sid(3)),
	)
	for i := range n {
		d.Entries = append(d.Entries, user(i))
	}
	return d
}

// authority makes certificates for tests.
type authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
	pool        *x509.CertPool
}

func newAuthority(t testing.TB) authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Contoso Root"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	a := authority{key: key, pool: x509.NewCertPool()}
	if a.certificate, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	a.pool.AddCert(a.certificate)
	return a
}

// issue makes a certificate for the names, valid for that long from an hour ago.
func (a authority) issue(t testing.TB, valid time.Duration, names ...string) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	from := time.Now().Add(-time.Hour)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: names[0]}, DNSNames: names, NotBefore: from, NotAfter: from.Add(valid),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.certificate, key.Public(), a.key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// start serves on loopback until the test ends and gives the address.
func start(t testing.TB, o ldaplab.Options, implicitTLS bool) string {
	t.Helper()
	if o.Directory.BaseDN == "" {
		o.Directory = sample(25)
	}
	if o.Accounts == nil {
		o.Accounts = []ldaplab.Account{{Name: "svc-audit", Password: testPassword}}
	}
	s, err := ldaplab.New(o)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() {
		if implicitTLS {
			ended <- s.ServeTLS(ctx, l)
		} else {
			ended <- s.Serve(ctx, l)
		}
	}()
	t.Cleanup(func() {
		cancel()
		select {
		case err := <-ended:
			if err != nil {
				t.Errorf("serving: %v", err)
			}
		case <-time.After(10 * time.Second):
			t.Error("the server does not end")
		}
	})
	return l.Addr().String()
}

// configFor reads a plain server in pages of ten.
func configFor(address string) Config {
	return Config{
		Servers: []string{"ldap://" + address}, BindName: testAccount, Password: func() (string, error) { return testPassword, nil },
		AllowPlaintext: true, PageSize: 10, Timeout: 5 * time.Second, Clock: &testClock{},
	}
}

// collect runs the collector and gives the evidence.
func collect(t testing.TB, c Config) (*evidence.Snapshot, error) {
	t.Helper()
	b := evidence.NewBuilder(time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC))
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // no fault may make it wait for ever
	defer cancel()
	err := Collect(ctx, c, b)
	return b.Seal(), err
}

// coverage gives the one coverage of a dataset.
func coverage(t testing.TB, s *evidence.Snapshot, d evidence.Dataset) evidence.Coverage {
	t.Helper()
	all := s.Of(d)
	if len(all) != 1 {
		t.Fatalf("%s has %d coverages", d, len(all))
	}
	return all[0]
}

package ldaplab

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/binary"
	"fmt"
	"math/big"
	"net"
	"testing"
	"time"

	"github.com/go-ldap/ldap/v3"
	"go.uber.org/goleak"

	"hybridaudit/sources/evidence/directory"
	"hybridaudit/sources/lab"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	testBase     = "DC=contoso,DC=com"
	testPassword = "Pa55-word"
)

// sample is a forest with n users, a group that all are members of, and a contact.
func sample(n int) lab.Directory {
	d := lab.Directory{
		ForestName: "contoso.com", NetBIOSName: "CONTOSO", DCHost: "dc01.contoso.com", BaseDN: testBase, DomainGUID: directory.GUID{1, 2, 3},
		Schema: []string{"msRTCSIP-UserEnabled", "msRTCSIP-Line", "customThing"},
	}
	class := func(names ...string) lab.Attribute { return text("objectClass", names...) }
	d.Entries = append(d.Entries,
		lab.Entry{DN: "CN=Users," + testBase, Attributes: []lab.Attribute{class("top", "container"), text("cn", "Users")}},
		lab.Entry{DN: "OU=Staff," + testBase, Attributes: []lab.Attribute{class("top", "organizationalUnit"), text("ou", "Staff")}},
		lab.Entry{DN: "CN=Reader,CN=Users," + testBase, Attributes: []lab.Attribute{
			class("top", "person", "organizationalPerson", "user"), text("sAMAccountName", "reader"), text("userPrincipalName", "reader@fabrikam.com"),
		}},
		lab.Entry{DN: "CN=Partner,CN=Users," + testBase, Attributes: []lab.Attribute{
			class("top", "person", "organizationalPerson", "contact"), text("mail", "partner@fabrikam.com"),
		}},
		lab.Entry{DN: "CN=RTC Service,CN=Services," + d.ConfigurationDN(), Attributes: []lab.Attribute{class("top", "container"), text("cn", "RTC Service")}},
	)
	members := lab.Attribute{Name: "member"}
	for i := range n {
		dn := fmt.Sprintf("CN=User %05d,OU=Staff,%s", i, testBase)
		guid := binary.LittleEndian.AppendUint32(make([]byte, 12), uint32(i+1))
		flags := "512"
		if i%4 == 3 {
			flags = "514"
		}
		d.Entries = append(d.Entries, lab.Entry{DN: dn, Attributes: []lab.Attribute{
			class("top", "person", "organizationalPerson", "user"), {Name: "objectGUID", Values: [][]byte{guid}}, text("cn", fmt.Sprintf("User %05d", i)),
			{Name: "objectSid", Values: [][]byte{binary.LittleEndian.AppendUint32([]byte{1, 2, 0, 0, 0, 0, 0, 5, 21, 0, 0, 0}, uint32(1000+i))}},
			text("sAMAccountName", fmt.Sprintf("u%05d", i)), text("userPrincipalName", fmt.Sprintf("U%05d@contoso.com", i)),
			text("mail", fmt.Sprintf("u%05d@contoso.com", i)), text("userAccountControl", flags), text("accountExpires", fmt.Sprint(i)),
			text("whenCreated", fmt.Sprintf("2026010112%02d%02d.0Z", i/60%60, i%60)),
			text("proxyAddresses", fmt.Sprintf("SMTP:u%05d@contoso.com", i), fmt.Sprintf("sip:u%05d@contoso.com", i)),
		}})
		members.Values = append(members.Values, []byte(dn))
	}
	if n > 0 {
		d.Entries = append(d.Entries, lab.Entry{DN: "CN=Everyone,OU=Staff," + testBase, Attributes: []lab.Attribute{
			class("top", "group"), text("mail", "everyone@contoso.com"), text("sAMAccountName", "everyone"), members,
		}})
	}
	return d
}

// certificate is self-signed for dc01.contoso.com and 127.0.0.1.
func certificate(t testing.TB) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "dc01.contoso.com"}, DNSNames: []string{"dc01.contoso.com"},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(leaf)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}

// start serves on loopback until the test ends and gives the address.
func start(t testing.TB, o Options, implicitTLS bool) string {
	t.Helper()
	if o.Directory.BaseDN == "" {
		o.Directory = sample(25)
	}
	if o.Accounts == nil {
		o.Accounts = []Account{{Name: "reader", Password: testPassword}, {Name: "svc-audit", Password: testPassword}}
	}
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	if implicitTLS {
		return serving(t, s.ServeTLS)
	}
	return serving(t, s.Serve)
}

// serving lets a server answer at an address of its own until the test ends.
func serving(t testing.TB, serve func(context.Context, net.Listener) error) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- serve(ctx, l) }()
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

// connect gives a connection, signed in unless name is empty.
func connect(t testing.TB, address, name string) *ldap.Conn {
	t.Helper()
	c, err := ldap.DialURL("ldap://" + address)
	if err != nil {
		t.Fatal(err)
	}
	c.SetTimeout(10 * time.Second)
	t.Cleanup(func() { _ = c.Close() })
	if name != "" {
		if err := c.Bind(name, testPassword); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

func subtree(base, filterText string, attributes ...string) *ldap.SearchRequest {
	return ldap.NewSearchRequest(base, ldap.ScopeWholeSubtree, 0, 0, 0, false, filterText, attributes, nil)
}

func code(err error) int {
	if err == nil {
		return 0
	}
	if e, ok := err.(*ldap.Error); ok { //nolint:errorlint // go-ldap hands out its own type
		return int(e.ResultCode)
	}
	return -1
}

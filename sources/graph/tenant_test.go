package graph

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/lab"
	graphlab "hybridaudit/sources/lab/server/graph"
)

const (
	tenantID = "11111111-2222-4333-8444-555555555555"
	clientID = "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee"
	secret   = "correct horse battery staple"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fixture reads the objects of a body in testdata.
func fixture(t testing.TB, name string) []json.RawMessage {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var body struct {
		Value []json.RawMessage `json:"value"`
	}
	if err := json.Unmarshal(raw, &body); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return body.Value
}

// fixtureTenant is made of the bodies in testdata.
func fixtureTenant(t testing.TB) lab.Tenant {
	return lab.Tenant{ID: tenantID, Collections: []lab.Collection{
		{Path: "organization", Objects: fixture(t, "organization")},
		{Path: "domains", Objects: fixture(t, "domains")},
		{Path: "domains/contoso.com/serviceConfigurationRecords", Objects: fixture(t, "serviceConfigurationRecords")},
		{Path: "domains/eu.contoso.com/serviceConfigurationRecords"},
		{Path: "subscribedSkus", Objects: fixture(t, "subscribedSkus")},
		{Path: "users", Objects: fixture(t, "users")},
		{Path: "admin/teams/userConfigurations", Objects: fixture(t, "userConfigurations")},
		{Path: "directory/onPremisesSynchronization", Objects: fixture(t, "onPremisesSynchronization")},
		{Path: "groups", Objects: fixture(t, "groups")},
		{Path: "contacts", Objects: fixture(t, "contacts")},
		{Path: "directory/deletedItems/microsoft.graph.user", Objects: fixture(t, "deletedUsers")},
		{Path: "domains/contoso.com/verificationDnsRecords"},
		{Path: "domains/Fabrikam.example/verificationDnsRecords", Objects: fixture(t, "verificationDnsRecords")},
		{Path: "domains/contoso.com/federationConfiguration", Objects: fixture(t, "federationConfiguration")},
		{Path: "admin/serviceAnnouncement/healthOverviews", Objects: fixture(t, "healthOverviews")},
		{Path: "admin/serviceAnnouncement/issues", Objects: fixture(t, "issues")},
		{Path: "admin/teams/telephoneNumberManagement/numberAssignments", Objects: fixture(t, "numberAssignments")},
		{Path: "servicePrincipals", Objects: fixture(t, "servicePrincipals")},
		{Path: "roleManagement/directory/roleAssignments", Objects: fixture(t, "roleAssignments")},
	}}
}

// manyUsers is a tenant with n users and nothing else to read.
func manyUsers(n int) lab.Tenant {
	users := make([]json.RawMessage, n)
	for i := range users {
		users[i] = json.RawMessage(fmt.Sprintf(`{"id":"00000000-0000-4000-8000-%012d","userPrincipalName":"user%d@contoso.com","displayName":"User %d"}`, i, i, i))
	}
	return lab.Tenant{ID: tenantID, Collections: []lab.Collection{{Path: "users", Objects: users}}}
}

// selfSigned makes a certificate for 127.0.0.1 with the key, a new one when that is nil.
func selfSigned(t testing.TB, key crypto.Signer) (tls.Certificate, *x509.Certificate) {
	t.Helper()
	if key == nil {
		var err error
		if key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
			t.Fatal(err)
		}
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "lab"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, cert
}

// trial is a running tenant and the configuration that reads it.
type trial struct {
	cfg   Config
	clock *fakeClock

	mu   sync.Mutex
	seen []graphlab.Request
}

// start serves the tenant with the faults until the test ends.
func start(t testing.TB, o graphlab.Options) *trial {
	t.Helper()
	pair, cert := selfSigned(t, nil)
	tr := serve(t, o, pair)
	tr.cfg.RootCAs.AddCert(cert)
	return tr
}

// serve is start with another certificate of the server, which the caller has to trust.
func serve(t testing.TB, o graphlab.Options, pair tls.Certificate) *trial {
	t.Helper()
	tr := &trial{clock: &fakeClock{}}
	o.Certificate = pair
	if o.Applications == nil {
		o.Applications = []graphlab.Application{{ClientID: clientID, Secret: secret}}
	}
	o.Observe = tr.observe
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- graphlab.Serve(ctx, l, o) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("graph lab: %v", err)
		}
	})
	url := "https://" + l.Addr().String()
	tr.cfg = trialConfig(url, tr.clock)
	tr.cfg.RootCAs = x509.NewCertPool()
	return tr
}

func (tr *trial) observe(q graphlab.Request) {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	tr.seen = append(tr.seen, q)
}

// collect reads the datasets and seals the evidence.
func (tr *trial) collect(ctx context.Context, t testing.TB, wanted ...evidence.Dataset) (*evidence.Snapshot, error) {
	t.Helper()
	c, err := New(tr.cfg)
	if err != nil {
		t.Fatal(err)
	}
	b := evidence.NewBuilder(time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC))
	err = c.Collect(ctx, b, wanted)
	return b.Seal(), err
}

// everything also reads what is read on request only.
func (tr *trial) everything() *trial {
	tr.cfg.Beta, tr.cfg.SignIns = true, true
	return tr
}

// requests counts what the server saw for a target: "users", "token".
func (tr *trial) requests(target string) (n int) {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	for _, q := range tr.seen {
		if q.Target == target {
			n++
		}
	}
	return n
}

func (tr *trial) last(target string) graphlab.Request {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	for _, q := range slices.Backward(tr.seen) {
		if q.Target == target {
			return q
		}
	}
	return graphlab.Request{}
}

// fakeClock never really waits; what was slept is added to the time.
type fakeClock struct {
	mu    sync.Mutex
	slept []time.Duration
	// block makes Sleep wait for the context instead.
	block bool
}

func (c *fakeClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	for _, d := range c.slept {
		now = now.Add(d)
	}
	return now
}

func (c *fakeClock) Sleep(ctx context.Context, d time.Duration) error {
	c.mu.Lock()
	c.slept = append(c.slept, d)
	block := c.block
	c.mu.Unlock()
	if block {
		<-ctx.Done()
	}
	return ctx.Err()
}

func (c *fakeClock) sleeps() []time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.slept)
}

// only gives the single coverage of a dataset.
func only(t testing.TB, s *evidence.Snapshot, d evidence.Dataset) evidence.Coverage {
	t.Helper()
	of := s.Of(d)
	if len(of) != 1 {
		t.Fatalf("%s has %d coverages, want 1", d, len(of))
	}
	return of[0]
}

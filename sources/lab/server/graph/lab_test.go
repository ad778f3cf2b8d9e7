package graphlab

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"hybridaudit/sources/lab"
)

const (
	tenantID = "11111111-2222-4333-8444-555555555555"
	clientID = "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee"
	secret   = "correct horse battery staple"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// sampleTenant has n users, one domain, one SKU and one organisation.
func sampleTenant(n int) lab.Tenant {
	users := make([]json.RawMessage, n)
	for i := range users {
		users[i] = json.RawMessage(fmt.Sprintf(`{"id":"00000000-0000-4000-8000-%012d", "userPrincipalName":"user%d@contoso.com",`+
			`"displayName":"User \"%d\", {first}","proxyAddresses":["SMTP:user%d@contoso.com"],"accountEnabled":true,"onPremisesSipInfo":{"isSipEnabled":true}}`, i, i, i, i))
	}
	return lab.Tenant{
		ID: tenantID,
		Collections: []lab.Collection{
			{Path: "users", Objects: users},
			{Path: "organization", Objects: []json.RawMessage{json.RawMessage(`{"id":"` + tenantID + `","displayName":"Contoso"}`)}},
			{Path: "subscribedSkus", Objects: []json.RawMessage{json.RawMessage(`{"id":"1","skuPartNumber":"E5"}`)}},
			{Path: "domains", Objects: []json.RawMessage{json.RawMessage(`{"id":"contoso.com","isVerified":true}`)}},
			{Path: "domains/contoso.com/serviceConfigurationRecords"},
			{Path: "directory/onPremisesSynchronization"},
		},
		Refused: map[string]string{"directory/onPremisesSynchronization": "Authorization_RequestDenied"},
	}
}

// rsaKey makes a key as applications sign with.
func rsaKey(t *testing.T) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// selfSigned makes a certificate for 127.0.0.1 with the key, a new one when that is nil.
func selfSigned(t *testing.T, key crypto.Signer) (tls.Certificate, *x509.Certificate) {
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

// running is a server that the test talks to.
type running struct {
	url    string
	client *http.Client
	pool   *x509.CertPool

	mu   sync.Mutex
	seen []Request
}

// start serves the options until the test ends.
func start(t *testing.T, o Options) *running {
	t.Helper()
	return startServer(t, o, new(*Server))
}

// startServer is start for those who change the server's objects.
func startServer(t *testing.T, o Options, made **Server) *running {
	t.Helper()
	pair, cert := selfSigned(t, nil)
	r := &running{pool: x509.NewCertPool()}
	r.pool.AddCert(cert)
	o.Certificate = pair
	o.Observe = func(q Request) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.seen = append(r.seen, q)
	}
	if o.Applications == nil {
		o.Applications = []Application{{ClientID: clientID, Secret: secret}}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if *made, err = New(o); err != nil {
		t.Fatal(errors.Join(err, l.Close()))
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- (*made).Serve(ctx, l) }()
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: r.pool}, ForceAttemptHTTP2: true}
	r.url, r.client = "https://"+l.Addr().String(), &http.Client{Transport: transport, Timeout: 20 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		stop()
		if err := <-ended; err != nil {
			t.Errorf("Serve: %v", err)
		}
	})
	return r
}

func (r *running) requests() []Request {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]Request(nil), r.seen...)
}

// signIn posts a token request and decodes the answer.
func (r *running) signIn(t *testing.T, tenant string, form url.Values) (int, map[string]any) {
	t.Helper()
	resp, err := r.client.PostForm(r.url+"/"+tenant+"/oauth2/v2.0/token", form)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var body map[string]any
	if err := json.NewDecoder(resp.Body).Decode(&body); err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, body
}

func (r *running) secretForm() url.Values {
	return url.Values{"grant_type": {"client_credentials"}, "client_id": {clientID}, "client_secret": {secret}, "scope": {r.url + "/.default openid profile"}}
}

func (r *running) token(t *testing.T) string {
	t.Helper()
	status, body := r.signIn(t, tenantID, r.secretForm())
	token, ok := body["access_token"].(string)
	if status != http.StatusOK || !ok {
		t.Fatalf("signing in: %d %v", status, body)
	}
	return token
}

// get asks for a path or an absolute URL.
func (r *running) get(t *testing.T, token, target string, header ...string) (*http.Response, []byte, error) {
	t.Helper()
	if !strings.HasPrefix(target, "https://") {
		target = r.url + target
	}
	req, err := http.NewRequest(http.MethodGet, target, nil)
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := r.client.Do(req)
	if err != nil {
		return nil, nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return resp, body, err
}

type wirePage struct {
	Context string           `json:"@odata.context"`
	Count   *int             `json:"@odata.count"`
	Next    string           `json:"@odata.nextLink"`
	Value   []map[string]any `json:"value"`
	Error   *struct{ Code, Message string }
}

func (r *running) page(t *testing.T, token, target string, header ...string) (int, wirePage) {
	t.Helper()
	resp, body, err := r.get(t, token, target, header...)
	if err != nil {
		t.Fatal(err)
	}
	var p wirePage
	if err := json.Unmarshal(body, &p); err != nil {
		t.Fatalf("%s: %v in %q", target, err, body)
	}
	return resp.StatusCode, p
}

func TestServeRefusesBadOptions(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := Serve(context.Background(), l, Options{Tenant: lab.Tenant{ID: "contoso"}}); err == nil {
		t.Error("Serve accepted a tenant id that is no GUID")
	}
	if err := l.Close(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("listener was left open: %v", err)
	}
}

package ad

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/jcmturner/gokrb5/v8/config"

	"hybridaudit/sources/evidence"
	ldaplab "hybridaudit/sources/lab/server/ldap"
)

func TestFaultAfterALoss(t *testing.T) {
	lost := &Error{Kind: ConnectionLost, Server: "dc01:636", What: "the connection was lost: EOF", Err: io.EOF}
	for name, tt := range map[string]struct{ then, want Error }{
		"gone": {
			Error{Kind: Unreachable, Server: "dc01:636", What: "the connection was refused", Advice: "check the firewall", Err: net.ErrClosed},
			Error{Kind: Unreachable, Advice: "check the firewall", What: "the connection was lost: EOF; no new connection: dc01:636: the connection was refused"},
		},
		"cut in the handshake": {
			Error{Kind: NoTLS, Server: "dc01:636", What: "the connection was closed", Advice: "it needs a certificate", Err: net.ErrClosed},
			Error{Kind: NoTLS, What: "the connection was lost: EOF; no new connection: dc01:636: the connection was closed"},
		},
		"another one without TLS": {
			Error{Kind: NoTLS, Server: "dc02:636", What: "the connection was closed", Advice: "it needs a certificate", Err: net.ErrClosed},
			Error{Kind: NoTLS, Advice: "it needs a certificate", What: "the connection was lost: EOF; no new connection: dc02:636: the connection was closed"},
		},
		"refused": {
			Error{Kind: SignInRefused, Server: "dc02:636", Code: 49, Data: "52e", What: "wrong password", Advice: "check it", Err: net.ErrClosed},
			Error{Kind: SignInRefused, Code: 49, Data: "52e", Advice: "check it", What: "the connection was lost: EOF; no new connection: dc02:636: wrong password"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			before := tt.then
			got := tt.then.after(lost)
			tt.want.Server, tt.want.Err = "dc01:636", net.ErrClosed
			if *got != tt.want || tt.then != before {
				t.Errorf("%#v, want %#v, of %#v", *got, tt.want, tt.then)
			}
			if errors.Is(got, io.EOF) || tt.then.after(nil) != &tt.then {
				t.Error("the loss is its cause, or a fault without a loss is another one")
			}
		})
	}
}

// When no new connection can be had the reason still tells how the first was lost, also of what was to be read after it.
func TestReasonTellsTheLoss(t *testing.T) {
	n := newNetwork(t)
	n.serve(t, ldaplab.Options{Directory: sample(25), Faults: []ldaplab.Fault{{Kind: ldaplab.CutConnection, Filter: "objectClass=user", Pages: 1, Times: -1}}})
	c := n.config("ldaps://dc01.contoso.com")
	c.Connections = 1
	c.Progress = func(evidence.Dataset, int, int) {
		n.mu.Lock()
		defer n.mu.Unlock()
		delete(n.routes, "dc01.contoso.com:636")
	}
	s, err := collect(t, c)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range []evidence.Dataset{evidence.ADUsers, evidence.ADGroups} {
		got := coverage(t, s, d)
		const lost, then = "dc01.contoso.com:636: the connection was lost: ", "; no new connection: dc01.contoso.com:636: the connection failed: no route to host"
		if got.State == evidence.Complete || !strings.HasPrefix(got.Reason, lost) || !strings.Contains(got.Reason, then) {
			t.Errorf("%s: %s", d, got.Reason)
		}
	}
}

// A client certificate that one server refused is not shown to others: with TLS 1.3 the refusal comes before the sign-in, with TLS 1.2 before anything else.
func TestRefusedCertificateIsRemembered(t *testing.T) {
	own, foreign := newAuthority(t), newAuthority(t)
	server := own.issue(t, 2*time.Hour, "dc01.contoso.com")
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		t.Run(tls.VersionName(version), func(t *testing.T) {
			b := bindServer{mechanisms: []string{"EXTERNAL"}, bind: func(*ber.Packet) (int, string, []byte) { return 0, "", nil }}
			address := b.serve(t, &tls.Config{
				MinVersion: tls.VersionTLS12, MaxVersion: version, Certificates: []tls.Certificate{server}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: own.pool,
			})
			shown := clientCertificate(t, foreign)
			settings := secureConfig(address, own)
			settings.BindName, settings.Password, settings.Auth = "", nil, Auth{Method: External, ClientCertificate: &shown}
			r, err := settings.resolve()
			if err != nil {
				t.Fatal(err)
			}
			c := newCollection(&r, evidence.NewBuilder(time.Now()))
			if _, fault := c.open(t.Context(), wish{}); fault == nil || fault.Kind != SignInRefused {
				t.Fatalf("fault %v", fault)
			}
			if fault := c.stopped(t.Context()); fault == nil || fault.Kind != SignInRefused || !strings.Contains(fault.What, "client certificate") {
				t.Errorf("the refusal is forgotten: %v", fault)
			}
		})
	}
}

// manyServers is a DNS that names more servers than anybody has, and one that is none.
type manyServers struct{}

func (manyServers) LookupSRV(ctx context.Context, _, _, _ string) (string, []*net.SRV, error) {
	if _, bounded := ctx.Deadline(); !bounded {
		return "", nil, errors.New("without a deadline")
	}
	all := []*net.SRV{{Target: "not a name.", Port: 88}}
	for i := range 500 {
		all = append(all, &net.SRV{Target: fmt.Sprintf("DC%d.contoso.com.", i), Port: 88})
	}
	return "", all, nil
}

func TestKDCsOfDNSAreBounded(t *testing.T) {
	settings := configFor("dc01.contoso.com:389")
	settings.Resolver = manyServers{}
	r, err := settings.resolve()
	if err != nil {
		t.Fatal(err)
	}
	got := (&kerberos{config: &r, settings: config.New()}).kdcs(t.Context(), "CONTOSO.COM")
	if len(got) != maxFound || got[0] != "dc0.contoso.com:88" {
		t.Errorf("%d KDCs: %q", len(got), got)
	}
}

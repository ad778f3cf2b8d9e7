package server

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/miekg/dns"
	"go.uber.org/goleak"

	"hybridaudit/sources/lab"
	dnslab "hybridaudit/sources/lab/server/dns"
	medialab "hybridaudit/sources/lab/server/media"
	proxylab "hybridaudit/sources/lab/server/proxy"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const long = 5 * time.Second

func organisation() lab.Organisation {
	directory := func(forest string) lab.Directory {
		base := "DC=" + strings.ReplaceAll(forest, ".", ",DC=")
		return lab.Directory{ForestName: forest, NetBIOSName: "X", DCHost: "dc01." + forest, BaseDN: base, Entries: []lab.Entry{{DN: "CN=Users," + base, Attributes: []lab.Attribute{{Name: "objectClass", Values: [][]byte{[]byte("container")}}}}}}
	}
	return lab.Organisation{
		Directory: directory("contoso.com"), Tenant: lab.Tenant{ID: "11111111-2222-3333-4444-555555555555"},
		Network: lab.Network{
			Outside: []lab.Zone{
				{Name: "contoso.com", Records: []lab.Record{
					{Name: "contoso.com", Type: "NS", Value: "ns.hoster.example"},
					{Name: "www.contoso.com", Type: "A", Value: "198.51.100.7"}, {Name: "sip.contoso.com", Type: "A", Value: "198.51.100.8"},
					{Name: "_sipfederationtls._tcp.contoso.com", Type: "SRV", Value: "100 1 5061 sipfed.online.lync.com"},
					{Name: "alias.contoso.com", Type: "CNAME", Value: "sip.contoso.com"}, {Name: "dangling.contoso.com", Type: "CNAME", Value: "gone.contoso.com"},
					{Name: "round.contoso.com", Type: "CNAME", Value: "round.contoso.com"}, {Name: "*.any.contoso.com", Type: "A", Value: "198.51.100.8"},
				}},
				{Name: "online.lync.com", Records: []lab.Record{{Name: "sipfed.online.lync.com", Type: "A", Value: "203.0.113.6"}}},
				{Name: "broken.example", Fails: true, Records: []lab.Record{{Name: "www.broken.example", Type: "A", Value: "198.51.100.8"}}},
				{Name: "hoster.example", Records: []lab.Record{{Name: "ns.hoster.example", Type: "A", Value: "198.51.100.53"}}},
			},
			Cached: []lab.Zone{{Name: "contoso.com", Records: []lab.Record{{Name: "www.contoso.com", Type: "A", Value: "198.51.100.9"}}}},
			Inside: []lab.Zone{{Name: "contoso.com", Records: []lab.Record{{Name: "www.contoso.com", Type: "A", Value: "10.0.0.7"}}}},
			Hosts: []lab.Host{
				{Name: "www.contoso.com", Port: 443, Pages: []lab.Page{{Path: "/", Body: "www"}}}, {Name: "www.contoso.com", Port: 80, Pages: []lab.Page{{Path: "/", Body: "www"}}},
				{Name: "own.contoso.com", Port: 443, Certificate: lab.Certificate{Kind: lab.PrivateCertificate}},
			},
			Media: []int{3478, 3480}, Drift: time.Hour,
		},
		Subsidiary: &lab.Organisation{
			Directory: directory("fabrikam.com"), Tenant: lab.Tenant{ID: "11111111-2222-3333-4444-666666666666"},
			Network: lab.Network{
				Outside: []lab.Zone{{Name: "fabrikam.com", Records: []lab.Record{{Name: "sts.fabrikam.com", Type: "A", Value: "198.51.100.30"}}}},
				Hosts:   []lab.Host{{Name: "sts.fabrikam.com", Port: 443}},
			},
		},
	}
}

func serve(t *testing.T, o Options) *Running {
	t.Helper()
	r, err := Start(t.Context(), organisation(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Stop(); err != nil {
			t.Error(err)
		}
	})
	return r
}

// to gives where a host is to be connected to.
func (n *Network) to(host string, port int) string {
	for _, from := range []string{host, "*"} {
		for _, d := range n.Detours {
			if at, ok := strings.CutPrefix(d, net.JoinHostPort(from, strconv.Itoa(port))+"="); ok {
				return at
			}
		}
	}
	return ""
}

func addresses(t *testing.T, at, name string) (found []string) {
	t.Helper()
	for _, network := range []string{"udp", "tcp"} {
		r, _, err := (&dns.Client{Net: network, Timeout: long}).Exchange(new(dns.Msg).SetQuestion(name+".", dns.TypeA), at)
		if err != nil {
			t.Fatal(err)
		}
		for _, rr := range r.Answer {
			found = append(found, rr.(*dns.A).A.String())
		}
	}
	return slices.Compact(found)
}

func TestNamesOfTheNetwork(t *testing.T) {
	r := serve(t, Options{})
	if r.Subsidiary.Network != nil {
		t.Error("the subsidiary has a network of its own")
	}
	n := r.Network
	for at, want := range map[string]string{n.Authoritative: "198.51.100.7", n.Public: "198.51.100.9", n.Internal: "10.0.0.7"} {
		if diff := cmp.Diff([]string{want}, addresses(t, at, "www.contoso.com")); diff != "" {
			t.Errorf("%s: %s", at, diff)
		}
		if diff := cmp.Diff([]string{"198.51.100.30"}, addresses(t, at, "sts.fabrikam.com")); diff != "" {
			t.Errorf("%s, the subsidiary: %s", at, diff)
		}
	}
	if diff := cmp.Diff([]string{issuerAddress}, addresses(t, n.Public, "aia.lab.example")); diff != "" {
		t.Error(diff)
	}
	for _, address := range []string{dnslab.OutsideAddress, "198.51.100.53"} {
		if got := n.to(address, 53); got != n.Authoritative {
			t.Errorf("the name server %s is at %q", address, got)
		}
	}
}

func pool(t *testing.T, pem []byte) *x509.CertPool {
	t.Helper()
	p := x509.NewCertPool()
	if !p.AppendCertsFromPEM(pem) {
		t.Fatal("no certificate")
	}
	return p
}

func TestHostsOfTheNetwork(t *testing.T) {
	n := serve(t, Options{}).Network
	for host, ca := range map[string][]byte{"www.contoso.com": n.PublicCA, "sts.fabrikam.com": n.PublicCA, "own.contoso.com": n.OwnCA} {
		conn, err := tls.Dial("tcp", n.to(host, 443), &tls.Config{ServerName: host, RootCAs: pool(t, ca)})
		if err != nil {
			t.Errorf("%s: %v", host, err)
			continue
		}
		_ = conn.Close()
	}
	for _, unknown := range []string{"dangling.contoso.com", "round.contoso.com", "x.any.contoso.com", "www.broken.example", "gone.example"} {
		if got := n.to(unknown, 443); got != n.to("*", 443) {
			t.Errorf("%s, of which DNS knows no address, is led to %s", unknown, got)
		}
	}
	for host, port := range map[string]int{"sip.contoso.com": 443, "alias.contoso.com": 443, "sipfed.online.lync.com": 5061} {
		if _, err := net.Dial("tcp", n.to(host, port)); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("%s:%d does not refuse connections: %v", host, port, err)
		}
	}
}

func TestRelaysOfTheNetwork(t *testing.T) {
	asked := make(chan string, 10)
	n := serve(t, Options{Network: NetworkOptions{Media: medialab.Options{Observe: func(from net.Addr) { asked <- from.String() }}}}).Network
	request := append([]byte{0, 1, 0, 0, 0x21, 0x12, 0xA4, 0x42}, make([]byte, 12)...)
	answers := map[int]bool{}
	for _, port := range []int{3478, 3479, 3480, 3481} {
		conn, err := net.Dial("udp", n.to("any.relay.example", port))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if _, err := conn.Write(request); err != nil {
			t.Fatal(err)
		}
		if from := <-asked; from != conn.LocalAddr().String() {
			t.Errorf("port %d: somebody else was asked", port)
		}
		wait := long
		if port%2 == 1 {
			wait = 100 * time.Millisecond
		}
		if err := conn.SetReadDeadline(time.Now().Add(wait)); err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Read(make([]byte, 100)); err == nil {
			answers[port] = true
		} else if !errors.Is(err, context.DeadlineExceeded) && !isTimeout(err) {
			t.Errorf("port %d is not silent: %v", port, err)
		}
	}
	if diff := cmp.Diff(map[int]bool{3478: true, 3480: true}, answers); diff != "" {
		t.Error(diff)
	}
}

func isTimeout(err error) bool {
	var n net.Error
	return errors.As(err, &n) && n.Timeout()
}

func TestProxyOfTheNetwork(t *testing.T) {
	for _, credentials := range []string{"", "auditor:secret"} {
		n := serve(t, Options{Network: NetworkOptions{Proxy: proxylab.Options{Credentials: credentials}}}).Network
		proxy := &url.URL{Scheme: "http", Host: n.Proxy}
		transport := &http.Transport{Proxy: http.ProxyURL(proxy), TLSClientConfig: &tls.Config{RootCAs: pool(t, n.PublicCA)}}
		c := &http.Client{Transport: transport, Timeout: long}
		for address, want := range map[string]string{"https://www.contoso.com/": "", "http://www.contoso.com/": "", "https://sip.contoso.com/": "Bad Gateway", "https://www.contoso.com:8443/": "Bad Gateway"} {
			r, err := c.Get(address)
			if err == nil {
				_ = r.Body.Close()
			}
			switch {
			case credentials != "" && err == nil && r.StatusCode == http.StatusProxyAuthRequired, credentials != "" && err != nil && strings.Contains(err.Error(), "Proxy Authentication Required"):
			case credentials == "" && want == "" && err == nil && r.StatusCode == http.StatusOK:
			case credentials == "" && want != "" && err != nil && strings.Contains(err.Error(), want):
			default:
				t.Errorf("%s with credentials %q: %v", address, credentials, err)
			}
		}
		transport.CloseIdleConnections()
	}
}

func TestPlaceOfTheNetwork(t *testing.T) {
	org := organisation()
	org.Network.Drift = 0
	org.Subsidiary.Network.ProxyAsks, org.Subsidiary.Network.IdleCut, org.Subsidiary.Network.Drift = true, 100*time.Millisecond, -time.Hour
	r, err := Start(t.Context(), org, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := r.Stop(); err != nil {
			t.Error(err)
		}
	}()
	n := r.Network
	answer := func(to, request string) *http.Response {
		conn, err := net.Dial("tcp", to)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if _, err := io.WriteString(conn, request+" HTTP/1.1\r\nHost: www.contoso.com\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		a, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: strings.Fields(request)[0]})
		if err != nil {
			t.Fatal(err)
		}
		_ = a.Body.Close()
		return a
	}
	if a := answer(n.Proxy, "CONNECT www.contoso.com:443"); a.StatusCode != http.StatusProxyAuthRequired {
		t.Errorf("the proxy does not ask: %d", a.StatusCode)
	}
	date, err := http.ParseTime(answer(n.to("www.contoso.com", 80), "GET /").Header.Get("Date"))
	if behind := time.Since(date); err != nil || behind < 59*time.Minute || behind > 61*time.Minute {
		t.Errorf("the clock is %s behind, %v", behind, err)
	}
	idle, err := net.Dial("tcp", n.to("www.contoso.com", 80))
	if err != nil {
		t.Fatal(err)
	}
	defer idle.Close()
	if err := idle.SetReadDeadline(time.Now().Add(long)); err != nil {
		t.Fatal(err)
	}
	if _, err := idle.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("an idle connection is not cut: %v", err)
	}
}

func TestNoNetwork(t *testing.T) {
	if r := serve(t, Options{NoNetwork: true}); r.Network != nil {
		t.Error("there is a network")
	}
}

func TestFixedPorts(t *testing.T) {
	free := func() int {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		return l.Addr().(*net.TCPAddr).Port
	}
	var r *Running
	var port int
	for range 20 { // other programs take ports, too
		port = min(free(), 60000)
		var err error
		if r, err = Start(t.Context(), organisation(), Options{Port: port}); err == nil {
			break
		}
	}
	if r == nil {
		t.Skip("no free ports in a row")
	}
	at := func(n int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port+n)) }
	got := map[string]string{"LDAPS": r.LDAPS, "subsidiary": r.Subsidiary.LDAPS, "authoritative": r.Network.Authoritative, "proxy": r.Network.Proxy, "closed": r.Network.to("sip.contoso.com", 443), "relay": r.Network.to("*", 3478)}
	want := map[string]string{"LDAPS": at(0), "subsidiary": at(3), "authoritative": at(6), "proxy": at(12), "closed": at(13), "relay": at(14)}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if _, err := Start(t.Context(), organisation(), Options{Port: port}); err == nil {
		t.Error("the ports are taken twice")
	}
	if err := r.Stop(); err != nil {
		t.Error(err)
	}
	again, err := Start(t.Context(), organisation(), Options{Port: port})
	if err != nil {
		t.Fatalf("the ports are not free again: %v", err)
	}
	if err := again.Stop(); err != nil {
		t.Error(err)
	}
}

func TestWaitEndsWithTheContext(t *testing.T) {
	ctx, stop := context.WithCancel(context.Background())
	r, err := Start(ctx, organisation(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	stop()
	if err := r.Wait(); err != nil {
		t.Error(err)
	}
}

func TestNetworkThatCannotBe(t *testing.T) {
	for note, change := range map[string]func(*lab.Organisation, *Options){
		"a record that is none": func(o *lab.Organisation, _ *Options) {
			o.Network.Outside = []lab.Zone{{Name: "a.example", Records: []lab.Record{{Name: "a.example", Type: "A", Value: "x"}}}}
		},
		"a host that stands in both": func(o *lab.Organisation, _ *Options) { o.Subsidiary.Network.Hosts = o.Network.Hosts },
		"a fault that is none":       func(_ *lab.Organisation, o *Options) { o.Network.Public.Faults = []dnslab.Fault{{}} },
	} {
		org, o := organisation(), Options{}
		change(&org, &o)
		if _, err := Start(t.Context(), org, o); err == nil {
			t.Errorf("%s is served", note)
		}
	}
}

func BenchmarkStart(b *testing.B) {
	for b.Loop() {
		r, err := Start(b.Context(), organisation(), Options{})
		if err != nil {
			b.Fatal(err)
		}
		if err := r.Stop(); err != nil {
			b.Fatal(err)
		}
	}
}

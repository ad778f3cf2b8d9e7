package ad

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/directory"
	"hybridaudit/sources/lab"
	ldaplab "hybridaudit/sources/lab/server/ldap"
)

// network stands for the wires between the collector and the servers of a test, and for its DNS.
type network struct {
	authority authority

	mu       sync.Mutex
	routes   map[string]string // host:port to the address of a listener
	records  map[string][]*net.SRV
	open     map[string]int // connections by host:port
	most     map[string]int
	dialled  []string
	requests []ldaplab.Request
	sent     int            // entries that all servers gave
	bound    map[string]int // sign-ins by host
}

func newNetwork(t testing.TB) *network {
	return &network{authority: newAuthority(t), routes: map[string]string{}, records: map[string][]*net.SRV{}, open: map[string]int{}, most: map[string]int{}, bound: map[string]int{}}
}

// countedConn tells when it is closed.
type countedConn struct {
	net.Conn
	once sync.Once
	gone func()
}

func (c *countedConn) Close() error {
	c.once.Do(c.gone)
	return c.Conn.Close()
}

func (n *network) DialContext(ctx context.Context, kind, address string) (net.Conn, error) {
	n.mu.Lock()
	to, ok := n.routes[address]
	n.dialled = append(n.dialled, address)
	n.mu.Unlock()
	if !ok {
		return nil, errors.New("no route to host")
	}
	conn, err := new(net.Dialer).DialContext(ctx, kind, to)
	if err != nil {
		return nil, err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.open[address]++
	n.most[address] = max(n.most[address], n.open[address])
	return &countedConn{Conn: conn, gone: func() {
		n.mu.Lock()
		defer n.mu.Unlock()
		n.open[address]--
	}}, nil
}

func (n *network) LookupSRV(_ context.Context, service, proto, name string) (string, []*net.SRV, error) {
	record := "_" + service + "._" + proto + "." + name
	n.mu.Lock()
	defer n.mu.Unlock()
	if got := n.records[record]; got != nil {
		return record + ".", got, nil
	}
	return "", nil, &net.DNSError{Err: "no such host", Name: record, IsNotFound: true}
}

// publish adds SRV records; servers are host:port, in the order of their priority.
func (n *network) publish(record string, servers ...string) {
	for i, text := range servers {
		host, port, _ := net.SplitHostPort(text)
		var number uint16
		_, _ = fmt.Sscan(port, &number)
		n.records[record] = append(n.records[record], &net.SRV{Target: host + ".", Port: number, Priority: uint16(i)})
	}
}

// serve starts a domain controller under its own name: LDAPS, LDAP, and the catalog's ports when it is one.
func (n *network) serve(t testing.TB, o ldaplab.Options) {
	t.Helper()
	host := o.Directory.DCHost
	o.Accounts = []ldaplab.Account{{Name: "svc-audit", Password: testPassword}}
	o.Certificate = n.authority.issue(t, 2*time.Hour, host)
	o.Observe = func(r ldaplab.Request) {
		n.mu.Lock()
		defer n.mu.Unlock()
		n.requests = append(n.requests, r)
		if r.Operation == "bind" {
			n.bound[host]++
		}
	}
	o.Answered = func(_ ldaplab.Request, entries int) {
		n.mu.Lock()
		defer n.mu.Unlock()
		n.sent += entries
	}
	s, err := ldaplab.New(o)
	if err != nil {
		t.Fatal(err)
	}
	ports := map[string]func(context.Context, net.Listener) error{"636": s.ServeTLS, "389": s.Serve}
	if o.Catalog {
		ports["3269"], ports["3268"] = s.ServeCatalogTLS, s.ServeCatalog
	}
	for port, serve := range ports {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		ended := make(chan error, 1)
		go func() { ended <- serve(ctx, l) }()
		t.Cleanup(func() {
			cancel()
			if err := <-ended; err != nil {
				t.Errorf("serving %s: %v", host, err)
			}
		})
		n.routes[net.JoinHostPort(host, port)] = l.Addr().String()
	}
}

// forget begins the account of what happened anew. Connections of the past may still be ending.
func (n *network) forget() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.dialled, n.requests, n.bound, n.most = nil, nil, map[string]int{}, map[string]int{}
}

// seen gives the requests and the servers that were dialled.
func (n *network) seen() (requests []ldaplab.Request, dialled []string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.requests), slices.Clone(n.dialled)
}

// binds gives the sign-ins that were tried, by host.
func (n *network) binds() map[string]int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return maps.Clone(n.bound)
}

// config reads through the network.
func (n *network) config(servers ...string) Config {
	return Config{
		Servers: servers, BindName: testAccount, Password: func() (string, error) { return testPassword, nil }, RootCAs: n.authority.pool, PageSize: 10,
		Timeout: 5 * time.Second, Clock: &testClock{}, Dialer: n, Resolver: n,
	}
}

// emea is the domain emea.contoso.com, with n users and a contact.
func emea(n int) lab.Directory {
	d := child(n)
	d.NetBIOSName, d.DomainGUID, d.InvocationID = "EMEA", directory.GUID{4, 4}, directory.GUID{5, 5}
	d.Entries = append(d.Entries, entry("CN=Supplier,CN=Users,DC=emea,"+testBase, "top,person,organizationalPerson,contact", "mail", "supplier@fabrikam.com"))
	return d
}

// forestOf starts the domain controllers of contoso.com, a global catalog, and of emea.contoso.com.
func forestOf(t testing.TB, root, sub lab.Directory, faults ...ldaplab.Fault) *network {
	n := newNetwork(t)
	both := []lab.Directory{root, sub}
	n.serve(t, ldaplab.Options{Directory: root, Forest: both, Catalog: true})
	n.serve(t, ldaplab.Options{Directory: sub, Forest: both, Faults: faults})
	n.publish("_ldap._tcp.dc._msdcs.contoso.com", "dc01.contoso.com:389")
	n.publish("_ldap._tcp.dc._msdcs.emea.contoso.com", "dc22.emea.contoso.com:389", "dc21.emea.contoso.com:389")
	n.publish("_gc._tcp.contoso.com", "dc01.contoso.com:3268")
	return n
}

// whole checks that a dataset is complete and has so many rows.
func whole(t testing.TB, s *evidence.Snapshot, d evidence.Dataset, rows int) evidence.Coverage {
	t.Helper()
	got := coverage(t, s, d)
	if got.State != evidence.Complete || got.Rows != rows || s.Rows(d) != rows || got.Reason != "" {
		t.Errorf("%s: %+v, want %d rows complete", d, got, rows)
	}
	return got
}

// domainsOf gives each domain's server and whether that was a global catalog.
func domainsOf(s *evidence.Snapshot) []string {
	var all []string
	for d := range s.ADDomains() {
		all = append(all, fmt.Sprintf("%s %s %s %v", d.Name(), d.NetBIOS(), d.Server(), d.Catalog()))
	}
	return all
}

func countUsers(s *evidence.Snapshot, below string, is func(evidence.ADObject) bool) int {
	n := 0
	for o := range s.ADObjects(evidence.ADUsers) {
		if strings.HasSuffix(o.DN(), below) && is(o) {
			n++
		}
	}
	return n
}

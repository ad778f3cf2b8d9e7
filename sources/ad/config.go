package ad

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/directory"
)

// Defaults of Config.
const (
	// DefaultPageSize is what domain controllers give at most; larger pages come cut to it.
	DefaultPageSize = 1000
	DefaultTimeout  = 2 * time.Minute
	// DialTimeout bounds the connection with its TLS handshake, each.
	DialTimeout = 20 * time.Second
	// DefaultConnections to one domain controller, and the most that may be.
	DefaultConnections = 2
	MaxConnections     = 8
)

// Dialer opens TCP connections; *net.Dialer is one.
type Dialer interface {
	DialContext(ctx context.Context, network, address string) (net.Conn, error)
}

// Resolver finds the servers of a domain in DNS; *net.Resolver is one. The records come sorted by priority and shuffled by weight (RFC 2782).
type Resolver interface {
	LookupSRV(ctx context.Context, service, proto, name string) (cname string, records []*net.SRV, err error)
}

// Config says which forest is read and how.
type Config struct {
	// Servers are URLs of domain controllers, ldaps://host[:636] or ldap://host[:389]. Those of one domain stand in for each other, in this order; those of
	// further domains of the forest make their domains be read too. Ports 3269 and 3268 are those of the global catalog: from it come the domains of which no
	// domain controller is reachable, without the attributes that it does not hold.
	Servers []string
	// Domain is the DNS name of a domain of the forest, whose domain controllers are found in DNS. It is needed only when Servers is empty.
	Domain string
	// Resolver finds domain controllers of Domain, of the further domains of the forest and global catalogs. Found ones are used as ldaps://, or as ldap://
	// when StartTLS is set, or when plain text is allowed and no configured server is ldaps://. A configured server comes before those that are found of its
	// domain. Nil finds none.
	Resolver Resolver
	// BindName is a user principal name, DOMAIN\name or a distinguished name.
	BindName string
	// Password is called for each connection, with Kerberos for each granting ticket, and what it returns is kept in no field and no message.
	Password func() (string, error)
	// Auth says how BindName and Password are used, or what is used instead of them.
	Auth Auth
	// RootCAs are trusted instead of the system's.
	RootCAs *x509.CertPool
	// ServerName is the name that certificates must hold when it is not the URL's host: useful when servers are given by address. It is not for servers that
	// are found in DNS: their certificates must hold the name that was found.
	ServerName string
	// StartTLS secures ldap:// connections before the sign-in. Without it ldap:// needs AllowPlaintext, which sends the password in clear and is warned of.
	StartTLS, AllowPlaintext bool
	// PageSize is the number of entries asked for at once, 1 to 1000.
	PageSize int
	// MaxEntriesPerSecond slows the reading down; 0 sets no limit. It holds for each server, over all connections to it.
	MaxEntriesPerSecond int
	// Connections is how many connections to one domain controller there may be at a time, 1 to 8; 0 means DefaultConnections. The users are read on one
	// and everything else beside them.
	Connections int
	// Timeout is for one request with its whole answer: one page.
	Timeout time.Duration
	// SearchBases are distinguished names of what is read of the domains; empty means all of them.
	SearchBases []string
	// ExcludeOUs are distinguished names of what is not kept of the domains. The server still sends it.
	ExcludeOUs []string
	// UserFilter, ContactFilter and GroupFilter are LDAP filters (RFC 4515) that objects must also match to be read; "" for none.
	UserFilter, ContactFilter, GroupFilter string
	// ReadDeleted also reads the deleted users, contacts and groups that the domains still keep, into evidence.ADDeleted. Only administrators may see them
	// unless they were given the right to.
	ReadDeleted bool
	// Datasets are the ones that are read, of those that [Datasets] lists and evidence.ADDeleted, which also needs ReadDeleted. Empty means all of them.
	// evidence.ADComputers brings evidence.ADPools and evidence.ADTopology with it, from which the names of the computers come.
	Datasets []evidence.Dataset
	// CountFirst asks for the number of objects before the objects, so that Progress and coverage know what to expect.
	CountFirst bool
	// ReadMemberOf also reads the groups that objects are direct members of.
	ReadMemberOf bool
	// Attributes narrows what is read to these columns of evidence.ADUsers; objectGUID, distinguishedName and objectClass are always read. Empty reads
	// them all, but for memberOf and others that are large or costly.
	Attributes []string
	// Previous is the evidence of an earlier run. Of the users, contacts and groups of a domain whose domain controller still has the same database only what
	// changed since is read in whole. Where the account sees tombstones, and what can change without a trace can be told from what changed, the rest is carried
	// over; else all objects are listed with what can so change. Where that is not possible either everything is read. The coverage says which way was
	// taken and why. The evidence that comes out is that of a full reading either way.
	Previous *evidence.Snapshot
	// Progress is called after each page, never twice at a time; expected is -1 when the server does not tell.
	Progress func(d evidence.Dataset, rows, expected int)
	// Log gets connections, waits and faults; nothing that names a person, but for the search bases and filters of debug lines. Nil discards.
	Log *slog.Logger
	// Clock is the system's by default, and so is Dialer.
	Clock  Clock
	Dialer Dialer

	unsampled bool // catching up takes no samples: tests see whether what it concludes is right without them
}

// server is one entry of Config.Servers.
type server struct {
	address  string // host:port
	host     string
	name     string // that its certificate must hold
	implicit bool   // LDAPS
	catalog  bool   // a global catalog's port
}

// resolved is a checked configuration with everything filled in.
type resolved struct {
	Config
	servers  []server
	bases    []directory.DN
	excluded []string // comparison forms of ExcludeOUs
	datasets []evidence.Dataset
	wanted   []string // attributes to ask for, in the order of the columns
	tickets  *tickets // of the Kerberos sign-in
}

// Validate gives every fault of the configuration at once.
func (c Config) Validate() error {
	_, err := c.resolve()
	return err
}

func (c Config) resolve() (resolved, error) {
	r := resolved{Config: c, tickets: &tickets{}}
	var faults []error
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	switch {
	case len(c.Servers) == 0 && c.Domain == "":
		fault("no server is given, and no domain whose servers could be found")
	case len(c.Servers) == 0 && c.Resolver == nil:
		fault("no server is given, and none can be found without DNS")
	}
	if c.Domain != "" && !dnsName(c.Domain) {
		fault("domain %q is no DNS name", directory.Printable(c.Domain, 100))
	}
	for _, text := range c.Servers {
		s, err := parseServer(text, c.StartTLS || c.AllowPlaintext)
		if err != nil {
			fault("server: %w", err)
		}
		if c.ServerName != "" {
			s.name = c.ServerName
		}
		r.servers = append(r.servers, s)
	}
	faults = append(faults, c.authFaults()...)
	names := func(what string, texts []string) (parsed []directory.DN) {
		for i, text := range texts {
			dn, err := directory.ParseDN(text)
			if err == nil && dn.Len() == 0 {
				err = errors.New("it is empty")
			}
			if err != nil {
				fault("%s %d: %w", what, i+1, err)
			}
			parsed = append(parsed, dn)
		}
		return parsed
	}
	r.bases = names("search base", c.SearchBases)
	names("excluded unit", c.ExcludeOUs)
	for _, dn := range c.ExcludeOUs {
		r.excluded = append(r.excluded, directory.DNKey(dn))
	}
	for _, d := range objectDatasets() {
		if _, err := filterAttributes(c.filterOf(d)); err != nil {
			fault("filter of %s: %w", d, err)
		}
	}
	if c.Connections < 0 || c.Connections > MaxConnections {
		fault("%d connections are not between 1 and %d", c.Connections, MaxConnections)
	}
	if c.PageSize < 0 || c.PageSize > DefaultPageSize {
		fault("page size %d is not between 1 and %d", c.PageSize, DefaultPageSize)
	}
	if c.Timeout < 0 || c.MaxEntriesPerSecond < 0 {
		fault("timeouts and rates cannot be negative")
	}
	var err error
	if r.wanted, err = wantedAttributes(c.Attributes, c.ReadMemberOf); err != nil {
		faults = append(faults, err)
	}
	if r.datasets, err = wantedDatasets(c.Datasets, c.ReadDeleted); err != nil {
		faults = append(faults, err)
	}
	r.fill()
	return r, errors.Join(faults...)
}

// fill sets the defaults.
func (r *resolved) fill() {
	if r.PageSize == 0 {
		r.PageSize = DefaultPageSize
	}
	if r.Timeout == 0 {
		r.Timeout = DefaultTimeout
	}
	if r.Log == nil {
		r.Log = slog.New(slog.DiscardHandler)
	}
	if r.Clock == nil {
		r.Clock = systemClock{}
	}
	if r.Dialer == nil {
		r.Dialer = &net.Dialer{}
	}
	if r.Connections == 0 {
		r.Connections = DefaultConnections
	}
	if tell := r.Progress; tell == nil {
		r.Progress = func(evidence.Dataset, int, int) {}
	} else {
		var one sync.Mutex
		r.Progress = func(d evidence.Dataset, rows, expected int) {
			one.Lock()
			defer one.Unlock()
			tell(d, rows, expected)
		}
	}
}

func parseServer(text string, clearAllowed bool) (server, error) {
	u, err := url.Parse(text)
	if err != nil {
		return server{}, fmt.Errorf("%q is not a URL", text)
	}
	if u.Hostname() == "" || u.User != nil || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" {
		return server{}, fmt.Errorf("%q is not just ldaps://host or ldap://host, with or without a port", text)
	}
	s := server{host: u.Hostname(), name: u.Hostname()}
	port := u.Port()
	switch u.Scheme {
	case "ldaps":
		s.implicit = true
		if port == "" {
			port = "636"
		}
	case "ldap":
		if !clearAllowed {
			return server{}, fmt.Errorf("%q would send the password in clear: use ldaps:// or StartTLS, or allow plain text explicitly", text)
		}
		if port == "" {
			port = "389"
		}
	default:
		return server{}, fmt.Errorf("%q must begin with ldaps:// or ldap://", text)
	}
	s.catalog = port == catalogPort || port == catalogTLSPort
	s.address = net.JoinHostPort(s.host, port)
	return s, nil
}

// The ports of the global catalog, in clear and with TLS.
const (
	catalogPort    = "3268"
	catalogTLSPort = "3269"
)

// dnsName says whether a text may be the name of a domain or host. It is lenient about length and underscores.
func dnsName(s string) bool {
	return len(s) <= 255 && s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return r != '-' && r != '.' && r != '_' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	}) && !strings.Contains(s, "..") && !strings.HasPrefix(s, ".")
}

// wantedDatasets puts the configured datasets into the order of reports. The computers come from what pools and topology name.
func wantedDatasets(named []evidence.Dataset, deleted bool) ([]evidence.Dataset, error) {
	all := append(Datasets(), evidence.ADDeleted)
	for _, d := range named {
		if !slices.Contains(all, d) {
			return nil, fmt.Errorf("%q is no dataset of a directory", d)
		}
	}
	var wanted []evidence.Dataset
	for _, d := range all {
		take := len(named) == 0 || slices.Contains(named, d) ||
			(d == evidence.ADPools || d == evidence.ADTopology) && slices.Contains(named, evidence.ADComputers)
		if d == evidence.ADDeleted {
			take = take && deleted
		}
		if take {
			wanted = append(wanted, d)
		}
	}
	return wanted, nil
}

// keyAttributes are read whatever is configured: without them an object cannot be told from others.
func keyAttributes() []string { return []string{"objectGUID", "distinguishedName", "objectClass"} }

// onRequest tells the attributes that are read only when they are named: they are long, or the server has to compute them.
func onRequest(name string) bool {
	switch name {
	case "memberOf", "msDS-ReplAttributeMetaData", "thumbnailPhoto", "userCertificate":
		return true
	}
	return false
}

// wantedAttributes puts the configured attributes into the order of the columns.
func wantedAttributes(names []string, memberOf bool) ([]string, error) {
	columns := evidence.SchemaOf(evidence.ADUsers)
	for _, name := range names {
		if _, ok := columns.Find(name); !ok || name == evidence.ADForestColumn {
			return nil, fmt.Errorf("%q is no attribute that evidence keeps", name)
		}
	}
	var wanted []string
	for _, column := range columns {
		name := column.Name
		take := len(names) == 0 && !onRequest(name) || slices.Contains(names, name) || slices.Contains(keyAttributes(), name) || name == "memberOf" && memberOf
		if take && name != evidence.ADForestColumn {
			wanted = append(wanted, name)
		}
	}
	return wanted, nil
}

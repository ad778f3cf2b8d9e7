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
)

// Dialer opens TCP connections; *net.Dialer is one.
type Dialer interface {
	DialContext(ctx context.Context, network, address string) (net.Conn, error)
}

// Config says which forest is read and how.
type Config struct {
	// Servers are URLs of domain controllers, ldaps://host[:636] or ldap://host[:389]. Those of one domain stand in for each other, in this order; those of
	// further domains of the forest make their domains be read too.
	Servers []string
	// BindName is a user principal name, DOMAIN\name or a distinguished name.
	BindName string
	// Password is called for each connection, and what it returns is kept in no field and no message.
	Password func() (string, error)
	// RootCAs are trusted instead of the system's.
	RootCAs *x509.CertPool
	// ServerName is the name that certificates must hold when it is not the URL's host: useful when servers are given by address.
	ServerName string
	// StartTLS secures ldap:// connections before the sign-in. Without it ldap:// needs AllowPlaintext, which sends the password in clear and is warned of.
	StartTLS, AllowPlaintext bool
	// PageSize is the number of entries asked for at once, 1 to 1000.
	PageSize int
	// MaxEntriesPerSecond slows the reading down; 0 sets no limit.
	MaxEntriesPerSecond int
	// Timeout is for one request with its whole answer: one page.
	Timeout time.Duration
	// SearchBases are distinguished names of what is read of the domains; empty means all of them.
	SearchBases []string
	// ReadMemberOf also reads the groups that objects are direct members of.
	ReadMemberOf bool
	// Attributes narrows what is read to these columns of evidence.ADUsers; objectGUID, distinguishedName and objectClass are always read. Empty reads
	// them all, but for memberOf and others that are large or costly.
	Attributes []string
	// Progress is called after each page; expected is -1 when the server does not tell.
	Progress func(d evidence.Dataset, rows, expected int)
	// Log gets connections, waits and faults; nothing that names a person. Nil discards.
	Log *slog.Logger
	// Clock is the system's by default, and so is Dialer.
	Clock  Clock
	Dialer Dialer
}

// server is one entry of Config.Servers.
type server struct {
	address  string // host:port
	host     string
	implicit bool // LDAPS
}

// resolved is a checked configuration with everything filled in.
type resolved struct {
	Config
	servers []server
	bases   []directory.DN
	wanted  []string // attributes to ask for, in the order of the columns
}

// Validate gives every fault of the configuration at once.
func (c Config) Validate() error {
	_, err := c.resolve()
	return err
}

func (c Config) resolve() (resolved, error) {
	r := resolved{Config: c}
	var faults []error
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	if len(c.Servers) == 0 {
		fault("no server is given")
	}
	for _, text := range c.Servers {
		s, err := parseServer(text, c.StartTLS || c.AllowPlaintext)
		if err != nil {
			fault("server: %w", err)
		}
		r.servers = append(r.servers, s)
	}
	if c.BindName == "" || c.Password == nil {
		fault("an account name and a password are needed")
	}
	for i, text := range c.SearchBases {
		dn, err := directory.ParseDN(text)
		if err == nil && dn.Len() == 0 {
			err = errors.New("it is empty")
		}
		if err != nil {
			fault("search base %d: %w", i+1, err)
		}
		r.bases = append(r.bases, dn)
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
	if r.Progress == nil {
		r.Progress = func(evidence.Dataset, int, int) {}
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
	s := server{host: u.Hostname()}
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
	if port == "3268" || port == "3269" {
		return server{}, fmt.Errorf("%q is a global catalog, which lacks attributes: name a domain controller's port 636 or 389", text)
	}
	s.address = net.JoinHostPort(s.host, port)
	return s, nil
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

package ldaplab

import (
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"hybridaudit/sources/lab"
)

// Limits of a domain controller's default query policy.
const (
	maxPageSize   = 1000
	maxRange      = 1500
	maxResultSets = 10 // paged searches under way on one connection; starting one more forgets the oldest
)

// Account may sign in with a simple bind, by distinguished name, user principal name or NETBIOS\name. When the directory has an entry with this
// sAMAccountName its names count; otherwise the account is taken to be CN=name,CN=Users of the domain and name@forest.
type Account struct {
	Name     string // sAMAccountName
	Password string
}

// Options describe a server. Only Directory is required; without an account only rootDSE can be read.
type Options struct {
	Directory lab.Directory
	Accounts  []Account
	// Certificate is what the server shows on TLS connections. Without one there is no LDAPS, and StartTLS is refused.
	Certificate tls.Certificate
	// RequireTLS refuses simple binds in clear with strongerAuthRequired, as a domain controller that requires signing does.
	RequireTLS bool
	// Forest are the domains of the forest, its root first, when it has several. Directory is then one of them, the one that this server is a domain controller
	// of. The root's directory brings the configuration partition, and cross references are made for all of them.
	Forest []lab.Directory
	// Catalog makes the server a global catalog, for ServeCatalog and ServeCatalogTLS.
	Catalog bool
	// RootDomainDN is what rootDSE names as the forest's root domain, when the directory is to play a further domain of a forest; its own base, or that of the first in Forest, by default.
	RootDomainDN string
	// USN is what rootDSE gives as highestCommittedUSN; by default the highest uSNChanged of the entries, and at least 65536.
	USN int64
	// Estimate makes the paging control tell the number of entries that the whole search has. Active Directory leaves it 0.
	Estimate bool
	Faults   []Fault
	// Observe is called with each request before it is answered, from several goroutines at once.
	Observe func(Request)
	// Answered is called with each page of a search that is about to be sent and the number of its entries, from several goroutines at once.
	Answered func(r Request, entries int)
	// Now is the server's clock, time.Now by default.
	Now func() time.Time
	// Log receives connection errors; nil discards them.
	Log *slog.Logger
}

// Request is what the server saw of one request.
type Request struct {
	// Operation is bind, search, unbind, abandon, extended, compare, add, modify, delete or modifyDN.
	Operation string
	Who       string // sAMAccountName of the signed-in account, "" for nobody; with a bind the name that was given
	TLS       bool
	Catalog   bool // it came to the global catalog's port
	// The rest is for searches.
	Base       string
	Scope      int    // 0 base, 1 one level, 2 subtree
	Filter     string // RFC 4515 text
	Attributes []string
	PageSize   int  // 0 without the paging control
	NextPage   bool // the request brings a cookie
}

func (o Options) validate() error {
	for i, a := range o.Accounts {
		if a.Name == "" || a.Password == "" {
			return fmt.Errorf("account %d lacks a name or a password", i)
		}
	}
	for i, f := range o.Faults {
		if err := f.validate(); err != nil {
			return fmt.Errorf("fault %d: %w", i, err)
		}
	}
	if o.Directory.BaseDN == "" || o.Directory.ForestName == "" {
		return errors.New("the directory has no base DN or no forest name")
	}
	if len(o.Forest) > 0 && !slices.ContainsFunc(o.Forest, func(d lab.Directory) bool { return d.BaseDN == o.Directory.BaseDN }) {
		return errors.New("the directory is no domain of the forest")
	}
	return nil
}

package ad

import (
	"strconv"
	"strings"
	"time"

	"github.com/go-ldap/ldap/v3"

	"hybridaudit/sources/evidence/directory"
)

// rootDSE is what a server says of itself.
type rootDSE struct {
	defaultContext, configuration, schema, rootDomain string
	host                                              string // its own DNS name
	service                                           string // DN of its NTDS settings
	clock                                             time.Time
	asked                                             time.Time // own clock, in the middle between question and answer
	roundTrip                                         time.Duration
	usn                                               int64 // highestCommittedUSN, -1 when it does not tell
	catalog                                           bool  // it serves as global catalog
}

// domain is the DNS name of the server's domain.
func (d rootDSE) domain() string { return directory.DomainOf(d.defaultContext) }

// forest is the DNS name of the forest's root domain.
func (d rootDSE) forest() string { return directory.DomainOf(d.rootDomain) }

// readRootDSE asks without the paging control, which domain controllers refuse before the sign-in.
func (s *session) readRootDSE() (rootDSE, *Error) {
	names := []string{
		"defaultNamingContext", "configurationNamingContext", "schemaNamingContext", "rootDomainNamingContext", "namingContexts", "dnsHostName", "dsServiceName",
		"currentTime", "highestCommittedUSN", "isGlobalCatalogReady",
	}
	before := s.clock.Now()
	got, fault := s.search(ldap.NewSearchRequest("", ldap.ScopeBaseObject, ldap.NeverDerefAliases, 0, s.seconds(), false, "(objectClass=*)", names, nil))
	took := max(0, s.clock.Now().Sub(before))
	if fault != nil {
		return rootDSE{}, fault
	}
	if len(got.Entries) == 0 {
		return rootDSE{}, &Error{Kind: NoDomain, Server: s.server.address, What: "it has no rootDSE", Advice: "name a domain controller"}
	}
	e := got.Entries[0]
	d := rootDSE{
		defaultContext: e.GetEqualFoldAttributeValue("defaultNamingContext"), configuration: e.GetEqualFoldAttributeValue("configurationNamingContext"),
		schema: e.GetEqualFoldAttributeValue("schemaNamingContext"), rootDomain: e.GetEqualFoldAttributeValue("rootDomainNamingContext"),
		host: directory.Printable(e.GetEqualFoldAttributeValue("dnsHostName"), 255), service: e.GetEqualFoldAttributeValue("dsServiceName"),
		asked: before.Add(took / 2), roundTrip: took,
		catalog: s.server.catalog || strings.EqualFold(e.GetEqualFoldAttributeValue("isGlobalCatalogReady"), "TRUE"),
	}
	// What cannot be read of the clock and the counter is no reason to refuse a server.
	d.clock, _ = directory.ParseGeneralizedTime(e.GetEqualFoldAttributeValue("currentTime"))
	var err error
	if d.usn, err = strconv.ParseInt(e.GetEqualFoldAttributeValue("highestCommittedUSN"), 10, 64); err != nil || d.usn < 0 {
		d.usn = -1
	}
	if d.defaultContext == "" {
		d.defaultContext = e.GetEqualFoldAttributeValue("namingContexts")
	}
	if d.rootDomain == "" {
		d.rootDomain = d.defaultContext
	}
	if directory.DomainOf(d.defaultContext) == "" {
		return rootDSE{}, &Error{
			Kind: NoDomain, Server: s.server.address, What: "its rootDSE names no domain", Advice: "name a domain controller",
		}
	}
	return d, nil
}

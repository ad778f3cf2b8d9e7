package evidence

import (
	"iter"
	"strings"
	"time"

	"hybridaudit/sources/evidence/directory"
)

// Columns of the table of domains of a forest.
const (
	addDNS = iota
	addContext
	addForest
	addNetBIOS
	addServer
	addCatalog
)

var adDomainSchema = Schema{
	addDNS:     {Name: "dnsRoot", Kind: Text},
	addContext: {Name: "nCName", Kind: Text},
	addForest:  {Name: ADForestColumn, Kind: Name},
	addNetBIOS: {Name: "nETBIOSName", Kind: Text},
	addServer:  {Name: "server", Kind: Text},
	addCatalog: {Name: "globalCatalog", Kind: Bool},
}

// ADDomain is a domain of a forest, whether it was read or not.
type ADDomain struct {
	t   *Table
	row int
}

// Name is the domain's DNS name.
func (d ADDomain) Name() string { return d.t.str(addDNS, d.row) }

// Context is the DN of the domain's naming context.
func (d ADDomain) Context() string { return d.t.str(addContext, d.row) }

// Forest is the DNS name of the forest.
func (d ADDomain) Forest() string { return d.t.str(addForest, d.row) }

// NetBIOS is the domain's NetBIOS name.
func (d ADDomain) NetBIOS() string { return d.t.str(addNetBIOS, d.row) }

// Server is dnsHostName of the server that the domain was read from last, "" when it was not read.
func (d ADDomain) Server() string { return d.t.str(addServer, d.row) }

// Catalog says that the domain was read from a global catalog, which lacks attributes.
func (d ADDomain) Catalog() bool { return d.t.tri(addCatalog, d.row) == True }

// Columns of the table of domain controllers.
const (
	adsHost = iota
	adsForest
	adsDomain
	adsInvocation
	adsUSN
	adsClock
	adsAsked
	adsRoundTrip
	adsCatalog
)

var adServerSchema = Schema{
	adsHost:       {Name: "dnsHostName", Kind: Text},
	adsForest:     {Name: ADForestColumn, Kind: Name},
	adsDomain:     {Name: "domain", Kind: Name},
	adsInvocation: {Name: "invocationId", Kind: GUID},
	adsUSN:        {Name: "highestCommittedUSN", Kind: Int},
	adsClock:      {Name: "currentTime", Kind: Time},
	adsAsked:      {Name: "askedAt", Kind: Time},
	adsRoundTrip:  {Name: "roundTripMillis", Kind: Int},
	adsCatalog:    {Name: "globalCatalog", Kind: Bool},
}

// ADServer is a domain controller that answered.
type ADServer struct {
	t   *Table
	row int
}

// Host is dnsHostName.
func (s ADServer) Host() string { return s.t.str(adsHost, s.row) }

// Forest is the DNS name of the forest.
func (s ADServer) Forest() string { return s.t.str(adsForest, s.row) }

// Domain is the DNS name of the domain.
func (s ADServer) Domain() string { return s.t.str(adsDomain, s.row) }

// Invocation is invocationId of the server's database; zero when it could not be read.
func (s ADServer) Invocation() directory.GUID { return s.t.guid(adsInvocation, s.row) }

// USN is highestCommittedUSN as it was before anything of the domain was read; ok is false when the server did not tell.
func (s ADServer) USN() (v int64, ok bool) { return s.t.number(adsUSN, s.row) }

// Clock is the server's currentTime, in whole seconds; the zero time when it did not tell.
func (s ADServer) Clock() time.Time { return s.t.when(adsClock, s.row) }

// Asked is the clock of the host that collected, in the middle between question and answer.
func (s ADServer) Asked() time.Time { return s.t.when(adsAsked, s.row) }

// RoundTrip is the time between question and answer: twice the uncertainty of a comparison of the clocks, beside their whole seconds.
func (s ADServer) RoundTrip() time.Duration {
	v, _ := s.t.number(adsRoundTrip, s.row)
	return time.Duration(v) * time.Millisecond
}

// entryColumns are what the tables of plain directory entries have in common.
func entryColumns(more ...Column) Schema {
	return append(Schema{
		{Name: "objectGUID", Kind: GUID},
		{Name: "distinguishedName", Kind: Text},
		{Name: ADForestColumn, Kind: Name},
		{Name: "objectClass", Kind: NameList},
		{Name: "cn", Kind: Text},
		{Name: "whenCreated", Kind: Time},
		{Name: "whenChanged", Kind: Time},
	}, more...)
}

const (
	entryGUID = iota
	entryDN
	entryForest
	entryClass
	entryCN
	entryCreated
	entryChanged
)

// entrySchemas are the tables whose rows are few and of several classes.
var entrySchemas = map[Dataset]Schema{
	ADTopology: entryColumns(
		Column{Name: "msRTCSIP-DomainName", Kind: Text},
		Column{Name: "msRTCSIP-TrustedServerFQDN", Kind: Text},
		Column{Name: "msRTCSIP-TrustedServerVersion", Kind: Int},
		Column{Name: "msRTCSIP-TrustedServiceType", Kind: Text},
		Column{Name: "msRTCSIP-TrustedServicePort", Kind: Int},
		Column{Name: "msRTCSIP-EdgeProxyFQDN", Kind: Text},
		Column{Name: "msRTCSIP-BackEndServer", Kind: Text},
		Column{Name: "dNSHostName", Kind: Text},
	),
	ADExchange: entryColumns(
		Column{Name: "serialNumber", Kind: Text},
		Column{Name: "versionNumber", Kind: Int},
		Column{Name: "msExchCurrentServerRoles", Kind: Int},
		Column{Name: "networkAddress", Kind: List},
		Column{Name: "msExchCoexistenceDomains", Kind: List},
		Column{Name: "msExchCoexistenceOnPremisesSmartHost", Kind: Text},
	),
	ADConnectionPoints: entryColumns(
		Column{Name: "keywords", Kind: List},
		Column{Name: "serviceBindingInformation", Kind: List},
	),
	ADServiceAccounts: entryColumns(
		Column{Name: "objectSid", Kind: Bytes},
		Column{Name: "sAMAccountName", Kind: Text},
		Column{Name: "description", Kind: Text},
		Column{Name: "servicePrincipalName", Kind: List},
		Column{Name: "userAccountControl", Kind: Int},
		Column{Name: "pwdLastSet", Kind: Int},
	),
	ADComputers: entryColumns(
		Column{Name: "sAMAccountName", Kind: Text},
		Column{Name: "dNSHostName", Kind: Text},
		Column{Name: "userAccountControl", Kind: Int},
		Column{Name: "operatingSystem", Kind: Name},
		Column{Name: "lastLogonTimestamp", Kind: Int},
	),
	ADDeleted: entryColumns(
		Column{Name: "objectSid", Kind: Bytes},
		Column{Name: "sAMAccountName", Kind: Text},
		Column{Name: "lastKnownParent", Kind: Text},
		Column{Name: "userPrincipalName", Kind: Text},
		Column{Name: "proxyAddresses", Kind: List},
		Column{Name: "msRTCSIP-PrimaryUserAddress", Kind: Text},
	),
}

// Entry is a row of one of the tables of plain directory entries: ADTopology, ADExchange, ADConnectionPoints, ADServiceAccounts, ADComputers, ADDeleted.
type Entry struct {
	t       *Table
	row     int
	dataset Dataset
}

// Dataset is the table the entry stands in.
func (e Entry) Dataset() Dataset { return e.dataset }

// GUID is objectGUID.
func (e Entry) GUID() directory.GUID { return e.t.guid(entryGUID, e.row) }

// DN is distinguishedName.
func (e Entry) DN() string { return e.t.str(entryDN, e.row) }

// Forest is the DNS name of the forest.
func (e Entry) Forest() string { return e.t.str(entryForest, e.row) }

// Classes iterates over objectClass, most general first.
func (e Entry) Classes() iter.Seq[string] { return e.t.list(entryClass, e.row) }

// Is says whether the entry is of a class; letter case does not matter.
func (e Entry) Is(class string) bool {
	for c := range e.Classes() {
		if strings.EqualFold(c, class) {
			return true
		}
	}
	return false
}

// Name is cn.
func (e Entry) Name() string { return e.t.str(entryCN, e.row) }

// Created is whenCreated.
func (e Entry) Created() time.Time { return e.t.when(entryCreated, e.row) }

// Changed is whenChanged of the domain controller that was asked.
func (e Entry) Changed() time.Time { return e.t.when(entryChanged, e.row) }

// Text gives the first value of an attribute as text, in the form of [Entry.Attribute]; "" when it is absent.
func (e Entry) Text(attribute string) string {
	if v := e.Attribute(attribute); len(v) > 0 {
		return v[0]
	}
	return ""
}

// Number gives a numeric attribute; ok is false when it is absent.
func (e Entry) Number(attribute string) (v int64, ok bool) {
	col, found := entrySchemas[e.dataset].Find(attribute)
	if !found {
		return 0, false
	}
	return e.t.number(col, e.row)
}

// Attribute gives the values of an attribute as text: see [ADObject.Attribute].
func (e Entry) Attribute(name string) []string {
	col, ok := entrySchemas[e.dataset].Find(name)
	if !ok {
		return nil
	}
	return e.t.printed(col, e.row)
}

// Entries iterates over one of the tables of plain directory entries.
func (s *Snapshot) Entries(d Dataset) iter.Seq[Entry] {
	return rows(s, d, func(t *Table, r int) Entry { return Entry{t, r, d} })
}

// ADDomains iterates over the domains of the forests.
func (s *Snapshot) ADDomains() iter.Seq[ADDomain] {
	return rows(s, ADDomains, func(t *Table, r int) ADDomain { return ADDomain{t, r} })
}

// ADServers iterates over the domain controllers that answered.
func (s *Snapshot) ADServers() iter.Seq[ADServer] {
	return rows(s, ADServers, func(t *Table, r int) ADServer { return ADServer{t, r} })
}

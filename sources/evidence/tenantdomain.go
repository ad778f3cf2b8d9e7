package evidence

import (
	"iter"
)

// Columns of the table of domains.
const (
	domID = iota
	domVerified
	domInitial
	domDefault
	domRoot
	domAuthentication
	domAdminManaged
	domServices
	domTenant
)

var domainSchema = Schema{
	domID:             {Name: "id", Kind: Text},
	domVerified:       {Name: "isVerified", Kind: Bool},
	domInitial:        {Name: "isInitial", Kind: Bool},
	domDefault:        {Name: "isDefault", Kind: Bool},
	domRoot:           {Name: "isRoot", Kind: Bool},
	domAuthentication: {Name: "authenticationType", Kind: Name},
	domAdminManaged:   {Name: "isAdminManaged", Kind: Bool},
	domServices:       {Name: "supportedServices", Kind: NameList},
	domTenant:         {Name: TenantColumn, Kind: Name},
}

// Domain is a domain of the tenant, verified or not.
type Domain struct {
	t   *Table
	row int
}

// ID is the domain's name as Graph wrote it.
func (d Domain) ID() string { return d.t.str(domID, d.row) }

// Tenant is the tenant that has the domain, as it was configured.
func (d Domain) Tenant() string { return d.t.str(domTenant, d.row) }

// Verified is isVerified.
func (d Domain) Verified() bool { return d.t.tri(domVerified, d.row) == True }

// Initial says that it is the tenant's first onmicrosoft.com domain.
func (d Domain) Initial() bool { return d.t.tri(domInitial, d.row) == True }

// Default is isDefault.
func (d Domain) Default() bool { return d.t.tri(domDefault, d.row) == True }

// Root is isRoot: false for a subdomain of a verified domain.
func (d Domain) Root() Tri { return d.t.tri(domRoot, d.row) }

// Authentication is Managed or Federated.
func (d Domain) Authentication() string { return d.t.str(domAuthentication, d.row) }

// AdminManaged is isAdminManaged: false when the domain's DNS is managed by Microsoft.
func (d Domain) AdminManaged() Tri { return d.t.tri(domAdminManaged, d.row) }

// Services iterates over supportedServices.
func (d Domain) Services() iter.Seq[string] { return d.t.list(domServices, d.row) }

// Columns of the table of the DNS records that the tenant wants for its domains.
const (
	recDomain = iota
	recKind
	recType
	recLabel
	recService
	recOptional
	recTTL
	recTarget
	recPort
	recPriority
	recWeight
	recTenant
)

var recordSchema = Schema{
	recDomain:   {Name: "domain", Kind: Name},
	recKind:     {Name: "@odata.type", Kind: Name},
	recType:     {Name: "recordType", Kind: Name},
	recLabel:    {Name: "label", Kind: Text},
	recService:  {Name: "supportedService", Kind: Name},
	recOptional: {Name: "isOptional", Kind: Bool},
	recTTL:      {Name: "ttl", Kind: Int},
	recTarget:   {Name: "target", Kind: Text}, // canonicalName, nameTarget, mailExchange, text or description
	recPort:     {Name: "port", Kind: Int},
	recPriority: {Name: "priority", Kind: Int},
	recWeight:   {Name: "weight", Kind: Int},
	recTenant:   {Name: TenantColumn, Kind: Name},
}

// DomainRecord is a DNS record that the tenant wants to see published.
type DomainRecord struct {
	t   *Table
	row int
}

// Tenant is the tenant that has the domain, as it was configured.
func (r DomainRecord) Tenant() string { return r.t.str(recTenant, r.row) }

// Domain is the tenant domain the record belongs to.
func (r DomainRecord) Domain() string { return r.t.str(recDomain, r.row) }

// Type is CName, Mx, Srv or Txt.
func (r DomainRecord) Type() string { return r.t.str(recType, r.row) }

// Label is the record's name.
func (r DomainRecord) Label() string { return r.t.str(recLabel, r.row) }

// Service is the service that wants it.
func (r DomainRecord) Service() string { return r.t.str(recService, r.row) }

// Target is what it points to.
func (r DomainRecord) Target() string { return r.t.str(recTarget, r.row) }

// Optional is isOptional.
func (r DomainRecord) Optional() Tri { return r.t.tri(recOptional, r.row) }

// TTL is how long the record is to be remembered, in seconds; 0 when the tenant does not say.
func (r DomainRecord) TTL() int { return r.number(recTTL) }

// Priority is that of an SRV record, or the preference of an MX record.
func (r DomainRecord) Priority() int { return r.number(recPriority) }

// Weight is that of an SRV record.
func (r DomainRecord) Weight() int { return r.number(recWeight) }

// Port is that of an SRV record.
func (r DomainRecord) Port() int { return r.number(recPort) }

func (r DomainRecord) number(col int) int {
	n, _ := r.t.number(col, r.row)
	return int(n)
}

// VerificationRecords iterates over the DNS records that prove the tenant's domains.
func (s *Snapshot) VerificationRecords() iter.Seq[DomainRecord] {
	return rows(s, TenantVerification, func(t *Table, r int) DomainRecord { return DomainRecord{t, r} })
}

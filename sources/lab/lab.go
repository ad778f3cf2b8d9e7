// Package lab holds the shape of a sample organisation: directory entries and Graph objects as they travel on the wire, and the findings that the
// faults planted in them must cause. lab/plant makes one, lab/server serves one. Nothing here judges anything and nothing here knows the rules' code:
// rule ids are plain strings, written by hand beside each planted fault.
package lab

import (
	"encoding/json"
	"time"

	"hybridaudit/sources/evidence/directory"
)

// Attribute is one attribute of a directory entry with its values as stored (text as UTF-8, GUIDs and SIDs as bytes).
type Attribute struct {
	Name   string
	Values [][]byte
}

// Entry is one directory entry.
type Entry struct {
	DN         string
	Attributes []Attribute
}

// Values returns the values of the named attribute (exact LDAP display name), nil when the entry does not hold it.
func (e Entry) Values(name string) [][]byte {
	for _, a := range e.Attributes {
		if a.Name == name {
			return a.Values
		}
	}
	return nil
}

// Directory is one forest of a single domain: what an in-process LDAP server needs to play its domain controller.
type Directory struct {
	ForestName   string // DNS name, contoso.com
	NetBIOSName  string
	DCHost       string // DNS name of the domain controller
	BaseDN       string // DC=contoso,DC=com; the configuration partition is CN=Configuration below it
	DomainGUID   directory.GUID
	InvocationID directory.GUID
	Entries      []Entry       // parents before children
	Schema       []string      // attributes that the schema knows beyond those of the entries
	ClockAhead   time.Duration // of the domain controller's clock; negative when it is behind
}

// ConfigurationDN is the distinguished name of the configuration partition.
func (d Directory) ConfigurationDN() string { return "CN=Configuration," + d.BaseDN }

// Tenant is what an in-process Graph server needs to play a Microsoft 365 tenant. Objects are complete JSON objects in Graph's v1.0 wire format;
// the server applies $select, paging and permissions.
type Tenant struct {
	ID          string // tenant id, lower-case GUID text
	Collections []Collection
	// Refused maps a collection path to the OData error code that an application without the permission is answered with (HTTP 403).
	Refused map[string]string
}

// Collection is one Graph collection. Path is relative to the API version: "users", "domains/contoso.com/serviceConfigurationRecords".
type Collection struct {
	Path    string
	Objects []json.RawMessage
}

// Export is the output of a PowerShell command that was saved: Objects as ConvertTo-Json writes them.
type Export struct {
	Command string // Get-CsOnlineUser
	Objects []json.RawMessage
}

// ProxyName is what the HTTP proxy of a network is called, host:port.
const ProxyName = "proxy.contoso.com:8080"

// Network is what DNS servers and hosts show of an organisation from where its auditor stands.
type Network struct {
	Outside []Zone // what the zones' own servers and public resolvers say
	Cached  []Zone // what public resolvers still remember instead: records of these names hide those of Outside
	Inside  []Zone // zones that the internal resolvers hold themselves; the rest they say as Outside does
	Hosts   []Host
	Media   []int         // UDP ports at which media relays answer
	Drift   time.Duration // by which web servers' clocks are ahead
	// ProxyAsks says that there is an HTTP proxy, [ProxyName], and that it demands a name and a password.
	ProxyAsks bool
	// IdleCut is after how long something on the way cuts a connection that nobody uses; 0 is never.
	IdleCut time.Duration
	// PAC is the address of the proxy configuration script of its computers, "" when they have none.
	PAC string
	// Firewall is what its administrator brought along of the firewall's outgoing rules: CSV in the form that the configuration's firewallRules takes, "" for nothing.
	Firewall string
	// Mailbox is the address of a mailbox on a server of the organisation, "" when its auditor names none.
	Mailbox string
	// Asked are further hosts that its auditor names, in the form of the configuration's hosts.
	Asked []string
}

// Zone is a DNS zone.
type Zone struct {
	Name    string
	Records []Record
	Fails   bool // its servers answer SERVFAIL
}

// Record is a DNS record. Name is complete, without the dot at the end; Value is as in a zone file, with complete names: "100 1 443 sipdir.online.lync.com".
type Record struct {
	Name, Type, Value string
	TTL               int // seconds; 3600 when 0
}

// Host is a host that answers on a port. A host that is nowhere listed refuses connections.
type Host struct {
	Name        string // under which it is reached; *.contoso.com for all names below
	Port        int
	Certificate Certificate // of port 443 and 5061; none is needed for port 80
	MinTLS      uint16      // tls.VersionTLS12 and the like; 0 is TLS 1.2
	MaxTLS      uint16      // 0 is TLS 1.3
	Pages       []Page
}

// Certificate says how a host's certificate is made.
type Certificate struct {
	Names        []string  // of the subject alternative name; the host's own when empty
	Organisation string    // of the authority that issues it: Microsoft Corporation, DigiCert Inc and the like are public ones
	From, Until  time.Time // zero: from 60 days ago until in 300 days
	Kind         CertificateKind
	RSABits      int    // 0: an ECDSA key
	SHA1         bool   // signed with SHA-1
	Root         bool   // the root is served, too, which is signed with SHA-1
	CRL, OCSP    string // addresses that it names
}

// CertificateKind is how a certificate is issued and served.
type CertificateKind uint8

// The kinds.
const (
	PublicCertificate  CertificateKind = iota // by a public authority, with its intermediate certificate
	PrivateCertificate                        // by the organisation's own authority, which the configuration names
	UnknownCertificate                        // by an authority that nobody knows
	SelfSigned
	Incomplete // by a public authority, without the intermediate certificate, whose address it names
	Lost       // as Incomplete, and nothing is to be had at that address
)

// Page is what a host answers at a path.
type Page struct {
	Path   string // /EWS/Exchange.asmx; "" for every path that is not listed
	Status int
	Header map[string]string
	Body   string
}

// Expected is one finding that must be there. Key is the subject's key in findings.json: objectGUID or Graph id as lower-case 8-4-4-4-12 text,
// a domain in lower-case A-label form, a dataset's name. Two findings of one rule, variant and subject stand twice.
type Expected struct {
	RuleID  string `json:"ruleId"`
	Variant string `json:"variant"`
	Key     string `json:"key"`
}

// Organisation is a whole sample organisation with its truth.
type Organisation struct {
	Directory Directory
	Tenant    Tenant
	// Exports are what an administrator saved of the tenant and of the servers with PowerShell.
	Exports []Export
	// Network is what is seen of it from where its auditor stands. Hosts and zones of Microsoft stand in that of the first organisation.
	Network Network
	// Truth lists the findings of an audit over everything, the subsidiary included.
	Truth []Expected
	// Subsidiary is a second forest with a tenant of its own, which shows what the first cannot; nil when there is none.
	Subsidiary *Organisation
}

// All lists the organisation and its subsidiary.
func (o Organisation) All() []Organisation {
	if o.Subsidiary == nil {
		return []Organisation{o}
	}
	return []Organisation{o, *o.Subsidiary}
}

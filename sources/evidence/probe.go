package evidence

import (
	"iter"
	"time"
)

// What a host is probed for: [Connection.Purposes].
const (
	ForTeams        = "teams"        // Teams and Skype signalling
	ForIdentity     = "identity"     // sign-in
	ForExchange     = "exchange"     // Exchange Online
	ForSharePoint   = "sharePoint"   // SharePoint Online
	ForMedia        = "media"        // media relays
	ForRevocation   = "revocation"   // certificate revocation lists
	ForMigration    = "migration"    // sipfed.online.lync.com and the hosted migration service
	ForOther        = "other"        // further endpoints of the list
	ForFederation   = "federation"   // the organisation's federation service (AD FS)
	ForEdge         = "edge"         // the Access Edge
	ForWeb          = "web"          // web services, reverse proxy: lyncdiscover, meet, dialin
	ForAutodiscover = "autodiscover" // Exchange Autodiscover
	ForEWS          = "ews"          // Exchange Web Services
	ForMicrosoft    = "microsoft"    // a Microsoft host whose certificate shows whether TLS is inspected
	ForAsked        = "asked"        // named by the configuration
)

// The stages of a connection at which it can end: [Connection.Stage]. None means that it went through to the end.
const (
	StageNone   = ""       // through
	StagePolicy = "policy" // not tried: the host may not be contacted, or only an address that may not
	StageName   = "dns"    // the name has no address, or no server told it
	StageTCP    = "tcp"    // no connection
	StageProxy  = "proxy"  // the proxy did not let it through
	StageTLS    = "tls"    // no handshake
	StageHTTP   = "http"   // no answer, or one that is no HTTP
	StageUDP    = "udp"    // no answer to STUN
)

// The ways of a connection: [Connection.Via].
const (
	ViaDirect = "direct"
	ViaProxy  = "proxy"
)

// Connection is an attempt to reach a host: how far it came. Of a URL there is a row for each URL.
type Connection struct {
	Site     string        `evidence:"site,few"`
	Host     string        `evidence:"host"` // lower-case A-label form, or an address
	Port     int           `evidence:"port"`
	Protocol string        `evidence:"protocol,few"` // tcp, tls, http, https or stun: what was tried
	Purposes []string      `evidence:"purposes,few"`
	Domains  []string      `evidence:"domains"`   // of the organisation, for which the host is probed
	Group    string        `evidence:"group,few"` // id of Microsoft's list of endpoints, "" for the organisation's own hosts
	Via      string        `evidence:"via,few"`
	Proxy    string        `evidence:"proxy,few"` // host:port
	Address  string        `evidence:"address"`   // that was dialled, "" through a proxy
	Tries    int           `evidence:"tries"`
	Answers  int           `evidence:"answers"`   // tries that went through
	Stage    string        `evidence:"stage,few"` // at which the last try ended, [StageNone] when one went through
	Failure  string        `evidence:"failure"`
	Took     time.Duration `evidence:"millis"`   // of the fastest try that went through
	URL      string        `evidence:"url"`      // http and https
	Status   int           `evidence:"status"`   // of the HTTP answer, the proxy's own one at [StageProxy]
	Location string        `evidence:"location"` // of a redirect
	Answer   string        `evidence:"answer"`   // what was asked for: the address in an Autodiscover or lyncdiscover answer
	Asked    time.Time     `evidence:"asked"`
}

func (Connection) dataset() Dataset { return ProbeConnections }

// Through says that at least one try went through.
func (c Connection) Through() bool { return c.Answers > 0 }

// Connections iterates over the attempts to reach hosts.
func (s *Snapshot) Connections() iter.Seq[Connection] { return Observed[Connection](s) }

// How far a chain is trusted: [Handshake.Trust].
const (
	TrustSystem     = "system"     // what the server sent leads to a root of the audit host's system
	TrustConfigured = "configured" // to a root that only the configuration names
	TrustCompleted  = "completed"  // only with certificates that had to be fetched from the addresses in the certificates (AIA)
	TrustNone       = "none"       // to no known root, although fetching missing certificates was tried or not needed
	TrustUnknown    = "unknown"    // a certificate is missing and could not be fetched
)

// Handshake is a TLS handshake with a host, with what its certificates are worth. The chain is recorded as served; whether dates and names fit is for the reader of
// the certificates to say.
type Handshake struct {
	Site       string    `evidence:"site,few"`
	Host       string    `evidence:"host"`
	Port       int       `evidence:"port"`
	Via        string    `evidence:"via,few"`
	Address    string    `evidence:"address"`
	Purposes   []string  `evidence:"purposes,few"`
	Domains    []string  `evidence:"domains"`
	Failure    string    `evidence:"failure"`     // "" when it succeeded; nothing else but Versions is known otherwise
	Version    string    `evidence:"version,few"` // "TLS 1.3"
	Cipher     string    `evidence:"cipher,few"`
	Versions   []string  `evidence:"versions,few"`      // that the server accepts, of those that were tried
	Tried      []string  `evidence:"versionsTried,few"` // none when only one handshake was made
	Chain      []string  `evidence:"chain"`             // fingerprints in the order served: the server's own first
	Trust      string    `evidence:"trust,few"`
	TrustError string    `evidence:"trustError"`
	Root       string    `evidence:"root"` // subject of the root that the chain leads to
	RootPrint  string    `evidence:"rootFingerprint"`
	Missing    []string  `evidence:"missing"`     // subjects of certificates that the server did not send
	NameError  string    `evidence:"nameError"`   // "" when the certificate is for the host
	Stapled    string    `evidence:"stapled,few"` // good, revoked, unknown or unreadable; "" when nothing was stapled
	Asked      time.Time `evidence:"asked"`
}

func (Handshake) dataset() Dataset { return ProbeHandshakes }

// Handshakes iterates over the TLS handshakes.
func (s *Snapshot) Handshakes() iter.Seq[Handshake] { return Observed[Handshake](s) }

// Certificate is a certificate that was served, or fetched to complete a chain. One row for each site and certificate.
type Certificate struct {
	Site        string    `evidence:"site,few"`
	Fingerprint string    `evidence:"fingerprint"` // SHA-256 in lower-case hexadecimal
	Subject     string    `evidence:"subject"`
	Issuer      string    `evidence:"issuer"`
	IssuerOrg   string    `evidence:"issuerOrganisation"`
	Serial      string    `evidence:"serial"`
	Names       []string  `evidence:"names"`     // DNS names of the subject alternative name as written, at most 200
	NameCount   int       `evidence:"nameCount"` // of all
	Addresses   []string  `evidence:"addresses"` // IP addresses of the subject alternative name
	Begins      time.Time `evidence:"notBefore"`
	Ends        time.Time `evidence:"notAfter"`
	Signature   string    `evidence:"signature,few"` // SHA256-RSA
	Key         string    `evidence:"key,few"`       // RSA, ECDSA, Ed25519
	Bits        int       `evidence:"bits"`
	Authority   bool      `evidence:"authority"`  // basicConstraints: may sign others
	SelfSigned  bool      `evidence:"selfSigned"` // issuer and subject are one, and its own key verifies it
	OCSP        []string  `evidence:"ocsp"`
	CRL         []string  `evidence:"crl"`
	Issuers     []string  `evidence:"issuers"` // where the issuer's certificate can be had (AIA)
}

func (Certificate) dataset() Dataset { return ProbeCertificates }

// Certificates iterates over the certificates.
func (s *Snapshot) Certificates() iter.Seq[Certificate] { return Observed[Certificate](s) }

// Revocation is the attempt to reach an address that certificates name for checking whether they were revoked.
type Revocation struct {
	Site         string   `evidence:"site,few"`
	URL          string   `evidence:"url"`
	Kind         string   `evidence:"kind,few"`     // crl or ocsp
	Certificates []string `evidence:"certificates"` // fingerprints of those that name it
	Stage        string   `evidence:"stage,few"`
	Failure      string   `evidence:"failure"`
	Status       int      `evidence:"status"`
	Via          string   `evidence:"via,few"`
}

func (Revocation) dataset() Dataset { return ProbeRevocation }

// Revocations iterates over the attempts to reach revocation addresses.
func (s *Snapshot) Revocations() iter.Seq[Revocation] { return Observed[Revocation](s) }

// Clock compares the clock of the audit host with another one.
type Clock struct {
	Site        string        `evidence:"site,few"`
	Host        string        `evidence:"host"`
	Method      string        `evidence:"method,few"`   // http (the Date of an answer, whole seconds) or ntp
	Offset      time.Duration `evidence:"offsetMillis"` // positive when the other clock is ahead of the audit host's
	Uncertainty time.Duration `evidence:"uncertaintyMillis"`
	Asked       time.Time     `evidence:"asked"`
	Via         string        `evidence:"via,few"`
	Failure     string        `evidence:"failure"`
}

func (Clock) dataset() Dataset { return ProbeClocks }

// Clocks iterates over the comparisons of clocks.
func (s *Snapshot) Clocks() iter.Seq[Clock] { return Observed[Clock](s) }

// FederationMetadata is the document in which a federation service describes itself, as far as it was read.
type FederationMetadata struct {
	Site         string   `evidence:"site,few"`
	Domains      []string `evidence:"domains"` // federated domains of the tenants that lead there
	URL          string   `evidence:"url"`
	Failure      string   `evidence:"failure"` // why there is none, or why it cannot be read
	Status       int      `evidence:"status"`  // of the HTTP answer
	EntityID     string   `evidence:"entityID"`
	Certificates []string `evidence:"certificates"` // token signing, base64 of DER
	Endpoints    []string `evidence:"endpoints"`    // addresses at which tokens are issued
}

func (FederationMetadata) dataset() Dataset { return ProbeFederation }

// FederationDocuments iterates over the federation services' documents.
func (s *Snapshot) FederationDocuments() iter.Seq[FederationMetadata] {
	return Observed[FederationMetadata](s)
}

// Endpoint is a row of the list of Microsoft's endpoints that was used.
type Endpoint struct {
	Site     string   `evidence:"site,few"`
	Host     string   `evidence:"host"`         // a name, a name with * for labels, or a range of addresses
	Ports    string   `evidence:"ports"`        // 443;80 or 50000-59999
	Protocol string   `evidence:"protocol,few"` // tcp, udp or tcp+udp
	Purpose  string   `evidence:"purpose,few"`  // one of the words of [Connection.Purposes]
	Group    string   `evidence:"group,few"`
	Category string   `evidence:"category,few"`
	Current  bool     `evidence:"current"`
	Listed   string   `evidence:"listed"` // until when or since when, in words of the list
	Probes   []string `evidence:"probes"` // hosts that stand for it
	Note     string   `evidence:"note"`
}

func (Endpoint) dataset() Dataset { return ProbeEndpoints }

// Endpoints iterates over the list of Microsoft's endpoints.
func (s *Snapshot) Endpoints() iter.Seq[Endpoint] { return Observed[Endpoint](s) }

// The settings of a site: [Setting.Name].
const (
	SettingProxyHTTPS   = "proxy.https"       // proxy for https addresses, without credentials
	SettingProxyHTTP    = "proxy.http"        // for http addresses
	SettingProxyExcept  = "proxy.except"      // hosts that are reached around it
	SettingPAC          = "proxy.pac"         // address of a proxy configuration script
	SettingListDate     = "endpoints.date"    // of the list of endpoints that was used, 2026-06-06
	SettingListFile     = "endpoints.file"    // "" for the one that comes with the program
	SettingListVersion  = "endpoints.version" // the newest version that the endpoint service told, 2026092800
	SettingIdleAsked    = "idle.asked"        // how long an idle connection was to be held: a duration
	SettingIdleHeld     = "idle.held"         // how long it was
	SettingFirewallFile = "firewall.file"     // the list of firewall rules that was brought along
)

// Setting is something that holds for a site as a whole.
type Setting struct {
	Site  string `evidence:"site,few"`
	Name  string `evidence:"name,few"`
	Value string `evidence:"value"`
}

func (Setting) dataset() Dataset { return ProbeSettings }

// Settings iterates over the settings of the sites.
func (s *Snapshot) Settings() iter.Seq[Setting] { return Observed[Setting](s) }

// FirewallRule is a row of the list of outgoing firewall rules that an administrator brought along.
type FirewallRule struct {
	Site     string `evidence:"site,few"`
	Host     string `evidence:"host"`         // a name, a name with *, an address or a range of addresses
	Ports    string `evidence:"ports"`        // 443, 443;80, 50000-59999, "" for all
	Protocol string `evidence:"protocol,few"` // tcp, udp, tcp+udp or "" for all
	Line     int    `evidence:"line"`
}

func (FirewallRule) dataset() Dataset { return ProbeFirewall }

// FirewallRules iterates over the firewall rules.
func (s *Snapshot) FirewallRules() iter.Seq[FirewallRule] { return Observed[FirewallRule](s) }

package plant

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"math/big"
	"time"
)

// federation is how a federated domain trusts its federation service.
type federation struct {
	id, name, host     string
	issuer             string
	protocol           string
	certificate, next  string // base64 of the DER form
	whole              string // the certificate of the service, when the tenant has something else
	foreign            string // what the paths of another maker's service begin with, in place of those of AD FS
	mfa                string
	updated            time.Time
	updateResult       string
	signedRequestsOnly bool
}

// newFederation is that of a domain without fault, whose certificate was renewed lately and is valid for a year.
func (b *builder) newFederation(domain string) *federation {
	host := "sts." + domain
	return &federation{
		id: guidOf(b.seed, 2, saltService).String(), name: "Contoso STS", host: host, issuer: "http://" + domain + "/adfs/services/trust/", protocol: "wsFed",
		certificate: b.certificate("ADFS Signing - "+host, b.ago(days(40)), b.ago(days(40)).Add(days(365))),
		mfa:         "acceptIfMfaDoneByFederatedIdp", updated: b.ago(9 * time.Hour), updateResult: "Success",
	}
}

// certificate makes a self-signed token-signing certificate, base64 of its DER form. The key follows from the seed.
func (b *builder) certificate(commonName string, from, until time.Time) string {
	if b.variant == Subsidiary {
		commonName = string(rename([]byte(commonName)))
	}
	seed := sha256.Sum256(binary.BigEndian.AppendUint64([]byte(commonName), b.random(3, saltService)))
	key := ed25519.NewKeyFromSeed(seed[:])
	template := &x509.Certificate{
		SerialNumber: new(big.Int).SetUint64(b.random(4, saltService) ^ uint64(from.Unix())), Subject: pkix.Name{CommonName: commonName}, //nolint:gosec // any number does
		NotBefore: from, NotAfter: until, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageKeyEncipherment,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key) // Ed25519 takes nothing from the reader
	if err != nil {
		return ""
	}
	return base64.StdEncoding.EncodeToString(der)
}

func (f *federation) write(d *document) json.RawMessage {
	d.begin()
	d.text("@odata.type", "#microsoft.graph.internalDomainFederation")
	d.text("id", f.id)
	d.text("displayName", f.name)
	d.text("issuerUri", f.issuer)
	d.text("metadataExchangeUri", f.at("/adfs/services/trust/mex"))
	d.text("signingCertificate", f.certificate)
	d.text("passiveSignInUri", f.at("/adfs/ls/"))
	d.text("preferredAuthenticationProtocol", f.protocol)
	d.text("activeSignInUri", f.at("/adfs/services/trust/2005/usernamemixed"))
	d.text("signOutUri", "https://"+f.host+"/adfs/ls/?wa=wsignout1.0")
	d.text("promptLoginBehavior", "nativeSupport")
	d.flag("isSignedAuthenticationRequestRequired", f.signedRequestsOnly)
	d.text("nextSigningCertificate", f.next)
	d.text("federatedIdpMfaBehavior", f.mfa)
	d.raw("passwordResetUri", "")
	if f.updateResult == "" {
		d.raw("signingCertificateUpdateStatus", "")
		return d.end()
	}
	d.open("signingCertificateUpdateStatus", '{')
	d.text("certificateUpdateResult", f.updateResult)
	d.time("lastRunDateTime", f.updated)
	d.shut('}')
	return d.end()
}

// service is an entry of the health overviews.
type service struct{ id, name, status string }

const healthy = "serviceOperational"

func newServices() []*service {
	return []*service{
		{"Exchange", "Exchange Online", healthy}, {"OrgLiveID", "Identity Service", healthy}, {"OSDPPlatform", "Microsoft 365 suite", healthy},
		{"Lync", "Skype for Business", healthy}, {"SharePoint", "SharePoint Online", healthy}, {"Intune", "Microsoft Intune", "serviceRestored"},
		{"yammer", "Microsoft Viva Engage", healthy}, {"microsoftteams", "Microsoft Teams", healthy}, {"PowerBIcom", "Power BI", "falsePositive"},
	}
}

// issue is an incident or advisory.
type issue struct {
	id, title, service, feature, featureGroup, classification, status, impact string
	origin                                                                    string
	resolved                                                                  bool
	started, ended, modified                                                  time.Time
}

// issue announces an advisory about a service, begun two days ago and not resolved; the service's status stays as it is: see [builder.health].
func (b *builder) issue(id, service, title string) *issue {
	i := &issue{
		id: id, title: title, service: service, feature: "Sign-in", featureGroup: "Access", classification: "advisory", origin: "microsoft", status: "serviceDegradation",
		impact: "Some people may be unable to sign in.", started: b.ago(days(2)), modified: b.ago(3 * time.Hour),
	}
	b.issues = append(b.issues, i)
	return i
}

// incident makes it an incident.
func (i *issue) incident() *issue {
	i.classification, i.status = "incident", "serviceInterruption"
	return i
}

// endedAt resolves it.
func (i *issue) endedAt(at time.Time) *issue {
	i.resolved, i.ended, i.modified, i.status = true, at, at.Add(time.Hour), "serviceRestored"
	return i
}

// health gives the health overview of a service by its id, to be changed.
func (b *builder) health(id string) *service {
	for _, s := range b.services {
		if s.id == id {
			return s
		}
	}
	return nil
}

func (s *service) write(d *document) json.RawMessage {
	d.begin()
	d.text("service", s.name)
	d.text("status", s.status)
	d.text("id", s.id)
	return d.end()
}

func (i *issue) write(d *document) json.RawMessage {
	d.begin()
	d.time("startDateTime", i.started)
	d.time("endDateTime", i.ended)
	d.time("lastModifiedDateTime", i.modified)
	d.text("title", i.title)
	d.text("id", i.id)
	d.text("impactDescription", i.impact)
	d.text("classification", i.classification)
	d.text("origin", i.origin)
	d.text("status", i.status)
	d.text("service", i.service)
	d.text("feature", i.feature)
	d.text("featureGroup", i.featureGroup)
	d.flag("isResolved", i.resolved)
	d.raw("highImpact", "")
	d.raw("details", "[]")
	d.raw("posts", `[{"createdDateTime":"`+i.started.UTC().Format(time.RFC3339)+`","postType":"regular","description":{"contentType":"html","content":"<p>`+i.id+`</p>"}}]`)
	return d.end()
}

// The applications that servers on-premises talk to.
const (
	appExchange = "00000002-0000-0ff1-ce00-000000000000"
	appSkype    = "00000004-0000-0ff1-ce00-000000000000"
)

// principal is a service principal.
type principal struct {
	id, app, name string
	disabled      bool
	names         []string
	keys          []keyCredential
}

// keyCredential is the certificate that servers sign their tokens with.
type keyCredential struct {
	id, name, thumbprint string
	start, end           time.Time
}

// principal gives the service principal of an application, nil when the tenant has none.
func (b *builder) principal(app string) *principal {
	for _, p := range b.principals {
		if p.app == app {
			return p
		}
	}
	return nil
}

// newPrincipals are those of the hybrid applications, with the names and the certificate of the servers where there are some.
func (b *builder) newPrincipals() []*principal {
	id := func(n uint64) string { return guidOf(b.seed, n, saltService).String() }
	skype := &principal{id: id(10), app: appSkype, name: "Skype for Business Online", names: []string{
		appSkype, appSkype + "/*.infra.lync.com", appSkype + "/*.online.lync.com", "https://*.lync.com", "Microsoft.Lync",
	}}
	exchange := &principal{id: id(11), app: appExchange, name: "Office 365 Exchange Online", names: []string{
		appExchange, appExchange + "/outlook.office365.com", "https://outlook.office365.com/", "Office 365 Exchange Online",
	}}
	if b.noServer() {
		return []*principal{exchange, skype}
	}
	skype.names = append(skype.names, "https://lyncdiscover."+domainMain+"/", "https://lyncdiscoverinternal."+domainMain+"/", "https://webext01."+domainMain+"/",
		"https://pool01."+domainMain+"/", "https://pool02."+domainMain+"/")
	exchange.names = append(exchange.names, "https://mail."+domainMain+"/", "https://autodiscover."+domainMain+"/")
	skype.keys = []keyCredential{{id(12), "CN=OAuth, O=Contoso", "IjNEVWZ3iJmqu8zd7v8RIjNEVWY=", b.ago(days(200)), b.ago(days(200)).Add(days(730))}}
	exchange.keys = []keyCredential{{id(13), "CN=Microsoft Exchange Server Auth Certificate", "ESIzRFVmd4iZqrvM3e7/ABEiM0Q=", b.ago(days(300)), b.ago(days(300)).Add(days(1825))}}
	return []*principal{exchange, skype}
}

func (p *principal) write(d *document) json.RawMessage {
	d.begin()
	d.text("id", p.id)
	d.raw("deletedDateTime", "")
	d.text("appId", p.app)
	d.text("displayName", p.name)
	d.flag("accountEnabled", !p.disabled)
	d.text("appDisplayName", p.name)
	d.text("appOwnerOrganizationId", "f8cdef31-a31e-4b4a-93e4-5f571e91255a")
	d.text("servicePrincipalType", "Application")
	d.flag("appRoleAssignmentRequired", false)
	d.texts("alternativeNames", nil)
	d.texts("servicePrincipalNames", p.names)
	d.raw("passwordCredentials", "[]")
	d.open("keyCredentials", '[')
	for _, k := range p.keys {
		d.open("", '{')
		d.text("customKeyIdentifier", k.thumbprint)
		d.text("displayName", k.name)
		d.time("endDateTime", k.end)
		d.raw("key", "")
		d.text("keyId", k.id)
		d.time("startDateTime", k.start)
		d.text("type", "AsymmetricX509Cert")
		d.text("usage", "Verify")
		d.shut('}')
	}
	d.shut(']')
	return d.end()
}

// Built-in roles.
const (
	roleGlobalAdmin = "62e90394-69f5-4237-9190-012177145e10"
	roleTeamsAdmin  = "69091246-20e8-4a56-aa4d-066075b2a7a8"
	roleSynchronise = "d29b2b05-8046-44ba-8758-1e26182fcf32"
)

// role is a role assignment.
type role struct{ principal, definition string }

// grantRole gives a user, group or service principal of the tenant an administrator's role.
func (b *builder) grantRole(principal, definition string) {
	b.roles = append(b.roles, role{principal, definition})
}

func (r role) write(d *document, n int) json.RawMessage {
	d.begin()
	id := sha256.Sum256([]byte(r.principal + r.definition + decimal(int64(n))))
	d.text("id", base64.RawURLEncoding.EncodeToString(id[:24])+"-1")
	d.text("principalId", r.principal)
	d.text("directoryScopeId", "/")
	d.text("roleDefinitionId", r.definition)
	return d.end()
}

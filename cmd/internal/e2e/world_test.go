package e2e

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"hybridaudit/audit"
	"hybridaudit/sources/evidence"
	"hybridaudit/sources/lab"
	"hybridaudit/sources/lab/plant"
	"hybridaudit/sources/lab/server"
	"hybridaudit/sources/probe"
)

// The scenarios of a SIP domain.
const (
	cloud     = "cloud"      // there never was a server
	hybrid    = "hybrid"     // people are homed on the server
	teamsOnly = "teams only" // the server is there, and nobody is homed on it
)

// Where Kim's mailbox is: msExchRecipientTypeDetails.
const (
	onServer = "1"
	online   = "2147483648"
)

// world is a small organisation, contoso.com with one person, and what its network shows. A test changes one thing in it.
type world struct {
	scenario string
	rows     map[evidence.Dataset][]string
	net      lab.Network
	options  server.Options
	view     func(*view, *server.Network)
}

// newWorld makes an organisation in which nothing is wrong.
func newWorld(scenario string) *world {
	w := &world{scenario: scenario, rows: map[evidence.Dataset][]string{
		evidence.TenantOrganization: {`{"id":"00000000-0000-0000-0000-00000000000e","displayName":"Contoso","onPremisesSyncEnabled":true}`},
		evidence.TenantDomains: {
			`{"id":"contoso.com","isVerified":true,"isDefault":true,"isRoot":true,"authenticationType":"Managed","supportedServices":["Email","OfficeCommunicationsOnline"]}`,
			`{"id":"contoso.onmicrosoft.com","isVerified":true,"isInitial":true,"isRoot":true,"authenticationType":"Managed","supportedServices":["Email","OfficeCommunicationsOnline"]}`,
		},
		evidence.TenantUsers: {`{"id":"00000000-0000-0000-0000-000000000091","userPrincipalName":"kim@contoso.com","userType":"Member","accountEnabled":true,"onPremisesSyncEnabled":true,"mail":"kim@contoso.com","proxyAddresses":["SMTP:kim@contoso.com","sip:kim@contoso.com"]}`},
		evidence.ADForests:   {`{"name":"contoso.com","guid":"00000000-0000-0000-0000-00000000000f","domains":["contoso.com"]}`},
	}}
	const person = `{"objectGUID":"00000000-0000-0000-0000-000000000001","distinguishedName":"CN=Kim,OU=People,DC=contoso,DC=com","forest":"contoso.com","objectClass":["top","person","organizationalPerson","user"],` +
		`"userPrincipalName":"kim@contoso.com","mail":"kim@contoso.com","proxyAddresses":["SMTP:kim@contoso.com","sip:kim@contoso.com"],"userAccountControl":512,"msExchRecipientTypeDetails":` + online
	w.microsoft()
	w.set("contoso.com", "A", "198.51.100.80")
	w.alias("autodiscover.contoso.com", "autodiscover.outlook.com")
	w.host("autodiscover.contoso.com", 80).Pages = []lab.Page{{Status: 302, Header: map[string]string{"Location": "https://autodiscover-s.outlook.com/autodiscover/autodiscover.xml"}}}
	w.set("enterpriseregistration.contoso.com", "CNAME", "enterpriseregistration.windows.net")
	if scenario == cloud {
		w.rows[evidence.ADUsers] = []string{person + `}`}
		w.online()
		return w
	}
	home := `"SRV:","msRTCSIP-PrimaryHomeServer":"CN=Lc Services,CN=Microsoft,CN=1:1,CN=Pools,CN=RTC Service,CN=Services,CN=Configuration,DC=contoso,DC=com"`
	if scenario == teamsOnly {
		home = `"sipfed.online.lync.com"`
	}
	w.rows[evidence.ADUsers] = []string{person + `,"msRTCSIP-UserEnabled":true,"msRTCSIP-PrimaryUserAddress":"sip:kim@contoso.com","msRTCSIP-DeploymentLocator":` + home + `}`}
	w.rows[evidence.ADPools] = []string{`{"objectGUID":"00000000-0000-0000-0000-0000000000a1","distinguishedName":"CN=1:1,CN=Pools,CN=RTC Service,CN=Services,CN=Configuration,DC=contoso,DC=com","forest":"contoso.com","dNSHostName":"pool01.contoso.com","msRTCSIP-PoolVersion":7,"msRTCSIP-PoolType":5}`}
	w.rows[evidence.ADTopology] = []string{
		`{"objectGUID":"00000000-0000-0000-0000-0000000000b1","distinguishedName":"CN={1},CN=Global Settings","forest":"contoso.com","objectClass":["top","msRTCSIP-EdgeProxy"],"msRTCSIP-EdgeProxyFQDN":"sip.contoso.com"}`,
		`{"objectGUID":"00000000-0000-0000-0000-0000000000b2","distinguishedName":"CN={2},CN=Global Settings","forest":"contoso.com","objectClass":["top","msRTCSIP-Domain"],"msRTCSIP-DomainName":"contoso.com"}`,
	}
	w.inside("pool01.contoso.com", "A", "10.1.0.5")
	w.host("pool01.contoso.com", 443)
	w.zone(&w.net.Inside, "contoso.com").Records = append(w.zone(&w.net.Inside, "contoso.com").Records, lab.Record{Name: "contoso.com", Type: "A", Value: "10.1.0.2"})
	if scenario == teamsOnly {
		w.online()
		for _, z := range w.net.Outside {
			if z.Name == "contoso.com" {
				w.zone(&w.net.Inside, "contoso.com").Records = append(w.zone(&w.net.Inside, "contoso.com").Records, z.Records...)
			}
		}
		return w
	}
	w.set("sip.contoso.com", "A", "198.51.100.10")
	for _, label := range []string{"lyncdiscover", "meet", "dialin"} {
		w.set(label+".contoso.com", "A", "198.51.100.11")
		w.host(label+".contoso.com", 443)
	}
	w.set("_sip._tls.contoso.com", "SRV", "100 1 443 sip.contoso.com")
	w.set("_sipfederationtls._tcp.contoso.com", "SRV", "100 1 5061 sip.contoso.com")
	w.host("sip.contoso.com", 443)
	w.host("sip.contoso.com", 5061)
	for _, z := range w.net.Outside {
		if z.Name == "contoso.com" {
			in := w.zone(&w.net.Inside, "contoso.com")
			in.Records = append(in.Records, z.Records...)
		}
	}
	w.inside("lyncdiscoverinternal.contoso.com", "A", "10.1.0.5")
	w.inside("_sipinternaltls._tcp.contoso.com", "SRV", "0 0 5061 pool01.contoso.com")
	w.inside("sip.contoso.com", "A", "10.1.0.5")
	w.host("lyncdiscoverinternal.contoso.com", 443)
	return w
}

// online publishes the records of a domain whose people are in the cloud.
func (w *world) online() {
	w.set("_sipfederationtls._tcp.contoso.com", "SRV", "100 1 5061 sipfed.online.lync.com")
	w.set("_sip._tls.contoso.com", "SRV", "100 1 443 sipdir.online.lync.com")
	w.alias("lyncdiscover.contoso.com", "webdir.online.lync.com")
	w.alias("sip.contoso.com", "sipdir.online.lync.com")
}

// alias leads a name to a host of Microsoft, which answers for it with a certificate of its own.
func (w *world) alias(name, target string) {
	w.set(name, "CNAME", target)
	w.host(name, 443).Certificate = lab.Certificate{Names: []string{target}, Organisation: "Microsoft Corporation"}
}

// mailbox moves Kim's mailbox.
func (w *world) mailbox(at string) {
	const property = `"msExchRecipientTypeDetails":`
	w.rows[evidence.ADUsers][0] = strings.Replace(w.rows[evidence.ADUsers][0], property+online, property+at, 1)
}

// noAutodiscover takes away the record by which Autodiscover is found, and what answers there.
func (w *world) noAutodiscover() {
	w.set("autodiscover.contoso.com", "CNAME")
	w.silence("autodiscover.contoso.com")
}

// microsoft lets every host that stands for an endpoint answer, and the media relays.
func (w *world) microsoft() {
	endpoints, _ := probe.ShippedEndpoints()
	add := func(host string) {
		if strings.ContainsAny(host, "*/<") || !strings.Contains(host, ".") || w.find(host, 443) != nil {
			return
		}
		w.set(host, "A", "203.0.113.10")
		h := w.host(host, 443)
		h.Certificate.Organisation = "Microsoft Corporation"
		w.host(host, 80)
	}
	for _, e := range endpoints {
		if !e.Current {
			continue
		}
		for _, host := range append(e.Probes, e.Host) {
			add(strings.ReplaceAll(host, "<tenant>", "contoso"))
		}
	}
	for _, host := range []string{"sipfed.online.lync.com", "sipdir.online.lync.com", "webdir.online.lync.com", "autodiscover.outlook.com", "autodiscover-s.outlook.com", "enterpriseregistration.windows.net", "endpoints.office.com"} {
		add(host)
	}
	w.host("sipfed.online.lync.com", 5061).Certificate.Organisation = "Microsoft Corporation"
	w.find("endpoints.office.com", 443).Pages = []lab.Page{{Status: 200, Header: map[string]string{"Content-Type": "application/json"}, Body: `{"instance":"Worldwide","latest":"2026060600"}`}}
	discovery := lab.Page{Status: 200, Header: map[string]string{"Content-Type": "application/json"}, Body: `{"_links":{"self":{"href":"https://webdir.online.lync.com/"},"user":{"href":"https://webdir.online.lync.com/Autodiscover/AutodiscoverService.svc/root/oauth/user"}}}`}
	w.find("webdir.online.lync.com", 443).Pages = []lab.Page{discovery}
	w.net.Media = []int{3478, 3479, 3480, 3481}
}

// zone finds or makes the zone that a name lies in: the last two labels.
func (w *world) zone(zones *[]lab.Zone, name string) *lab.Zone {
	labels := strings.Split(name, ".")
	apex := strings.Join(labels[max(0, len(labels)-2):], ".")
	for i := range *zones {
		if (*zones)[i].Name == apex {
			return &(*zones)[i]
		}
	}
	*zones = append(*zones, lab.Zone{Name: apex})
	return &(*zones)[len(*zones)-1]
}

func put(z *lab.Zone, name, kind string, values ...string) {
	z.Records = slices.DeleteFunc(z.Records, func(r lab.Record) bool {
		return r.Name == name && (r.Type == kind || r.Type == "CNAME" || kind == "CNAME")
	})
	for _, v := range values {
		z.Records = append(z.Records, lab.Record{Name: name, Type: kind, Value: v})
	}
}

// set publishes a record outside, and inside where the zone has a copy; without values it is taken away.
func (w *world) set(name, kind string, values ...string) {
	put(w.zone(&w.net.Outside, name), name, kind, values...)
	if slices.ContainsFunc(w.net.Inside, func(z lab.Zone) bool { return name == z.Name || strings.HasSuffix(name, "."+z.Name) }) {
		w.inside(name, kind, values...)
	}
}

// inside publishes a record in the zone of the internal servers only.
func (w *world) inside(name, kind string, values ...string) {
	put(w.zone(&w.net.Inside, name), name, kind, values...)
}

func (w *world) find(name string, port int) *lab.Host {
	for i := range w.net.Hosts {
		if h := &w.net.Hosts[i]; h.Name == name && h.Port == port {
			return h
		}
	}
	return nil
}

// host finds a host or adds one that answers.
func (w *world) host(name string, port int) *lab.Host {
	if h := w.find(name, port); h != nil {
		return h
	}
	w.net.Hosts = append(w.net.Hosts, lab.Host{Name: name, Port: port, Pages: []lab.Page{{Status: 200, Body: "ok"}}})
	return &w.net.Hosts[len(w.net.Hosts)-1]
}

// silence takes a host's ports away, all of them when none is named.
func (w *world) silence(name string, ports ...int) {
	w.net.Hosts = slices.DeleteFunc(w.net.Hosts, func(h lab.Host) bool {
		return h.Name == name && (len(ports) == 0 || slices.Contains(ports, h.Port))
	})
}

// signingCertificate is a certificate for signing tokens, base64 of DER, always the same for a name.
func signingCertificate(name string) string {
	key := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, ed25519.SeedSize))
	of := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().AddDate(0, -1, 0).Truncate(24 * time.Hour), NotAfter: time.Now().AddDate(2, 0, 0).Truncate(24 * time.Hour)}
	der, err := x509.CreateCertificate(nil, of, of, key.Public(), key)
	if err != nil {
		panic(err)
	}
	return base64.StdEncoding.EncodeToString(der)
}

// federate lets people sign in at a federation service, sts.contoso.com, whose own document agrees with the tenant, unless it signs with a certificate of another name.
func (w *world) federate(signing string) {
	certificate := signingCertificate("the tenant knows")
	w.rows[evidence.TenantDomains][0] = strings.Replace(w.rows[evidence.TenantDomains][0], `"Managed"`, `"Federated"`, 1)
	w.rows[evidence.TenantFederations] = []string{`{"id":"f","domain":"contoso.com","issuerUri":"http://sts.contoso.com/adfs/services/trust","passiveSignInUri":"https://sts.contoso.com/adfs/ls/",` +
		`"activeSignInUri":"https://sts.contoso.com/adfs/services/trust/2005/usernamemixed","metadataExchangeUri":"https://sts.contoso.com/adfs/services/trust/mex","signingCertificate":"` + certificate + `"}`}
	w.set("sts.contoso.com", "A", "198.51.100.12")
	document := `<EntityDescriptor entityID="http://sts.contoso.com/adfs/services/trust" xmlns="urn:oasis:names:tc:SAML:2.0:metadata" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:fed="http://docs.oasis-open.org/wsfed/federation/200706">` +
		`<RoleDescriptor xsi:type="fed:SecurityTokenServiceType" protocolSupportEnumeration="http://docs.oasis-open.org/wsfed/federation/200706"><KeyDescriptor use="signing"><KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#"><X509Data><X509Certificate>` +
		certificate + `</X509Certificate></X509Data></KeyInfo></KeyDescriptor><fed:PassiveRequestorEndpoint><EndpointReference xmlns="http://www.w3.org/2005/08/addressing"><Address>https://sts.contoso.com/adfs/ls/</Address></EndpointReference></fed:PassiveRequestorEndpoint>` +
		`</RoleDescriptor></EntityDescriptor>`
	if signing != "" {
		document = strings.Replace(document, certificate, signingCertificate(signing), 1)
	}
	w.host("sts.contoso.com", 443).Pages = []lab.Page{
		{Path: "/FederationMetadata/2007-06/FederationMetadata.xml", Status: 200, Header: map[string]string{"Content-Type": "text/xml"}, Body: document},
		{Path: "/adfs/services/trust/mex", Status: 200, Header: map[string]string{"Content-Type": "text/xml"}, Body: "<Metadata/>"},
		{Status: 200, Body: "sign in"},
	}
}

// serve lets the world answer until the test ends, and tells how it is looked at.
func (w *world) serve(t *testing.T) view {
	t.Helper()
	org, err := plant.New(plant.Options{People: 5, Seed: 1, Only: []string{plant.NoFaults}, Alone: true, NoNetwork: true, NoExports: true, Now: time.Now().UTC()})
	if err != nil {
		t.Fatal(err)
	}
	org.Network = w.net
	running, err := server.Start(context.WithoutCancel(t.Context()), org, w.options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := running.Stop(); err != nil {
			t.Error(err)
		}
	})
	v := labView(t, running.Network, w.net)
	if w.view != nil {
		w.view(&v, running.Network)
	}
	return v
}

// audit serves the world, looks at it and judges it.
func (w *world) audit(t *testing.T, o audit.Options) *audit.Result {
	t.Helper()
	known, v := w.evidence(t), w.serve(t)
	parts := append(v.look(t, known), known)
	s, err := evidence.Merge(parts...)
	if err != nil {
		t.Fatal(err)
	}
	return run(t, s, o)
}

// evidence is what directory and tenant tell of the organisation.
func (w *world) evidence(t *testing.T) *evidence.Snapshot {
	t.Helper()
	b := evidence.NewBuilder(time.Now())
	var decoder evidence.Decoder
	for _, d := range evidence.Datasets() {
		if d.Network() || d.Supplied() {
			continue
		}
		for _, line := range w.rows[d] {
			if err := decoder.Row(b.Table(d), []byte(line)); err != nil {
				t.Fatalf("%s: %v", line, err)
			}
		}
		source := "contoso.com"
		if d.OfTenant() {
			source = "contoso"
		}
		b.Cover(evidence.Coverage{Dataset: d, State: evidence.Complete, Rows: len(w.rows[d]), Source: source})
	}
	return b.Seal()
}

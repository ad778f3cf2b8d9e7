package plant

import (
	"slices"
	"strings"

	"hybridaudit/sources/lab"
)

// Ports.
const (
	portHTTP  = 80
	portHTTPS = 443
	portSIP   = 5061
)

// Public authorities, with the addresses that their certificates name.
const (
	digiCert    = "DigiCert Inc"
	microsoftCA = "Microsoft Corporation"

	digiCertCRL   = "http://crl3.digicert.com/DigiCertGlobalG2TLSRSASHA2562020CA1-1.crl"
	digiCertOCSP  = "http://ocsp.digicert.com"
	microsoftCRL  = "http://www.microsoft.com/pkiops/crl/Microsoft%20Azure%20RSA%20TLS%20Issuing%20CA%2003.crl"
	microsoftOCSP = "http://oneocsp.microsoft.com/ocsp"
)

// bought is a certificate of a public authority for names.
func bought(names ...string) lab.Certificate {
	slices.Sort(names)
	return lab.Certificate{Names: slices.Compact(names), Organisation: digiCert, CRL: digiCertCRL, OCSP: digiCertOCSP}
}

// ofMicrosoft is a certificate of Microsoft's own authority.
func ofMicrosoft(names ...string) lab.Certificate {
	return lab.Certificate{Names: names, Organisation: microsoftCA, CRL: microsoftCRL, OCSP: microsoftOCSP}
}

// homemade is a certificate of the organisation's own authority.
func homemade(names ...string) lab.Certificate {
	slices.Sort(names)
	return lab.Certificate{Names: slices.Compact(names), Organisation: "Contoso", Kind: lab.PrivateCertificate, CRL: "http://" + hostCRL + "." + domainMain + "/pki/Contoso-CA.crl"}
}

// page is what a host answers at a path; "" stands for all paths.
func page(path string, status int, body string) lab.Page {
	p := lab.Page{Path: path, Status: status, Body: body}
	switch {
	case strings.HasPrefix(body, "{"):
		p.Header = map[string]string{"Content-Type": "application/json; charset=utf-8"}
	case strings.HasPrefix(body, "<?xml"), strings.HasPrefix(body, "<Entity"):
		p.Header = map[string]string{"Content-Type": "application/xml; charset=utf-8"}
	}
	return p
}

// credentials is the answer of a service that wants to know who asks.
func credentials() lab.Page {
	return lab.Page{Status: 401, Header: map[string]string{"WWW-Authenticate": "Negotiate"}}
}

// to is a redirect.
func to(url string) lab.Page {
	return lab.Page{Status: 302, Header: map[string]string{"Location": url}}
}

// discovery is what lyncdiscover answers: where the services of a host are.
func discovery(host string) lab.Page {
	root := "https://" + host + "/Autodiscover/AutodiscoverService.svc/root"
	return page("", 200, `{"_links":{"self":{"href":"`+root+`"},"user":{"href":"`+root+`/oauth/user"},"xframe":{"href":"`+root+`/xframe"}}}`)
}

// hostsOfServers makes the hosts of the organisation's own servers.
func (n *network) hostsOfServers() {
	b := n.b
	var sip, served, mail []string
	for _, d := range b.uses.domains() {
		if b.uses[d].sip {
			sip = append(sip, d)
		}
		if b.scenario(d) == onServers {
			served = append(served, d)
		}
		if b.uses[d].mail && b.uses[d].server && !strings.HasSuffix(d, ".onmicrosoft.com") {
			mail = append(mail, d)
		}
	}
	n.listen(hostCRL+"."+domainMain, portHTTP, lab.Certificate{}, page("", 200, revocationList))
	n.exchangeHosts(mail, sip)
	if !b.noServer() {
		n.edge(sip, served)
		n.webServices(served)
	}
}

// exchangeHosts makes the servers of Exchange: they want to know who asks, wherever they are asked.
func (n *network) exchangeHosts(domains, sip []string) {
	names := prefixedNames([]string{"autodiscover."}, slices.Concat(domains, sip))
	names = append(names, hostMail+"."+domainMain, hostExchange+"."+domainMain)
	if n.b.oldExchange {
		names = append(names, strings.ToLower(oldServer)+"."+domainMain)
	}
	c := bought(names...)
	for _, d := range domains {
		n.listen("autodiscover."+d, portHTTPS, c, credentials())
	}
	for _, host := range []string{hostMail, hostExchange} {
		n.listen(host+"."+domainMain, portHTTPS, c, credentials())
	}
}

// edge makes the Access Edge, which answers to a name in each SIP domain.
func (n *network) edge(sip, served []string) {
	names := append(prefixedNames([]string{"sip."}, sip), hostEdge+"."+domainMain)
	for _, port := range []int{portHTTPS, portSIP} {
		n.listen(hostEdge+"."+domainMain, port, bought(names...))
		for _, d := range served {
			n.listen("sip."+d, port, bought(names...))
		}
	}
}

// webServices makes the reverse proxy outside, and the pools inside.
func (n *network) webServices(served []string) {
	labels := []string{"lyncdiscover.", "meet.", "dialin."}
	c := bought(append(prefixedNames(labels, served), hostProxy+"."+domainMain)...)
	for _, d := range served {
		for _, label := range labels {
			n.listen(label+d, portHTTPS, c, discovery("lyncdiscover."+d))
		}
		n.listen("lyncdiscover."+d, portHTTP, lab.Certificate{}, discovery("lyncdiscover."+d))
	}
	n.listen(hostProxy+"."+domainMain, portHTTPS, c, page("", 200, "<html></html>"))
	var pools []string
	for _, host := range n.b.serverHosts() {
		if strings.HasPrefix(host, "pool0") {
			pools = append(pools, host+"."+domainMain)
		}
	}
	labels = []string{"lyncdiscoverinternal.", "sipinternal.", "sip.", "ucupdates-r2."}
	c = homemade(append(prefixedNames(labels, served), pools...)...)
	for _, host := range pools {
		n.listen(host, portHTTPS, c, page("", 200, "<html></html>"))
		n.listen(host, portSIP, c)
	}
	for _, d := range served {
		n.listen("lyncdiscoverinternal."+d, portHTTPS, c, discovery("lyncdiscoverinternal."+d))
		n.listen("lyncdiscoverinternal."+d, portHTTP, lab.Certificate{}, discovery("lyncdiscoverinternal."+d))
		n.listen("sipinternal."+d, portSIP, c)
		n.listen("ucupdates-r2."+d, portHTTPS, c, page("", 200, "<html></html>"))
	}
}

// prefixedNames puts each label in front of each domain.
func prefixedNames(labels, domains []string) []string {
	var names []string
	for _, d := range domains {
		for _, label := range labels {
			names = append(names, label+d)
		}
	}
	return names
}

// federationServices makes the federation services of the tenant's federated domains, which say of themselves what the tenant knows of them.
func (n *network) federationServices() {
	for _, d := range n.b.domains {
		if f := d.federation; d.federated && f != nil {
			n.outside.set(f.host, typeA, n.parts[hostSTS])
			n.listen(f.host, portHTTPS, bought(f.host), n.b.federationPages(f)...)
		}
	}
}

// federationPages are those of a federation service without fault.
func (b *builder) federationPages(f *federation) []lab.Page {
	certificates := []string{f.certificate}
	if f.whole != "" {
		certificates[0] = f.whole
	}
	if f.next != "" && f.next != f.certificate {
		certificates = append(certificates, f.next)
	}
	return []lab.Page{
		page("/FederationMetadata/2007-06/FederationMetadata.xml", 200, federationMetadata(f.issuer, f.host, certificates)),
		page("/adfs/services/trust/mex", 200, `<?xml version="1.0"?><Metadata xmlns="http://schemas.xmlsoap.org/ws/2004/09/mex"></Metadata>`),
		page("/adfs/ls/", 200, "<html></html>"),
		page("", 404, ""),
	}
}

// federationMetadata is the document in which a federation service describes itself, without its signature.
func federationMetadata(entityID, host string, certificates []string) string {
	var s strings.Builder
	keys := func() {
		for _, c := range certificates {
			s.WriteString(`<KeyDescriptor use="signing"><KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#"><X509Data><X509Certificate>` + c +
				`</X509Certificate></X509Data></KeyInfo></KeyDescriptor>`)
		}
	}
	at := func(element, path string) {
		s.WriteString(`<fed:` + element + `><EndpointReference xmlns="http://www.w3.org/2005/08/addressing"><Address>https://` + host + path + `</Address></EndpointReference></fed:` + element + `>`)
	}
	s.WriteString(`<EntityDescriptor ID="_5d3c1f52-8c7c-4f2a-9f3c-2c6a0b1d7e84" entityID="` + entityID + `" xmlns="urn:oasis:names:tc:SAML:2.0:metadata">`)
	s.WriteString(`<RoleDescriptor xsi:type="fed:SecurityTokenServiceType" protocolSupportEnumeration="http://docs.oasis-open.org/wsfed/federation/200706" ` +
		`xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:fed="http://docs.oasis-open.org/wsfed/federation/200706">`)
	keys()
	at("SecurityTokenServiceEndpoint", "/adfs/services/trust/2005/certificatemixed")
	at("SecurityTokenServiceEndpoint", "/adfs/services/trust/2005/usernamemixed")
	at("PassiveRequestorEndpoint", "/adfs/ls/")
	s.WriteString(`</RoleDescriptor><IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">`)
	keys()
	s.WriteString(`<SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="https://` + host + `/adfs/ls/"/></IDPSSODescriptor></EntityDescriptor>`)
	return s.String()
}

// aliasedHosts lets names that are aliases of Microsoft's hosts answer as these do, with certificates for other names.
func (n *network) aliasedHosts() {
	for _, z := range slices.Concat(n.outside.zones, n.cached.zones, n.inside.zones) {
		for _, r := range z.Records {
			if r.Type != typeCNAME {
				continue
			}
			for _, of := range n.cloud {
				if of.Name == r.Value && n.host(r.Name, of.Port) == nil {
					h := *of
					h.Name = r.Name
					n.hosts = append(n.hosts, &h)
				}
			}
		}
	}
}

package plant

import (
	"slices"
	"strings"

	"hybridaudit/sources/lab"
)

// Federated domains whose services disagree with the tenant, are not trusted or not there. Nobody signs in with them.
const (
	domainIssuer    = "consultants.example.org"
	domainRolled    = "organics.example.org"
	domainEndpoints = "traders.example.org"
	domainRollover  = "aerospace.example.org"
	domainTwin      = "light.example.org"
	domainSibling   = "gas.example.org"
	domainForeign   = "science.example.org"
	domainUntrusted = "museum.example.org"
	domainBroken    = "films.example.org"
	domainEnding    = "theatre.example.org"
	domainSelfMade  = "gallery.example.org"
	domainDown      = "studios.example.org"
	domainUnnamed   = "flights.example.org"
	domainFailing   = "coffee.example.org"
	domainBeside    = "bistro.example.org"
)

// at is an address of the federation service: AD FS has its paths, other makers have theirs.
func (f *federation) at(path string) string {
	if f.foreign != "" {
		path = f.foreign + path[strings.LastIndexByte(path, '/'):]
	}
	return "https://" + f.host + path
}

// metadata is the address of the document in which AD FS describes itself, without its host.
const metadataPath = "/FederationMetadata/2007-06/FederationMetadata.xml"

// describes has a federation service say of itself what the tenant does not know.
func (b *builder) describes(f *federation, entityID, host string, certificates ...string) {
	b.onNetwork(func(n *network) {
		h := n.host(f.host, portHTTPS)
		h.Pages = slices.Clone(h.Pages)
		h.Pages[0] = page(metadataPath, 200, federationMetadata(entityID, host, certificates))
	})
}

func federationHostPlants() []plant {
	return slices.Concat(disagreeingServices(), untrustedServices(), deadServices())
}

func disagreeingServices() []plant {
	return []plant{
		{rule: "FED-002", about: "the service calls itself otherwise", once: true, plant: func(b *builder) {
			f := b.federate(domainIssuer)
			b.describes(f, "http://login."+domainIssuer+"/adfs/services/trust", f.host, f.certificate)
			b.expectKey("FED-002", "", domainIssuer)
		}},
		{rule: "FED-002", about: "a new certificate of which the tenant does not know", once: true, plant: func(b *builder) {
			f := b.federate(domainRolled)
			b.describes(f, f.issuer, f.host, b.certificate("ADFS Signing - new - "+f.host, b.ago(days(9)), b.ago(days(9)).Add(days(365))))
			b.expectKey("FED-002", "", domainRolled)
		}},
		{rule: "FED-002", about: "tokens are issued on another host", once: true, plant: func(b *builder) {
			f := b.federate(domainEndpoints)
			b.describes(f, f.issuer, "fs."+domainEndpoints, f.certificate)
			b.expectKey("FED-002", "", domainEndpoints)
		}},
		{rule: "FED-002", clean: true, about: "two certificates in the middle of a rollover, both of which the tenant knows", once: true, plant: func(b *builder) {
			f := b.federate(domainRollover)
			f.next = b.certificate("ADFS Signing - next - "+f.host, b.ago(days(2)), b.ago(days(2)).Add(days(365)))
		}},
		{rule: "FED-002", clean: true, about: "several domains on one service, with an issuer of each", once: true, plant: func(b *builder) {
			f := b.federate(domainTwin)
			other := b.federate(domainSibling)
			other.host, other.certificate = f.host, f.certificate
			b.describes(f, "http://"+f.host+"/adfs/services/trust", f.host, f.certificate)
		}},
		{rule: "FED-002", clean: true, about: "a service of another maker, without the document of AD FS", once: true, plant: func(b *builder) {
			f := b.federate(domainForeign)
			f.host, f.foreign, f.issuer = "idp."+domainForeign, "/app/office365/sso", "urn:idp:"+domainForeign
			b.onNetwork(func(n *network) {
				n.host(f.host, portHTTPS).Pages = []lab.Page{
					page(f.foreign+"/mex", 200, `<?xml version="1.0"?><Metadata xmlns="http://schemas.xmlsoap.org/ws/2004/09/mex"></Metadata>`), page("", 200, "<html></html>"),
				}
			})
		}},
	}
}

func untrustedServices() []plant {
	untrusted := func(name, tlsRule, tlsVariant, about string, certificate func(b *builder, host string) lab.Certificate) plant {
		return plant{rule: "FED-003", about: about, once: true, plant: func(b *builder) {
			f := b.federate(name)
			b.certified(f.host, portHTTPS, certificate(b, f.host))
			b.expectKey("FED-003", "", name)
			b.expectKey(tlsRule, tlsVariant, on(f.host, portHTTPS))
		}}
	}
	return []plant{
		untrusted(domainUntrusted, "TLS-003", "I", "the intermediate certificate is not sent", func(_ *builder, host string) lab.Certificate {
			c := bought(host)
			c.Kind = lab.Incomplete
			return c
		}),
		untrusted(domainBroken, "TLS-001", "", "expired yesterday", func(b *builder, host string) lab.Certificate {
			return lasting(b.ago(days(366)), b.ago(days(1)), host)
		}),
		untrusted(domainEnding, "TLS-001", "", "25 days left", func(b *builder, host string) lab.Certificate {
			return lasting(b.ago(days(340)), b.now.Add(days(25)), host)
		}),
		untrusted(domainSelfMade, "TLS-002", "", "self-signed, as token-signing certificates are", func(_ *builder, host string) lab.Certificate {
			return lab.Certificate{Names: []string{host}, Kind: lab.SelfSigned}
		}),
	}
}

func deadServices() []plant {
	return []plant{
		{rule: "FED-004", about: "nothing listens", once: true, notIn: BadNetwork, plant: func(b *builder) {
			f := b.federate(domainDown)
			b.onNetwork(func(n *network) { n.silence(f.host) })
			b.expectKey("FED-004", "", domainDown)
		}},
		{rule: "FED-004", about: "the name has no address", once: true, notIn: BadNetwork, plant: func(b *builder) {
			f := b.federate(domainUnnamed)
			b.onNetwork(func(n *network) {
				n.outside.drop(f.host)
				n.silence(f.host)
			})
			b.expectKey("FED-004", "", domainUnnamed)
		}},
		// Of services that do not answer nobody knows what they would say. One that answers, and wrongly, gives the rules about that something to find.
		{rule: "FED-004", about: "beside them one that answers, with a certificate that has ended and another name", once: true, plant: func(b *builder) {
			f := b.federate(domainBeside)
			b.describes(f, "http://login."+domainBeside+"/adfs/services/trust", f.host, f.certificate)
			b.certified(f.host, portHTTPS, lasting(b.ago(days(366)), b.ago(days(1)), f.host))
			b.expectKey("FED-002", "", domainBeside)
			b.expectKey("FED-003", "", domainBeside)
			b.expectKey("TLS-001", "", on(f.host, portHTTPS))
		}},
		{rule: "FED-004", about: "the service behind the proxy does not answer", once: true, plant: func(b *builder) {
			f := b.federate(domainFailing)
			b.onNetwork(func(n *network) { n.host(f.host, portHTTPS).Pages = []lab.Page{page("", 503, "")} })
			b.expectKey("FED-004", "", domainFailing)
		}},
	}
}

package plant

import (
	"crypto/tls"
	"slices"
	"strings"
	"time"

	"hybridaudit/sources/lab"
)

// reachPlants are the faults of reaching hosts.
func reachPlants() []plant {
	return slices.Concat(closedPlants(), revocationPlants(), proxyPlants(), exchangePlants(), firewallPlants(), hybridPaths())
}

// closed makes a plant that closes a host on port 443. Where a proxy wants credentials nobody knows whether the host can be reached through it.
func closed(rule, about, host string) plant {
	return plant{rule: rule, about: about, once: true, notIn: BadNetwork, plant: func(b *builder) {
		b.onNetwork(func(n *network) { n.silence(host, portHTTPS) })
		b.expectKey(rule, "", on(host, portHTTPS))
	}}
}

// mediaRelay is the relay that is asked.
const mediaRelay = "worldaz.tr.teams.microsoft.com"

func closedPlants() []plant {
	return []plant{
		closed("NET-001", "the new name of Teams is not allowed", "teams.cloud.microsoft"),
		{rule: "NET-001", clean: true, about: "a host of Lync that makes no TLS connection with others than its own clients", once: true, plant: func(b *builder) {
			b.onNetwork(func(n *network) {
				if h := n.host(sipDirectory, portHTTPS); h != nil {
					h.MinTLS, h.MaxTLS = tls.VersionTLS10, tls.VersionTLS10
				}
			})
		}},
		closed("NET-002", "the registration of devices is not allowed", registration),
		closed("NET-002", "the settings of old clients are not allowed", "clientconfig.microsoftonline-p.net"),
		closed("NET-004", "the new name of Outlook is not allowed", "outlook.cloud.microsoft"),
		{rule: "NET-004", about: "the files of the tenant are not allowed", once: true, notIn: BadNetwork, plant: func(b *builder) {
			host := strings.TrimSuffix(domainInitial, ".onmicrosoft.com") + ".sharepoint.com"
			b.onNetwork(func(n *network) { n.silence(host) })
			b.expectKey("NET-004", "", on(host, portHTTPS))
		}},
		{rule: "NET-003", about: "UDP 3478 alone (low)", once: true, notIn: BadNetwork, plant: func(b *builder) {
			b.onNetwork(func(n *network) { n.Media = []int{3478} })
			b.expectKey("NET-003", "", on(mediaRelay, 3478))
		}},
	}
}

// revocationList begins as a list of revoked certificates does; who looks whether lists can be had reads no further.
const revocationList = "-----BEGIN X509 CRL-----\n"

// revoked is a certificate whose revocation is told at these addresses.
func revoked(crl, ocsp string, names ...string) lab.Certificate {
	c := bought(names...)
	c.CRL, c.OCSP = crl, ocsp
	return c
}

func revocationPlants() []plant {
	return []plant{
		{rule: "NET-005", about: "the only list is on a host that does not answer", once: true, plant: func(b *builder) {
			host, dead := b.mailDomain(domainRevoking), "crl."+domainRevoking
			b.onNetwork(func(n *network) { n.outside.set(dead, typeA, "192.0.2.90") })
			b.certified(host, portHTTPS, revoked("http://"+dead+"/issuing.crl", "", host))
			b.expectKey("NET-005", "", on(dead, portHTTP))
		}},
		{rule: "NET-005", about: "the only list is in the directory", once: true, plant: func(b *builder) {
			host := b.mailDomain(domainByLDAP)
			c := homemade(host)
			c.CRL = "ldap:///CN=Contoso-CA,CN=ca01,CN=CDP,CN=Public%20Key%20Services," + strings.ReplaceAll(cnServices, " ", "%20") + "?certificateRevocationList?base"
			b.certified(host, portHTTPS, c)
			b.expectKey("NET-005", "", on(host, portHTTPS))
		}},
		{rule: "NET-005", clean: true, about: "OCSP does not answer, and the list does", once: true, plant: func(b *builder) {
			host, dead := b.mailDomain(domainHalfDead), "ocsp."+domainHalfDead
			b.onNetwork(func(n *network) { n.outside.set(dead, typeA, "192.0.2.91") })
			b.certified(host, portHTTPS, revoked(digiCertCRL, "http://"+dead, host))
		}},
	}
}

// webProxy is the HTTP proxy of the place.
const webProxy = "proxy." + domainMain

func proxyPlants() []plant {
	return []plant{
		{rule: "NET-006", variant: "A", about: "the proxy wants to know who asks", once: true, only: BadNetwork, plant: func(b *builder) {
			b.onNetwork(func(n *network) {
				n.inside.set(webProxy, typeA, b.inner(80))
				n.ProxyAsks = true
			})
			b.expectKey("NET-006", "A", webProxy+":8080")
		}},
		{rule: "NET-006", variant: "F", about: "the configuration script lies in a folder", once: true, notIn: NoServer, plant: func(b *builder) {
			b.onNetwork(func(n *network) { n.PAC = "file://fs01." + domainMain + "/netlogon/proxy.pac" })
			b.expectKey("NET-006", "F", settingsKey)
		}},
		{rule: "NET-006", clean: true, about: "the configuration script comes from a web server", once: true, only: NoServer, plant: func(b *builder) {
			b.onNetwork(func(n *network) { n.PAC = "http://" + webProxy + "/proxy.pac" })
		}},
		{rule: "NET-006", variant: "I", about: "idle connections are cut", once: true, only: BadNetwork, plant: func(b *builder) {
			b.onNetwork(func(n *network) { n.IdleCut = 2 * time.Second })
			b.expectKey("NET-006", "I", settingsKey)
		}},
	}
}

// What findings about a place as a whole, its firewall and the list of endpoints are about.
const (
	settingsKey  = "probe.settings"
	firewallKey  = "probe.firewall"
	endpointsKey = "probe.endpoints"
	clocksKey    = "probe.clocks"
)

// answering has a host answer with a page on all paths.
func (b *builder) answering(host string, p lab.Page) {
	b.onNetwork(func(n *network) {
		if h := n.host(host, portHTTPS); h != nil {
			h.Pages = []lab.Page{p}
		}
	})
}

func exchangePlants() []plant {
	const ews, exchangeOnline = "/EWS/Exchange.asmx", "outlook.office365.com"
	located := func(host string) lab.Page {
		return page("/autodiscover/autodiscover.json", 200, `{"Protocol":"EWS","Url":"https://`+host+ews+`"}`)
	}
	return []plant{
		{rule: "NET-007", about: "Autodiscover is forbidden", once: true, plant: func(b *builder) {
			host := b.mailDomain(domainForbidden)
			b.answering(host, page("", 403, ""))
			b.expectKey("NET-007", "", on(host, portHTTPS))
		}},
		{rule: "NET-007", about: "web services fail", once: true, plant: func(b *builder) {
			host := hostExchange + "." + domainMain
			b.onNetwork(func(n *network) { n.host(host, portHTTPS).Pages = []lab.Page{page(ews, 503, ""), credentials()} })
			b.expectKey("NET-007", "", on(host, portHTTPS))
		}},
		{rule: "NET-007", about: "Exchange Online looks for the mailbox in the wrong place", once: true, notIn: NoServer, plant: func(b *builder) {
			b.onNetwork(func(n *network) {
				n.Mailbox = b.mailboxOnServer()
				if h := n.host(exchangeOnline, portHTTPS); h != nil {
					h.Pages = []lab.Page{located(exchangeOnline), credentials()}
				}
			})
			b.expectKey("NET-007", "", on(exchangeOnline, portHTTPS))
		}},
		{rule: "NET-007", clean: true, about: "a mailbox that Exchange Online finds on its server", once: true, only: NoServer, plant: func(b *builder) {
			b.onNetwork(func(n *network) { n.Mailbox = b.mailboxOnServer() })
		}},
		{rule: "NET-007", clean: true, about: "Autodiscover leads elsewhere", once: true, plant: func(b *builder) {
			b.answering(b.mailDomain(domainMoved), to("https://"+hostMail+"."+domainMain+"/autodiscover/autodiscover.xml"))
		}},
	}
}

// mailboxOnServer is the address of a mailbox on the organisation's server.
func (b *builder) mailboxOnServer() string { return "postmaster@" + domainMain }

// hybridPaths are what servers and tenant reach each other by.
func hybridPaths() []plant {
	return []plant{
		{rule: "NET-009", about: "federation with Microsoft 365 is closed", once: true, pools: true, plant: func(b *builder) {
			b.onNetwork(func(n *network) { n.silence(onlineProxy, portSIP) })
			b.expectKey("NET-009", "", on(onlineProxy, portSIP))
		}},
		{rule: "NET-009", about: "the Edge is closed to federation in one SIP domain", once: true, pools: true, plant: func(b *builder) {
			b.branch(domainClinic)
			b.onNetwork(func(n *network) { n.silence("sip."+domainClinic, portSIP) })
			b.expectKey("NET-009", "", on("sip."+domainClinic, portSIP))
		}},
		{rule: "NET-009", about: "the migration service is closed", once: true, pools: true, notIn: BadNetwork, plant: func(b *builder) {
			b.onNetwork(func(n *network) {
				n.Asked = append(n.Asked, migrationHost)
				n.silence(migrationHost)
			})
			b.expectKey("NET-009", "", on(migrationHost, portHTTPS))
		}},
	}
}

// migrationHost is the hosted migration service of the tenant.
const migrationHost = "admin1a.online.lync.com"

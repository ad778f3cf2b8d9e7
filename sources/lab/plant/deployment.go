package plant

import (
	"strings"
	"time"
)

// deployment is what of the servers is at fault.
type deployment struct {
	deadFrontEnd  bool            // a front-end server of the first pool has a disabled computer account
	deadMediation bool            // a trusted server besides the pools has one
	vanished      bool            // a further trusted server is named
	oldExchange   bool            // an Exchange server that is too old for Teams holds mailboxes
	clock         time.Duration   // how far the clock of the domain controller is ahead
	endpointKinds map[string]bool // kinds of endpoints that were made
}

// Servers of the organisation.
const (
	cnComputers  = "CN=Computers," + baseDN
	cnExchange   = "CN=Microsoft Exchange," + cnServices
	exchangeOrg  = "CN=Contoso," + cnExchange
	exchangeAdm  = "CN=Exchange Administrative Group (FYDIBOHF23SPDLT),CN=Administrative Groups," + exchangeOrg
	cnMailHosts  = "CN=Servers," + exchangeAdm
	mailLegacyDN = "/o=Contoso/ou=Exchange Administrative Group (FYDIBOHF23SPDLT)/cn=Configuration/cn=Servers/cn="
	mailServer   = "EX01"
	oldServer    = "EX13"
)

// frontEnds are the computers behind the first two pools: one of Enterprise Edition with several servers, and one of Standard Edition that is its server.
func (b *builder) frontEnds(pool int) []string {
	if pool == 1 {
		return []string{"POOL02"}
	}
	names := []string{"SFB01", "SFB02"}
	if b.deadFrontEnd {
		names = append(names, "SFB03")
	}
	return names
}

// serverComputers makes the accounts of the computers that pools and topology name.
func (b *builder) serverComputers(f *containers) {
	if b.noServer() {
		return
	}
	type computer struct {
		name string
		dead bool
	}
	list := []computer{{"POOL02", false}, {"SFB01", false}, {"SFB02", false}, {"MED01", b.deadMediation}}
	if b.deadFrontEnd {
		list = append(list, computer{"SFB03", true})
	}
	for i, c := range list {
		o := &object{
			kind: computerKind(), guid: b.fixedGUID(uint64(60 + i)), rid: uint32(900 + i), sam: c.name + "$", uac: number(uacWorkstation),
			host: strings.ToLower(c.name) + "." + domainMain, system: "Windows Server 2019 Standard", created: b.ago(days(1500)), changed: b.ago(days(30)),
		}
		if c.dead {
			o.disable()
		}
		o.place(c.name, cnComputers)
		f.entries = append(f.entries, b.entry(o))
	}
}

// frontEndPairs are the values of msRTCSIP-FrontEndServers of a pool, as pairs of name and value. A real directory makes this back-link of links that the servers hold.
func (b *builder) frontEndPairs(pool int) []string {
	var pairs []string
	for _, name := range b.frontEnds(pool) {
		pairs = append(pairs, "msRTCSIP-FrontEndServers", "CN="+name+","+cnComputers)
	}
	return pairs
}

// exchange makes the Exchange organisation and what the hybrid configuration wizard leaves, and the connection points that clients look for.
func (b *builder) exchange(f *containers) {
	f.add(cnExchange, "top container", "Container", "cn", "Microsoft Exchange")
	f.add(exchangeOrg, "top container msExchOrganizationContainer", "msExchOrganizationContainer", "cn", "Contoso")
	f.add("CN=Administrative Groups,"+exchangeOrg, "top container", "Container", "cn", "Administrative Groups")
	f.add(exchangeAdm, "top container", "Container", "cn", "Exchange Administrative Group (FYDIBOHF23SPDLT)")
	f.add(cnMailHosts, "top container", "Container", "cn", "Servers")
	b.mailHost(f, mailServer, "Version 15.2 (Build 31544.4)")
	if b.oldExchange {
		b.mailHost(f, oldServer, "Version 15.0 (Build 31497.2)")
		b.expectKey("TOP-007", "V", f.last().String())
	}
	f.add("CN=Hybrid Configuration,"+exchangeOrg, "top container", "Container", "cn", "Hybrid Configuration")
	f.add("CN=Hybrid Configuration,CN=Hybrid Configuration,"+exchangeOrg, "top msExchCoexistenceRelationship", "msExchCoexistenceRelationship",
		"cn", "Hybrid Configuration", "msExchCoexistenceDomains", domainMain)
	f.add("CN=Autodiscover,"+cnServices, "top container", "Container", "cn", "Autodiscover")
	f.add("CN="+mailServer+",CN=Autodiscover,"+cnServices, "top leaf connectionPoint serviceConnectionPoint", "Service-Connection-Point", "cn", mailServer,
		"keywords", "77378F46-2C66-4aa9-A6A6-3E7A48B19596", "keywords", "Site=Default-First-Site-Name",
		"serviceBindingInformation", "https://ex01."+domainMain+"/Autodiscover/Autodiscover.xml")
	f.add("CN=Device Registration Configuration,"+cnServices, "top container", "Container", "cn", "Device Registration Configuration")
	f.add("CN=62a0ff2e-97b9-4513-943f-0d221bd30080,CN=Device Registration Configuration,"+cnServices, "top leaf connectionPoint serviceConnectionPoint",
		"Service-Connection-Point", "cn", "62a0ff2e-97b9-4513-943f-0d221bd30080", "keywords", "azureADName:"+domainMain, "keywords", "azureADId:"+b.tenantID())
}

func (b *builder) mailHost(f *containers, name, version string) {
	f.add("CN="+name+","+cnMailHosts, "top server msExchExchangeServer", "msExchExchangeServer", "cn", name, "serialNumber", version)
}

// onOldServer puts a person's mailbox on the server that is too old.
func (b *builder) onOldServer(p *person) {
	b.oldExchange = true
	p.ad.mailHost = mailLegacyDN + oldServer
}

// endpointKindNames maps the beginnings of msRTCSIP-OwnerUrn to kinds of endpoints.
func endpointKindNames() [][2]string {
	return [][2]string{
		{"urn:application:RGS", "response group"}, {"urn:application:Caa", "dial-in"}, {"urn:application:", "application"},
		{"urn:trustedonlineplatformapplication:", "hybrid"}, {"urn:device:commonareaphone", "common area"}, {"urn:device:analogphone", "analogue phone"},
		{"urn:device:analogfax", "fax"}, {"urn:device:roomsystem", "room"},
	}
}

// noteEndpoint remembers the kind of an endpoint that was made: each kind is one finding.
func (b *builder) noteEndpoint(o *object) {
	if o.owner == "" {
		return
	}
	for _, k := range endpointKindNames() {
		if strings.HasPrefix(o.owner, k[0]) {
			if b.endpointKinds == nil {
				b.endpointKinds = map[string]bool{}
			}
			b.endpointKinds[k[1]] = true
			return
		}
	}
}

// expectDeployment declares what an audit says of every such organisation: what there is, and that its servers are old.
func (b *builder) expectDeployment() {
	for range b.endpointKinds {
		b.expectKey("TOP-009", "", domainMain)
	}
	b.expectKey("TOP-007", "I", domainMain)
	b.expectKey("VOI-009", "C", domainMain) // the contacts of auto attendants are always there
	if b.variant == Cloud {
		return
	}
	if b.noServer() {
		b.expectKey("TOP-011", "", domainMain)
		return
	}
	b.expectKey("TOP-001", "F", domainMain)
	for i, g := range b.poolGUIDs {
		switch {
		case i != poolOld:
			b.expectKey("TOP-001", "P", g.String())
			b.expectKey("TOP-002", "E", g.String())
		case b.hasOldPool:
			b.expectKey("TOP-001", "P", g.String())
			b.expectKey("TOP-003", "F", g.String())
		}
	}
	if b.deadFrontEnd {
		b.expectKey("TOP-003", "C", b.poolGUIDs[0].String())
	}
}

// Standing names the rules that speak of every organisation, however little is wrong with it: they list what is there.
func Standing() []string {
	return []string{"TOP-001", "TOP-002", "TOP-007", "TOP-009", "TOP-011", "VOI-008", "VOI-009"}
}

package plant

import (
	"encoding/json"
	"strings"
)

// blockedPartner is a domain that both sides block.
const blockedPartner = "blocked.example.com"

// Policies of the servers.
const (
	policyGlobal = "Global"
	policyDialIn = "Tag:Dial-in"
)

// startServerExports makes what an administrator saved of servers without fault: connected with the tenant, all of one build, open as the tenant is.
func (b *builder) startServerExports() {
	b.export(psProviders).add(psOf(
		"Identity", "Office365", "Name", "Office365", "ProxyFqdn", onlineProxy, "VerificationLevel", "UseSourceVerification", "Enabled", true,
		"EnabledSharedAddressSpace", true, "HostsOCSUsers", true, "IsLocal", false,
		"AutodiscoverUrl", "https://webdir.online.lync.com/Autodiscover/AutodiscoverService.svc/root",
	))
	b.export(psServerUsers)
	b.export(psPools)
	b.export(psReplicas)
	b.export(psServerDomains)
	b.export(psEdge).add(psOf(
		"Identity", "Global", "AllowAnonymousUsers", true, "AllowFederatedUsers", true, "AllowOutsideUsers", true, "BeClearingHouse", false,
		"EnablePartnerDiscovery", true, "DiscoveredPartnerVerificationLevel", "UseSourceVerification", "EnableArchivingDisclaimer", false,
		"RoutingMethod", "UseDnsSrvRouting", "IsPublicProvider", false,
	))
	b.export(psAllowed)
	b.export(psBlocked).add(psOf("Identity", blockedPartner, "Domain", blockedPartner, "Comment", nil))
	conferencing := b.export(psConferencing)
	conferencing.add(psOf("Identity", policyGlobal, "AllowIPAudio", true, "AllowIPVideo", true, "EnableDialInConferencing", false, "MaxMeetingSize", 250))
	conferencing.add(psOf("Identity", policyDialIn, "AllowIPAudio", true, "AllowIPVideo", true, "EnableDialInConferencing", true, "MaxMeetingSize", 250))
}

// serverBuild is the build of servers that people can be moved from.
const serverBuild = "7.0.2046.553"

// finishServerExports adds pools and replicas as they stand in the topology when everything is planted.
func (b *builder) finishServerExports() {
	if b.noServer() {
		return
	}
	pools, replicas, domains := b.export(psPools), b.export(psReplicas), b.export(psServerDomains)
	for i, d := range b.sipDomains() {
		domains.add(psOf("Identity", d, "Name", d, "IsDefault", i == 0))
	}
	replica := func(host string) {
		replicas.add(psOf("UpToDate", true, "ReplicaFqdn", host, "LastStatusReport", b.ago(seconds(900)), "LastUpdateCreation", b.ago(days(1)), "ProductVersion", serverBuild))
	}
	for i, site := range []string{"Site:Tokyo", "Site:London"} {
		fqdn := "pool0" + decimal(int64(i+1)) + "." + domainMain
		var computers []string
		for _, name := range b.frontEnds(i) {
			host := strings.ToLower(name) + "." + domainMain
			computers = append(computers, host)
			replica(host)
		}
		services := []string{"Registrar:" + fqdn, "UserServer:" + fqdn, "WebServer:" + fqdn, "ConferencingServer:" + fqdn}
		pools.add(psOf("Identity", fqdn, "Services", services, "Computers", computers, "Fqdn", fqdn, "BackupPoolFqdn", nil, "Site", site))
	}
	for _, other := range [][2]string{{"med01", "MediationServer:"}, {"edge01", "EdgeServer:"}} {
		fqdn := other[0] + "." + domainMain
		pools.add(psOf("Identity", fqdn, "Services", []string{other[1] + fqdn}, "Computers", []string{fqdn}, "Fqdn", fqdn, "BackupPoolFqdn", nil, "Site", "Site:Tokyo"))
		replica(fqdn)
	}
}

// serverUser writes what Get-CsUser shows of a person: whoever the directory has enabled at some time.
func (b *builder) serverUser(p *person) json.RawMessage {
	o, d := p.ad, b.json
	d.begin()
	d.text("Identity", o.dn)
	d.text("SamAccountName", o.sam)
	d.text("UserPrincipalName", o.upn)
	d.text("DisplayName", o.shown)
	d.text("SipAddress", o.sip)
	d.flag("Enabled", o.enabled == yes)
	d.flag("EnabledForFederation", o.federation == yes)
	d.flag("EnterpriseVoiceEnabled", o.flags.value&voiceFlag != 0)
	d.text("LineURI", o.line)
	d.text("PrivateLine", o.privateLine)
	d.text("HomeServer", o.home)
	d.text("RegistrarPool", poolOf(o.home))
	d.text("HostingProvider", o.locator)
	d.text("ConferencingPolicy", b.conferencingOf(p))
	d.flag("HostedVoiceMail", contains(o.voiceMail, "ExchangeHostedVoiceMail=1"))
	if b.loadable { // a real domain controller gives the objectGUID
		d.raw("Guid", "")
	} else {
		d.text("Guid", o.guid.String())
	}
	d.time("WhenChanged", o.changed)
	return d.end()
}

// poolOf is the pool whose registrar a person is homed on.
func poolOf(home string) string {
	for i, fqdn := range []string{"pool01.", "pool02."} {
		if strings.HasSuffix(strings.ToLower(home), strings.ToLower(poolDN(i))) {
			return fqdn + domainMain
		}
	}
	return ""
}

// conferencingOf gives the policy with dial-in to those who have the licence for it in the tenant; "" stands for the global policy.
func (b *builder) conferencingOf(p *person) string {
	if p.ad.locator != serverLocator || p.cloud == nil || b.random(p.number, saltDial)%4 != 0 {
		return ""
	}
	for _, plan := range p.cloud.plans {
		if plan.id == b.audioConferencing && plan.status == statusEnabled {
			return strings.TrimPrefix(policyDialIn, "Tag:")
		}
	}
	return ""
}

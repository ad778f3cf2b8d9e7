package plant

import (
	"encoding/json"
	"slices"
	"strings"
)

// What a tenant's upgrade policies and the accounts' effective modes are called.
const (
	modeIslands   = "Islands"
	modeTeamsOnly = "TeamsOnly"

	onlineRegistrar = "sippoolTYO301.infra.lync.com"
)

// startExports makes what an administrator saved of a tenant without fault: of a hybrid one, or of one whose servers are gone.
func (b *builder) startExports() {
	hybrid := !b.noServer()
	b.export(psFederation).add(psOf(
		"Identity", "Global", "AllowedDomains", psOf("AllowAllKnownDomains", psOf()), "BlockedDomains", []any{psOf("Domain", blockedPartner).write()},
		"AllowFederatedUsers", true, "AllowTeamsConsumer", false, "AllowTeamsConsumerInbound", false, "TreatDiscoveredPartnersAsUnverified", false,
		"SharedSipAddressSpace", hybrid, "RestrictTeamsConsumerToExternalUserProfiles", false,
	))
	b.export(psOnlineUsers)
	mode := modeIslands
	if !hybrid {
		mode = modeTeamsOnly
	}
	policies := b.export(psPolicies)
	policies.add(psOf("Identity", "Global", "Description", "", "Mode", mode, "NotifySfbUsers", false, "Action", "None"))
	for _, p := range [][2]string{{"UpgradeToTeams", modeTeamsOnly}, {modeIslands, modeIslands}, {"SfBOnly", "SfBOnly"}, {"SfBWithTeamsCollab", "SfBWithTeamsCollab"}} {
		policies.add(psOf("Identity", "Tag:"+p[0], "Description", p[0], "Mode", p[1], "NotifySfbUsers", false, "Action", "None"))
	}
	b.export(psConfiguration).add(psOf("Identity", "Global", "DownloadTeams", true, "SfBMeetingJoinUx", "NativeLimitedClient", "BlockLegacyAuthorization", false))
	b.export(psOnlineDomains)
	b.export(psNumbers)
	b.export(psConnect).add(psOf("Server", "SYNC01."+domainMain, "Version", "2.5.190.0"))
	if hybrid {
		b.startServerExports()
	}
}

// finishExports adds what follows from the state of the tenant when everything is planted.
func (b *builder) finishExports() {
	domains := b.export(psOnlineDomains)
	for _, d := range b.domains {
		if d.verified && (d.sub || slices.Contains(d.services, serviceOCO)) {
			domains.add(psOf("Name", d.name, "Status", "Enabled"))
		}
	}
	list := b.export(psNumbers)
	for _, n := range b.phones {
		list.add(n.exported())
	}
}

// onlineUser writes what Get-CsOnlineUser shows of a person. It shows whoever Teams knows.
func (b *builder) onlineUser(p *person) json.RawMessage {
	u, o, d := p.cloud, p.ad, b.json
	onPremises := strings.EqualFold(u.teams.account, accountOnPremises) || u.teams.account == accountUnknown && u.sip != nil && u.sip.location == serverLocator
	hosting, registrar, mode := onlineProxy, onlineRegistrar, modeTeamsOnly
	if onPremises {
		hosting, registrar, mode = serverLocator, "", modeIslands
	}
	d.begin()
	d.text("Identity", u.id)
	d.text("AccountType", psAccount(u.teams.account))
	d.flag("AccountEnabled", u.enabled)
	d.text("DisplayName", u.shown)
	d.text("UserPrincipalName", u.upn)
	d.text("TenantId", b.tenantID())
	d.text("UsageLocation", u.location)
	d.flag("IsSipEnabled", len(u.im) > 0)
	d.text("SipAddress", prefixed("sip:", u.im))
	d.flag("UserDirSyncEnabled", u.synced == jsonTrue)
	d.texts("ProxyAddresses", u.proxies)
	d.raw("ShadowProxyAddresses", "[]")
	d.texts("FeatureTypes", u.teams.features)
	d.text("HostingProvider", hosting)
	d.text("RegistrarPool", registrar)
	d.flag("EnterpriseVoiceEnabled", u.teams.voice)
	d.text("LineUri", prefixed("tel:", u.teams.primary()))
	d.text("TeamsUpgradeEffectiveMode", mode)
	d.raw("TeamsUpgradePolicy", "")
	d.text("InterpretedUserType", b.interpreted(p, onPremises))
	d.raw("UserValidationErrors", "[]")
	d.raw("SoftDeletionTimestamp", "")
	d.time("WhenChanged", u.teams.modified)
	if u.sip == nil || o == nil {
		d.raw("OnPremSIPEnabled", "")
		d.raw("OnPremSipAddress", "")
		d.raw("OnPremHostingProvider", "")
		d.raw("OnPremEnterpriseVoiceEnabled", "")
		d.raw("OnPremLineURI", "")
		return d.end()
	}
	d.flag("OnPremSIPEnabled", u.sip.enabled)
	d.text("OnPremSipAddress", u.sip.address)
	d.text("OnPremHostingProvider", u.sip.location)
	d.flag("OnPremEnterpriseVoiceEnabled", o.flags.value&voiceFlag != 0)
	d.text("OnPremLineURI", o.line)
	return d.end()
}

// interpreted is what the service makes of an account; nobody documented the texts.
func (b *builder) interpreted(p *person, onPremises bool) string {
	switch u := p.cloud; {
	case u.teams.account == accountResource:
		return "PureOnlineApplicationInstance"
	case u.synced != jsonTrue:
		return "PureOnlineTeamsOnlyUser"
	case onPremises:
		return "HybridOnpremSfBUserWithTeamsLicense"
	case p.ad != nil && p.ad.sip != "":
		return "HybridOnlineTeamsOnlyUser"
	}
	return "DirSyncEnabledOnlineTeamsOnlyUser"
}

// psAccount is the account type as PowerShell writes it.
func psAccount(account string) string {
	for _, known := range [...]string{"User", "SfBOnPremUser", "ResourceAccount", "Guest", "Unknown"} {
		if strings.EqualFold(account, known) {
			return known
		}
	}
	return account
}

// prefixed gives the first of some values with a prefix, "" without any.
func prefixed(prefix string, values []string) string {
	if len(values) == 0 {
		return ""
	}
	return prefix + strings.TrimPrefix(values[0], prefix)
}

package plant

import (
	"encoding/json"

	"hybridaudit/sources/lab"
)

// domain is a domain of the tenant.
type domain struct {
	name          string
	verified      bool
	initial, main bool
	federated     bool
	sub           bool // isRoot is false
	services      []string
	federation    *federation // of a federated domain
}

const serviceOCO = "OfficeCommunicationsOnline"

// tenantDomains are the domains of a tenant without fault.
func tenantDomains() []domain {
	all := []string{"Email", serviceOCO, "OrgIdAuthentication", "Yammer", "Intune"}
	return []domain{
		{name: domainMain, verified: true, main: true, services: all},
		{name: domainSecond, verified: true, federated: true, services: all},
		{name: domainJapan, verified: true, services: all},
		{name: domainSub, verified: true, sub: true},
		{name: domainInitial, verified: true, initial: true, services: []string{"Email", serviceOCO}},
		{name: domainRouting, verified: true, services: []string{"Email"}},
	}
}

// tenantID is the id of the tenant, another for each seed.
func (b *builder) tenantID() string { return b.fixedGUID(1).String() }

// tenant assembles the collections.
func (b *builder) tenant(users, configurations []json.RawMessage) lab.Tenant {
	t := lab.Tenant{ID: b.tenantID(), Refused: b.refused}
	add := func(path string, objects ...json.RawMessage) {
		t.Collections = append(t.Collections, lab.Collection{Path: path, Objects: objects})
	}
	b.fillQuota(len(users))
	add("organization", b.organization())
	var domains []json.RawMessage
	for _, d := range b.domains {
		domains = append(domains, d.write(b.json))
	}
	add("domains", domains...)
	for _, d := range b.domains {
		add("domains/"+d.name+"/serviceConfigurationRecords", d.records(b)...)
		add("domains/"+d.name+"/verificationDnsRecords", d.verification(b)...)
		if d.federated && d.federation != nil {
			add("domains/"+d.name+"/federationConfiguration", d.federation.write(b.json))
		}
	}
	var skus []json.RawMessage
	for _, s := range b.skus {
		if s.listed || s.consumed > 0 {
			skus = append(skus, s.write(b.json, t.ID))
		}
	}
	add("subscribedSkus", skus...)
	add("users", users...)
	add("admin/teams/userConfigurations", configurations...)
	add("directory/onPremisesSynchronization", b.syncFeatures())
	b.addRecipients(add)
	b.addServices(add)
	return t
}

// organization is the one object of its collection.
func (b *builder) organization() json.RawMessage {
	d := b.json
	d.begin()
	d.text("id", b.tenantID())
	d.text("displayName", "Contoso")
	d.text("tenantType", "AAD")
	d.text("countryLetterCode", "JP")
	d.text("country", "JP")
	d.text("defaultUsageLocation", "JP")
	d.text("preferredLanguage", "ja")
	d.raw("partnerTenantType", "")
	d.time("createdDateTime", b.ago(days(2900)))
	d.raw("onPremisesSyncEnabled", b.syncing)
	d.time("onPremisesLastSyncDateTime", b.synced)
	d.texts("technicalNotificationMails", []string{"it@" + domainMain})
	d.time("onPremisesLastPasswordSyncDateTime", b.limits.passwordSync)
	d.open("directorySizeQuota", '{')
	d.number("used", b.limits.used)
	d.number("total", b.limits.total)
	d.shut('}')
	d.open("verifiedDomains", '[')
	for _, v := range b.domains {
		if !v.verified {
			continue
		}
		d.open("", '{')
		d.text("capabilities", joined(v.services))
		d.flag("isDefault", v.main)
		d.flag("isInitial", v.initial)
		d.text("name", v.name)
		d.text("type", v.authentication())
		d.shut('}')
	}
	d.shut(']')
	d.open("assignedPlans", '[')
	for _, p := range servicePlans()[:2] {
		d.open("", '{')
		d.time("assignedDateTime", b.ago(days(1200)))
		d.text("capabilityStatus", statusEnabled)
		d.text("service", p.service)
		d.text("servicePlanId", p.id)
		d.shut('}')
	}
	d.shut(']')
	d.open("provisionedPlans", '[')
	for range 2 {
		d.open("", '{')
		d.text("capabilityStatus", statusEnabled)
		d.text("provisioningStatus", resultSuccess)
		d.text("service", serviceSkype)
		d.shut('}')
	}
	d.shut(']')
	return d.end()
}

func (v domain) authentication() string {
	if v.federated {
		return "Federated"
	}
	return "Managed"
}

// joined is how organization writes the capabilities of a domain.
func joined(list []string) string {
	if len(list) == 0 {
		return "None"
	}
	s := list[0]
	for _, v := range list[1:] {
		s += ", " + v
	}
	return s
}

// write gives the domain as Graph does.
func (v domain) write(d *document) json.RawMessage {
	d.begin()
	d.text("id", v.name)
	d.text("authenticationType", v.authentication())
	d.raw("availabilityStatus", "")
	d.flag("isAdminManaged", true)
	d.flag("isDefault", v.main)
	d.flag("isInitial", v.initial)
	d.flag("isRoot", !v.sub)
	d.flag("isVerified", v.verified)
	d.raw("manufacturer", "")
	d.raw("model", "")
	d.number("passwordNotificationWindowInDays", 14)
	d.number("passwordValidityPeriodInDays", 2147483647)
	d.texts("supportedServices", v.services)
	d.raw("state", "")
	return d.end()
}

// records are the DNS records that the service wants for the domain: those for Skype and Teams only if the domain supports them.
func (v domain) records(b *builder) []json.RawMessage {
	if !v.verified || v.initial || !contains(v.services, serviceOCO) {
		return nil
	}
	d := b.json
	base := func(kind, record, label, id string) {
		d.begin()
		d.text("@odata.type", "#microsoft.graph."+kind)
		d.text("id", id)
		d.flag("isOptional", false)
		d.text("label", label)
		d.text("recordType", record)
		d.text("supportedService", serviceOCO)
		d.number("ttl", 3600)
	}
	id := func(n uint64) string { return guidOf(b.seed, n+uint64(len(v.name))*16, saltDomain).String() }
	cname := func(label, target string, n uint64) json.RawMessage {
		base("domainDnsCnameRecord", "CName", label+"."+v.name, id(n))
		d.text("canonicalName", target)
		return d.end()
	}
	srv := func(service, protocol, target string, port int, n uint64) json.RawMessage {
		base("domainDnsSrvRecord", "Srv", service+"."+protocol+"."+v.name, id(n))
		d.text("nameTarget", target)
		d.number("port", port)
		d.number("priority", 100)
		d.text("protocol", protocol)
		d.text("service", service)
		d.number("weight", 1)
		return d.end()
	}
	return []json.RawMessage{
		cname("sip", "sipdir.online.lync.com", 10), cname("lyncdiscover", "webdir.online.lync.com", 11),
		srv("_sip", "_tls", "sipdir.online.lync.com", 443, 12), srv("_sipfederationtls", "_tcp", onlineProxy, 5061, 13),
	}
}

// syncFeatures is the one object of directory/onPremisesSynchronization, with the features in alphabetical order.
func (b *builder) syncFeatures() json.RawMessage {
	d := b.json
	d.begin()
	d.text("id", b.tenantID())
	d.open("configuration", '{')
	d.open("accidentalDeletionPrevention", '{')
	d.text("synchronizationPreventionType", "enabledForCount")
	d.number("alertThreshold", 500)
	d.shut('}')
	d.shut('}')
	d.open("features", '{')
	for _, f := range []struct {
		name string
		on   bool
	}{
		{"allowOnPremUpdateOfOnPremisesObjectIdentifierEnabled", false}, {"blockCloudObjectTakeoverThroughHardMatchEnabled", true},
		{"blockSoftMatchEnabled", true}, {"bypassDirSyncOverridesEnabled", false}, {"cloudPasswordPolicyForPasswordSyncedUsersEnabled", false},
		{"concurrentCredentialUpdateEnabled", false}, {"concurrentOrgIdProvisioningEnabled", false}, {"deviceWritebackEnabled", false},
		{"directoryExtensionsEnabled", false}, {"fopeConflictResolutionEnabled", false}, {"groupWriteBackEnabled", false}, {"passwordSyncEnabled", true},
		{"passwordWritebackEnabled", true}, {"quarantineUponProxyAddressesConflictEnabled", true}, {"quarantineUponUpnConflictEnabled", true},
		{"softMatchOnUpnEnabled", true}, {"synchronizeUpnForManagedUsersEnabled", true}, {"unifiedGroupWritebackEnabled", false},
		{"userForcePasswordChangeOnLogonEnabled", false}, {"userWritebackEnabled", false},
	} {
		d.flag(f.name, f.on)
	}
	d.shut('}')
	return d.end()
}

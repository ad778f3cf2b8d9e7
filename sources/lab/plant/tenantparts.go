package plant

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
)

// tenantParts are what a tenant has besides its users, domains and subscriptions, and what was saved with PowerShell.
type tenantParts struct {
	recipients []*recipient // groups and organisational contacts
	deleted    []*deletedUser
	services   []*service
	issues     []*issue
	principals []*principal
	roles      []role
	phones     []*phone
	given      map[string]bool // numbers that somebody of the directory has
	limits     limits
	exports    []*export
	sipLost    bool          // synchronisation brings nobody's SIP data
	adfs       func(*object) // changes the account that the federation service runs as

	audioConferencing string // id of the service plan
}

// startTenant makes the parts of a tenant without fault.
func (b *builder) startTenant() {
	b.services, b.principals, b.given = newServices(), b.newPrincipals(), map[string]bool{}
	b.limits = limits{passwordSync: b.ago(seconds(130))}
	b.audioConferencing = b.planID("MCOMEETADV")
	b.domain(domainSecond).federation = b.newFederation(domainSecond)
	b.issue("TM100200", "Microsoft Teams", "Some people could not join meetings").endedAt(b.ago(days(25))).started = b.ago(days(26))
	b.startExports()
}

// domain gives a domain of the tenant, to be changed; nil when there is none of that name.
func (b *builder) domain(name string) *domain {
	if i := slices.IndexFunc(b.domains, func(d domain) bool { return d.name == name }); i >= 0 {
		return &b.domains[i]
	}
	return nil
}

// standingTenant makes what a tenant has of its own, after everybody is there.
func (b *builder) standingTenant() {
	size := 1 + b.people/300
	b.standingRecipients(size)
	b.standingDeleted(size)
	b.standingPhones(size)
	b.finishServerExports()
	b.finishExports()
}

// synchroniseObject gives the tenant its copy of a group or contact.
func (b *builder) synchroniseObject(o *object) {
	if r := b.copied(o); r != nil {
		if o.inTenant != nil {
			o.inTenant(r)
		}
		b.recipients = append(b.recipients, r)
	}
}

// inTeams notes what Get-CsOnlineUser shows of a person.
func (b *builder) inTeams(p *person) {
	if !b.withoutExports {
		b.export(psOnlineUsers).keep(p, b.onlineUser(p))
	}
}

// onServers notes what Get-CsUser shows of a person.
func (b *builder) onServers(p *person) {
	if !b.withoutExports && !b.noServer() && p.ad != nil && p.ad.enabled != "" {
		b.export(psServerUsers).keep(p, b.serverUser(p))
	}
}

// addRecipients adds the collections of groups, contacts and deleted users.
func (b *builder) addRecipients(add func(string, ...json.RawMessage)) {
	var groups, contacts, deleted []json.RawMessage
	for _, r := range b.recipients {
		if r.contact {
			contacts = append(contacts, r.write(b.json))
		} else {
			groups = append(groups, r.write(b.json))
		}
	}
	for _, u := range b.deleted {
		deleted = append(deleted, u.write(b.json))
	}
	add("groups", groups...)
	add("contacts", contacts...)
	add("directory/deletedItems/microsoft.graph.user", deleted...)
}

// addServices adds the collections of services, numbers, applications and roles.
func (b *builder) addServices(add func(string, ...json.RawMessage)) {
	var services, issues, numbers, principals, roles []json.RawMessage
	for _, s := range b.services {
		services = append(services, s.write(b.json))
	}
	for _, i := range b.issues {
		issues = append(issues, i.write(b.json))
	}
	for _, n := range b.phones {
		numbers = append(numbers, n.write(b.json))
	}
	for _, p := range b.principals {
		principals = append(principals, p.write(b.json))
	}
	for i, r := range b.roles {
		roles = append(roles, r.write(b.json, i))
	}
	add("admin/serviceAnnouncement/healthOverviews", services...)
	add("admin/serviceAnnouncement/issues", issues...)
	add("admin/teams/telephoneNumberManagement/numberAssignments", numbers...)
	add("servicePrincipals", principals...)
	add("roleManagement/directory/roleAssignments", roles...)
}

// proof is the text that proves in DNS that the domain is the tenant's.
func (b *builder) proof(v domain) string {
	return "MS=ms" + strconv.FormatUint(10_000_000+b.random(len(v.name), saltService)%90_000_000, 10)
}

// verification are the DNS records of which one proves that the domain is the tenant's.
func (v domain) verification(b *builder) []json.RawMessage {
	if v.initial || v.name == domainRouting {
		return nil
	}
	d := b.json
	code := strings.TrimPrefix(b.proof(v), "MS=")
	record := func(kind, record string, n uint64) {
		d.begin()
		d.text("@odata.type", "#microsoft.graph."+kind)
		d.text("id", guidOf(b.seed, n+uint64(len(v.name))*16, saltService).String())
		d.flag("isOptional", false)
		d.text("label", v.name)
		d.text("recordType", record)
		d.raw("supportedService", "")
		d.number("ttl", 3600)
	}
	record("domainDnsTxtRecord", "Txt", 20)
	d.text("text", "MS="+code)
	txt := d.end()
	record("domainDnsMxRecord", "Mx", 21)
	d.text("mailExchange", code+".msv1.invalid")
	d.number("preference", 32767)
	return []json.RawMessage{txt, d.end()}
}

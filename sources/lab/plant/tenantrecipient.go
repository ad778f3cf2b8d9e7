package plant

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"hybridaudit/sources/evidence/directory"
)

// recipient is a group of the tenant, or an organisational contact, before it is written. Empty texts are null.
type recipient struct {
	contact                                   bool
	id, shown, description                    string
	mail, nickname                            string
	proxies                                   []string
	mailEnabled, security                     bool
	types                                     []string // Unified, DynamicMembership
	created                                   time.Time
	synced                                    string // true, false or ""
	lastSync                                  time.Time
	sid, domain, netbios, sam, given, surname string
	conflicts                                 []conflict
	faults                                    []serviceFault
}

// serviceFault is an entry of serviceProvisioningErrors.
type serviceFault struct {
	instance string // MicrosoftCommunicationsOnline/APAC-0001
	detail   string // XML
	resolved bool
	created  time.Time
}

// graphIDOf is the object id of the tenant's copy of a group or contact.
func (b *builder) graphIDOf(o *object) string {
	return guidOf(b.seed, mixBytes(o.guid), saltRecipient).String()
}

// mixBytes folds an identifier into one number.
func mixBytes(g directory.GUID) uint64 {
	var n uint64
	for _, c := range g {
		n = n<<8 ^ n>>51 ^ uint64(c)
	}
	return n
}

// copied makes what directory synchronisation makes of a group or contact; nil of what it leaves out.
func (b *builder) copied(o *object) *recipient {
	group := o.category == "Group"
	if o.apart || strings.Contains(o.cn, "\nCNF:") || o.critical != "" || !group && (o.mail == "" || !contains(o.classes, "contact")) {
		return nil
	}
	r := &recipient{
		contact: !group, id: b.graphIDOf(o), shown: o.shown, description: o.description, synced: jsonTrue, lastSync: o.changed.Add(seconds(1200)),
		created: o.created.Add(seconds(1500)), given: o.given, surname: o.surname,
	}
	if r.shown == "" {
		r.shown = o.cn
	}
	if o.mail != "" {
		r.mail, r.nickname, r.proxies = o.primary(), o.nickname, b.accepted(o)
	}
	if !group {
		return r
	}
	r.mailEnabled, r.security = o.mail != "", o.groupType.value < 0
	if r.nickname == "" {
		r.nickname = strings.ReplaceAll(r.id[:8]+r.id[24:], "-", "")
	}
	r.domain, r.netbios, r.sam = domainMain, "CONTOSO", o.sam
	if sid, err := directory.SIDText(sidOf(b.seed, o.rid)); err == nil {
		r.sid = sid
	}
	return r
}

// accepted are the addresses of a group or contact that the tenant takes: of a group those in its own domains.
func (b *builder) accepted(o *object) []string {
	return slices.DeleteFunc(slices.Clone(o.proxies), func(v string) bool {
		if hasPrefix(v, "sip:") || hasPrefix(v, "eum:") {
			return true
		}
		_, domain, found := strings.Cut(v, "@")
		return o.category == "Group" && found && hasPrefix(v, "smtp:") && !b.verified(domain)
	})
}

func (b *builder) verified(name string) bool {
	return slices.ContainsFunc(b.domains, func(d domain) bool { return d.verified && strings.EqualFold(d.name, name) })
}

// cloudGroup makes a Microsoft 365 group, which no directory knows.
func (b *builder) cloudGroup(local, shown string) *recipient {
	r := b.securityGroup(shown)
	r.mail, r.nickname, r.mailEnabled, r.security, r.types = local+"@"+domainMain, local, true, false, []string{"Unified"}
	r.proxies = []string{"SMTP:" + r.mail, "smtp:" + local + "@" + domainInitial, "SPO:SPO_" + r.id + "@SPO_" + b.tenantID()}
	return r
}

// securityGroup makes a group of the tenant alone, without mail.
func (b *builder) securityGroup(shown string) *recipient {
	n := b.number()
	r := &recipient{id: b.graphID(n), shown: shown, security: true, created: b.ago(days(60 + b.random(n, saltTime)%900))}
	r.nickname = r.id[:8] + "-0"
	b.recipients = append(b.recipients, r)
	return r
}

// orgContact makes an organisational contact that came from a forest that nobody reads.
func (b *builder) orgContact(local, shown string) *recipient {
	n := b.number()
	r := &recipient{
		contact: true, id: b.graphID(n), shown: shown, mail: local + "@proseware.com", nickname: local, proxies: []string{"SMTP:" + local + "@proseware.com"},
		synced: jsonTrue, lastSync: b.ago(days(9)), created: b.ago(days(400)),
	}
	b.recipients = append(b.recipients, r)
	return r
}

// write gives the group or contact as Graph does.
func (r *recipient) write(d *document) json.RawMessage {
	d.begin()
	d.text("id", r.id)
	d.raw("deletedDateTime", "")
	d.text("displayName", r.shown)
	d.text("mail", r.mail)
	d.text("mailNickname", r.nickname)
	d.texts("proxyAddresses", r.proxies)
	d.raw("onPremisesSyncEnabled", r.synced)
	d.time("onPremisesLastSyncDateTime", r.lastSync)
	writeConflicts(d, r.conflicts)
	writeFaults(d, r.faults)
	if r.contact {
		d.text("givenName", r.given)
		d.text("surname", r.surname)
		d.raw("companyName", "")
		d.raw("department", "")
		d.raw("jobTitle", "")
		d.raw("phones", "[]")
		d.raw("addresses", "[]")
		return d.end()
	}
	d.time("createdDateTime", r.created)
	d.text("description", r.description)
	d.flag("mailEnabled", r.mailEnabled)
	d.flag("securityEnabled", r.security)
	d.texts("groupTypes", r.types)
	d.text("onPremisesDomainName", r.domain)
	d.text("onPremisesNetBiosName", r.netbios)
	d.text("onPremisesSamAccountName", r.sam)
	d.text("onPremisesSecurityIdentifier", r.sid)
	d.raw("isAssignableToRole", "")
	d.raw("membershipRule", dynamicRule(r.types))
	visibility := ""
	if contains(r.types, "Unified") {
		visibility = "Private"
	}
	d.text("visibility", visibility)
	return d.end()
}

func dynamicRule(types []string) string {
	if contains(types, "DynamicMembership") {
		return `"(user.accountEnabled -eq true)"`
	}
	return ""
}

func writeConflicts(d *document, list []conflict) {
	d.open("onPremisesProvisioningErrors", '[')
	for _, c := range list {
		d.open("", '{')
		d.text("category", "PropertyConflict")
		d.time("occurredDateTime", c.occurred)
		d.text("propertyCausingError", c.property)
		d.text("value", c.value)
		d.shut('}')
	}
	d.shut(']')
}

func writeFaults(d *document, list []serviceFault) {
	d.open("serviceProvisioningErrors", '[')
	for _, f := range list {
		d.open("", '{')
		d.text("@odata.type", "#microsoft.graph.serviceProvisioningXmlError")
		d.time("createdDateTime", f.created)
		d.flag("isResolved", f.resolved)
		d.text("serviceInstance", f.instance)
		d.text("errorDetail", f.detail)
		d.shut('}')
	}
	d.shut(']')
}

// standingRecipients makes the groups that carry licences and those that live in the tenant alone.
func (b *builder) standingRecipients(size int) {
	for _, g := range [][2]string{{groupOffice, "Licences Office"}, {groupAddOns, "Licences add-ons"}, {groupFormer, "Licences (former)"}} {
		r := b.securityGroup(g[1])
		r.id = g[0]
		r.nickname = r.id[:8] + "-0"
	}
	everyone := b.securityGroup("All enabled accounts")
	everyone.types = []string{"DynamicMembership"}
	for i := range min(2*size, 4000) {
		n := decimal(int64(i + 1))
		team := b.cloudGroup("project"+n, "プロジェクト "+n)
		if i%3 == 2 {
			team.types = []string{"Unified", "DynamicMembership"}
		}
		if i%4 == 1 {
			team.security = true
		}
	}
	b.orgContact("partner.desk", "Partner desk (from another forest)")
}

// deletedUser is a user that the tenant keeps for 30 days after deletion.
type deletedUser struct {
	id, upn, shown, mail string // upn from before the deletion
	bare                 bool   // the service gives upn without the object id in front
	proxies              []string
	immutable, synced    string
	at                   time.Time
}

// deletedUser makes one who was deleted twelve days ago and was never synchronised.
func (b *builder) deletedUser(local, domain, shown string) *deletedUser {
	n := b.number()
	u := &deletedUser{
		id: b.graphID(n), upn: local + "@" + domain, shown: shown, mail: local + "@" + domain, proxies: []string{"SMTP:" + local + "@" + domain},
		at: b.ago(days(12) + seconds(b.random(n, saltTime)%40000)),
	}
	b.deleted = append(b.deleted, u)
	return u
}

// anchor makes it a user that was synchronised from a directory object with this source anchor.
func (u *deletedUser) anchor(immutable string) { u.immutable, u.synced = immutable, jsonTrue }

func (u *deletedUser) write(d *document) json.RawMessage {
	upn := u.upn
	if !u.bare {
		upn = strings.ReplaceAll(u.id, "-", "") + upn
	}
	d.begin()
	d.text("id", u.id)
	d.text("displayName", u.shown)
	d.text("userPrincipalName", upn)
	d.text("mail", u.mail)
	d.texts("proxyAddresses", u.proxies)
	d.text("onPremisesImmutableId", u.immutable)
	d.raw("onPremisesSyncEnabled", u.synced)
	d.time("deletedDateTime", u.at)
	d.raw("businessPhones", "[]")
	return d.end()
}

// standingDeleted makes users who left lately; nobody took over what they had.
func (b *builder) standingDeleted(size int) {
	for i := range min(size+2, 500) {
		n := decimal(int64(i + 1))
		u := b.deletedUser("departed"+n, domainMain, "Departed "+n)
		u.at = u.at.Add(-days(uint64(i % 15)))
		switch i % 3 {
		case 0:
			u.anchor(b.fixedGUID(uint64(9_000_000 + i)).Base64())
		case 1:
			u.bare, u.proxies = true, nil // the service strips addresses of some
		}
	}
}

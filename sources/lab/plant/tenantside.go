package plant

import (
	"slices"
	"strings"

	"hybridaudit/sources/evidence/directory"
)

const (
	accountOnline     = "user"
	accountOnPremises = "sfbOnPremUser"
	accountResource   = "resourceAccount"
	accountGuest      = "guest"
	accountUnknown    = "unknown"

	jsonTrue  = "true"
	jsonFalse = "false"
)

// inTenant makes the tenant user that directory synchronisation makes of an account, and licenses it.
func (b *builder) inTenant(p *person, f profile) *user {
	o := p.ad
	u := &user{
		id: b.graphID(p.number), upn: strings.ToLower(o.upn), shown: o.shown, given: o.given, surname: o.surname, enabled: !f.leaver,
		userType: "Member", location: p.place.country, created: o.created.Add(seconds(1500)), department: o.department, title: o.title,
		office: o.office, company: o.company, city: o.city, land: o.land, phone: o.phone,
	}
	b.synchronise(u, o)
	if o.mail != "" {
		u.mail, u.nickname = o.primary(), o.nickname
		u.proxies = b.synchronisedProxies(p)
	}
	switch {
	case o.sip != "":
		u.setSIP(b.imAddress(o, f))
	case f.licence != unlicensed && !f.leaver:
		u.im = []string{strings.ToLower(o.upn)}
	}
	if !f.leaver {
		b.license(u, f, b.random(p.number, saltTime))
	}
	b.giveTeams(u, o)
	return u
}

// synchronise fills in what ties a tenant user to its object in the directory.
func (b *builder) synchronise(u *user, o *object) {
	u.synced, u.immutable, u.dn, u.domain = jsonTrue, b.anchorOf(o), o.dn, domainMain
	u.sam, u.onPremisesUPN, u.lastSync = o.sam, o.upn, o.changed.Add(seconds(1200))
	if sid, err := directory.SIDText(sidOf(b.seed, o.rid)); err == nil {
		u.sid = sid
	}
	if !b.loadable {
		o.externalID = "User_" + u.id
	}
}

// anchorOf is the immutable id that synchronisation derives from an object.
func (b *builder) anchorOf(o *object) string {
	if g, err := directory.GUIDFromBytes(o.anchor); err == nil {
		return g.Base64()
	}
	return o.guid.Base64()
}

// synchronisedProxies are the addresses of a tenant user: what the directory has, and some that the service adds.
func (b *builder) synchronisedProxies(p *person) []string {
	o := p.ad
	list := slices.DeleteFunc(slices.Clone(o.proxies), func(v string) bool { return hasPrefix(v, "sip:") || hasPrefix(v, "eum:") })
	if !slices.ContainsFunc(list, func(v string) bool { return strings.HasPrefix(v, "SMTP:") }) {
		list = append(list, "SMTP:"+o.mail)
	}
	return append(list, "smtp:"+p.local+"@"+domainInitial)
}

// imAddress is the SIP address as the service writes it.
func (b *builder) imAddress(o *object, f profile) string {
	addr := o.normalSIP()
	if f.mixedCase && f.detail>>50&1 == 0 {
		return titled(addr)
	}
	return addr
}

// giveTeams writes where the service thinks that the user is homed. Users without a plan and without SIP have no Teams configuration. Telephone numbers come
// when the person is written: see [builder.giveNumbers].
func (b *builder) giveTeams(u *user, o *object) {
	if o.enabled == "" && len(u.licences) == 0 {
		return
	}
	t := &teams{account: accountOnline, modified: o.changed.Add(seconds(3600)), features: []string{"Teams"}}
	if o.locator == serverLocator && o.enabled == yes {
		t.account = accountOnPremises
	}
	u.teams = t
}

// license grants what the profile says, some months ago.
func (b *builder) license(u *user, f profile, h uint64) {
	at := b.ago(days(40+h%400) + seconds(h>>40%86400))
	switch f.licence {
	case unlicensed:
		return
	case withE3:
		u.grant(at, direct(b.sku(skuE3)))
	case withE5:
		u.grant(at, direct(b.sku(skuE5)))
	case withE3ByGroup:
		u.grant(at, grouped(b.sku(skuE3), groupOffice))
	case withF3AndSkype:
		u.grant(at, grouped(b.sku(skuF3), groupOffice), direct(b.sku(skuSkype)))
	case withF3:
		u.grant(at, direct(b.sku(skuF3)))
	case withE3TwiceOver:
		u.grant(at, direct(b.sku(skuE3), planTeams, planSkype), grouped(b.sku(skuE3), groupOffice))
	case withE3AndE5:
		u.grant(at, direct(b.sku(skuE3), planTeams, planSkype), grouped(b.sku(skuE5), groupOffice))
	case withE3AfterE1:
		u.grant(at, direct(b.sku(skuE3)))
		u.former(b.sku(skuOldE1), at.Add(-days(200)))
	case withMidsize:
		u.grant(at, direct(b.sku(skuE3), planSkype), direct(b.sku(skuMidsize)))
	case withExchangeOnly:
		u.grant(at, direct(b.sku(skuExchange)))
	case withFlowOnly:
		u.grant(at, direct(b.sku(skuFlow)))
	}
	b.addOns(u, f, h)
}

// addOns gives further licences to few: their numbers stay small however large the organisation is, so that their SKUs are judged.
func (b *builder) addOns(u *user, f profile, h uint64) {
	if f.voice && f.licence != withE5 && f.licence != withE3AndE5 && f.home != notEnabled {
		b.addLicence(u, skuPhone, "")
	}
	if h>>12%5 == 0 {
		b.addLicence(u, skuFlow, "")
	}
	for i, part := range []string{skuVisio, skuPowerBI, skuProject, skuEMS, skuEntra} {
		if h>>(16+4*i)%16 == 0 && b.sku(part).consumed < addOnLimit {
			b.addLicence(u, part, []string{"", groupAddOns}[i&1])
		}
	}
}

// addOnLimit is how many people at most hold one of the add-ons that rules on SKUs look at.
const addOnLimit = 400

// addLicence grants one more SKU to a user who has others.
func (b *builder) addLicence(u *user, part, group string) {
	s := b.sku(part)
	at := b.ago(days(35))
	l := grouped(s, group)
	l.updated = at
	u.licences = append(u.licences, l)
	for _, p := range s.plans {
		u.plans = append(u.plans, plan{p.id, s.status, p.service, at})
	}
	u.provision()
}

package plant

import (
	"strings"
	"time"

	"hybridaudit/sources/evidence/directory"
)

// The domains of the organisation. Those of the tenant stand in tenantDomains.
const (
	domainMain    = "contoso.com"
	domainSecond  = "fabrikam.com"
	domainJapan   = "contoso.co.jp"
	domainSub     = "eu.contoso.com" // a verified subdomain, which lists no services of its own
	domainInitial = "contoso.onmicrosoft.com"
	domainRouting = "contoso.mail.onmicrosoft.com"

	domainStrange    = "adventure-works.com" // nobody told the tenant about it
	domainUnroutable = "contoso.local"
)

const (
	baseDN         = "DC=contoso,DC=com"
	configDN       = "CN=Configuration," + baseDN
	schemaDN       = "CN=Schema," + configDN
	onlineProxy    = "sipfed.online.lync.com"
	onlineLocator  = onlineProxy
	serverLocator  = "SRV:"
	neverExpires   = 1<<63 - 1
	presenceFlags  = 257
	voiceFlags     = 385
	firstPersonRID = 1104
)

// person is somebody (or a room, a shared mailbox) on both sides. Either side may be nil: not there.
type person struct {
	identity
	slot   int // position among the people, -1 for what stands beside them
	number int // position for random numbers: unique in the organisation
	domain string
	ad     *object
	cloud  *user
	// changes are those of what PowerShell shows of the person.
	changes []change
}

// addr is the person's address in their own domain.
func (p *person) addr() string { return p.local + "@" + p.domain }

// make builds a person without fault.
func (b *builder) makePerson(id identity, slot, number int, f profile) *person {
	if f.style < 10 && slot >= 0 {
		id = id.styled(f.style)
	}
	p := &person{identity: id, slot: slot, number: number, domain: f.domain}
	p.ad = b.account(p, f)
	switch f.mailbox {
	case mailOnly:
		p.ad.mail = p.addr()
	case serverMailbox, remoteMailbox:
		b.giveMailbox(p, f)
	}
	if !f.leaver && f.home != notEnabled {
		b.giveSIP(p, f)
	}
	if f.mixedCase {
		p.mixCase()
	}
	if f.leaver {
		p.ad.disable()
	}
	p.cloud = b.inTenant(p, f)
	return p
}

// account makes the bare user account.
func (b *builder) account(p *person, f profile) *object {
	h := b.random(p.number, saltTime)
	o := &object{
		kind: userKind(), guid: guidOf(b.seed, uint64(p.number), saltGUID), rid: uint32(firstPersonRID + p.number), //nolint:gosec // below 2^31
		sam: p.sam, upn: p.addr(), shown: p.shown, given: p.given, surname: p.surname,
		uac: number(uacNormal), computed: number(0), expires: number([]int64{neverExpires, neverExpires, 0}[h>>40%3]),
		country: p.place.country, land: p.place.land, city: p.place.city, office: p.place.city,
		department: department(f.detail, p.japanese), company: "Contoso", title: title(f.detail, p.japanese),
	}
	if f.inetOrg {
		o.kind = inetOrgPersonKind()
	}
	if h>>44%4 == 0 {
		o.uac = number(uacNormal | uacNoExpiry)
	}
	parent := "OU=" + p.place.ou + "," + baseDN
	if f.leaver {
		parent = "OU=Leavers," + baseDN
		p.cn += " (" + p.sam + ")"
		o.hidden = yes
	}
	o.place(p.cn, parent)
	b.age(o, p.number)
	switch f.anchor {
	case anchorIsGUID:
		o.anchor = o.guid[:]
	case anchorBrought:
		brought := guidOf(b.seed, uint64(p.number), saltAnchor) //nolint:gosec // not negative
		o.anchor = brought[:]
	case anchorAbsent:
	}
	return o
}

// age sets times that lie well behind every guard: created half a year to eight years ago, changed two days to two years ago.
func (b *builder) age(o *object, n int) {
	h := b.random(n, saltTime)
	created := 180 + h%2700
	changed := 2 + h>>16%min(created-90, 700)
	o.created, o.changed = b.ago(days(created)+seconds(h>>32%86400)), b.ago(days(changed)+seconds(h>>8%86400))
	o.pwdLastSet = number(directory.ToFileTime(b.ago(days(1+h>>20%80) + seconds(h>>24%86400))))
	o.lastLogon = number(directory.ToFileTime(b.ago(days(h>>28%14) + seconds(h>>36%86400))))
}

func days(n uint64) time.Duration    { return time.Duration(n) * 24 * time.Hour } //nolint:gosec // a few thousand
func seconds(n uint64) time.Duration { return time.Duration(n) * time.Second }    //nolint:gosec // below a day

// giveMailbox adds the attributes and addresses of a mailbox.
func (b *builder) giveMailbox(p *person, f profile) {
	o := p.ad
	o.mail, o.nickname = p.addr(), p.local
	id := guidOf(b.seed, uint64(p.number), saltMailbox) //nolint:gosec // not negative
	o.mailbox = id[:]
	o.legacyDN = "/o=Contoso/ou=Exchange Administrative Group (FYDIBOHF23SPDLT)/cn=Recipients/cn=" + strings.ToLower(p.sam)
	o.proxies = []string{"SMTP:" + p.addr()}
	o.recipientType, o.displayType = number(typeUserMailbox), number(1073741824)
	if f.mailbox == serverMailbox {
		o.mailHost = mailLegacyDN + mailServer
	}
	if f.mailbox == remoteMailbox {
		o.recipientType, o.displayType, o.remoteType = number(typeRemoteUser), number(-2147483642), number(4)
		o.target = "SMTP:" + p.local + "@" + domainRouting
	}
	o.addProxy("smtp:" + p.local + "@" + domainRouting)
	if f.detail>>12&3 == 0 && f.domain != domainSecond {
		o.addProxy("smtp:" + p.local + "@" + domainSecond)
	}
	if f.detail>>14&7 == 0 {
		o.addProxy("Smtp:" + p.sam + ".alias@" + domainMain) // not a primary address, however it is written
	}
	if f.detail>>17&3 == 0 {
		o.addProxy("X500:/o=Fabrikam/ou=First Administrative Group/cn=Recipients/cn=" + p.sam)
	}
	if f.detail>>19&15 == 0 {
		o.addProxy("X400:C=" + p.place.country + ";A= ;P=Contoso;O=Exchange;S=" + p.sam + ";")
	}
	if f.detail>>23&15 == 0 {
		o.addProxy("EUM:" + p.addr() + ";phone-context=DialPlan.contoso.com")
	}
	if apostrophe := strings.IndexByte(p.surname, '\''); apostrophe > 0 {
		o.addProxy("smtp:" + strings.ToLower(asciiOnly(p.given)+"."+p.surname+decimal(int64(p.number))) + "@" + domainMain)
	}
}

// giveSIP enables the person for Skype for Business.
func (b *builder) giveSIP(p *person, f profile) {
	o := p.ad
	domain := p.domain
	if f.crossNamed {
		domain = domainSecond
	}
	o.sip, o.enabled, o.flags = "sip:"+p.local+"@"+domain, yes, number(presenceFlags-int64(f.detail>>27&1))
	o.addProxy("sip:" + p.local + "@" + domain)
	o.locator = onlineLocator
	if f.home == onPremises {
		o.locator, o.home = serverLocator, b.homeServer(int(f.detail>>28&1))
		if f.detail>>29&31 == 0 {
			o.home = strings.ToUpper(o.home[:3]) + strings.ToLower(o.home[3:])
		}
	}
	if f.voice {
		o.flags = number(voiceFlags)
		o.line = "tel:+8134567" + sevenDigits(p.number)
		if p.place.country == "GB" {
			o.line = "tel:+4420794" + sevenDigits(p.number)
		}
		if f.detail>>34&3 == 0 {
			o.line += ";ext=" + sevenDigits(p.number)[3:]
		}
		if f.detail>>36&15 == 0 {
			o.privateLine = "tel:+8134568" + sevenDigits(p.number)
		}
	}
	if f.detail>>40&1 == 0 {
		o.federation, o.access = yes, yes
	}
	if b.closed {
		o.federation = no
	}
	if f.detail>>41&3 == 0 {
		o.policies = []string{"0=10", "1=2"}
		o.archiving = number(0)
	}
}

// mixCase writes the same addresses in other letter case here and there.
func (p *person) mixCase() {
	o := p.ad
	o.upn = titled(p.local) + "@" + strings.ToUpper(p.domain[:1]) + p.domain[1:]
	if rest, ok := strings.CutPrefix(o.sip, "sip:"); ok {
		o.sip = "SIP:" + titled(rest)
	}
	if o.mail != "" {
		o.mail = titled(o.mail)
	}
}

// titled writes the first letter of each part of an address in upper case.
func titled(s string) string {
	up := true
	return strings.Map(func(r rune) rune {
		if up && r >= 'a' && r <= 'z' {
			r -= 'a' - 'A'
		}
		up = r == '.' || r == '@' || r == '-'
		return r
	}, s)
}

func asciiOnly(s string) string {
	return strings.Map(func(r rune) rune {
		if r > '~' {
			return -1
		}
		return r
	}, s)
}

func sevenDigits(n int) string {
	s := decimal(int64(n % 10_000_000))
	return "0000000"[len(s):] + s
}

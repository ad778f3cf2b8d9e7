package plant

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"hybridaudit/sources/evidence/directory"
)

// sipNamePlants are the faults of SIP domains and of names that do not go together.
func sipNamePlants() []plant {
	return slices.Concat(deploymentDomains(), otherNames(), resourceAccounts(), changedNames())
}

const (
	domainUnlisted = "wingtiptoys.com"  // the tenant owns it, and the deployment does not know it
	domainUnused   = "treyresearch.net" // likewise, but nobody is enabled for SIP in it
)

// own gives the tenant one more verified domain with all services.
func (b *builder) own(name string) {
	b.domains = append(b.domains, domain{name: name, verified: true, services: []string{"Email", serviceOCO, "OrgIdAuthentication", "Intune"}})
}

// deploymentDomains: SIP domains that the objects of the deployment do not list.
func deploymentDomains() []plant {
	return []plant{
		{rule: "SIP-008", about: "a domain that came to the tenant only", once: true, pools: true, plant: func(b *builder) {
			b.own(domainUnlisted)
			b.person(at(domainUnlisted))
			b.expectKey("SIP-008", "", domainUnlisted)
		}},
		{rule: "SIP-008", clean: true, about: "a domain in which nobody is enabled for SIP", once: true, pools: true, plant: func(b *builder) {
			b.own(domainUnused)
			b.person(homed(notEnabled), at(domainUnused))
		}},
	}
}

func crossNamed(f *profile) { f.crossNamed = true }

func voiceless(f *profile) { f.voice = false }

// setPrimary gives the person another primary e-mail address on both sides; the former one stays as a second one.
func (p *person) setPrimary(addr string) {
	p.ad.proxies, p.ad.mail = primaryFirst(p.ad.proxies, addr), addr
	p.cloud.proxies, p.cloud.mail = primaryFirst(p.cloud.proxies, addr), addr
}

func primaryFirst(proxies []string, addr string) []string {
	list := []string{"SMTP:" + addr}
	for _, v := range proxies {
		if rest, ok := strings.CutPrefix(v, "SMTP:"); ok {
			v = "smtp:" + rest
		}
		list = append(list, v)
	}
	return list
}

// otherNames: SIP addresses that are neither the sign-in name nor the primary e-mail address.
func otherNames() []plant {
	return []plant{
		{rule: "SIP-009", variant: "U", about: "another sign-in name", plant: func(b *builder) {
			p := b.person()
			p.setUPN("signin." + p.addr())
			p.cloud.upn = p.ad.upn
			b.expect("SIP-009", "U", p.ad)
		}},
		{rule: "SIP-009", variant: "U", about: "a SIP address in the domain of a sister company: one finding, although the e-mail address differs too", plant: func(b *builder) {
			b.expect("SIP-009", "U", b.person(crossNamed).ad)
		}},
		{rule: "SIP-009", variant: "M", about: "another primary address", plant: func(b *builder) {
			p := b.person()
			p.setPrimary("post." + p.addr())
			b.expect("SIP-009", "M", p.ad)
		}},
		{rule: "SIP-009", variant: "M", about: "no Exchange attributes, and another address in mail", plant: func(b *builder) {
			p := b.person(mailed(mailOnly))
			p.ad.mail = "post." + p.addr()
			p.cloud.mail, p.cloud.proxies = p.ad.mail, []string{"SMTP:" + p.ad.mail}
			b.expect("SIP-009", "M", p.ad)
		}},
		{rule: "SIP-009", variant: "H", about: "SIP addresses have a domain of their own in the whole organisation", only: Subsidiary, once: true, plant: func(b *builder) {
			b.habits = append(b.habits, crossNamed)
			b.expectKey("SIP-009", "H", domainMain)
			b.expectKey("SIP-009", "H", domainMain)
		}},
		{rule: "SIP-009", clean: true, about: "a room, and a person who is not enabled; other letter case", plant: func(b *builder) {
			room, p := b.room(online), b.person(homed(notEnabled))
			room.ad.upn, room.cloud.upn, room.cloud.onPremisesUPN = "booking."+room.ad.upn, "booking."+room.ad.upn, "booking."+room.ad.upn
			p.setPrimary("post." + p.addr())
			q := b.person()
			q.setSIP(strings.ToUpper(q.addr()))
		}},
	}
}

// resourceAccounts: accounts that stand for somebody in another forest, which only a second forest shows.
func resourceAccounts() []plant {
	return []plant{
		{rule: "SIP-011", variant: "E", about: "a linked mailbox without the SID for SIP", only: Subsidiary, forests: true, plant: func(b *builder) {
			_, resource := b.linked()
			resource.ad.originatorSID = nil
			b.expect("SIP-011", "E", resource.ad)
		}},
		{rule: "SIP-011", variant: "R", about: "a SID that no account has", only: Subsidiary, forests: true, plant: func(b *builder) {
			_, resource := b.linked()
			resource.ad.originatorSID = sidOf(b.seed, 1<<20)
			b.expect("SIP-011", "R", resource.ad)
		}},
		{rule: "SIP-011", variant: "D", about: "two accounts for one person", only: Subsidiary, forests: true, plant: func(b *builder) {
			_, one := b.linked()
			_, other := b.linked()
			other.ad.originatorSID = one.ad.originatorSID
			b.expect("SIP-011", "D", one.ad, other.ad)
		}},
	}
}

// originated writes a value of msDS-ReplAttributeMetaData as a domain controller does.
func originated(attribute string, version int, at time.Time) string {
	return fmt.Sprintf("<DS_REPL_ATTR_META_DATA>\n\t<pszAttributeName>%s</pszAttributeName>\n\t<dwVersion>%d</dwVersion>\n\t<ftimeLastOriginatingChange>%s</ftimeLastOriginatingChange>\n"+
		"\t<uuidLastOriginatingDsaInvocationID>%s</uuidLastOriginatingDsaInvocationID>\n\t<usnOriginatingChange>20480</usnOriginatingChange>\n\t<usnLocalChange>20480</usnLocalChange>\n"+
		"\t<pszLastOriginatingDsaDN></pszLastOriginatingDsaDN>\n</DS_REPL_ATTR_META_DATA>\n", attribute, version, at.UTC().Format(time.RFC3339), directory.GUID{1: 0xb1})
}

// changedNames: names that were changed a short while ago.
func changedNames() []plant {
	const sip, upn = "msRTCSIP-PrimaryUserAddress", "userPrincipalName"
	return []plant{
		{rule: "SIP-012", about: "another SIP address since three days", unloadable: madeBySystem, plant: func(b *builder) {
			p := b.person()
			p.ad.metadata = []string{originated("displayName", 7, b.ago(days(3))), originated(sip, 2, b.ago(days(3))), originated(upn, 1, b.ago(days(200)))}
			b.expect("SIP-012", "", p.ad)
		}},
		{rule: "SIP-012", about: "both names since last week: two findings", unloadable: madeBySystem, plant: func(b *builder) {
			p := b.person()
			p.ad.metadata = []string{originated(upn, 4, b.ago(days(8))), originated(sip, 3, b.ago(days(8)))}
			b.expect("SIP-012", "", p.ad, p.ad)
		}},
		{rule: "SIP-012", clean: true, about: "enabled for the first time; changed long ago; not enabled", unloadable: madeBySystem, plant: func(b *builder) {
			first, former, off := b.person(), b.person(), b.person(homed(notEnabled))
			first.ad.metadata = []string{originated(sip, 1, b.ago(days(2))), originated("mail", 5, b.ago(days(2)))}
			former.ad.metadata = []string{originated(sip, 9, b.ago(days(15))), originated(upn, 2, b.ago(days(100)))}
			off.ad.metadata = []string{originated(upn, 2, b.ago(days(2)))}
		}},
	}
}

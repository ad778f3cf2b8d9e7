package plant

import (
	"maps"
	"slices"
	"strings"

	"hybridaudit/sources/evidence/address"
)

// use is what a DNS domain is used for.
type use struct {
	sip       bool // somebody has a SIP address in it, or the servers' topology names it
	directory bool // somebody of the directory has, or the topology names it
	mail      bool
	server    bool // a mailbox on a server of the organisation has an address in it
}

// usage knows the use of each domain.
type usage map[string]*use

// of gives the use of a domain, to be changed; nil for what DNS cannot be asked for.
func (u usage) of(domain string) *use {
	domain = address.DomainKey(domain)
	if !askable(domain) {
		return nil
	}
	one := u[domain]
	if one == nil {
		one = &use{}
		u[strings.Clone(domain)] = one
	}
	return one
}

// domains lists the domains, parents before what lies below them.
func (u usage) domains() []string {
	return slices.SortedFunc(maps.Keys(u), func(a, b string) int {
		if n := strings.Count(a, ".") - strings.Count(b, "."); n != 0 {
			return n
		}
		return strings.Compare(a, b)
	})
}

// askable tells whether a text can be the name of a domain in DNS.
func askable(name string) bool {
	if len(name) > 200 || !strings.Contains(name, ".") {
		return false
	}
	for label := range strings.SplitSeq(name, ".") {
		if label == "" || len(label) > 63 || strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
			return false
		}
	}
	return true
}

// noteUse keeps which domains the addresses of a person lie in.
func (b *builder) noteUse(p *person) {
	if b.withoutNetwork {
		return
	}
	if p.ad != nil {
		b.noteAddresses(p.ad)
	}
	if p.cloud == nil || p.cloud.userType == "Guest" {
		return
	}
	for _, v := range p.cloud.proxies {
		switch proxy := address.ParseProxy(v); proxy.Kind {
		case address.SMTP:
			if one := b.uses.of(address.Domain(proxy.Value)); one != nil {
				one.mail = true
			}
		case address.SIP:
			if one := b.uses.of(address.Domain(proxy.Value)); one != nil {
				one.sip = true
			}
		}
	}
}

func (b *builder) noteAddresses(o *object) {
	sip := func(addr string) {
		if one := b.uses.of(address.Domain(addr)); one != nil {
			one.sip, one.directory = true, true
		}
	}
	mail := func(addr string) {
		if one := b.uses.of(address.Domain(addr)); one != nil {
			one.mail = true
			one.server = one.server || o.onServer()
		}
	}
	sip(o.sip)
	mail(o.mail)
	for _, v := range o.proxies {
		switch proxy := address.ParseProxy(v); proxy.Kind {
		case address.SMTP:
			mail(proxy.Value)
		case address.SIP:
			sip(proxy.Value)
		}
	}
}

// onServer tells whether an account has its mailbox on a server of the organisation.
func (o *object) onServer() bool {
	switch o.recipientType.value {
	case typeUserMailbox, typeLinkedMailbox, typeRoomMailbox, typeEquipmentMailbox:
		return o.recipientType.held
	}
	return false
}

// sipDomains are those that the servers' topology names.
func (b *builder) sipDomains() []string {
	if b.variant == Cloud {
		return nil
	}
	return append([]string{domainMain, domainSecond, domainJapan, domainSub}, b.extraSIP...)
}

// domainNumber keeps the objects of SIP domains apart from other objects of the topology.
func domainNumber(i int) uint64 {
	if i < 4 {
		return 20 + uint64(i) //nolint:gosec // not negative
	}
	return 7000 + uint64(i)
}

// scenario is what the records of a SIP domain have to lead to.
type scenario uint8

const (
	noSIP      scenario = iota
	onServers           // HYBRID, and domains of a hybrid organisation in which nobody is homed on the servers: to the Edge and the reverse proxy
	inTheCloud          // CLOUD and TEAMSONLY: to Microsoft
)

// scenario tells what the records of a domain without fault lead to. Domains that the tenant has for Skype and Teams get Microsoft's records, even without people.
func (b *builder) scenario(name string) scenario {
	u, d := b.uses[name], b.domain(name)
	switch {
	case u != nil && u.sip && u.directory && !b.noServer():
		return onServers
	case u != nil && u.sip, d != nil && d.verified && slices.Contains(d.services, serviceOCO):
		return inTheCloud
	}
	return noSIP
}

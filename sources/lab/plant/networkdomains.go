package plant

import (
	"slices"

	"hybridaudit/sources/lab"
)

// sipDomain gives the tenant and the servers one more SIP domain, with a room in it as the only one: on a pool (HYBRID), or online (EITHER, or TEAMSONLY where no
// server is left).
func (b *builder) sipDomain(name string, h home) *person {
	b.own(name)
	b.extraSIP = append(b.extraSIP, name)
	return b.roomAt(name, h, serverMailbox)
}

// roomAt makes a room whose addresses are all in one domain.
func (b *builder) roomAt(domain string, h home, m mailbox) *person {
	n := decimal(int64(b.beside + 1))
	p := b.besides("", "", "会議室 "+n, "room."+n, ouRooms, profile{home: h, mailbox: m, domain: domain, detail: 0})
	p.ad.recipientType, p.ad.displayType = number(typeRoomMailbox), number(-2147481850)
	if m == remoteMailbox {
		p.ad.recipientType, p.ad.displayType, p.ad.remoteType = number(typeRemoteRoom), number(-2147481850), number(36)
	}
	p.ad.disable()
	p.cloud.enabled = false
	return p
}

// split gives the organisation's resolvers a zone of their own for a domain: a copy of what stands outside, without some names.
func (n *network) split(domain string, without ...string) {
	z := n.inside.zone(domain)
	for _, outside := range n.outside.zones {
		for _, r := range outside.Records {
			if within(r.Name, domain) && !slices.Contains(without, r.Name) && n.inside.holder(r.Name) == z {
				z.Records = append(z.Records, r)
			}
		}
	}
}

// twin lets one more name answer as a host does, with its name in the certificate.
func (n *network) twin(name, of string) {
	var same []*lab.Host
	for _, h := range n.hosts {
		if h.Name == of {
			same = append(same, h)
		}
	}
	for _, h := range same {
		c := h.Certificate
		if h.Port != portHTTP {
			c.Names = append(slices.Clone(c.Names), name)
		}
		n.listen(name, h.Port, c, h.Pages...)
	}
}

// edgeAt gives a domain one more name for the Access Edge.
func (n *network) edgeAt(name string) {
	n.outside.set(name, typeA, n.parts[hostEdge])
	n.twin(name, hostEdge+"."+domainMain)
}

// elsewhere is an address outside at which nothing of the organisation answers.
func (b *builder) elsewhere() string {
	if b.variant == Subsidiary {
		return "203.0.113.251"
	}
	return "203.0.113.121"
}

package plant

import "time"

// setSIP gives the person one SIP address everywhere.
func (p *person) setSIP(addr string) {
	p.ad.sip = "sip:" + addr
	p.ad.setSIPProxies("sip:" + addr)
	if p.cloud != nil {
		p.cloud.setSIP(addr)
	}
}

// setUPN changes the sign-in name in the directory; the tenant keeps its own.
func (p *person) setUPN(upn string) {
	p.ad.upn = upn
	if p.cloud != nil {
		p.cloud.onPremisesUPN = upn
	}
}

// retire blocks the account on both sides and takes the licences away; the SIP attributes stay as they are.
func (p *person) retire() {
	p.ad.disable()
	if p.cloud != nil {
		p.cloud.enabled = false
		p.cloud.revoke()
	}
}

// atInitial moves the tenant's sign-in name to the initial domain.
func (p *person) atInitial() { p.cloud.upn = p.local + "@" + domainInitial }

// unsynchronised takes the tenant user away.
func (p *person) unsynchronised() { p.cloud, p.ad.externalID = nil, "" }

// changedAt dates the last change of the directory object.
func (p *person) changedAt(t time.Time) {
	p.ad.changed = t
	if p.ad.created.After(t) {
		p.ad.created = t
	}
}

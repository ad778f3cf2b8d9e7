// Package domains counts how many directory objects use a DNS domain in their addresses.
package domains

import (
	"slices"
	"strings"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/address"
)

// Use counts objects, each once in every member however many of its addresses are in the domain.
type Use struct {
	Objects    int // with any address in the domain
	UPN        int // by userPrincipalName
	SIP        int // by msRTCSIP-PrimaryUserAddress
	SIPEnabled int // by msRTCSIP-PrimaryUserAddress, and msRTCSIP-UserEnabled is TRUE
	SIPProxy   int // by a sip: value of proxyAddresses
	SMTP       int // by mail or an smtp: value of proxyAddresses
}

// Index knows the use of every domain.
type Index struct{ by map[string]*Use }

// New counts over the users, contacts and groups that in lets pass.
func New(s *evidence.Snapshot, in func(evidence.ADObject) bool) *Index {
	x := &Index{by: map[string]*Use{}}
	var one object
	for _, d := range []evidence.Dataset{evidence.ADUsers, evidence.ADContacts, evidence.ADGroups} {
		for o := range s.ADObjects(d) {
			if in(o) {
				one.read(o)
				x.add(&one)
			}
		}
	}
	return x
}

// Of gives the use of a domain in the form of address.DomainKey.
func (x *Index) Of(domain string) Use {
	if u := x.by[domain]; u != nil {
		return *u
	}
	return Use{}
}

// object holds the domains of one object; its lists are used again for the next.
type object struct {
	upn, sip  string
	enabled   bool
	sips, all []string
	smtps     []string
}

func (b *object) read(o evidence.ADObject) {
	b.sips, b.smtps, b.all = b.sips[:0], b.smtps[:0], b.all[:0]
	b.upn, b.sip, b.enabled = address.Domain(o.UPN()), address.Domain(o.SIP()), o.SIPEnabled() == evidence.True
	b.smtps = put(b.smtps, address.Domain(o.Mail()))
	for v := range o.ProxyAddresses() {
		switch p := address.ParseProxy(v); p.Kind {
		case address.SMTP:
			b.smtps = put(b.smtps, address.Domain(p.Value))
		case address.SIP:
			b.sips = put(b.sips, address.Domain(p.Value))
		}
	}
	b.all = put(put(b.all, b.upn), b.sip)
	for _, list := range [][]string{b.sips, b.smtps} {
		for _, d := range list {
			b.all = put(b.all, d)
		}
	}
}

// put adds a domain that is not in the list yet.
func put(list []string, domain string) []string {
	if domain == "" || slices.Contains(list, domain) {
		return list
	}
	return append(list, domain)
}

func (x *Index) add(b *object) {
	for _, d := range b.all {
		u := x.by[d]
		if u == nil {
			u = &Use{}
			x.by[strings.Clone(d)] = u
		}
		u.Objects++
		if d == b.upn {
			u.UPN++
		}
		if d == b.sip {
			u.SIP++
			if b.enabled {
				u.SIPEnabled++
			}
		}
		if slices.Contains(b.sips, d) {
			u.SIPProxy++
		}
		if slices.Contains(b.smtps, d) {
			u.SMTP++
		}
	}
}

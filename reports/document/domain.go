package document

import (
	"cmp"
	"iter"
	"slices"
	"strings"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/address"
)

// Domain is a domain of the tenant, or one that people's addresses use although the tenant does not have it.
type Domain struct {
	Name           string // lower-case A-label form
	Tenant         string // that has it, as it was configured
	InTenant       bool
	Verified       bool
	Default        bool
	Initial        bool   // the tenant's first onmicrosoft.com domain
	Authentication string // Managed, Federated
	Services       []string
	SIP            int // people whose SIP address is in it
	UPN            int // people whose user principal name is in it
	SMTP           int // people with an e-mail address in it
}

// Domains lists the tenant's domains, then the others; within these the most used first.
func (d *Document) Domains() []Domain {
	t := &tally{keys: map[string]string{}, domains: map[string]*Domain{}}
	for x := range d.result.Evidence.Domains() {
		e := t.of(address.DomainKey(x.ID()))
		if e.Verified {
			continue // another tenant has it, and only one can have it verified
		}
		e.Tenant, e.Services = x.Tenant(), slices.Collect(x.Services())
		e.InTenant, e.Verified, e.Default, e.Initial, e.Authentication = true, x.Verified(), x.Default(), x.Initial(), x.Authentication()
	}
	for _, p := range d.result.Persons {
		t.person(p.AD, p.Tenant)
	}
	all := make([]Domain, 0, len(t.domains))
	for _, e := range t.domains {
		all = append(all, *e)
	}
	slices.SortFunc(all, func(a, b Domain) int {
		if a.InTenant != b.InTenant {
			if a.InTenant {
				return -1
			}
			return 1
		}
		return cmp.Or(cmp.Compare(b.SIP+b.UPN+b.SMTP, a.SIP+a.UPN+a.SMTP), cmp.Compare(a.Name, b.Name))
	})
	return all
}

// tally counts people by domain. Domains are spelt in few ways, so that the comparison form of a spelling is worked out once.
type tally struct {
	keys    map[string]string
	domains map[string]*Domain
	mail    []*Domain // of the person at hand
}

func (t *tally) of(key string) *Domain {
	e := t.domains[key]
	if e == nil {
		e = &Domain{Name: key}
		t.domains[key] = e
	}
	return e
}

// at gives the domain of an address, nil when it has none.
func (t *tally) at(addr string) *Domain {
	i := strings.LastIndexByte(addr, '@')
	if i < 0 || i == len(addr)-1 {
		return nil
	}
	spelling := addr[i+1:]
	key, known := t.keys[spelling]
	if !known {
		key = address.DomainKey(spelling)
		t.keys[spelling] = key
	}
	if key == "" {
		return nil
	}
	return t.of(key)
}

func (t *tally) person(o evidence.ADObject, u evidence.TenantUser) {
	sip, upn := "", ""
	var proxies iter.Seq[string]
	if o.IsZero() {
		sip, upn, proxies = tenantSIP(u), u.UPN(), u.ProxyAddresses()
	} else {
		sip, upn, proxies = o.SIP(), o.UPN(), o.ProxyAddresses()
	}
	if e := t.at(sip); e != nil {
		e.SIP++
	}
	if e := t.at(upn); e != nil {
		e.UPN++
	}
	t.mail = t.mail[:0]
	for v := range proxies {
		if p := address.ParseProxy(v); p.Kind == address.SMTP {
			if e := t.at(p.Value); e != nil && !slices.Contains(t.mail, e) {
				t.mail = append(t.mail, e)
				e.SMTP++
			}
		}
	}
}

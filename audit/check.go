package audit

import (
	"iter"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/address"
)

// Check is what a rule does, for each object of one kind. The kinds are a closed set: the functions of this file make them.
type Check struct {
	kind  kind
	units func(*Pass) int
	each  func(p *Pass, unit int)
}

type kind uint8

const (
	perADUser kind = iota + 1
	perADObject
	perTenantUser
	perPair
	perDomain
	perSKU
	once
)

// perPerson says whether the check judges people one by one, and so whether its not being assessed leaves them in doubt.
func (k kind) perPerson() bool { return k <= perPair }

// needsAD says whether only people with a directory user are judged.
func (k kind) needsAD() bool { return k == perADUser || k == perADObject || k == perPair }

// EachADUser judges every directory user in scope.
func EachADUser(check func(*Pass, evidence.ADObject)) Check {
	return Check{perADUser, func(p *Pass) int { return p.Evidence.Rows(evidence.ADUsers) }, func(p *Pass, i int) {
		p.judgeAD(evidence.ADUsers, i, check)
	}}
}

// EachADObject judges every directory user, contact and group in scope.
func EachADObject(check func(*Pass, evidence.ADObject)) Check {
	tables := []evidence.Dataset{evidence.ADUsers, evidence.ADContacts, evidence.ADGroups}
	units := func(p *Pass) int {
		n := 0
		for _, d := range tables {
			n += p.Evidence.Rows(d)
		}
		return n
	}
	return Check{perADObject, units, func(p *Pass, i int) {
		for _, d := range tables {
			n := p.Evidence.Rows(d)
			if i < n {
				p.judgeAD(d, i, check)
				return
			}
			i -= n
		}
	}}
}

// AllADUsers judges all directory users in scope together: for rules whose verdict on one person depends on how many are like that. The sequence can be walked more
// than once; each object that it gives the first time counts as judged.
func AllADUsers(check func(*Pass, iter.Seq[evidence.ADObject])) Check {
	return together(check, evidence.ADUsers)
}

// AllADObjects judges all directory users, contacts and groups in scope together, like [AllADUsers].
func AllADObjects(check func(*Pass, iter.Seq[evidence.ADObject])) Check {
	return together(check, evidence.ADUsers, evidence.ADContacts, evidence.ADGroups)
}

func together(check func(*Pass, iter.Seq[evidence.ADObject]), tables ...evidence.Dataset) Check {
	return Check{once, func(*Pass) int { return 1 }, func(p *Pass, _ int) {
		walked := false
		check(p, func(yield func(evidence.ADObject) bool) {
			first := !walked
			walked = true
			for _, d := range tables {
				for o := range p.Evidence.ADObjects(d) {
					if !p.Scope().In(o) {
						continue
					}
					if first {
						p.checked++
					}
					if !yield(o) {
						return
					}
				}
			}
		})
	}}
}

// EachTenantUser judges every tenant user whose directory partner, if there is one, is in scope. Where the configuration narrowed the reading of the directory,
// a synchronised user without a partner has it outside of what was read, and is out of scope with it.
func EachTenantUser(check func(*Pass, evidence.TenantUser)) Check {
	return Check{perTenantUser, func(p *Pass) int { return p.Evidence.Rows(evidence.TenantUsers) }, func(p *Pass, i int) {
		u := p.Evidence.TenantUserAt(i)
		if o, _ := p.Pairs().AD(u); o.IsZero() && p.outside(u) || !o.IsZero() && !p.Scope().In(o) {
			return
		}
		p.checked++
		p.tenant = p.Pairs().Among(u)
		check(p, u)
	}}
}

// EachTenantObject judges every tenant user as [EachTenantUser] does, and every group and organisational contact of the tenant.
func EachTenantObject(user func(*Pass, evidence.TenantUser), recipient func(*Pass, evidence.Recipient)) Check {
	users := EachTenantUser(user)
	others := []evidence.Dataset{evidence.TenantGroups, evidence.TenantContacts}
	units := func(p *Pass) int {
		n := users.units(p)
		for _, d := range others {
			n += p.Evidence.Rows(d)
		}
		return n
	}
	return Check{perTenantUser, units, func(p *Pass, i int) {
		n := users.units(p)
		if i < n {
			users.each(p, i)
			return
		}
		for _, d := range others {
			i -= n
			if n = p.Evidence.Rows(d); i < n {
				p.checked++
				recipient(p, p.Evidence.RecipientAt(d, i))
				return
			}
		}
	}}
}

// EachPair judges every directory user in scope together with the tenant user that it is, in each tenant.
func EachPair(check func(*Pass, evidence.ADObject, evidence.TenantUser)) Check {
	return Check{perPair, func(p *Pass) int { return p.Evidence.Rows(evidence.TenantUsers) }, func(p *Pass, i int) {
		u := p.Evidence.TenantUserAt(i)
		o, _ := p.Pairs().AD(u)
		if o.IsZero() || !p.Scope().In(o) {
			return
		}
		p.checked++
		p.tenant = p.Pairs().Among(u)
		check(p, o, u)
	}}
}

// EachDomain judges every domain of the tenant.
func EachDomain(check func(*Pass, evidence.Domain)) Check {
	return Check{perDomain, func(*Pass) int { return 1 }, func(p *Pass, _ int) {
		listed := map[string]int{}
		for d := range p.Evidence.Domains() {
			listed[address.DomainKey(d.ID())]++
		}
		for d := range p.Evidence.Domains() {
			p.checked++
			p.tenant = ""
			if listed[address.DomainKey(d.ID())] > 1 {
				p.tenant = d.Tenant() // each tenant that lists it has a finding of its own
			}
			check(p, d)
		}
	}}
}

// EachSKU judges every subscription.
func EachSKU(check func(*Pass, evidence.SKU)) Check {
	return whole(perSKU, (*evidence.Snapshot).SKUs, check)
}

// whole makes a check of one unit that walks over a small dataset.
func whole[T any, S ~func(func(T) bool)](k kind, all func(*evidence.Snapshot) S, check func(*Pass, T)) Check {
	return Check{k, func(*Pass) int { return 1 }, func(p *Pass, _ int) {
		for v := range all(p.Evidence) {
			p.checked++
			check(p, v)
		}
	}}
}

// Once judges the organisation as a whole.
func Once(check func(*Pass)) Check {
	return Check{once, func(*Pass) int { return 1 }, func(p *Pass, _ int) {
		p.checked++
		check(p)
	}}
}

func (p *Pass) judgeAD(d evidence.Dataset, row int, check func(*Pass, evidence.ADObject)) {
	if o := p.Evidence.ADObjectAt(d, row); p.Scope().In(o) {
		p.checked++
		check(p, o)
	}
}

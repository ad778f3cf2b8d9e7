// Package join finds out which directory user and which tenant user are the same person.
package join

import (
	"encoding/base64"
	"slices"
	"strings"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/address"
	"hybridaudit/sources/evidence/directory"
)

// Match is how a pair was found.
type Match uint8

// The matches, the surest first.
const (
	Unmatched Match = iota
	ByAnchor        // source anchor: mS-DS-ConsistencyGuid or objectGUID
	BySID           // onPremisesSecurityIdentifier
	ByDN            // onPremisesDistinguishedName
	ByUPN           // userPrincipalName of a synchronised account
	BySMTP          // primary SMTP address of a synchronised account
)

var matchNames = []string{"none", "anchor", "sid", "dn", "upn", "smtp"}

func (m Match) String() string { return matchNames[m] }

// ADAttributes are the attributes of directory users that joining reads.
func ADAttributes() []string {
	return []string{"objectGUID", "mS-DS-ConsistencyGuid", "objectSid", "distinguishedName", "userPrincipalName", "proxyAddresses", "userAccountControl"}
}

// TenantAttributes are the properties of tenant users that joining reads.
func TenantAttributes() []string {
	return []string{
		"userPrincipalName", "userType", "proxyAddresses", "onPremisesSyncEnabled", "onPremisesImmutableId", "onPremisesSecurityIdentifier",
		"onPremisesDistinguishedName",
	}
}

// Pairs holds the pairs of a snapshot.
type Pairs struct {
	s        *evidence.Snapshot
	toTenant []int32 // by row of ADUsers, -1 when there is none
	toAD     []int32 // by row of TenantUsers
	by       []Match // by row of TenantUsers
	cloud    map[string][]int32
	several  map[int32]bool // rows of ADUsers with partners in more than one tenant
}

// New joins the users of the snapshot, tenant by tenant: one forest may be synchronised to several. The result does not depend on the order of rows: of several directory
// users that claim one tenant user by the same match, an enabled one goes before a disabled one and then the lower objectGUID. conflict says which directory users can never
// be a pair.
func New(s *evidence.Snapshot, conflict func(evidence.ADObject) bool) *Pairs {
	p := &Pairs{s: s, toTenant: filled(s.Rows(evidence.ADUsers)), toAD: filled(s.Rows(evidence.TenantUsers)), by: make([]Match, s.Rows(evidence.TenantUsers)), several: map[int32]bool{}}
	if len(p.toAD) == 0 || len(p.toTenant) == 0 {
		return p
	}
	skip := make([]bool, len(p.toTenant))
	for o := range s.ADObjects(evidence.ADUsers) {
		skip[o.Row()] = conflict(o)
	}
	for _, tenant := range tenants(s) {
		joined := filled(len(p.toTenant)) // to users of this tenant
		for _, m := range []Match{ByAnchor, BySID, ByDN, ByUPN, BySMTP} {
			p.pass(tenant, m, skip, joined)
		}
		for a, t := range joined {
			first := p.toTenant[a]
			if t >= 0 && first >= 0 {
				p.several[int32(a)] = true
			}
			if t >= 0 && (first < 0 || p.by[t] < p.by[first]) {
				p.toTenant[a] = t
			}
		}
	}
	p.indexCloud()
	return p
}

// tenants lists the tenants of the users, in order.
func tenants(s *evidence.Snapshot) []string {
	var all []string
	last := "\x00" // rows of a tenant mostly stand together
	for u := range s.TenantUsers() {
		if t := u.Tenant(); t != last {
			if last = t; !slices.Contains(all, t) {
				all = append(all, t)
			}
		}
	}
	slices.Sort(all)
	return all
}

func filled(n int) []int32 {
	s := make([]int32, n)
	for i := range s {
		s[i] = -1
	}
	return s
}

// pass joins by one kind of match what of a tenant is not joined yet.
func (p *Pairs) pass(tenant string, m Match, skip []bool, joined []int32) {
	index := map[string]int32{}
	for u := range p.s.TenantUsers() {
		if p.toAD[u.Row()] >= 0 || u.Tenant() != tenant || guest(u) {
			continue
		}
		if key := tenantKey(u, m); key != "" {
			if _, taken := index[key]; taken {
				index[key] = -1 // claimed twice in the tenant: it says nothing
				continue
			}
			index[key] = int32(u.Row()) //nolint:gosec // tables hold fewer than 2^31 rows
		}
	}
	if len(index) == 0 {
		return
	}
	claims := map[int32]int32{}
	for o := range p.s.ADObjects(evidence.ADUsers) {
		if joined[o.Row()] >= 0 || skip[o.Row()] {
			continue
		}
		for _, key := range adKeys(o, m) {
			t, ok := index[key]
			if !ok || t < 0 {
				continue
			}
			if before, claimed := claims[t]; !claimed || p.better(o, p.s.ADObjectAt(evidence.ADUsers, int(before))) {
				claims[t] = int32(o.Row()) //nolint:gosec // as above
			}
			break
		}
	}
	for t, a := range claims {
		joined[a], p.toAD[t], p.by[t] = t, a, m
	}
}

func (p *Pairs) better(a, b evidence.ADObject) bool {
	if a.Disabled() != b.Disabled() {
		return b.Disabled()
	}
	return a.GUID().String() < b.GUID().String()
}

func tenantKey(u evidence.TenantUser, m Match) string {
	switch m {
	case ByAnchor:
		return u.ImmutableID()
	case BySID:
		return u.OnPremSID()
	case ByDN:
		if dn := u.OnPremDN(); dn != "" {
			return directory.DNKey(dn)
		}
	case ByUPN:
		if u.Synced() == evidence.True {
			return address.Fold(u.UPN())
		}
	case BySMTP:
		if u.Synced() == evidence.True {
			return PrimarySMTP(u.ProxyAddresses())
		}
	case Unmatched:
	}
	return ""
}

func adKeys(o evidence.ADObject, m Match) []string {
	switch m {
	case ByAnchor:
		return Anchors(o)
	case BySID:
		if sid := o.SID(); sid != "" {
			if text, err := directory.SIDText([]byte(sid)); err == nil {
				return []string{text}
			}
		}
	case ByDN:
		return []string{directory.DNKey(o.DN())}
	case ByUPN:
		if upn := o.UPN(); upn != "" {
			return []string{address.Fold(upn)}
		}
	case BySMTP:
		if smtp := PrimarySMTP(o.ProxyAddresses()); smtp != "" {
			return []string{smtp}
		}
	case Unmatched:
	}
	return nil
}

// Anchors are the source anchors that an object can have in the tenant, in the form of onPremisesImmutableId: of mS-DS-ConsistencyGuid when it is set, and
// of objectGUID. Both are right: which one is used is a setting of Entra Connect.
func Anchors(o evidence.ADObject) []string {
	own := o.GUID().Base64()
	if c := o.ConsistencyGUID(); c != "" {
		if b := base64.StdEncoding.EncodeToString([]byte(c)); b != own {
			return []string{b, own}
		}
	}
	return []string{own}
}

// PrimarySMTP is the first value with an upper-case SMTP prefix, in comparison form; "" when there is none.
func PrimarySMTP(proxies func(func(string) bool)) string {
	for v := range proxies {
		if p := address.ParseProxy(v); p.Kind == address.SMTP && p.Primary {
			return address.Fold(strings.TrimSpace(p.Value))
		}
	}
	return ""
}

func guest(u evidence.TenantUser) bool {
	return strings.EqualFold(u.UserType(), "Guest") || strings.Contains(strings.ToLower(u.UPN()), "#ext#")
}

// Tenant gives the tenant user that a directory user is, and how that was found; the zero value when there is none. Of users of several tenants it is the one that was found
// most surely.
func (p *Pairs) Tenant(o evidence.ADObject) (evidence.TenantUser, Match) {
	if o.Dataset() != evidence.ADUsers || o.Row() >= len(p.toTenant) || p.toTenant[o.Row()] < 0 {
		return evidence.TenantUser{}, Unmatched
	}
	t := p.toTenant[o.Row()]
	return p.s.TenantUserAt(int(t)), p.by[t]
}

// Among tells tenants apart for a person who is in several: the tenant of the user, "" for all others.
func (p *Pairs) Among(u evidence.TenantUser) string {
	if u.Row() < len(p.toAD) && p.toAD[u.Row()] >= 0 && p.several[p.toAD[u.Row()]] {
		return u.Tenant()
	}
	return ""
}

// AD gives the directory user that a tenant user is, and how that was found; the zero value when there is none.
func (p *Pairs) AD(u evidence.TenantUser) (evidence.ADObject, Match) {
	if u.Row() >= len(p.toAD) || p.toAD[u.Row()] < 0 {
		return evidence.ADObject{}, Unmatched
	}
	return p.s.ADObjectAt(evidence.ADUsers, int(p.toAD[u.Row()])), p.by[u.Row()]
}

// indexCloud lists the unjoined users that are mastered in the tenant, by UPN and by every SMTP address.
func (p *Pairs) indexCloud() {
	p.cloud = map[string][]int32{}
	for u := range p.s.TenantUsers() {
		if p.toAD[u.Row()] >= 0 || guest(u) || u.Synced() == evidence.True {
			continue
		}
		row := int32(u.Row()) //nolint:gosec // as above
		p.cloud["u:"+address.Fold(u.UPN())] = append(p.cloud["u:"+address.Fold(u.UPN())], row)
		for v := range u.ProxyAddresses() {
			if a := address.ParseProxy(v); a.Kind == address.SMTP {
				key := "s:" + address.Fold(strings.TrimSpace(a.Value))
				p.cloud[key] = append(p.cloud[key], row)
			}
		}
	}
}

// Twins are the cloud-only users that soft match would take for the directory user: by UPN, and by primary SMTP address. Either may be zero; both may be
// the same user.
func (p *Pairs) Twins(o evidence.ADObject) (byUPN, bySMTP evidence.TenantUser) {
	if upn := o.UPN(); upn != "" {
		byUPN = p.first("u:" + address.Fold(upn))
	}
	if smtp := PrimarySMTP(o.ProxyAddresses()); smtp != "" {
		bySMTP = p.first("s:" + smtp)
	}
	return byUPN, bySMTP
}

// first gives the user with the lowest id, whatever the order of rows.
func (p *Pairs) first(key string) evidence.TenantUser {
	var best evidence.TenantUser
	for _, row := range p.cloud[key] {
		if u := p.s.TenantUserAt(int(row)); best.IsZero() || u.ID().String() < best.ID().String() {
			best = u
		}
	}
	return best
}

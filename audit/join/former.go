package join

import (
	"cmp"
	"slices"
	"strings"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/address"
)

// Former tells what deleted tenant users still hold.
type Former struct {
	holders map[string][]evidence.DeletedUser
}

// Claim is a property by which a deleted user stands in somebody's way, with its value.
type Claim struct{ Property, Value string }

// NewFormer looks through the deleted users of the snapshot.
func NewFormer(s *evidence.Snapshot) *Former {
	f := &Former{map[string][]evidence.DeletedUser{}}
	for u := range s.DeletedUsers() {
		for _, key := range formerKeys(u) {
			f.holders[key] = append(f.holders[key], u)
		}
	}
	return f
}

// formerKeys are what a deleted user holds, each once.
func formerKeys(u evidence.DeletedUser) []string {
	var keys []string
	add := func(key string) {
		if !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
	}
	if upn := u.FormerUPN(); upn != "" {
		add("upn:" + address.Fold(upn))
	}
	for v := range u.ProxyAddresses() {
		if k := proxyKey(v); unique(k) {
			add(k)
		}
	}
	if mail := u.Mail(); mail != "" {
		add(proxyKey(mail))
	}
	if id := u.ImmutableID(); id != "" {
		add("anchor:" + id)
	}
	return keys
}

// unique says that a proxy address is of a kind that may be used only once in a tenant.
func unique(key string) bool {
	return strings.HasPrefix(key, "smtp:") || strings.HasPrefix(key, "sip:")
}

// None says that there are no deleted users.
func (f *Former) None() bool { return len(f.holders) == 0 }

// Standing lists the deleted users that hold the source anchor, the sign-in name or an address of a directory object, by id, with the surest sign of each.
func (f *Former) Standing(o evidence.ADObject) (users []evidence.DeletedUser, claims []Claim) {
	note := func(key, property, value string) {
		for _, u := range f.holders[key] {
			if !slices.ContainsFunc(users, func(b evidence.DeletedUser) bool { return b == u }) {
				users, claims = append(users, u), append(claims, Claim{property, value})
			}
		}
	}
	for _, a := range Anchors(o) {
		note("anchor:"+a, "onPremisesImmutableId", a)
	}
	if upn := strings.TrimSpace(o.UPN()); upn != "" {
		note("upn:"+address.Fold(upn), "userPrincipalName", upn)
	}
	for v := range o.ProxyAddresses() {
		if k := proxyKey(v); unique(k) {
			note(k, "proxyAddresses", v)
		}
	}
	if mail := strings.TrimSpace(o.Mail()); mail != "" {
		note(proxyKey(mail), "mail", mail)
	}
	return sortedFormer(users, claims)
}

// Refused lists the deleted users that hold a value which directory synchronisation refused, by id.
func (f *Former) Refused(tenant string, e evidence.SyncError) []evidence.DeletedUser {
	users := slices.DeleteFunc(slices.Clone(f.holders[disputedKey(e)]), func(u evidence.DeletedUser) bool { return u.Tenant() != tenant })
	users, _ = sortedFormer(users, make([]Claim, len(users)))
	return users
}

func sortedFormer(users []evidence.DeletedUser, claims []Claim) ([]evidence.DeletedUser, []Claim) {
	order := make([]int, len(users))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(users[a].ID().String(), users[b].ID().String()) })
	sorted, sortedClaims := make([]evidence.DeletedUser, len(users)), make([]Claim, len(users))
	for i, j := range order {
		sorted[i], sortedClaims[i] = users[j], claims[j]
	}
	return sorted, sortedClaims
}

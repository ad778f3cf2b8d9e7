package join

import (
	"cmp"
	"slices"
	"strings"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/address"
)

// Disputed tells which tenant users hold the values that directory synchronisation refused to some account (onPremisesProvisioningErrors). It knows these
// few values only.
type Disputed struct {
	s       *evidence.Snapshot
	holders map[string][]int32 // rows of TenantUsers
}

// NewDisputed looks for the holders of every refused value of the snapshot.
func NewDisputed(s *evidence.Snapshot) *Disputed {
	d := &Disputed{s: s, holders: map[string][]int32{}}
	for u := range s.TenantUsers() {
		for e := range u.SyncErrors() {
			d.holders[disputedKey(e)] = nil
		}
	}
	if len(d.holders) == 0 {
		return d
	}
	for u := range s.TenantUsers() {
		d.note("upn:"+address.Fold(u.UPN()), u)
		for v := range u.ProxyAddresses() {
			d.note(proxyKey(v), u)
		}
	}
	return d
}

func (d *Disputed) note(key string, u evidence.TenantUser) {
	rows, refused := d.holders[key]
	row := int32(u.Row()) //nolint:gosec // tables hold fewer than 2^31 rows
	if refused && !slices.Contains(rows, row) {
		d.holders[key] = append(rows, row)
	}
}

// Holders gives the tenant users that hold the refused value, in the order of their ids: as userPrincipalName when that was refused, else among their
// proxyAddresses.
func (d *Disputed) Holders(e evidence.SyncError) []evidence.TenantUser {
	var users []evidence.TenantUser
	for _, row := range d.holders[disputedKey(e)] {
		users = append(users, d.s.TenantUserAt(int(row)))
	}
	slices.SortFunc(users, func(a, b evidence.TenantUser) int { return cmp.Compare(a.ID().String(), b.ID().String()) })
	return users
}

func disputedKey(e evidence.SyncError) string {
	if strings.EqualFold(e.Property, "userPrincipalName") {
		return "upn:" + address.Fold(strings.TrimSpace(e.Value))
	}
	return proxyKey(e.Value)
}

// proxyKey compares proxy addresses; one without a prefix is an e-mail address.
func proxyKey(value string) string {
	p := address.ParseProxy(value)
	prefix := strings.TrimSpace(p.Prefix)
	if p.Kind == address.None {
		prefix = "smtp"
	}
	return address.Fold(prefix + ":" + strings.TrimSpace(p.Value))
}

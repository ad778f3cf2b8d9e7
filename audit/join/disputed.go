package join

import (
	"cmp"
	"slices"
	"strings"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/address"
)

// Disputed tells which objects of a tenant hold the values that directory synchronisation refused to some object of it (onPremisesProvisioningErrors). It knows these
// few values only. Deleted users are [Former]'s business.
type Disputed struct {
	s          *evidence.Snapshot
	users      map[string][]int32 // rows of TenantUsers
	recipients map[string][]evidence.Recipient
}

var recipientTables = []evidence.Dataset{evidence.TenantGroups, evidence.TenantContacts}

// NewDisputed looks for the holders of every refused value of the snapshot.
func NewDisputed(s *evidence.Snapshot) *Disputed {
	d := &Disputed{s: s, users: map[string][]int32{}, recipients: map[string][]evidence.Recipient{}}
	for u := range s.TenantUsers() {
		for e := range u.SyncErrors() {
			d.users[u.Tenant()+disputedKey(e)] = nil
		}
	}
	for _, t := range recipientTables {
		for r := range s.Recipients(t) {
			for e := range r.SyncErrors() {
				d.users[r.Tenant()+disputedKey(e)] = nil
			}
		}
	}
	if len(d.users) == 0 {
		return d
	}
	for u := range s.TenantUsers() {
		d.note(u.Tenant()+"upn:"+address.Fold(u.UPN()), u)
		for v := range u.ProxyAddresses() {
			d.note(u.Tenant()+proxyKey(v), u)
		}
	}
	for _, t := range recipientTables {
		for r := range s.Recipients(t) {
			d.noteRecipient(r)
		}
	}
	return d
}

func (d *Disputed) note(key string, u evidence.TenantUser) {
	rows, refused := d.users[key]
	row := int32(u.Row()) //nolint:gosec // tables hold fewer than 2^31 rows
	if refused && !slices.Contains(rows, row) {
		d.users[key] = append(rows, row)
	}
}

func (d *Disputed) noteRecipient(r evidence.Recipient) {
	add := func(value string) {
		key := r.Tenant() + proxyKey(value)
		if _, refused := d.users[key]; refused && !slices.Contains(d.recipients[key], r) {
			d.recipients[key] = append(d.recipients[key], r)
		}
	}
	for v := range r.ProxyAddresses() {
		add(v)
	}
}

// Holders gives the users of a tenant that hold the refused value, in the order of their ids: as userPrincipalName when that was refused, else among their
// proxyAddresses.
func (d *Disputed) Holders(tenant string, e evidence.SyncError) []evidence.TenantUser {
	var users []evidence.TenantUser
	for _, row := range d.users[tenant+disputedKey(e)] {
		users = append(users, d.s.TenantUserAt(int(row)))
	}
	slices.SortFunc(users, func(a, b evidence.TenantUser) int { return cmp.Compare(a.ID().String(), b.ID().String()) })
	return users
}

// Recipients gives the groups and contacts of a tenant that hold the refused value, groups first, in the order of their ids.
func (d *Disputed) Recipients(tenant string, e evidence.SyncError) []evidence.Recipient {
	list := slices.Clone(d.recipients[tenant+disputedKey(e)])
	slices.SortFunc(list, func(a, b evidence.Recipient) int {
		if a.Group() != b.Group() {
			if a.Group() {
				return -1
			}
			return 1
		}
		return cmp.Compare(a.ID().String(), b.ID().String())
	})
	return list
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

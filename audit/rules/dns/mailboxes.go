package dns

import (
	"cmp"
	"slices"
	"strings"

	"hybridaudit/audit"
	"hybridaudit/audit/join"
	"hybridaudit/audit/scope"
	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/address"
)

// Values of msExchRecipientTypeDetails: mailboxes of people, of linked accounts, shared and older ones, of rooms and equipment; and the same when they are in Exchange Online.
var (
	onServers = []int64{1, 2, 4, 8, 16, 32, 2199023255552}
	remote    = []int64{2147483648, 8589934592, 17179869184, 34359738368}
)

// mailPlans are the service plans that come with a mailbox.
var mailPlans = []string{"EXCHANGE_S_STANDARD", "EXCHANGE_S_ENTERPRISE", "EXCHANGE_S_DESKLESS", "EXCHANGE_S_ESSENTIALS", "EXCHANGE_L_STANDARD", "EXCHANGE_B_STANDARD"}

// mailPlanIDs are the ids of some of them: not every tenant tells the names of its plans.
var mailPlanIDs = []string{
	"9aaf7827-d63c-4b61-89c3-182f06f82e5c", "efb87545-963c-4e0d-99df-69c6916d9eb0", "4a82b400-a79f-41a4-b4e2-e94f5787b113", "1126bef5-da20-4f07-b45e-ad25d2581aa8",
}

// located are the mailboxes by the domain of their primary address.
type located struct {
	by map[string]*boxes
	// located says that it is known where each of them is.
	located bool
}

// mailboxes finds the mailboxes, and puts the rule in doubt when they are not all known.
func mailboxes(p *audit.Pass) located {
	l := located{by: map[string]*boxes{}}
	directory := p.Unread([]audit.Need{{Dataset: evidence.ADUsers, Attributes: []string{"msExchRecipientTypeDetails", "proxyAddresses"}}})
	tenant := p.Unread([]audit.Need{{Dataset: evidence.TenantUsers, Attributes: []string{"proxyAddresses", "assignedPlans"}}})
	cloudOnly := p.Records().CloudOnly()
	if !tenant.IsZero() {
		p.Doubt(tenant)
	}
	if !directory.IsZero() && !cloudOnly {
		p.Doubt(directory)
	}
	l.located = tenant.IsZero() && (directory.IsZero() || cloudOnly)
	for o := range p.Evidence.ADObjects(evidence.ADUsers) {
		if p.Scope().Class(o) == scope.System {
			continue
		}
		kind, ok := o.RecipientType()
		b := l.of(cmp.Or(join.PrimarySMTP(o.ProxyAddresses()), o.Mail()))
		switch {
		case !ok || b == nil:
		case slices.Contains(onServers, kind):
			b.onPremises++
		case slices.Contains(remote, kind):
			b.online++
		}
	}
	for u := range p.Evidence.TenantUsers() {
		if strings.EqualFold(u.UserType(), "Guest") || !hasMailPlan(p, u) {
			continue
		}
		b := l.of(cmp.Or(join.PrimarySMTP(u.ProxyAddresses()), u.Mail()))
		o, _ := p.Pairs().AD(u)
		switch known := !o.IsZero() && hasMailbox(o); {
		case b == nil || known:
		case u.Synced() == evidence.True && o.IsZero():
			b.somewhere++
		default:
			b.online++
		}
	}
	for domain, b := range l.by {
		if b.sum() == 0 {
			delete(l.by, domain)
		}
	}
	return l
}

// of gives the boxes of the domain of an address, nil for what is none.
func (l located) of(addr string) *boxes {
	domain := address.Domain(addr)
	if domain == "" {
		return nil
	}
	b := l.by[domain]
	if b == nil {
		b = &boxes{}
		l.by[strings.Clone(domain)] = b
	}
	return b
}

func hasMailbox(o evidence.ADObject) bool {
	kind, ok := o.RecipientType()
	return ok && (slices.Contains(onServers, kind) || slices.Contains(remote, kind))
}

func hasMailPlan(p *audit.Pass, u evidence.TenantUser) bool {
	for plan := range u.Plans() {
		if strings.EqualFold(plan.Status, "Enabled") && (slices.Contains(mailPlanIDs, plan.ID) || slices.Contains(mailPlans, p.Plans().Name(plan.ID))) {
			return true
		}
	}
	return false
}

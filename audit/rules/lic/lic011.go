package lic

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"hybridaudit/audit"
	"hybridaudit/audit/phone"
	"hybridaudit/audit/plans"
	"hybridaudit/audit/scope"
	"hybridaudit/sources/evidence"
)

// lic011Params are the parameters of LIC-011.
type lic011Params struct {
	// Reserve is the share of a subscription's seats, in per cent, that may be free on purpose; up to Spare free seats are never reported.
	Reserve int `yaml:"reserve"`
	Spare   int `yaml:"spare"`
	// Idle is how long nobody must have signed in with an account until its licences count as unused.
	Idle time.Duration `yaml:"idle"`
}

// LIC011 counts the paid licences that nobody uses.
var LIC011 = &audit.Rule{
	ID: "LIC-011", Category: "lic", Severity: audit.Low,
	Title: "Paid licences not used",
	Why:   "Money is spent on seats that nobody has, on accounts that nobody signs in with, and twice on the same service for one person.",
	Fix: "Go through the list of the finding with the departments that pay. Reduce seats at the next renewal, take licences from accounts that are not used any more (after looking at mailbox " +
		"and telephone number), and take the second subscription from people who have the same service twice.",
	Guards: "One finding for each tenant and kind. Free and trial subscriptions and those of the whole company are not counted, nor are seats within the reserve (5 %, at least 5 seats). Of sign-ins: only " +
		"enabled accounts of people that are older than the time (90 days), no administrators (accounts for emergencies), no rooms and mailboxes; accounts that are disabled are LIC-010. Of the same " +
		"service twice: Teams, Skype for Business Online, Phone System, Audio Conferencing and Calling Plans only, and only where both plans are switched on. Of Phone System: add-on " +
		"subscriptions only, since in a suite like E5 it cannot be given back alone; people with a number in AD or in the tenant are left out.",
	Refs: []audit.Ref{
		{Title: "Microsoft Graph: subscribedSku", URL: "https://learn.microsoft.com/graph/api/resources/subscribedsku"},
		{Title: "Microsoft Graph: signInActivity", URL: "https://learn.microsoft.com/graph/api/resources/signinactivity"},
	},
	Variants: []audit.Variant{
		{Code: "D", Message: "people who have the same service from two subscriptions: {count} ({pairs})", Needs: peopleNeeds()},
		{
			Code: "P", Message: "people with a Phone System add-on and without a telephone number: {count} ({names})",
			Needs: slices.Concat(peopleNeeds(), audit.All(audit.NumberNeeds()), []audit.Need{{Dataset: evidence.ADUsers, Attributes: []string{"msRTCSIP-Line", "msRTCSIP-PrivateLine"}}}),
		},
		{
			Code: "S", Message: "licensed people who have not signed in for {days} days: {count} ({names})",
			Needs: slices.Concat(peopleNeeds(), []audit.Need{
				{Dataset: evidence.TenantSignIns, Attributes: []string{"id", "signInActivity.lastSignInDateTime"}},
				{Dataset: evidence.TenantUsers, Attributes: []string{"createdDateTime"}}, {Dataset: evidence.TenantRoles, Attributes: []string{"principalId"}},
				{Dataset: evidence.TenantSignIns, Attributes: []string{"signInActivity.lastNonInteractiveSignInDateTime"}, Optional: true},
			}),
		},
		{
			Code: "U", Message: "paid seats that nobody has: {count} ({skus})",
			Needs: []audit.Need{{Dataset: evidence.TenantSKUs, Attributes: []string{"appliesTo", "capabilityStatus", "consumedUnits", "prepaidUnits.enabled"}}},
		},
	},
	Needs:  []audit.Need{skuNeeds(), {Dataset: evidence.TenantOrganization, Attributes: []string{"id"}}},
	Params: func() any { return &lic011Params{Reserve: 5, Spare: 5, Idle: 90 * 24 * time.Hour} },
	Check: audit.Once(func(p *audit.Pass) {
		for o := range p.Evidence.Organizations() {
			unusedSeats(p, o)
		}
		if !p.Assessed("D") && !p.Assessed("P") && !p.Assessed("S") {
			return
		}
		wastes := map[string]*waste{}
		for u := range p.Evidence.TenantUsers() {
			if u.LicenceCount() == 0 {
				continue
			}
			if wastes[u.Tenant()] == nil {
				wastes[u.Tenant()] = newWaste()
			}
			wastes[u.Tenant()].look(p, u)
		}
		for o := range p.Evidence.Organizations() {
			if w := wastes[o.Tenant()]; w != nil {
				w.report(p, o)
			}
		}
	}),
}

// peopleNeeds are the licensed people, and who of them is a person.
func peopleNeeds() []audit.Need {
	return append(needs(), audit.Need{Dataset: evidence.TenantUsers, Attributes: []string{"department"}, Optional: true})
}

// unusedSeats reports the paid seats of a tenant that nobody has.
func unusedSeats(p *audit.Pass, o evidence.Organization) {
	params := audit.Params[lic011Params](p)
	count, free := 0, map[string]int{}
	for s := range p.Evidence.SKUs() {
		n := s.Enabled() - s.Consumed()
		if s.Tenant() != o.Tenant() || !strings.EqualFold(s.AppliesTo(), "User") || !strings.EqualFold(s.Status(), "Enabled") || p.Plans().Free(s.ID().String()) ||
			s.Enabled() >= unlimited && s.Consumed()*10 < s.Enabled() || n <= int64(params.Spare) || n*100 <= s.Enabled()*int64(params.Reserve) {
			continue
		}
		free[s.PartNumber()] += int(n)
		count += int(n)
	}
	if count > 0 {
		p.Report(audit.Finding{
			Variant: "U", Subject: audit.TenantItself(o), Args: []audit.Arg{audit.Num("count", count), audit.List("skus", counted(free))},
			Evidence: []audit.Fact{{Name: "subscribedSkus", Values: counted(free)}},
		})
	}
}

// waste is what the people of one tenant have and do not use.
type waste struct {
	twice  tally
	idle   tally
	silent tally
	pairs  map[string]int
}

// tally counts people, and lists them.
type tally struct {
	people      []evidence.TenantUser
	skus        map[string]int
	departments map[string]int
}

func newTally() tally { return tally{skus: map[string]int{}, departments: map[string]int{}} }

func newWaste() *waste { return &waste{newTally(), newTally(), newTally(), map[string]int{}} }

func (t *tally) add(u evidence.TenantUser, skus []string) {
	t.people = append(t.people, u)
	t.departments[u.Department()]++
	for _, s := range skus {
		t.skus[s]++
	}
}

// look adds a licensed user to whatever it belongs to.
func (w *waste) look(p *audit.Pass, u evidence.TenantUser) {
	if !active(p, u) {
		return
	}
	o, _ := p.Pairs().AD(u)
	if !o.IsZero() && (!p.Scope().In(o) || p.Scope().Class(o) != scope.Person || o.Disabled()) {
		return
	}
	if pairs := doubled(p, u); len(pairs) > 0 {
		w.twice.add(u, nil)
		for _, pair := range pairs {
			w.pairs[pair]++
		}
	}
	if p.Assessed("P") {
		if skus := phoneAddOns(p, u); len(skus) > 0 && !numbered(p, o, u) {
			w.silent.add(u, skus)
		}
	}
	if p.Assessed("S") && idle(p, u) {
		if skus := paid(p, u); len(skus) > 0 {
			w.idle.add(u, skus)
		}
	}
}

func (w *waste) report(p *audit.Pass, o evidence.Organization) {
	subject := audit.TenantItself(o)
	if n := len(w.twice.people); n > 0 {
		_, facts := w.twice.facts()
		facts = append([]audit.Fact{{Name: "pairs", Values: counted(w.pairs)}}, facts...)
		p.Report(audit.Finding{Variant: "D", Subject: subject, Evidence: facts, Args: []audit.Arg{audit.Num("count", n), audit.List("pairs", counted(w.pairs))}})
	}
	if n := len(w.silent.people); n > 0 {
		names, facts := w.silent.facts()
		p.Report(audit.Finding{Variant: "P", Subject: subject, Evidence: facts, Args: []audit.Arg{audit.Num("count", n), audit.List("names", names)}})
	}
	if n := len(w.idle.people); n > 0 {
		names, facts := w.idle.facts()
		days := int(audit.Params[lic011Params](p).Idle / (24 * time.Hour))
		p.Report(audit.Finding{
			Variant: "S", Subject: subject, Evidence: facts, Args: []audit.Arg{audit.Num("count", n), audit.Num("days", days), audit.List("names", names)},
		})
	}
}

// facts counts people by subscription and department, and names the first of them.
func (t *tally) facts() ([]string, []audit.Fact) {
	people := slices.SortedFunc(slices.Values(t.people), func(a, b evidence.TenantUser) int {
		return cmp.Or(strings.Compare(a.UPN(), b.UPN()), strings.Compare(a.ID().String(), b.ID().String()))
	})
	var names []string
	for _, u := range people[:min(len(people), audit.MostListed)] {
		names = append(names, u.UPN())
	}
	var facts []audit.Fact
	if len(t.skus) > 0 {
		facts = append(facts, audit.Fact{Name: "assignedLicenses", Values: counted(t.skus)})
	}
	return names, append(facts, audit.Fact{Name: "department", Values: counted(t.departments)}, audit.Fact{Name: "people", Values: names})
}

// counted lists counts behind what they count, the largest first.
func counted(counts map[string]int) []string {
	names := slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b))
	})
	list := make([]string, 0, min(len(names), audit.MostListed))
	for _, n := range names[:min(len(names), audit.MostListed)] {
		shown := n
		if shown == "" {
			shown = "-"
		}
		list = append(list, shown+": "+strconv.Itoa(counts[n]))
	}
	return list
}

// paid lists the part numbers of a user's licences that cost something.
func paid(p *audit.Pass, u evidence.TenantUser) []string {
	var skus []string
	for l := range u.Licences() {
		if !p.Plans().Free(l.SKU) {
			skus = append(skus, p.Plans().SKUName(l.SKU))
		}
	}
	slices.Sort(skus)
	return slices.Compact(skus)
}

// doubled lists the services that a user has from two subscriptions: the service with both part numbers.
func doubled(p *audit.Pass, u evidence.TenantUser) []string {
	if u.LicenceCount() < 2 {
		return nil
	}
	givers := map[plans.Group][]string{}
	for l := range u.Licences() {
		if p.Plans().Free(l.SKU) {
			continue
		}
		for g := range p.Plans().Groups(l.SKU, l.Disabled) {
			if name := p.Plans().SKUName(l.SKU); !slices.Contains(givers[g], name) {
				givers[g] = append(givers[g], name)
			}
		}
	}
	var pairs []string
	for g, skus := range givers {
		if len(skus) > 1 {
			slices.Sort(skus)
			pairs = append(pairs, g.Label()+" from "+strings.Join(skus, " + "))
		}
	}
	slices.Sort(pairs)
	return pairs
}

// phoneAddOns lists the part numbers of a user's licences that give Phone System and no Teams.
func phoneAddOns(p *audit.Pass, u evidence.TenantUser) []string {
	var skus []string
	for l := range u.Licences() {
		if p.Plans().Contains(l.SKU, plans.Phone) && !p.Plans().Contains(l.SKU, plans.Teams) && p.Plans().Groups(l.SKU, l.Disabled)[plans.Phone] != "" && !p.Plans().Free(l.SKU) {
			skus = append(skus, p.Plans().SKUName(l.SKU))
		}
	}
	slices.Sort(skus)
	return slices.Compact(skus)
}

// numbered says that a person has a telephone number, in AD or in the tenant.
func numbered(p *audit.Pass, o evidence.ADObject, u evidence.TenantUser) bool {
	if len(p.Numbers().Of(u)) > 0 {
		return true
	}
	if o.IsZero() {
		return false
	}
	for _, line := range [...]string{o.Line(), o.PrivateLine()} {
		if n, _ := phone.Parse(line); !n.IsZero() {
			return true
		}
	}
	return false
}

// idle says that nobody has signed in with a user's account for long.
func idle(p *audit.Pass, u evidence.TenantUser) bool {
	limit := audit.Params[lic011Params](p).Idle
	a := p.SignIn(u)
	return !a.IsZero() && p.Now().Sub(u.Created()) > limit && !u.Created().IsZero() && p.Now().Sub(a.Last()) > limit && len(p.Roles(u.ID())) == 0
}

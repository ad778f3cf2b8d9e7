// Package plans tells what the licences of a tenant user amount to for Teams and Skype for Business.
package plans

import (
	"slices"
	"strings"
	"sync"
	"time"

	"hybridaudit/sources/evidence"
)

// Group is a set of service plans of which any one will do.
type Group string

// The groups.
const (
	Teams Group = "teams" // Microsoft Teams
	Skype Group = "skype" // Skype for Business Online (Plan 2)

	Phone        Group = "phone"        // Phone System
	Conferencing Group = "conferencing" // Audio Conferencing
	Calling      Group = "calling"      // calling plans of Microsoft
)

// Catalogue knows the service plans by id.
type Catalogue struct {
	known map[string]plan // the plans of the table, by id
	ids   []string        // their ids, by place
	names map[string]string
	skus  map[string]evidence.SKU    // by tenant and lower-case SKU id
	parts map[string]string          // part numbers by lower-case SKU id
	holds map[string]map[Group]bool  // SKU id -> groups it contains
	inSKU map[string]map[string]bool // SKU id -> plan ids it contains
	seats map[ofTenant][]Seats
	best  func() map[Group][]brief // by row of the tenant users; of Teams and Skype, which half of the licence rules ask for

	display  map[string]string  // plan id -> compiled-in display name
	products map[string]product // the compiled-in subscriptions, by id
	brought  Names
}

// Seats are the licences of a SKU that nobody holds; fewer than none when more are assigned than bought.
type Seats struct {
	SKU  string // part number
	Free int
}

type plan struct {
	group Group
	place uint8
}

// New reads the tables that are compiled in and the SKUs of the snapshot. names are those that an operator brings.
func New(s *evidence.Snapshot, names Names) *Catalogue {
	c := &Catalogue{
		known: map[string]plan{}, names: map[string]string{}, skus: map[string]evidence.SKU{}, parts: map[string]string{},
		holds: map[string]map[Group]bool{}, inSKU: map[string]map[string]bool{}, seats: map[ofTenant][]Seats{},
		display: map[string]string{}, products: products(), brought: names,
	}
	for _, r := range rowsOf("plans.csv", planTable) {
		c.names[r[2]], c.display[r[2]] = r[1], r[3]
		if r[0] != "" {
			c.known[r[2]] = plan{Group(r[0]), uint8(len(c.ids))} //nolint:gosec // the table has fewer than 256 rows
			c.ids = append(c.ids, r[2])
		}
	}
	for sku := range s.SKUs() {
		id := sku.ID().String()
		c.skus[sku.Tenant()+id], c.holds[id], c.inSKU[id] = sku, map[Group]bool{}, map[string]bool{}
		if p := sku.PartNumber(); p != "" {
			c.parts[id] = p
		}
		for p := range sku.Plans() {
			c.inSKU[id][p.ID] = true
			if k, ok := c.known[p.ID]; ok {
				c.holds[id][k.group] = true
			}
			if c.names[p.ID] == "" {
				c.names[p.ID] = p.Name
			}
		}
		for g := range c.holds[id] {
			at := ofTenant{sku.Tenant(), g}
			c.seats[at] = append(c.seats[at], Seats{c.SKUName(id), int(sku.Enabled() + sku.Warning() - sku.Consumed())})
		}
	}
	for _, seats := range c.seats {
		slices.SortFunc(seats, func(a, b Seats) int { return strings.Compare(a.SKU, b.SKU) })
	}
	c.best = sync.OnceValue(func() map[Group][]brief { return c.summary(s) })
	return c
}

// ofTenant is a group of plans in one tenant.
type ofTenant struct {
	tenant string
	group  Group
}

// Seats lists the free seats of a tenant's SKUs that contain a plan of the group, by part number. The list is shared: do not change it.
func (c *Catalogue) Seats(tenant string, g Group) []Seats { return c.seats[ofTenant{tenant, g}] }

// Name is the plan's name, or its id when it is unknown.
func (c *Catalogue) Name(plan string) string {
	if n := c.names[plan]; n != "" {
		return n
	}
	return plan
}

// Label is the name that people know a group by.
func (g Group) Label() string {
	switch g {
	case Skype:
		return "Skype for Business Online (Plan 2)"
	case Phone:
		return "Phone System"
	case Conferencing:
		return "Audio Conferencing"
	case Calling:
		return "Calling Plan"
	case Teams:
	}
	return "Microsoft Teams"
}

// SKU gives a tenant's subscription with that id.
func (c *Catalogue) SKU(tenant, id string) (evidence.SKU, bool) {
	s, ok := c.skus[tenant+strings.ToLower(id)]
	return s, ok
}

// SKUName is the SKU's part number, or its id when neither a tenant lists it nor the compiled-in table knows it.
func (c *Catalogue) SKUName(id string) string {
	if part := c.parts[strings.ToLower(id)]; part != "" {
		return part
	}
	if p := c.products[strings.ToLower(id)]; p.part != "" {
		return p.part
	}
	return id
}

// Contains says whether a SKU contains a plan of the group.
func (c *Catalogue) Contains(sku string, g Group) bool { return c.holds[strings.ToLower(sku)][g] }

// Status is the state of a person's plans of one group.
type Status struct {
	State    string    // the best of the entries: Enabled, Warning, Suspended, LockedOut, Deleted; "" when there is no entry
	Plan     string    // the plan id of that entry
	Assigned time.Time // of that entry
}

// Usable says that the service works for the person today.
func (s Status) Usable() bool { return s.Enabled() || strings.EqualFold(s.State, "Warning") }

// Enabled says that the plan is fully there.
func (s Status) Enabled() bool { return strings.EqualFold(s.State, "Enabled") }

// Deleted says that nothing but the trace of a former licence is left.
func (s Status) Deleted() bool { return strings.EqualFold(s.State, "Deleted") }

// Of reads assignedPlans: a Deleted entry beside an Enabled one is history and does not count. u must be of the snapshot that the catalogue was made of.
func (c *Catalogue) Of(u evidence.TenantUser, g Group) Status {
	if briefs := c.best()[g]; briefs != nil {
		if s, ok := c.status(briefs[u.Row()]); ok {
			return s
		}
	}
	return c.read(u, g)
}

// Ready says that the person has an enabled Teams or Skype for Business Online plan.
func (c *Catalogue) Ready(u evidence.TenantUser) bool {
	return c.Of(u, Teams).Enabled() || c.Of(u, Skype).Enabled()
}

// Groups gives the groups of which a SKU contains a plan that is not among the disabled ones, with the plan of each.
func (c *Catalogue) Groups(sku string, disabled func(func(string) bool)) map[Group]string {
	id := strings.ToLower(sku)
	held := c.holds[id]
	if len(held) == 0 {
		return nil
	}
	off := lower(disabled)
	groups := map[Group]string{}
	for plan := range c.inSKU[id] {
		if k, ok := c.known[plan]; ok && !off[plan] && (groups[k.group] == "" || plan < groups[k.group]) {
			groups[k.group] = plan
		}
	}
	return groups
}

// Assignment is one way in which a person gets a SKU that contains a plan of a group.
type Assignment struct {
	SKU   string
	Group string // "" when assigned directly
	Off   bool   // every plan of the group that the SKU contains is switched off
}

// Assignments lists how a person gets the plans of a group: from licenseAssignmentStates, and from assignedLicenses for SKUs of which the tenant gave no
// state. That list has been seen incomplete.
func (c *Catalogue) Assignments(u evidence.TenantUser, g Group) []Assignment {
	var all []Assignment
	var stated []string
	for s := range u.LicenceStates() {
		if !c.Contains(s.SKU, g) {
			continue
		}
		stated = append(stated, s.SKU)
		if strings.EqualFold(s.State, "Active") || strings.EqualFold(s.State, "ActiveWithError") {
			all = append(all, Assignment{s.SKU, s.Group, c.off(s.SKU, g, s.Disabled)})
		}
	}
	for l := range u.Licences() {
		if c.Contains(l.SKU, g) && !slices.Contains(stated, l.SKU) {
			all = append(all, Assignment{l.SKU, "", c.off(l.SKU, g, l.Disabled)})
		}
	}
	return all
}

func (c *Catalogue) off(sku string, g Group, disabled func(func(string) bool)) bool {
	off := lower(disabled)
	for plan := range c.inSKU[strings.ToLower(sku)] {
		if c.known[plan].group == g && !off[plan] {
			return false
		}
	}
	return true
}

// lower makes a set of ids.
func lower(ids func(func(string) bool)) map[string]bool {
	set := map[string]bool{}
	for id := range ids {
		set[strings.ToLower(id)] = true
	}
	return set
}

// SwitchedOff says that the person holds at least one SKU with the plan and that every assignment has it switched off.
func (c *Catalogue) SwitchedOff(u evidence.TenantUser, g Group) (assignments []Assignment, off bool) {
	assignments = c.Assignments(u, g)
	for _, a := range assignments {
		if !a.Off {
			return assignments, false
		}
	}
	return assignments, len(assignments) > 0
}

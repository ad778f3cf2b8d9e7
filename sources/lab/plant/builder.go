package plant

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"hybridaudit/sources/evidence/directory"
	"hybridaudit/sources/lab"
)

// builder puts one organisation together. People are taken from a pool, changed, and written at once; nothing of a person is held longer than the plant
// that asked for it.
type builder struct {
	seed     int64
	now      time.Time
	variant  string
	loadable bool

	roster   *roster
	order    permutation
	people   int
	next     int // people taken so far
	beside   int // objects made that are not of the people
	accounts int // resource accounts made

	wire    *wire
	json    *document
	entries []lab.Entry       // by slot
	users   []json.RawMessage // by slot
	teams   []json.RawMessage // by slot
	after   struct {          // what stands beside the people
		entries      []lab.Entry
		users, teams []json.RawMessage
	}

	skus    []*sku
	bySKU   map[string]*sku
	domains []domain
	deployment
	refused map[string]string
	tenantParts
	withoutExports bool
	synced         time.Time // organization.onPremisesLastSyncDateTime
	syncing        string    // organization.onPremisesSyncEnabled

	habits     []trait // what everybody of the organisation has in common
	closed     bool    // federation is switched off for everybody
	hasOldPool bool    // there is a pool of a version that nobody can be moved from
	islands    [3]bool // pools with people who have Teams
	poolGUIDs  [3]directory.GUID
	hybrid     bool // people are on-premises
	mastered   bool // people online have a number in the directory
	teamsAlone bool // people have had Teams for long and are not enabled for SIP

	withoutNetwork bool
	standsBeside   bool // Microsoft's hosts stand in the network of the other organisation
	uses           usage
	extraSIP       []string // SIP domains that the topology names besides the usual ones
	networkChanges []func(*network)

	instance int // how often the plant at work was made before
	taken    []*person
	objects  []*object // contacts and groups of the plant at work
	truth    []lab.Expected
}

func newBuilder(o Options) *builder {
	b := &builder{
		seed: o.Seed, now: o.Now.UTC().Truncate(time.Second), variant: o.Variant, loadable: o.Loadable,
		roster: newRoster(o.Seed), order: newPermutation(o.Seed, o.People), people: o.People,
		wire: newWire(), json: &document{},
		entries: make([]lab.Entry, o.People), users: make([]json.RawMessage, o.People), teams: make([]json.RawMessage, o.People),
		skus: newSKUs(), bySKU: map[string]*sku{}, domains: tenantDomains(), refused: map[string]string{}, syncing: jsonTrue,
		withoutExports: o.NoExports, withoutNetwork: o.NoNetwork, standsBeside: o.beside, uses: usage{},
	}
	for _, s := range b.skus {
		b.bySKU[s.part] = s
	}
	b.synced = b.ago(12 * time.Minute)
	b.startTenant()
	return b
}

func (b *builder) random(n int, salt uint64) uint64 { return mix(b.seed, uint64(n), salt) } //nolint:gosec // not negative

func (b *builder) ago(d time.Duration) time.Time { return b.now.Add(-d) }

func (b *builder) sku(part string) *sku { return b.bySKU[part] }

// graphID is the object id of the tenant user with a number.
func (b *builder) graphID(n int) string { return guidOf(b.seed, uint64(n), saltID).String() } //nolint:gosec // not negative

// first tells whether the plant at work is made for the first time: then it may use names and tenant-wide objects that exist once.
func (b *builder) first() bool { return b.instance == 0 }

// person takes a fresh person from the pool: enabled for SIP, with a mailbox, licensed, unless traits say otherwise.
func (b *builder) person(traits ...trait) *person {
	slot := b.order.at(b.next % b.people)
	b.next++
	p := b.makePerson(b.roster.person(slot), slot, slot, b.plain(slot, traits))
	b.taken = append(b.taken, p)
	return p
}

// called takes a fresh person who, the first time, has a name that resembles a system account's.
func (b *builder) called(key string, traits ...trait) *person {
	l, ok := lookalikes()[key]
	if !ok || !b.first() {
		return b.person(traits...)
	}
	slot := b.order.at(b.next % b.people)
	b.next++
	id := b.roster.person(slot).called(l.given, l.surname, l.shown, l.local, l.sam)
	f := b.plain(slot, traits)
	f.style = 99
	p := b.makePerson(id, slot, slot, f)
	b.taken = append(b.taken, p)
	return p
}

// number gives the next position for what is not of the people.
func (b *builder) number() int {
	b.beside++
	return b.people + b.beside
}

// add has an account written that is not of the people.
func (b *builder) add(p *person) *person {
	b.taken = append(b.taken, p)
	return p
}

// addObject has a contact or group written.
func (b *builder) addObject(o *object) *object {
	b.objects = append(b.objects, o)
	return o
}

// flush writes what the plant at work has taken.
func (b *builder) flush() {
	for _, p := range b.taken {
		b.write(p)
	}
	for _, o := range b.objects {
		b.after.entries = append(b.after.entries, b.entry(o))
		b.synchroniseObject(o)
	}
	b.taken, b.objects = b.taken[:0], b.objects[:0]
}

func (b *builder) entry(o *object) lab.Entry {
	b.noteEndpoint(o)
	o.attributes(b.wire, b.seed, schemaDN)
	return b.wire.entry(o.dn)
}

// write puts both sides of a person where they belong.
func (b *builder) write(p *person) {
	b.notice(p)
	b.noteNumber(p)
	b.noteUse(p)
	b.onServers(p)
	if p.ad != nil {
		e := b.entry(p.ad)
		if p.slot >= 0 {
			b.entries[p.slot] = e
		} else {
			b.after.entries = append(b.after.entries, e)
		}
	}
	if p.cloud == nil {
		return
	}
	b.giveNumbers(p)
	b.giveBeta(p)
	raw := p.cloud.write(b.json)
	var configuration json.RawMessage
	if p.cloud.teams != nil {
		configuration = p.cloud.teams.write(b.json, p.cloud, b.tenantID())
		b.inTeams(p)
	}
	for i, l := range p.cloud.licences {
		if l.effective() && !assignedBefore(p.cloud.licences[:i], l.sku) {
			l.sku.consumed++
		}
	}
	if p.slot >= 0 {
		b.users[p.slot], b.teams[p.slot] = raw, configuration
		return
	}
	b.after.users = append(b.after.users, raw)
	if configuration != nil {
		b.after.teams = append(b.after.teams, configuration)
	}
}

// rest makes everybody who was not taken.
func (b *builder) rest() {
	for ; b.next < b.people; b.next++ {
		slot := b.order.at(b.next)
		b.write(b.makePerson(b.roster.person(slot), slot, slot, b.ordinary(slot)))
	}
}

// expect declares a finding on each of these directory objects.
func (b *builder) expect(rule, variant string, subjects ...*object) {
	for _, o := range subjects {
		b.expectKey(rule, variant, o.guid.String())
	}
}

// expectUser declares a finding on each of these tenant users.
func (b *builder) expectUser(rule, variant string, subjects ...*user) {
	for _, u := range subjects {
		b.expectKey(rule, variant, u.id)
	}
}

// expectKey declares a finding on a subject that is neither.
func (b *builder) expectKey(rule, variant, key string) {
	b.truth = append(b.truth, lab.Expected{RuleID: rule, Variant: variant, Key: key})
}

// organisation hands everything over.
func (b *builder) organisation() lab.Organisation {
	b.mailGroups()
	b.standingTenant()
	b.flush()
	d := lab.Directory{
		ForestName: domainMain, NetBIOSName: "CONTOSO", DCHost: "dc01." + domainMain, BaseDN: baseDN,
		DomainGUID: guidOf(b.seed, 4, saltDomain), InvocationID: guidOf(b.seed, 5, saltDomain), Schema: schemaAttributes(),
		ClockAhead: b.clock,
	}
	d.Entries = b.forest()
	b.expectFacts()
	b.expectDeployment()
	for _, e := range b.entries {
		if e.DN != "" {
			d.Entries = append(d.Entries, e)
		}
	}
	d.Entries = append(d.Entries, b.after.entries...)
	present := func(raw json.RawMessage) bool { return raw == nil }
	users := append(slices.DeleteFunc(b.users, present), b.after.users...)
	configurations := append(slices.DeleteFunc(b.teams, present), b.after.teams...)
	org := lab.Organisation{Directory: d, Tenant: b.tenant(users, configurations), Exports: b.saved(), Network: b.network()}
	sortTruth(b.truth)
	org.Truth = b.truth
	return org
}

// guid keeps objects of the configuration partition apart from people.
func (b *builder) fixedGUID(n uint64) directory.GUID { return guidOf(b.seed, n, saltOther+1) }

// short reports a pool that is too small.
func (b *builder) short() error {
	if b.next <= b.people {
		return nil
	}
	return fmt.Errorf("%d people are too few for these faults: %d are needed", b.people, b.next)
}

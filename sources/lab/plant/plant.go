// Package plant makes a sample organisation of any size: an Active Directory forest with Exchange and Skype for Business attributes, the Microsoft 365
// tenant that it synchronises to, faults planted in both, and the findings that these faults must cause.
//
// Every plant declares by hand, from the rule catalogue, all that it causes: its own finding, the knock-on findings of other rules, and those of severity
// info, for every holder. Beside each stand people who resemble it and are not at fault. Nothing here judges anything, and nothing here shares code with
// the rules but the parsing of addresses and directory values: what the rules find is compared with what was planted, and neither may follow the other.
package plant

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"hybridaudit/sources/lab"
)

// The variants of the organisation. One tenant cannot both synchronise late and not at all, nor one forest have pools and none, so a few faults have a
// variant of their own. Default holds every other one.
const (
	Default  = "default"
	NoServer = "no-server" // no pool object is left in the forest: HOM-002
	SyncOff  = "sync-off"  // directory synchronisation is switched off: SYN-001
	NoFlow   = "no-flow"   // SIP data do not reach the tenant: SYN-006
	// BadNetwork stands at a place with a proxy that wants credentials, where idle connections are cut, and is looked at by a host whose clock is wrong: NET-006, TIM-001 H.
	BadNetwork = "bad-network"
	// Cloud never had a server: nothing of the product is in the directory, and its records are those of Microsoft. It has faults of DNS alone.
	Cloud = "cloud"
	// Subsidiary is no-server and sync-off in one, under other names: the small second organisation that stands beside the default one, so that the two together show every fault.
	Subsidiary = "subsidiary"
)

// Variants lists the variants.
func Variants() []string {
	return []string{Default, NoServer, SyncOff, NoFlow, BadNetwork, Cloud, Subsidiary}
}

// NoFaults as the only element of Options.Only plants nothing: the truth is empty.
const NoFaults = "none"

// Options describe an organisation. The same options give the same organisation, byte for byte.
type Options struct {
	// People is the size of the pool that persons are taken from, 300 by default. Rooms, contacts, groups, guests and the like come on top. Each fault is
	// planted once for every 300 people, and at least once; fewer people than the faults need is an error.
	People int
	Seed   int64
	// Only names the rules whose faults are planted, all by default; knock-on findings of other rules come with them. NoFaults plants none.
	Only []string
	// Now is the time that ages are relative to: the time at which the evidence is taken. The current time by default.
	Now time.Time
	// Variant is Default unless given.
	Variant string
	// Loadable leaves out what cannot be stored in a real domain controller by LDIF: see NotLoadable. The truth then holds for objects that have been there
	// for more than an hour and less than 30 days: rules that wait for synchronisation are silent about younger ones.
	Loadable bool
	beside   bool // it stands beside another organisation
	// NoExports leaves out the output of PowerShell commands, and the faults that only it shows.
	NoExports bool
	// NoNetwork leaves out what DNS and hosts show, and the faults that only they show.
	NoNetwork bool
	// Alone leaves out the subsidiary of the default organisation. A loadable organisation has none.
	Alone bool
}

// New makes an organisation. It fails when the options contradict each other.
func New(o Options) (lab.Organisation, error) {
	if o.People == 0 {
		o.People = 300
	}
	if o.Variant == "" {
		o.Variant = Default
	}
	if o.Now.IsZero() {
		o.Now = time.Now()
	}
	if o.People < 1 {
		return lab.Organisation{}, fmt.Errorf("sample organisation of %d people", o.People)
	}
	chosen, err := choose(o)
	if err != nil {
		return lab.Organisation{}, err
	}
	b := newBuilder(o)
	b.plantAll(chosen)
	b.standing()
	if err := b.short(); err != nil {
		return lab.Organisation{}, err
	}
	b.rest()
	org := b.organisation()
	if o.Variant == Subsidiary {
		return renamed(org), nil
	}
	err = o.addSubsidiary(&org)
	return org, err
}

// choose lists the plants that the options ask for: those that concern the tenant, then faults of people, then those who only resemble them.
func choose(o Options) ([]plant, error) {
	if !slices.Contains(Variants(), o.Variant) {
		return nil, fmt.Errorf("unknown variant %q of the sample organisation: one of %s", o.Variant, strings.Join(Variants(), ", "))
	}
	all := plants()
	for _, id := range o.Only {
		if id == NoFaults {
			continue
		}
		if !slices.ContainsFunc(all, func(p plant) bool { return p.rule == id && !p.clean }) {
			return nil, fmt.Errorf("no fault of rule %q can be planted", id)
		}
		if !slices.ContainsFunc(all, func(p plant) bool { return p.rule == id && !p.clean && p.fits(o) }) && !(o.withSubsidiary() && o.onlyBeside(id)) {
			return nil, fmt.Errorf("no fault of rule %s can be planted in the variant %s: use %s", id, o.Variant, VariantOf(id))
		}
	}
	var tenantWide, faults, clean []plant
	for _, p := range all {
		switch {
		case !p.fits(o), (o.Variant == Subsidiary || o.Variant == Cloud) && p.only == "", !p.clean && len(o.Only) > 0 && !slices.Contains(o.Only, p.rule):
		case p.once:
			tenantWide = append(tenantWide, p) // first, so that people are licensed from subscriptions in their final state
		case p.clean:
			clean = append(clean, p)
		default:
			faults = append(faults, p)
		}
	}
	return slices.Concat(tenantWide, faults, clean), nil
}

// plantAll makes each plant as often as the size of the organisation asks for.
func (b *builder) plantAll(chosen []plant) {
	times := max(1, b.people/300)
	for _, p := range chosen {
		n := times
		if p.once {
			n = 1
		}
		for b.instance = range n {
			if p.clean && !p.once && b.people-b.next < reserve {
				break // a small organisation goes without some of them
			}
			p.plant(b)
			b.flush()
		}
	}
	b.instance = 0
}

// reserve is more people than any plant takes.
const reserve = 8

// VariantOf names the variant in which a rule's faults are planted in the first of the two organisations.
func VariantOf(ruleID string) string {
	variant := Default
	for _, p := range plants() {
		switch {
		case p.rule != ruleID || p.clean:
		case p.only == "" || p.forests: // the default organisation has its subsidiary with it
			return Default
		case variant == Default || variant == Subsidiary:
			variant = p.only
		}
	}
	return variant
}

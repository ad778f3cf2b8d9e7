package plant

// home is where a person is homed for SIP.
type home uint8

const (
	notEnabled home = iota // unknown to Skype for Business
	onPremises
	online
)

// mailbox is what a person has of Exchange.
type mailbox uint8

const (
	noMail        mailbox = iota
	mailOnly              // a mail attribute, no Exchange attributes
	serverMailbox         // on an on-premises server
	remoteMailbox         // in Exchange Online
)

// entitlement is how a person is licensed.
type entitlement uint8

const (
	unlicensed entitlement = iota
	withE3
	withE5
	withE3ByGroup
	withF3AndSkype   // F3 has no Skype plan 2: an add-on brings it
	withF3           // enough for people who are not enabled for SIP
	withE3TwiceOver  // directly with plans off, and by group with all of them
	withE3AndE5      // E3 with Teams and Skype off, E5 with both
	withE3AfterE1    // what is left of E1 stands as Deleted beside it
	withMidsize      // E3 without Skype plan 2, and the midsize variant of it
	withExchangeOnly // no Teams at all
	withFlowOnly
)

// anchorKind is what mS-DS-ConsistencyGuid holds.
type anchorKind uint8

const (
	anchorIsGUID  anchorKind = iota // written back by Entra Connect: equal to objectGUID
	anchorAbsent                    // joined by objectGUID
	anchorBrought                   // from the forest the account came from
)

// profile is how a person's account is set up.
type profile struct {
	home       home
	mailbox    mailbox
	licence    entitlement
	anchor     anchorKind
	voice      bool
	leaver     bool
	mixedCase  bool
	inetOrg    bool
	style      uint64 // how the name is written
	detail     uint64 // bits for what has no bearing on anything
	domain     string
	crossNamed bool // SIP domain other than the mail domain
}

// trait changes a profile.
type trait func(*profile)

func homed(h home) trait           { return func(f *profile) { f.home = h } }
func mailed(m mailbox) trait       { return func(f *profile) { f.mailbox = m } }
func licensed(e entitlement) trait { return func(f *profile) { f.licence = e } }
func leaver(f *profile)            { f.leaver = true }
func anchored(a anchorKind) trait  { return func(f *profile) { f.anchor = a } }
func at(domain string) trait       { return func(f *profile) { f.domain = domain } }

// pick chooses by a roll of 0..99: each share is used up in turn.
func pick[T any](roll uint64, shares []share[T]) T {
	for _, s := range shares {
		if roll < s.of {
			return s.value
		}
		roll -= s.of
	}
	return shares[len(shares)-1].value
}

type share[T any] struct {
	of    uint64
	value T
}

// ordinary is the profile of the person at a position: varied, and without fault.
func (b *builder) ordinary(at int) profile {
	h := b.random(at, saltProfile)
	f := profile{
		home:      pick(h%100, []share[home]{{44, onPremises}, {36, online}, {20, notEnabled}}),
		mailbox:   pick(h>>8%100, []share[mailbox]{{40, serverMailbox}, {48, remoteMailbox}, {6, mailOnly}, {6, noMail}}),
		anchor:    pick(h>>16%100, []share[anchorKind]{{80, anchorIsGUID}, {10, anchorAbsent}, {10, anchorBrought}}),
		voice:     h>>24%3 == 0,
		leaver:    h>>28%33 == 0,
		mixedCase: h>>34%8 == 0,
		inetOrg:   h>>38%40 == 0,
		style:     h >> 44 % 100,
		detail:    b.random(at, saltDetail),
		domain:    pick(h>>52%100, []share[string]{{65, domainMain}, {17, domainSecond}, {10, domainJapan}, {8, domainSub}}),
	}
	f.licence = pick(f.detail%100, []share[entitlement]{
		{40, withE3}, {20, withE5}, {14, withE3ByGroup}, {8, withF3AndSkype}, {5, withE3TwiceOver}, {5, withE3AndE5}, {5, withE3AfterE1}, {3, withMidsize},
	})
	if f.home == notEnabled {
		f.licence = pick(f.detail%100, []share[entitlement]{
			{35, withF3}, {25, withE3}, {10, withE5}, {10, withExchangeOnly}, {5, withFlowOnly}, {15, unlicensed},
		})
	}
	return b.possible(f)
}

// plain is the profile that faults are put into: enabled for SIP, with a mailbox and E3 or E5, values written alike everywhere.
func (b *builder) plain(at int, traits []trait) profile {
	f := b.ordinary(at)
	f.home, f.mailbox, f.licence = onPremises, serverMailbox, withE3
	if f.detail>>8&1 == 1 {
		f.home = online
	}
	if f.detail>>9&1 == 1 {
		f.mailbox = remoteMailbox
	}
	if f.detail>>10&3 == 3 {
		f.licence = withE5
	}
	f.leaver, f.mixedCase, f.crossNamed, f.inetOrg, f.voice, f.domain = false, false, false, false, false, domainMain
	f = b.possible(f)
	for _, t := range traits {
		t(&f)
	}
	return f
}

// possible adapts a profile to the organisation.
func (b *builder) possible(f profile) profile {
	if b.noServer() && f.home == onPremises {
		f.home = online
	}
	for _, t := range b.habits {
		t(&f)
	}
	if b.loadable {
		f.anchor = anchorBrought // a real domain controller makes its own objectGUID
	}
	return f
}

package hom

import (
	"iter"
	"slices"
	"strconv"

	"hybridaudit/audit"
	"hybridaudit/audit/scope"
	"hybridaudit/sources/evidence"
)

// flagsPublished are the bits of msRTCSIP-OptionFlags whose meaning is published.
const flagsPublished = 0x3DF

// HOM008 finds people with unusual option flags.
var HOM008 = &audit.Rule{
	ID: "HOM-008", Category: "hom", Severity: audit.Low,
	Title: "msRTCSIP-OptionFlags unusual",
	Why: "Without the presence bit the account still has the presence of Live Communications Server 2005: others see no or an old state, and the move of such an account may " +
		"fail.",
	Fix: "Have the server write the account again: change something by Set-CsUser and change it back, or switch the account off and on with Disable-CsUser and Enable-CsUser " +
		"after noting number and policies. Without servers set msRTCSIP-OptionFlags to 256, or to 384 with Enterprise Voice.",
	Guards: "Only people who are enabled for SIP are judged; absent flags are left to SIP-004. Bits that are not published occur in the field and are not judged: they are shown, once " +
		"for each forest.",
	Refs:    []audit.Ref{{Title: "Skype for Business Server schema reference: msRTCSIP-OptionFlags"}},
	Message: "msRTCSIP-OptionFlags is {flags}, without the bit for enhanced presence (256)",
	Variants: []audit.Variant{
		{
			Code: "U", Severity: audit.Info, Message: "{count} people have bits in msRTCSIP-OptionFlags whose meaning is not published: {bits}",
			Fix: "Nothing has to be done. If moves of these people fail, compare their flags with those of people who could be moved.",
		},
	},
	Needs:   directoryNeeds("msRTCSIP-OptionFlags"),
	Applies: whenSIP,
	Check: audit.AllADUsers(func(p *audit.Pass, users iter.Seq[evidence.ADObject]) {
		unpublished := map[string]*unpublishedBits{}
		for o := range users {
			flags, ok := o.OptionFlags()
			flags &= 0xFFFFFFFF // the directory keeps 32 bits with a sign
			if !ok || o.SIPEnabled() != evidence.True || p.Scope().Class(o) != scope.Person {
				continue
			}
			if flags&audit.FlagPresence == 0 {
				f := about(p, o, "msRTCSIP-OptionFlags")
				f.Args = []audit.Arg{audit.Str("flags", strconv.FormatInt(flags, 10))}
				p.Report(f)
			}
			if more := flags &^ flagsPublished; more != 0 {
				if unpublished[o.Forest()] == nil {
					unpublished[o.Forest()] = &unpublishedBits{people: map[int64]int{}}
				}
				unpublished[o.Forest()].add(more)
			}
		}
		for forest, bits := range unpublished {
			p.Report(audit.Finding{
				Variant: "U", Subject: audit.ForestSubject(forest), Args: []audit.Arg{audit.Num("count", bits.count), audit.List("bits", bits.list())},
			})
		}
	}),
}

// unpublishedBits counts the people with a bit.
type unpublishedBits struct {
	count  int
	people map[int64]int
}

func (b *unpublishedBits) add(bits int64) {
	b.count++
	for ; bits != 0; bits &= bits - 1 {
		b.people[bits&-bits]++
	}
}

// list shows the bits in their order, with the number of people.
func (b *unpublishedBits) list() []string {
	var bits []int64
	for bit := range b.people {
		bits = append(bits, bit)
	}
	slices.Sort(bits)
	var shown []string
	for _, bit := range bits {
		shown = append(shown, strconv.FormatInt(bit, 10)+" ("+strconv.Itoa(b.people[bit])+")")
	}
	return shown
}

package tim

import (
	"hybridaudit/audit"
	"hybridaudit/sources/evidence"
)

// TIM002 finds forests whose domain controllers differ in time.
var TIM002 = &audit.Rule{
	ID: "TIM-002", Category: "tim", Severity: audit.Medium,
	Title: "Domain controllers drift apart or have no reliable source",
	Why: "What drifts goes on drifting until it is more than the five minutes that Kerberos allows. Until then replication orders changes wrongly, and logs do not fit " +
		"together.",
	Fix: "Configure the PDC emulator of the forest's root domain with a reliable source outside, and all other domain controllers for the domain hierarchy (w32tm /config " +
		"/syncfromflags:domhier /update, w32tm /resync). Look at w32tm /monitor for the offsets.",
	Guards: "Clocks that TIM-001 reports are left out of the comparison. The uncertainty of both measurements is taken off the difference.",
	Refs:   []audit.Ref{{Title: "KB 816042"}},
	Variants: []audit.Variant{
		{Code: "O", Message: "the clocks of {first} and {last} differ by {seconds} s"},
		{Code: "S", Message: "the PDC emulator takes its time from {timeSource}", Later: "the time source of the PDC emulator (w32tm)"},
	},
	Needs:   append(serverNeeds(), audit.Need{Dataset: evidence.ProbeClocks, Optional: true}),
	Applies: whenTold,
	Check: audit.Once(func(p *audit.Pass) {
		type pair struct{ slow, fast reading }
		var order []string
		forests := map[string]pair{}
		all, _, _ := corrected(p, readings(p))
		for _, r := range all {
			if r.off() > nearLimit {
				continue
			}
			name := r.server.Forest()
			extreme, known := forests[name]
			switch {
			case !known:
				order = append(order, name)
				extreme = pair{r, r}
			case r.offset < extreme.slow.offset:
				extreme.slow = r
			case r.offset > extreme.fast.offset:
				extreme.fast = r
			}
			forests[name] = extreme
		}
		for _, name := range order {
			slow, fast := forests[name].slow, forests[name].fast
			apart := fast.offset - slow.offset
			if apart-slow.uncertainty-fast.uncertainty <= agreement {
				continue
			}
			f := audit.Finding{
				Variant: "O", Subject: audit.ForestSubject(name), Related: []audit.Subject{subject(slow), subject(fast)},
				Args: []audit.Arg{audit.Str("first", slow.server.Host()), audit.Str("last", fast.server.Host()), audit.Num("seconds", seconds(apart))},
			}
			for _, r := range []reading{slow, fast} {
				f.Evidence = append(f.Evidence, facts(subject(r).Key, r)...)
			}
			p.Report(f)
		}
	}),
}

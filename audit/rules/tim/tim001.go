package tim

import (
	"time"

	"hybridaudit/audit"
	"hybridaudit/sources/evidence"
)

// The limits of TIM-001: Kerberos refuses tickets beyond five minutes by default.
const (
	kerberosLimit = 300 * time.Second
	nearLimit     = 120 * time.Second
	agreement     = 60 * time.Second // within which clocks are taken to agree
)

// TIM001 finds clocks that are off.
var TIM001 = &audit.Rule{
	ID: "TIM-001", Category: "tim", Severity: audit.Critical,
	Title: "Clock more than 5 minutes off",
	Why: "Kerberos refuses tickets when clocks differ by more than five minutes, tokens are rejected, valid certificates look invalid, and Lync and Skype clients say that " +
		"they cannot sign in because the computer's clock is not set correctly.",
	Fix: "Compare both clocks with a third one first. Let the PDC emulator of the forest's root domain take its time from a reliable source outside (w32tm /config " +
		"/manualpeerlist), all others from the domain hierarchy (w32tm /config /syncfromflags:domhier), and look at w32tm /query /status on the server concerned. Virtual " +
		"machines must not take the time from their host besides.",
	Guards: "Measured against the host that collected, whose own clock may be the one that is wrong: when all domain controllers that answered, two at least, agree with one another and not " +
		"with it, there is one finding instead of one for each. The whole seconds of the answer and half of its way are taken off. From 2 to 5 minutes: medium.",
	Refs: []audit.Ref{{Title: "KB 816042"}, {Title: "KB 2541980"}},
	Variants: []audit.Variant{
		{Code: "A", Message: "all {servers} domain controllers that answered are about {seconds} s {direction} the host that collected: most likely its own clock is wrong"},
		{Code: "D", Message: "the clock of the domain controller is {seconds} s {direction} that of the host that collected"},
		{Code: "H", Message: "the clock of the host that collected is {seconds} s off", Later: "the times that Microsoft's servers tell"},
	},
	Needs:   serverNeeds(),
	Applies: whenTold,
	Check: audit.Once(func(p *audit.Pass) {
		all := readings(p)
		if hostIsOff(all) {
			f := measured(all[0])
			f.Variant, f.Subject, f.Evidence = "A", audit.DatasetSubject(evidence.ADServers), nil
			f.Args = append(f.Args, audit.Num("servers", len(all)))
			for _, r := range all {
				s := subject(r)
				f.Related = append(f.Related, s)
				f.Evidence = append(f.Evidence, facts(s.Key, r)...)
			}
			p.Report(f)
			return
		}
		for _, r := range all {
			if r.off() > nearLimit {
				f := measured(r)
				f.Variant = "D"
				p.Report(f)
			}
		}
	}),
}

func measured(r reading) audit.Finding {
	f := audit.Finding{
		Subject: subject(r), Evidence: facts("", r),
		Args: []audit.Arg{audit.Num("seconds", seconds(r.offset.Abs())), audit.Str("direction", direction(r.offset))},
	}
	if r.off() <= kerberosLimit {
		f.Severity = audit.Medium
	}
	return f
}

// hostIsOff says that several clocks agree with one another and not with the host that collected.
func hostIsOff(all []reading) bool {
	if len(all) < 2 {
		return false
	}
	low, high := all[0].offset, all[0].offset
	for _, r := range all {
		if r.off() <= nearLimit {
			return false
		}
		low, high = min(low, r.offset), max(high, r.offset)
	}
	return high-low <= agreement
}

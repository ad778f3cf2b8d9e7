package tim

import (
	"slices"
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
		"with it, there is one finding instead of one for each. The whole seconds of the answer and half of its way are taken off. From 2 to 5 minutes: medium. The clock of the host that " +
		"collected is compared with those of Microsoft's web servers and of time servers, of which two at least, and more than half, must agree within a minute: proxies keep old answers. Where these say " +
		"that the host is wrong, domain controllers are compared with them instead.",
	Refs: []audit.Ref{{Title: "KB 816042"}, {Title: "KB 2541980"}},
	Variants: []audit.Variant{
		{Code: "A", Message: "all {servers} domain controllers that answered are about {seconds} s {direction} the host that collected: most likely its own clock is wrong", Needs: serverNeeds()},
		{Code: "D", Message: "the clock of the domain controller is {seconds} s {direction} {reference}", Needs: serverNeeds()},
		{
			Code: "H", Message: "the clock of the host that collected at {site} is {seconds} s {direction} those of {clocks}",
			Fix: "Put the clock of the host right before anything else is judged: w32tm /resync on a computer of the domain, or chronyc makestep and timedatectl on Linux; let it follow a time server from then " +
				"on. Then collect again.",
			Needs: []audit.Need{{Dataset: evidence.ProbeClocks, PartOK: true}},
		},
	},
	Identity: []string{"site"},
	Applies:  whenAnyTold,
	Check: audit.Once(func(p *audit.Pass) {
		judgeHost(p)
		all, reference, sure := corrected(p, readings(p))
		if !sure && hostIsOff(all) {
			f := measured(all[0], reference)
			f.Variant, f.Subject, f.Evidence = "A", audit.DatasetSubject(evidence.ADServers), nil
			f.Args = slices.DeleteFunc(f.Args, func(a audit.Arg) bool { return a.Name == "reference" })
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
				f := measured(r, reference)
				f.Variant = "D"
				p.Report(f)
			}
		}
	}),
}

// What clocks of domain controllers are compared with, in words of the text catalogue.
const (
	hostClock   = "host"
	otherClocks = "others"
)

// corrected compares domain controllers with clocks that agree with one another, where the clock of the host that collected is wrong by these. It is known which place that
// host stood at when only one was looked from; sure says that it is known whether the host's clock is right.
func corrected(p *audit.Pass, all []reading) (list []reading, reference string, sure bool) {
	sites := p.Hosts().Sites()
	if len(sites) != 1 || !p.Hosts().Clock(sites[0]).Known() {
		return all, hostClock, false
	}
	offset, uncertainty := p.Hosts().Clock(sites[0]).Offset()
	if offset.Abs()-uncertainty <= nearLimit {
		return all, hostClock, true
	}
	for _, r := range all {
		list = append(list, reading{r.server, r.offset - offset, r.uncertainty + uncertainty})
	}
	return list, otherClocks, true
}

// whenAnyTold lets the rule judge unless everybody was asked and nobody told a time.
func whenAnyTold(p *audit.Pass) audit.Reason {
	needs := append(serverNeeds(), audit.Need{Dataset: evidence.ProbeClocks})
	if p.Read(needs) && p.Evidence.Rows(evidence.ProbeClocks) == 0 {
		return whenTold(p)
	}
	return audit.Reason{}
}

// judgeHost judges the clocks of the hosts that looked, place by place.
func judgeHost(p *audit.Pass) {
	for _, site := range p.Hosts().Sites() {
		c := p.Hosts().Clock(site)
		if !c.Known() {
			p.Doubt(audit.Because("clocksUntold", audit.Str("site", site)))
			continue
		}
		offset, uncertainty := c.Offset()
		off := max(offset.Abs()-uncertainty, 0)
		if off <= nearLimit {
			continue
		}
		f := audit.Finding{
			Variant: "H", Subject: audit.DatasetSubject(evidence.ProbeClocks),
			Args: []audit.Arg{
				audit.Str("site", site), audit.Num("seconds", seconds(offset.Abs())), audit.Str("direction", direction(-offset)), audit.List("clocks", clockHosts(c.Agreeing)),
			},
		}
		if off <= kerberosLimit {
			f.Severity = audit.Medium
		}
		for _, r := range c.Readings {
			f.Evidence = append(f.Evidence, audit.Fact{Name: "clock", Values: []string{
				"host: " + r.Host, "method: " + r.Method, "via: " + r.Via, "offset: " + r.Offset.String(), "uncertainty: " + r.Uncertainty.String(), "asked: " + r.Asked.UTC().Format(time.RFC3339),
			}})
		}
		p.Report(f)
	}
}

// clockHosts lists the hosts whose clocks were read.
func clockHosts(readings []evidence.Clock) []string {
	var names []string
	for _, r := range readings {
		names = append(names, r.Host)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func measured(r reading, reference string) audit.Finding {
	f := audit.Finding{
		Subject: subject(r), Evidence: facts("", r),
		Args: []audit.Arg{audit.Num("seconds", seconds(r.offset.Abs())), audit.Str("direction", direction(r.offset)), audit.Str("reference", reference), audit.Str("site", "")},
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

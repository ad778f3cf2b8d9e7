// Package tim holds the rules about clocks.
package tim

import (
	"slices"
	"strings"
	"time"

	"hybridaudit/audit"
	"hybridaudit/sources/evidence"
)

// reading is the comparison of a domain controller's clock with that of the host that collected.
type reading struct {
	server      evidence.ADServer
	offset      time.Duration // positive when the server is ahead
	uncertainty time.Duration
}

// off is the part of the offset that is beyond doubt, without sign.
func (r reading) off() time.Duration { return max(r.offset.Abs()-r.uncertainty, 0) }

// readings compares the clocks of all domain controllers that told theirs, by host name. A clock is told in whole seconds, and the answer took some time.
func readings(p *audit.Pass) []reading {
	var list []reading
	for s := range p.Evidence.ADServers() {
		if s.Clock().IsZero() || s.Asked().IsZero() {
			continue
		}
		list = append(list, reading{s, s.Clock().Sub(s.Asked()), time.Second + s.RoundTrip()/2})
	}
	slices.SortFunc(list, func(a, b reading) int { return strings.Compare(a.server.Host(), b.server.Host()) })
	return list
}

// serverNeeds are the domain controllers with their clocks.
func serverNeeds() []audit.Need {
	return []audit.Need{
		{Dataset: evidence.ADServers, Attributes: []string{"dnsHostName", "currentTime", "askedAt"}, PartOK: true},
		{Dataset: evidence.ADServers, Attributes: []string{"roundTripMillis"}, Optional: true},
	}
}

// whenTold lets a rule judge only when domain controllers told their clocks.
func whenTold(p *audit.Pass) audit.Reason {
	if len(readings(p)) == 0 {
		return audit.Because("noClocks")
	}
	return audit.Reason{}
}

// facts show how an offset was measured.
func facts(of string, r reading) []audit.Fact {
	return []audit.Fact{
		{Of: of, Name: "currentTime", Values: []string{r.server.Clock().Format(time.RFC3339)}},
		{Of: of, Name: "askedAt", Values: []string{r.server.Asked().Format(time.RFC3339)}},
		{Of: of, Name: "offset", Values: []string{r.offset.String()}},
		{Of: of, Name: "uncertainty", Values: []string{r.uncertainty.String()}},
	}
}

// seconds rounds a duration for a message.
func seconds(d time.Duration) int { return int(d.Round(time.Second) / time.Second) }

// direction says in one word whether a clock is ahead or behind.
func direction(offset time.Duration) string {
	if offset < 0 {
		return "behind"
	}
	return "ahead"
}

func subject(r reading) audit.Subject { return audit.ServerSubject(r.server.Host(), r.server.Forest()) }

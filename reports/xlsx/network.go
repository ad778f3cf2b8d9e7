package xlsx

import (
	"context"
	"slices"

	"hybridaudit/reports/document"
)

// dns writes what DNS servers told. The sheet is there only when servers were asked.
func (b *book) dns(ctx context.Context) error {
	records := b.d.Records()
	if len(records) == 0 {
		return nil
	}
	l := layout{
		key: "dns", table: "DNS", tab: grey, lines: 6,
		columns: []column{
			{key: "domain", width: 28, wrap: true},
			{key: "record", width: 40, wrap: true},
			{key: "type", width: 8},
			{key: "place", width: 13, wrap: true},
			{key: "inside", width: 38, wrap: true},
			{key: "public", width: 38, wrap: true},
			{key: "authority", width: 38, wrap: true},
			{key: "ttl", width: 12, kind: count},
			{key: "rules", width: 18, wrap: true},
		},
	}
	return rows(ctx, b, l, slices.Values(records), func(s *dataSheet, r document.Record) {
		s.text(0, clean(r.Domain))
		s.text(1, clean(r.Name))
		s.text(2, clean(r.Type))
		s.text(3, clean(r.Site))
		s.text(4, join(r.Inside, "\n"))
		s.text(5, join(r.Public, "\n"))
		s.text(6, join(r.Authority, "\n"))
		if r.TTL > 0 {
			s.number(7, r.TTL)
		}
		s.text(8, join(r.Rules, ", "))
	})
}

// hosts writes what was seen of hosts. The sheet is there only when the network was looked at.
func (b *book) hosts(ctx context.Context) error {
	hosts := b.d.Hosts()
	if len(hosts) == 0 {
		return nil
	}
	l := layout{
		key: "hosts", table: "Hosts", tab: grey, print: 14, lines: 6,
		columns: []column{
			{key: "host", width: 36, wrap: true},
			{key: "port", width: 9, kind: code},
			{key: "purposes", width: 19, wrap: true},
			{key: "place", width: 13, wrap: true},
			{key: "direct", width: 21, kind: badge, wrap: true},
			{key: "proxy", width: 21, kind: badge, wrap: true},
			{key: "address", width: 18, wrap: true},
			{key: "tls", width: 9},
			{key: "subject", width: 34, wrap: true},
			{key: "issuer", width: 34, wrap: true},
			{key: "until", width: 17, kind: moment},
			{key: "daysLeft", width: 11, kind: count},
			{key: "trust", width: 20, kind: badge, wrap: true},
			{key: "rules", width: 18, wrap: true},
			{key: "failure", width: 48, wrap: true},
			{key: "accepted", width: 20, wrap: true},
			{key: "clock", width: 13, kind: decimal},
		},
	}
	over := severityTone(document.High)
	overStyle := b.styles.of(look{size: tableSize, ink: over.ink, fill: over.fill, border: line, format: countFormat, horizontal: "right", indent: 1})
	// A way that is shut is a fault only where a rule says so: much of what clients try is not meant to answer.
	way := func(s *dataSheet, col int, text string, state document.Reach, rules []string) {
		if state == document.Shut && len(rules) == 0 {
			state = document.Shaky
		}
		if text != "" {
			s.badge(col, text, reachTone(state))
		}
	}
	return rows(ctx, b, l, slices.Values(hosts), func(s *dataSheet, h document.Host) {
		s.text(0, clean(h.Name))
		s.number(1, h.Port)
		s.text(2, join(h.Purposes, ", "))
		s.text(3, clean(h.Site))
		way(s, 4, h.Direct.Text, h.Direct.State, h.Rules)
		way(s, 5, h.Proxy.Text, h.Proxy.State, h.Rules)
		s.text(6, join(h.Address, "\n"))
		s.text(7, join(h.TLS, ", "))
		s.text(8, clean(h.Subject))
		s.text(9, clean(h.Issuer))
		s.when(10, h.Until)
		if !h.Until.IsZero() {
			if s.number(11, h.DaysLeft); h.DaysLeft < 0 {
				s.cells[11].StyleID = overStyle
			}
		}
		way(s, 12, h.Trust.Text, h.Trust.State, h.Rules)
		s.text(13, join(h.Rules, ", "))
		s.text(14, join(h.Failures, "\n"))
		s.text(15, join(h.Accepted, ", "))
		if h.Clock != nil {
			s.cells[16].Value = h.Clock.Seconds()
		}
	})
}

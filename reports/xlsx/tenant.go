package xlsx

import (
	"context"
	"slices"

	"hybridaudit/reports/document"
)

func (b *book) domains(ctx context.Context) error {
	l := layout{
		key: "domains", table: "Domains", tab: grey, nothing: "–",
		columns: []column{
			{key: "domain", width: 34},
			{key: "inTenant", width: 11, kind: badge},
			{key: "verified", width: 11, kind: badge},
			{key: "default", width: 9},
			{key: "authentication", width: 13},
			{key: "sipPeople", width: 18, kind: count},
			{key: "upnPeople", width: 18, kind: count},
			{key: "smtpPeople", width: 18, kind: count},
			{key: "services", width: 36, wrap: true},
			{key: "tenant", width: 20, wrap: true},
		},
	}
	good, bad := tone{greenFill, greenInk, ""}, severityTone(document.High)
	flag := func(s *dataSheet, col int, v bool) {
		t := good
		if !v {
			t = bad
		}
		s.badge(col, b.yesNo(v), t)
	}
	return rows(ctx, b, l, slices.Values(b.d.Domains()), func(s *dataSheet, d document.Domain) {
		s.text(0, clean(d.Name))
		flag(s, 1, d.InTenant)
		if d.InTenant {
			flag(s, 2, d.Verified)
			s.text(3, b.yesNo(d.Default))
		}
		s.text(4, clean(d.Authentication))
		s.number(5, d.SIP)
		s.number(6, d.UPN)
		s.number(7, d.SMTP)
		s.text(8, join(d.Services, ", "))
		s.text(9, clean(d.Tenant))
	})
}

func (b *book) licences(ctx context.Context) error {
	l := layout{
		key: "licences", table: "Licences", tab: grey, nothing: "–",
		columns: []column{
			{key: "licence", width: 44, wrap: true},
			{key: "partNumber", width: 30, wrap: true},
			{key: "state", width: 12},
			{key: "enabled", width: 11, kind: count},
			{key: "warning", width: 11, kind: count},
			{key: "suspended", width: 11, kind: count},
			{key: "lockedOut", width: 11, kind: count},
			{key: "consumed", width: 11, kind: count},
			{key: "free", width: 11, kind: count},
			{key: "hasTeams", width: 11},
			{key: "hasSkype", width: 14},
			{key: "tenant", width: 20, wrap: true},
		},
	}
	short := severityTone(document.High)
	shortStyle := b.styles.of(look{size: 10, ink: short.ink, fill: short.fill, border: line, format: countFormat, horizontal: "right", indent: 1})
	return rows(ctx, b, l, b.d.Licences(), func(s *dataSheet, x document.Licence) {
		s.text(0, clean(x.Name))
		s.text(1, clean(x.Part))
		s.text(2, clean(x.State))
		for i, n := range []int{x.Enabled, x.Warning, x.Suspended, x.LockedOut, x.Consumed, x.Free} {
			s.number(3+i, n)
		}
		if x.Free < 0 {
			s.cells[8].StyleID = shortStyle
		}
		s.text(9, b.yesNo(x.Teams))
		s.text(10, b.yesNo(x.Skype))
		s.text(11, clean(x.Tenant))
	})
}

func (b *book) coverage(ctx context.Context) error {
	l := layout{
		key: "coverage", table: "Coverage", tab: grey, print: 8, nothing: "–",
		columns: []column{
			{key: "dataset", width: 32, wrap: true},
			{key: "readFrom", width: 20, wrap: true},
			{key: "state", width: 14, kind: badge},
			{key: "expected", width: 11, kind: count},
			{key: "rows", width: 11, kind: count},
			{key: "incomplete", width: 46, wrap: true},
			{key: "missing", width: 28, wrap: true},
			{key: "notes", width: 30, wrap: true},
			{key: "permission", width: 34},
			{key: "notInSchema", width: 30},
			{key: "server", width: 26, wrap: true},
			{key: "started", width: 17, kind: moment},
			{key: "ended", width: 17, kind: moment},
		},
	}
	return rows(ctx, b, l, slices.Values(b.d.Coverage()), func(s *dataSheet, c document.Coverage) {
		s.text(0, b.d.Dataset(c.Dataset))
		s.text(1, clean(c.Source))
		s.badge(2, b.d.Say("state."+c.State.String()), stateTone(c.State))
		if c.Expected >= 0 && c.State != document.NotRequested {
			s.number(3, c.Expected)
		}
		if c.State != document.NotRequested {
			s.number(4, c.Rows)
		}
		s.text(5, clean(c.Reason))
		s.text(6, join(c.Missing, ", "))
		s.text(7, join(c.Notes, "\n"))
		s.text(8, clean(c.Permission))
		s.text(9, join(c.NotInSchema, ", "))
		s.text(10, join(c.Place(), "\n"))
		s.when(11, c.Started)
		s.when(12, c.Ended)
	})
}

// Package documenttest makes documents of a small organisation with known faults, for the tests of the report formats. Its rules are its own: reports must
// not depend on the delivered ones.
package documenttest

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"hybridaudit/audit"
	"hybridaudit/audit/text"
	"hybridaudit/reports/document"
	"hybridaudit/sources/evidence"
)

// Taken is when the sample evidence was collected.
var Taken = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// Options shape the sample. The zero value is 24 people with faults, everything read but the Teams configurations.
type Options struct {
	People   int            // 0: 24
	Clean    bool           // nobody has a fault
	Hostile  bool           // names and addresses that try to harm a reader
	Unread   bool           // nothing could be read
	Complete bool           // the Teams configurations were read too
	Network  bool           // the network was looked at from two places, and rules about it are judged besides
	Words    document.Words // nil: English
	Lang     string         // of Words
}

// New judges the sample and makes a document of it.
func New(o Options) (*document.Document, error) {
	result, err := Result(o)
	if err != nil {
		return nil, err
	}
	m, err := Meta(o)
	if err != nil {
		return nil, err
	}
	return document.New(result, m), nil
}

// Meta is the sample's meta data.
func Meta(o Options) (document.Meta, error) {
	m := document.Meta{Tool: "hybridaudit", Version: "1.2.3", Lang: "en", Words: o.Words, Made: Taken.Add(5 * time.Minute)}
	if o.Lang != "" {
		m.Lang = o.Lang
	}
	if m.Words == nil {
		english, err := text.English()
		if err != nil {
			return m, err
		}
		m.Words = english
	}
	return m, nil
}

// Result judges the sample.
func Result(o Options) (*audit.Result, error) {
	s, err := Evidence(o)
	if err != nil {
		return nil, err
	}
	rules := Rules()
	if o.Network {
		rules = append(rules, networkRules()...)
	}
	return audit.Run(context.Background(), s, audit.Options{Rules: rules, Workers: 1})
}

// Evidence makes the sample's evidence.
func Evidence(o Options) (*evidence.Snapshot, error) {
	if o.People == 0 {
		o.People = 24
	}
	b := evidence.NewBuilder(Taken)
	f := &filler{b: b, o: o}
	if !o.Unread {
		f.organisation()
		for i := range o.People {
			f.person(i)
		}
	}
	if o.Network && !o.Unread {
		f.network()
	}
	for _, d := range evidence.Datasets() {
		if !d.Supplied() {
			b.Cover(f.coverage(d))
		}
	}
	return b.Seal(), f.err
}

// filler adds rows; the first error stays.
type filler struct {
	b       *evidence.Builder
	o       Options
	decoder evidence.Decoder
	err     error
}

func (f *filler) row(d evidence.Dataset, row map[string]any) {
	line, err := json.Marshal(row)
	if err == nil {
		err = f.decoder.Row(f.b.Table(d), line)
	}
	if err != nil && f.err == nil {
		f.err = fmt.Errorf("making a row of %s: %w", d, err)
	}
}

func (f *filler) coverage(d evidence.Dataset) evidence.Coverage {
	rows := f.b.Table(d).Rows()
	c := evidence.Coverage{
		Dataset: d, State: evidence.Complete, Expected: rows, Rows: rows, Source: "contoso.com", Server: "dc1.contoso.com",
		Started: Taken.Add(-10 * time.Minute), Ended: Taken.Add(-2 * time.Minute),
	}
	if d.Network() {
		c.Source, c.Server = HeadOffice, ""
		if d == evidence.DNSLookups {
			c.Attributes = []string{evidence.ResolverInternal, evidence.ResolverPublic, evidence.ResolverAuthoritative}
		}
	}
	if d.Tenant() {
		c.Source, c.Server = "Contoso", "graph.microsoft.com"
	}
	switch {
	case f.o.Unread:
		c.State, c.Expected, c.Reason = evidence.Failed, -1, "the connection was refused"
	case f.o.Complete:
	case d == evidence.TenantTeamsUsers:
		c.State, c.Expected, c.Permission = evidence.Failed, -1, "TeamsUserConfiguration.Read.All"
		c.Reason = "403 Forbidden: the application lacks the permission TeamsUserConfiguration.Read.All"
	case d == evidence.ADContacts:
		c.State, c.Expected, c.Rows, c.Reason = evidence.Partial, 812, 500, "the connection to dc1.contoso.com was lost after page 1"
	case d == evidence.TenantSyncFeatures:
		c = evidence.Coverage{Dataset: d, State: evidence.NotRequested, Expected: -1, Optional: true}
	case d == evidence.ADGroups:
		c.Missing, c.Notes = []string{"msExchHideFromAddressLists"}, []string{"3 referrals to other domains were not followed"}
	}
	return c
}

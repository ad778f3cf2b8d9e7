package imports

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/directory"
)

// World is what an audit has besides PowerShell output.
type World struct {
	Tenants []Known
	Forests []Known
	// Reference is when the rest of the evidence was taken. Output that is older or younger by more than MaxAge is marked as stale; a MaxAge of zero marks none.
	Reference time.Time
	MaxAge    time.Duration
}

// Known is a tenant or forest of an audit.
type Known struct {
	Name    string         // as evidence calls it
	Aliases []string       // what else an operator may call it
	ID      directory.GUID // of a tenant, zero when it is not known
	// Unread says that it could not be read, so that it may have another name than the one by which it was asked.
	Unread bool
}

func (k Known) is(name string) bool {
	if !k.ID.IsZero() && strings.EqualFold(k.ID.String(), strings.Trim(name, "{}")) {
		return true
	}
	return strings.EqualFold(k.Name, name) || slices.ContainsFunc(k.Aliases, func(a string) bool { return strings.EqualFold(a, name) })
}

// Check says whether outputs are of other tenants than those of the audit, or of sources that it does not have. It does not mind what is not known yet.
func Check(exports []*Export, w World) error {
	for _, e := range exports {
		if e.Command.Tenant() {
			if err := e.foreign(w.Tenants); err != nil {
				return err
			}
		}
	}
	return nil
}

// foreign is the error for the output of a tenant that the audit does not have.
func (e *Export) foreign(tenants []Known) error {
	if e.Tenant.IsZero() || len(tenants) == 0 {
		return nil
	}
	var others []string
	for _, t := range tenants {
		if t.ID.IsZero() || t.ID == e.Tenant {
			return nil
		}
		others = append(others, t.label())
	}
	return &ExportError{File: listed(e.Files), Problem: fmt.Sprintf("it is of the tenant %s, the audit is of %s", e.Tenant, listed(others))}
}

func (k Known) label() string {
	if k.ID.IsZero() || strings.EqualFold(k.Name, k.ID.String()) {
		return k.Name
	}
	return k.Name + " (" + k.ID.String() + ")"
}

// Place decides which tenant or forest each output is of and gives one snapshot for each. Their time is zero, so that merging them with other evidence does not move the
// clock of the rules. The error says what does not belong to the audit, or what cannot be told; each export can be placed once.
func Place(exports []*Export, w World) ([]*evidence.Snapshot, error) {
	if err := Check(exports, w); err != nil {
		return nil, err
	}
	var all []*evidence.Snapshot
	for _, e := range exports {
		source, err := e.place(w)
		if err != nil {
			return nil, err
		}
		s, err := e.seal(source, w)
		if err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, nil
}

// place gives the name of the tenant or forest.
func (e *Export) place(w World) (string, error) {
	known, kind := w.Forests, "forest"
	if e.Command.Tenant() {
		known, kind = w.Tenants, "tenant"
	}
	var names []string
	for _, k := range known {
		names = append(names, k.label())
		if e.Source != "" && k.is(e.Source) {
			if kind == "tenant" && !e.Tenant.IsZero() && !k.ID.IsZero() && k.ID != e.Tenant {
				return "", &ExportError{File: listed(e.Files), Problem: fmt.Sprintf("it is of the tenant %s and was given for %s", e.Tenant, k.label())}
			}
			return k.Name, nil
		}
	}
	switch {
	case e.Source != "" && len(known) > 0 && !slices.ContainsFunc(known, func(k Known) bool { return k.Unread }):
		return "", &ExportError{File: listed(e.Files), Problem: fmt.Sprintf("it was given for the %s %s, and the audit is of %s", kind, e.Source, listed(names))}
	case e.Source != "":
		return e.Source, nil
	}
	for _, k := range known {
		if !e.Tenant.IsZero() && k.ID == e.Tenant {
			return k.Name, nil
		}
	}
	if len(known) == 1 && (e.Command.Tenant() || !known[0].Unread) { // tenants are called as they were asked for
		return known[0].Name, nil
	}
	if len(known) > 1 && e.Command.Dataset != evidence.ConnectInstallation {
		return "", &ExportError{File: listed(e.Files), Problem: fmt.Sprintf("it does not say of which %s it is, and the audit is of %s: give it as --import %s=FILE", kind, listed(names), strings.ToUpper(kind))}
	}
	if !e.Tenant.IsZero() && len(known) == 0 {
		return e.Tenant.String(), nil
	}
	return "", nil
}

// seal ends an output.
func (e *Export) seal(source string, w World) (*evidence.Snapshot, error) {
	t := e.filling.table
	if col, ok := t.Schema().Find(evidence.ExportColumn); ok && source != "" {
		if err := t.FillName(col, source); err != nil {
			return nil, fmt.Errorf("%s: %w", listed(e.Files), err)
		}
	}
	c := evidence.Coverage{
		Dataset: e.Command.Dataset, State: evidence.Complete, Expected: e.Rows, Rows: e.Rows, Source: source, Server: e.Command.Title(), Files: e.Files,
		Started: e.Oldest.UTC(), Ended: e.Newest.UTC(), Optional: true,
	}
	c.Attributes, c.Missing, c.Notes = e.filling.columnsOf()
	if age := w.Reference.Sub(e.Oldest); w.MaxAge > 0 && !w.Reference.IsZero() && age.Abs() > w.MaxAge {
		c.Stale = true
		c.Notes = append(c.Notes, staleness(age))
	}
	e.builder.Cover(c)
	return e.builder.Seal(), nil
}

// staleness words how far an output is from the rest of the evidence.
func staleness(age time.Duration) string {
	if age < 0 {
		return "saved " + span(-age) + " after the rest of the evidence was taken"
	}
	return "saved " + span(age) + " before the rest of the evidence was taken"
}

// span words a duration in whole days, or hours below two days.
func span(d time.Duration) string {
	if hours := int(d.Hours()); hours < 48 {
		return fmt.Sprintf("%d hours", hours)
	}
	return fmt.Sprintf("%d days", int(d.Hours()/24))
}

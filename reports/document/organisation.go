package document

import (
	"strings"

	"hybridaudit/sources/evidence"
)

// Organisation names the forests and tenants that the evidence is of.
type Organisation struct {
	Forests []Named // DNS name and objectGUID of the root domain
	Tenants []Named // display name and tenant id
}

// Named is something with a name and an id; either may be empty.
type Named struct{ Name, ID string }

func organisation(s *evidence.Snapshot) Organisation {
	var o Organisation
	for f := range s.Forests() {
		n := Named{Name: f.Name()}
		if g := f.GUID(); !g.IsZero() {
			n.ID = g.String()
		}
		o.Forests = append(o.Forests, n)
	}
	for t := range s.Organizations() {
		n := Named{Name: t.Name()}
		if g := t.ID(); !g.IsZero() {
			n.ID = g.String()
		}
		o.Tenants = append(o.Tenants, n)
	}
	return o
}

// Title is what to call the organisation in a heading: its tenants' names, or its forests' when no tenant was read; "" when nothing was.
func (o Organisation) Title() string {
	if len(o.Tenants) > 0 {
		return names(o.Tenants)
	}
	return names(o.Forests)
}

// names lists up to three names.
func names(all []Named) string {
	const most = 3
	var shown []string
	for i, n := range all {
		if i == most {
			shown = append(shown, "…")
			break
		}
		if n.Name == "" {
			n.Name = n.ID
		}
		shown = append(shown, n.Name)
	}
	return strings.Join(shown, ", ")
}

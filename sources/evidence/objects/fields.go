package objects

import (
	"cmp"
	"slices"
	"strings"

	"hybridaudit/sources/evidence"
)

// field says where a property goes: into a column, or, as an object, into several. Column names of evidence are property paths.
type field struct {
	path     string // the name of the table's column, for records the one they are in
	col      int
	kind     evidence.Kind
	lower    bool              // an id in text form
	within   map[string]*field // of an object
	elements map[string]*field // of a list of objects
}

// fieldsOf makes the fields for the columns of a schema; keep picks them, nil keeps all. in names the column whose records the schema describes.
func fieldsOf(s evidence.Schema, keep map[string]bool, in string) map[string]*field {
	fields := map[string]*field{}
	for col, c := range s {
		if c.Name == evidence.TenantColumn || keep != nil && !keep[c.Name] {
			continue
		}
		f := &field{path: cmp.Or(in, c.Name), col: col, kind: c.Kind, lower: isID(c.Name)}
		if c.Kind == evidence.Records {
			f.elements = fieldsOf(c.Fields, nil, f.path)
		}
		at := fields
		rest := c.Name
		for !strings.HasPrefix(rest, "@") {
			head, tail, nested := strings.Cut(rest, ".")
			if !nested {
				break
			}
			if at[head] == nil {
				at[head] = &field{within: map[string]*field{}}
			}
			at, rest = at[head].within, tail
		}
		at[rest] = f
	}
	return fields
}

// isID tells the text columns that hold GUIDs, which are compared in lower case.
func isID(name string) bool {
	switch name {
	case "skuId", "servicePlanId", "disabledPlans", "assignedByGroup":
		return true
	}
	return false
}

// Properties lists the top-level properties that a schema's columns need, in order: what $select is made of.
func Properties(s evidence.Schema, keep map[string]bool) []string {
	var names []string
	seen := map[string]bool{}
	for _, c := range s {
		name := c.Name
		if !strings.HasPrefix(name, "@") {
			name, _, _ = strings.Cut(name, ".")
		}
		if seen[name] || c.Name == evidence.TenantColumn || keep != nil && !keep[c.Name] {
			continue
		}
		seen[name] = true
		names = append(names, name)
	}
	return names
}

// Columns lists the columns that a collection fills; keep picks some, nil takes all.
func Columns(s evidence.Schema, keep map[string]bool) []string {
	return slices.DeleteFunc(s.Names(), func(n string) bool { return n == evidence.TenantColumn || keep != nil && !keep[n] })
}

package entries

import (
	"fmt"
	"slices"

	"hybridaudit/sources/evidence"
)

// Carrying makes rows of objects that did not change since earlier evidence was taken: most cells come from the earlier row, the rest from what the
// directory says now.
type Carrying struct {
	writer *Writer
	cells  *evidence.Carrier
	kept   []field // from the earlier row
	fresh  []bool  // by column: from the entry
}

// Carrying lets the writer take over rows of an earlier table of its dataset. fresh names the wanted attributes that are not taken over, because they change
// without a trace on the object or were not read then. The caller has the writer for itself while it uses either.
func (w *Writer) Carrying(from *evidence.Table, fresh []string) *Carrying {
	c := &Carrying{writer: w, cells: evidence.NewCarrier(from, w.table), fresh: make([]bool, len(w.rows))}
	for _, f := range w.wanted {
		if slices.Contains(fresh, f.name) {
			c.fresh[f.column] = true
		} else {
			c.kept = append(c.kept, f)
		}
	}
	return c
}

// Add makes a row of an earlier row and of the object's entry, unless the object has a row already or no objectGUID. From the entry come the name and the
// fresh attributes, those that it lacks being absent. rest and the error are as with [Writer.Add]. It says whether there is a new row.
func (c *Carrying) Add(row int, e Entry, rest Rest) (bool, error) {
	w := c.writer
	g, ok := GUIDOf(e)
	if !ok || w.Has(g) {
		return false, nil
	}
	attributes := e.Attributes
	if slices.ContainsFunc(attributes, Attribute.optioned) {
		var err error
		if attributes, err = w.complete(g, attributes, rest); err != nil {
			return false, err
		}
	}
	to := w.table.NewRow()
	w.known[g] = struct{}{}
	to.SetGUID(w.guid, g)
	w.one[0] = e.DN
	w.store(to, field{w.dn, "distinguishedName", first}, w.one[:])
	if err := to.SetText(w.origin, w.forest); err != nil {
		return true, fmt.Errorf("forest name: %w", err)
	}
	for _, f := range c.kept {
		if c.cells.Cell(to, f.column, row) {
			w.rows[f.column]++
		}
	}
	for i := range attributes {
		if f := w.fieldOf(attributes[i].Name); f.column >= 0 && c.fresh[f.column] {
			w.store(to, f, attributes[i].Values)
		}
	}
	return true, nil
}

// Differs names the first of the kept attributes in which an object's entry of now is not like its earlier row; "" when there is none. scratch is the table
// of a writer of the same dataset, and its last row is the entry's.
func (c *Carrying) Differs(row int, from, scratch *evidence.Table) string {
	for _, f := range c.kept {
		if !evidence.SameCell(f.column, from, row, scratch, scratch.Rows()-1) {
			return f.name
		}
	}
	return ""
}

package evidence

import (
	"fmt"
	"iter"
	"strconv"
	"time"

	"hybridaudit/sources/evidence/directory"
)

// Column describes one column of a table: its name is the LDAP display name or the Graph property name.
type Column struct {
	Name   string
	Kind   Kind
	Fields Schema // of Records
}

// Schema is the list of a table's columns.
type Schema []Column

// Find gives the position of the named column.
func (s Schema) Find(name string) (int, bool) {
	for i, c := range s {
		if c.Name == name {
			return i, true
		}
	}
	return 0, false
}

// Names lists the columns' names.
func (s Schema) Names() []string {
	names := make([]string, len(s))
	for i, c := range s {
		names[i] = c.Name
	}
	return names
}

// Table holds the rows of one dataset. It is filled by one goroutine, row after row, and read by any number once its snapshot is sealed.
type Table struct {
	arena *arena
	cols  []column
	rows  int
}

func newTable(s Schema, a *arena) *Table {
	t := &Table{arena: a, cols: make([]column, len(s))}
	for i, c := range s {
		t.cols[i].Column = c
		if c.Kind == Records {
			t.cols[i].child = newTable(c.Fields, a)
		}
	}
	return t
}

// Rows counts the rows.
func (t *Table) Rows() int { return t.rows }

// Schema gives the columns.
func (t *Table) Schema() Schema {
	s := make(Schema, len(t.cols))
	for i := range t.cols {
		s[i] = t.cols[i].Column
	}
	return s
}

// NewRow appends a row in which everything is absent.
func (t *Table) NewRow() Row {
	t.rows++
	return Row{t, t.rows - 1}
}

// Row is a row under construction: only the last row of a table may be written.
type Row struct {
	t   *Table
	row int
}

// SetText stores a value of kind Text, Name, List or NameList; for the lists it is appended. The error is a [ValueTooLongError].
func (r Row) SetText(col int, s string) error {
	c := &r.t.cols[col]
	s, err := c.check(s)
	if err != nil {
		return err
	}
	switch c.Kind {
	case Text:
		c.refs = put(c.refs, r.row, r.t.arena.add(s))
	case Name:
		c.codes.set(r.row, c.names.code(r.t.arena, s))
	case List:
		c.refs = append(c.refs, r.t.arena.add(s))
		c.extend(r.row, len(c.refs))
	case NameList:
		n := c.codes.len()
		c.codes.set(n, c.names.code(r.t.arena, s))
		c.extend(r.row, n+1)
	default:
		return fmt.Errorf("column %s does not hold text", c.Name)
	}
	return nil
}

// SetBytes stores an octet string.
func (r Row) SetBytes(col int, b []byte) error {
	c := &r.t.cols[col]
	if len(b) > MaxValue {
		return &ValueTooLongError{Column: c.Name, Size: len(b)}
	}
	c.refs = put(c.refs, r.row, r.t.arena.add(view(b)))
	return nil
}

// SetInt stores a number.
func (r Row) SetInt(col int, v int64) { r.t.cols[col].setNumber(r.row, v) }

// SetTime stores a time, cut to whole seconds.
func (r Row) SetTime(col int, v time.Time) { r.t.cols[col].setNumber(r.row, v.Unix()) }

// SetBool stores true or false.
func (r Row) SetBool(col int, v bool) {
	c := &r.t.cols[col]
	tri := False
	if v {
		tri = True
	}
	c.tris = put(c.tris, r.row, tri)
}

// SetGUID stores a GUID.
func (r Row) SetGUID(col int, g directory.GUID) {
	c := &r.t.cols[col]
	c.guids = put(c.guids, r.row, g)
}

// NewRecord appends a record to a column of kind Records and gives its row to be filled.
func (r Row) NewRecord(col int) Row {
	c := &r.t.cols[col]
	child := c.child.NewRow()
	c.extend(r.row, c.child.rows)
	return child
}

// FillName stores one text in a Name column of all rows, for what is known only once they are there. The error is a [ValueTooLongError].
func (t *Table) FillName(col int, s string) error {
	c := &t.cols[col]
	s, err := c.check(s)
	if err != nil {
		return err
	}
	if c.Kind != Name {
		return fmt.Errorf("column %s does not hold names", c.Name)
	}
	code := c.names.code(t.arena, s)
	for row := range t.rows {
		c.codes.set(row, code)
	}
	return nil
}

// SetLDAP stores the values of an LDAP attribute as the column's kind wants them: text, decimal numbers, TRUE and FALSE, generalised times, 16-byte
// GUIDs; of a Count their number and of a Size the length of the first. No values mean absent. A value that does not fit its kind is an error and is not stored; of too many values for a single-valued column the
// first counts.
func (r Row) SetLDAP(col int, values [][]byte) error {
	c := &r.t.cols[col]
	switch {
	case len(values) == 0:
		return nil
	case c.Kind == Count:
		c.setNumber(r.row, int64(len(values)))
		return nil
	case c.Kind == Size:
		c.setNumber(r.row, int64(len(values[0])))
		return nil
	}
	for _, v := range values {
		if err := r.setLDAP(col, c, v); err != nil {
			return err
		}
		if c.Kind != List && c.Kind != NameList {
			break
		}
	}
	return nil
}

func (r Row) setLDAP(col int, c *column, v []byte) error {
	switch c.Kind {
	case Text, Name, List, NameList:
		return r.SetText(col, view(v))
	case Bytes:
		return r.SetBytes(col, v)
	case Int:
		n, err := strconv.ParseInt(view(v), 10, 64)
		if err != nil {
			return fmt.Errorf("attribute %s: %w", c.Name, err)
		}
		r.SetInt(col, n)
	case Bool:
		switch string(v) {
		case "TRUE":
			r.SetBool(col, true)
		case "FALSE":
			r.SetBool(col, false)
		default:
			return fmt.Errorf("attribute %s: %.20q is neither TRUE nor FALSE", c.Name, v)
		}
	case Time:
		t, err := directory.ParseGeneralizedTime(view(v))
		if err != nil {
			return fmt.Errorf("attribute %s: %w", c.Name, err)
		}
		r.SetTime(col, t)
	case GUID:
		g, err := directory.GUIDFromBytes(v)
		if err != nil {
			return fmt.Errorf("attribute %s: %w", c.Name, err)
		}
		r.SetGUID(col, g)
	default:
		return fmt.Errorf("column %s does not hold LDAP values", c.Name)
	}
	return nil
}

// text reads a Text, Name or Bytes value; ok is false when it is absent.
func (t *Table) text(col, row int) (s string, ok bool) {
	c := &t.cols[col]
	if c.Kind == Name {
		return c.names.text(c.codes.at(row))
	}
	if row >= len(c.refs) || c.refs[row] == 0 {
		return "", false
	}
	return t.arena.get(c.refs[row]), true
}

// str is text for the many places where absent and empty are the same.
func (t *Table) str(col, row int) string {
	s, _ := t.text(col, row)
	return s
}

func (t *Table) tri(col, row int) Tri {
	c := &t.cols[col]
	if row >= len(c.tris) {
		return Absent
	}
	return c.tris[row]
}

func (t *Table) number(col, row int) (int64, bool) { return t.cols[col].number(row) }

// when reads a time; the zero time when it is absent.
func (t *Table) when(col, row int) time.Time {
	if v, ok := t.cols[col].number(row); ok {
		return timeOf(v)
	}
	return time.Time{}
}

func (t *Table) guid(col, row int) directory.GUID {
	c := &t.cols[col]
	if row >= len(c.guids) {
		return directory.GUID{}
	}
	return c.guids[row]
}

// count is the number of values or records of a row.
func (t *Table) count(col, row int) int {
	from, to := t.cols[col].span(row)
	return to - from
}

// list iterates over the values of a List or NameList.
func (t *Table) list(col, row int) iter.Seq[string] {
	c := &t.cols[col]
	return func(yield func(string) bool) {
		from, to := c.span(row)
		for i := from; i < to; i++ {
			var s string
			if c.Kind == NameList {
				s, _ = c.names.text(c.codes.at(i))
			} else {
				s = t.arena.get(c.refs[i])
			}
			if !yield(s) {
				return
			}
		}
	}
}

// records iterates over the rows of the child table that belong to a row.
func (t *Table) records(col, row int) (*Table, iter.Seq[int]) {
	c := &t.cols[col]
	return c.child, func(yield func(int) bool) {
		from, to := c.span(row)
		for i := from; i < to; i++ {
			if !yield(i) {
				return
			}
		}
	}
}

// appendRow copies a row of another table with the same schema.
func (t *Table) appendRow(from *Table, row int) {
	to := t.NewRow()
	for i := range from.cols {
		c := &from.cols[i]
		switch c.Kind {
		case Text, Name:
			if s, ok := from.text(i, row); ok {
				_ = to.SetText(i, s) // it was short enough when it was stored
			}
		case Bytes:
			if s, ok := from.text(i, row); ok {
				_ = to.SetBytes(i, []byte(s))
			}
		case List, NameList:
			for s := range from.list(i, row) {
				_ = to.SetText(i, s)
			}
		case Int, Time, Count, Size:
			if v, ok := c.number(row); ok {
				to.SetInt(i, v)
			}
		case Bool:
			if v := from.tri(i, row); v != Absent {
				to.SetBool(i, v == True)
			}
		case GUID:
			if g := from.guid(i, row); !g.IsZero() {
				to.SetGUID(i, g)
			}
		case Records:
			child, rows := from.records(i, row)
			for r := range rows {
				to.t.cols[i].child.appendRow(child, r)
				to.t.cols[i].extend(to.row, to.t.cols[i].child.rows)
			}
		}
	}
}

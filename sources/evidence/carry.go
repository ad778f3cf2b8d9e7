package evidence

import (
	"maps"
)

// Carrier copies rows of earlier evidence, cell by cell, into the table of the same dataset that is being filled. It remembers what became of repeating
// texts, so that each is looked up once. It serves one goroutine; the earlier table is only read.
type Carrier struct {
	from, to *Table
	codes    [][]uint32 // by column of kind Name or NameList: the new code of an old one, 0 while it is not known
}

// NewCarrier gives a carrier between two tables of one dataset.
func NewCarrier(from, to *Table) *Carrier {
	c := &Carrier{from: from, to: to, codes: make([][]uint32, len(from.cols))}
	for i := range from.cols {
		if k := from.cols[i].Kind; k == Name || k == NameList {
			c.codes[i] = make([]uint32, len(from.cols[i].names.texts)+1)
		}
	}
	return c
}

// Cell copies one cell of an earlier row into the same column of to, which must be the last row of the table that is filled and have nothing there yet.
// It says whether there was a value.
func (c *Carrier) Cell(to Row, col, row int) bool {
	from, target := &c.from.cols[col], &c.to.cols[col]
	switch from.Kind {
	case Text, Bytes:
		s, ok := c.from.text(col, row)
		if ok {
			target.refs = put(target.refs, to.row, c.to.arena.add(s))
		}
		return ok
	case Name:
		code := from.codes.at(row)
		if code != 0 {
			target.codes.set(to.row, c.code(col, code))
		}
		return code != 0
	case List:
		first, last := from.span(row)
		for i := first; i < last; i++ {
			target.refs = append(target.refs, c.to.arena.add(c.from.arena.get(from.refs[i])))
		}
		if last > first {
			target.extend(to.row, len(target.refs))
		}
		return last > first
	case NameList:
		first, last := from.span(row)
		for i := first; i < last; i++ {
			n := target.codes.len()
			target.codes.set(n, c.code(col, from.codes.at(i)))
			target.extend(to.row, n+1)
		}
		return last > first
	case Int, Time, Count, Size:
		v, ok := from.number(row)
		if ok {
			target.setNumber(to.row, v)
		}
		return ok
	case Bool:
		v := c.from.tri(col, row)
		if v != Absent {
			target.tris = put(target.tris, to.row, v)
		}
		return v != Absent
	case GUID:
		g := c.from.guid(col, row)
		if !g.IsZero() {
			target.guids = put(target.guids, to.row, g)
		}
		return !g.IsZero()
	case Records:
		child, rows := c.from.records(col, row)
		found := false
		for r := range rows {
			target.child.appendRow(child, r)
			target.extend(to.row, target.child.rows)
			found = true
		}
		return found
	}
	return false
}

// code gives the new code of a repeating text.
func (c *Carrier) code(col int, old uint32) uint32 {
	if known := c.codes[col][old]; known != 0 {
		return known
	}
	text, _ := c.from.cols[col].names.text(old)
	code := c.to.cols[col].names.code(c.to.arena, text)
	c.codes[col][old] = code
	return code
}

// SameCell says whether a column holds the same in two rows of tables of one dataset. Of several values the order does not count.
func SameCell(col int, a *Table, rowA int, b *Table, rowB int) bool {
	switch a.cols[col].Kind {
	case Text, Name, Bytes:
		s, there := a.text(col, rowA)
		other, alsoThere := b.text(col, rowB)
		return there == alsoThere && s == other
	case List, NameList:
		return a.count(col, rowA) == b.count(col, rowB) && maps.Equal(a.occurrences(col, rowA), b.occurrences(col, rowB))
	case Int, Time, Count, Size:
		v, there := a.number(col, rowA)
		other, alsoThere := b.number(col, rowB)
		return there == alsoThere && v == other
	case Bool:
		return a.tri(col, rowA) == b.tri(col, rowB)
	case GUID:
		return a.guid(col, rowA) == b.guid(col, rowB)
	case Records:
		return string(a.appendCell(nil, &a.cols[col], col, rowA)) == string(b.appendCell(nil, &b.cols[col], col, rowB))
	}
	return false
}

// occurrences counts the values of a list.
func (t *Table) occurrences(col, row int) map[string]int {
	counts := map[string]int{}
	for s := range t.list(col, row) {
		counts[s]++
	}
	return counts
}

package evidence

import (
	"fmt"
	"math"
	"strings"
	"time"
	"unicode/utf8"
	"unsafe"

	"hybridaudit/sources/evidence/directory"
)

// Kind is what a column holds.
type Kind uint8

// The kinds of columns.
const (
	Text     Kind = iota // one text value, mostly distinct from row to row
	Name                 // one text value out of few: department, status, SKU id
	List                 // any number of text values
	NameList             // any number of text values out of few
	Int                  // a signed 64-bit number
	Bool                 // absent, false or true
	Time                 // UTC, whole seconds
	GUID                 // 16 bytes
	Bytes                // one octet string
	Records              // any number of rows of a table of its own
	Count                // how many values an attribute has; the values are not kept
	Size                 // how many bytes an attribute's value has; the value is not kept
)

// MaxValue is the longest single value that a table keeps, in bytes. Longer ones are refused with a [ValueTooLongError].
const MaxValue = 1<<20 - 2

// ValueTooLongError says that a value was not stored because of its size.
type ValueTooLongError struct {
	Column string
	Size   int
}

func (e *ValueTooLongError) Error() string {
	return fmt.Sprintf("a value of %s with %d bytes is longer than the %d that evidence keeps", e.Column, e.Size, MaxValue)
}

// Tri is a Boolean that may be absent.
type Tri uint8

// The values of a Tri.
const (
	Absent Tri = iota
	False
	True
)

// arena keeps the bytes of a table's values in chunks that never move, so that the strings handed out stay valid.
type arena struct{ chunks [][]byte }

const chunkSize = 1 << 20

// ref points at a value: chunk (24 bits), offset and length (20 bits each). Zero is "absent": the first byte of the first chunk is never used.
type ref uint64

func (a *arena) add(s string) ref {
	n := len(a.chunks)
	if n == 0 || len(a.chunks[n-1])+len(s) >= chunkSize {
		a.chunks = append(a.chunks, make([]byte, 0, chunkSize))
		n++
		if n == 1 {
			a.chunks[0] = append(a.chunks[0], 0)
		}
	}
	c := &a.chunks[n-1]
	off := len(*c)
	*c = append(*c, s...)
	return ref(uint64(n-1)<<40 | uint64(off)<<20 | uint64(len(s))) //nolint:gosec // none is negative
}

func (a *arena) get(r ref) string {
	n := int(r & (1<<20 - 1))
	if n == 0 {
		return ""
	}
	chunk := a.chunks[r>>40]
	// The chunk's bytes are written once, before the reference exists, and never move: a string may point at them.
	return unsafe.String(&chunk[int(r>>20)&(1<<20-1)], n) //nolint:gosec // see above
}

// view is bytes as a string that must not be kept: what keeps it, the arena, copies it.
func view(b []byte) string {
	return unsafe.String(unsafe.SliceData(b), len(b)) //nolint:gosec // see above
}

// dictionary numbers distinct texts from 1; 0 is absent.
type dictionary struct {
	texts []string
	codes map[string]uint32
}

func (d *dictionary) code(a *arena, s string) uint32 {
	if c, ok := d.codes[s]; ok {
		return c
	}
	if d.codes == nil {
		d.codes = map[string]uint32{}
	}
	stored := a.get(a.add(s))
	d.texts = append(d.texts, stored)
	c := uint32(len(d.texts)) //nolint:gosec // fewer distinct values than rows, and rows are limited to 2^31
	d.codes[stored] = c
	return c
}

func (d *dictionary) text(code uint32) (string, bool) {
	if code == 0 {
		return "", false
	}
	return d.texts[code-1], true
}

// codes is a list of dictionary codes in as few bytes as the largest needs.
type codes struct {
	narrow []uint8
	middle []uint16
	wide   []uint32
}

func (c *codes) len() int { return max(len(c.narrow), len(c.middle), len(c.wide)) }

func (c *codes) at(i int) uint32 {
	switch {
	case c.wide != nil:
		if i < len(c.wide) {
			return c.wide[i]
		}
	case c.middle != nil:
		if i < len(c.middle) {
			return uint32(c.middle[i])
		}
	case i < len(c.narrow):
		return uint32(c.narrow[i])
	}
	return 0
}

func (c *codes) set(i int, code uint32) {
	if code > math.MaxUint8 && c.middle == nil && c.wide == nil {
		c.middle = widen[uint8, uint16](c.narrow)
		c.narrow = nil
	}
	if code > math.MaxUint16 && c.wide == nil {
		c.wide = widen[uint16, uint32](c.middle)
		c.middle = nil
	}
	switch {
	case c.wide != nil:
		c.wide = put(c.wide, i, code)
	case c.middle != nil:
		c.middle = put(c.middle, i, uint16(code)) //nolint:gosec // just compared
	default:
		c.narrow = put(c.narrow, i, uint8(code)) //nolint:gosec // just compared
	}
}

func widen[A, B uint8 | uint16 | uint32](from []A) []B {
	to := make([]B, len(from), cap(from)+1)
	for i, v := range from {
		to[i] = B(v)
	}
	return to
}

// put stores v at i and fills the rows before it that were never set with zero: a column that no row uses costs nothing.
func put[T any](s []T, i int, v T) []T {
	for len(s) <= i {
		var zero T
		s = append(s, zero)
	}
	s[i] = v
	return s
}

// column holds one column of a table; which fields are in use follows from the kind.
type column struct {
	Column
	refs  []ref    // Text, Bytes: by row; List: the values of all rows
	ends  []uint32 // List, NameList, Records: where the values of a row end
	codes codes    // Name: by row; NameList: the values of all rows
	names dictionary
	nums  []int64 // Int, Time, Count, Size: value by row, absentNumber when there is none
	tris  []Tri
	guids []directory.GUID
	child *Table
}

const absentNumber = math.MinInt64

func (c *column) number(row int) (int64, bool) {
	if row >= len(c.nums) || c.nums[row] == absentNumber {
		return 0, false
	}
	return c.nums[row], true
}

func (c *column) setNumber(row int, v int64) {
	for len(c.nums) < row {
		c.nums = append(c.nums, absentNumber)
	}
	c.nums = put(c.nums, row, v)
}

// span is the range of a row's values in a column with many values a row.
func (c *column) span(row int) (from, to int) {
	if row >= len(c.ends) {
		return 0, 0
	}
	if row > 0 {
		from = int(c.ends[row-1])
	}
	return from, int(c.ends[row])
}

// extend makes sure that the row has a span, and lets it end at total. Rows are filled in order, so only the last one can grow.
func (c *column) extend(row, total int) {
	last := uint32(0)
	if n := len(c.ends); n > 0 {
		last = c.ends[n-1]
	}
	for len(c.ends) <= row {
		c.ends = append(c.ends, last)
	}
	c.ends[row] = uint32(total) //nolint:gosec // a table holds fewer than 2^32 values
}

func (c *column) check(s string) (string, error) {
	if len(s) > MaxValue {
		return "", &ValueTooLongError{Column: c.Name, Size: len(s)}
	}
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "\uFFFD")
	}
	return s, nil
}

func timeOf(seconds int64) time.Time { return time.Unix(seconds, 0).UTC() }

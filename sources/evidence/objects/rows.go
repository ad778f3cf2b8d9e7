package objects

import (
	"bytes"
	"errors"
	"fmt"
	"hash/maphash"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/valyala/fastjson"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/directory"
)

// Rows turns the objects of a collection into rows of a table.
type Rows struct {
	Table *evidence.Table
	// More stores what does not follow from the column names; nil for nothing.
	More func(evidence.Row, *fastjson.Object) error
	// Nameless says that objects may lack an id. Repeats says that an object may come again and is stored each time, as in a list of changes.
	Nameless, Repeats bool
	// Compare says that objects that come again are compared: see [Rows.Differing].
	Compare bool

	fields map[string]*field

	tenant string // text of the tenant's column
	origin int    // that column, -1 for none

	parser    fastjson.Parser
	guids     bool                      // ids are GUIDs
	seen      map[directory.GUID]uint64 // ids with the hashes of their objects, 0 when nothing is compared
	seenText  map[string]uint64
	hash      maphash.Hash
	text      []byte            // of the object that is hashed
	names     map[string]string // texts that repeat, so that each is one string
	repeated  int               // objects dropped because their id was there already
	differing int               // those of them whose content is another one
	unusable  int               // objects that are none, or lack an id
	broken    map[string]int    // values that did not fit their column
}

// NewRows makes rows of a table. tenant is the text of the tenant's column; keep picks columns, nil keeps all.
func NewRows(t *evidence.Table, tenant string, keep map[string]bool) *Rows {
	schema := t.Schema()
	r := &Rows{
		Table: t, fields: fieldsOf(schema, keep, ""), guids: schema[0].Kind == evidence.GUID,
		seen: map[directory.GUID]uint64{}, seenText: map[string]uint64{}, names: map[string]string{}, broken: map[string]int{}, tenant: tenant, origin: -1,
	}
	if col, ok := schema.Find(evidence.TenantColumn); ok && tenant != "" {
		r.origin = col
	}
	return r
}

// Take stores the objects of a page that were not there before and says how many.
func (r *Rows) Take(p Page) (added int) {
	for _, element := range p.Elements {
		if r.Add(element) {
			added++
		}
	}
	return added
}

// Add stores one object; false for one that was there before or cannot be used.
func (r *Rows) Add(element []byte) bool {
	v, err := r.parser.ParseBytes(element)
	if err != nil || v.Type() != fastjson.TypeObject {
		r.unusable++
		return false
	}
	object, err := v.Object()
	if err != nil {
		r.unusable++
		return false
	}
	if !r.fresh(v) {
		return false
	}
	row := r.Table.NewRow()
	r.fill(row, object, r.fields)
	if r.origin >= 0 {
		if err := row.SetText(r.origin, r.tenant); err != nil {
			r.broken[evidence.TenantColumn]++
		}
	}
	if r.More != nil {
		if err := r.More(row, object); err != nil {
			r.broken["value"]++
		}
	}
	return true
}

// fresh notes an object's id; false for one that was there before, or is missing where it must not.
func (r *Rows) fresh(v *fastjson.Value) bool {
	id, content := v.GetStringBytes("id"), r.content(v)
	before, there := content, false
	switch {
	case len(id) == 0 && r.Nameless:
	case r.guids:
		g, err := directory.ParseGUID(string(id))
		if err != nil {
			r.unusable++
			return false
		}
		if before, there = r.seen[g]; !there {
			r.seen[g] = content
		}
	case len(id) == 0:
		r.unusable++
		return false
	default:
		key := strings.ToLower(string(id))
		if before, there = r.seenText[key]; !there {
			r.seenText[key] = content
		}
	}
	if there && r.Repeats {
		return true
	}
	if there {
		r.repeated++
		if before != content {
			r.differing++
		}
	}
	return !there
}

// content is a hash of an object, in which blanks make no difference; 0 when objects are not compared.
func (r *Rows) content(v *fastjson.Value) uint64 {
	if !r.Compare {
		return 0
	}
	r.text = v.MarshalTo(r.text[:0])
	r.hash.Reset()
	_, _ = r.hash.Write(r.text) // it never fails
	return r.hash.Sum64()
}

// fill stores the members of an object for which there is a field.
func (r *Rows) fill(row evidence.Row, o *fastjson.Object, fields map[string]*field) {
	o.Visit(func(key []byte, v *fastjson.Value) {
		f := fields[string(key)]
		if f == nil || v.Type() == fastjson.TypeNull {
			return
		}
		if f.within != nil {
			if inner, err := v.Object(); err == nil {
				r.fill(row, inner, f.within)
			} else {
				r.broken[string(key)]++
			}
			return
		}
		if err := r.set(row, f, v); err != nil {
			r.broken[f.path]++
		}
	})
}

var errKind = errors.New("another kind of value")

func (r *Rows) set(row evidence.Row, f *field, v *fastjson.Value) error {
	switch f.kind {
	case evidence.Records, evidence.List, evidence.NameList:
		return r.setList(row, f, v)
	case evidence.Bool:
		b, err := v.Bool()
		if err != nil {
			return errKind
		}
		row.SetBool(f.col, b)
	case evidence.Int:
		n, err := v.Int64()
		if err != nil {
			return errKind
		}
		row.SetInt(f.col, n)
	case evidence.Bytes:
		return errKind // no column of the tenant holds octets
	case evidence.Text, evidence.Name, evidence.Time, evidence.GUID:
		text, err := v.StringBytes()
		if err != nil {
			return errKind
		}
		return r.setText(row, f, text)
	}
	return nil
}

func (r *Rows) setText(row evidence.Row, f *field, text []byte) error {
	switch f.kind {
	case evidence.Time:
		at, err := time.Parse(time.RFC3339, string(text))
		if err != nil {
			return err
		}
		if at.Year() > 1 { // the service writes 0001-01-01 for never
			row.SetTime(f.col, at)
		}
		return nil
	case evidence.GUID:
		g, err := directory.ParseGUID(string(text))
		if err != nil {
			return err
		}
		row.SetGUID(f.col, g)
		return nil
	case evidence.Name, evidence.NameList:
		return row.SetText(f.col, r.name(text, f.lower))
	}
	return row.SetText(f.col, string(text))
}

func (r *Rows) setList(row evidence.Row, f *field, v *fastjson.Value) error {
	values, err := v.Array()
	if err != nil {
		return errKind
	}
	for _, v := range values {
		if v.Type() == fastjson.TypeNull {
			continue
		}
		if f.kind == evidence.Records {
			inner, err := v.Object()
			if err != nil {
				return errKind
			}
			r.fill(row.NewRecord(f.col), inner, f.elements)
			continue
		}
		text, err := v.StringBytes()
		if err != nil {
			return errKind
		}
		if err := r.setText(row, f, text); err != nil {
			return err
		}
	}
	return nil
}

// maxNames bounds the memory for texts that repeat.
const maxNames = 1 << 16

// name gives the text as a string, the same one each time, lower-case when asked for.
func (r *Rows) name(text []byte, lower bool) string {
	if lower && bytes.ContainsAny(text, "ABCDEF") {
		return strings.ToLower(string(text))
	}
	if s, ok := r.names[string(text)]; ok {
		return s
	}
	s := string(text)
	if len(r.names) < maxNames {
		r.names[s] = s
	}
	return s
}

// Forget lets ids repeat that are text: they are told apart within one domain only.
func (r *Rows) Forget() { clear(r.seenText) }

// Whole says that everything that was given could be stored.
func (r *Rows) Whole() bool { return r.unusable == 0 && len(r.broken) == 0 }

// Differing is how many objects came again with another content than the one that was kept.
func (r *Rows) Differing() int { return r.differing }

// Notes says what a reader of the coverage should know, and which columns have gaps.
func (r *Rows) Notes() (notes, gaps []string) {
	if r.repeated > 0 {
		notes = append(notes, fmt.Sprintf("%d objects came more than once and were kept once", r.repeated))
	}
	if r.unusable > 0 {
		notes = append(notes, fmt.Sprintf("%d objects had no usable id and were left out", r.unusable))
	}
	for _, name := range slices.Sorted(maps.Keys(r.broken)) {
		notes = append(notes, fmt.Sprintf("%d values of %s could not be read", r.broken[name], name))
		gaps = append(gaps, name)
	}
	return notes, gaps
}

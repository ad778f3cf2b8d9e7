package graph

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/valyala/fastjson"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/directory"
)

// rows turns the objects of a collection into rows of a table.
type rows struct {
	table  *evidence.Table
	fields map[string]*field
	// more stores what does not follow from the column names; nil for nothing.
	more func(evidence.Row, *fastjson.Object) error

	tenant string // text of the tenant's column
	origin int    // that column, -1 for none

	parser   fastjson.Parser
	guids    bool // ids are GUIDs
	nameless bool // objects may lack an id
	seen     map[directory.GUID]struct{}
	seenText map[string]struct{}
	names    map[string]string // texts that repeat, so that each is one string
	repeated int               // objects dropped because their id was there already
	unusable int               // objects that are none, or lack an id
	broken   map[string]int    // values that did not fit their column
}

func newRows(t *evidence.Table, tenant string, keep map[string]bool) *rows {
	schema := t.Schema()
	r := &rows{
		table: t, fields: fieldsOf(schema, keep, ""), guids: schema[0].Kind == evidence.GUID,
		seen: map[directory.GUID]struct{}{}, seenText: map[string]struct{}{}, names: map[string]string{}, broken: map[string]int{}, tenant: tenant, origin: -1,
	}
	if col, ok := schema.Find(evidence.TenantColumn); ok && tenant != "" {
		r.origin = col
	}
	return r
}

// take stores the objects of a page that were not there before and says how many.
func (r *rows) take(p page) (added int) {
	for _, element := range p.elements {
		if r.add(element) {
			added++
		}
	}
	return added
}

func (r *rows) add(element []byte) bool {
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
	if !r.fresh(v.GetStringBytes("id")) {
		return false
	}
	row := r.table.NewRow()
	r.fill(row, object, r.fields)
	if r.origin >= 0 {
		if err := row.SetText(r.origin, r.tenant); err != nil {
			r.broken[evidence.TenantColumn]++
		}
	}
	if r.more != nil {
		if err := r.more(row, object); err != nil {
			r.broken["value"]++
		}
	}
	return true
}

// fresh notes an id; false for one that was there before, or is missing where it must not.
func (r *rows) fresh(id []byte) bool {
	there := false
	switch {
	case len(id) == 0 && r.nameless:
	case r.guids:
		g, err := directory.ParseGUID(string(id))
		if err != nil {
			r.unusable++
			return false
		}
		if _, there = r.seen[g]; !there {
			r.seen[g] = struct{}{}
		}
	case len(id) == 0:
		r.unusable++
		return false
	default:
		key := strings.ToLower(string(id))
		if _, there = r.seenText[key]; !there {
			r.seenText[key] = struct{}{}
		}
	}
	if there {
		r.repeated++
	}
	return !there
}

// fill stores the members of an object for which there is a field.
func (r *rows) fill(row evidence.Row, o *fastjson.Object, fields map[string]*field) {
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

func (r *rows) set(row evidence.Row, f *field, v *fastjson.Value) error {
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

func (r *rows) setText(row evidence.Row, f *field, text []byte) error {
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

func (r *rows) setList(row evidence.Row, f *field, v *fastjson.Value) error {
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
func (r *rows) name(text []byte, lower bool) string {
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

// notes says what a reader of the coverage should know, and which columns have gaps.
func (r *rows) notes() (notes, gaps []string) {
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

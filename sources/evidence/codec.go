package evidence

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/valyala/fastjson"

	"hybridaudit/sources/evidence/directory"
)

// AppendJSON appends a row as one JSON object without a line end: members are the columns' names, absent values are left out, octet strings are
// base64, times RFC 3339.
func (t *Table) AppendJSON(dst []byte, row int) []byte {
	dst = append(dst, '{')
	first := true
	for i := range t.cols {
		c := &t.cols[i]
		if !t.there(c, i, row) {
			continue
		}
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = appendString(dst, c.Name)
		dst = append(dst, ':')
		dst = t.appendCell(dst, c, i, row)
	}
	return append(dst, '}')
}

func (t *Table) there(c *column, col, row int) bool {
	switch c.Kind {
	case Text, Name, Bytes:
		_, ok := t.text(col, row)
		return ok
	case List, NameList, Records:
		return t.count(col, row) > 0
	case Int, Time, Count, Size:
		_, ok := c.number(row)
		return ok
	case Bool:
		return t.tri(col, row) != Absent
	case GUID:
		return !t.guid(col, row).IsZero()
	}
	return false
}

func (t *Table) appendCell(dst []byte, c *column, col, row int) []byte {
	switch c.Kind {
	case Text, Name:
		return appendString(dst, t.str(col, row))
	case Bytes:
		dst = append(dst, '"')
		dst = base64.StdEncoding.AppendEncode(dst, []byte(t.str(col, row)))
		return append(dst, '"')
	case Int, Count, Size:
		v, _ := c.number(row)
		return strconv.AppendInt(dst, v, 10)
	case Time:
		dst = append(dst, '"')
		dst = t.when(col, row).AppendFormat(dst, time.RFC3339)
		return append(dst, '"')
	case Bool:
		return strconv.AppendBool(dst, t.tri(col, row) == True)
	case GUID:
		return appendString(dst, t.guid(col, row).String())
	case List, NameList:
		dst = append(dst, '[')
		n := 0
		for s := range t.list(col, row) {
			if n++; n > 1 {
				dst = append(dst, ',')
			}
			dst = appendString(dst, s)
		}
		return append(dst, ']')
	case Records:
		dst = append(dst, '[')
		n := 0
		child, rows := t.records(col, row)
		for r := range rows {
			if n++; n > 1 {
				dst = append(dst, ',')
			}
			dst = child.AppendJSON(dst, r)
		}
		return append(dst, ']')
	}
	return dst
}

// appendString appends a JSON string; plain text, which nearly all is, without asking the encoder.
func appendString(dst []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < 0x20 || c == '"' || c == '\\' || c == 0x7f {
			quoted, err := json.Marshal(s)
			if err != nil { // a string can always be marshalled
				return append(dst, `""`...)
			}
			return append(dst, quoted...)
		}
	}
	dst = append(dst, '"')
	dst = append(dst, s...)
	return append(dst, '"')
}

// Decoder reads rows as AppendJSON writes them. It keeps a parser's memory between rows and serves one goroutine.
type Decoder struct{ parser fastjson.Parser }

// Row appends the row in line to the table. Members that the table does not know are passed over: they come from a newer version of the same schema.
func (d *Decoder) Row(t *Table, line []byte) error {
	v, err := d.parser.ParseBytes(line)
	if err != nil {
		return fmt.Errorf("not a JSON object: %w", err)
	}
	return fill(t, v)
}

func fill(t *Table, v *fastjson.Value) error {
	o, err := v.Object()
	if err != nil {
		return fmt.Errorf("a row is not an object: %w", err)
	}
	row := t.NewRow()
	var first error
	o.Visit(func(key []byte, v *fastjson.Value) {
		col := t.find(key)
		if first != nil || col < 0 || v.Type() == fastjson.TypeNull {
			return
		}
		if err := row.set(col, v); err != nil {
			first = fmt.Errorf("%s: %w", key, err)
		}
	})
	return first
}

func (t *Table) find(name []byte) int {
	for i := range t.cols {
		if t.cols[i].Name == string(name) {
			return i
		}
	}
	return -1
}

func (r Row) set(col int, v *fastjson.Value) error {
	switch c := &r.t.cols[col]; c.Kind {
	case List, NameList:
		values, err := v.Array()
		if err != nil {
			return err
		}
		for _, v := range values {
			if err := r.setString(col, v); err != nil {
				return err
			}
		}
		return nil
	case Records:
		values, err := v.Array()
		if err != nil {
			return err
		}
		for _, v := range values {
			if err := fill(c.child, v); err != nil {
				return err
			}
			c.extend(r.row, c.child.rows)
		}
		return nil
	case Int, Count, Size:
		n, err := v.Int64()
		if err != nil {
			return err
		}
		r.SetInt(col, n)
		return nil
	case Bool:
		b, err := v.Bool()
		if err != nil {
			return err
		}
		r.SetBool(col, b)
		return nil
	default:
		return r.setString(col, v)
	}
}

// setString stores the kinds that JSON holds as strings.
func (r Row) setString(col int, v *fastjson.Value) error {
	b, err := v.StringBytes()
	if err != nil {
		return err
	}
	switch r.t.cols[col].Kind {
	case Bytes:
		raw, err := base64.StdEncoding.AppendDecode(nil, b)
		if err != nil {
			return err
		}
		return r.SetBytes(col, raw)
	case Time:
		at, err := time.Parse(time.RFC3339, string(b))
		if err != nil {
			return err
		}
		r.SetTime(col, at)
		return nil
	case GUID:
		g, err := directory.ParseGUID(string(b))
		if err != nil {
			return err
		}
		r.SetGUID(col, g)
		return nil
	default:
		return r.SetText(col, string(b))
	}
}

package plant

import (
	"bytes"
	"encoding/json"
	"slices"
)

// psObject is an object of PowerShell output: its properties in the order in which the command shows them.
type psObject struct {
	names  []string
	values []json.RawMessage
}

// psOf makes an object of names and values that take turns.
func psOf(pairs ...any) *psObject {
	o := &psObject{}
	for i := 0; i+1 < len(pairs); i += 2 {
		name, _ := pairs[i].(string)
		o.set(name, pairs[i+1])
	}
	return o
}

// set gives a property a value: text, a flag, a number, a time, a list, nil, or another object.
func (o *psObject) set(name string, value any) *psObject {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if inner, ok := value.(*psObject); ok {
		value = inner.write()
	}
	if err := e.Encode(value); err != nil { // what plants set always encodes
		return o
	}
	raw := json.RawMessage(bytes.TrimSpace(b.Bytes()))
	if i := slices.Index(o.names, name); i >= 0 {
		o.values[i] = raw
		return o
	}
	o.names, o.values = append(o.names, name), append(o.values, raw)
	return o
}

// text is a property that is text, "" when it is something else.
func (o *psObject) text(name string) string {
	var s string
	if i := slices.Index(o.names, name); i >= 0 && json.Unmarshal(o.values[i], &s) != nil {
		return ""
	}
	return s
}

// without takes properties away, as older modules have fewer of them.
func (o *psObject) without(names ...string) *psObject {
	for _, n := range names {
		if i := slices.Index(o.names, n); i >= 0 {
			o.names, o.values = slices.Delete(o.names, i, i+1), slices.Delete(o.values, i, i+1)
		}
	}
	return o
}

// rename gives a property another name, as older modules have.
func (o *psObject) rename(old, name string) *psObject {
	if i := slices.Index(o.names, old); i >= 0 {
		o.names[i] = name
	}
	return o
}

func (o *psObject) write() json.RawMessage {
	d := &document{}
	d.begin()
	for i, n := range o.names {
		d.raw(n, string(o.values[i]))
	}
	return slices.Clip(append(d.buf, '}'))
}

// psFrom takes a written object apart again.
func psFrom(raw json.RawMessage) *psObject {
	o := &psObject{}
	d := json.NewDecoder(bytes.NewReader(raw))
	if _, err := d.Token(); err != nil { // the brace of what was written here
		return o
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			break
		}
		var value json.RawMessage
		if d.Decode(&value) != nil {
			break
		}
		text, _ := name.(string)
		o.names, o.values = append(o.names, text), append(o.values, value)
	}
	return o
}

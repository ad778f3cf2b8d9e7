package powershell

import (
	"bufio"
	"errors"
	"io"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/valyala/fastjson"

	"hybridaudit/sources/imports/documents"
)

// JSONReader reads what ConvertTo-Json wrote: objects in an array, one alone, several behind each other, and the wrapper {"value": [...], "Count": n} that Windows PowerShell
// puts around some arrays, which may be four times as large as an object.
type JSONReader struct {
	name   string
	in     *documents.Reader
	limits Limits
	parser fastjson.Parser
	left   []*fastjson.Value // items of a list or wrapper that are still to come
	line   int               // where that begins
	values int
}

// NewJSONReader reads UTF-8 text; name stands in errors.
func NewJSONReader(source *bufio.Reader, name string, l Limits) *JSONReader {
	l = l.Filled()
	return &JSONReader{name: name, in: documents.NewReader(source, name, documents.Limits{Value: 4 * l.Object, Depth: l.Depth}), limits: l}
}

// Next gives the next object, io.EOF behind the last one. Other errors are an [*Error], a [documents.Error] or, wrapped, that of the source.
func (r *JSONReader) Next() (Object, error) {
	for {
		if len(r.left) > 0 {
			o, err := r.unwrap()
			if err != nil || o.Kind == Nested {
				return o, err
			}
			continue
		}
		raw, err := r.in.Next()
		if err != nil {
			return Object{}, err
		}
		parsed, err := r.parse(raw.Raw, raw.Line)
		if err != nil {
			return Object{}, err
		}
		if list, ok := listOf(parsed); ok {
			r.left, r.line = list, raw.Line
			continue
		}
		v, err := r.whole(parsed, raw.Line)
		switch {
		case err != nil:
			return Object{}, err
		case v.Kind == Nested:
			return Object{v, raw.Line}, nil
		case v.Kind != Null:
			return Object{}, &Error{File: r.name, Line: raw.Line, What: "there is a single value where an object is wanted", Advice: "save whole objects: do not expand a property"}
		}
	}
}

// unwrap gives the next item of a list, null for one that is null.
func (r *JSONReader) unwrap() (Object, error) {
	one := r.left[0]
	r.left = r.left[1:]
	v, err := r.whole(one, r.line)
	if err == nil && v.Kind != Nested && v.Kind != Null {
		err = &Error{File: r.name, Line: r.line, What: "there is a list of values where objects are wanted", Advice: "save whole objects: do not expand a property"}
	}
	return Object{v, r.line}, err
}

// listOf gives the items of a list, or of the list that {"value": [...], "Count": n} holds.
func listOf(v *fastjson.Value) ([]*fastjson.Value, bool) {
	if v.Type() == fastjson.TypeArray {
		return v.GetArray(), true
	}
	o := v.GetObject()
	if o == nil || o.Len() != 2 {
		return nil, false
	}
	var list *fastjson.Value
	counted := false
	o.Visit(func(key []byte, member *fastjson.Value) {
		switch name := string(key); {
		case strings.EqualFold(name, "value") && member.Type() == fastjson.TypeArray:
			list = member
		case strings.EqualFold(name, "Count") && member.Type() == fastjson.TypeNumber:
			counted = true
		}
	})
	return list.GetArray(), list != nil && counted
}

// parse reads JSON. What it gives is valid until the next call.
func (r *JSONReader) parse(raw []byte, line int) (*fastjson.Value, error) {
	if err := fastjson.ValidateBytes(raw); err != nil { // its text repeats the value
		return nil, &Error{File: r.name, Line: line, What: "the object that begins here is no JSON", Advice: "save it again with ConvertTo-Json, and do not edit it"}
	}
	parsed, err := r.parser.ParseBytes(raw)
	if err != nil {
		return nil, &Error{File: r.name, Line: line, What: "the object that begins here is no JSON that can be read"}
	}
	return parsed, nil
}

// whole is the value of an object, of which the values are counted anew.
func (r *JSONReader) whole(parsed *fastjson.Value, line int) (Value, error) {
	r.values = 0
	v, err := r.value(parsed)
	if err != nil {
		return Value{}, &Error{File: r.name, Line: line, What: err.Error(), Advice: "save fewer properties, or with a smaller -Depth"}
	}
	return v, nil
}

var errMany = errors.New("the object that begins here has too many values")

func (r *JSONReader) value(v *fastjson.Value) (Value, error) {
	if r.values++; r.values > r.limits.Values {
		return Value{}, errMany
	}
	switch v.Type() {
	case fastjson.TypeTrue, fastjson.TypeFalse:
		return Value{Kind: Bool, Bool: v.Type() == fastjson.TypeTrue}, nil
	case fastjson.TypeNumber:
		return Value{Kind: Number, Text: string(v.MarshalTo(nil))}, nil
	case fastjson.TypeString:
		return fromText(string(v.GetStringBytes())), nil
	case fastjson.TypeArray:
		list := Value{Kind: List}
		for _, one := range v.GetArray() {
			item, err := r.value(one)
			if err != nil {
				return Value{}, err
			}
			list.Items = append(list.Items, item)
		}
		return list, nil
	case fastjson.TypeObject:
		return r.object(v.GetObject())
	}
	return Value{}, nil
}

func (r *JSONReader) object(o *fastjson.Object) (Value, error) {
	object := Value{Kind: Nested}
	var fault error
	o.Visit(func(key []byte, v *fastjson.Value) {
		if fault != nil {
			return
		}
		var member Value
		if member, fault = r.value(v); fault == nil {
			object.Members = append(object.Members, Member{string(key), member})
		}
	})
	if fault == nil && len(object.Members) > r.limits.Columns {
		fault = errMany
	}
	if inner, ok := decorated(object); ok {
		return inner, fault
	}
	return object, fault
}

// decorated gives the value within what Windows PowerShell makes of a time or a text with properties of its own: {"value": "/Date(0)/", "DateTime": "..."}.
func decorated(v Value) (Value, bool) {
	inner, ok := v.Get("value")
	if !ok || len(v.Members) < 2 {
		return Value{}, false
	}
	_, dated := v.Get("DateTime")
	_, text := v.Get("Length")
	_, path := v.Get("PSPath")
	return inner, dated && inner.Kind == Time || (text || path) && inner.Kind == Text
}

var dateText = regexp.MustCompile(`^/Date\((-?\d{1,16})(?:[+-]\d{4})?\)/$`)

// fromText is a JSON text: a time as Windows PowerShell writes it, or text.
func fromText(s string) Value {
	if strings.HasPrefix(s, "/Date(") {
		if m := dateText.FindStringSubmatch(s); m != nil {
			if ms, err := strconv.ParseInt(m[1], 10, 64); err == nil {
				return Value{Kind: Time, Time: time.UnixMilli(ms).UTC()}
			}
		}
	}
	v := Written(s)
	if s == "" {
		v.Kind = Text // JSON tells null from empty
	}
	return v
}

// ParseJSON takes apart a text that holds one JSON value, such as a property that a newer module keeps as text; false when it does not, or is larger than 1 MiB or nested
// deeper than 20.
func ParseJSON(text string) (Value, bool) {
	text = strings.TrimSpace(text)
	in := bufio.NewReader(strings.NewReader("[" + text + "]")) // an item is taken as it is, a list at the top is taken apart
	r := NewJSONReader(in, "", Limits{Object: 1 << 18, Depth: 20, Values: 10_000})
	raw, err := r.in.Next() // bounds it before anything calls itself for each level
	if err != nil || len(raw.Raw) != len(text) {
		return Value{}, false
	}
	parsed, err := r.parse(raw.Raw, 0)
	if err != nil {
		return Value{}, false
	}
	v, err := r.whole(parsed, 0)
	return v, err == nil
}

// atEnd tells the end of a file from an error of its source that only wraps io.EOF: that one is a fault.
func atEnd(err error) bool { return err == io.EOF } //nolint:errorlint // see above

package clixml

import (
	"encoding/xml"
	"fmt"
	"strings"
	"time"

	"hybridaudit/sources/imports/powershell"
)

func attribute(start xml.StartElement, name string) string {
	for _, a := range start.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// element reads the value of an element that has begun, to its end, and gives the name that it has as a property.
func (r *Reader) element(start xml.StartElement, depth int) (v powershell.Value, name string, err error) {
	name = Unescape(attribute(start, "N"))
	if err := r.charge(1, 0); err != nil {
		return v, name, err
	}
	line, _ := r.in.InputPos()
	if depth > r.limits.Depth {
		return v, name, r.fault(line, fmt.Sprintf("objects are nested deeper than %d", r.limits.Depth), "save the objects with a smaller -Depth")
	}
	switch start.Name.Local {
	case "Obj":
		v, err = r.object(start, depth)
	case "LST", "IE", "QUE", "STK":
		v, err = r.list(start, depth)
	case "DCT":
		v, err = r.dictionary(start, depth)
	case "Ref":
		v, err = r.reference(start)
	default:
		v, err = r.primitive(start)
	}
	return v, name, err
}

// charge counts values of the present object, and bytes that are not those of the file itself.
func (r *Reader) charge(values, bytes int) error {
	r.source.left -= bytes
	if r.count += values; r.count > r.limits.Values {
		line, _ := r.in.InputPos()
		return r.fault(line, fmt.Sprintf("an object has more than %d values", r.limits.Values), "save fewer properties")
	}
	return nil
}

// reference gives the object that another one refers to, at the price of what that holds: references to references would grow without bound.
func (r *Reader) reference(start xml.StartElement) (powershell.Value, error) {
	v := powershell.Value{Kind: powershell.Lost}
	if o := r.known.find(attribute(start, "RefId")); o != nil {
		if err := r.charge(o.values, o.bytes); err != nil {
			return v, err
		}
		v = o.value
	}
	_, err := r.text(start)
	return v, err
}

// each reads the elements within an element up to its end.
func (r *Reader) each(within xml.StartElement, use func(xml.StartElement) error) error {
	for {
		t, err := r.token()
		if err != nil {
			return err
		}
		switch t := t.(type) {
		case xml.StartElement:
			if err := use(t); err != nil {
				return err
			}
		case xml.EndElement:
			return r.ends(within, t)
		}
	}
}

// ends checks that the element that ends is the one that began.
func (r *Reader) ends(start xml.StartElement, end xml.EndElement) error {
	if start.Name.Local == end.Name.Local {
		return nil
	}
	line, _ := r.in.InputPos()
	return r.fault(line, "another element ends than began", "save the objects again with Export-Clixml, and do not edit the file")
}

// text reads the text of an element to its end.
func (r *Reader) text(start xml.StartElement) (string, error) {
	var b strings.Builder
	for {
		t, err := r.token()
		if err != nil {
			return "", err
		}
		switch t := t.(type) {
		case xml.CharData:
			b.Write(t)
		case xml.EndElement:
			return b.String(), r.ends(start, t)
		case xml.StartElement:
			line, _ := r.in.InputPos()
			return "", r.fault(line, "there is an element where text is wanted", "save the objects again with Export-Clixml, and do not edit the file")
		}
	}
}

// skip passes over an element that has begun.
func (r *Reader) skip(start xml.StartElement, depth int) error {
	line, _ := r.in.InputPos()
	if depth > r.limits.Depth {
		return r.fault(line, fmt.Sprintf("elements are nested deeper than %d", r.limits.Depth), "save the objects with a smaller -Depth")
	}
	return r.each(start, func(inner xml.StartElement) error { return r.skip(inner, depth+1) })
}

// object reads an object: its types, its text, and its properties or the value that it wraps.
func (r *Reader) object(start xml.StartElement, depth int) (powershell.Value, error) {
	v := powershell.Value{Kind: powershell.Nested}
	values, left := r.count, r.source.left
	shown := ""
	var inner *powershell.Value
	err := r.each(start, func(e xml.StartElement) error {
		var err error
		switch e.Name.Local {
		case "TN":
			v.Types, err = r.typeNames(e, depth+1)
		case "TNRef":
			v.Types = r.types[attribute(e, "RefId")]
			_, err = r.text(e)
		case "ToString":
			shown, err = r.text(e)
			shown = Unescape(shown)
		case "Props", "MS":
			err = r.members(e, depth+1, &v)
		default:
			var one powershell.Value
			if one, _, err = r.element(e, depth+1); err == nil {
				inner = &one
			}
		}
		return err
	})
	if err != nil {
		return v, err
	}
	v = settle(v, shown, inner)
	if id := attribute(start, "RefId"); id != "" && depth > 1 {
		r.known.keep(id, &object{value: v, values: r.count - values, bytes: left - r.source.left + len(id)})
	}
	return v, nil
}

// settle decides what an object is: the list or the value that it wraps, an enumeration's value, or an object with properties.
func settle(v powershell.Value, shown string, inner *powershell.Value) powershell.Value {
	switch {
	case inner == nil && len(v.Members) == 0 && len(v.Types) > 0 && shown != "" && !powershell.IsTypeName(shown):
		return powershell.Value{Kind: powershell.Text, Text: shown, Types: v.Types} // an object beyond the depth, or a simple one
	case inner == nil:
		v.Text = shown
		return v
	case inner.Kind == powershell.Number && shown != "" && shown != inner.Text:
		return powershell.Value{Kind: powershell.Text, Text: shown, Types: v.Types} // an enumeration
	case inner.Kind == powershell.Nested: // a dictionary
		inner.Members = append(inner.Members, v.Members...)
	}
	inner.Types = v.Types
	return *inner
}

func (r *Reader) typeNames(start xml.StartElement, depth int) ([]string, error) {
	var names []string
	err := r.each(start, func(e xml.StartElement) error {
		if e.Name.Local != "T" {
			return r.skip(e, depth+1)
		}
		name, err := r.text(e)
		if len(names) < 100 {
			names = append(names, strings.TrimPrefix(strings.TrimPrefix(Unescape(name), "Selected."), "Deserialized."))
		}
		return err
	})
	if id := attribute(start, "RefId"); id != "" && err == nil && len(r.types) < r.limits.Refs {
		r.types[id] = names
	}
	return names, err
}

func (r *Reader) members(start xml.StartElement, depth int, v *powershell.Value) error {
	return r.each(start, func(e xml.StartElement) error {
		value, name, err := r.element(e, depth)
		if err != nil {
			return err
		}
		if len(v.Members) >= r.limits.Columns {
			line, _ := r.in.InputPos()
			return r.fault(line, fmt.Sprintf("an object has more than %d properties", r.limits.Columns), "save fewer properties")
		}
		v.Members = append(v.Members, powershell.Member{Name: name, Value: value})
		return nil
	})
}

func (r *Reader) list(start xml.StartElement, depth int) (powershell.Value, error) {
	v := powershell.Value{Kind: powershell.List}
	err := r.each(start, func(e xml.StartElement) error {
		one, _, err := r.element(e, depth+1)
		v.Items = append(v.Items, one)
		return err
	})
	return v, err
}

// dictionary reads the entries of a hash table as properties.
func (r *Reader) dictionary(start xml.StartElement, depth int) (powershell.Value, error) {
	v := powershell.Value{Kind: powershell.Nested}
	err := r.each(start, func(e xml.StartElement) error {
		if e.Name.Local != "En" {
			return r.skip(e, depth+1)
		}
		var key, value powershell.Value
		err := r.each(e, func(part xml.StartElement) error {
			one, name, err := r.element(part, depth+1)
			if name == "Key" {
				key = one
			} else {
				value = one
			}
			return err
		})
		if len(v.Members) < r.limits.Columns {
			v.Members = append(v.Members, powershell.Member{Name: key.Text, Value: value})
		}
		return err
	})
	return v, err
}

// primitive reads a value that is text in the file.
func (r *Reader) primitive(start xml.StartElement) (powershell.Value, error) {
	line, _ := r.in.InputPos()
	kind := start.Name.Local
	if kind == "SS" || kind == "PR" || kind == "BA" { // secrets, progress, octets: nothing for an audit
		return powershell.Value{Kind: powershell.Lost}, r.skip(start, 1)
	}
	text, err := r.text(start)
	if err != nil {
		return powershell.Value{}, err
	}
	switch kind {
	case "Nil":
		return powershell.Value{}, nil
	case "S", "XD", "SBK":
		text = Unescape(text)
		if powershell.IsTypeName(text) {
			return powershell.Value{Kind: powershell.Lost, Text: text}, nil
		}
		return powershell.Value{Kind: powershell.Text, Text: text}, nil
	case "G", "URI", "Version", "TS", "C":
		return powershell.Value{Kind: powershell.Text, Text: Unescape(text)}, nil
	case "B":
		return powershell.Value{Kind: powershell.Bool, Bool: strings.EqualFold(strings.TrimSpace(text), "true")}, nil
	case "DT":
		at, err := time.Parse(time.RFC3339Nano, strings.TrimSpace(text))
		if err != nil {
			if at, err = time.Parse("2006-01-02T15:04:05.999999999", strings.TrimSpace(text)); err != nil {
				return powershell.Value{}, r.fault(line, "a date is none", "save the objects again with Export-Clixml, and do not edit the file")
			}
		}
		return powershell.Value{Kind: powershell.Time, Time: at.UTC()}, nil
	case "By", "SB", "U16", "I16", "U32", "I32", "U64", "I64", "Sg", "Db", "D":
		return powershell.Value{Kind: powershell.Number, Text: strings.TrimSpace(text)}, nil
	}
	return powershell.Value{}, r.fault(line, "this element is none of CliXml's", "save the objects again with Export-Clixml, and do not edit the file")
}

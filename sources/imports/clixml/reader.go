package clixml

import (
	"bufio"
	"encoding/xml"
	"errors"
	"fmt"
	"io"

	"hybridaudit/sources/imports/powershell"
)

// Reader reads the objects of a file. It serves one goroutine.
type Reader struct {
	name   string
	in     *xml.Decoder
	source *budget
	limits powershell.Limits
	open   bool // the root element
	closed bool
	types  map[string][]string
	known  *references
	left   []powershell.Object // of a list at the top
	count  int                 // values of the present object
	failed error
}

// NewReader reads UTF-8 text, whatever encoding its first line names; name stands in errors.
func NewReader(source *bufio.Reader, name string, l powershell.Limits) *Reader {
	l = l.Filled()
	b := &budget{in: source, left: l.Object}
	d := xml.NewDecoder(b)
	d.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil } // it is UTF-8 already
	return &Reader{name: name, in: d, source: b, limits: l, types: map[string][]string{}, known: newReferences(l)}
}

// Next gives the next object, io.EOF behind the last one. Lists at the top are taken apart. Other errors are a [*powershell.Error] or, wrapped, that of the source; they
// end the reading.
func (r *Reader) Next() (powershell.Object, error) {
	if len(r.left) > 0 {
		o := r.left[0]
		r.left = r.left[1:]
		return o, nil
	}
	if r.failed != nil {
		return powershell.Object{}, r.failed
	}
	o, err := r.next()
	if err != nil {
		r.failed = err
	}
	return o, err
}

func (r *Reader) next() (powershell.Object, error) {
	for {
		r.source.left, r.count = r.limits.Object, 0
		start, err := r.top()
		if err != nil {
			return powershell.Object{}, err
		}
		line, _ := r.in.InputPos()
		v, _, err := r.element(start, 1)
		if err != nil {
			return powershell.Object{}, err
		}
		objects := r.objects(v, line, nil)
		switch {
		case v.Kind == powershell.Null:
		case objects == nil && v.Kind != powershell.List:
			return powershell.Object{}, r.fault(line, "there is a single value where an object is wanted", "save whole objects: do not expand a property")
		case len(objects) > 0:
			r.left = objects[1:]
			return objects[0], nil
		}
	}
}

// objects takes lists apart.
func (r *Reader) objects(v powershell.Value, line int, into []powershell.Object) []powershell.Object {
	switch v.Kind {
	case powershell.Nested:
		return append(into, powershell.Object{Value: v, Line: line})
	case powershell.List:
		for _, one := range v.Items {
			into = r.objects(one, line, into)
		}
	}
	return into
}

func (r *Reader) fault(line int, what, advice string) error {
	return &powershell.Error{File: r.name, Line: line, What: what, Advice: advice}
}

// token is the next start, end or text; the rest is passed over.
func (r *Reader) token() (xml.Token, error) {
	for {
		t, err := r.in.RawToken()
		line, _ := r.in.InputPos()
		var syntax *xml.SyntaxError
		switch {
		case err == io.EOF: //nolint:errorlint // a wrapped one is a fault of the source
			if r.closed {
				return nil, io.EOF
			}
			return nil, r.fault(line, "the file ends before its objects do: it was cut", "save the objects again")
		case errors.Is(err, errBudget):
			return nil, r.fault(line, fmt.Sprintf("an object is larger than %d bytes", r.limits.Object), "pipe the objects into Export-Clixml, so that they are saved one by one")
		case errors.As(err, &syntax):
			if syntax.Msg == "unexpected EOF" {
				return nil, r.fault(syntax.Line, "the file ends before its objects do: it was cut", "save the objects again")
			}
			return nil, r.fault(syntax.Line, "this is no XML that can be read", "save the objects again with Export-Clixml, and do not edit the file")
		case err != nil:
			return nil, fmt.Errorf("reading %s line %d: %w", r.name, line, err)
		}
		switch t := t.(type) {
		case xml.Directive:
			return nil, r.fault(line, "document type definitions are not read", "save the objects again with Export-Clixml")
		case xml.Comment, xml.ProcInst:
		default:
			return t, nil
		}
	}
}

// top goes to the next element below the root.
func (r *Reader) top() (xml.StartElement, error) {
	for {
		t, err := r.token()
		if err != nil {
			return xml.StartElement{}, err
		}
		line, _ := r.in.InputPos()
		switch t := t.(type) {
		case xml.StartElement:
			switch {
			case r.closed:
				return t, r.fault(line, "something follows the objects", "save the objects again with Export-Clixml")
			case r.open:
				return t, nil
			case t.Name.Local != "Objs":
				return t, r.fault(line, "this XML is no CliXml: it does not begin with Objs", "save the objects with Export-Clixml")
			}
			r.open = true
		case xml.EndElement:
			if !r.open || r.closed || t.Name.Local != "Objs" {
				return xml.StartElement{}, r.fault(line, "an element ends that did not begin", "save the objects again with Export-Clixml")
			}
			r.closed = true
		}
	}
}

// budget gives the bytes of a source until they are used up.
type budget struct {
	in   *bufio.Reader
	left int
}

var errBudget = errors.New("the object is too large")

func (b *budget) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errBudget
	}
	n, err := b.in.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}

// ReadByte lets the decoder read without a buffer of its own, so that no more is taken than it uses.
func (b *budget) ReadByte() (byte, error) {
	if b.left <= 0 {
		return 0, errBudget
	}
	b.left--
	return b.in.ReadByte()
}

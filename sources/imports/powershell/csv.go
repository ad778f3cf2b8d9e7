package powershell

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// CSVReader reads what Export-Csv wrote: with or without the line #TYPE, separated by commas, semicolons (as -UseCulture gives in many countries) or tabs.
type CSVReader struct {
	name   string
	in     *csv.Reader
	budget *budget
	header []string
	types  []string
	line   int // lines before those that in counts
	last   int // line of the last record, as in counts
	begun  bool
	failed error
	source *bufio.Reader
	limits Limits
}

// NewCSVReader reads UTF-8 text; name stands in errors.
func NewCSVReader(source *bufio.Reader, name string, l Limits) *CSVReader {
	return &CSVReader{name: name, source: source, limits: l.Filled()}
}

// Next gives the next object, io.EOF behind the last one. Other errors are an [*Error] or, wrapped, that of the source; they end the reading.
func (r *CSVReader) Next() (Object, error) {
	if r.failed != nil {
		return Object{}, r.failed
	}
	o, err := r.next()
	if err != nil {
		r.failed = err
	}
	return o, err
}

// Header lists the columns, known once Next was called.
func (r *CSVReader) Header() []string { return r.header }

func (r *CSVReader) next() (Object, error) {
	if !r.begun {
		r.begun = true
		if err := r.begin(); err != nil {
			return Object{}, err
		}
	}
	r.budget.left = r.limits.Object
	fields, err := r.in.Read()
	if err != nil {
		return Object{}, r.explain(err)
	}
	line, _ := r.in.FieldPos(0)
	r.last = line
	o := Object{Value: Value{Kind: Nested, Types: r.types}, Line: r.line + line}
	for i, f := range fields {
		o.Members = append(o.Members, Member{r.header[i], Written(f)})
	}
	return o, nil
}

// begin reads #TYPE and the header.
func (r *CSVReader) begin() error {
	r.budget = &budget{in: r.source, left: r.limits.Object}
	in := bufio.NewReaderSize(r.budget, 1<<16)
	first, err := in.Peek(5)
	if err != nil && !atEnd(err) {
		return r.explain(err)
	}
	if bytes.EqualFold(first, []byte("#TYPE")) {
		line, err := in.ReadString('\n')
		if err != nil && !atEnd(err) {
			return r.explain(err)
		}
		r.line++
		for t := range strings.SplitSeq(strings.TrimSpace(line[5:]), ",") {
			r.types = append(r.types, strings.TrimPrefix(strings.TrimSpace(t), "Selected."))
		}
	}
	head, err := in.Peek(in.Size())
	if err != nil && !atEnd(err) && !errors.Is(err, bufio.ErrBufferFull) {
		return r.explain(err)
	}
	r.in = csv.NewReader(in)
	r.in.Comma = separator(head)
	r.in.ReuseRecord = true
	header, err := r.in.Read()
	if err != nil {
		return r.explain(err)
	}
	r.last = 1
	if len(header) > r.limits.Columns {
		return &Error{File: r.name, Line: r.line + 1, What: fmt.Sprintf("there are more than %d columns", r.limits.Columns)}
	}
	r.header = slices.Clone(header)
	for i, name := range r.header {
		r.header[i] = strings.TrimSpace(name)
		if r.header[i] == "" || slices.ContainsFunc(r.header[:i], func(other string) bool { return strings.EqualFold(other, r.header[i]) }) {
			return &Error{File: r.name, Line: r.line + 1, What: "the first line does not name the columns: a name is empty or stands twice", Advice: "save the objects with Export-Csv or Export-Clixml"}
		}
	}
	return nil
}

// separator is the one that stands most often in the header outside of quotes.
func separator(head []byte) rune {
	counts := map[rune]int{}
	quoted := false
	for i := 0; i < len(head) && (quoted || head[i] != '\n'); i++ {
		if head[i] == '"' {
			quoted = !quoted
		} else if !quoted {
			counts[rune(head[i])]++
		}
	}
	best := ','
	for _, c := range []rune{';', '\t', '|'} {
		if counts[c] > counts[best] {
			best = c
		}
	}
	return best
}

func (r *CSVReader) explain(err error) error {
	if atEnd(err) {
		return io.EOF
	}
	var fault *csv.ParseError
	if errors.Is(err, errBudget) {
		return &Error{File: r.name, Line: r.line + r.last + 1, What: fmt.Sprintf("a line is longer than %d bytes", r.limits.Object)}
	}
	if !errors.As(err, &fault) {
		return fmt.Errorf("reading %s: %w", r.name, err)
	}
	switch {
	case errors.Is(fault.Err, csv.ErrFieldCount):
		return &Error{File: r.name, Line: r.line + fault.StartLine, What: "the line has another number of fields than the first one: the file was cut, or its separators were changed", Advice: "save the objects again"}
	case errors.Is(fault.Err, csv.ErrQuote), errors.Is(fault.Err, csv.ErrBareQuote):
		return &Error{File: r.name, Line: r.line + fault.StartLine, What: "a quote is not closed or stands where none may: the file was cut or edited", Advice: "save the objects again"}
	}
	return fmt.Errorf("reading %s line %d: %w", r.name, r.line+fault.StartLine, fault.Err)
}

// budget gives the bytes of a source until they are used up.
type budget struct {
	in   io.Reader
	left int
}

var errBudget = errors.New("the record is too large")

func (b *budget) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errBudget
	}
	n, err := b.in.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}

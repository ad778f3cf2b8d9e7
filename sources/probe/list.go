package probe

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"hybridaudit/sources/evidence/address"
)

// What a list that somebody brought along may hold at most. Microsoft's own has some hundred rows, a firewall's some thousand.
const (
	maxListSize = 4 << 20
	maxListRows = 50_000
	maxListCell = 4 << 10
)

// list is a CSV file with a header, read row by row.
type list struct {
	in       *csv.Reader
	comments []string // lines with # at the beginning of the file, without the mark
	columns  map[string]int
	record   []string
	line     int
	rows     int
}

// openList reads the header of a CSV file whose columns are separated by commas or semicolons. Columns can stand in any order, others than those known are
// passed over. Lines that begin with # are comments.
func openList(from io.Reader, known, required []string) (*list, error) {
	data, err := io.ReadAll(io.LimitReader(from, maxListSize+1))
	if err != nil {
		return nil, err
	}
	if len(data) > maxListSize {
		return nil, fmt.Errorf("larger than %d MiB", maxListSize>>20)
	}
	if bytes.HasPrefix(data, []byte("\xff\xfe")) || bytes.HasPrefix(data, []byte("\xfe\xff")) || bytes.IndexByte(data, 0) >= 0 {
		return nil, errors.New("not UTF-8 text: a file in UTF-16 must be saved as UTF-8 first")
	}
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	l := &list{columns: map[string]int{}}
	separator := l.preamble(data)
	l.in = csv.NewReader(bytes.NewReader(data))
	l.in.Comma, l.in.Comment, l.in.FieldsPerRecord, l.in.TrimLeadingSpace, l.in.ReuseRecord = separator, '#', -1, true, true
	switch err := l.next(); {
	case errors.Is(err, io.EOF):
		return nil, errors.New("empty: the first line must name the columns " + strings.Join(known, ", "))
	case err != nil:
		return nil, err
	}
	for i, name := range l.record {
		if name = strings.ToLower(strings.TrimSpace(name)); slices.Contains(known, name) {
			if _, twice := l.columns[name]; twice {
				return nil, fmt.Errorf("line %d: the column %s stands twice", l.line, name)
			}
			l.columns[name] = i
		}
	}
	for _, name := range required {
		if _, ok := l.columns[name]; !ok {
			return nil, fmt.Errorf("line %d: it must name the columns %s, and %s is not among them", l.line, strings.Join(known, ", "), name)
		}
	}
	l.rows = 0
	return l, nil
}

// preamble keeps the comments before the header and tells how its columns are separated.
func (l *list) preamble(data []byte) rune {
	for line := range bytes.Lines(data) {
		text, comment := strings.CutPrefix(strings.TrimSpace(string(line[:min(len(line), maxListCell)])), "#")
		switch {
		case comment:
			l.comments = append(l.comments, strings.TrimSpace(text))
		case strings.Count(text, ";") > strings.Count(text, ","):
			return ';'
		case text != "":
			return ','
		}
	}
	return ','
}

// next takes the next row that is not empty; [io.EOF] ends the file. Other errors name the line.
func (l *list) next() error {
	for {
		if err := l.take(); err != nil || slices.ContainsFunc(l.record, func(cell string) bool { return strings.TrimSpace(cell) != "" }) {
			return err
		}
	}
}

func (l *list) take() error {
	record, err := l.in.Read()
	var bad *csv.ParseError
	switch {
	case errors.As(err, &bad):
		return fmt.Errorf("line %d: %w", bad.Line, bad.Err)
	case err != nil:
		return err
	}
	l.record, l.rows = record, l.rows+1
	l.line, _ = l.in.FieldPos(0)
	if l.rows > maxListRows {
		return fmt.Errorf("line %d: more than %d rows", l.line, maxListRows)
	}
	for _, cell := range record {
		if len(cell) > maxListCell {
			return fmt.Errorf("line %d: a value of more than %d bytes", l.line, maxListCell)
		}
	}
	return nil
}

// text gives the value of a column, "" for one that the file does not have.
func (l *list) text(column string) string {
	i, ok := l.columns[column]
	if !ok || i >= len(l.record) {
		return ""
	}
	return strings.TrimSpace(l.record[i])
}

// wrong makes an error that names the line.
func (l *list) wrong(format string, args ...any) error {
	return fmt.Errorf("line %d: %w", l.line, fmt.Errorf(format, args...))
}

// cellWords splits a cell with several values.
func cellWords(cell string) []string {
	return strings.FieldsFunc(cell, func(r rune) bool { return r == ';' || r == ',' || r == ' ' || r == '\t' || r == '\n' || r == '\r' })
}

// parsePorts normalises a list of ports: 443;80 or 50000-59999, without spaces. The error says what is wrong.
func parsePorts(cell string) (string, error) {
	all := cellWords(cell)
	for _, one := range all {
		from, to, span := strings.Cut(one, "-")
		a, errA := parsePort(from)
		b := a
		var errB error
		if span {
			b, errB = parsePort(to)
		}
		if errA != nil || errB != nil || b < a {
			return "", fmt.Errorf("%q is no port and no range of ports, such as 443;80 or 50000-59999", one)
		}
	}
	return strings.Join(all, ";"), nil
}

func parsePort(text string) (int, error) {
	n, err := strconv.ParseUint(text, 10, 16)
	if err == nil && n == 0 {
		err = strconv.ErrRange
	}
	return int(n), err
}

// parseProtocol normalises a protocol: tcp, udp or tcp+udp; "" for any.
func parseProtocol(cell string) (string, error) {
	switch strings.ToLower(cell) {
	case "tcp", "udp":
		return strings.ToLower(cell), nil
	case "tcp+udp", "udp+tcp", "tcp/udp", "udp/tcp":
		return "tcp+udp", nil
	case "", "*", "any", "all", "ip":
		return "", nil
	}
	return "", fmt.Errorf("the protocol is %q and not tcp, udp or tcp+udp", cell)
}

// parseDestination normalises where something leads: a name, a name with *, an address or a range of addresses. Words in angle brackets stand for what is the
// organisation's own, when holders names them.
func parseDestination(text string, holders ...string) (string, error) {
	if strings.EqualFold(text, "any") || strings.EqualFold(text, "all") {
		return "*", nil
	}
	if p, err := netip.ParsePrefix(text); err == nil {
		return p.Masked().String(), nil
	}
	if a, err := netip.ParseAddr(text); err == nil && a.Zone() == "" {
		return a.Unmap().String(), nil
	}
	name := strings.ToLower(text)
	bare := name
	for _, h := range holders {
		bare = strings.ReplaceAll(bare, h, "x")
	}
	if bare == name && !strings.Contains(name, "*") {
		name = address.DomainKey(name)
		bare = name
	}
	if len(bare) > 253 {
		return "", errors.New("a name of more than 253 characters")
	}
	for label := range strings.SplitSeq(bare, ".") {
		if label == "" || len(label) > 63 || strings.ContainsFunc(label, func(r rune) bool {
			return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' && r != '_' && r != '*'
		}) {
			return "", fmt.Errorf("%q is no name of a host, no address and no range of addresses", text)
		}
	}
	return name, nil
}

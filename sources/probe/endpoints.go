package probe

import (
	_ "embed"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"hybridaudit/sources/evidence"
)

//go:embed endpoints.csv
var shippedEndpoints string

var endpointColumns = []string{"host", "ports", "protocol", "purpose", "group", "category", "current", "listed", "probes", "note"}

// endpointHolders stand in the list for what every organisation calls differently.
var endpointHolders = []string{"<tenant>", "<smtpdomain>", "<sipdomain>", "<ews>", "<sts>", "<edge>"}

var endpointPurposes = []string{
	evidence.ForTeams, evidence.ForIdentity, evidence.ForExchange, evidence.ForSharePoint, evidence.ForMedia, evidence.ForRevocation, evidence.ForMigration, evidence.ForOther,
	evidence.ForFederation, evidence.ForEdge, evidence.ForWeb, evidence.ForAutodiscover, evidence.ForEWS,
}

// ShippedEndpoints gives the list of Microsoft's endpoints that comes with the program, and its date as 2026-06-06. Sites are not filled in.
func ShippedEndpoints() (rows []evidence.Endpoint, date string) {
	rows, date, err := ReadEndpoints(strings.NewReader(shippedEndpoints))
	if err != nil { // a test reads it
		return nil, ""
	}
	return rows, date
}

// ReadEndpoints reads a list of endpoints: CSV in UTF-8 whose first line is a comment with the date of the list ("# date: 2026-06-06"), and whose header names host,
// ports, protocol and purpose, and perhaps group, category, current, listed, probes and note. Rows without a word about it are current; a current row that names one
// host is probed at this host unless probes says otherwise. The error names the line.
func ReadEndpoints(from io.Reader) (rows []evidence.Endpoint, date string, err error) {
	l, err := openList(from, endpointColumns, []string{"host", "ports", "protocol", "purpose"})
	if err != nil {
		return nil, "", fmt.Errorf("reading the list of endpoints: %w", err)
	}
	if date = listDate(l.comments); date == "" {
		return nil, "", errors.New(`reading the list of endpoints: line 1: it must say of when the list is, as in "# date: 2026-06-06"`)
	}
	for {
		switch err := l.next(); {
		case errors.Is(err, io.EOF) && len(rows) == 0:
			return nil, "", errors.New("reading the list of endpoints: it has no rows")
		case errors.Is(err, io.EOF):
			return rows, date, nil
		case err != nil:
			return nil, "", fmt.Errorf("reading the list of endpoints: %w", err)
		}
		e, err := l.endpoint()
		if err != nil {
			return nil, "", fmt.Errorf("reading the list of endpoints: %w", l.wrong("%w", err))
		}
		rows = append(rows, e)
	}
}

func listDate(comments []string) string {
	for _, c := range comments {
		text, ok := strings.CutPrefix(c, "date:")
		if text = strings.TrimSpace(strings.TrimRight(text, ",;")); !ok { // spreadsheets fill lines up with separators
			continue
		}
		if _, err := time.Parse(time.DateOnly, text); err == nil {
			return text
		}
	}
	return ""
}

func (l *list) endpoint() (evidence.Endpoint, error) {
	e := evidence.Endpoint{Purpose: l.text("purpose"), Group: l.text("group"), Category: l.text("category"), Listed: l.text("listed"), Note: l.text("note")}
	var err error
	if e.Host, err = parseDestination(l.text("host"), endpointHolders...); err != nil {
		return e, err
	}
	if e.Ports, err = parsePorts(l.text("ports")); err == nil && e.Ports == "" {
		err = errors.New("no port is given")
	}
	if err != nil {
		return e, err
	}
	if e.Protocol, err = parseProtocol(l.text("protocol")); err == nil && e.Protocol == "" {
		err = errors.New("no protocol is given: tcp, udp or tcp+udp")
	}
	if err != nil {
		return e, err
	}
	if !slices.Contains(endpointPurposes, e.Purpose) {
		return e, fmt.Errorf("the purpose is %q and none of %s", e.Purpose, strings.Join(endpointPurposes, ", "))
	}
	switch strings.ToLower(l.text("current")) {
	case "", "yes", "true":
		e.Current = true
	case "no", "false":
	default:
		return e, fmt.Errorf("whether the row is current is said by yes or no, not by %q", l.text("current"))
	}
	e.Probes, err = l.probes(e)
	return e, err
}

// probes gives the hosts that stand for a row.
func (l *list) probes(e evidence.Endpoint) ([]string, error) {
	cell := l.text("probes")
	switch {
	case cell == "-" || !e.Current:
		return nil, nil
	case cell == "":
		if strings.ContainsAny(e.Host, "*/") {
			return nil, nil
		}
		return []string{e.Host}, nil
	}
	var hosts []string
	for _, w := range cellWords(cell) {
		host, err := parseDestination(w, endpointHolders...)
		if err == nil && strings.ContainsAny(host, "*/") {
			err = fmt.Errorf("%q is not the name of one host", w)
		}
		if err != nil {
			return nil, fmt.Errorf("probes: %w", err)
		}
		hosts = append(hosts, host)
	}
	return hosts, nil
}

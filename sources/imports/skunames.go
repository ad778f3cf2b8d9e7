package imports

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"hybridaudit/sources/evidence/directory"
	"hybridaudit/sources/imports/plain"
)

// LicenceNames are the display names of subscriptions and service plans, by lower-case GUID.
type LicenceNames struct{ SKUs, Plans map[string]string }

// Limits of a list of licence names. Microsoft's has some 6,000 rows and less than one MiB.
const (
	maxNamesSize = 16 << 20
	maxNamesRows = 200_000
	maxName      = 500 // bytes of one name
)

// nameColumns are the columns that are read of Microsoft's list; String_Id and Service_Plan_Name are known from the tenant.
var nameColumns = [...]string{"Product_Display_Name", "GUID", "Service_Plan_Id", "Service_Plans_Included_Friendly_Names"}

// ReadLicenceNames reads the CSV file that Microsoft publishes as "Product names and service plan identifiers for licensing": UTF-8 with or without a byte order mark,
// UTF-16 or Windows-1252. Rows without a GUID or name are passed over; of several names of one GUID the first counts. An error is an [*ExportError] or that of the source.
func ReadLicenceNames(source io.Reader, name string) (LicenceNames, error) {
	n := LicenceNames{map[string]string{}, map[string]string{}}
	text, err := io.ReadAll(io.LimitReader(plain.UTF8(source), maxNamesSize+1))
	if err != nil {
		return n, fmt.Errorf("reading %s: %w", name, err)
	}
	if len(text) > maxNamesSize {
		return n, &ExportError{name, fmt.Sprintf("it is larger than the %d MiB that a list of licence names may have", maxNamesSize>>20)}
	}
	if !utf8.Valid(text) {
		if text, err = charmap.Windows1252.NewDecoder().Bytes(text); err != nil {
			return n, &ExportError{name, "its text is neither UTF-8 nor Windows-1252"}
		}
	}
	rows := csv.NewReader(bytes.NewReader(text))
	rows.Comma, rows.FieldsPerRecord, rows.LazyQuotes, rows.ReuseRecord = separator(text), -1, true, true
	header, err := rows.Read()
	if err != nil {
		return n, notNames(name, nameColumns[:])
	}
	columns, missing := placesOf(header)
	if len(missing) > 0 {
		return n, notNames(name, missing)
	}
	for count := 0; ; count++ {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		switch {
		case err != nil:
			return n, &ExportError{name, "it is no CSV: " + err.Error()}
		case count >= maxNamesRows:
			return n, &ExportError{name, fmt.Sprintf("it has more than %d rows", maxNamesRows)}
		}
		note(n.SKUs, cell(row, columns[1]), cell(row, columns[0]))
		note(n.Plans, cell(row, columns[2]), cell(row, columns[3]))
	}
	if len(n.SKUs) == 0 {
		return n, &ExportError{name, "it names no subscription"}
	}
	return n, nil
}

func notNames(file string, missing []string) error {
	return &ExportError{file, "it is not Microsoft's list \"Product names and service plan identifiers for licensing\": it lacks the columns " + strings.Join(missing, ", ")}
}

// separator is the character between the columns: a comma, or what a spreadsheet puts there in many countries.
func separator(text []byte) rune {
	first, _, _ := bytes.Cut(text, []byte("\n"))
	if bytes.Count(first, []byte(";")) > bytes.Count(first, []byte(",")) {
		return ';'
	}
	return ','
}

// placesOf finds the columns by their names, without regard to case and blanks.
func placesOf(header []string) (places [len(nameColumns)]int, missing []string) {
	for i, name := range nameColumns {
		places[i] = -1
		for j, h := range header {
			if strings.EqualFold(strings.TrimSpace(h), name) {
				places[i] = j
			}
		}
		if places[i] < 0 {
			missing = append(missing, name)
		}
	}
	return places, missing
}

func cell(row []string, column int) string {
	if column >= len(row) {
		return ""
	}
	return strings.TrimSpace(row[column])
}

// note keeps the first name of a GUID.
func note(names map[string]string, id, name string) {
	g, err := directory.ParseGUID(strings.Trim(id, "{}"))
	if err != nil || name == "" || len(name) > maxName {
		return
	}
	if _, known := names[g.String()]; !known {
		names[g.String()] = strings.Clone(name)
	}
}

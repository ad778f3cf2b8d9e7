package join

import (
	"encoding/xml"
	"errors"
	"html"
	"io"
	"strings"
)

// Limits of what is read of an error's XML: it comes from outside, and a report shows a few lines of it.
const (
	maxDetail = 64 << 10
	maxDepth  = 32
	maxLeaves = 40
	maxText   = 500
)

// decoded turns the XML of an error into lines "element: text", and finds its description. What is no XML comes back as one line of text. Nothing outside of the text is
// looked up: document types are refused, and entities other than those of XML itself stay unread.
func decoded(detail string) (lines []string, description string) {
	detail = strings.TrimSpace(detail)
	if detail == "" {
		return nil, ""
	}
	if strings.HasPrefix(detail, "&lt;") {
		detail = html.UnescapeString(detail)
	}
	leaves, err := leavesOf(detail)
	if err != nil || len(leaves) == 0 {
		text := shortened(detail)
		return []string{text}, text
	}
	for _, l := range leaves {
		lines = append(lines, l.name+": "+l.text)
		if description == "" && strings.EqualFold(l.name, "ErrorDescription") {
			description = l.text
		}
	}
	if description == "" {
		description = leaves[len(leaves)-1].text
	}
	return lines, description
}

type leaf struct{ name, text string }

var errNotPlain = errors.New("more than plain XML")

// leavesOf reads the elements that hold text, in their order.
func leavesOf(source string) ([]leaf, error) {
	if len(source) > maxDetail || !strings.HasPrefix(source, "<") {
		return nil, errNotPlain
	}
	d := xml.NewDecoder(strings.NewReader(source))
	// Whatever encoding the declaration names, the text came as UTF-8.
	d.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	var open []string
	var leaves []leaf
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return leaves, nil
		}
		if err != nil {
			return nil, errNotPlain
		}
		switch t := token.(type) {
		case xml.Directive:
			return nil, errNotPlain
		case xml.StartElement:
			if open = append(open, t.Name.Local); len(open) > maxDepth {
				return nil, errNotPlain
			}
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.CharData:
			if text := shortened(string(t)); text != "" && len(open) > 0 && len(leaves) < maxLeaves {
				leaves = append(leaves, leaf{open[len(open)-1], text})
			}
		}
	}
}

// shortened gives text on one line, cut where it is very long.
func shortened(s string) string {
	s = strings.Join(strings.Fields(strings.ToValidUTF8(s, "\uFFFD")), " ")
	if len(s) <= maxText {
		return s
	}
	cut := maxText
	for cut > 0 && s[cut]&0xC0 == 0x80 {
		cut--
	}
	return s[:cut] + " …"
}

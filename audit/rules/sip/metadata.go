package sip

import (
	"encoding/xml"
	"strings"
	"time"
)

// change is the last originating change of an attribute.
type change struct {
	attribute string
	version   int
	at        time.Time
}

// longestFragment is more than a domain controller writes about one attribute.
const longestFragment = 4096

// parseChange reads a value of msDS-ReplAttributeMetaData: an XML fragment, with a zero byte behind it that some servers leave. ok is false for anything else.
func parseChange(fragment string) (c change, ok bool) {
	var x struct {
		XMLName xml.Name `xml:"DS_REPL_ATTR_META_DATA"`
		Name    string   `xml:"pszAttributeName"`
		Version int      `xml:"dwVersion"`
		Time    string   `xml:"ftimeLastOriginatingChange"`
	}
	if len(fragment) > longestFragment || xml.Unmarshal([]byte(strings.TrimRight(fragment, "\x00 \r\n\t")), &x) != nil {
		return change{}, false
	}
	at, err := time.Parse(time.RFC3339, strings.TrimSpace(x.Time))
	if err != nil {
		return change{}, false
	}
	return change{strings.TrimSpace(x.Name), x.Version, at.UTC()}, true
}

package probe

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"strings"
)

// discoveryAnswer gives the address to which the answer of lyncdiscover sends a client: that of the person's own discovery, or of another server. It is JSON or XML,
// as the server likes; "" when the answer is neither or tells nothing.
func discoveryAnswer(body []byte) string {
	body = bytes.TrimSpace(bytes.TrimPrefix(body, []byte("\xef\xbb\xbf")))
	if bytes.HasPrefix(body, []byte("{")) {
		return discoveryJSON(body)
	}
	return discoveryXML(body)
}

func discoveryJSON(body []byte) string {
	type link struct {
		Href string `json:"href"`
	}
	var answer struct {
		Links struct {
			User     link `json:"user"`
			Redirect link `json:"redirect"`
		} `json:"_links"`
	}
	if json.Unmarshal(body, &answer) != nil {
		return ""
	}
	if user := cleanAddress(answer.Links.User.Href); user != "" {
		return user
	}
	return cleanAddress(answer.Links.Redirect.Href)
}

func discoveryXML(body []byte) string {
	in := xml.NewDecoder(bytes.NewReader(body))
	var redirect string
	for depth := 0; depth < maxDepth; {
		t, err := in.RawToken()
		if err != nil {
			return redirect
		}
		switch t := t.(type) {
		case xml.Directive:
			return ""
		case xml.EndElement:
			depth--
		case xml.StartElement:
			depth++
			if t.Name.Local != "Link" {
				continue
			}
			href := cleanAddress(attribute(t, "href"))
			switch token := attribute(t, "token"); {
			case strings.EqualFold(token, "User") && href != "":
				return href
			case strings.EqualFold(token, "Redirect"):
				redirect = href
			}
		}
	}
	return redirect
}

// mailboxAnswer gives the address of a service in the answer of Autodiscover in JSON; "" when there is none.
func mailboxAnswer(body []byte) string {
	var answer struct {
		URL string `json:"Url"`
	}
	if json.Unmarshal(bytes.TrimPrefix(body, []byte("\xef\xbb\xbf")), &answer) != nil {
		return ""
	}
	return cleanAddress(answer.URL)
}

package probe

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// adfsDocument is shaped like the document of AD FS, with two token-signing certificates.
const adfsDocument = `<?xml version="1.0" encoding="utf-8"?><EntityDescriptor ID="_1" entityID="http://sts.contoso.com/adfs/services/trust" xmlns="urn:oasis:names:tc:SAML:2.0:metadata">
<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#"><X509Data><X509Certificate>c2lnbmF0dXJl</X509Certificate></X509Data></KeyInfo></ds:Signature>
<RoleDescriptor xsi:type="fed:ApplicationServiceType" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:fed="http://docs.oasis-open.org/wsfed/federation/200706">
<KeyDescriptor use="encryption"><KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#"><X509Data><X509Certificate>ZW5jcnlwdGlvbg==</X509Certificate></X509Data></KeyInfo></KeyDescriptor>
<fed:TargetScopes><EndpointReference xmlns="http://www.w3.org/2005/08/addressing"><Address>https://sts.contoso.com/scope/</Address></EndpointReference></fed:TargetScopes></RoleDescriptor>
<RoleDescriptor xsi:type="fed:SecurityTokenServiceType" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:fed="http://docs.oasis-open.org/wsfed/federation/200706">
<KeyDescriptor use="signing"><KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#"><X509Data><X509Certificate>
 Zmly
 c3Q=
</X509Certificate></X509Data></KeyInfo></KeyDescriptor>
<fed:SecurityTokenServiceEndpoint><EndpointReference xmlns="http://www.w3.org/2005/08/addressing"><Address>https://sts.contoso.com/adfs/services/trust/2005/certificatemixed</Address></EndpointReference></fed:SecurityTokenServiceEndpoint>
<fed:PassiveRequestorEndpoint><EndpointReference xmlns="http://www.w3.org/2005/08/addressing"><Address>https://sts.contoso.com/adfs/ls/</Address></EndpointReference></fed:PassiveRequestorEndpoint></RoleDescriptor>
<SPSSODescriptor><KeyDescriptor use="signing"><KeyInfo><X509Data><X509Certificate>cGFydHk=</X509Certificate></X509Data></KeyInfo></KeyDescriptor></SPSSODescriptor>
<IDPSSODescriptor><KeyDescriptor use="signing"><KeyInfo><X509Data><X509Certificate>Zmlyc3Q=</X509Certificate></X509Data></KeyInfo></KeyDescriptor>
<KeyDescriptor use="signing"><KeyInfo><X509Data><X509Certificate>c2Vjb25k</X509Certificate></X509Data></KeyInfo></KeyDescriptor>
<SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="https://sts.contoso.com/adfs/ls/"/>
<SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="https://user:secret@sts2.contoso.com/adfs/ls/"/></IDPSSODescriptor>
</EntityDescriptor>`

func TestReadMetadata(t *testing.T) {
	adfs := metadata{
		EntityID: "http://sts.contoso.com/adfs/services/trust", Certificates: []string{"Zmlyc3Q=", "c2Vjb25k"},
		Endpoints: []string{"https://sts.contoso.com/adfs/services/trust/2005/certificatemixed", "https://sts.contoso.com/adfs/ls/", "https://sts2.contoso.com/adfs/ls/"},
	}
	for name, c := range map[string]struct {
		document string
		want     metadata
	}{
		"AD FS":                      {adfsDocument, adfs},
		"with a byte order mark":     {"\xef\xbb\xbf" + adfsDocument, adfs},
		"of one within a collection": {`<EntitiesDescriptor><EntityDescriptor entityID="urn:a"/></EntitiesDescriptor>`, metadata{EntityID: "urn:a"}},
		"WS-MetadataExchange": {
			`<definitions xmlns="http://schemas.xmlsoap.org/wsdl/"><service><port><soap:address xmlns:soap="urn:soap" location="https://idp.example.com/trust/usernamemixed"/></port></service></definitions>`,
			metadata{Endpoints: []string{"https://idp.example.com/trust/usernamemixed"}},
		},
	} {
		got, err := readMetadata([]byte(c.document))
		if diff := cmp.Diff(c.want, got); diff != "" || err != nil {
			t.Errorf("%s: %v %s", name, err, diff)
		}
	}
}

func TestReadMetadataSaysWhatIsWrong(t *testing.T) {
	wrap := func(inner string) string {
		return `<EntityDescriptor entityID="urn:a"><IDPSSODescriptor>` + inner + `</IDPSSODescriptor></EntityDescriptor>`
	}
	key := func(text string) string {
		return "<KeyDescriptor><KeyInfo><X509Certificate>" + text + "</X509Certificate></KeyInfo></KeyDescriptor>"
	}
	var many, places strings.Builder
	for i := range 10_000 {
		many.WriteString(key(base64.StdEncoding.EncodeToString(fmt.Append(nil, i))))
		fmt.Fprintf(&places, `<SingleSignOnService Location="https://sts%d.example.com/"/>`, i)
	}
	for name, c := range map[string]struct{ document, want string }{
		"empty":                 {"", "is empty"},
		"only space":            {" \n", "is empty"},
		"a page":                {"<html><body>Sign in</body></html>", `begins with "html"`},
		"no XML":                {`{"entityID": "urn:a"}`, "is empty"},
		"nameless":              {"<EntityDescriptor/>", "names no entity"},
		"a document type":       {`<!DOCTYPE a [<!ENTITY b "c">]>` + wrap(""), "document type"},
		"unknown entity":        {wrap(key("&b;")), "no XML"},
		"broken off":            {wrap("")[:50], "no XML"},
		"ends in the middle":    {`<EntityDescriptor entityID="urn:a"><IDPSSODescriptor>`, "in the middle"},
		"ends what is not open": {`<EntityDescriptor entityID="urn:a"></IDPSSODescriptor>`, "ends what did not begin"},
		"two roots":             {wrap("") + wrap(""), "more than one root"},
		"two entities":          {`<EntitiesDescriptor>` + wrap("") + wrap("") + `</EntitiesDescriptor>`, "several entities"},
		"too deep":              {wrap(strings.Repeat("<a>", 100_000)), "more than 64 levels"},
		"too many certificates": {wrap(many.String()), "more than 32 token-signing certificates"},
		"too many addresses":    {wrap(places.String()), "more than 100 addresses"},
		"a huge certificate":    {wrap(key(strings.Repeat("A", 100_000))), "more than 32 KiB"},
		"no certificate":        {wrap(key("<b/>")), "no base64"},
		"no base64":             {wrap(key("%%%%")), "no base64"},
		"UTF-16":                {`<?xml version="1.0" encoding="utf-16"?>` + wrap(""), "no XML"},
	} {
		got, err := readMetadata([]byte(c.document))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff(metadata{}, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func FuzzReadMetadata(f *testing.F) {
	f.Add([]byte(adfsDocument))
	f.Add([]byte(`<a:Envelope xmlns:a="b"><Metadata><address location="https://a/"/></Metadata></a:Envelope>`))
	f.Fuzz(func(t *testing.T, document []byte) {
		m, err := readMetadata(document)
		if len(m.Certificates) > maxSigning || len(m.Endpoints) > maxIssuingPlaces || err != nil && m.EntityID != "" {
			t.Fatalf("%+v, %v", m, err)
		}
		for _, c := range m.Certificates {
			if _, err := base64.StdEncoding.DecodeString(c); err != nil || c == "" {
				t.Fatalf("%q", c)
			}
		}
		for _, e := range m.Endpoints {
			if cleanAddress(e) == "" {
				t.Fatalf("%q", e)
			}
		}
	})
}

func TestDiscoveryAnswer(t *testing.T) {
	for answer, want := range map[string]string{
		`{"_links":{"self":{"href":"https://a.example.com/self"},"user":{"href":"https://a.example.com/user"},"redirect":{"href":"https://b.example.com/"}}}`: "https://a.example.com/user",
		"\xef\xbb\xbf\n" + `{"_links":{"redirect":{"href":"https://b.example.com/Autodiscover"}}}`:                                                            "https://b.example.com/Autodiscover",
		`{"_links":{"user":{"href":"javascript:alert(1)"}}}`:                                                                                                  "",
		`{"_links":{"user":"https://a.example.com/"}}`:                                                                                                        "",
		`{"_links":`:                     "",
		strings.Repeat(`{"a":`, 100_000): "",
		`<?xml version="1.0"?><AutodiscoverResponse AccessLocation="External"><Root><Link token="Domain" href="https://a.example.com/domain"/><Link token="User" href="https://a.example.com/user"/></Root></AutodiscoverResponse>`: "https://a.example.com/user",
		`<AutodiscoverResponse><Root><Link token="Redirect" href="https://p:w@b.example.com/#x"/></Root></AutodiscoverResponse>`:                                                                                                    "https://b.example.com/",
		`<!DOCTYPE a><a><Link token="User" href="https://a.example.com/"/></a>`:                                                                                                                                                     "",
		strings.Repeat("<a>", 100_000) + `<Link token="User" href="https://a.example.com/"/>`:                                                                                                                                       "",
		"<html>":  "",
		"":        "",
		"sign in": "",
		`<Link token="User" href="https://` + strings.Repeat("a", 5000) + `.example.com/"/>`: "",
	} {
		if got := discoveryAnswer([]byte(answer)); got != want {
			t.Errorf("%.80q: %q", answer, got)
		}
	}
}

func TestMailboxAnswer(t *testing.T) {
	for answer, want := range map[string]string{
		`{"Protocol":"EWS","Url":"https://mail.contoso.com/EWS/Exchange.asmx"}`: "https://mail.contoso.com/EWS/Exchange.asmx",
		`{"ErrorCode":"UserNotFound","ErrorMessage":"..."}`:                     "",
		`{"Url":"file:///etc/passwd"}`:                                          "",
		`{"Url":7}`:                                                             "",
		`[]`:                                                                    "",
		``:                                                                      "",
	} {
		if got := mailboxAnswer([]byte(answer)); got != want {
			t.Errorf("%s: %q", answer, got)
		}
	}
}

func FuzzDiscoveryAnswer(f *testing.F) {
	f.Add([]byte(`{"_links":{"user":{"href":"https://a.example.com/user"}}}`))
	f.Add([]byte(`<a><Link token="Redirect" href="http://b.example.com"/></a>`))
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, got := range []string{discoveryAnswer(body), mailboxAnswer(body)} {
			if got != "" && cleanAddress(got) != got {
				t.Fatalf("%q", got)
			}
		}
	})
}

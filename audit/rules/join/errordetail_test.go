package join

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func TestDecoded(t *testing.T) {
	for name, c := range map[string]struct {
		detail      string
		lines       []string
		description string
	}{
		"nothing": {"", nil, ""},
		"text":    {"  plain \n words ", []string{"plain words"}, "plain words"},
		"xml": {
			`<ServiceInstance><ObjectErrors><ErrorRecord><ErrorCode>DuplicateSip</ErrorCode><ErrorDescription>The SIP address &lt;a@contoso.com&gt; is
				in use.</ErrorDescription></ErrorRecord></ObjectErrors></ServiceInstance>`,
			[]string{"ErrorCode: DuplicateSip", "ErrorDescription: The SIP address <a@contoso.com> is in use."}, "The SIP address <a@contoso.com> is in use.",
		},
		"xml within text":     {`&lt;ErrorRecord&gt;&lt;ErrorDescription&gt;Bad&lt;/ErrorDescription&gt;&lt;/ErrorRecord&gt;`, []string{"ErrorDescription: Bad"}, "Bad"},
		"no description":      {`<a><b>one</b><c>two</c></a>`, []string{"b: one", "c: two"}, "two"},
		"cut":                 {`<a><b>one`, []string{"<a><b>one"}, "<a><b>one"},
		"a document type":     {`<!DOCTYPE a [<!ENTITY x "boom">]><a>&x;</a>`, []string{`<!DOCTYPE a [<!ENTITY x "boom">]><a>&x;</a>`}, `<!DOCTYPE a [<!ENTITY x "boom">]><a>&x;</a>`},
		"an unknown entity":   {`<a>&x;</a>`, []string{`<a>&x;</a>`}, `<a>&x;</a>`},
		"elements without it": {`<a><b/></a>`, []string{`<a><b/></a>`}, `<a><b/></a>`},
	} {
		lines, description := decoded(c.detail)
		if diff := cmp.Diff(c.lines, lines); diff != "" || description != c.description {
			t.Errorf("%s: %q; -want +got:\n%s", name, description, diff)
		}
	}
	deep := strings.Repeat("<a>", 100) + "x" + strings.Repeat("</a>", 100)
	if lines, _ := decoded(deep); len(lines) != 1 || !strings.HasPrefix(lines[0], "<a>") {
		t.Errorf("deep elements were read: %q", lines)
	}
	if lines, _ := decoded("<a>" + strings.Repeat("<b>x</b>", 1000) + "</a>"); len(lines) != maxLeaves {
		t.Errorf("%d lines", len(lines))
	}
}

func FuzzDecoded(f *testing.F) {
	for _, s := range []string{"", "x", "<a><b>c</b></a>", "&lt;a&gt;x&lt;/a&gt;", "<!DOCTYPE a><a>x</a>", "<a>" + strings.Repeat("あ", 400) + "</a>"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, detail string) {
		lines, description := decoded(detail)
		if len(lines) > maxLeaves || len(description) > maxText+8 || !utf8.ValidString(description) {
			t.Errorf("%q gives %d lines and %q", detail, len(lines), description)
		}
	})
}

// Every id stands there once, in the form in which the tenant writes it.
func TestRoleNames(t *testing.T) {
	if n := strings.Count(roleTable, "\n") - 1; len(roleNames()) != n || n < 40 {
		t.Errorf("%d names in %d rows", len(roleNames()), n)
	}
	for id, name := range roleNames() {
		if len(id) != 36 || id != strings.ToLower(id) || name == "" {
			t.Errorf("bad role %q %q", id, name)
		}
	}
	if roleName("62e90394-69f5-4237-9190-012177145e10") != "Global Administrator" || roleName("x") != "x" {
		t.Error("roles are not named")
	}
}

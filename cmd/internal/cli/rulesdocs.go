package cli

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"

	"hybridaudit/audit"
	"hybridaudit/audit/rules"
	"hybridaudit/audit/text"
)

// RulesMarkdown documents all rules. docs/rules.md is this text; a test compares the two.
func RulesMarkdown() string {
	var b strings.Builder
	all := rules.All()
	fmt.Fprintf(&b, "# The rules\n\n<!-- Written by 'hybridaudit rules docs'; do not edit. -->\n\n%d rules. A rule passes only when everything it needs was read completely; "+
		"otherwise it ends as *not assessed*.\n\n| Rule | Severity | Title |\n|---|---|---|\n", len(all))
	for _, r := range all {
		fmt.Fprintf(&b, "| [%s](#%s) | %s | %s |\n", r.ID, anchor(r), r.Severity, r.Title)
	}
	b.WriteString("\n## Variants that wait for data\n\nThese end as not assessed, whatever was read:\n\n")
	for _, r := range all {
		for _, v := range r.Variants {
			if v.Later != "" {
				fmt.Fprintf(&b, "- %s %s: %s\n", r.ID, v.Code, v.Later)
			}
		}
	}
	for _, r := range all {
		b.WriteString("\n")
		b.WriteString(ruleMarkdown(r))
	}
	return b.String()
}

func anchor(r *audit.Rule) string {
	slug := strings.ToLower(r.ID + " " + r.Title)
	slug = strings.Map(func(c rune) rune {
		switch {
		case c == ' ':
			return '-'
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9', c == '-', c == '_':
			return c
		}
		return -1
	}, slug)
	return slug
}

func ruleMarkdown(r *audit.Rule) string {
	var b strings.Builder
	fmt.Fprintf(&b, "## %s %s\n\n**Severity** %s\n\n", r.ID, r.Title, r.Severity)
	b.WriteString("**Finding**\n\n")
	if r.Message != "" {
		fmt.Fprintf(&b, "- %s\n", r.Message)
	}
	for _, v := range r.Variants {
		fmt.Fprintf(&b, "- %s (%s): %s", v.Code, r.SeverityOf(v.Code), v.Message)
		if v.Later != "" {
			fmt.Fprintf(&b, " *Not assessed yet: %s.*", v.Later)
		}
		b.WriteByte('\n')
	}
	fmt.Fprintf(&b, "\n**Why it matters** %s\n\n**What to do** %s\n", r.Why, r.Fix)
	for _, v := range r.Variants {
		if v.Fix != "" {
			fmt.Fprintf(&b, "\n*Variant %s:* %s\n", v.Code, v.Fix)
		}
	}
	if r.Guards != "" {
		fmt.Fprintf(&b, "\n**Silent on purpose** %s\n", r.Guards)
	}
	needs(&b, r)
	if r.Params != nil {
		if p, err := yaml.Marshal(r.Params()); err == nil {
			fmt.Fprintf(&b, "\n**Parameters** (defaults)\n\n```yaml\n%s```\n", p)
		}
	}
	if len(r.Refs) > 0 {
		var titles []string
		for _, ref := range r.Refs {
			if ref.URL != "" {
				titles = append(titles, fmt.Sprintf("[%s](%s)", ref.Title, ref.URL))
			} else {
				titles = append(titles, ref.Title)
			}
		}
		fmt.Fprintf(&b, "\n**References** %s\n", strings.Join(titles, "; "))
	}
	return b.String()
}

func needs(b *strings.Builder, r *audit.Rule) {
	c, err := text.English()
	if err != nil {
		return // compiled in, and a test reads it
	}
	list := func(all []audit.Need, of string) {
		for _, n := range all {
			fmt.Fprintf(b, "- %s", c.Get("dataset."+string(n.Dataset)))
			if len(n.Attributes) > 0 {
				fmt.Fprintf(b, ": %s", strings.Join(n.Attributes, ", "))
			}
			if n.Optional {
				b.WriteString(" (optional)")
			}
			b.WriteString(of + "\n")
		}
	}
	b.WriteString("\n**Needs**\n\n")
	list(r.Needs, "")
	for _, v := range r.Variants {
		list(v.Needs, " (variant "+v.Code+")")
	}
}

package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"hybridaudit/audit"
	"hybridaudit/audit/rules"
)

func newRules(a *app) *cobra.Command {
	c := &cobra.Command{
		Use:     "rules",
		Short:   "List and explain the rules",
		Example: "  hybridaudit rules list\n  hybridaudit rules show SIP-001",
		Args:    cobra.NoArgs,
		RunE:    func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(newRulesList(a), newRulesShow(a), newRulesDocs(a), newRulesAttributes(a))
	return c
}

// ruleEntry is a rule in the machine-readable list.
type ruleEntry struct {
	ID         string         `json:"id"`
	Category   string         `json:"category"`
	Severity   audit.Severity `json:"severity"`
	Title      string         `json:"title"`
	Variants   []variantEntry `json:"variants"`
	Needs      []needEntry    `json:"needs"`
	References []string       `json:"references"`
}

type variantEntry struct {
	Code     string         `json:"code"`
	Severity audit.Severity `json:"severity"`
	Message  string         `json:"message"`
	Later    string         `json:"waitsFor,omitempty"`
}

type needEntry struct {
	Dataset    string   `json:"dataset"`
	Attributes []string `json:"attributes,omitempty"`
	Optional   bool     `json:"optional,omitempty"`
}

func entryOf(r *audit.Rule) ruleEntry {
	e := ruleEntry{ID: r.ID, Category: r.Category, Severity: r.Severity, Title: r.Title, Variants: []variantEntry{}, Needs: []needEntry{}, References: []string{}}
	if r.Message != "" {
		e.Variants = append(e.Variants, variantEntry{"", r.Severity, r.Message, ""})
	}
	for _, v := range r.Variants {
		e.Variants = append(e.Variants, variantEntry{v.Code, r.SeverityOf(v.Code), v.Message, v.Later})
	}
	for _, n := range r.Needs {
		e.Needs = append(e.Needs, needEntry{string(n.Dataset), n.Attributes, n.Optional})
	}
	for _, ref := range r.Refs {
		e.References = append(e.References, ref.Title)
	}
	return e
}

func newRulesList(a *app) *cobra.Command {
	format := "text"
	c := &cobra.Command{
		Use:     "list",
		Short:   "List the rules",
		Example: "  hybridaudit rules list --format json",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			switch format {
			case "json":
				list := []ruleEntry{}
				for _, r := range rules.All() {
					list = append(list, entryOf(r))
				}
				e := json.NewEncoder(a.io.Out)
				e.SetIndent("", "  ")
				return e.Encode(list)
			case "text":
				for _, r := range rules.All() {
					if _, err := fmt.Fprintf(a.io.Out, "%-9s %-9s %s\n", r.ID, r.Severity, r.Title); err != nil {
						return err
					}
				}
				return nil
			}
			return usage("--format %q is neither text nor json", format)
		},
	}
	c.Flags().StringVar(&format, "format", format, "`FORMAT`: text or json")
	return c
}

func newRulesShow(a *app) *cobra.Command {
	return &cobra.Command{
		Use:     "show ID",
		Short:   "Explain one rule: what it finds, why it matters, what to do",
		Example: "  hybridaudit rules show LIC-003",
		Args:    cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			r := ruleByID(args[0])
			if r == nil {
				return usage("there is no rule %q; 'hybridaudit rules list' lists them", args[0])
			}
			_, err := io.WriteString(a.io.Out, ruleMarkdown(r))
			return err
		},
	}
}

func ruleByID(id string) *audit.Rule {
	for _, r := range rules.All() {
		if strings.EqualFold(r.ID, id) {
			return r
		}
	}
	return nil
}

func newRulesDocs(a *app) *cobra.Command {
	return &cobra.Command{
		Use:     "docs",
		Short:   "Print the documentation of all rules as Markdown",
		Example: "  hybridaudit rules docs > rules.md",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := io.WriteString(a.io.Out, RulesMarkdown())
			return err
		},
	}
}

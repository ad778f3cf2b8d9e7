package cli

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"hybridaudit/audit"
	"hybridaudit/audit/rules"
	"hybridaudit/sources/evidence"
)

func newRulesAttributes(a *app) *cobra.Command {
	separator := ","
	c := &cobra.Command{
		Use:   "attributes",
		Short: "List the directory attributes that the rules read, for exports to LDIF",
		Long: "Prints the attributes that an LDIF export needs (--ldif): with commas, as ldifde -l takes them, or with another separator, a blank for ldapsearch. " +
			"What groups an object is a member of is needed only when the scope of the configuration names groups.",
		Example: "  hybridaudit rules attributes\n  hybridaudit rules attributes --separator ;",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintln(a.io.Out, strings.Join(exported(), separator))
			return err
		},
	}
	c.Flags().StringVar(&separator, "separator", separator, "`TEXT` between two names")
	return c
}

// exported lists the attributes of all tables that LDIF can fill.
func exported() []string {
	_, wanted := audit.Wanted(rules.All())
	names := map[string]bool{}
	for _, name := range wanted {
		names[name] = true
	}
	for _, d := range []evidence.Dataset{
		evidence.ADPools, evidence.ADTopology, evidence.ADExchange, evidence.ADConnectionPoints, evidence.ADServiceAccounts, evidence.ADComputers,
	} {
		for _, c := range evidence.SchemaOf(d) {
			names[c.Name] = c.Name != evidence.ADForestColumn
		}
	}
	// Of the forest itself: its domains, their names, and the versions of schema extensions.
	for _, name := range []string{"nCName", "dnsRoot", "nETBIOSName", "systemFlags", "uPNSuffixes", "rangeUpper", "objectCategory"} {
		names[name] = true
	}
	maps.DeleteFunc(names, func(name string, take bool) bool { return !take || name == "distinguishedName" })
	return slices.Sorted(maps.Keys(names))
}

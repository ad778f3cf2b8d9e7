package plans

import (
	_ "embed"
	"encoding/csv"
	"strings"
)

//go:embed plans.csv
var planTable string

//go:embed skus.csv
var skuTable string

// Names are display names of subscriptions and service plans by lower-case id, as an operator brings them beyond those that are compiled in. A name here goes before a
// compiled-in one.
type Names struct{ SKUs, Plans map[string]string }

// product is a subscription of the compiled-in table.
type product struct {
	part, display string
	free          bool
}

// rowsOf reads a compiled-in table without its heading.
func rowsOf(name, table string) [][]string {
	rows, err := csv.NewReader(strings.NewReader(table)).ReadAll()
	if err != nil {
		panic(name + ": " + err.Error()) // compiled in: a test reads it
	}
	return rows[1:]
}

func products() map[string]product {
	m := map[string]product{}
	for _, r := range rowsOf("skus.csv", skuTable) {
		m[r[0]] = product{r[1], r[2], r[3] == "free"}
	}
	return m
}

// Display is what people call a subscription: its display name, else its part number, else its id.
func (c *Catalogue) Display(sku string) string {
	id := strings.ToLower(sku)
	if n := c.brought.SKUs[id]; n != "" {
		return n
	}
	if p := c.products[id]; p.display != "" {
		return p.display
	}
	return c.SKUName(sku)
}

// PlanDisplay is what people call a service plan: its display name, else its name, else its id.
func (c *Catalogue) PlanDisplay(plan string) string {
	id := strings.ToLower(plan)
	if n := c.brought.Plans[id]; n != "" {
		return n
	}
	if n := c.display[id]; n != "" {
		return n
	}
	return c.Name(plan)
}

// Free says that a subscription costs nothing, or is paid by use, as far as the compiled-in table or its part number tells: nobody counts its seats.
func (c *Catalogue) Free(sku string) bool {
	if c.products[strings.ToLower(sku)].free {
		return true
	}
	part := strings.ToUpper(c.SKUName(sku))
	for _, sign := range []string{"_FREE", "FREE_", "TRIAL", "VIRAL", "ADHOC", "EXPLORATORY", "VIRTUALUSER", "PREVIEW"} {
		if strings.Contains(part, sign) {
			return true
		}
	}
	return false
}

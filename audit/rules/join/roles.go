package join

import (
	_ "embed"
	"encoding/csv"
	"strings"
	"sync"
)

//go:embed roles.csv
var roleTable string

// roleNames gives the names of built-in administrator's roles by the id that they have in all tenants.
var roleNames = sync.OnceValue(func() map[string]string {
	names := map[string]string{}
	rows, err := csv.NewReader(strings.NewReader(roleTable)).ReadAll()
	if err != nil {
		panic("roles.csv: " + err.Error()) // compiled in: a test reads it
	}
	for _, r := range rows[1:] {
		names[r[0]] = r[1]
	}
	return names
})

// roleName is the name of a role, or its id when it is not a well-known one.
func roleName(id string) string {
	if n := roleNames()[id]; n != "" {
		return n
	}
	return id
}

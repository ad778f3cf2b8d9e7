package objects

import (
	"strings"

	"github.com/valyala/fastjson"

	"hybridaudit/sources/evidence"
)

// FillRecord stores what a DNS record says under a name of its type: where it points to, and an MX record's preference as its priority. The label of
// an SRV record is completed where the service gives the domain only.
func FillRecord(schema evidence.Schema, row evidence.Row, o *fastjson.Object, domain string) error {
	column := func(name string) int {
		i, _ := schema.Find(name)
		return i
	}
	text := func(name string) string { return string(o.Get(name).GetStringBytes()) }
	if err := row.SetText(column("domain"), domain); err != nil {
		return err
	}
	for _, name := range []string{"canonicalName", "nameTarget", "mailExchange", "text", "description"} {
		if target := text(name); target != "" {
			if err := row.SetText(column("target"), target); err != nil {
				return err
			}
			break
		}
	}
	if v := o.Get("preference"); v != nil && v.Type() == fastjson.TypeNumber {
		row.SetInt(column("priority"), v.GetInt64())
	}
	service, protocol, label := text("service"), text("protocol"), text("label")
	if service != "" && protocol != "" && label != "" && !strings.HasPrefix(label, "_") {
		label = service + "." + protocol + "." + strings.TrimPrefix(label, "@.")
		return row.SetText(column("label"), label)
	}
	return nil
}

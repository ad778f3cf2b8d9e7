package config

import (
	"fmt"
	"reflect"
)

// inheritAll completes the forests and tenants of the lists: what one lacks it has from the section that the list stands in.
func (c *checker) inheritAll(config *Config) {
	for i := range config.LDAP.Forests {
		c.inherit(reflect.ValueOf(config.LDAP.Directory), reflect.ValueOf(&config.LDAP.Forests[i]).Elem(), fmt.Sprintf("ldap.forests[%d]", i))
	}
	for i := range config.Graph.Tenants {
		c.inherit(reflect.ValueOf(config.Graph.Tenant), reflect.ValueOf(&config.Graph.Tenants[i]).Elem(), fmt.Sprintf("graph.tenants[%d]", i))
	}
}

// inherit copies the fields that are marked so and that the file does not give at that path.
func (c *checker) inherit(from, to reflect.Value, path string) {
	for i := range to.NumField() {
		f := to.Type().Field(i)
		if _, given := c.lines[join(path, f.Tag.Get("yaml"))]; !given && f.Tag.Get("inherit") != "" {
			to.Field(i).Set(from.Field(i))
		}
	}
}

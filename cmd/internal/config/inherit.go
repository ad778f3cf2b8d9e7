package config

import (
	"fmt"
	"reflect"
)

// inheritAll completes the forests and tenants of the lists: what one lacks it has from the section that the list stands in. Keys without the inherit tag are of one
// forest or tenant alone. Those that share an inherit tag other than "yes" go together: an element that says one of them has all of them for itself, so that no
// password of one forest goes to another and no two ways to sign in are mixed.
func (c *checker) inheritAll(config *Config) {
	for i := range config.LDAP.Forests {
		c.inherit(reflect.ValueOf(config.LDAP.Directory), reflect.ValueOf(&config.LDAP.Forests[i]).Elem(), fmt.Sprintf("ldap.forests[%d]", i))
	}
	for i := range config.Graph.Tenants {
		t, path := &config.Graph.Tenants[i], fmt.Sprintf("graph.tenants[%d]", i)
		c.inherit(reflect.ValueOf(config.Graph.Tenant), reflect.ValueOf(t).Elem(), path)
		// The client id is that of an app registration or that of a managed identity: one is not the other.
		if !c.given(path+".client") && registers(t.Method()) != registers(config.Graph.Method()) {
			t.Client = ""
		}
	}
}

// registers says whether a way to sign in has an app registration.
func registers(method string) bool { return method != "managedIdentity" && method != "azureCLI" }

func (c *checker) inherit(from, to reflect.Value, path string) {
	own := map[string]bool{} // groups of which the element says something
	for _, f := range reflect.VisibleFields(to.Type()) {
		if c.given(join(path, f.Tag.Get("yaml"))) {
			own[f.Tag.Get("inherit")] = true
		}
	}
	for i, f := range reflect.VisibleFields(to.Type()) {
		switch group := f.Tag.Get("inherit"); {
		case group == "", c.given(join(path, f.Tag.Get("yaml"))), group != "yes" && own[group]:
		default:
			to.Field(i).Set(from.Field(i))
		}
		if to.Field(i).IsZero() && f.Tag.Get("default") != "" && f.Type.Kind() == reflect.String {
			to.Field(i).SetString(f.Tag.Get("default")) // of a group that the element has for itself
		}
	}
}

// given says that the file has the key.
func (c *checker) given(name string) bool {
	_, ok := c.lines[name]
	return ok
}

// alone lists the keys of a section that belong to one forest or tenant and are given although there is a list of them.
func (c *checker) alone(section any, path string) []string {
	var names []string
	for _, f := range reflect.VisibleFields(reflect.TypeOf(section)) {
		if name := join(path, f.Tag.Get("yaml")); f.Tag.Get("inherit") == "" && c.given(name) {
			names = append(names, name)
		}
	}
	return names
}

package config

import (
	"fmt"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// limits holds the values against the validate tags. The tags are few: min, max, oneof, url, omitempty, and dive into what a list holds.
func (c *checker) limits(config *Config) Faults {
	var faults Faults
	limitsOf(reflect.ValueOf(config).Elem(), "", func(name, problem string) {
		if strings.Contains(name, "].") && !c.given(name) {
			return // taken over from the section, which is told of it
		}
		faults = append(faults, Fault{c.file, c.line(name), name, problem})
	})
	return faults
}

func limitsOf(v reflect.Value, path string, fault func(name, problem string)) {
	for i := range v.NumField() {
		field, value := v.Type().Field(i), v.Field(i)
		name := path
		if key := field.Tag.Get("yaml"); key != inline {
			name = strings.TrimPrefix(path+"."+key, ".")
		}
		rules := strings.Split(field.Tag.Get("validate"), ",")
		switch value.Interface().(type) {
		case Secret, yaml.Node:
			continue
		}
		switch {
		case value.Kind() == reflect.Struct:
			limitsOf(value, name, fault)
		case rules[0] == "dive":
			for n := range value.Len() {
				at := fmt.Sprintf("%s[%d]", name, n)
				if element := value.Index(n); element.Kind() == reflect.Struct {
					limitsOf(element, at, fault)
				} else {
					limit(element, rules[1:], at, fault)
				}
			}
		default:
			limit(value, rules, name, fault)
		}
	}
}

// limit holds one value against its rules; the first that it breaks is told.
func limit(v reflect.Value, rules []string, name string, fault func(name, problem string)) {
	for _, rule := range rules {
		kind, param, _ := strings.Cut(rule, "=")
		switch {
		case kind == "omitempty" && v.IsZero():
			return
		case kind == "min" && v.Int() < bound(v, param):
			fault(name, fmt.Sprintf("%v is below the least allowed, %s", v.Interface(), param))
		case kind == "max" && v.Int() > bound(v, param):
			fault(name, fmt.Sprintf("%v is above the most allowed, %s", v.Interface(), param))
		case kind == "oneof" && !slices.Contains(strings.Fields(param), v.String()):
			fault(name, fmt.Sprintf("%q is none of %s", v.String(), strings.ReplaceAll(param, " ", ", ")))
		case kind == "url" && !isAddress(v.String()):
			fault(name, fmt.Sprintf("%q is no address such as ldaps://dc1.contoso.com", v.String()))
		default:
			continue
		}
		return
	}
}

// bound reads the limit of a number or of a time; the tags are compiled in, and a test reads them all.
func bound(v reflect.Value, param string) int64 {
	if v.Type() == reflect.TypeFor[time.Duration]() {
		if d, err := time.ParseDuration(param); err == nil {
			return int64(d)
		}
	}
	n, err := strconv.ParseInt(param, 10, 64)
	if err != nil {
		panic("limit " + param + " of the configuration: " + err.Error())
	}
	return n
}

// isAddress says that a text is a scheme and a host.
func isAddress(text string) bool {
	u, err := url.Parse(text)
	return err == nil && u.Scheme != "" && u.Host != ""
}

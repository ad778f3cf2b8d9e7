package config

import (
	"iter"
	"reflect"
	"strings"
	"time"
	"unicode"

	"go.yaml.in/yaml/v3"
)

// key is one scalar or list of the configuration.
type key struct {
	path    []string // ldap, pageSize
	field   reflect.StructField
	section bool
}

var (
	durationType = reflect.TypeFor[time.Duration]()
	secretType   = reflect.TypeFor[Secret]()
	nodeType     = reflect.TypeFor[yaml.Node]()
)

// keys walks over the struct: sections before their keys.
func keys(t reflect.Type, path []string) []key {
	var all []key
	for f, name := range fields(t) {
		k := key{append(append([]string{}, path...), name), f, isSection(f.Type)}
		all = append(all, k)
		if k.section {
			all = append(all, keys(f.Type, k.path)...)
		}
	}
	return all
}

// inline marks a struct whose keys stand among those of the struct that it is embedded in.
const inline = ",inline"

// fields walks over the fields of a section that are keys, with the keys' names.
func fields(t reflect.Type) iter.Seq2[reflect.StructField, string] {
	return func(yield func(reflect.StructField, string) bool) {
		for f := range t.Fields() {
			switch name := f.Tag.Get("yaml"); name {
			case "-", "":
			case inline:
				for inner, name := range fields(f.Type) {
					if !yield(inner, name) {
						return
					}
				}
			default:
				if !yield(f, name) {
					return
				}
			}
		}
	}
}

func isSection(t reflect.Type) bool {
	return t.Kind() == reflect.Struct && t != secretType && t != nodeType
}

func (k key) name() string { return strings.Join(k.path, ".") }

// scalar says that the key can come from the environment.
func (k key) scalar() bool { return !k.section && k.field.Type.Kind() != reflect.Slice }

// env is the name of the environment variable: HYBRIDAUDIT_LDAP__PAGE_SIZE for ldap.pageSize.
func (k key) env() string {
	parts := make([]string, len(k.path))
	for i, p := range k.path {
		parts[i] = upperSnake(p)
	}
	return "HYBRIDAUDIT_" + strings.Join(parts, "__")
}

// upperSnake turns pageSize into PAGE_SIZE, loginURL into LOGIN_URL and excludeOUs into EXCLUDE_OUS.
func upperSnake(s string) string {
	var b strings.Builder
	before := 'A'
	for _, r := range s {
		if unicode.IsUpper(r) && unicode.IsLower(before) {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToUpper(r))
		before = r
	}
	return b.String()
}

var configType = reflect.TypeFor[Config]()

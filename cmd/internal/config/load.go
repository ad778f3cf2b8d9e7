package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"

	"github.com/go-viper/mapstructure/v2"
	"github.com/spf13/viper"
	"go.yaml.in/yaml/v3"
)

const maxSize = 1 << 20

// Load reads the file and the environment. All faults are found at once: the error is a [Faults], or that of reading the file.
func Load(path string) (*Config, error) {
	data, err := os.ReadFile(path) //nolint:gosec // the administrator names the file
	if err != nil {
		return nil, fmt.Errorf("reading the configuration: %w", err)
	}
	return parse(path, data)
}

func parse(path string, data []byte) (*Config, error) {
	if len(data) > maxSize {
		return nil, Faults{{File: path, Problem: "larger than 1 MiB: this is no configuration"}}
	}
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	dir := filepath.Dir(path)
	c := checker{file: path, dir: dir, lines: map[string]int{}}
	document, err := one(data)
	if err != nil {
		return nil, Faults{{File: path, Problem: err.Error()}}
	}
	if document != nil {
		c.mapping(document, configType, "")
	}
	if len(c.faults) > 0 {
		return nil, c.faults
	}
	config, err := fill(data, dir)
	if err != nil {
		return nil, Faults{{File: path, Problem: err.Error()}}
	}
	config.rules(document)
	c.inheritAll(config)
	if faults := append(c.limits(config), c.combinations(config)...); len(faults) > 0 {
		return nil, faults
	}
	return config, nil
}

// one gives the root of the one document that a file may hold. Its aliases are bounded by the library, its size by Load.
func one(data []byte) (*yaml.Node, error) {
	d := yaml.NewDecoder(bytes.NewReader(data))
	var document, second yaml.Node
	if err := d.Decode(&document); err != nil {
		if errors.Is(err, io.EOF) {
			return nil, nil
		}
		return nil, errors.New(strings.TrimPrefix(err.Error(), "yaml: "))
	}
	if err := d.Decode(&second); !errors.Is(err, io.EOF) {
		return nil, errors.New("it holds more than one YAML document")
	}
	return document.Content[0], nil
}

// fill lets viper put defaults, file and environment together. Lists cannot come from the environment.
func fill(data []byte, dir string) (*Config, error) {
	v := viper.NewWithOptions(viper.KeyDelimiter("::"))
	v.SetConfigType("yaml")
	for _, k := range keys(configType, nil) {
		if !k.scalar() {
			continue
		}
		name := strings.Join(k.path, "::")
		v.SetDefault(name, k.field.Tag.Get("default"))
		if err := v.BindEnv(name, k.env()); err != nil {
			return nil, err
		}
	}
	if err := v.ReadConfig(bytes.NewReader(data)); err != nil {
		return nil, err
	}
	var c Config
	hooks := mapstructure.ComposeDecodeHookFunc(emptyToZero, toSecret(dir), mapstructure.StringToTimeDurationHookFunc())
	err := v.Unmarshal(&c, viper.DecodeHook(hooks), func(d *mapstructure.DecoderConfig) {
		d.TagName = "yaml"
		d.Squash = true
		d.WeaklyTypedInput = true // the environment gives text only; the file's types are checked before
		d.IgnoreUntaggedFields = true
		d.ErrorUnused = false // the check of the nodes has found unknown keys with their lines
		d.MatchName = strings.EqualFold
	})
	if err != nil {
		return nil, errors.New(plain(err))
	}
	return &c, nil
}

// emptyToZero lets a key without a default, or set to nothing, have its zero value.
func emptyToZero(from, to reflect.Type, v any) (any, error) {
	if s, ok := v.(string); ok && s == "" && from.Kind() == reflect.String && to != secretType {
		return reflect.Zero(to).Interface(), nil
	}
	if to == nodeType {
		return yaml.Node{}, nil // taken from the nodes
	}
	return v, nil
}

func toSecret(dir string) mapstructure.DecodeHookFuncType {
	return func(_, to reflect.Type, v any) (any, error) {
		if to != secretType {
			return v, nil
		}
		s, ok := v.(string)
		if !ok {
			return Secret{}, nil
		}
		return ParseSecret(s, dir)
	}
}

var decodingNoise = regexp.MustCompile(`(?s)^.*?error\(s\):\s*`)

func plain(err error) string {
	return strings.TrimSpace(decodingNoise.ReplaceAllString(err.Error(), ""))
}

// rules takes the list of rules from the nodes: their parameters are decoded later, by those who know the rules.
func (c *Config) rules(document *yaml.Node) {
	if document == nil {
		return
	}
	var list struct {
		Rules []yaml.Node `yaml:"rules"`
	}
	if err := document.Decode(&list); err != nil {
		return // the types were checked before
	}
	c.Rules = nil
	for i := range list.Rules {
		r := Rule{Enabled: true, Line: list.Rules[i].Line}
		if err := list.Rules[i].Decode(&r); err == nil {
			r.Line = list.Rules[i].Line
			c.Rules = append(c.Rules, r)
		}
	}
}

func (c *checker) line(name string) int {
	if n, ok := c.lines[name]; ok {
		return n
	}
	if i := strings.LastIndexAny(name, ".["); i > 0 {
		return c.line(name[:i])
	}
	return 0
}

// Defaults is the configuration without a file: defaults and environment.
func Defaults() (*Config, error) { return parse("configuration", nil) }

// Decode decodes the parameters of a rule into the struct with yaml tags that the pointer into points at. Keys that the struct does not have and values of the wrong
// type are [Faults] with their lines in the file.
func (r Rule) Decode(file string, into any) error {
	c := checker{file: file, lines: map[string]int{}}
	c.mapping(&r.Params, reflect.TypeOf(into).Elem(), "rules: "+r.ID+": params")
	if len(c.faults) > 0 {
		return c.faults
	}
	if err := r.Params.Decode(into); err != nil {
		return Faults{{File: file, Line: r.Params.Line, Key: "rules: " + r.ID + ": params", Problem: plain(err)}}
	}
	return nil
}

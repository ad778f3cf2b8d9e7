package evidence

import (
	"errors"
	"fmt"
	"iter"
	"reflect"
	"strings"
	"time"
)

// Observations are what was seen on the network: one flat struct each, whose fields are the columns of its dataset. The tag says the column's name and, behind a
// comma, that its values are few. A zero field is an absent value.

// observationSchema makes the columns of a dataset from the fields of its struct.
func observationSchema[T any]() Schema {
	t := reflect.TypeFor[T]()
	s := make(Schema, t.NumField())
	for i := range s {
		f := t.Field(i)
		name, few, _ := strings.Cut(f.Tag.Get("evidence"), ",")
		s[i] = Column{Name: name, Kind: observationKind(f.Type, few == "few")}
	}
	return s
}

func observationKind(t reflect.Type, few bool) Kind {
	switch {
	case t == reflect.TypeFor[time.Time]():
		return Time
	case t.Kind() == reflect.Bool:
		return Bool
	case t.Kind() == reflect.Int || t == reflect.TypeFor[time.Duration]():
		return Int
	case t.Kind() == reflect.Slice && few:
		return NameList
	case t.Kind() == reflect.Slice:
		return List
	case few:
		return Name
	}
	return Text
}

// Observe adds a row to the table of a kind of observation. Durations keep whole milliseconds, times whole seconds. The error names the columns whose values are longer than evidence keeps; they
// are absent, the row is there.
func Observe[T Observation](b *Builder, o T) error {
	row := b.Table(o.dataset()).NewRow()
	v := reflect.ValueOf(o)
	var errs []error
	for i := range v.NumField() {
		f := v.Field(i)
		if f.IsZero() {
			continue
		}
		switch field := f.Interface().(type) {
		case string:
			errs = append(errs, row.SetText(i, field))
		case []string:
			for _, s := range field {
				errs = append(errs, row.SetText(i, s))
			}
		case bool:
			row.SetBool(i, true)
		case int:
			row.SetInt(i, int64(field))
		case time.Duration:
			row.SetInt(i, field.Milliseconds())
		case time.Time:
			row.SetTime(i, field)
		default:
			errs = append(errs, fmt.Errorf("column %d of %s cannot hold %s", i, o.dataset(), f.Type()))
		}
	}
	return errors.Join(errs...)
}

// DatasetOf is the dataset that a kind of observation belongs to.
func DatasetOf[T Observation](o T) Dataset { return o.dataset() }

// Observed iterates over the observations of a kind, in the order in which they were added.
func Observed[T Observation](s *Snapshot) iter.Seq[T] {
	var zero T
	return rows(s, zero.dataset(), observationAt[T])
}

func observationAt[T Observation](t *Table, row int) T {
	var o T
	v := reflect.ValueOf(&o).Elem()
	for i := range v.NumField() {
		f := v.Field(i)
		switch t.cols[i].Kind {
		case Text, Name:
			f.SetString(t.str(i, row))
		case List, NameList:
			for s := range t.list(i, row) {
				f.Set(reflect.Append(f, reflect.ValueOf(s)))
			}
		case Bool:
			f.SetBool(t.tri(i, row) == True)
		case Int:
			n, _ := t.number(i, row)
			if f.Type() == reflect.TypeFor[time.Duration]() {
				n *= int64(time.Millisecond)
			}
			f.SetInt(n)
		case Time:
			f.Set(reflect.ValueOf(t.when(i, row)))
		case GUID, Bytes, Records, Count, Size: // no observation has them
		}
	}
	return o
}

// Observation is one of the structs whose rows are seen on the network.
type Observation interface {
	Lookup | Connection | Handshake | Certificate | Revocation | Clock | FederationMetadata | Endpoint | Setting | FirewallRule
	dataset() Dataset
}

var networkSchemas = map[Dataset]Schema{
	DNSLookups:        observationSchema[Lookup](),
	ProbeConnections:  observationSchema[Connection](),
	ProbeHandshakes:   observationSchema[Handshake](),
	ProbeCertificates: observationSchema[Certificate](),
	ProbeRevocation:   observationSchema[Revocation](),
	ProbeClocks:       observationSchema[Clock](),
	ProbeFederation:   observationSchema[FederationMetadata](),
	ProbeEndpoints:    observationSchema[Endpoint](),
	ProbeSettings:     observationSchema[Setting](),
	ProbeFirewall:     observationSchema[FirewallRule](),
}

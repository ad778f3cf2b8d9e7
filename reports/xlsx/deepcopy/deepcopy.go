// Package deepcopy stands in for github.com/tiendc/go-deepcopy, of which excelize calls one function on its own structs. The original looks up methods by name at run time,
// for features that excelize does not use; a program that reaches such a call has to keep every exported method of every type, which is a fifth of hybridaudit
// (docs/adr/0010).
package deepcopy

import (
	"errors"
	"fmt"
	"reflect"
)

// maxDepth is how deep values may be nested. None of excelize's is nearly so deep; one that leads back to itself ends here.
const maxDepth = 1000

var errTooDeep = errors.New("deepcopy: the value is nested too deep, or leads back to itself")

// Copy makes what dst points to a copy of src, or of what src points to: of one type, sharing nothing with it. Fields that are not exported are left as they are, but for those
// of structs that have no others.
func Copy(dst, src any) error {
	to := reflect.ValueOf(dst)
	if to.Kind() != reflect.Pointer || to.IsNil() {
		return fmt.Errorf("deepcopy: %T is no pointer to copy to", dst)
	}
	to = to.Elem()
	from := reflect.ValueOf(src)
	if from.Kind() == reflect.Pointer && from.Type() != to.Type() {
		from = from.Elem()
	}
	if !from.IsValid() || from.Type() != to.Type() {
		return fmt.Errorf("deepcopy: %T cannot be copied to %T", src, dst)
	}
	return assign(to, from, 0)
}

func assign(to, from reflect.Value, depth int) error {
	if depth > maxDepth {
		return errTooDeep
	}
	switch from.Kind() {
	case reflect.Pointer:
		if from.IsNil() {
			to.SetZero()
			return nil
		}
		to.Set(reflect.New(from.Type().Elem()))
		return assign(to.Elem(), from.Elem(), depth+1)
	case reflect.Interface:
		if from.IsNil() {
			to.SetZero()
			return nil
		}
		content := reflect.New(from.Elem().Type()).Elem()
		err := assign(content, from.Elem(), depth+1)
		to.Set(content)
		return err
	case reflect.Struct:
		return fields(to, from, depth)
	case reflect.Slice:
		if from.IsNil() {
			to.SetZero()
			return nil
		}
		to.Set(reflect.MakeSlice(from.Type(), from.Len(), from.Len()))
		return elements(to, from, depth)
	case reflect.Array:
		return elements(to, from, depth)
	case reflect.Map:
		return entries(to, from, depth)
	default:
		to.Set(from)
		return nil
	}
}

func fields(to, from reflect.Value, depth int) error {
	exported := false
	for i := range from.NumField() {
		if !from.Type().Field(i).IsExported() {
			continue
		}
		exported = true
		if err := assign(to.Field(i), from.Field(i), depth+1); err != nil {
			return err
		}
	}
	if !exported {
		to.Set(from)
	}
	return nil
}

func elements(to, from reflect.Value, depth int) error {
	for i := range from.Len() {
		if err := assign(to.Index(i), from.Index(i), depth+1); err != nil {
			return err
		}
	}
	return nil
}

func entries(to, from reflect.Value, depth int) error {
	if from.IsNil() {
		to.SetZero()
		return nil
	}
	to.Set(reflect.MakeMapWithSize(from.Type(), from.Len()))
	for entry := from.MapRange(); entry.Next(); {
		value := reflect.New(from.Type().Elem()).Elem()
		if err := assign(value, entry.Value(), depth+1); err != nil {
			return err
		}
		to.SetMapIndex(entry.Key(), value)
	}
	return nil
}

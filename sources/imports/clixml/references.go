package clixml

import "hybridaudit/sources/imports/powershell"

// references keeps the objects that later ones may refer to. Those to which nobody referred for the longest time are forgotten.
type references struct {
	objects map[string]*object
	order   []string // ids, the next to be forgotten first
	bytes   int
	most    powershell.Limits
}

// object is one that may be referred to.
type object struct {
	value  powershell.Value
	values int // what it holds, with what it refers to
	bytes  int // what that takes in the file
	used   bool
}

func newReferences(l powershell.Limits) *references {
	return &references{objects: map[string]*object{}, most: l}
}

// find gives an object, nil when it is not known.
func (r *references) find(id string) *object {
	o := r.objects[id]
	if o != nil {
		o.used = true
	}
	return o
}

// keep keeps an object; one that had the id before is forgotten.
func (r *references) keep(id string, o *object) {
	if before := r.objects[id]; before != nil {
		r.bytes -= before.bytes
	} else {
		r.order = append(r.order, id)
	}
	r.objects[id] = o
	r.bytes += o.bytes
	for len(r.order) > r.most.Refs || r.bytes > r.most.Held {
		id, r.order = r.order[0], r.order[1:]
		if o := r.objects[id]; o.used {
			o.used = false
			r.order = append(r.order, id)
			continue
		}
		r.bytes -= r.objects[id].bytes
		delete(r.objects, id)
	}
}

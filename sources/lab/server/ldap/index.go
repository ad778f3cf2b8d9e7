package ldaplab

import (
	"cmp"
	"slices"
	"strconv"

	"hybridaudit/sources/evidence/directory"
)

// numbered are nodes in the order of a number that each has.
type numbered struct {
	numbers []int64
	nodes   []int32
}

// indexNumbers makes the index of uSNChanged, which a domain controller has too.
func (t *tree) indexNumbers() {
	type one struct {
		number int64
		node   int32
	}
	var all []one
	id := t.id("uSNChanged")
	for i := range t.nodes {
		for _, v := range t.nodes[i].values(id) {
			if n, err := strconv.ParseInt(string(v), 10, 64); err == nil {
				all = append(all, one{n, int32(i)})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b one) int { return cmp.Compare(a.number, b.number) })
	for _, o := range all {
		t.byNumber.numbers, t.byNumber.nodes = append(t.byNumber.numbers, o.number), append(t.byNumber.nodes, o.node)
	}
}

// candidates gives nodes that a filter may match, and all that it does match, from the indexes. ok is false when there is no index for it. Several assertions
// may give a node more than once.
func (t *tree) candidates(m *matcher) (nodes []int32, ok bool) {
	switch m.filter.kind {
	case filterAnd:
		for i := range m.children {
			if some, has := t.candidates(&m.children[i]); has && (!ok || len(some) < len(nodes)) {
				nodes, ok = some, true
			}
		}
	case filterOr:
		for i := range m.children {
			some, has := t.candidates(&m.children[i])
			if !has {
				return nil, false
			}
			nodes, ok = append(nodes[:len(nodes):len(nodes)], some...), true
		}
	case filterEqual:
		return t.candidate(m)
	case filterGreater:
		at, _ := slices.BinarySearch(t.byNumber.numbers, m.number)
		return t.byNumber.nodes[at:], m.isNumber && m.kind.name == "uSNChanged"
	case filterLess:
		at, _ := slices.BinarySearch(t.byNumber.numbers, m.number+1)
		return t.byNumber.nodes[:at], m.isNumber && m.kind.name == "uSNChanged"
	}
	return nodes, ok
}

// candidate looks up one object by what identifies it.
func (t *tree) candidate(m *matcher) (nodes []int32, ok bool) {
	var at int32
	switch m.kind.name {
	case "objectGUID":
		if t.twins {
			return nil, false
		}
		g, err := directory.GUIDFromBytes([]byte(m.value))
		if err != nil {
			return nil, true
		}
		at, ok = t.byGUID[g]
	case "distinguishedName":
		at, ok = t.byKey[m.folded]
	default:
		return nil, false
	}
	if !ok {
		return nil, true
	}
	return []int32{at}, true
}

// within gives the nodes of a subtree that a filter may match, in the order of the tree.
func (t *tree) within(base int32, m *matcher) []int32 {
	last := t.nodes[base].last
	some, ok := t.candidates(m)
	if !ok {
		all := make([]int32, 0, last-base+1)
		for i := base; i <= last; i++ {
			all = append(all, i)
		}
		return all
	}
	some = slices.DeleteFunc(slices.Clone(some), func(i int32) bool { return i < base || i > last })
	slices.Sort(some)
	return slices.Compact(some)
}

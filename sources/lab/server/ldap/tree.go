package ldaplab

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"hybridaudit/sources/evidence/directory"
	"hybridaudit/sources/lab"
)

// node is one entry as the server searches it.
type node struct {
	dn         string
	key        string // comparison form of the name
	parent     int32  // index of the container, -1 for the domain's head
	last       int32  // index of the last node below it, itself if there is none
	context    int32  // index of the head of its naming context
	attributes []attribute
	hidden     bool
	deleted    bool
	recycled   bool // of what was deleted: cannot be restored any more
}

// shows says whether a search with these controls may see a node.
func (c requestControls) shows(n *node) bool {
	return !n.hidden && (!n.deleted || c.showRecycled || c.showDeleted && !n.recycled)
}

// attribute is one attribute of a node; id is the position of its lower-case name in tree.names.
type attribute struct {
	id     int32
	name   string
	values [][]byte
}

func (n *node) values(id int32) [][]byte {
	for i := range n.attributes {
		if n.attributes[i].id == id {
			return n.attributes[i].values
		}
	}
	return nil
}

// tree holds all entries, each directly before those below it, so that a subtree is a range.
type tree struct {
	base, config, schemaDN string // naming contexts, as written
	catalog                bool
	elsewhere              []string // domains of the forest that the tree does not hold
	schema                 schema
	nodes                  []node
	byKey                  map[string]int32
	byGUID                 map[directory.GUID]int32
	twins                  bool     // several nodes have the same GUID
	byNumber               numbered // nodes by uSNChanged
	names                  map[string]int32
	kinds                  []attributeKind // by attribute id
	heads                  []int32         // nodes that begin a naming context
	usn                    int64           // highest uSNChanged

	wireMu sync.Mutex
	wires  map[string][]atomic.Pointer[[]byte] // encoded entries by signature of the attribute list
}

// leastUSN is what a small directory gives as highestCommittedUSN.
const leastUSN = 65536

// wireLists is how many attribute lists have their encoded entries kept.
const wireLists = 8

// newTree makes the tree of a domain controller, or that of a global catalog. The first domain of the forest is its root.
func newTree(forest []lab.Directory, d lab.Directory, catalog bool) (*tree, error) {
	config := forest[0].ConfigurationDN()
	t := &tree{
		base: d.BaseDN, config: config, schemaDN: "CN=Schema," + config, schema: newSchema(forest), catalog: catalog,
		byKey: map[string]int32{}, byGUID: map[directory.GUID]int32{}, names: map[string]int32{}, wires: map[string][]atomic.Pointer[[]byte]{},
	}
	tops := []string{directory.DNKey(config)} // what need not have a parent
	for _, one := range forest {
		base, err := directory.ParseDN(one.BaseDN)
		if err != nil || base.Len() == 0 {
			return nil, errors.Join(errors.New("the directory has no usable base DN"), err)
		}
		if catalog || one.BaseDN == d.BaseDN {
			tops = append(tops, directory.DNKey(one.BaseDN))
		} else {
			t.elsewhere = append(t.elsewhere, one.BaseDN)
		}
	}
	entries := completed(forest, d, catalog, t.schema)
	parents := make([]string, len(entries))
	keys := make([]string, len(entries))
	position := make(map[string]int, len(entries))
	for i, e := range entries {
		name, err := directory.ParseDN(e.DN)
		if err != nil {
			return nil, fmt.Errorf("entry %d: %w", i, err)
		}
		keys[i], parents[i] = directory.DNKey(e.DN), directory.DNKey(name.Parent().String())
		if _, twice := position[keys[i]]; twice {
			return nil, fmt.Errorf("entry %d: its name is used twice", i)
		}
		position[keys[i]] = i
	}
	for i := range entries {
		if _, ok := position[parents[i]]; !ok && !slices.Contains(tops, keys[i]) {
			return nil, fmt.Errorf("entry %s has no parent", entries[i].DN)
		}
	}
	t.arrange(entries, keys, parents, position, tops)
	t.linkGroups()
	t.indexNumbers()
	t.usn = leastUSN
	for i := range t.nodes {
		if n, err := strconv.ParseInt(string(first(t.nodes[i].values(t.id("uSNChanged")))), 10, 64); err == nil {
			t.usn = max(t.usn, n)
		}
	}
	return t, nil
}

// arrange lays the entries out depth first, one naming context that has no parent behind the other.
func (t *tree) arrange(entries []lab.Entry, keys, parents []string, position map[string]int, tops []string) {
	children := make([][]int, len(entries))
	for i := range entries {
		if up, ok := position[parents[i]]; ok {
			children[up] = append(children[up], i)
		}
	}
	heads := map[string]bool{}
	for _, key := range tops {
		heads[key] = true
	}
	for _, dn := range []string{t.schemaDN, "DC=DomainDnsZones," + t.base, "DC=ForestDnsZones," + t.base} {
		heads[directory.DNKey(dn)] = true
	}
	t.nodes = make([]node, 0, len(entries))
	var place func(i int, parent int32)
	place = func(i int, parent int32) {
		at := int32(len(t.nodes)) //nolint:gosec // number of entries
		n := node{dn: entries[i].DN, key: keys[i], parent: parent, attributes: t.attributesOf(entries[i])}
		n.deleted = string(first(n.values(t.id("isDeleted")))) == "TRUE"
		n.recycled = string(first(n.values(t.id("isRecycled")))) == "TRUE"
		if heads[keys[i]] {
			n.context = at
			t.heads = append(t.heads, at)
		} else {
			n.context = t.nodes[parent].context
		}
		t.nodes = append(t.nodes, n)
		t.byKey[keys[i]] = at
		if g, err := directory.GUIDFromBytes(first(n.values(t.id("objectGUID")))); err == nil {
			_, twice := t.byGUID[g]
			t.twins = t.twins || twice
			t.byGUID[g] = at
		}
		for _, child := range children[i] {
			place(child, at)
		}
		t.nodes[at].last = int32(len(t.nodes)) - 1 //nolint:gosec // as above
	}
	for i := range entries {
		if _, ok := position[parents[i]]; !ok {
			place(i, -1)
		}
	}
}

func first(values [][]byte) []byte {
	if len(values) == 0 {
		return nil
	}
	return values[0]
}

// id gives the number of an attribute name, making one for a new name. Only building the tree may make new ones.
func (t *tree) id(name string) int32 {
	key := strings.ToLower(name)
	id, ok := t.names[key]
	if !ok {
		id = int32(len(t.kinds)) //nolint:gosec // number of attribute names
		t.names[key] = id
		kind, known := t.schema.kind(name)
		if !known {
			kind = attributeKind{name: name}
		}
		t.kinds = append(t.kinds, kind)
	}
	return id
}

// attributesOf takes over the attributes that have values and adds those that a domain controller has on each object.
func (t *tree) attributesOf(e lab.Entry) []attribute {
	out := make([]attribute, 0, len(e.Attributes)+2)
	have := func(name string) bool {
		return slices.ContainsFunc(out, func(a attribute) bool { return strings.EqualFold(a.name, name) })
	}
	for _, a := range e.Attributes {
		if len(a.Values) > 0 {
			out = append(out, attribute{id: t.id(a.Name), name: a.Name, values: a.Values})
		}
	}
	if !have("distinguishedName") {
		out = append(out, attribute{id: t.id("distinguishedName"), name: "distinguishedName", values: [][]byte{[]byte(e.DN)}})
	}
	if classes := e.Values("objectClass"); !have("objectCategory") && len(classes) > 0 {
		dn := t.category(string(classes[len(classes)-1]))
		out = append(out, attribute{id: t.id("objectCategory"), name: "objectCategory", values: [][]byte{[]byte(dn)}})
	}
	return out
}

// categories are the object categories of classes whose category is not named like the class itself.
var categories = map[string]string{
	"user": "Person", "contact": "Person", "inetorgperson": "Person", "person": "Person", "organizationalunit": "Organizational-Unit",
	"crossref": "Cross-Ref", "crossrefcontainer": "Cross-Ref-Container", "domaindns": "Domain-DNS", "attributeschema": "Attribute-Schema",
	"group": "Group", "computer": "Computer", "container": "Container", "configuration": "Configuration", "publicfolder": "ms-Exch-Public-Folder",
	"msexchdynamicdistributionlist": "ms-Exch-Dynamic-Distribution-List", "msds-groupmanagedserviceaccount": "ms-DS-Group-Managed-Service-Account",
}

// category gives the DN of a class's object category, which a filter may also give by the class's name alone.
func (t *tree) category(class string) string {
	name, ok := categories[strings.ToLower(class)]
	if !ok {
		name = class
	}
	return "CN=" + directory.EscapeRDN(name) + "," + t.schemaDN
}

// linkGroups computes memberOf from member when the directory does not bring it.
func (t *tree) linkGroups() {
	member, memberOf := t.id("member"), t.id("memberOf")
	back := map[int32][][]byte{}
	for i := range t.nodes {
		if len(t.nodes[i].values(memberOf)) > 0 {
			return
		}
		for _, v := range t.nodes[i].values(member) {
			if at, ok := t.byKey[directory.DNKey(string(v))]; ok {
				back[at] = append(back[at], []byte(t.nodes[i].dn))
			}
		}
	}
	for at, groups := range back {
		t.nodes[at].attributes = append(t.nodes[at].attributes, attribute{id: memberOf, name: "memberOf", values: groups})
	}
}

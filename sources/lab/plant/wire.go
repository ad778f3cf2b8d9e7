package plant

import (
	"strconv"
	"strings"
	"time"

	"hybridaudit/sources/evidence/directory"
	"hybridaudit/sources/lab"
)

// wire writes entries. Values that many entries share are kept once; nobody may change the bytes of an entry.
type wire struct {
	scratch []lab.Attribute
	shared  map[string][][]byte
	bytes   slab[byte]
	values  slab[[]byte]
	attrs   slab[lab.Attribute]
	usn     int64
}

func newWire() *wire { return &wire{shared: map[string][][]byte{}, usn: 20000} }

func (w *wire) begin() { w.scratch = w.scratch[:0] }

// entry ends an entry.
func (w *wire) entry(dn string) lab.Entry {
	return lab.Entry{DN: dn, Attributes: w.attrs.keep(w.scratch)}
}

func (w *wire) add(name string, values [][]byte) {
	w.scratch = append(w.scratch, lab.Attribute{Name: name, Values: values})
}

// one keeps a single value.
func (w *wire) one(name string, value []byte) {
	values := w.values.take(1)
	values[0] = value
	w.add(name, values)
}

func (w *wire) keepText(s string) []byte {
	b := w.bytes.take(len(s))
	copy(b, s)
	return b
}

// text writes a value that is mostly different from entry to entry; "" is absent.
func (w *wire) text(name, value string) {
	if value != "" {
		w.one(name, w.keepText(value))
	}
}

// common writes a value out of few.
func (w *wire) common(name, value string) {
	if value == "" {
		return
	}
	values, ok := w.shared[value]
	if !ok {
		values = [][]byte{[]byte(value)}
		w.shared[value] = values
	}
	w.add(name, values)
}

// commonList writes a list out of few lists.
func (w *wire) commonList(name string, list []string) {
	if len(list) == 0 {
		return
	}
	key := strings.Join(list, "\x00")
	values, ok := w.shared[key]
	if !ok {
		for _, v := range list {
			values = append(values, []byte(v))
		}
		w.shared[key] = values
	}
	w.add(name, values)
}

func (w *wire) list(name string, list []string) {
	if len(list) == 0 {
		return
	}
	values := w.values.take(len(list))
	for i, v := range list {
		values[i] = w.keepText(v)
	}
	w.add(name, values)
}

func (w *wire) octets(name string, value []byte) {
	if len(value) > 0 {
		w.one(name, w.bytes.keep(value))
	}
}

func (w *wire) number(name string, v integer) {
	switch {
	case !v.held:
	case v.value >= 0 && v.value < 4096:
		w.common(name, decimal(v.value))
	default:
		w.one(name, w.bytes.keep(strconv.AppendInt(nil, v.value, 10)))
	}
}

func (w *wire) time(name string, t time.Time) {
	if !t.IsZero() {
		w.text(name, directory.FormatGeneralizedTime(t))
	}
}

// serial writes the update sequence numbers, which only ever rise.
func (w *wire) serial() {
	w.usn += 3
	w.text("uSNCreated", decimal(w.usn))
	w.text("uSNChanged", decimal(w.usn+1))
}

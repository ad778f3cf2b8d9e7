package entries

// Held says whether some row has a value of the attribute, by the name of its column.
func (w *Writer) Held(attribute string) bool {
	switch attribute {
	case guidName, "distinguishedName":
		return w.Rows() > 0
	}
	for _, f := range w.wanted {
		if f.name == attribute {
			return w.rows[f.column] > 0
		}
	}
	return false
}

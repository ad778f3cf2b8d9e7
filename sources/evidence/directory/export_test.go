package directory

// KeyByParsing is DNKey without its short way.
func KeyByParsing(d DN) string { return d.key() }

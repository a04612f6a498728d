package feature

// Each calls learn with each cell of the column's rows, also with missing ones. The error names the
// first cells for which learn returns one. A Feature outside this package learns by it.
func (c Column) Each(learn func(cell string) error) error { return c.each(learn) }

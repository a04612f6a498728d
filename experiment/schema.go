package experiment

import (
	_ "embed" // for the schema
)

//go:embed schema.json
var schema []byte

// Schema returns a JSON Schema, of the version 2020-12, of experiment files, by which editors
// complete and check them. It has all keys, types of columns, layers and optimizers with their
// settings; what depends on several keys or on the data is left to Read and Load. The file
// schema.json is made from the tables by which Read reads.
func Schema() []byte { return append([]byte(nil), schema...) }

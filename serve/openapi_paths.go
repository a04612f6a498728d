package serve

import (
	"net/url"
	"strconv"

	"braid/predictor"
	"braid/tensor"
)

// This file has what a model's OpenAPI document says of the Open Inference Protocol.

// content returns a JSON body of a schema.
func content(schema object) object {
	return object{{"application/json", object{{"schema", schema}}}}
}

// described returns a reply with a description.
func described(text string, content object) object {
	return object{{"description", text}, {"content", content}}
}

// protocolPaths returns the paths of the protocol: health, and those of the model and its version.
func (v *version) protocolPaths() (paths object) {
	refusal := described("Why there is no answer.", content(closed(
		object{{"error", object{{"type", "string"}, {"minLength", 1}}}}, []string{"error"})))
	get := func(path, id, summary string, schema object) {
		paths = append(paths, member{path, object{{"get", object{
			{"operationId", id}, {"summary", summary},
			{"responses", object{{"200", described(summary+".", content(schema))}, {"default", refusal}}},
		}}}})
	}
	always := object{{"type", "boolean"}, {"enum", []bool{true}}}
	get("/v2/health/live", "live", "Whether the server runs",
		closed(object{{"live", always}}, []string{"live"}))
	get("/v2/health/ready", "ready", "Whether the server answers requests",
		closed(object{{"ready", always}}, []string{"ready"}))
	name := url.PathEscape(v.name)
	for at, base := range []string{
		"/v2/models/" + name, "/v2/models/" + name + "/versions/" + v.Version(),
	} {
		id := []string{"", "OfVersion"}[at]
		get(base, "metadata"+id, "The inputs and outputs of the model", v.metadataSchema())
		get(base+"/ready", "modelReady"+id, "Whether the model is ready",
			closed(object{{"name", oneText(v.name)}, {"ready", always}}, []string{"name", "ready"}))
		paths = append(paths, member{base + "/infer", object{{"post", object{
			{"operationId", "infer" + id}, {"summary", "Answer rows"},
			{"description", "Tensors may be binary data after the JSON, as /openapi.json describes."},
			{"requestBody", object{{"required", true}, {"content", withBinary(v.inferSchema())}}},
			{"responses", object{
				{"200", described("The answers of the heads.", withBinary(v.inferredSchema()))},
				{"default", refusal}}},
		}}}})
	}
	return paths
}

// withBinary returns a body that is JSON, or JSON with binary data after it.
func withBinary(schema object) object {
	return append(content(schema), member{"application/octet-stream",
		object{{"schema", object{{"type", "string"}, {"format", "binary"}}}}})
}

// oneText is the schema of one text.
func oneText(text string) object { return texts(text) }

// texts is the schema of one of some texts.
func texts(list ...string) object { return object{{"type", "string"}, {"enum", list}} }

// listSchema returns the schema of a list of so many items.
func listSchema(items object, least, most int) object {
	return object{{"type", "array"}, {"minItems", least}, {"maxItems", most}, {"items", items}}
}

// metadataSchema returns the schema of the model's metadata.
func (v *version) metadataSchema() object {
	m := v.metadata()
	described := func(list []tensorJSON) object {
		var names []string
		for _, t := range list {
			names = append(names, t.Name)
		}
		item := closed(object{
			{"name", texts(names...)},
			{"datatype", texts("UINT8", "BYTES", "INT32", "FP32", "FP64")},
			{"shape", object{{"type", "array"}, {"minItems", 1}, {"items", object{{"type", "integer"},
				{"minimum", -1}}}}},
			{"parameters", object{{"type", "object"}}},
		}, []string{"name", "datatype", "shape"})
		return listSchema(item, len(list), len(list))
	}
	return closed(object{
		{"name", oneText(v.name)}, {"versions", listSchema(oneText(v.Version()), 1, 1)},
		{"platform", oneText(m.Platform)}, {"inputs", described(m.Inputs)},
		{"outputs", described(m.Outputs)}, {"parameters", object{{"type", "object"}}},
	}, []string{"name", "versions", "platform", "inputs", "outputs", "parameters"})
}

// inferSchema returns the schema of the JSON of a request. Other members are ignored.
func (v *version) inferSchema() object {
	var inputs []object
	for i := range v.Inputs {
		in := &v.Inputs[i]
		for _, datatype := range datatypes(in) {
			inputs = append(inputs, inputSchema(in, datatype))
		}
	}
	var names []string
	for i := range v.Heads {
		names = append(names, v.Heads[i].Name)
	}
	wanted := object{{"type", "object"}, {"required", []string{"name"}}, {"properties", object{
		{"name", texts(names...)}, {"parameters", object{{"type", "object"}, {"nullable", true}}}}}}
	outputs := append(listSchema(wanted, 0, len(names)), member{"nullable", true})
	return object{{"type", "object"}, {"required", []string{"inputs"}}, {"properties", object{
		{"id", object{{"type", "string"}, {"nullable", true}, {"maxLength", maxID}}},
		{"parameters", object{{"type", "object"}, {"nullable", true}}},
		{"inputs", listSchema(object{{"oneOf", inputs}}, max(1, len(neededInputs(v.Model))),
			len(v.Inputs))},
		{"outputs", outputs},
	}}}
}

// inputSchema returns the schema of an input with one of its datatypes.
func inputSchema(in *predictor.Input, datatype string) object {
	row, least := in.Shape, len(in.Shape)+1
	value := object{{"type", "number"}}
	says := "What the network reads."
	switch datatype {
	case "BYTES":
		row, least = tensor.Shape{1}, 1
		value = object{{"type", "string"}}
		says = "Cells of the column " + strconv.Quote(in.Column.Name) + "."
		if in.Column.ReadsFiles() {
			says = "Files in base64."
		}
	case "UINT8":
		value = append(value, member{"minimum", 0}, member{"maximum", 255})
		says = "Pixels."
	case "INT32":
		value = object{{"type", "integer"}}
		if in.Vocabulary > 0 {
			value = append(value, member{"minimum", 0}, member{"maximum", in.Vocabulary - 1})
		}
	}
	forms := []object{{{"type", "array"}, {"minItems", 1}, {"items", value}}}
	if len(row) > 0 {
		forms = append(forms, object{{"type", "array"}, {"minItems", 1},
			{"items", arraySchema(row, value)}})
	}
	return object{{"type", "object"}, {"description", says},
		{"required", []string{"name", "datatype", "shape", "data"}},
		{"properties", object{
			{"name", oneText(in.Name)}, {"datatype", oneText(datatype)},
			{"shape", listSchema(object{{"type", "integer"}, {"minimum", 1}}, least, len(row)+1)},
			{"data", object{{"anyOf", forms}}},
			{"parameters", object{{"type", "object"}, {"nullable", true}}},
		}}}
}

// inferredSchema returns the schema of the JSON of a reply.
func (v *version) inferredSchema() object {
	var outputs []object
	for i := range v.Heads {
		h := &v.Heads[i]
		output := func(datatype string, axes int, value object) object {
			return closed(object{
				{"name", oneText(h.Name)}, {"datatype", oneText(datatype)},
				{"shape", listSchema(object{{"type", "integer"}, {"minimum", 1}}, axes, axes)},
				{"data", object{{"type", "array"}, {"minItems", 1}, {"items", value}}},
			}, []string{"name", "datatype", "shape", "data"})
		}
		datatype, _, _ := outputType(h)
		outputs = append(outputs, output(datatype, len(h.Shape)+1, object{{"type", "number"}}))
		if h.Classes() > 0 { // by the parameter classification
			outputs = append(outputs, output("BYTES", 2, object{{"type", "string"}}))
		}
	}
	return closed(object{
		{"model_name", oneText(v.name)}, {"model_version", oneText(v.Version())},
		{"id", object{{"type", "string"}, {"maxLength", maxID}}},
		{"outputs", listSchema(object{{"oneOf", outputs}}, 1, len(v.Heads))},
	}, []string{"model_name", "model_version", "outputs"})
}

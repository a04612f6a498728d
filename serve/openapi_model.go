package serve

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"braid/feature"
	"braid/predictor"
	"braid/tensor"
)

// This file has the OpenAPI document of a model: its columns are the members of a request to /ask,
// and its heads those of the reply. It has all paths that the server offers for the model; those of
// the protocol are in openapi_paths.go. The document of the server, openapi.json, has all routes.

// object is a JSON object whose members keep their order.
type object []member

type member struct {
	name  string
	value any
}

// MarshalJSON writes the members.
func (o object) MarshalJSON() ([]byte, error) {
	var text bytes.Buffer
	for i, m := range o {
		text.WriteByte("{,"[min(i, 1)])
		for j, part := range []any{m.name, m.value} {
			content, err := json.Marshal(part)
			if err != nil {
				return nil, err
			}
			text.WriteString([]string{"", ":"}[j])
			text.Write(content)
		}
	}
	if len(o) == 0 {
		text.WriteByte('{')
	}
	text.WriteByte('}')
	return text.Bytes(), nil
}

// closed returns the schema of an object that has these members alone, some of which are required.
func closed(properties object, required []string) object {
	o := object{{"type", "object"}}
	if len(required) > 0 {
		o = append(o, member{"required", required})
	}
	return append(o, member{"properties", properties}, member{"additionalProperties", false})
}

// mostInEnum is the most values that a schema lists.
const mostInEnum = 200

// modelOpenAPI answers with the OpenAPI document of a model.
func (s *Server) modelOpenAPI(w http.ResponseWriter, r *http.Request) error {
	v, err := s.version(r)
	if err != nil {
		return err
	}
	return replyJSON(w, v.openAPI())
}

// openAPI returns the document of a version.
func (v *version) openAPI() object {
	asJSON, asForm, asText := object{}, object{}, object{}
	var required []string
	for i := range v.Columns {
		c := &v.Columns[i]
		a := describeColumn(c)
		asJSON = append(asJSON, member{c.Name, jsonSchema(c, a)})
		asForm = append(asForm, member{c.Name, formSchema(a)})
		asText = append(asText, member{c.Name, object{{"type", "string"}}})
		if !a.Optional {
			required = append(required, c.Name)
		}
	}
	answer := described("The answers of all heads.", content(v.answerSchema()))
	refusal := described("Why there is no answer.", content(closed(object{
		{"error", object{{"type", "string"}, {"minLength", 1}}},
		{"field", object{{"type", "string"}, {"description", "The field that is wrong."}}},
	}, []string{"error"})))
	ask := object{
		{"operationId", "ask"},
		{"summary", "Ask the model " + v.name},
		{"parameters", []object{{{"name", "model"}, {"in", "query"}, {"required", true},
			{"schema", object{{"type", "string"}, {"enum", []string{v.name}}}}}}},
		{"requestBody", object{{"required", true}, {"content", append(content(closed(asJSON, required)),
			member{"multipart/form-data", object{{"schema", closed(asForm, required)}}},
			member{"application/x-www-form-urlencoded", object{{"schema", closed(asText, required)}}})}}},
		{"responses", object{{"200", answer}, {"default", refusal}}},
	}
	itself := object{
		{"operationId", "openapi"}, {"summary", "This document"},
		{"responses", object{{"200", described("This document.", content(object{{"type", "object"}}))},
			{"default", refusal}}},
	}
	return object{
		{"openapi", "3.0.3"},
		{"info", object{{"title", v.name}, {"version", v.Version()},
			{"description", "The columns that the model reads, and the heads that answer. A value that " +
				"training did not have is answered too, with a note. /openapi.json describes all routes " +
				"of the server."}}},
		{"servers", []object{{{"url", "/"}}}},
		{"security", []object{{}, {{"bearer", []string{}}}}},
		{"paths", append(object{{"/ask", object{{"post", ask}}},
			{"/models/" + url.PathEscape(v.name) + "/openapi.json", object{{"get", itself}}},
		}, v.protocolPaths()...)},
		{"components", object{{"securitySchemes", object{{"bearer", object{
			{"type", "http"}, {"scheme", "bearer"}}}}}}},
	}
}

// jsonSchema returns the schema of a column's value in JSON.
func jsonSchema(c *predictor.Column, a columnAbout) object {
	var forms []object
	switch a.Form {
	case feature.AsNumber:
		number := object{{"type", "number"}}
		if a.Decimal == "." { // else the numbers of JSON have another mark
			forms = append(forms, append(number, a.bounds()...), number)
		}
		forms = append(forms, textSchema())
	case feature.AsChoice:
		if n := len(a.Values); n > 0 && n <= mostInEnum && a.Unnamed == 0 {
			forms = append(forms, object{{"type", "string"}, {"enum", a.Values}})
		}
		forms = append(forms, textSchema())
	case feature.AsTruth:
		forms = append(forms, truthSchemas(a)...)
	case feature.AsDate:
		date := textSchema()
		if a.Layout == "2006-01-02" {
			date = append(date, member{"format", "date"})
		}
		forms = append(forms, date)
	case feature.AsFile:
		forms = append(forms, object{{"type", "string"}, {"format", "byte"}})
		if in := c.Inputs[0]; len(c.Inputs) == 1 && in.DType == tensor.Uint8 {
			pixel := object{{"type", "integer"}, {"minimum", 0}, {"maximum", 255}}
			forms = append(forms, arraySchema(tensor.Shape{in.Shape.Size()}, pixel))
		}
	case feature.AsArray:
		forms = append(forms, arraySchemas(a)...)
	default:
		forms = append(forms, textSchema())
	}
	forms = append(forms, cellLists(c, a)...)
	schema := forms[0]
	if len(forms) > 1 {
		schema = object{{"anyOf", forms}}
	}
	if a.Optional { // nullable has an effect beside a type alone
		for i := range forms {
			forms[i] = append(forms[i], member{"nullable", true})
		}
		if len(forms) == 1 {
			schema = forms[0]
		}
	}
	return append(schema, a.about()...)
}

// cellLists returns the schemas of lists that stand for a cell: of values, or of the ids of tokens.
func cellLists(c *predictor.Column, a columnAbout) []object {
	switch _, isTokens := c.Encoder.(*feature.TokensEncoder); {
	case isTokens:
		in := c.Inputs[0]
		id := object{{"type", "integer"}, {"minimum", 0}, {"maximum", in.Vocabulary - 1}}
		return []object{arraySchema(in.Shape, id)}
	case a.Form == feature.AsText, a.Form == feature.AsList:
		value := object{{"anyOf", []object{{{"type", "string"}}, {{"type", "number"}},
			{{"type", "boolean"}}}}}
		return []object{{{"type", "array"}, {"items", value}}}
	}
	return nil
}

// textSchema is the schema of a text.
func textSchema() object { return object{{"type", "string"}, {"maxLength", maxCell}} }

// bounds returns the range of training.
func (a columnAbout) bounds() (list object) {
	for _, end := range []member{{"minimum", a.Minimum}, {"maximum", a.Maximum}} {
		if v, err := strconv.ParseFloat(end.value.(string), 64); err == nil {
			list = append(list, member{end.name, v})
		}
	}
	return list
}

// truthSchemas returns the schemas of yes and no. A column of words such as yes takes more of them
// than these.
func truthSchemas(a columnAbout) []object {
	no, yes := a.Values[0], a.Values[1]
	if no == "no" && yes == "yes" {
		return []object{{{"type", "boolean"}}, {{"type", "string"}, {"enum", a.Values}}}
	}
	if !a.Closed {
		return []object{{{"type", "string"}, {"enum", []string{yes}}}, textSchema()}
	}
	return []object{{{"type", "string"}, {"enum", a.Values}}}
}

// arraySchemas returns the schemas of numbers: in one array, or nested as the shape.
func arraySchemas(a columnAbout) []object {
	number := object{{"type", "number"}}
	switch {
	case a.IDs > 0:
		number = object{{"type", "integer"}, {"minimum", 0}, {"maximum", a.IDs - 1}}
	case a.Datatype == "INT32":
		number = object{{"type", "integer"}}
	case a.Datatype == "UINT8":
		number = object{{"type", "integer"}, {"minimum", 0}, {"maximum", 255}}
	}
	shape := tensor.Shape(a.Shape)
	list := []object{arraySchema(tensor.Shape{shape.Size()}, number)}
	if len(shape) > 1 {
		list = append(list, arraySchema(shape, number))
	}
	if shape.Size() == 1 {
		list = append(list, number)
	}
	return list
}

// arraySchema returns the schema of arrays nested as a shape.
func arraySchema(shape tensor.Shape, number object) object {
	items := number
	if len(shape) > 1 {
		items = arraySchema(shape[1:], number)
	}
	return object{{"type", "array"}, {"minItems", shape[0]}, {"maxItems", shape[0]}, {"items", items}}
}

// about returns what a schema says of a column for people, and whether it may be null.
func (a columnAbout) about() (list object) {
	var says []string
	say := func(format string, args ...any) { says = append(says, fmt.Sprintf(format, args...)) }
	switch a.Form {
	case feature.AsFile:
		say("A picture in base64, or its pixels.")
	case feature.AsDate:
		say("A date written as %s for 2 January 2006.", a.Layout)
	case feature.AsList:
		say("Values with %q between them.", a.Separator)
	case feature.AsNumber:
		if a.Decimal == "," {
			say("A number with a decimal comma.")
		}
		if a.Unit != "" {
			say("It may have %q around it.", a.Unit)
		}
	}
	if a.Minimum != "" {
		say("Training had %s to %s.", a.Minimum, a.Maximum)
	}
	if n := len(a.Values) + a.Unnamed; n > 0 && a.Form != feature.AsTruth {
		say("Training had %d values.", n)
	}
	if a.Optional {
		say("null, an empty text, or no member at all is a missing value.")
	}
	if says != nil {
		list = append(list, member{"description", strings.Join(says, " ")})
	}
	if v, err := strconv.ParseFloat(a.Example, 64); err == nil && a.Form == feature.AsNumber {
		list = append(list, member{"example", v})
	} else if a.Example != "" {
		list = append(list, member{"example", a.Example})
	}
	return list
}

// formSchema returns the schema of a column's value in a form.
func formSchema(a columnAbout) object {
	if a.Form == feature.AsFile {
		return object{{"type", "string"}, {"format", "binary"}}
	}
	return object{{"type", "string"}}
}

// answerSchema returns the schema of a reply.
func (v *version) answerSchema() object {
	text := object{{"type", "string"}}
	list := object{{"type", "array"}, {"items", text}, {"minItems", 1}}
	var heads []object
	for i := range v.Heads {
		heads = append(heads, headSchema(v.describeHead(&v.Heads[i]), &v.Heads[i]))
	}
	return closed(object{
		{"model", object{{"type", "string"}, {"enum", []string{v.name}}}},
		{"version", text},
		{"heads", object{{"type", "array"}, {"minItems", len(heads)}, {"maxItems", len(heads)},
			{"items", object{{"oneOf", heads}}}}},
		{"contradictions", list},
		{"notes", list},
		{"saw", object{{"type", "string"}, {"format", "byte"}}},
	}, []string{"model", "version", "heads"})
}

// headSchema returns the schema of a head's answer.
func headSchema(a headAbout, h *predictor.Head) object {
	label := object{{"type", "string"}}
	name := object{{"type", "string"}}
	if n := len(a.Labels); n > 0 && n <= mostInEnum {
		name = append(name, member{"enum", a.Labels})
		if a.Separator == "" { // one of them, not several in one text
			label = name
		}
	}
	probability := object{{"type", "number"}, {"minimum", 0}, {"maximum", 1}}
	properties := object{
		{"name", object{{"type", "string"}, {"enum", []string{a.Name}}}},
		{"label", label},
		{"probability", probability},
		{"unsure", object{{"type", "boolean"}}},
	}
	required := []string{"name", "label", "probability", "unsure"}
	switch {
	case len(a.Labels) > 0 || h.IsClassifier() || h.IsBinary():
		n := h.Classes()
		choice := closed(object{{"label", name}, {"probability", probability}},
			[]string{"label", "probability"})
		properties = append(properties, member{"answers", object{{"type", "array"}, {"minItems", n},
			{"maxItems", n}, {"items", choice}}})
		required = append(required, "answers")
	case h.Shape.Size() == 1:
		number := object{{"type", "number"}}
		if a.Unit != "" {
			number = append(number, member{"description", "In " + a.Unit + "."})
		}
		properties = append(properties, member{"number", number})
		required = append(required, "number")
		if _, ok := unitDecoder(h); ok {
			properties = append(properties, member{"short", object{{"type", "string"},
				{"description", "The label with fewer digits, to be read."}}})
			required = append(required, "short")
		}
	}
	return closed(properties, required)
}

package serve

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"braid/feature"
	"braid/predictor"
	"braid/target"
	"braid/tensor"
)

// about describes a model in the answer to /models, which is for the page.
type about struct {
	Name    string        `json:"name"`
	Version string        `json:"version"`
	Ready   bool          `json:"ready"`
	Inputs  []columnAbout `json:"inputs"` // by column
	Heads   []headAbout   `json:"heads"`
	Scores  []scoreAbout  `json:"scores"`
	Samples []sampleAbout `json:"samples"`
}

// columnAbout describes a column, which is a field of /ask. It is in the answer to /models and in
// the metadata of the Open Inference Protocol.
type columnAbout struct {
	Name     string       `json:"name"`
	Type     string       `json:"type"`
	Form     feature.Form `json:"form"`
	Optional bool         `json:"optional"`

	Values  []string `json:"values,omitempty"` // at most mostListed
	Unnamed int      `json:"unnamed_values,omitempty"`
	Closed  bool     `json:"closed,omitempty"`

	Minimum   string `json:"minimum,omitempty"`
	Maximum   string `json:"maximum,omitempty"`
	Decimal   string `json:"decimal,omitempty"`
	Unit      string `json:"unit,omitempty"`
	Separator string `json:"separator,omitempty"`
	Layout    string `json:"layout,omitempty"`
	Length    int    `json:"length,omitempty"`
	Example   string `json:"example,omitempty"`

	// Of numbers alone.
	Datatype string `json:"datatype,omitempty"`
	Shape    []int  `json:"shape,omitempty"`
	IDs      int    `json:"ids,omitempty"` // ids are below it

	// For the page.
	Image *imageAbout `json:"image,omitempty"` // of a picture that can be drawn
	Text  *textAbout  `json:"text,omitempty"`  // of a text with a tokenizer
}

// mostListed is the most values of a column that descriptions list.
const mostListed = 1000

// describeColumn returns the description of a column.
func describeColumn(c *predictor.Column) columnAbout {
	d := feature.Describe(c.Encoder)
	a := columnAbout{
		Name: c.Name, Type: c.Encoder.Kind(), Form: d.Form, Optional: d.Optional,
		Values: d.Values, Closed: d.Closed,
		Minimum: d.Least, Maximum: d.Most, Decimal: d.Decimal, Unit: d.Unit,
		Separator: d.Separator, Layout: d.Layout, Length: d.Length, Example: d.Example,
	}
	if a.Unnamed = max(0, len(a.Values)-mostListed); a.Unnamed > 0 {
		a.Values = a.Values[:mostListed]
	}
	if in := c.Inputs[0]; d.Form == feature.AsArray {
		a.Shape, a.IDs, a.Datatype = notNil(in.Shape), in.Vocabulary, "FP32"
		switch in.DType {
		case tensor.Int32:
			a.Datatype = "INT32"
		case tensor.Uint8:
			a.Datatype = "UINT8"
		}
	}
	return a
}

type imageAbout struct {
	Height int `json:"height"`
	Width  int `json:"width"`
}

type textAbout struct {
	Words     []string `json:"words"`
	Most      int      `json:"most"` // words of a text
	Questions []string `json:"questions"`
}

type headAbout struct {
	Name   string   `json:"name"`
	Type   string   `json:"type"`
	Labels []string `json:"labels"`
	Asked  bool     `json:"asked"` // it answers a text input

	Unit      string `json:"unit,omitempty"`      // of a number
	Separator string `json:"separator,omitempty"` // of labels, between those of an answer
}

// describeHead returns the description of a head.
func (v *version) describeHead(h *predictor.Head) headAbout {
	a := headAbout{Name: h.Column, Labels: notNil(h.Labels), Asked: v.asked(h.Name)}
	switch d := h.Decoder().(type) {
	case nil:
		a.Type = "numbers"
		return a
	case target.NumberDecoder:
		a.Unit = d.Strip
	case target.LabelsDecoder:
		a.Separator = d.Separator
	}
	a.Type = h.Decoder().Kind()
	return a
}

type scoreAbout struct {
	Name  string   `json:"name"`
	Value *float64 `json:"value"` // null where it was not finite
}

type sampleAbout struct {
	Image []byte `json:"image"` // grey bytes, base64
}

// describeAll answers with descriptions of all models.
func (s *Server) describeAll(w http.ResponseWriter, _ *http.Request) error {
	list := make([]about, 0, len(s.models))
	for _, m := range s.models {
		a := m.current.Load().page
		a.Ready = !s.leaving.Load()
		list = append(list, a)
	}
	return replyJSON(w, struct {
		Models []about `json:"models"`
	}{list})
}

// describe returns the description of a model that is ready.
func (v *version) describe() about {
	a := about{Name: v.name, Version: v.Version(), Scores: v.scores(), Samples: v.samples()}
	for i := range v.Columns {
		c := &v.Columns[i]
		in := describeColumn(c)
		if isDrawn(c) {
			in.Image = &imageAbout{c.Inputs[0].Shape[0], c.Inputs[0].Shape[1]}
		}
		if words, ok := c.Encoder.(*feature.TokensEncoder); ok {
			in.Text = &textAbout{
				Words:     notNil(words.Tokenizer.Words()),
				Most:      words.Padding.Length,
				Questions: notNil(words.Texts),
			}
		}
		a.Inputs = append(a.Inputs, in)
	}
	for i := range v.Heads {
		a.Heads = append(a.Heads, v.describeHead(&v.Heads[i]))
	}
	return a
}

// isDrawn reports whether a column takes grey pictures, which the page can draw.
func isDrawn(c *predictor.Column) bool { return c.ReadsFiles() && len(c.Inputs[0].Shape) == 2 }

// samples returns the samples of the first image input.
func (v *version) samples() []sampleAbout {
	list := []sampleAbout{}
	image := slices.IndexFunc(v.Inputs, func(in predictor.Input) bool { return isDrawn(in.Column) })
	if image < 0 || v.File.Samples == nil {
		return list
	}
	in := &v.Inputs[image]
	if t := v.File.Samples.Inputs[in.Name]; t.DType() == tensor.Uint8 {
		for bytes := range slices.Chunk(t.Uint8s(), in.Shape.Size()) {
			list = append(list, sampleAbout{bytes})
		}
	}
	return list
}

// asked reports whether a head answers the question of a text input. Without rules, these are the
// heads that depend on a text input.
func (v *version) asked(head string) bool {
	if v.rules != nil {
		return v.rules.Asked(head)
	}
	reads := map[string]bool{}
	for i := range v.Inputs {
		_, isText := v.Inputs[i].Column.Encoder.(*feature.TokensEncoder)
		reads[v.Inputs[i].Name] = isText
	}
	for _, node := range v.File.Model.Nodes() { // each after the nodes that it reads
		for _, in := range node.Inputs {
			reads[node.Name] = reads[node.Name] || reads[in]
		}
	}
	return reads[head]
}

// notNil returns the list, or an empty one for nil, which JSON writes as null.
func notNil[S ~[]E, E any](list S) S {
	if list == nil {
		return S{}
	}
	return list
}

// scores returns the scores on the validation data in the model's file.
func (v *version) scores() []scoreAbout {
	var training struct {
		Final []scoreAbout `json:"final"`
	}
	list := []scoreAbout{}
	if json.Unmarshal(v.File.Training, &training) == nil {
		for _, f := range training.Final {
			if strings.HasPrefix(f.Name, "val_") {
				list = append(list, f)
			}
		}
	}
	return list
}

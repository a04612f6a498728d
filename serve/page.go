package serve

import (
	"crypto/sha256"
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"

	"braid/internal/suggest"
	"braid/modelfile"
	"braid/tensor"
)

//go:embed page
var pageFiles embed.FS

// policy lets the page load what this server holds, and nothing else.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// pageTypes are the types of the page's files; those that the system knows differ from one to the next.
var pageTypes = map[string]string{
	".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8",
	".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml",
}

// page is what people see.
func (s *Server) page(w http.ResponseWriter, r *http.Request) error {
	return s.file(w, r, "index.html")
}

func (s *Server) pageFile(w http.ResponseWriter, r *http.Request) error {
	return s.file(w, r, r.PathValue("file"))
}

// file answers with the whole file, for all are small: no Range is read, of which some could not be answered.
func (s *Server) file(w http.ResponseWriter, r *http.Request, name string) error {
	content, err := fs.ReadFile(pageFiles, path.Join("page", name))
	if err != nil {
		return notFound("the page has no file %q", suggest.Shorten(name))
	}
	tag := fmt.Sprintf(`"%x"`, sha256.Sum256(content))
	h := w.Header()
	h.Set("ETag", tag)
	h.Set("Content-Security-Policy", policy)
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-cache")
	if has(r.Header.Values("If-None-Match"), tag) {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	h.Set("Content-Type", pageTypes[path.Ext(name)])
	h.Set("Content-Length", strconv.Itoa(len(content)))
	w.WriteHeader(http.StatusOK)
	w.Write(content)
	return nil
}

// has tells whether a browser has a file already, by what its If-None-Match says.
func has(headers []string, tag string) bool {
	for _, header := range headers {
		for each := range strings.SplitSeq(header, ",") {
			if each = strings.TrimSpace(each); each == "*" || strings.TrimPrefix(each, "W/") == tag {
				return true
			}
		}
	}
	return false
}

//go:embed openapi.json
var openAPIDocument []byte

// openAPI tells what the server does, as OpenAPI 3.
func (s *Server) openAPI(w http.ResponseWriter, _ *http.Request) error {
	reply(w, http.StatusOK, openAPIDocument)
	return nil
}

// about is what /models, for the page, says of a model.
type about struct {
	Name    string        `json:"name"`
	Version string        `json:"version"`
	Ready   bool          `json:"ready"`
	Inputs  []inputAbout  `json:"inputs"`
	Heads   []headAbout   `json:"heads"`
	Scores  []scoreAbout  `json:"scores"`
	Samples []sampleAbout `json:"samples"`
}

type inputAbout struct {
	Name  string      `json:"name"`
	Image *imageAbout `json:"image,omitempty"`
	Text  *textAbout  `json:"text,omitempty"`
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
	Labels []string `json:"labels"`
	Asked  bool     `json:"asked"` // it answers a text input; the others speak of the rest alone
}

type scoreAbout struct {
	Name  string   `json:"name"`
	Value *float64 `json:"value"` // null where it was not finite
}

type sampleAbout struct {
	Image []byte `json:"image"` // grey bytes, base64
}

// describeAll tells of all models.
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

// describe makes what the page needs to know of a model.
func (v *version) describe() about {
	a := about{Name: v.name, Version: v.Version(), Scores: v.scores(), Samples: []sampleAbout{}}
	for i := range v.Inputs {
		in := &v.Inputs[i]
		own := inputAbout{Name: in.Name}
		switch {
		case in.IsImage():
			own.Image = &imageAbout{in.Shape[0], in.Shape[1]}
		case in.IsText():
			own.Text = &textAbout{orNone(in.Text.Tokenizer.Words()), in.Shape.Size(), orNone(in.Text.Questions)}
		}
		a.Inputs = append(a.Inputs, own)
	}
	for _, h := range v.Heads {
		a.Heads = append(a.Heads, headAbout{h.Name, orNone(h.Labels), v.asked(h.Name)})
	}
	if image := slices.IndexFunc(a.Inputs, func(in inputAbout) bool { return in.Image != nil }); image >= 0 && v.File.Samples != nil {
		if t := v.File.Samples.Inputs[a.Inputs[image].Name]; t.DType() == tensor.Uint8 {
			for bytes := range slices.Chunk(t.Uint8s(), v.Inputs[image].Shape.Size()) {
				a.Samples = append(a.Samples, sampleAbout{bytes})
			}
		}
	}
	return a
}

// asked reports whether a head answers what a text input asks. The file's rules name such heads.
// Without rules they are all heads that the graph leads a text to.
func (v *version) asked(head string) bool {
	speaks := func(r modelfile.Rule) bool { return r.Head == head }
	if len(v.File.Rules) > 0 {
		return slices.ContainsFunc(v.File.Rules, speaks)
	}
	reads := map[string]bool{}
	for i := range v.Inputs {
		reads[v.Inputs[i].Name] = v.Inputs[i].IsText()
	}
	for _, node := range v.File.Model.Nodes() { // each after the nodes that it reads
		for _, in := range node.Inputs {
			reads[node.Name] = reads[node.Name] || reads[in]
		}
	}
	return reads[head]
}

// orNone makes an empty list of JSON, not null, of none.
func orNone(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

// scores are the figures on the validation data that the model's file tells.
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

package serve

import (
	"cmp"
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

	"braid/feature"
	"braid/internal/suggest"
	"braid/predictor"
	"braid/tensor"
)

//go:embed page
var pageFiles embed.FS

// policy lets the page load from this server, and from nowhere else.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; " +
	"img-src 'self' data: blob:; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// pageTypes are the Content-Types of the page's files. Package mime's differ between systems.
var pageTypes = map[string]string{
	".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8",
	".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml",
}

// pageFile answers with a file of the page, which is index.html at /. The files are small: it
// ignores Range, which could only add errors.
func (s *Server) pageFile(w http.ResponseWriter, r *http.Request) error {
	name := cmp.Or(r.PathValue("file"), "index.html")
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
	if matches(r.Header.Values("If-None-Match"), tag) {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	h.Set("Content-Type", pageTypes[path.Ext(name)])
	h.Set("Content-Length", strconv.Itoa(len(content)))
	w.WriteHeader(http.StatusOK)
	w.Write(content)
	return nil
}

// matches reports whether If-None-Match has a file's ETag: the browser has the file already.
func matches(headers []string, tag string) bool {
	for each := range strings.SplitSeq(strings.Join(headers, ","), ",") {
		if each = strings.TrimSpace(each); each == "*" || strings.TrimPrefix(each, "W/") == tag {
			return true
		}
	}
	return false
}

//go:embed openapi.json
var openAPIDocument []byte

// openAPI answers with the description of all routes, as OpenAPI 3.
func (s *Server) openAPI(w http.ResponseWriter, _ *http.Request) error {
	reply(w, http.StatusOK, openAPIDocument)
	return nil
}

// about describes a model in the answer to /models, which is for the page.
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
	Asked  bool     `json:"asked"` // it answers a text input
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
	for i := range v.Inputs {
		in := &v.Inputs[i]
		described := inputAbout{Name: in.Name}
		words, isText := in.Column.Encoder.(*feature.TokensEncoder)
		switch {
		case isDrawn(in):
			described.Image = &imageAbout{in.Shape[0], in.Shape[1]}
		case isText:
			described.Text = &textAbout{
				Words:     notNil(words.Tokenizer.Words()),
				Most:      in.Shape.Size(),
				Questions: notNil(words.Texts),
			}
		}
		a.Inputs = append(a.Inputs, described)
	}
	for _, h := range v.Heads {
		a.Heads = append(a.Heads, headAbout{h.Column, notNil(h.Labels), v.asked(h.Name)})
	}
	return a
}

// isDrawn reports whether an input takes grey pictures, which the page can draw.
func isDrawn(in *predictor.Input) bool { return in.Column.ReadsFiles() && len(in.Shape) == 2 }

// samples returns the samples of the first image input.
func (v *version) samples() []sampleAbout {
	list := []sampleAbout{}
	image := slices.IndexFunc(v.Inputs, func(in predictor.Input) bool { return isDrawn(&in) })
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
func notNil(list []string) []string {
	if list == nil {
		return []string{}
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

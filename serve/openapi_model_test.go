package serve

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"
)

// modelContract is the OpenAPI document of a model.
type modelContract struct {
	doc    *openapi3.T
	router routers.Router
}

// newModelContract reads and validates the document that the server has of a model.
func newModelContract(t *testing.T, r *running, model string) *modelContract {
	t.Helper()
	got := r.call(t, "GET", "/models/"+model+"/openapi.json", nil)
	doc, err := openapi3.NewLoader().LoadFromData(got.body)
	if err != nil {
		t.Fatalf("%v: %.500s", err, got.body)
	}
	if err := doc.Validate(t.Context()); err != nil {
		t.Fatal(err)
	}
	doc.Servers = nil
	router, err := legacy.NewRouter(doc)
	if err != nil {
		t.Fatal(err)
	}
	return &modelContract{doc, router}
}

// call sends a request to /ask. It returns the reply, and the errors of the request and the reply
// against the document.
func (c *modelContract) call(
	t *testing.T, r *running, model, kind string, body []byte,
) (got response, wrong, lie error) {
	t.Helper()
	path := "/ask?model=" + model
	got = r.call(t, "POST", path, body, "Content-Type", kind)
	request, err := http.NewRequest("POST", r.url+path, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", kind)
	route, params, err := c.router.FindRoute(request)
	if err != nil {
		t.Fatal(err)
	}
	in := &openapi3filter.RequestValidationInput{Request: request, PathParams: params, Route: route,
		Options: &openapi3filter.Options{
			AuthenticationFunc:      openapi3filter.NoopAuthenticationFunc,
			SchemaValidationOptions: short,
		}}
	wrong = openapi3filter.ValidateRequest(context.Background(), in)
	out := &openapi3filter.ResponseValidationInput{RequestValidationInput: in, Status: got.status,
		Header: got.header, Options: in.Options}
	out.SetBodyBytes(got.body)
	return got, wrong, openapi3filter.ValidateResponse(context.Background(), out)
}

// The document of each model is valid, lists its columns in order, and agrees with the server on
// requests of all kinds and their replies.
func TestModelOpenAPI(t *testing.T) {
	folder := t.TempDir()
	shop, films, odd := filepath.Join(folder, "shop"), filepath.Join(folder, "films"), saveNumbers(t)
	saveShop(t, shop)
	saveFilms(t, films)
	r := start(t, func(c *Config) {
		c.Models = append(c.Models, ModelPath{Path: shop}, ModelPath{Path: films}, ModelPath{Path: odd})
	})
	red := striped(t)
	picture := `"look":"` + base64.StdEncoding.EncodeToString(red) + `"`
	script, err := json.Marshal(evil)
	if err != nil {
		t.Fatal(err)
	}
	form, formBody := form(t, "look", "image/png", string(red), "weight", "", "12,5",
		"名前", "", "大阪")
	pixels := `{"image":` + pixelsJSON(t) + `,"question":"odd number"}`
	for _, c := range []struct {
		model, kind, body string
		status            int
		wrong             bool // the request is not as the document says
	}{
		{"shop", asJSON, `{` + picture + `}`, 200, false},
		{"shop", asJSON, `{"look":null,"title":null,"weight":"","city":null}`, 200, false},
		{"shop", asJSON, `{"title":"two words","weight":"12,5 kg","city":"city 7","名前":"大阪",` +
			`"fresh":true,"day":"2024-03-09","moment":"11.02.2023 08:30","tags":"red;big",` +
			`"path":"a > b1",` + string(script) + `:"v2"}`, 200, false},
		{"shop", asJSON, `{"fresh":"no","city":"Atlantis"}`, 200, false},
		{"shop", form, string(formBody), 200, false},
		{"shop", asJSON, `{"colour":"red"}`, 400, true},
		{"shop", asJSON, `{"weight":{"kg":1}}`, 400, true},
		{"shop", asJSON, `{"fresh":"maybe"}`, 400, true},
		{"shop", asJSON, `{"day":"yesterday"}`, 400, true},
		{"shop", asJSON, `{"look":7}`, 400, true},
		{"films", asJSON, `{"Year":1999,"Running Time":"101","Budget":25000.5}`, 200, false},
		{"films", asJSON, `{"Year":1066}`, 200, false}, // outside the range of training
		{"films", asJSON, `{"Year":[1,2,3]}`, 400, true},
		{"odd", asJSON, `{"signal":[[1,2,3],[4,5,6.5]],"ids":[1,2,3,5],"one":0.5}`, 200, false},
		{"odd", asJSON, `{"signal":[1,2,3,4,5,6.5],"ids":[1,2,3,5],"one":[0.5]}`, 200, false},
		{"odd", asJSON, `{"signal":[1,2,3,4,5,6.5],"ids":[1,2,3,6],"one":[0.5]}`, 400, true},
		{"odd", asJSON, `{"signal":[1,2,3,4,5],"ids":[1,2,3,5],"one":[0.5]}`, 400, true},
		{"odd", asJSON, `{"ids":[1,2,3,5],"one":[0.5]}`, 400, true},
		{"digitqa", asJSON, pixels, 200, false},
		{"digitqa", asJSON, `{"question":"odd number"}`, 400, true},
	} {
		contract := newModelContract(t, r, c.model)
		got, wrong, lie := contract.call(t, r, c.model, c.kind, []byte(c.body))
		if got.status != c.status {
			t.Errorf("%s %.90s: status %d: %.200s", c.model, c.body, got.status, got.body)
		}
		if (wrong != nil) != c.wrong {
			t.Errorf("%s %.90s: the request: %v, want an error: %v", c.model, c.body, wrong, c.wrong)
		}
		if lie != nil {
			t.Errorf("%s %.90s: the reply: %v\n%.400s", c.model, c.body, lie, got.body)
		}
	}
	for _, m := range r.models {
		contract := newModelContract(t, r, m.name)
		body := contract.doc.Paths.Value("/ask").Post.RequestBody.Value.Content
		want := m.current.Load().ColumnNames()
		text := r.call(t, "GET", "/models/"+m.name+"/openapi.json", nil).body
		text = text[bytes.Index(text, []byte(`"requestBody"`)):]
		last := 0
		for kind, media := range body {
			if n := len(media.Schema.Value.Properties); n != len(want) {
				t.Errorf("%s, %s: %d columns, want %d", m.name, kind, n, len(want))
			}
		}
		for _, name := range want {
			if body[asJSON].Schema.Value.Properties[name] == nil {
				t.Errorf("%s lacks %q", m.name, name)
			}
			quoted, err := json.Marshal(name)
			if err != nil {
				t.Fatal(err)
			}
			at := bytes.Index(text, append(quoted, ':'))
			if at < last {
				t.Errorf("%s: %q is not in the order of the columns", m.name, name)
			}
			last = at
		}
	}
	if got := r.call(t, "GET", "/models/none/openapi.json", nil); got.status != 404 {
		t.Errorf("status %d", got.status)
	}
}

// The document has the values, the range and the labels of a model.
func TestModelOpenAPIDetails(t *testing.T) {
	folder := t.TempDir()
	shop, films := filepath.Join(folder, "shop"), filepath.Join(folder, "films")
	saveShop(t, shop)
	saveFilms(t, films)
	r := start(t, func(c *Config) {
		c.Models = append(c.Models, ModelPath{Path: shop}, ModelPath{Path: films})
	})
	properties := func(model string) openapi3.Schemas {
		doc := newModelContract(t, r, model).doc
		return doc.Paths.Value("/ask").Post.RequestBody.Value.Content[asJSON].Schema.Value.Properties
	}
	p := properties("shop")
	enum := p[evil].Value.AnyOf[0].Value.Enum
	if len(enum) != 4 || !slices.Contains(enum, any("v3")) {
		t.Errorf("the choices are %v", enum)
	}
	city := p["city"].Value
	if city.AnyOf != nil || !strings.Contains(city.Description, "Training had 300 values.") ||
		!city.Nullable {
		t.Errorf("a column of 300 values is %+v", city)
	}
	year := properties("films")["Year"].Value.AnyOf[0].Value
	if year.Min == nil || *year.Min < 1950 || year.Max == nil || *year.Max > 2029 {
		t.Errorf("the range is %v to %v", year.Min, year.Max)
	}
	heads := newModelContract(t, r, "shop").doc.Paths.Value("/ask").Post.Responses.Status(200).
		Value.Content[asJSON].Schema.Value.Properties["heads"].Value
	if n := heads.Items.Value.OneOf[0].Value.Properties["answers"].Value.MinItems; n != 99 ||
		heads.MinItems != 4 {
		t.Errorf("%d heads, the first of %d classes", heads.MinItems, n)
	}
}

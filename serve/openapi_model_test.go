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

// ask sends a request to /ask.
func (c *modelContract) ask(
	t *testing.T, r *running, model, kind string, body []byte,
) (got response, wrong, lie error) {
	t.Helper()
	return c.call(t, r, "POST", "/ask?model="+model, kind, body)
}

// call sends a request. It returns the reply, and the errors of the request and the reply against
// the document.
func (c *modelContract) call(
	t *testing.T, r *running, method, path, kind string, body []byte,
) (got response, wrong, lie error) {
	t.Helper()
	var headers []string
	if kind != "" {
		headers = []string{"Content-Type", kind}
	}
	got = r.call(t, method, path, body, headers...)
	request, err := http.NewRequest(method, r.url+path, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", kind)
	route, params, err := c.router.FindRoute(request)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
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
		{"shop", "application/x-www-form-urlencoded", "weight=12%2C5&title=two+words", 200, false},
		{"shop", asJSON, `{"title":["two","words",3],"tags":["red","big"],"path":[]}`, 200, false},
		{"shop", asJSON, `{"title":[["two"]]}`, 400, true},
		{"digitqa", asJSON, `{"image":` + pixelsJSON(t) + `,"question":[5,6]}`, 200, false},
		{"digitqa", asJSON, `{"image":` + pixelsJSON(t) + `,"question":["odd","number"]}`, 400, true},
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
		got, wrong, lie := contract.ask(t, r, c.model, c.kind, []byte(c.body))
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
	// In OpenAPI 3.0.3 nullable has an effect beside a type alone.
	if s := p[evil].Value; s.Nullable || !s.AnyOf[0].Value.Nullable || !s.AnyOf[1].Value.Nullable {
		t.Errorf("the choices may not be null: %s", jsonOf(t, s))
	}
	if got := properties("films")["Year"].Value.Example; got != 1989. {
		t.Errorf("the example of a number is %#v", got)
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

// The document of a model has all paths that the server has for it, and agrees with the server on
// requests of the protocol and their replies.
func TestModelOpenAPIPaths(t *testing.T) {
	folder := t.TempDir()
	shop, odd := filepath.Join(folder, "shop"), saveNumbers(t)
	saveShop(t, shop)
	r := start(t, func(c *Config) {
		c.Models = append(c.Models, ModelPath{Path: shop}, ModelPath{Path: odd})
	})
	other := []string{"GET /v2", "GET /models", "GET /metrics", "GET /openapi.json", "GET /{$}",
		"GET /page/{file}"} // of the server, not of a model
	for _, m := range r.models {
		contract := newModelContract(t, r, m.name)
		names := strings.NewReplacer("{model}", m.name, "{version}", m.current.Load().Version())
		paths := contract.doc.Paths.Map()
		for _, route := range r.routed {
			if slices.Contains(other, route) {
				continue
			}
			method, path, _ := strings.Cut(names.Replace(route), " ")
			if paths[path] == nil || paths[path].GetOperation(method) == nil {
				t.Errorf("the document of %s lacks %s %s", m.name, method, path)
			}
			delete(paths, path)
			if method != "GET" {
				continue
			}
			got, wrong, lie := contract.call(t, r, method, path, "", nil)
			if got.status != 200 || wrong != nil || lie != nil {
				t.Errorf("%s: status %d, %v, %v: %.300s", path, got.status, wrong, lie, got.body)
			}
		}
		for path := range paths {
			t.Errorf("the document of %s has %s, the server does not", m.name, path)
		}
	}
	const ids = `{"name":"ids","datatype":"INT32","shape":[1,4],"data":[1,2,3,5]}`
	const one = `{"name":"one","datatype":"FP32","shape":[1,1],"data":[0.5]}`
	signal := func(data string) string {
		return `{"name":"signal","datatype":"FP32","shape":[1,2,3],"data":` + data + `}`
	}
	all := signal("[1,2,3,4,5,6.5]") + "," + ids + "," + one
	digit := imageInput("UINT8", 1, jsonOf(t, ints(leaning(3))))
	cells := func(weight string) string {
		var inputs []string
		for _, in := range r.models[1].current.Load().metadata().Inputs {
			column := in.Parameters["column"].(string)
			text := map[string]string{"weight": weight, "fresh": "yes", evil: "v2"}[column]
			inputs = append(inputs, `{"name":`+jsonOf(t, in.Name)+`,"datatype":"BYTES","shape":[1,1],`+
				`"data":[`+jsonOf(t, text)+`]}`)
		}
		return strings.Join(inputs, ",")
	}
	for _, c := range []struct {
		model, more, inputs string
		status              int
		wrong               bool
	}{
		{"odd", "", all, 200, false},
		{"odd", `"id":"7","outputs":[{"name":"yes"},{"name":"state","parameters":{"classification":2}}],`,
			all, 200, false},
		{"odd", "", signal("[[[1,2,3],[4,5,6]]]") + "," + ids + "," + one, 200, false},
		{"odd", "", signal("[1,2,3,4,5,6]") + "," + ids, 400, true},
		{"odd", `"outputs":[{"name":"none"}],`, all, 400, true},
		{"odd", "", strings.Replace(all, "FP32", "FP64", 1), 400, true},
		{"odd", "", strings.Replace(all, "[1,2,3]", "[1,6]", 1), 400, true},
		{"odd", "", strings.Replace(all, "2,3,5", "2,3,6", 1), 400, true},
		{"odd", "", strings.Replace(all, `"signal"`, `"sign"`, 1), 400, true},
		{"odd", "", strings.Replace(all, `[0.5]`, `["0.5"]`, 1), 400, true},
		{"shop", "", cells("12,5 kg"), 200, false},
		{"shop", "", cells(""), 200, false},
		{"shop", "", strings.Replace(cells("1"), `["1"]`, `[1]`, 1), 400, true},
		{"digitqa", "", digit + "," + oddNumber, 200, false},
		{"digitqa", "", digit, 400, true},
	} {
		contract := newModelContract(t, r, c.model)
		body := `{` + c.more + `"inputs":[` + c.inputs + `]}`
		path := "/v2/models/" + c.model + "/infer"
		got, wrong, lie := contract.call(t, r, "POST", path, asJSON, []byte(body))
		if got.status != c.status || (wrong != nil) != c.wrong || lie != nil {
			t.Errorf("%s %.200s\nstatus %d, want %d: %.300s\nthe request: %v, want an error: %v\n"+
				"the reply: %v", c.model, body, got.status, c.status, got.body, wrong, c.wrong, lie)
		}
	}
}

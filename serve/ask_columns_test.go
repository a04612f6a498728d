package serve

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"braid"
	"braid/experiment"
	"braid/feature"
	"braid/internal/braidtest"
	"braid/layer"
	"braid/modelfile"
	"braid/predictor"
	"braid/tensor"
)

// saveThings writes a model of columns of several types, untrained, and returns it with a picture.
func saveThings(t *testing.T, path string) (m *predictor.Model, red []byte) {
	t.Helper()
	red = striped(t)
	var rows strings.Builder
	rows.WriteString("look,weight,story,kind,price\n")
	for i := range 60 {
		fmt.Fprintf(&rows, "red.png,%d,a thing of part %d,%s,%d\n", 3*i%17, i%5,
			[]string{"cup", "axe", "bow"}[i%3], i*i)
	}
	m = saveExperiment(t, path, rows.String(), "name: things\ndata: rows.csv\n"+
		"inputs: {look: {type: image, size: 8}, weight: number, story: text}\n"+
		"heads: {kind: category, price: number}\n", map[string][]byte{"red.png": red})
	return m, red
}

// striped returns a picture as PNG.
func striped(t *testing.T) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, 4, 6))
	for i := range 24 {
		img.Set(i%4, i/4, color.RGBA{200, uint8(9 * i), 60, 255})
	}
	return braidtest.PNG(t, img)
}

// saveExperiment writes the model of an experiment, untrained. The rows are in rows.csv.
func saveExperiment(
	t *testing.T, path, rows, settings string, files map[string][]byte,
) *predictor.Model {
	t.Helper()
	folder := t.TempDir()
	all := map[string][]byte{"rows.csv": []byte(rows), "e.yaml": []byte(settings)}
	maps.Copy(all, files)
	for name, content := range all {
		if err := os.WriteFile(filepath.Join(folder, name), content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	e, err := experiment.Read(filepath.Join(folder, "e.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	l, err := e.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	b, err := l.Build(t.Context(), experiment.Options{})
	if err != nil {
		t.Fatal(err)
	}
	f := &modelfile.File{Model: b.Model, Features: b.Features, Targets: b.Targets}
	if err := modelfile.Save(path, f); err != nil {
		t.Fatal(err)
	}
	m, err := predictor.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// /ask answers values of columns as predictor.Ask does, from JSON and from a form.
func TestAskColumns(t *testing.T) {
	var m *predictor.Model
	var red []byte
	r := start(t, func(c *Config) {
		path := filepath.Join(t.TempDir(), "things.safetensors")
		m, red = saveThings(t, path)
		c.Models = []ModelPath{{Name: "things", Path: path}}
	})
	want, err := m.Ask(map[string]feature.Value{
		"look": {Content: red}, "weight": {Text: "12.5"}, "story": {Text: "a part of 3"},
	})
	if err != nil {
		t.Fatal(err)
	}
	picture, err := json.Marshal(base64.StdEncoding.EncodeToString(red))
	if err != nil {
		t.Fatal(err)
	}
	form := "--x\r\nContent-Disposition: form-data; name=\"look\"; filename=\"a.png\"\r\n\r\n" +
		string(red) + "\r\n--x\r\nContent-Disposition: form-data; name=\"weight\"\r\n\r\n12.5" +
		"\r\n--x\r\nContent-Disposition: form-data; name=\"story\"\r\n\r\na part of 3\r\n--x--\r\n"
	for kind, body := range map[string]string{
		asJSON: fmt.Sprintf(`{"look": %s, "weight": 12.5, "story": "a part of 3"}`,
			picture),
		"multipart/form-data; boundary=x": form,
	} {
		got := r.call(t, "POST", "/ask", []byte(body), "Content-Type", kind)
		var a answerJSON
		if err := json.Unmarshal(got.body, &a); err != nil || got.status != 200 {
			t.Fatalf("%s: status %d (%v): %s", kind, got.status, err, got.body)
		}
		if len(a.Heads) != 2 || a.Heads[0].Head != "kind" || a.Heads[1].Head != "price" ||
			a.Heads[0].Label != want["kind"].Text || a.Heads[1].Label != want["price"].Text ||
			a.Heads[0].Probability != want["kind"].Probability || a.Notes != nil ||
			len(a.Heads[0].Answers) != 3 || a.Heads[0].Answers[0].Label != "axe" {
			t.Errorf("%s: got %s, want %+v", kind, got.body, want)
		}
	}
	got := r.call(t, "POST", "/ask", []byte(`{"story": null}`), "Content-Type", asJSON)
	if want := "no value is given for look, weight"; !strings.Contains(string(got.body), want) {
		t.Errorf("got %s, want the note %q", got.body, want)
	}
	got = r.call(t, "GET", "/v2/models/things", nil)
	for _, want := range []string{
		`"columns":[{"name":"look","type":"image","form":"file","optional":true},` +
			`{"name":"weight","type":"number","form":"number","optional":true,"minimum":"0",` +
			`"maximum":"16","decimal":".","example":"8"},` +
			`{"name":"story","type":"text","form":"text","optional":true,"length":5,` +
			`"example":"a of part"}]`,
		`"labels":["axe","bow","cup"]`, `{"name":"look","datatype":"UINT8","shape":[-1,8,8,3]`,
	} {
		if !strings.Contains(string(got.body), want) {
			t.Errorf("the metadata are %s, want %s", got.body, want)
		}
	}
}

// A bad value is the client's mistake, and the answer names the column.
func TestAskBadColumns(t *testing.T) {
	r := start(t, func(c *Config) {
		path := filepath.Join(t.TempDir(), "things.safetensors")
		saveThings(t, path)
		c.Models = []ModelPath{{Path: path}}
	})
	bodies := map[string]string{
		`{"weight": "heavy"}`:     `"weight": got "heavy", want a number`,
		`{"weight": [1, 2]}`:      `"weight": got "1;2", want a number`,
		`{"weight": [[1]]}`:       `"weight": got a list with [1], want texts, numbers`,
		`{"look": 7}`:             `"look": got 7, want a picture in base64`,
		`{"look": "red.png"}`:     `"look": wrong base64`,
		`{"look": "R0lGODlh"}`:    `"look": the GIF is cut short`,
		`{"storey": "a part"}`:    `"story"`,
		`{"weight":1,"weight":2}`: `two fields are named "weight"`,
		`{"story": "` + strings.Repeat("x", maxCell+1) + `"}`: `"story": got a text of`,
	}
	for _, body := range slices.Sorted(maps.Keys(bodies)) {
		got := r.call(t, "POST", "/ask", []byte(body), "Content-Type", asJSON)
		if got.status < 400 || got.status >= 500 || !strings.Contains(got.text(t), bodies[body]) {
			t.Errorf("%.60s: status %d: %s, want %s", body, got.status, got.body, bodies[body])
		}
		field, _, _ := strings.Cut(body[2:], `"`)
		if !strings.Contains(string(got.body), `"field":"`+field+`"`) {
			t.Errorf("%.60s: %s, want its field", body, got.body)
		}
		if held := r.memory.held(); held != 0 {
			t.Errorf("%.60s: %d bytes of the budget are held", body, held)
		}
	}
}

// The field of a form that is unknown, given twice, or coded in an unknown way is named too. A
// request without any field is refused, though each column may be missing.
func TestAskBadForms(t *testing.T) {
	r := start(t, func(c *Config) {
		path := filepath.Join(t.TempDir(), "things.safetensors")
		saveThings(t, path)
		c.Models = []ModelPath{{Path: path}}
	})
	const query = "application/x-www-form-urlencoded"
	two, twice := form(t, "weight", "", "1", "weight", "", "2")
	one, unknown := form(t, "model", "", "things", "wait", "", "1")
	only, nothing := form(t, "model", "", "things")
	const none = `no field is given, want one or more of "look", "weight", "story"`
	for _, c := range []struct{ kind, body, field, want string }{
		{two, string(twice), "weight", `two fields are named "weight"`},
		{one, string(unknown), "wait", `unknown column "wait"`},
		{only, string(nothing), "", none},
		{query, "weight=1&weight=2", "weight", `two fields are named "weight"`},
		{query, "weight=1&wait=2", "wait", `did you mean "weight"?`},
		{query, "", "", none},
		{asJSON, `{}`, "", none},
		{asJSON, `{"model":"things"}`, "", none},
	} {
		got := r.call(t, "POST", "/ask", []byte(c.body), "Content-Type", c.kind)
		var reply struct{ Error, Field string }
		if err := json.Unmarshal(got.body, &reply); err != nil || got.status != 400 ||
			reply.Field != c.field || !strings.Contains(reply.Error, c.want) {
			t.Errorf("%.60q: status %d: %s, want the field %q, %s", c.body, got.status, got.body,
				c.field, c.want)
		}
	}
}

// A request may have a field for each column, also of a model with more columns than most have.
func TestAskManyColumns(t *testing.T) {
	const columns = 70
	g := braid.NewGraph("wide")
	var all []*braid.Node
	var f modelfile.File
	given := map[string]string{}
	for i := range columns {
		name := fmt.Sprint("column ", i)
		e := &feature.NumberEncoder{Scale: feature.Scale{Median: 5, Spread: 3, Max: 10}}
		all = append(all, g.Input(name, tensor.Float32, 2))
		f.Features = append(f.Features, modelfile.Feature{Column: name, Encoder: e})
		given[name] = "7"
	}
	g.Head("sum", layer.Dense{Units: 1}, g.Add("both", layer.Concatenate{}, all...))
	path := saveNetwork(t, g, f)
	r := start(t, func(c *Config) { c.Models = append(c.Models, ModelPath{Path: path}) })
	given["model"] = "wide"
	got := r.call(t, "POST", "/ask", []byte(jsonOf(t, given)), "Content-Type", asJSON)
	var a answerJSON
	if err := json.Unmarshal(got.body, &a); err != nil || got.status != 200 || a.Notes != nil ||
		len(a.Heads) != 1 || a.Heads[0].Number == nil {
		t.Errorf("status %d: %s", got.status, got.body)
	}
	given["column 70"] = "7"
	got = r.call(t, "POST", "/ask", []byte(jsonOf(t, given)), "Content-Type", asJSON)
	if want := "there are more than 71 fields"; got.status != 400 || got.text(t) != want {
		t.Errorf("status %d: %s, want %s", got.status, got.body, want)
	}
}

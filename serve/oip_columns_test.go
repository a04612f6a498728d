package serve

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"math"
	"net/http"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"braid/feature"
	"braid/internal/braidtest"
	"braid/predictor"
)

// stranger is a client of the protocol that knows of a model what its metadata say, and no more.
type stranger struct {
	Inputs []struct {
		Name, Datatype string
		Shape          []int
		Parameters     struct {
			Column       string
			FileDatatype string `json:"file_datatype"`
		}
	}
	Parameters struct {
		Columns []struct {
			Name, Form, Example string
			Optional            bool
			Values              []string
			Minimum, Maximum    string
			Shape               []int
		}
	}
}

// texts returns three values of a column of cells: the example, another value, and a missing one.
func (s *stranger) texts(t *testing.T, column string) []string {
	t.Helper()
	for _, c := range s.Parameters.Columns {
		if c.Name != column {
			continue
		}
		first := c.Example
		if first == "" {
			first = "some words"
		}
		other := first
		switch {
		case len(c.Values) > 0:
			other = c.Values[len(c.Values)-1]
		case c.Maximum != "":
			other = c.Maximum
		}
		if !c.Optional {
			return []string{first, other, other}
		}
		return []string{first, other, ""}
	}
	t.Fatalf("the metadata do not describe the column %q", column)
	return nil
}

// files are three pictures, the last of them missing.
func files(t *testing.T) []string {
	t.Helper()
	list := make([]string, 3)
	for i := range 2 {
		img := image.NewGray(image.Rect(0, 0, 40, 30+10*i))
		for at := range img.Pix {
			img.Pix[at] = 255
		}
		for at := range 20 {
			img.Set(10+at%7, 5+at, color.Gray{uint8(3 * at)})
		}
		list[i] = string(braidtest.PNG(t, img))
	}
	return list
}

// A client that has read nothing but a model's metadata sends three rows, as JSON and as binary
// data, with all kinds of inputs. The answers are those of predictor.
func TestStranger(t *testing.T) {
	folder := t.TempDir()
	shop, films, odd := filepath.Join(folder, "shop"), filepath.Join(folder, "films"), saveNumbers(t)
	saveShop(t, shop)
	saveFilms(t, films)
	r := start(t, func(c *Config) {
		c.Models = append(c.Models, ModelPath{Path: shop}, ModelPath{Path: films}, ModelPath{Path: odd})
	})
	for _, served := range r.models {
		t.Run(served.name, func(t *testing.T) {
			var s stranger
			got := r.call(t, "GET", "/v2/models/"+served.name, nil)
			if err := json.Unmarshal(got.body, &s); err != nil {
				t.Fatal(err)
			}
			for _, isBinary := range []bool{false, true} {
				body, length, rows := s.request(t, isBinary)
				headers := []string{"Content-Type", asJSON}
				if isBinary {
					headers = []string{headerLength, strconv.Itoa(length)}
				}
				got := r.call(t, "POST", "/v2/models/"+served.name+"/infer", body, headers...)
				checkOutputs(t, got, predicted(t, served.current.Load().Model, rows))
			}
			if held := r.memory.held(); held != 0 {
				t.Errorf("%d bytes of the budget are held", held)
			}
		})
	}
}

// request returns a request with three rows, the length of its JSON, and the rows: values of cells
// by column, numbers as []float64.
func (s *stranger) request(t *testing.T, isBinary bool) ([]byte, int, []map[string]any) {
	t.Helper()
	rows := []map[string]any{{}, {}, {}}
	var inputs []map[string]any
	var rest bytes.Buffer
	for i, in := range s.Inputs {
		column := in.Parameters.Column
		made := map[string]any{"name": in.Name, "datatype": in.Datatype}
		before := rest.Len()
		if in.Datatype == "BYTES" || in.Parameters.FileDatatype != "" {
			texts, isFile := []string(nil), in.Parameters.FileDatatype != ""
			if isFile {
				texts, made["datatype"] = files(t), "BYTES"
				if !s.optional(column) {
					texts[2] = texts[0]
				}
			} else {
				texts = s.texts(t, column)
			}
			made["shape"] = []int{3, 1}
			inJSON := slices.Clone(texts)
			for row, text := range texts {
				rows[row][column] = feature.Value{Text: text}
				if isFile {
					rows[row][column] = feature.Value{Content: []byte(text)}
					if text == "" {
						rows[row][column] = feature.Value{}
					}
					inJSON[row] = base64.StdEncoding.EncodeToString([]byte(text))
				}
				rest.Write(binary.LittleEndian.AppendUint32(nil, uint32(len(text))))
				rest.WriteString(text)
			}
			made["data"] = inJSON
		} else {
			size := 1
			for _, n := range in.Shape[1:] {
				size *= n
			}
			var all []float64
			for row := range 3 {
				var numbers []float64
				for at := range size {
					v := float64((row + 2*at + i) % 5)
					numbers = append(numbers, v)
					if in.Datatype == "INT32" {
						rest.Write(binary.LittleEndian.AppendUint32(nil, uint32(v)))
					} else {
						rest.Write(binary.LittleEndian.AppendUint32(nil, math.Float32bits(float32(v))))
					}
				}
				rows[row][column] = numbers
				all = append(all, numbers...)
			}
			made["shape"], made["data"] = append([]int{3}, in.Shape[1:]...), all
		}
		if isBinary {
			delete(made, "data")
			made["parameters"] = map[string]any{"binary_data_size": rest.Len() - before}
		}
		inputs = append(inputs, made)
	}
	text, err := json.Marshal(map[string]any{"inputs": inputs})
	if err != nil {
		t.Fatal(err)
	}
	length := len(text)
	if isBinary {
		text = append(text, rest.Bytes()...)
	}
	return text, length, rows
}

func (s *stranger) optional(column string) bool {
	for _, c := range s.Parameters.Columns {
		if c.Name == column {
			return c.Optional
		}
	}
	return false
}

// predicted returns the outputs of each head for rows, computed without the server.
func predicted(t *testing.T, m *predictor.Model, rows []map[string]any) [][]float32 {
	t.Helper()
	list := make([][]float32, len(m.Heads))
	for _, row := range rows {
		b := m.NewBatch(1)
		for i := range m.Columns {
			c := &m.Columns[i]
			if v, ok := row[c.Name].(feature.Value); ok {
				if _, err := c.Encode(b, 0, v); err != nil {
					t.Fatal(err)
				}
				continue
			}
			slot := c.Slots(b, 0)[0]
			for at, v := range row[c.Name].([]float64) {
				if slot.Ints != nil {
					slot.Ints[at] = int32(v)
				} else {
					slot.Floats[at] = float32(v)
				}
			}
		}
		if err := m.Predict(b); err != nil {
			t.Fatal(err)
		}
		for i := range m.Heads {
			list[i] = append(list[i], b.Output(i, 0)...)
		}
		m.Free(b)
	}
	return list
}

// checkOutputs checks the numbers of a reply in JSON.
func checkOutputs(t *testing.T, got response, want [][]float32) {
	t.Helper()
	var reply struct {
		Outputs []struct {
			Name string
			Data []float32
		}
	}
	if err := json.Unmarshal(got.body, &reply); err != nil || got.status != http.StatusOK ||
		len(reply.Outputs) != len(want) {
		t.Fatalf("status %d (%v): %.400s", got.status, err, got.body)
	}
	for i, out := range reply.Outputs {
		if !slices.Equal(out.Data, want[i]) {
			t.Errorf("%s: got %v, want %v", out.Name, out.Data, want[i])
		}
	}
}

// The inputs of the network that a column of cells fills are accepted too, all of them and not
// beside the cells.
func TestPartsOfColumns(t *testing.T) {
	path := filepath.Join(t.TempDir(), "things")
	var m *predictor.Model
	r := start(t, func(c *Config) {
		m = saveExperiment(t, path, "x,y\n"+strings.Repeat("1,a\n5,b\n9,a\n4,b\n", 20),
			"name: waves\ndata: rows.csv\ninputs: {x: {type: number, encoder: periodic}}\n"+
				"heads: {y: category}\n", nil)
		c.Models = []ModelPath{{Path: path}}
	})
	row := map[string]any{"x": feature.Value{Text: "7"}}
	want := predicted(t, m, []map[string]any{row})
	b := m.NewBatch(1)
	defer m.Free(b)
	if _, err := m.Columns[0].Encode(b, 0, feature.Value{Text: "7"}); err != nil {
		t.Fatal(err)
	}
	parts := fmt.Sprintf(`{"name":"x","datatype":"FP32","shape":[1,2],"data":%s},`+
		`{"name":"x::waves","datatype":"FP32","shape":[1,32],"data":%s}`,
		jsonOf(t, b.Inputs[0].Float32s()), jsonOf(t, b.Inputs[1].Float32s()))
	const cell = `{"name":"x","datatype":"BYTES","shape":[1,1],"data":[`
	text := cell + `"7"]}`
	waves := `{"name":"x::waves","datatype":"FP32","shape":[1,32],"data":` +
		jsonOf(t, b.Inputs[1].Float32s()) + `}`
	for _, inputs := range []string{parts, text} {
		got := r.call(t, "POST", "/v2/models/waves/infer", []byte(`{"inputs":[`+inputs+`]}`))
		checkOutputs(t, got, want)
	}
	first, _, _ := strings.Cut(parts, "},")
	for inputs, want := range map[string]string{
		text + "," + waves: `input "x::waves" is given, and so are the cells of input "x"`,
		waves:              `input "x" is missing, want each of "x"`,
		first + "}":        `input "x::waves" is missing`,
		cell + `"seven"]}`: `input "x": got "seven"`,
		cell + `7]}`:       `input "x": text 0: got 7, want a string`,
	} {
		got := r.call(t, "POST", "/v2/models/waves/infer", []byte(`{"inputs":[`+inputs+`]}`))
		if got.status != 400 || !strings.Contains(got.text(t), want) {
			t.Errorf("%.90s: status %d: %s, want %s", inputs, got.status, got.body, want)
		}
	}
	var meta modelJSON
	if err := json.Unmarshal(r.call(t, "GET", "/v2/models/waves", nil).body, &meta); err != nil {
		t.Fatal(err)
	}
	if len(meta.Inputs) != 1 || meta.Inputs[0].Datatype != "BYTES" ||
		len(meta.Inputs[0].Parameters["also_inputs"].([]any)) != 2 {
		t.Errorf("the metadata list %+v", meta.Inputs)
	}
}

// A file that cannot be decoded is the client's mistake, and takes no memory for good.
func TestBadFiles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "things")
	r := start(t, func(c *Config) {
		saveThings(t, path)
		c.Models = append(c.Models, ModelPath{Path: path})
	})
	rest := `{"name":"weight","datatype":"BYTES","shape":[1,1],"data":[""]},` +
		`{"name":"story","datatype":"BYTES","shape":[1,1],"data":[""]}`
	for _, c := range []struct {
		model, name, more, data string
		status                  int
		want                    string
	}{
		{"things", "look", "," + rest, "R0lGODlh", 400, `input "look": text 0: the GIF is cut short`},
		{"things", "look", "," + rest, "no base64!", 400, `input "look": text 0: wrong base64`},
		{"things", "look", "," + rest, "aGFsbG8=", 415, `input "look": text 0: got text`},
		{"digitqa", "image", "," + oddNumber, "", 400, `input "image": text 0: a picture is missing`},
	} {
		body := fmt.Sprintf(`{"inputs":[{"name":%q,"datatype":"BYTES","shape":[1,1],"data":[%q]}%s]}`,
			c.name, c.data, c.more)
		got := r.call(t, "POST", "/v2/models/"+c.model+"/infer", []byte(body))
		if got.status != c.status || !strings.Contains(got.text(t), c.want) {
			t.Errorf("%s: status %d: %s, want %d, %s", body, got.status, got.body, c.status, c.want)
		}
		if held := r.memory.held(); held != 0 {
			t.Errorf("%s: %d bytes of the budget are held", body, held)
		}
	}
	head := `{"inputs":[{"name":"look","datatype":"BYTES","shape":[1,1],` +
		`"parameters":{"binary_data_size":10}},` + rest + `]}`
	got := r.call(t, "POST", "/v2/models/things/infer", []byte(head+"\x06\x00\x00\x00GIF89a"),
		headerLength, strconv.Itoa(len(head)))
	if want := `input "look": file 0: the GIF is cut short`; got.status != 400 ||
		!strings.Contains(got.text(t), want) {
		t.Errorf("status %d: %s, want %s", got.status, got.body, want)
	}
}

package serve

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"braid/feature"
)

// tensorsOf reads the outputs of a reply, in JSON and in binary.
func tensorsOf(t *testing.T, r response) (reply struct {
	ID      string `json:"id"`
	Model   string `json:"model_name"`
	Version string `json:"model_version"`
	Outputs []struct {
		Name, Datatype string
		Shape          []int
		Data           []float32
		Parameters     struct {
			Size int `json:"binary_data_size"`
		}
	}
}) {
	t.Helper()
	if r.status != http.StatusOK {
		t.Fatalf("status %d: %s", r.status, r.body)
	}
	text, rest := r.body, []byte(nil)
	if length := r.header.Get(headerLength); length != "" {
		n, err := strconv.Atoi(length)
		if err != nil || r.header.Get("Content-Type") != "application/octet-stream" {
			t.Fatalf("headers are %v", r.header)
		}
		text, rest = r.body[:n], r.body[n:]
	}
	if err := json.Unmarshal(text, &reply); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	for i := range reply.Outputs {
		out := &reply.Outputs[i]
		for range out.Parameters.Size / 4 {
			out.Data = append(out.Data, math.Float32frombits(binary.LittleEndian.Uint32(rest)))
			rest = rest[4:]
		}
	}
	if len(rest) > 0 {
		t.Fatalf("%d bytes follow", len(rest))
	}
	return reply
}

// A request gets the model's answer, to the bit, in each way to write it.
func TestInferEveryWay(t *testing.T) {
	r := start(t)
	rows := r.predict(t, []int{7, 40}, []int32{4, 6, 3, 2}) // even number, half upper
	pixels := append(leaning(7), leaning(40)...)
	var nested [2][28][28]int
	for i, v := range pixels {
		nested[i/784][i/28%28][i%28] = int(v)
	}
	written := strings.ReplaceAll(jsonOf(t, ints(pixels)), ",", ".0, ") // as by numpy's tolist
	floats := rows.Inputs[0].Float32s()
	const (
		words = `{"name":"question","shape":[2,1],"datatype":"BYTES",` +
			`"data":["even number","half upper"]}`
		nestedWords = `{"data":[["even number"],["half upper"]],"datatype":"BYTES",` +
			`"shape":[2,1],"name":"question","parameters":{"other":[1]}}`
		ids       = `{"name":"question","shape":[2,2],"datatype":"INT32","data":[4,6,3,2]}`
		nestedIDs = `{"name":"question","shape":[2,2],"datatype":"INT32","data":[[4,6],[3,2]]}`
	)
	floatBytes, err := binary.Append(nil, binary.LittleEndian, floats)
	if err != nil {
		t.Fatal(err)
	}
	idBytes, err := binary.Append(nil, binary.LittleEndian, []int32{4, 6, 3, 2})
	if err != nil {
		t.Fatal(err)
	}
	texts := binaryTexts("even number", "half upper")
	uint8s := imageInput("UINT8", 2, jsonOf(t, ints(pixels)))
	fp32s := imageInput("FP32", 2, jsonOf(t, floats))
	for name, request := range map[string]struct {
		inputs []string
		binary []byte // follows the JSON
	}{
		"UINT8, flat":     {[]string{uint8s, words}, nil},
		"UINT8 as floats": {[]string{imageInput("UINT8", 2, written), words}, nil},
		"UINT8, nested":   {[]string{nestedWords, imageInput("UINT8", 2, jsonOf(t, nested))}, nil},
		"FP32":            {[]string{fp32s, ids}, nil},
		"INT32, nested":   {[]string{fp32s, nestedIDs}, nil},
		"binary bytes": {
			[]string{binaryInput("image", "UINT8", "[2,28,28]", 1568), words}, pixels,
		},
		"binary both": {
			[]string{
				binaryInput("question", "BYTES", "[2]", len(texts)),
				binaryInput("image", "FP32", "[2,28,28]", 6272),
			},
			slices.Concat(texts, floatBytes),
		},
		"binary ids": {
			[]string{binaryInput("question", "INT32", "[2,2]", 16), uint8s}, idBytes,
		},
	} {
		body := inferJSON(request.inputs...)
		var headers []string
		if request.binary != nil {
			headers = []string{headerLength, strconv.Itoa(len(body))}
		}
		body = append(body, request.binary...)
		got := tensorsOf(t, r.call(t, "POST", inferPath, body, headers...))
		version := r.models[0].current.Load().Version()
		if got.Model != "digitqa" || got.Version != version || got.ID != "" ||
			len(got.Outputs) != 2 {
			t.Errorf("%s: the reply is %+v", name, got)
			continue
		}
		for i, out := range got.Outputs {
			want := []string{"digit", "answer"}[i]
			shape := [][]int{{2, 10}, {2, 1}}[i]
			values := rows.Outputs[i].Float32s()
			if out.Name != want || out.Datatype != "FP32" || !slices.Equal(out.Shape, shape) ||
				!slices.Equal(out.Data, values) {
				t.Errorf("%s: output %+v\nwant %s %v %v", name, out, want, shape, values)
			}
		}
	}
}

func TestOutputs(t *testing.T) {
	r := start(t)
	rows := r.predict(t, []int{3}, []int32{5, 6})
	digit, answer := rows.Outputs[0].Float32s(), rows.Outputs[1].Float32s()
	const allBinary = `"parameters":{"binary_data_output":true},`
	for _, c := range []struct {
		more  string
		names []string
		sizes []int // in bytes, as binary data
	}{
		{``, []string{"digit", "answer"}, []int{0, 0}},
		{`"outputs":[{"name":"answer"}],`, []string{"answer"}, []int{0}},
		{
			`"outputs":[{"name":"answer","parameters":{"binary_data":true}},{"name":"digit"}],`,
			[]string{"answer", "digit"}, []int{4, 0},
		},
		{allBinary + `"id":"a \"7\"",`, []string{"digit", "answer"}, []int{40, 4}},
		{
			allBinary + `"outputs":[{"parameters":{"binary_data":false},"name":"digit"},` +
				`{"name":"answer"}],`,
			[]string{"digit", "answer"}, []int{0, 4},
		},
	} {
		got := tensorsOf(t, r.call(t, "POST", inferPath, oneRow(t, 3, "odd number", c.more)))
		if id := strings.Contains(c.more, `"id"`); id != (got.ID == `a "7"`) {
			t.Errorf("%s: the id is %q", c.more, got.ID)
		}
		var names []string
		var sizes []int
		for _, out := range got.Outputs {
			names, sizes = append(names, out.Name), append(sizes, out.Parameters.Size)
			values := digit
			if out.Name == "answer" {
				values = answer
			}
			if !slices.Equal(out.Data, values) {
				t.Errorf("%s: %s is %v, want %v", c.more, out.Name, out.Data, values)
			}
		}
		if !slices.Equal(names, c.names) || !slices.Equal(sizes, c.sizes) {
			t.Errorf("%s: outputs are %v of %v bytes, want %v of %v",
				c.more, names, sizes, c.names, c.sizes)
		}
	}
}

// Each route without a body answers as the protocol says.
func TestAbout(t *testing.T) {
	r := start(t)
	version := r.models[0].current.Load().Version()
	model := `{"name":"digitqa","versions":["` + version + `"],"platform":"braid_safetensors",` +
		`"inputs":[{"name":"image","datatype":"UINT8","shape":[-1,28,28],` +
		`"parameters":{"also_datatype":"FP32","also_shape":[-1,28,28],"column":"image",` +
		`"file_datatype":"BYTES"}},` +
		`{"name":"question","datatype":"BYTES","shape":[-1,1],` +
		`"parameters":{"also_datatype":"INT32","also_shape":[-1,2],` +
		`"column":"question"}}],` +
		`"outputs":[{"name":"digit","datatype":"FP32","shape":[-1,10],` +
		`"parameters":{"column":"digit","type":"category",` +
		`"labels":["0","1","2","3","4","5","6","7","8","9"]}},` +
		`{"name":"answer","datatype":"FP32","shape":[-1,1],` +
		`"parameters":{"column":"answer","type":"binary","labels":["no","yes"]}}],` +
		`"parameters":{"columns":[{"name":"image","type":"digit","form":"file","optional":false},` +
		`{"name":"question","type":"tokens","form":"text","optional":false,` +
		`"values":["lower half","upper half","even number","odd number"],"length":2,` +
		`"example":"odd number"}]}}`
	server := `{"name":"braid","version":"` + Version() +
		`","extensions":["binary_tensor_data","classification"]}`
	for path, want := range map[string]string{
		"/v2":                                    server,
		"/v2/":                                   server,
		"/v2/health/live":                        `{"live":true}`,
		"/v2/health/ready":                       `{"ready":true}`,
		"/v2/models/digitqa":                     model,
		"/v2/models/digitqa/ready":               `{"name":"digitqa","ready":true}`,
		"/v2/models/digitqa/versions/" + version: model,
		"/v2/models/digitqa/versions/" + version + "/ready": `{"name":"digitqa","ready":true}`,
	} {
		got := r.call(t, "GET", path, nil)
		var a, b any
		err := json.Unmarshal(got.body, &a)
		if err != nil || got.status != http.StatusOK || got.header.Get("Content-Type") != asJSON {
			t.Errorf("%s: status %d, %v: %s", path, got.status, got.header, got.body)
		}
		if json.Unmarshal([]byte(want), &b); !reflect.DeepEqual(a, b) {
			t.Errorf("%s: got  %s\nwant %s", path, got.body, want)
		}
		head := r.call(t, "HEAD", path, nil)
		if head.status != http.StatusOK || len(head.body) > 0 {
			t.Errorf("HEAD %s: status %d: %q", path, head.status, head.body)
		}
	}
	path := "/v2/models/digitqa/versions/" + version + "/infer"
	got := r.call(t, "POST", path, oneRow(t, 1, "odd number", ""))
	if got.status != http.StatusOK {
		t.Errorf("the version's infer: status %d: %s", got.status, got.body)
	}
}

// An error while inputs are read that is not the client's mistake gets 500, gives back all memory,
// and is in the log.
func TestReadFails(t *testing.T) {
	const rows = 10 // few enough that the test can count what they take
	type request struct {
		path    string
		body    string
		headers []string
	}
	requests := map[string]func(question string) request{
		"JSON": func(question string) request {
			text := strings.NewReplacer("prime number", question, "odd number", question)
			return request{inferPath, text.Replace(images(rows)), nil}
		},
		"binary": func(question string) request {
			texts := binaryTexts(slices.Repeat([]string{question}, rows)...)
			text := inferJSON(binaryInput("image", "UINT8", "[10,28,28]", rows*784),
				binaryInput("question", "BYTES", "[10]", len(texts)))
			body := string(text) + strings.Repeat("\x07", rows*784) + string(texts)
			return request{inferPath, body, []string{headerLength, strconv.Itoa(len(text))}}
		},
		"ask": func(question string) request {
			body := string(askJSON(pixelsJSON(t), question))
			return request{"/ask", body, []string{"Content-Type", asJSON}}
		},
	}
	for name, c := range map[string]struct {
		spoil func(*feature.TokensEncoder)
		log   string
	}{
		"panic":   {func(q *feature.TokensEncoder) { q.Tokenizer = nil }, "nil pointer"},
		"predict": {func(q *feature.TokensEncoder) { q.Padding.Value = 77 }, "is id 77, want 0 to 7"},
	} {
		for kind, request := range requests {
			r := start(t)
			q := request("half") // no question of the training, so it is tokenized
			if got := r.call(t, "POST", q.path, []byte(q.body), q.headers...); got.status != 200 {
				t.Fatalf("%s: status %d: %.300s", kind, got.status, got.body)
			}
			c.spoil(r.models[0].current.Load().Columns[1].Encoder.(*feature.TokensEncoder))
			got := r.call(t, "POST", q.path, []byte(q.body), q.headers...)
			if got.status != http.StatusInternalServerError || got.text(t) != failureText {
				t.Errorf("%s, %s: status %d: %.300s", name, kind, got.status, got.body)
			}
			eventually(t, func() bool { return strings.Contains(r.logs.String(), c.log) })
			if held := r.memory.held(); held != 0 {
				t.Errorf("%s, %s: %d bytes of the budget are held", name, kind, held)
			}
			if n := r.rejected(t, "failed"); n != 1 {
				t.Errorf("%s, %s: %d requests count as failed, want 1", name, kind, n)
			}
		}
	}
}

// failureText is all that a client reads of a server error.
const failureText = "the server failed at this request: its log says why"

// An unknown error is a server error, and the client does not see its text.
func TestProblemOf(t *testing.T) {
	for _, err := range []error{
		errors.New("of ours"),
		fmt.Errorf("inside: %w", errors.New("of ours")),
		&panicked{value: "of ours"},
		io.ErrUnexpectedEOF,
	} {
		p := problemOf(err)
		if p.status != http.StatusInternalServerError || p.reason != "failed" ||
			p.text != failureText {
			t.Errorf("%v: %+v", err, p)
		}
	}
}

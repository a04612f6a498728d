package serve

import (
	"fmt"
	"strings"
	"testing"
)

// shapeMistakes have datatypes and shapes that do not fit the model.
func shapeMistakes(t testing.TB) (list []mistake) {
	add := func(name, old, new string, status int, says string) {
		list = append(list, changed(t, name, old, new, status, says))
	}
	add("UINT8 is BYTES", `"UINT8"`, `"BYTES"`, 400,
		`input "image" has shape [1 28 28], want rows, then [1]`)
	for _, c := range []struct{ datatype, others, says string }{
		{
			"UINT8", "BOOL UINT16 UINT32 INT8 INT32 INT64 FP16 BF16 FP64 uint8 float32",
			`input "image" has datatype %q, want one of "UINT8", "BYTES", "FP32"`,
		},
		{
			"BYTES", "BOOL UINT8 INT64 FP32 STRING bytes object",
			`input "question" has datatype %q, want one of "BYTES", "INT32"`,
		},
	} {
		for other := range strings.FieldsSeq(c.others) {
			add(c.datatype+" is "+other, `"`+c.datatype+`"`, `"`+other+`"`, 400,
				fmt.Sprintf(c.says, other))
		}
	}
	ofImage := func(shape string, status int, says string) {
		name := "image of " + shape[:min(len(shape), 40)]
		add(name, "[1,28,28]", "["+shape+"]", status, says)
	}
	for _, shape := range []string{
		"1", "1,784", "1,28", "1,28,28,1", "1,28,-28", "1,-28,-28", "1,0,28", "1,28,29",
		"1,1,784", "1,4294967296,4294967296", "1,28,9223372036854775807", "1,1,28,28",
	} {
		axes := strings.ReplaceAll(shape, ",", " ")
		ofImage(shape, 400,
			fmt.Sprintf(`input "image" has shape [%s], want rows, then [28 28]`, axes))
	}
	for _, shape := range []string{
		"9223372036854775808,28,28", "18446744073709551617,28,28", "1.0,28,28", "1e0,28,28",
		`"1",28,28`, "[1],28,28", "null,28,28", "true,28,28", "1.5,28,28", "1,28,NaN", "1,28,",
		",28,28", "1 28 28", "01,28,28", "1" + strings.Repeat("0", 5000),
	} {
		ofImage(shape, 400, `"shape" is not a list of whole numbers`)
	}
	for shape, says := range map[string]string{
		"0,28,28":                    `has shape [0 28 28], want rows first, 1 or more`,
		"-1,28,28":                   `has shape [-1 28 28], want rows first, 1 or more`,
		"-9223372036854775808,28,28": `want rows first, 1 or more`,
		"2,28,28":                    `input "question" has 1 rows, the inputs before it have 2`,
		"28,28":                      `input "question" has 1 rows, the inputs before it have 28`,
		"1,28,28,1,1,1,1,1,1":        `has a shape of more than 8 axes`,
	} {
		ofImage(shape, 400, says)
	}
	for _, rows := range []string{
		"10001", "4294967296", "4294967297", "9223372036854775807", "22000000000000000000",
		"1317624576693539402",
	} {
		add(rows+" rows", "[1,28,28]", "["+rows+",28,28]", 413,
			"rows, at most 10000 are answered at once")
	}
	for shape, says := range map[string]string{
		"[0]":     `want rows first`,
		"[]":      `want rows first`,
		"[1,0]":   `has shape [1 0], want rows, then [1]`,
		"[1,2]":   `has shape [1 2], want rows, then [1]`,
		"[1,1,1]": `want rows, then [1]`,
		"[2]":     `has 2 rows, the inputs before it have 1`,
		"[2,1]":   `has 2 rows`,
		"[1,-1]":  `want rows, then [1]`,
	} {
		add("question of "+shape, "[1,1]", shape, 400, says)
	}
	const (
		image = `{"name":"image","datatype":"UINT8","shape":[9999,28,28],"data":[0]}`
		words = `{"name":"question","datatype":"BYTES","shape":[9999],"data":["odd number"]}`
	)
	return append(list,
		mistake{
			name: "both of 9999 rows", path: inferPath,
			body:   []byte(`{"inputs":[` + image + `,` + words + `]}`),
			status: 400, says: `input "image" has too little data for shape [9999 28 28]`,
		},
		mistake{
			name: "question of 9999 rows", path: inferPath,
			body:   []byte(`{"inputs":[` + words + `,` + image + `]}`),
			status: 400, says: `input "question" has too little data for shape [9999]`,
		})
}

package serve

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// typeMistakes have JSON members that are missing, repeated, or of another type.
func typeMistakes(t testing.TB) (list []mistake) {
	add := func(name, old, new, says string) {
		list = append(list, changed(t, name, old, new, 400, says))
	}
	values := []struct{ text, says string }{
		{`null`, "null"},
		{`true`, "a truth value"},
		{`7`, "a number"},
		{`"x"`, "a string"},
		{`[]`, "a list"},
		{`{}`, "an object"},
		{``, "no JSON"},
	}
	for _, c := range []struct{ member, is, want string }{
		{`"id":"7"`, "a string", "a string"},
		{`"parameters":{"timeout":5000000,"binary_data_output":false}`, "an object", "an object"},
		{`"timeout":5000000`, "a number", "a whole number"},
		{`"binary_data_output":false`, "a truth value", "true or false"},
		{`"name":"image"`, "a string", "a string"},
		{`"datatype":"BYTES"`, "a string", "a string"},
		{`"shape":[1,28,28]`, "a list", "a list of whole numbers"},
		{`"parameters":{"none":0}`, "an object", "an object"},
		{`"name":"digit"`, "a string", "a string"},
		{`"parameters":{"binary_data":false}`, "an object", "an object"},
		{`"binary_data":false`, "a truth value", "true or false"},
	} {
		key, _, _ := strings.Cut(c.member, ":")
		for _, v := range values {
			nullIsGood := v.says == "null" && memberTypes[strings.Trim(key, `"`)].optional
			if v.says == c.is || nullIsGood {
				continue
			}
			says := fmt.Sprintf("%s is %s, want %s", key, v.says, c.want)
			add(c.member+" is "+v.text, c.member, key+":"+v.text, says)
		}
		add(c.member+" twice", c.member, c.member+","+c.member, "has two members named "+key)
	}
	for _, v := range values {
		if v.says == "a number" || v.says == "null" {
			continue
		}
		says := fmt.Sprintf(`"binary_data_size" is %s, want a whole number`, v.says)
		add("size is "+v.text, `"none":0`, `"binary_data_size":`+v.text, says)
	}
	add("data is null", `["odd number"]`, "null", `input "question" has no data`)
	for _, v := range []string{"null", "true", "7", `"x"`, "{}"} {
		add("inputs are "+v, `"inputs":[`, `"inputs":`+v+`,"more":[`, `"inputs" is `)
		if v != "null" {
			add("data is "+v, `["odd number"]`, v, `input "question": data is no list`)
			add("outputs are "+v, `"outputs":[`, `"outputs":`+v+`,"more":[`, `"outputs" is `)
		}
		if v != "{}" {
			add("an input is "+v, `"inputs":[`, `"inputs":[`+v+`,`,
				`"inputs" is not a list of objects: got `)
			add("an output is "+v, `"outputs":[`, `"outputs":[`+v+`,`,
				`"outputs" is not a list of objects: got `)
		}
	}
	for member, says := range map[string]string{
		`"name":"image"`: `unknown input "", want one of "image", "question"`,
		`"datatype":"UINT8"`: `input "image" has datatype "", want one of "UINT8", "BYTES", ` +
			`"FP32"`,
		`"shape":[1,28,28]`:     `input "image" has shape [], want rows first`,
		`"data":["odd number"]`: `input "question" has no data`,
		`"name":"digit"`:        `unknown output "", want one of "digit", "answer"`,
	} {
		add("no "+member, member, `"none":0`, says)
	}
	return slices.Concat(list, nameMistakes(t), parameterMistakes(t))
}

// nameMistakes have unknown, repeated or too many names of inputs and outputs.
func nameMistakes(t testing.TB) (list []mistake) {
	add := func(name, old, new, says string) {
		list = append(list, changed(t, name, old, new, 400, says))
	}
	const image = `{"name":"image","datatype":"UINT8","shape":[1,28,28],"data":PIXELS}`
	const words = `{"name":"question","datatype":"BYTES","shape":[1],"data":["odd number"]}`
	add("no inputs", `"inputs":[`, `"input":[`, `the request has no "inputs"`)
	add("no image", image+",", "",
		`input "image" is missing, want each of "image", "question"`)
	add("inputs empty", `"inputs":[`, `"inputs":[],"others":[`,
		`"inputs" is empty, want one or more of "image", "question"`)
	add("misspelt", `"name":"image"`, `"name":"imgae"`,
		`unknown input "imgae", want one of "image", "question"; did you mean "image"?`)
	add("case", `"name":"question"`, `"name":"Question"`, `did you mean "question"?`)
	add("two questions", image, words, `two inputs are named "question"`)
	add("long name", `"name":"image"`, `"name":"`+strings.Repeat("x", 5000)+`"`,
		`unknown input "xxx`)
	add("unknown output", `"name":"answer"`, `"name":"awnser"`,
		`unknown output "awnser", want one of "digit", "answer"; did you mean "answer"?`)
	add("two outputs", `"name":"answer"`, `"name":"digit"`, `two outputs are named "digit"`)
	const answer = `{"name":"answer"}`
	add("65 outputs", answer, strings.Repeat(answer+",", 64)+answer,
		`"outputs" has more than 64 entries`)
	add("66 inputs", `"inputs":[`, `"inputs":[`+strings.Repeat(`{"name":"image"},`, 64),
		`"inputs" has more than 64 entries`)
	add("many members", `"id":"7"`, manyMembers(64), `more than 64 members`)
	add("long id", `"id":"7"`, `"id":"`+strings.Repeat("7", 1025)+`"`,
		`the id has 1025 bytes, want at most 1024`)
	add("id of bytes", `"id":"7"`, "\"id\":\"\xff\"", `the id is not UTF-8`)
	add("id null twice", `"id":"7"`, `"id":null,"id":"7"`, `has two members named "id"`)
	return list
}

func manyMembers(n int) string {
	var members []string
	for i := range n {
		members = append(members, fmt.Sprintf(`"m%d":%d`, i, i))
	}
	return strings.Join(members, ",")
}

// parameterMistakes have parameters out of range, or ones that the server does not support.
func parameterMistakes(t testing.TB) (list []mistake) {
	add := func(name, old, new, says string) {
		list = append(list, changed(t, name, old, new, 400, says))
	}
	const ofDigit = `"binary_data":false`
	add("classification negative", ofDigit, `"classification":-1`,
		`output "digit" has classification -1, want how many classes`)
	add("classification of a half", ofDigit, `"classification":0.5`,
		`"classification" is not a whole number`)
	add("classification is a text", ofDigit, `"classification":"3"`,
		`"classification" is a string, want a whole number`)
	add("classification is true", ofDigit, `"classification":true`,
		`"classification" is a truth value, want a whole number`)

	const noShared = ` names shared memory, which this server does not have`
	add("shared output",
		ofDigit, `"shared_memory_region":"out","shared_memory_byte_size":40`,
		`output "digit"`+noShared+`: send the data in the request`)
	add("shared output by its offset",
		`{"name":"answer"}`, `{"parameters":{"shared_memory_offset":0},"name":"answer"}`,
		`output "answer" names shared memory`)
	add("shared input", `"none":0`, `"shared_memory_region":"in"`, `input "question"`+noShared)
	add("shared input without data",
		`"data":["odd number"],"parameters":{"none":0}`,
		`"parameters":{"shared_memory_region":"in","shared_memory_byte_size":14}`,
		`input "question" names shared memory`)

	for _, c := range []struct{ name, timeout, says string }{
		{"negative", `-1`, `timeout is -1 microseconds, want 0 to an hour`},
		{"long", `3600000001`, `timeout is 3600000001 microseconds`},
		{"longer", `22000000000000000000`, // overflows in the decoder
			`timeout is 3553255926290448384 microseconds`},
		{"longest", `1` + strings.Repeat("0", 400), `"timeout" is not a whole number`},
		{"broken", `1.5`, `"timeout" is not a whole number`},
		{"1e3", `1e3`, `"timeout" is not a whole number`},
	} {
		add("timeout "+c.name, `5000000`, c.timeout, c.says)
	}
	return list
}

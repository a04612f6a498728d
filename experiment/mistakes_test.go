package experiment

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// good has all sections that an experiment needs. A case adds lines to it.
const good = "data: a.csv\ninputs: {x: number}\nheads: {y: category}\n"

func TestMistakes(t *testing.T) {
	withTestKinds(t)
	deep := strings.Repeat("[", maxDepth) + strings.Repeat("]", maxDepth)
	for _, c := range []struct{ content, want string }{
		// The file.
		{"", `e.yaml:1:1: data is missing, want the file with the rows: data: FILE
e.yaml:1:1: inputs is missing, want columns that the network reads: inputs: {COLUMN: TYPE}
e.yaml:1:1: heads is missing, want columns that the network predicts: heads: {COLUMN: TYPE}`},
		{"data: a.csv\ninputs:\nheads: {}\n",
			`e.yaml:2:1: inputs is empty, want columns that the network reads: inputs: {COLUMN: TYPE}
e.yaml:3:1: heads is empty, want columns that the network predicts: heads: {COLUMN: TYPE}`},
		{"[a, b]", "e.yaml:1:1: the file is a list, want keys such as data, inputs and heads"},
		{"a", `e.yaml:1:1: the file is "a", want keys such as data, inputs and heads`},
		{good + "trian: {epochs: 5}\n",
			`e.yaml:4:1: unknown key "trian" in the file; did you mean "train"?`},
		{good + "train:\n  patience: 3\n  epoch: 5\n",
			`e.yaml:6:3: unknown key "epoch" in train; did you mean "epochs"?`},
		{good + "trunk: {zzz: 1}\n",
			`e.yaml:4:9: unknown key "zzz" in trunk, want one of "units", "dropout"`},
		{good + "name: a/b\n",
			`e.yaml:4:7: name is "a/b", want a name without / and \ that does not begin with a dot`},
		{good + "name: []\n", `e.yaml:4:7: name is a list, want a text`},
		// Data that is divided already.
		{"data: {train: a, validation: b}\ninputs: {x: number}\nheads: {y: category}\nsplit: random\n",
			"e.yaml:4:1: split has no effect: data has the files of each part"},
		{"data: {train: a, test: b}\ninputs: {x: number}\nheads: {y: category}\nsplit: {column: z}\n",
			"e.yaml:4:1: split by column has no effect beside train in data, want validation in data, or " +
				"another split, which takes the validation rows from the training files"},
		// YAML that the grammar does not have.
		{good + "name: &a b\n",
			"e.yaml:4:7: anchor &a: an experiment file has no anchors, repeat the value"},
		{good + "ignore: *a\n", "e.yaml:4:9: not YAML: unknown anchor 'a' referenced"},
		{"data: &a x\nname: *a\n",
			`e.yaml:1:7: anchor &a: an experiment file has no anchors, repeat the value
e.yaml:2:7: alias *a: an experiment file has no aliases, repeat the value`},
		{good + "name: !!str 5\n",
			"e.yaml:4:7: tag !!str: an experiment file has no tags; a text may be in quotes"},
		{good + "name: !x 5\n",
			"e.yaml:4:7: tag !x: an experiment file has no tags; a text may be in quotes"},
		{good + "train: !!map {epochs: 1}\n",
			"e.yaml:4:8: tag !!map: an experiment file has no tags; a text may be in quotes"},
		{good + "train:\n  <<: {epochs: 1}\n",
			"e.yaml:5:3: merge key <<: an experiment file has none; a column << is in quotes"},
		{good + "---\nname: b\n", "e.yaml:4:1: a second document begins, want one in a file"},
		{good + "inputs: {z: text}\n", `e.yaml:4:1: key "inputs" is given twice, first in line 2`},
		{good + "train: {epochs: 5, epochs: 6, epoch: 7}\n",
			`e.yaml:4:20: key "epochs" is given twice, first in line 4
e.yaml:4:31: unknown key "epoch" in train; did you mean "epochs"?`},
		{good + "? [a]\n: 1\n", "e.yaml:4:3: a key is a list, want a name"},
		{good + "ignore: " + deep, "e.yaml:4:40: lists and mappings are nested more than 32 deep"},
		{good + "name: caf\xe9\n", "e.yaml:4:10: the byte 0xe9 is not UTF-8: save the file as UTF-8"},
		{good + "train: [1\n", "e.yaml:5:1: not YAML: while parsing a flow sequence: did not find " +
			"expected ',' or ']'"},
		{good + "train:\n\tepochs: 5\n", "e.yaml:5:1: not YAML: while scanning for the next token: " +
			"found character that cannot start any token; write a text that begins with a sign such as " +
			"@ or - in quotes, and indent with spaces, not tabs"},
		{"data: a: b\n", "e.yaml:1:8: not YAML: mapping values are not allowed in this context; " +
			"write a text with a colon and a space in quotes"},
		{good + "name: -\n", `e.yaml:4:7: not YAML: block sequence entries are not allowed in this ` +
			`context; write "-" in quotes`},
		// Data.
		{"data: {}\ninputs: {x: text}\nheads: {y: category}\n",
			"e.yaml:1:1: data is empty, want the file with the rows: data: FILE"},
		{"data: []\ninputs: {x: text}\nheads: {y: category}\n",
			"e.yaml:1:7: data is an empty list, want a file"},
		{"data: [a, {}]\ninputs: {x: text}\nheads: {y: category}\n",
			"e.yaml:1:11: a file of data is a mapping of keys, want a text"},
		{"data: {file: a, train: b, delimiter: ab, encoding: utf8, missing: x}\n" +
			"inputs: {x: text}\nheads: {y: category}\n",
			`e.yaml:1:17: data has file and train, want one of them
e.yaml:1:38: delimiter in data is "ab", want one character, such as ";" or "\t"
e.yaml:1:52: encoding in data is "utf8", want one of "utf-8", "latin1"
e.yaml:1:67: missing in data is "x", want a list, such as [x]`},
		{"data: {test: b, delimter: \";\"}\ninputs: {x: text}\nheads: {y: category}\n",
			`e.yaml:1:7: data has no file, want file, or train, validation and test
e.yaml:1:17: unknown key "delimter" in data; did you mean "delimiter"?`},
		{"data: {file: a, test: b}\ninputs: {x: text}\nheads: {y: category}\n",
			`e.yaml:1:17: data has test without train, want the rows of both`},
		// Columns.
		{"data: a\ninputs: [x]\nheads: y\n",
			`e.yaml:2:9: inputs is a list, want columns with their types: {COLUMN: TYPE}
e.yaml:3:8: heads is "y", want columns with their types: {COLUMN: TYPE}`},
		{"data: a\ninputs: {x: nubmer, z: {size: 1}, q: , w: [a], v: {type: []}}\nheads: {y: zzz}\n",
			`e.yaml:2:13: unknown type "nubmer" of input "x"; did you mean "number"?
e.yaml:2:24: input "z" has no type, want {type: TYPE, ...}
e.yaml:2:38: input "q" is empty, want its type, or {type: TYPE, ...}
e.yaml:2:43: input "w" is a list, want its type, or {type: TYPE, ...}
e.yaml:2:58: type of input "v" is a list, want a word
e.yaml:3:12: unknown type "zzz" of head "y", want one of "category", "binary", "number"`},
		{"data: a\ninputs: {x: binary}\nheads: {y: image}\n",
			`e.yaml:2:13: input "x" cannot have type "binary", ` +
				`want one of "number", "text", "image", "date", "category"
e.yaml:3:12: head "y" cannot have type "image", want one of "category", "binary", "number"`},
		{"data: a\ninputs:\n  x: number\n  y: text\nheads:\n  y: category\nignore: [y, x, i, i]\n",
			`e.yaml:6:3: column "y" is a head and also an input (line 4), want one of them
e.yaml:7:10: column "y" is ignored and also an input (line 4), want one of them
e.yaml:7:13: column "x" is ignored and also an input (line 3), want one of them
e.yaml:7:19: column "i" is ignored twice`},
		{"data: a\ninputs: {x: text}\nheads:\n  y: {type: number, weight: 0}\n" +
			"  z: {type: number, weight: -1, los: x}\n  w: {type: number, weight: heavy}\n",
			`e.yaml:4:29: weight of head "y" is "0", want a number above 0, at most 1e+09
e.yaml:5:29: weight of head "z" is "-1", want a number above 0, at most 1e+09
e.yaml:5:33: unknown key "los" in head "z"; did you mean "loss"?
e.yaml:6:29: weight of head "w" is "heavy", want a number`},
		{"data: a\nheads: {y: category}\ninputs:\n  x: {type: number, decimal: [], log: yes, " +
			"size: 1.5, bins: 256}\n  y1: {type: number, clip: .inf, missing: a, names: [a], length: 0}\n" +
			"  z: {type: number, window: [1], inner: {rat: 1}, part: 3}\n" +
			"  w: {type: number, size: \"3\", names: {a: b}, length: [], clip: 1e999}\n" +
			"  v: {type: number, size: 13, inner: {rate: 0x1p3}, decimal: }\n" +
			"  u: {type: number, size: 13}\n",
			`e.yaml:4:30: decimal in input "x" is a list, want a text; the empty text is ""
e.yaml:4:39: log in input "x" is "yes", want true or false
e.yaml:4:50: size in input "x" is "1.5", want a whole number
e.yaml:4:61: bins in input "x" is "256", want a whole number, 0 or more
e.yaml:5:28: clip in input "y1" is ".inf", want a number
e.yaml:5:43: missing in input "y1" is "a", want a list, such as [a]
e.yaml:5:53: names in input "y1" is a list, want a mapping of keys
e.yaml:5:66: length in input "y1": got "0", want auto or a number
e.yaml:6:29: window in input "z" has 1 elements, want 2
e.yaml:6:42: unknown key "rat" in inner in input "z"; did you mean "rate"?
e.yaml:6:57: part in input "z" is "3", want a mapping of keys
e.yaml:7:27: size in input "w" is the text "3", want a whole number
e.yaml:7:43: "a" in names in input "w" is "b", want a number
e.yaml:7:55: length in input "w" is a list, want a word or a number
e.yaml:7:65: clip in input "w" is "1e999", want a number
e.yaml:8:45: rate in inner in input "v" is "0x1p3", want a number
e.yaml:8:62: decimal in input "v" is empty, want a text; the empty text is ""
e.yaml:9:27: input "u": size: got 13, want another number`},
		{"data: a\nheads: {y: category}\ninputs: {x: {type: number, log: \"true\"}, z: {type: number, " +
			"log: t}}\n", `e.yaml:3:33: log in input "x" is the text "true", want true or false
e.yaml:3:65: log in input "z" is "t", want true or false`},
		{good + "ignore: id\n", `e.yaml:4:9: ignore is "id", want a list, such as [id]`},
		// Split.
		{good + "split: group\n",
			"e.yaml:4:8: split: group needs a column, want {by: group, column: COLUMN}"},
		{good + "split: radom\n", `e.yaml:4:8: split: unknown split "radom", want one of "random", ` +
			`"group", "time", "column"; did you mean "random"?`},
		{good + "split: {by: time}\n",
			"e.yaml:4:13: split by time needs a column, want column: COLUMN"},
		{good + "split: {by: random, column: u}\n",
			"e.yaml:4:21: column in split has no effect by random, want by: group or time"},
		{good + "split: {by: time, group: u}\n",
			"e.yaml:4:19: split has by and group, want group: COLUMN alone, or by and column"},
		{good + "split: {time: t, group: u}\n",
			"e.yaml:4:9: split has group and time, want time: COLUMN alone, or by and column"},
		{good + "split: {column: part, parts: [70, 15, 15], stratify: y}\n",
			`e.yaml:4:23: parts in split has no effect by column: the column says the part
e.yaml:4:44: stratify in split has no effect by column, want by: random or group`},
		{good + "split: {parts: [70, 15]}\n", "e.yaml:4:16: parts in split has 2 numbers, want three " +
			"percentages whose sum is 100, such as [70, 15, 15]"},
		{good + "split: {parts: [70, 15, 16]}\n", "e.yaml:4:16: the sum of parts in split is 101, want " +
			"three percentages whose sum is 100, such as [70, 15, 15]"},
		{good + "split: {parts: [0, 50, 50]}\n", "e.yaml:4:17: a part of the split is 0, want three " +
			"percentages whose sum is 100, such as [70, 15, 15]"},
		{good + "split: {parts: [120, -10, -10]}\n", "e.yaml:4:17: a part of the split is 120, want " +
			"three percentages whose sum is 100, such as [70, 15, 15]"},
		{good + "split: {parts: [0.7, 0.2, 0.1]}\n",
			`e.yaml:4:17: parts in split is "0.7", want a whole number
e.yaml:4:22: parts in split is "0.2", want a whole number
e.yaml:4:27: parts in split is "0.1", want a whole number`},
		{good + "split: [a]\n", "e.yaml:4:8: split is a list, want a mapping of keys"},
		// Trunk and training.
		{good + "trunk: {units: 128, dropout: 1}\n",
			`e.yaml:4:16: units in trunk is "128", want a list, such as [128, 128]
e.yaml:4:30: dropout in trunk is "1", want a number from 0, less than 1`},
		{good + "trunk: {units: [0, 1]}\n",
			`e.yaml:4:17: a layer of units in trunk is "0", want a whole number from 1 to 1048576`},
		{good + "train: {epochs: 0, batch: small, rate: -1, patience: 1.5, minutes: \"5\", seed: 0, " +
			"mix: equl}\n",
			`e.yaml:4:17: epochs in train is "0", want a whole number from 1 to 1000000
e.yaml:4:27: batch in train is "small", want auto, or a whole number from 1 to 1048576
e.yaml:4:40: rate in train is "-1", want a number above 0, at most 1e+09
e.yaml:4:54: patience in train is "1.5", want a whole number
e.yaml:4:68: minutes in train is the text "5", want a number
e.yaml:4:79: seed in train is "0", want 1 or more
e.yaml:4:87: mix in train: unknown mix "equl", want one of "proportional", "equal"; ` +
				`did you mean "equal"?`},
	} {
		checkMistakes(t, c.content, c.want)
	}
}

func checkMistakes(t *testing.T, content, want string, set ...string) {
	t.Helper()
	_, err := Parse("e.yaml", []byte(content), set...)
	var all Errors
	if !errors.As(err, &all) {
		t.Errorf("%s%v\nerror %v, want Errors", content, set, err)
		return
	}
	if all.Error() != want {
		t.Errorf("%s%v\ngot  %v\nwant %s", content, set, err, want)
	}
	var first *Error
	if !errors.As(err, &first) || first != all[0] {
		t.Errorf("%s: the first mistake is %v", content, first)
	}
}

func TestSetMistakes(t *testing.T) {
	withTestKinds(t)
	for _, c := range []struct{ set, want string }{
		{"train.epoch=5", `--set train.epoch: unknown key "epoch" in train; did you mean "epochs"?`},
		{"train.epochs=five", `--set train.epochs: epochs in train is "five", want a whole number`},
		{"train.epochs=", "--set train.epochs: there is no such key to leave out, want a value"},
		{"train.epochs= # none",
			"--set train.epochs: there is no such key to leave out, want a value"},
		{"train.epochs", "--set train.epochs: want KEY=VALUE, such as train.epochs=5"},
		{"=5", "--set : want keys separated by dots, such as train.epochs"},
		{"train..epochs=5", "--set train..epochs: want keys separated by dots, such as train.epochs"},
		{`"train=5`, `--set "train=5: want KEY=VALUE, such as train.epochs=5`},
		{"name.x=5", `--set name.x: "name" is "n", want a mapping of keys`},
		{"inputs.x.siz=5", `--set inputs.x.siz: unknown key "siz" in input "x"; did you mean "size"?`},
		{"inputs.y=text", `e.yaml:3:9: column "y" is a head and also an input, want one of them`},
		{"inputs.q.size=1", `--set inputs.q.size: input "q" has no type, want {type: TYPE, ...}`},
		{"heads.y.weight=-2",
			`--set heads.y.weight: weight of head "y" is "-2", want a number above 0, at most 1e+09`},
		{"ignore=[a", "--set ignore: not YAML: while parsing a flow sequence: did not find expected " +
			"',' or ']'"},
		{"trian.epochs=5", `--set trian.epochs: unknown key "trian" in the file; did you mean "train"?`},
		{"split.by=group", "--set split.by: split by group needs a column, want column: COLUMN"},
		{strings.Repeat("a.", 40) + "a=1", fmt.Sprintf(
			"--set %s…: lists and mappings are nested more than 32 deep", strings.Repeat("a.", 30))},
	} {
		checkMistakes(t, good+"name: n\n", c.want, c.set)
	}
	checkMistakes(t, good+"nam: x\ntrunk: 3\n",
		`e.yaml:4:1: unknown key "nam" in the file; did you mean "name"?
e.yaml:5:8: trunk is "3", want a mapping of keys
--set name: name is a list, want a text
--set train.epochs: epochs in train is "x", want a whole number`, "train.epochs=x", "name=[]")
}

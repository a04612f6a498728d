package cli

import (
	"cmp"
	"encoding/csv"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"braid/internal/random"
	"braid/internal/report"
)

// reported is a run with four types of heads, and the rows of its test part as a file.
type reported struct {
	folder, run string
	test        [][]string // with a header
}

// trainReported trains it. The inputs decide the heads but for some noise.
func trainReported(t testing.TB, more ...string) *reported {
	t.Helper()
	r := &reported{folder: t.TempDir()}
	draw := random.New(1, "reported")
	lines := [][]string{strings.Split("size,colour,note,kind,weight,ok,tags,part", ",")}
	r.test = append(r.test, lines[0])
	for i := range 420 {
		bits := draw.Bits(uint64(i))
		size, colour := bits%50, []string{"red", "green", "blue"}[bits>>8%3]
		line := []string{fmt.Sprint(size), colour, fmt.Sprintf("%s thing %d", colour, bits>>24%9),
			[]string{"a", "b", "c", "d"}[size/13], fmt.Sprint(float64(size)/4 + 1 + float64(bits>>12%5)),
			[]string{"no", "yes"}[bits>>9%3/2], []string{";", "warm", "cold;warm"}[bits>>8%3],
			"train"}
		if bits>>16%7 == 0 {
			line[3] = "b"
		}
		if bits>>28%8 == 0 {
			line[6] = "cold"
		}
		if bits>>20%4 == 0 {
			line[3+bits>>23%4] = ""
		}
		switch i % 6 {
		case 1:
			line[7] = "validation"
		case 2:
			line[7] = "test"
			if i%60 == 2 {
				line[3] = "new" // a class that training lacks
			}
			r.test = append(r.test, line)
		}
		lines = append(lines, line)
	}
	writeRows(t, filepath.Join(r.folder, "rows.csv"), lines)
	writeRows(t, filepath.Join(r.folder, "test.csv"), r.test)
	file := writeFile(t, r.folder, "own.yaml", []byte(strings.Join(append([]string{
		"data: rows.csv", "inputs: {size: number, colour: category, note: text}", "heads:",
		"  kind: category", "  weight: number", "  ok: binary", "  tags: labels",
		"split: {by: column, column: part}", "train: {epochs: 9}",
	}, more...), "\n")+"\n"))
	r.run = filepath.Join(r.folder, "run")
	out, _ := mustCall(t, "train", file, "--out", r.run)
	checkContains(t, out, "report: "+filepath.Join(r.run, report.FileName)+"\n")
	return r
}

func writeRows(t testing.TB, path string, lines [][]string) {
	t.Helper()
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if err := csv.NewWriter(file).WriteAll(lines); err != nil {
		t.Fatal(err)
	}
}

// answers predicts rows and returns the columns of the answers by name.
func (r *reported) answers(t testing.TB, rows [][]string) map[string][]string {
	t.Helper()
	in, out := filepath.Join(r.folder, "in.csv"), filepath.Join(r.folder, "answers.csv")
	writeRows(t, in, rows)
	os.Remove(out)
	mustCall(t, "predict", r.run, "--in", in, "--out", out, "--probabilities")
	return byColumn(readCSV(t, out))
}

func byColumn(lines [][]string) map[string][]string {
	columns := map[string][]string{}
	for i, name := range lines[0] {
		for _, line := range lines[1:] {
			columns[name] = append(columns[name], line[i])
		}
	}
	return columns
}

// Each figure of the report follows from what braid predict answers.
func TestReportFigures(t *testing.T) {
	r := trainReported(t)
	p := readPage(t, filepath.Join(r.run, report.FileName))
	answers, truths := r.answers(t, r.test), byColumn(r.test)
	results := map[string]string{}
	head := ""
	for _, row := range p.table("results", "figures") {
		head = cmp.Or(row[0], head)
		metric := strings.TrimSuffix(row[1], "within two standard errors of guessing") // a remark
		results[head+" "+strings.TrimSpace(metric)] = row[2]
		if row[0] != "" {
			known := 0
			for _, cell := range truths[head] {
				if cell != "" {
					known++
				}
			}
			same(t, head+": rows known", row[4], float64(known))
		}
	}
	if len(results) != 3+3+4+3 {
		t.Fatalf("the results are %v", results)
	}
	checkClassHead(t, p, "head-1", "kind", results, answers, truths)
	checkNumberHead(t, p, "head-2", "weight", results, answers, truths)
	checkClassHead(t, p, "head-3", "ok", results, answers, truths)
	checkLabelsHead(t, p, "head-4", "tags", results, answers, truths)
	r.checkGuesses(t, p)
	r.checkShuffled(t, p)
	r.checkColumns(t, p)
}

// checkColumns counts missing cells in the test part, and the values in all parts.
func (r *reported) checkColumns(t *testing.T, p *pageOf) {
	t.Helper()
	gaps := map[string]string{}
	for _, row := range p.table("data", "gaps") {
		gaps[row[0]], _, _ = strings.Cut(row[5], " ")
	}
	test, all := byColumn(r.test), byColumn(readCSV(t, filepath.Join(r.folder, "rows.csv")))
	facts := p.table("data", "facts")
	if len(facts) != 3+4 {
		t.Fatalf("the columns are %q", facts)
	}
	for _, row := range facts {
		name, missing := row[0], 0
		for _, cell := range test[name] {
			if cell == "" {
				missing++
			}
		}
		if got := cmp.Or(gaps[name], "–"); got != "–" || missing > 0 {
			same(t, name+": missing cells", got, float64(missing))
		}
		counts := map[string]int{}
		for i, cell := range all[name] {
			// A row without any label is in no part.
			labels := all["kind"][i] + all["weight"][i] + all["ok"][i] + all["tags"][i]
			if cell != "" && labels != "" {
				counts[cell]++
			}
		}
		same(t, name+": distinct values", row[3], float64(len(counts)))
		switch name {
		case "size", "weight":
			var list []float64
			for cell, n := range counts {
				list = append(list, slices.Repeat([]float64{numberIn(t, cell)}, n)...)
			}
			slices.Sort(list)
			want := fmt.Sprintf("%v to %v, median %v", list[0], list[len(list)-1], list[(len(list)-1)/2])
			if row[4] != want {
				t.Errorf("%s has %s, want %s", name, row[4], want)
			}
		case "note":
			sum, n := 0, 0
			for cell, rows := range counts {
				sum, n = sum+rows*len(cell), n+rows
			}
			same(t, "mean length", row[4][strings.LastIndex(row[4], " ")+1:], float64(sum)/float64(n))
		case "tags": // cold;warm, warm, cold, or none
			warm := counts["cold;warm"] + counts["warm"]
			cold := counts["cold;warm"] + counts["cold"]
			if want := fmt.Sprintf("warm (%d), cold (%d)", warm, cold); row[4] != want {
				t.Errorf("%s has %s, want %s", name, row[4], want)
			}
		default:
			for _, found := range regexp.MustCompile(`(\w+) \((\d+)\)`).FindAllStringSubmatch(row[4], -1) {
				same(t, name+" "+found[1], found[2], float64(counts[found[1]]))
				delete(counts, found[1])
			}
			if len(counts) > 0 {
				t.Errorf("%s lacks %v in %s", name, counts, row[4])
			}
		}
	}
}

// checkClassHead checks a head of classes: its accuracy, matrix, classes, calibration and mistakes.
func checkClassHead(
	t *testing.T, p *pageOf, id, head string, results map[string]string,
	answers, truths map[string][]string,
) {
	t.Helper()
	type pair struct{ truth, answer string }
	matrix := map[pair]int{}
	rows, predicted := map[string]int{}, map[string]int{}
	known, right, worst, mistakes := 0, 0, 0.0, 0
	var binRows, binRight, binSum [10]float64
	for i, truth := range truths[head] {
		if truth == "" {
			continue
		}
		answer, probability := answers[head][i], numberIn(t, answers[head+"_probability"][i])
		known++
		matrix[pair{truth, answer}]++
		rows[truth]++
		predicted[answer]++
		isRight := truth == answer
		if isRight {
			right++
		} else {
			worst, mistakes = max(worst, probability), mistakes+1
		}
		if head == "ok" { // of a yes, not of the answer
			probability, isRight = numberIn(t, answers["ok_p_yes"][i]), truth == "yes"
		}
		bin := min(int(probability*10), 9)
		binRows[bin]++
		binSum[bin] += probability
		if isRight {
			binRight[bin]++
		}
	}
	same(t, head+": accuracy", results[head+" accuracy"], float64(right)/float64(known))
	f1, recall := 0.0, 0.0
	for _, row := range p.table(id, "classes") {
		class := row[0]
		hit := float64(matrix[pair{class, class}])
		if predicted[class] > 0 {
			same(t, class+": precision", row[1], hit/float64(predicted[class]))
		} else if row[1] != "n/a" {
			t.Errorf("%s: precision is %s", class, row[1])
		}
		if rows[class] > 0 {
			same(t, class+": recall", row[2], hit/float64(rows[class]))
			recall += hit / float64(rows[class]) / float64(len(rows))
		}
		f := 2 * hit / float64(rows[class]+predicted[class])
		same(t, class+": F1", row[3], f)
		same(t, class+": rows", row[4], float64(rows[class]))
		same(t, class+": predicted", row[5], float64(predicted[class]))
		f1 += f / float64(len(p.table(id, "classes")))
	}
	same(t, head+": balanced accuracy", results[head+" balanced accuracy"], recall)
	if macro, ok := results[head+" macro F1"]; ok {
		same(t, head+": macro F1", macro, f1)
	}
	table := p.table(id, "confusion")
	shown := 0
	for i, row := range table {
		for j, cell := range row[1:] {
			truth, answer := matrixClass(table[i][0]), matrixClass(table[j][0])
			same(t, truth+" as "+answer, cmp.Or(cell, "0"), float64(matrix[pair{truth, answer}]))
			shown += matrix[pair{truth, answer}]
		}
	}
	if shown != known || len(table) < 2 {
		t.Errorf("%s: the matrix has %d of %d rows", head, shown, known)
	}
	checkBins(t, p, id, binRows, binRight, binSum)
	if mistakes > 0 {
		first := regexp.MustCompile(`(?s)mistakes\s+(?:All|The first 20 of) (\d+) are shown\.` +
			`.*?([\d.]+ %)`).FindStringSubmatch(p.sections[id])
		if first == nil {
			t.Fatalf("%s: no mistakes in %s", head, p.sections[id])
		}
		same(t, head+": mistakes", first[1], float64(mistakes))
		same(t, head+": the most confident mistake", first[2], worst)
	}
	if p.shown[id] != min(mistakes, 20) {
		t.Errorf("%s: %d of %d mistakes are shown", head, p.shown[id], mistakes)
	}
}

func checkBins(t *testing.T, p *pageOf, id string, rows, right, sums [10]float64) {
	t.Helper()
	all, ece := 0.0, 0.0
	for _, n := range rows {
		all += n
	}
	table := p.table(id, "bins")
	for bin, n := range rows {
		if n == 0 {
			continue
		}
		ece += math.Abs(sums[bin]-right[bin]) / all
		if len(table) == 0 {
			t.Fatalf("%s: no bin %d", id, bin)
		}
		row := table[0]
		table = table[1:]
		same(t, id+": bin", row[0], float64(bin)/10)
		same(t, id+": cases", row[2], n)
		same(t, id+": mean probability", row[3], sums[bin]/n)
		same(t, id+": came true", row[4], right[bin]/n)
	}
	got := regexp.MustCompile(`calibration error: (\d\.\d+)`).FindStringSubmatch(p.sections[id])
	if len(table) != 0 || got == nil {
		t.Fatalf("%s: the calibration is %v, and %v is left", id, got, table)
	}
	same(t, id+": calibration error", got[1], ece)
}

func checkNumberHead(
	t *testing.T, p *pageOf, id, head string, results map[string]string,
	answers, truths map[string][]string,
) {
	t.Helper()
	var list []float64
	var absolute, squares, sum, worst float64
	for i, truth := range truths[head] {
		if truth == "" {
			continue
		}
		v := numberIn(t, truth)
		off := numberIn(t, answers[head][i]) - v
		list, sum = append(list, v), sum+v
		absolute, squares = absolute+math.Abs(off), squares+off*off
		if math.Abs(off) > math.Abs(worst) {
			worst = off
		}
	}
	n, spread := float64(len(list)), 0.0
	for _, v := range list {
		spread += (v - sum/n) * (v - sum/n)
	}
	same(t, head+": MAE", results[head+" MAE"], absolute/n)
	same(t, head+": RMSE", results[head+" RMSE"], math.Sqrt(squares/n))
	same(t, head+": R2", results[head+" R2"], 1-squares/spread)
	first := regexp.MustCompile(`off by ([+−\d.]+)`).FindStringSubmatch(p.sections[id])
	if first == nil || p.shown[id] != 20 {
		t.Fatalf("%s: %d errors are shown, the first is %v", head, p.shown[id], first)
	}
	same(t, head+": the largest error", first[1], worst)
}

func checkLabelsHead(
	t *testing.T, p *pageOf, id, head string, results map[string]string,
	answers, truths map[string][]string,
) {
	t.Helper()
	has := func(cell, class string) float64 {
		if slices.Contains(strings.Split(cell, ";"), class) {
			return 1
		}
		return 0
	}
	var binRows, binRight, binSum [10]float64
	known, exact, worst := 0.0, 0.0, 0.0
	hits, rows, predicted := map[string]float64{}, map[string]float64{}, map[string]float64{}
	for i, truth := range truths[head] {
		if truth == "" {
			continue
		}
		known++
		right := true
		for _, class := range []string{"cold", "warm"} {
			yes, says := has(truth, class), has(answers[head][i], class)
			probability := numberIn(t, answers[head+"_p_"+class][i])
			if yes != says {
				right = false
				worst = max(worst, math.Abs(probability-yes))
			}
			hits[class] += yes * says
			rows[class], predicted[class] = rows[class]+yes, predicted[class]+says
			bin := min(int(probability*10), 9)
			binRows[bin]++
			binRight[bin] += yes
			binSum[bin] += probability
		}
		if right {
			exact++
		}
	}
	same(t, head+": subset accuracy", results[head+" subset accuracy"], exact/known)
	for _, row := range p.table(id, "classes") {
		same(t, row[0]+": F1", row[3], 2*hits[row[0]]/(rows[row[0]]+predicted[row[0]]))
		same(t, row[0]+": rows", row[4], rows[row[0]])
	}
	checkBins(t, p, id, binRows, binRight, binSum)
	if p.shown[id] != min(int(known-exact), 20) {
		t.Errorf("%s: %d of %v mistakes are shown", head, p.shown[id], known-exact)
	}
	first := regexp.MustCompile(`(wrong|lacks):? “\w+”, ([\d.]+) %`).FindStringSubmatch(p.sections[id])
	if first == nil {
		t.Fatalf("no label is wrong in %s", p.sections[id])
	}
	if first[1] == "lacks" {
		worst = 1 - worst
	}
	same(t, head+": the label that is most wrong", first[2]+" %", worst)
}

// checkGuesses compares guessing: the class that most training rows have, and their mean number.
func (r *reported) checkGuesses(t *testing.T, p *pageOf) {
	t.Helper()
	all := readCSV(t, filepath.Join(r.folder, "rows.csv"))
	counts := map[string]int{}
	sum, n := 0.0, 0.0
	for _, line := range all[1:] {
		if line[7] != "train" {
			continue
		}
		if line[3] != "" {
			counts[line[3]]++
		}
		if line[4] != "" {
			sum, n = sum+numberIn(t, line[4]), n+1
		}
	}
	most := ""
	for class, n := range counts {
		if n > counts[most] {
			most = class
		}
	}
	var right, known, off, numbers float64
	for _, line := range r.test[1:] {
		if line[3] != "" {
			known++
		}
		if line[3] == most {
			right++
		}
		if line[4] != "" {
			off, numbers = off+math.Abs(numberIn(t, line[4])-sum/n), numbers+1
		}
	}
	table := p.table("results", "figures")
	same(t, "guessing kind", table[0][3], right/known)
	same(t, "guessing weight", table[3][3], off/numbers)
}

// checkShuffled shuffles the cells of each input, and compares what the figures lose.
func (r *reported) checkShuffled(t *testing.T, p *pageOf) {
	t.Helper()
	said := regexp.MustCompile(`among (\d+) rows, (\d+) times`).
		FindStringSubmatch(p.sections["inputs"])
	rows := r.test[1:]
	if said == nil || said[1] != fmt.Sprint(len(rows)) {
		t.Fatalf("shuffled %v, of %d rows", said, len(rows))
	}
	repeats := int(numberIn(t, said[2]))
	truths := byColumn(r.test)
	// figures returns accuracy of kind, mean absolute error of weight, and accuracy of ok.
	figures := func(answers map[string][]string) (list [3]float64) {
		for at, head := range []string{"kind", "weight", "ok"} {
			n := 0.0
			for i, truth := range truths[head] {
				switch answer := answers[head][i]; {
				case truth == "":
					continue
				case head == "weight":
					list[at] += math.Abs(numberIn(t, answer) - numberIn(t, truth))
				case answer == truth:
					list[at]++
				}
				n++
			}
			list[at] /= n
		}
		return list
	}
	full := figures(r.answers(t, r.test))
	table := p.table("inputs", "lost")
	if len(table) != 3 {
		t.Fatalf("the inputs are %q", table)
	}
	for _, line := range table {
		column := slices.Index(r.test[0], line[0])
		var change [3]float64
		for repeat := range repeats {
			order := make([]int32, len(rows))
			random.New(1, "report shuffle", uint64(column), uint64(repeat)).Permutation(order)
			shuffled := [][]string{r.test[0]}
			for i, row := range rows {
				row = slices.Clone(row)
				row[column] = rows[order[i]][column]
				shuffled = append(shuffled, row)
			}
			for i, v := range figures(r.answers(t, shuffled)) {
				change[i] += (v - full[i]) / float64(repeats)
			}
		}
		same(t, line[0]+" for kind", line[1], 100*change[0])
		same(t, line[0]+" for weight", line[2], change[1])
		same(t, line[0]+" for ok", line[3], 100*change[2])
	}
}

package batchpredict

import (
	"fmt"
	"slices"
	"strconv"

	"braid/data"
	"braid/predictor"
	"braid/target"
)

// errorColumn is the column of the answers that says why a row has none.
const errorColumn = "error"

// Header returns the columns of the answers, and tests that the rows have what the model reads: the
// kept columns, and for each head its name, and name_probability and name_p_CLASS for classes.
func (p *Prediction) Header() ([]data.Field, error) {
	p.heads, p.width = heads(p.Model), 0
	var list []data.Field
	for _, name := range p.Keep {
		list = append(list, data.Field{Name: name})
	}
	for i := range p.heads {
		fields := p.fields(&p.heads[i])
		p.heads[i].cell = p.width
		p.width += len(fields)
		list = append(list, fields...)
	}
	if p.OnError == Report {
		list = append(list, data.Field{Name: errorColumn})
	}
	if err := p.Rows.prepare(p); err != nil {
		return nil, err
	}
	return list, p.checkNames(list)
}

// fields returns the columns of a head's answers.
func (p *Prediction) fields(h *head) []data.Field {
	number := func(name string) data.Field {
		return data.Field{Name: h.Column + name, Type: data.NumberField}
	}
	if h.answers == nil {
		width := h.Shape.Size()
		if width == 1 {
			return []data.Field{number("")}
		}
		var list []data.Field
		for i := range width {
			list = append(list, number("_"+strconv.Itoa(i)))
		}
		return list
	}
	list := []data.Field{{Name: h.Column}, number("_probability")}
	if p.Probabilities {
		for _, label := range h.answers {
			list = append(list, number("_p_"+label))
		}
	}
	return list
}

// checkNames tests that no two columns of the answers have one name.
func (p *Prediction) checkNames(list []data.Field) error {
	seen := map[string]bool{}
	for _, field := range list {
		switch {
		case !seen[field.Name]:
			seen[field.Name] = true
		case slices.Contains(p.Keep, field.Name):
			return fmt.Errorf("the answers would have two columns %q: do not keep that column of the rows",
				field.Name)
		case field.Name == errorColumn:
			return fmt.Errorf("the answers would have two columns %q, one of a head: want --on-error skip "+
				"or empty", field.Name)
		case p.Probabilities:
			return fmt.Errorf("the answers would have two columns %q, of different heads or classes: "+
				"predict without all probabilities", field.Name)
		default:
			return fmt.Errorf("the answers would have two columns %q, of different heads", field.Name)
		}
	}
	return nil
}

// answer appends the cells of the answers to a row.
func (p *Prediction) answer(to []string, batch *predictor.Batch, row int) {
	for i, a := range p.Model.Decode(batch, row) {
		h := &p.heads[i]
		switch {
		case h.answers != nil:
			to = append(to, a.Text, probability(a.Probability))
			if p.Probabilities {
				for _, choice := range a.Choices {
					to = append(to, probability(choice.Probability))
				}
			}
		case h.decoder != nil:
			to = append(to, number(a))
		default:
			for _, v := range batch.Output(i, row) {
				to = append(to, probability(float64(v)))
			}
		}
	}
}

// number returns the cell of a number: its text, unless that has a decimal comma.
func number(a target.Answer) string {
	if _, err := strconv.ParseFloat(a.Text, 64); err == nil {
		return a.Text
	}
	return strconv.FormatFloat(a.Number, 'f', -1, 64)
}

// probability returns the shortest text of the same float32.
func probability(p float64) string { return strconv.FormatFloat(p, 'g', -1, 32) }

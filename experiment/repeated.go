package experiment

import "slices"

// Repeated returns the rows of validation and test, by part, whose inputs a training row has, where
// the data say which rows each part has: what training has learnt by heart, they do not measure.
// Inputs that many rows have, as in a table of few categories, do not count.
func (l *Loaded) Repeated() (list [Parts][]int32, err error) {
	if len(l.Data.Train) == 0 && l.Split.By != Column {
		return list, nil
	}
	keys, err := l.inputKeys(l.Frame, slices.Concat(l.Rows[:]...))
	if err != nil {
		return list, err
	}
	copies, trains := map[key]int{}, map[key]bool{}
	for i, k := range keys {
		copies[k]++
		if i < len(l.Rows[TrainPart]) {
			trains[k] = true
		}
	}
	most := manyCopies(len(keys))
	keys = keys[len(l.Rows[TrainPart]):]
	for part := ValidationPart; part < Parts; part++ {
		for i, row := range l.Rows[part] {
			if k := keys[i]; trains[k] && copies[k] <= most {
				list[part] = append(list[part], row)
			}
		}
		keys = keys[len(l.Rows[part]):]
	}
	return list, nil
}

// Package batchpredict answers the rows of a file, however many, in constant memory. It is what braid predict does.
//
// Open opens and unpacks a file. NewIDX makes a Source of its images, with questions and true answers from other
// files; NewJSON makes one of its lines, each of which is an object with all of that. NewTable is how answers are
// written, and a Prediction takes the rows from the one to the other and counts in a Score how many are right:
//
//	file, err := rows.Open(ctx, "rows.jsonl", os.Stdin)
//	source, err := rows.NewJSON(file, model, "odd number", rows.Refuse)
//	table, err := rows.NewTable(model, rows.Format{CSV: true})
//	p := rows.Prediction{Model: model, Source: source, Table: table}
//	score, err := p.Run(ctx, os.Stdout)
//
// Rows go a block at a time (block.go): idx.go or json.go fills it, the model answers it, table.go writes it and
// score.go counts. IDX images have their questions from question.go and their true answers from label.go; a line of
// JSON is read by row.go, its values by internal/value. Beneath are file.go, which unpacks, line.go, which reads lines,
// and input.go and head.go, which know what a model takes and gives.
//
// A row that cannot be answered is a mark in its block, not the end. Errors name the file, the line and what was
// wanted; where a flag of braid predict is the cure, they name it.
package batchpredict

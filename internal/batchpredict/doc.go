// Package batchpredict answers the rows of a file in constant memory, for braid predict.
//
// Open opens a file and decompresses it. NewIDX returns a RowReader of IDX images, with questions
// and true answers from other files. NewJSON returns a RowReader of JSON lines: each is an object
// with the inputs and the true answers of a row. A Prediction answers the rows of a RowReader,
// writes them with a Table, and counts the right answers in a Score:
//
//	file, err := batchpredict.Open(ctx, "rows.jsonl", os.Stdin)
//	reader, err := batchpredict.NewJSON(file, model, "odd number", batchpredict.Refuse)
//	table, err := batchpredict.NewTable(model, batchpredict.Format{CSV: true})
//	p := batchpredict.Prediction{Model: model, Reader: reader, Table: table}
//	score, err := p.Run(ctx, os.Stdout)
//
// Rows are processed in blocks (block.go). The reader, idx.go or json.go, fills a block; the model
// answers it; table.go writes the answers and score.go counts them. With IDX images, question.go
// reads the questions and label.go the true answers. In JSON lines, row.go reads an object and
// internal/value its values. file.go decompresses, line.go splits lines; input.go and head.go
// describe the model's inputs and heads.
//
// A row that cannot be answered is marked in its block. Errors name the file, the line and what was
// wanted; if a flag of braid predict helps, they name the flag.
package batchpredict

// Package data has tables of named columns, which models are trained on, and readers of files.
//
// A Table has numbers, as a network reads them. Before that, rows of people's files are text: a
// Source reads them one after the other, from CSV, JSON lines, NumPy arrays or a folder of images,
// a Frame holds them by column, and a Sink writes them. Package data/datafile opens a file of any
// of these formats, and of Parquet.
//
//	s, err := data.NewCSV(file, "products.csv", data.CSVOptions{})
//	f, err := data.NewFrame()
//	err = f.Append("products.csv", s)
//	prices, err := f.Cells("price")
//	fmt.Println(prices.At(0), f.Place(0)) // 12.50 products.csv:2
package data

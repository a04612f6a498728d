// Package data has tables of named columns, which models are trained on, and readers of IDX files.
package data

// Package data holds what networks learn from: tables of named columns, and the files they come
// from.
package data

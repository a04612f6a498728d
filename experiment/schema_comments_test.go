package experiment

import (
	"cmp"
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
)

// comments are those of the types of this module and their fields.
type comments struct {
	t    *testing.T
	read map[string]map[string]string // by package; of a type, or TYPE.FIELD
}

// of returns the comments of a package.
func (c comments) of(path string) map[string]string {
	if c.read[path] != nil {
		return c.read[path]
	}
	all := map[string]string{}
	c.read[path] = all
	files, err := filepath.Glob(filepath.Join("..", strings.TrimPrefix(path, "braid"), "*.go"))
	if err != nil {
		c.t.Fatal(err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		syntax, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments)
		if err != nil {
			c.t.Fatal(err)
		}
		for _, d := range syntax.Decls {
			group, ok := d.(*ast.GenDecl)
			if !ok || group.Tok != token.TYPE {
				continue
			}
			for _, s := range group.Specs {
				s := s.(*ast.TypeSpec)
				all[s.Name.Name] = cmp.Or(s.Doc.Text(), group.Doc.Text())
				fields, ok := s.Type.(*ast.StructType)
				if !ok {
					continue
				}
				for _, f := range fields.Fields.List {
					for _, name := range f.Names {
						all[s.Name.Name+"."+name.Name] = cmp.Or(f.Doc.Text(), f.Comment.Text())
					}
				}
			}
		}
	}
	return all
}

// fallback matches how comments say what leaving out a field means.
var fallback = regexp.MustCompile(`(?:\b0|\bnil|"") means `)

// typeAbout returns the first sentence of the comment on a type.
func (c comments) typeAbout(of reflect.Type) string {
	about := c.of(of.PkgPath())[of.Name()]
	if about == "" {
		c.t.Errorf("%v has no comment", of)
	}
	return strings.TrimSuffix(new(doc.Package).Synopsis(about), ":")
}

// field returns the comment on a field of a struct, or of a struct within it.
func (c comments) field(of reflect.Type, index []int) string {
	for _, i := range index[:len(index)-1] {
		of = of.Field(i).Type
	}
	name := of.Field(index[len(index)-1]).Name
	about, _, _ := strings.Cut(c.of(of.PkgPath())[of.Name()+"."+name], "\n\n")
	about = strings.TrimSuffix(strings.Join(strings.Fields(about), " "), ":")
	return fallback.ReplaceAllString(about, "default: ")
}

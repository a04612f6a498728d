package experiment

import (
	"cmp"
	"encoding"
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"braid/feature"
)

// comments are those of the types of this module and their fields.
type comments struct {
	t    *testing.T
	read map[string]map[string]string // by package; of a type, TYPE.FIELD, or TYPE=CONSTANT;
	// TYPE= has the type that it is declared by
	list map[string][]string // by PACKAGE.TYPE: its constants, in their order
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
			if ok && group.Tok == token.CONST {
				c.constants(path, group, all)
			}
			if !ok || group.Tok != token.TYPE {
				continue
			}
			for _, s := range group.Specs {
				s := s.(*ast.TypeSpec)
				all[s.Name.Name] = cmp.Or(s.Doc.Text(), group.Doc.Text())
				if same, ok := s.Type.(*ast.Ident); ok {
					all[s.Name.Name+"="] = same.Name
				}
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

// constants reads the comments on the constants of an enumeration.
func (c comments) constants(path string, group *ast.GenDecl, all map[string]string) {
	of, ok := group.Specs[0].(*ast.ValueSpec).Type.(*ast.Ident)
	if !ok {
		return
	}
	for _, s := range group.Specs {
		s := s.(*ast.ValueSpec)
		name, about := s.Names[0].Name, cmp.Or(s.Doc.Text(), s.Comment.Text())
		about, _ = strings.CutPrefix(about, name+" ")
		c.list[path+"."+of.Name] = append(c.list[path+"."+of.Name], name)
		all[of.Name+"="+name] = strings.Join(strings.Fields(about), " ")
	}
}

// values returns what the values of an enumeration mean, "" for another type.
func (c comments) values(of reflect.Type) string {
	about := c.of(of.PkgPath())
	names := c.list[of.PkgPath()+"."+of.Name()]
	_, isText := reflect.New(of).Interface().(encoding.TextMarshaler)
	if of.Kind() != reflect.Uint8 || !isText || len(names) == 0 {
		return ""
	}
	written := make([]string, len(names))
	for i := range names {
		value := reflect.New(of)
		value.Elem().SetUint(uint64(i))
		text, err := value.Interface().(encoding.TextMarshaler).MarshalText()
		if err != nil {
			c.t.Errorf("%v has %d constants: %v", of, len(names), err)
		}
		written[i] = "`" + string(text) + "`"
	}
	var list []string
	for i, name := range names {
		if says := about[of.Name()+"="+name]; says != "" {
			others := slices.Clone(names)
			others[i] = "" // cnn: a CNN over words
			list = append(list, written[i]+": "+strings.TrimSuffix(renamed(says, others, written), "."))
		}
	}
	return strings.Join(list, "; ")
}

// renamed replaces names in a text.
func renamed(text string, from, to []string) string {
	return identifier.ReplaceAllStringFunc(text, func(word string) string {
		if i := slices.Index(from, word); i >= 0 {
			return to[i]
		}
		return word
	})
}

var identifier = regexp.MustCompile(`\b[A-Z]\w*`)

// fallback matches how comments say what leaving out a field means.
var fallback = regexp.MustCompile(`(?:\b0|\bnil|"") means |\bnil: `)

// typeAbout returns the first sentence of the comment on a type.
func (c comments) typeAbout(of reflect.Type) string {
	about := c.of(of.PkgPath())[of.Name()]
	if about == "" {
		c.t.Errorf("%v has no comment", of)
	}
	return strings.TrimSuffix(new(doc.Package).Synopsis(about), ":")
}

// field returns the comment on a field of a struct, or of a struct within it, with the keys of a
// file in place of the names of fields, and with the meaning of the values.
func (c comments) field(of reflect.Type, index []int) string {
	for _, i := range index[:len(index)-1] {
		of = of.Field(i).Type
	}
	field := of.Field(index[len(index)-1])
	all := c.of(of.PkgPath())
	from := cmp.Or(all[of.Name()+"="], of.Name()) // of AdamW: Adam
	about, _, _ := strings.Cut(all[from+"."+field.Name], "\n\n")
	about = strings.TrimSuffix(strings.Join(strings.Fields(about), " "), ":")
	var names, keys []string
	for i := range of.NumField() {
		f := of.Field(i)
		key, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		names, keys = append(names, f.Name), append(keys, "`"+cmp.Or(key, strings.ToLower(f.Name))+"`")
	}
	about = renamed(fallback.ReplaceAllString(about, "default: "), names, keys)
	at := field.Type
	if one, ok := elements[at]; ok {
		at = one
	}
	values := c.values(at)
	if about+values == "" && at.Kind() == reflect.Struct {
		about = c.typeAbout(at)
	}
	if about != "" && values != "" {
		about = strings.TrimSuffix(about, ".") + ". "
	}
	return about + values
}

// elements has the enumerations of which a list is written.
var elements = map[reflect.Type]reflect.Type{
	reflect.TypeFor[feature.DateParts](): reflect.TypeFor[feature.DatePart](),
}

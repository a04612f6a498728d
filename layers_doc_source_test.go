package braid_test

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/doc"
	"go/doc/comment"
	"go/parser"
	"go/token"
	"go/types"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// source is a package of this module: its syntax, and the comments of its exported types.
type source struct {
	t     *testing.T
	name  string
	files []*ast.File
	types map[string]*doc.Type
	docs  *doc.Package
}

// readSource parses the package in a folder, tests excluded.
func readSource(t *testing.T, folder string) *source {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	s, set := &source{t: t, types: map[string]*doc.Type{}}, token.NewFileSet()
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(set, path, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		s.files = append(s.files, file)
		s.name = file.Name.Name
	}
	// The mode leaves the syntax as it is: NewFromFiles removes what is not exported, and bodies.
	const mode = doc.AllDecls | doc.PreserveAST
	if s.docs, err = doc.NewFromFiles(set, s.files, "braid/"+folder, mode); err != nil {
		t.Fatal(err)
	}
	for _, d := range s.docs.Types {
		s.types[d.Name] = d
	}
	return s
}

// each calls visit with each name that the package's var declarations or const declarations bind,
// and its value if there is one.
func (s *source) each(what token.Token, visit func(name string, value ast.Expr)) {
	for _, file := range s.files {
		for _, d := range file.Decls {
			group, ok := d.(*ast.GenDecl)
			if !ok || group.Tok != what {
				continue
			}
			for _, spec := range group.Specs {
				spec := spec.(*ast.ValueSpec)
				for i, name := range spec.Names {
					var value ast.Expr
					if i < len(spec.Values) {
						value = spec.Values[i]
					}
					visit(name.Name, value)
				}
			}
		}
	}
}

// tables returns the tables of kinds: variables whose values are lists of empty literals, such as
// []Layer{Dense{}, Flatten{}}. A list has the names of the literals' types.
func (s *source) tables() map[string][]string {
	found := map[string][]string{}
	s.each(token.VAR, func(name string, value ast.Expr) {
		list, ok := value.(*ast.CompositeLit)
		if !ok {
			return
		}
		var members []string
		for _, e := range list.Elts {
			if pointer, ok := e.(*ast.UnaryExpr); ok {
				e = pointer.X
			}
			member, ok := e.(*ast.CompositeLit)
			if !ok || len(member.Elts) > 0 {
				return
			}
			of, ok := member.Type.(*ast.Ident)
			if !ok {
				return
			}
			members = append(members, of.Name)
		}
		if len(members) > 0 && s.types[members[0]] != nil && s.method(members[0], "Kind") != nil {
			found[name] = members
		}
	})
	return found
}

// method returns the declaration of a method, or nil.
func (s *source) method(of, name string) *ast.FuncDecl {
	for _, m := range s.types[of].Methods {
		if m.Name == name {
			return m.Decl
		}
	}
	return nil
}

// kind returns the name that Kind of a type returns.
func (s *source) kind(of string) string {
	if m := s.method(of, "Kind"); m != nil && len(m.Body.List) == 1 {
		if result, ok := m.Body.List[0].(*ast.ReturnStmt); ok && len(result.Results) == 1 {
			if name, ok := text(result.Results[0]); ok {
				return name
			}
		}
	}
	s.t.Fatalf("%s.%s: Kind returns no string literal", s.name, of)
	return ""
}

// text returns the value of a string literal.
func text(e ast.Expr) (string, bool) {
	literal, ok := e.(*ast.BasicLit)
	if !ok || literal.Kind != token.STRING {
		return "", false
	}
	value, err := strconv.Unquote(literal.Value)
	return value, err == nil
}

// setting is a field of a configuration.
type setting struct {
	name, json string
	of         ast.Expr
	comment    string
}

// settings returns the exported fields of a struct type, with those of embedded structs.
func (s *source) settings(of string) []setting {
	fields, ok := s.underlying(of).(*ast.StructType)
	if !ok {
		return nil
	}
	var list []setting
	for _, f := range fields.Fields.List {
		tag := ""
		if f.Tag != nil {
			quoted, _ := text(f.Tag)
			tag, _, _ = strings.Cut(reflect.StructTag(quoted).Get("json"), ",")
		}
		if len(f.Names) == 0 {
			if embedded, ok := f.Type.(*ast.Ident); ok {
				list = append(list, s.settings(embedded.Name)...)
				continue
			}
			s.t.Fatalf("%s.%s embeds a type of another package", s.name, of)
		}
		about := cmp.Or(f.Doc.Text(), f.Comment.Text())
		for _, name := range f.Names {
			if name.IsExported() && tag != "-" {
				about := strings.Join(strings.Fields(about), " ")
				list = append(list, setting{name.Name, cmp.Or(tag, name.Name), f.Type, about})
			}
		}
	}
	return list
}

// underlying returns the type that a type of the package is declared as, or nil.
func (s *source) underlying(of string) (found ast.Expr) {
	for _, file := range s.files {
		for _, d := range file.Decls {
			group, ok := d.(*ast.GenDecl)
			if !ok {
				continue
			}
			for _, spec := range group.Specs {
				if spec, ok := spec.(*ast.TypeSpec); ok && spec.Name.Name == of {
					found = spec.Type
				}
			}
		}
	}
	if same, ok := found.(*ast.Ident); ok {
		return cmp.Or(s.underlying(same.Name), found)
	}
	return found
}

// choice is a value of a type that is a list of constants.
type choice struct{ name, json, comment string }

// choices returns the constants of a type in their order, with their names in configurations: those
// of a table that is indexed by the constants.
func (s *source) choices(of string) []choice {
	var list []choice
	for _, group := range s.types[of].Consts {
		for _, spec := range group.Decl.Specs {
			spec := spec.(*ast.ValueSpec)
			about := strings.Join(strings.Fields(cmp.Or(spec.Doc.Text(), spec.Comment.Text())), " ")
			for _, name := range spec.Names {
				list = append(list, choice{name.Name, "", about})
			}
		}
	}
	s.each(token.VAR, func(_ string, value ast.Expr) {
		ast.Inspect(value, func(n ast.Node) bool {
			pair, ok := n.(*ast.KeyValueExpr)
			if !ok {
				return true
			}
			if key, ok := pair.Key.(*ast.Ident); ok {
				at := slices.IndexFunc(list, func(c choice) bool { return c.name == key.Name })
				if name, found := firstText(pair.Value); at >= 0 && found {
					list[at].json = name
				}
			}
			return true
		})
	})
	for _, c := range list {
		if c.json == "" {
			s.t.Fatalf("%s.%s has no name in a table of the package", s.name, c.name)
		}
	}
	return list
}

// firstText returns the first string literal in an expression.
func firstText(e ast.Expr) (first string, found bool) {
	ast.Inspect(e, func(n ast.Node) bool {
		if e, ok := n.(ast.Expr); ok && !found {
			first, found = text(e)
		}
		return !found
	})
	return first, found
}

// sentence returns the first sentence of a type's comment. One that ends in a formula, which is a
// block of code, ends before it.
func (s *source) sentence(of string) string {
	first := s.docs.Synopsis(strings.ReplaceAll(s.types[of].Doc, "et al. ", "et al., "))
	if before, ok := strings.CutSuffix(first, ":"); ok {
		return before + "."
	}
	return first
}

// paragraph returns the first paragraph of a type's comment.
func (s *source) paragraph(of string) string {
	first, _, _ := strings.Cut(s.types[of].Doc, "\n\n")
	return strings.Join(strings.Fields(first), " ")
}

// shapes returns the first block of code of a type's comment, if it has the shapes of inputs.
func (s *source) shapes(of string) string {
	for _, b := range s.docs.Parser().Parse(s.types[of].Doc).Content {
		if code, ok := b.(*comment.Code); ok && regexp.MustCompile(`^in +`).MatchString(code.Text) {
			return code.Text
		}
	}
	return ""
}

// sources reads the packages of this module when they are asked for.
type sources struct {
	t    *testing.T
	read map[string]*source
}

func (s sources) get(name string) *source {
	if s.read[name] == nil {
		folder := name
		if name == "braid" {
			folder = "."
		}
		s.read[name] = readSource(s.t, folder)
	}
	return s.read[name]
}

// named is the name of an exported type, and the package that it is seen in.
type named struct{ pkg, name string }

func (n named) String() string { return n.pkg + "." + n.name }

// resolve returns the package and the name that a type is declared with, behind aliases.
func (s sources) resolve(n named) (*source, string) {
	pkg := s.get(n.pkg)
	if alias, ok := pkg.underlying(n.name).(*ast.SelectorExpr); ok {
		return s.resolve(named{types.ExprString(alias.X), alias.Sel.Name})
	}
	if pkg.types[n.name] == nil {
		s.t.Fatalf("%v is no exported type", n)
	}
	return pkg, n.name
}

// mentions returns the exported types in the type of a field of a package.
func mentions(pkg string, of ast.Expr) []named {
	var list []named
	ast.Inspect(of, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			list = append(list, named{types.ExprString(n.X), n.Sel.Name})
			return false
		case *ast.Ident:
			if n.IsExported() {
				list = append(list, named{pkg, n.Name})
			}
		}
		return true
	})
	return list
}

var (
	required = regexp.MustCompile(`(?:^|; )required$`)
	zeroName = regexp.MustCompile(`(?:^|; )default \w+$`)

	zeroMeans = regexp.MustCompile(`(?i)(^|; |\. )(?:0|nil|empty|zero|the zero value)(?: means|:) `)
	// endOfPhrase is where what the zero value means ends within a comment.
	endOfPhrase = regexp.MustCompile(`\. [A-Z]|;`)
)

// fallback splits the comment of a field into what it is about and what the field is by default.
// The default of a field whose comment says nothing is its zero value.
func (s sources) fallback(pkg string, f setting) (about, value string) {
	about = strings.TrimSuffix(f.comment, ".")
	if at := required.FindStringIndex(about); at != nil {
		return about[:at[0]], "required"
	}
	if at := zeroMeans.FindStringIndex(about); at != nil {
		value = about[at[1]:]
		if end := endOfPhrase.FindStringIndex(value); end != nil {
			return about, constant(value[:end[0]])
		}
		return about[:at[0]], constant(value)
	}
	if at := zeroName.FindStringIndex(about); at != nil {
		about = about[:at[0]]
	}
	switch of := f.of.(type) {
	case *ast.Ident, *ast.SelectorExpr:
		for _, n := range mentions(pkg, of) {
			if from, name := s.resolve(n); len(from.types[name].Consts) > 0 {
				return about, code(from.choices(name)[0].json)
			}
		}
	}
	switch types.ExprString(f.of) {
	case "bool":
		return about, code("false")
	case "int", "float64":
		return about, code("0")
	}
	return about, ""
}

// constant writes a number as code and leaves other text.
func constant(text string) string {
	if _, err := strconv.ParseFloat(text, 64); err == nil {
		return code(text)
	}
	return text
}

func code(text string) string { return fmt.Sprintf("`%s`", text) }

// typeText returns a type as Markdown.
func typeText(e ast.Expr) string { return strings.ReplaceAll(types.ExprString(e), "*", `\*`) }

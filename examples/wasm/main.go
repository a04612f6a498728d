// Command wasm makes a static page that answers questions about a drawn digit without a server: the
// network runs in the browser, as WebAssembly. Run it in the checkout:
//
//	braid train digitqa --out seed
//	go run ./examples/wasm -serve localhost:8000 seed/model.safetensors page
package main

import (
	"context"
	"embed"
	"flag"
	"fmt"
	"log"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

func main() {
	serve := flag.String("serve", "", "address at which to serve the folder, such as localhost:8000")
	flag.Usage = func() {
		fmt.Fprintln(flag.CommandLine.Output(), "usage: wasm [-serve ADDRESS] MODEL FOLDER")
		flag.PrintDefaults()
	}
	flag.Parse()
	if flag.NArg() != 2 {
		flag.Usage()
		os.Exit(2)
	}
	if err := write(context.Background(), flag.Arg(0), flag.Arg(1)); err != nil {
		log.Fatal(err)
	}
	fmt.Println("the page is in", flag.Arg(1))
	if *serve != "" {
		fmt.Println("http://" + *serve)
		log.Fatal(http.ListenAndServe(*serve, http.FileServer(http.Dir(flag.Arg(1)))))
	}
}

//go:embed page
var page embed.FS

// write makes the page of a model in a folder.
func write(ctx context.Context, model, folder string) error {
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return err
	}
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", "-s -w",
		"-o", filepath.Join(folder, "braid.wasm"), "braid/examples/wasm/module")
	build.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm")
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("building the module: %w\n%s", err, out)
	}
	root, err := goSays(ctx, "env", "GOROOT")
	if err != nil {
		return err
	}
	pad, err := goSays(ctx, "list", "-f", "{{.Dir}}", "braid/serve")
	if err != nil {
		return err
	}
	for name, from := range map[string]string{
		"model.safetensors": model,
		"wasm_exec.js":      filepath.Join(root, "lib", "wasm", "wasm_exec.js"),
		"pad.js":            filepath.Join(pad, "page", "pad.js"), // those of braid serve
		"style.css":         filepath.Join(pad, "page", "style.css"),
	} {
		content, err := os.ReadFile(from)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(folder, name), content, 0o666); err != nil {
			return err
		}
	}
	for _, name := range []string{"index.html", "demo.js"} {
		content, err := page.ReadFile("page/" + name)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(folder, name), content, 0o666); err != nil {
			return err
		}
	}
	return nil
}

// goSays returns what the go command prints.
func goSays(ctx context.Context, args ...string) (string, error) {
	out, err := exec.CommandContext(ctx, "go", args...).Output()
	if err != nil {
		return "", fmt.Errorf("go %s: %w", strings.Join(args, " "), err)
	}
	return strings.TrimSpace(string(out)), nil
}

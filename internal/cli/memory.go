package cli

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"strconv"
	"strings"

	"braid/modelfile"
)

// Memory of a server besides its models and requests, in bytes. 2,000 connections that had each
// sent a header and 15 KB of a body took 50 KB each, and 110 KB with TLS.
const (
	programPages     = 24 << 20 // the program's pages, outside Go's memory limit; measured: 16 MB
	runtimeMemory    = 16 << 20 // Go's runtime and the buffers of workers
	connectionMemory = 50 << 10
	tlsMemory        = 60 << 10 // additional memory of a connection with TLS
)

// An eighth of the limit stays free, because Go's limit is soft: requests of 10,000 rows, which
// allocate 31 MB at once, raised the heap 13 MB above it. Connections take at most another eighth
// unless --connections is given.
const eighth = 8

// garbage is the memory needed for requests, relative to the memory that they hold: the garbage of
// earlier requests stays until it is collected.
const garbage = 2

// gcPercent is the GOGC of a server below its memory limit. The heap of a small network is 4 MB:
// with the default of 100 a request costs a fifth more time.
const gcPercent = 400

// The default of --memory: a quarter of the machine's memory within these limits, and the models'
// memory. It never exceeds three quarters of the machine's memory.
const (
	defaultShare = 4
	leastDefault = 512e6
	mostDefault  = 1e9
	noMachine    = 1 << 31 // the machine's memory if it is unknown
)

// limitMemory sets Go's memory limit from --memory, its default, or GOMEMLIMIT if that is lower.
// It also sets GOGC unless the user did. restore undoes both.
func (f *serveFlags) limitMemory() (restore func(), err error) {
	models := f.modelMemory()
	least := f.leastMemory(models)
	limit := defaultMemory(machineMemory(), models, least)
	if f.memory != "" {
		if limit, err = parseSize(f.memory); err != nil {
			return nil, usage("--memory: %v", err)
		}
	}
	before := debug.SetMemoryLimit(-1)
	limit = min(limit, before)
	connections := f.connectionsOf(limit)
	if limit < least {
		const format = "--memory is %s, want %s or more: %s for the models, %s for %d connections, " +
			"and four bodies of %s; or lower --connections or --max-body"
		return nil, usage(format, sizeText(limit), sizeText(least), sizeText(models),
			sizeText(connections*f.eachConnection()), connections, sizeText(f.Body))
	}
	f.Connections, f.Memory = int(connections), f.requestMemory(limit, models)
	f.Log.Info("memory",
		"limit", limit, "models", models, "connections", connections, "requests", f.Memory)
	debug.SetMemoryLimit(heapLimit(limit))
	if os.Getenv("GOGC") != "" {
		return func() { debug.SetMemoryLimit(before) }, nil
	}
	percent := debug.SetGCPercent(gcPercent)
	return func() {
		debug.SetMemoryLimit(before)
		debug.SetGCPercent(percent)
	}, nil
}

// leastMemory returns the least limit under which requests can hold four of the largest bodies.
func (f *serveFlags) leastMemory(models int64) int64 {
	limit := models + garbage*4*f.Body
	for f.requestMemory(limit, models) < 4*f.Body {
		limit += 10e6
	}
	return limit
}

// heapLimit returns Go's memory limit for a limit of the process.
func heapLimit(limit int64) int64 { return limit - programPages - limit/eighth }

// requestMemory returns the memory that requests may hold under a limit.
func (f *serveFlags) requestMemory(limit, models int64) int64 {
	connections := f.connectionsOf(limit) * f.eachConnection()
	return (heapLimit(limit) - runtimeMemory - models - connections) / garbage
}

// connectionsOf returns the maximum number of connections under a limit.
func (f *serveFlags) connectionsOf(limit int64) int64 {
	if f.connectionsSet {
		return int64(f.Connections)
	}
	return max(1, min(int64(f.Connections), limit/eighth/f.eachConnection()))
}

// eachConnection returns the memory of one connection.
func (f *serveFlags) eachConnection() int64 {
	if f.Cert != "" {
		return connectionMemory + tlsMemory
	}
	return connectionMemory
}

// modelMemory returns the memory of the models while they are reloaded: the old models, the new
// ones, and their files.
func (f *serveFlags) modelMemory() int64 {
	var size int64
	for _, source := range f.Models {
		path := source.Path
		info, err := os.Stat(path)
		if err == nil && info.IsDir() {
			info, err = os.Stat(filepath.Join(path, modelfile.FileName))
		}
		if err == nil { // otherwise loading the model fails
			size += info.Size()
		}
	}
	return 3 * size
}

// defaultMemory returns the default limit for a machine's memory, the models' memory, and the least
// memory with which the server can run.
func defaultMemory(machine, models, least int64) int64 {
	if machine == 0 {
		machine = noMachine
	}
	limit := min(mostDefault, max(machine/defaultShare, leastDefault)) + models
	return min(max(limit, least), machine/4*3)
}

// sizes are the units of a size, in bytes. A MB is a million bytes, as in SI: the smaller of its
// two common meanings.
var sizes = map[string]float64{
	"": 1, "k": 1e3, "m": 1e6, "g": 1e9, "t": 1e12,
	"ki": 1 << 10, "mi": 1 << 20, "gi": 1 << 30, "ti": 1 << 40,
}

var sizeForm = regexp.MustCompile(`(?i)^([0-9]+(?:\.[0-9]+)?|\.[0-9]+) ?(b|([kmgt]i?)b?)$`)

// parseSize reads a size such as 512MB, 1.5GiB, 2g.
func parseSize(text string) (int64, error) {
	invalid := fmt.Errorf("got %q, want a number and a unit, such as 512MB, 512MiB or 2GB", text)
	parts := sizeForm.FindStringSubmatch(strings.TrimSpace(text))
	if parts == nil {
		return 0, invalid
	}
	number, err := strconv.ParseFloat(parts[1], 64)
	if err != nil {
		return 0, invalid
	}
	if number *= sizes[strings.ToLower(parts[3])]; number >= math.MaxInt64 {
		return 0, fmt.Errorf("got %q, which is more than any machine has", text)
	}
	return int64(number), nil
}

// sizeText writes a size in MB, rounded up.
func sizeText(bytes int64) string { return fmt.Sprintf("%.0fMB", math.Ceil(float64(bytes)/1e6)) }

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

// Memory of a server besides its models and what requests hold, in bytes. 2,000 connections, each in
// the middle of a request with a header and a body of 15 KB, took 50 KB each, and 110 KB with TLS.
const (
	programPages     = 24 << 20 // the program itself, which Go's memory limit does not count; 16 MB were seen
	runtimeMemory    = 16 << 20 // Go's runtime, and what it keeps for computing
	connectionMemory = 50 << 10
	tlsMemory        = 60 << 10 // besides, with TLS
)

// An eighth of the limit is kept free, because Go's limit is a soft one: with 10,000 rows a request, 31
// MB that are allocated at once, the heap went 13 MB above it. Connections, where their number is not
// given, take another eighth at most.
const eighth = 8

// garbage is how much more memory than requests hold there must be for them: what they held before
// lies there until it is collected.
const garbage = 2

// gcPercent is how much garbage there is for each byte in use before it is collected, in percent, while
// the memory limit allows it. A small network answers from 4 MB: with Go's usual 100 a request costs a
// fifth more.
const gcPercent = 400

// The default of --memory.
const (
	defaultShare = 4       // of the machine's memory
	leastDefault = 512e6   // but no less, where that is no more than three quarters of the machine's
	mostDefault  = 1e9     // and no more, besides the models
	noMachine    = 1 << 31 // where nobody knows what the machine has
)

// limitMemory has the process keep to the memory that the flag gives, or to the default, but in any
// case to GOMEMLIMIT. GOGC stays as the user set it. The returned function undoes it.
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
		return nil, usage("--memory is %s, want %s or more: %s for the models, %s for %d connections, "+
			"and four bodies of %s; or lower --connections or --max-body", sizeText(limit), sizeText(least),
			sizeText(models), sizeText(connections*f.eachConnection()), connections, sizeText(f.Body))
	}
	f.Connections, f.Memory = int(connections), f.requestMemory(limit, models)
	f.Log.Info("memory", "limit", limit, "models", models, "connections", connections, "requests", f.Memory)
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

// leastMemory is the least limit with which four of the largest bodies can be held.
func (f *serveFlags) leastMemory(models int64) int64 {
	limit := models + garbage*4*f.Body
	for f.requestMemory(limit, models) < 4*f.Body {
		limit += 10e6
	}
	return limit
}

// heapLimit is Go's memory limit for a limit of the process.
func heapLimit(limit int64) int64 { return limit - programPages - limit/eighth }

// requestMemory is what requests may hold of a limit.
func (f *serveFlags) requestMemory(limit, models int64) int64 {
	connections := f.connectionsOf(limit) * f.eachConnection()
	return (heapLimit(limit) - runtimeMemory - models - connections) / garbage
}

// connectionsOf is how many connections there may be with a limit.
func (f *serveFlags) connectionsOf(limit int64) int64 {
	if f.connectionsSet {
		return int64(f.Connections)
	}
	return max(1, min(int64(f.Connections), limit/eighth/f.eachConnection()))
}

func (f *serveFlags) eachConnection() int64 {
	if f.Cert != "" {
		return connectionMemory + tlsMemory
	}
	return connectionMemory
}

// modelMemory is the memory of the models: of one that answers, and of the one that takes its turn, with
// its file.
func (f *serveFlags) modelMemory() int64 {
	var size int64
	for _, source := range f.Models {
		path := source.Path
		info, err := os.Stat(path)
		if err == nil && info.IsDir() {
			info, err = os.Stat(filepath.Join(path, modelfile.FileName))
		}
		if err == nil { // else loading it fails
			size += info.Size()
		}
	}
	return 3 * size
}

// defaultMemory is the limit for a machine that has so much memory, and a server that needs as much as
// least.
func defaultMemory(machine, models, least int64) int64 {
	if machine == 0 {
		machine = noMachine
	}
	limit := min(mostDefault, max(machine/defaultShare, leastDefault)) + models
	return min(max(limit, least), machine/4*3)
}

// sizes are the units of a size, in bytes. A MB is a million bytes, as in SI: no larger than what
// anybody may mean.
var sizes = map[string]float64{
	"": 1, "k": 1e3, "m": 1e6, "g": 1e9, "t": 1e12, "ki": 1 << 10, "mi": 1 << 20, "gi": 1 << 30, "ti": 1 << 40,
}

var sizeForm = regexp.MustCompile(`(?i)^([0-9]+(?:\.[0-9]+)?|\.[0-9]+) ?(b|([kmgt]i?)b?)$`)

// parseSize reads a size such as 512MB, 1.5GiB, 2g.
func parseSize(text string) (int64, error) {
	wrong := fmt.Errorf("got %q, want a number and a unit, such as 512MB, 512MiB or 2GB", text)
	parts := sizeForm.FindStringSubmatch(strings.TrimSpace(text))
	if parts == nil {
		return 0, wrong
	}
	number, err := strconv.ParseFloat(parts[1], 64)
	if err != nil {
		return 0, wrong
	}
	if number *= sizes[strings.ToLower(parts[3])]; number >= math.MaxInt64 {
		return 0, fmt.Errorf("got %q, which is more than any machine has", text)
	}
	return int64(number), nil
}

// sizeText writes a size in MB.
func sizeText(bytes int64) string { return fmt.Sprintf("%.0fMB", math.Ceil(float64(bytes)/1e6)) }

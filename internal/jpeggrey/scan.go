package jpeggrey

import (
	"errors"
	"fmt"
)

// mostScans is the maximum number of scans of a progressive image. libjpeg writes 10, mozjpeg's
// search up to 20.
const mostScans = 64

// scan is a pass over blocks of some components.
type scan struct {
	bitReader
	progressive bool
	flat        bool
	first, last int // coefficients, in zigzag order
	shift       int // the bit that the scan ends with
	refines     bool
	run         int // number of blocks without further coefficients: EOBRUN
	components  []scanned
}

type scanned struct {
	*component
	dc, ac *codes
	level  int32 // the DC of the last block
}

// scan reads a scan's header and decodes the scan. It skips one that brightness does not depend on.
func (j *Decoder) scan(header []byte) error {
	s := &scan{progressive: j.progressive, flat: j.flat, last: 63}
	if j.scans++; j.scans > mostScans {
		return fmt.Errorf("want at most %d: save it anew", mostScans)
	}
	if err := j.readScan(s, header); err != nil {
		return err
	}
	if err := j.checkOrder(s); err != nil {
		return err
	}
	wanted := false
	for _, c := range s.components {
		wanted = wanted || c.plane != nil
	}
	if !wanted || s.first > 0 && j.flat {
		return nil // next looks for the next marker
	}
	if err := j.count(s); err != nil {
		return err
	}
	s.bitReader = bitReader{content: j.content, at: j.at}
	err := j.blocks(s)
	j.at = s.at
	for _, c := range s.components {
		c.done = !j.progressive
	}
	return err
}

var errScanHeader = errors.New("its header is wrong")

// readScan reads the header of a scan: components and their tables, coefficients and bits.
func (j *Decoder) readScan(s *scan, header []byte) (err error) {
	if len(header) < 6 || len(header) != 4+2*int(header[0]) || int(header[0]) > len(j.components) {
		return errScanHeader
	}
	end := header[len(header)-3:]
	if j.progressive {
		s.first, s.last, s.shift, s.refines = int(end[0]), int(end[1]), int(end[2]&15), end[2]>>4 > 0
		switch high := int(end[2] >> 4); {
		case s.first > s.last, s.last > 63, s.first == 0 && s.last > 0, s.shift > 13,
			s.refines && high != s.shift+1, s.first > 0 && header[0] != 1:
			return errScanHeader
		}
	}
	for h := header[1 : len(header)-3]; len(h) > 0; h = h[2:] {
		c := scanned{}
		for i := range j.components {
			if j.components[i].id == h[0] {
				c.component = &j.components[i]
			}
		}
		if c.component == nil || h[1]>>4 > 3 || h[1]&15 > 3 {
			return errScanHeader
		}
		for _, other := range s.components {
			if other.component == c.component {
				return errScanHeader
			}
		}
		if s.first == 0 && !s.refines {
			if c.dc, err = newCodes(j.huffman[0][h[1]>>4]); err != nil {
				return err
			}
		}
		if s.last > 0 {
			if c.ac, err = newCodes(j.huffman[1][h[1]&15]); err != nil {
				return err
			}
			c.ac.withValues()
		}
		j.quantize(c.component)
		s.components = append(s.components, c)
	}
	return nil
}

// quantize sets a component's quantization, from the tables at its first scan.
func (j *Decoder) quantize(c *component) {
	if c.scaled {
		return
	}
	c.scaled = true
	for k, q := range j.quantum[c.quantum] {
		c.scale[k] = float32(q) * factor[natural[k]]
	}
}

// mostVisits is the maximum number of scans of a component of a large progressive image. The
// luminance has 6 to 10 scans with libjpeg and mozjpeg.
const mostVisits = 16

// checkOrder bounds the work: each bit of a coefficient is sent once, the highest first, and each
// component of a sequential image has one scan.
func (j *Decoder) checkOrder(s *scan) error {
	for _, c := range s.components {
		if c.done {
			return fmt.Errorf("component %d is sent twice", c.id)
		}
		if !j.progressive {
			continue
		}
		for k := s.first; k <= s.last; k++ {
			want := unsent
			if s.refines {
				want = s.shift + 1
			}
			if int(c.lowest[k]) != want {
				return fmt.Errorf("coefficient %d of component %d is sent twice, "+
					"or not from its highest bit on", k, c.id)
			}
			c.lowest[k] = int8(s.shift)
		}
	}
	return nil
}

// count counts the scans of a large image and limits them.
func (j *Decoder) count(s *scan) error {
	for _, c := range s.components {
		if c.visits++; c.visits > mostVisits && c.columns*c.rows > fewBlocks {
			return fmt.Errorf("component %d has more than %d scans: save the image anew", c.id, mostVisits)
		}
	}
	return nil
}

// fewBlocks is the number of blocks, of 2 million pixels, that are cheap in any number of scans.
const fewBlocks = 1 << 15

// blocks decodes the units of a scan. If it has one component, a unit is a block.
func (j *Decoder) blocks(s *scan) error {
	alone := len(s.components) == 1
	across, down := j.unitsAcross, j.unitsDown
	if alone {
		across, down = s.components[0].columns, s.components[0].rows
	}
	more, restarts := j.interval, 0 // units before the next restart marker, and markers so far
	for y := range down {
		for x := range across {
			if j.interval > 0 {
				if more == 0 {
					if err := s.restart(restarts); err != nil {
						return err
					}
					more, restarts = j.interval, restarts+1
				}
				more--
			}
			for i := range s.components {
				c := &s.components[i]
				if alone {
					s.block(c, x, y)
					continue
				}
				for row := range c.down {
					for column := range c.across {
						s.block(c, x*c.across+column, y*c.down+row)
					}
				}
			}
			if s.missing() {
				return errCutShort
			}
		}
	}
	return nil
}

// restart reads the next restart marker and resets the state of the scan.
func (s *scan) restart(number int) error {
	if err := s.bitReader.restart(number); err != nil {
		return err
	}
	s.run = 0
	for i := range s.components {
		s.components[i].level = 0
	}
	return nil
}

// block decodes a block.
func (s *scan) block(c *scanned, column, row int) {
	if !s.progressive {
		s.sequential(c, column, row)
		return
	}
	at := row*c.stride + column
	switch {
	case s.first > 0 && s.refines:
		s.refineAC(c, at)
	case s.first > 0:
		s.firstAC(c, at)
	case s.refines:
		if bit := s.bit(); c.plane != nil {
			c.coefficients[at*c.perBlock] |= int16(bit << s.shift)
		}
	default:
		c.level += s.difference(c.dc)
		if c.plane != nil {
			c.coefficients[at*c.perBlock] = int16(c.level << s.shift)
		}
	}
}

// sequential decodes a block and adds it to its plane.
func (s *scan) sequential(c *scanned, column, row int) {
	c.level += s.difference(c.dc)
	if c.plane == nil || s.flat {
		s.skipAC(c.ac)
		if c.plane != nil {
			c.plane.fill(8*column, 8*row, 8, c.mean(c.level))
		}
		return
	}
	var block [64]float32
	for k := 1; k < 64; k++ {
		run, v, end := s.coefficient(c.ac)
		if end {
			break
		}
		if k += run; k < 64 {
			block[natural[k]] = float32(v) * c.scale[k]
		}
	}
	c.show(column, row, c.level, &block)
}

// coefficient reads a run of zeros and the coefficient after it, which is 0 after 15 zeros. end is
// true, and there is no coefficient, at the end of a block.
func (s *scan) coefficient(ac *codes) (run int, v int32, end bool) {
	s.reserve()
	if e := ac.values[s.bits>>(64-shortCode)]; e.bits > 0 {
		s.bits <<= e.bits
		s.n -= int(e.bits)
		return int(e.run), int32(e.value), false
	}
	symbol := s.symbol(ac)
	run, size := symbol>>4, symbol&15
	return run, s.signed(size), size == 0 && run < 15
}

// skipAC skips the coefficients of a block.
func (s *scan) skipAC(ac *codes) {
	for k := 1; k < 64; k++ {
		run, _, end := s.coefficient(ac)
		if end {
			return
		}
		k += run
	}
}

// difference reads the difference of a DC from the last one.
func (s *scan) difference(dc *codes) int32 {
	size := s.symbol(dc)
	if size > 16 {
		s.short = true
		return 0
	}
	return s.signed(size)
}

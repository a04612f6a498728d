package jpeggrey

// firstAC reads coefficients of a block that had none.
func (s *scan) firstAC(c *scanned, at int) {
	if s.run > 0 {
		s.run--
		return
	}
	block := c.coefficients[at*64:][:64]
	for k := s.first; k <= s.last; k++ {
		run, v, end := s.coefficient(c.ac)
		if end {
			s.run = 1<<run + int(s.take(run)) - 1
			return
		}
		if k += run; v != 0 && k < 64 {
			block[k] = int16(v << s.shift)
			c.ends[at] = max(c.ends[at], uint8(k+1))
		}
	}
}

// refineAC adds a bit to the coefficients that are not 0, and sets others: see T.81, G.1.2.3.
func (s *scan) refineAC(c *scanned, at int) {
	block := c.coefficients[at*64:][:64]
	k := s.first
	for s.run == 0 && k <= s.last {
		symbol := s.symbol(c.ac)
		run, size := symbol>>4, symbol&15
		value := int16(0)
		if size == 0 && run < 15 {
			s.run = 1<<run + int(s.take(run))
			break
		}
		if size > 0 {
			value = int16(2*s.take(1)-1) << s.shift
		}
		for ; k <= s.last; k++ {
			if block[k] != 0 {
				s.refineAll(block[k : k+1])
			} else if run--; run < 0 {
				block[k] = value
				c.ends[at] = max(c.ends[at], uint8(k+1))
				k++
				break
			}
		}
	}
	if s.run > 0 {
		s.run--
		if end := min(s.last+1, int(c.ends[at])); k < end {
			s.refineAll(block[k:end])
		}
	}
}

// refineAll adds a bit to each coefficient that is not 0, away from it.
func (s *scan) refineAll(block []int16) {
	bits, n := s.bits, s.n
	for i, v := range block {
		if v == 0 {
			continue
		}
		if n < 1 {
			s.bits, s.n = bits, n
			s.fill()
			bits, n = s.bits, s.n
		}
		sign := v >> 15
		block[i] = v + (int16(bits>>63)<<s.shift ^ sign - sign)
		bits <<= 1
		n--
	}
	s.bits, s.n = bits, n
}

// reconstruct adds the blocks of a progressive image after all scans have been read.
func (j *Decoder) reconstruct() {
	for i := range j.components {
		c := &j.components[i]
		if c.plane == nil {
			continue
		}
		for block := range c.columns * c.rows {
			column, row := block%c.columns, block/c.columns
			from := c.coefficients[(row*c.stride+column)*c.perBlock:][:c.perBlock]
			if j.flat {
				c.plane.fill(8*column, 8*row, 8, c.mean(int32(from[0])))
				continue
			}
			var to [64]float32
			for k, v := range from {
				to[natural[k]] = float32(v) * c.scale[k]
			}
			c.show(column, row, int32(from[0]), &to)
		}
	}
}

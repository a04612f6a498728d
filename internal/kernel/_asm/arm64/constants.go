package arm64

// constants are those of one function. Its table has the repeated ones first, eight times each, and
// then the single ones.
type constants struct {
	repeated []uint32
	address  R // of the table

	single []uint32
	fours  []V // with four of single in their lanes
	kept   []uint32
	keptIn []V // with one of kept in all lanes
}

// index returns the index of bits in the list, to which it adds them if they are not in it.
func index(list *[]uint32, bits uint32) int {
	for i, b := range *list {
		if b == bits {
			return i
		}
	}
	*list = append(*list, bits)
	return len(*list) - 1
}

// Constant returns the lane of a register with a constant, given by its bits.
func Constant(bits uint32) Lane {
	c := &current.constants
	i := index(&c.single, bits)
	if i/4 == len(c.fours) {
		c.fours = append(c.fours, NewV())
	}
	return c.fours[i/4].Lane(i % 4)
}

// Kept returns a register with a constant in all lanes. The function loads it once, as it starts,
// and nothing may overwrite it.
func Kept(bits uint32) V {
	c := &current.constants
	i := index(&c.kept, bits)
	if i == len(c.keptIn) {
		c.keptIn = append(c.keptIn, NewV())
		if bits != 0 {
			Constant(bits)
		}
	}
	return c.keptIn[i]
}

// Copies returns new registers with a constant in all lanes, which it loads from memory, two with
// one instruction.
func Copies(bits uint32, count int) []V {
	c := &current.constants
	if c.repeated == nil {
		c.address = NewR()
	}
	from := c.address.At(32 * index(&c.repeated, bits))
	var list []V
	for len(list) < count {
		v := NewV()
		list = append(list, v)
		if len(list) == count {
			LDRQ(v, from)
			break
		}
		w := NewV()
		list = append(list, w)
		LDPQ(v, w, from)
	}
	return list
}

// loadConstants puts the loads of the constants in front of the function.
func (f *function) loadConstants() {
	c := &f.constants
	if len(c.single)+len(c.kept)+len(c.repeated) == 0 {
		return
	}
	body := f.nodes
	f.nodes = nil
	if len(c.single)+len(c.repeated) > 0 {
		var words []uint32
		for _, bits := range c.repeated {
			for range 8 {
				words = append(words, bits)
			}
		}
		if c.repeated == nil {
			c.address = NewR()
		}
		addressOf(c.address, f.name+"Constants", append(words, c.single...))
		for i, v := range c.fours {
			LDRQ(v, c.address.At(4*len(words)+16*i))
		}
	}
	for i, bits := range c.kept {
		if bits == 0 {
			VMOVI(c.keptIn[i], 0)
		} else {
			DUP(c.keptIn[i], Constant(bits))
		}
	}
	f.nodes = append(f.nodes, body...)
}

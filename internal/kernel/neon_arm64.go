//go:build !purego

package kernel

// neon is the set for arm64, whose vector registers hold four numbers.
var neon = func() Set {
	all := assembled("neon", &dotsTiles{}, &lanesTiles{}, &indirectTiles{}, functions{
		exp: expNEON, add: addNEON,
	})
	// Until every kernel is in assembly the others are those of the reference.
	set := reference
	set.Name = all.Name
	set.Exp, set.Add = all.Exp, all.Add
	return set
}()

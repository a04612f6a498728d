//go:build !race && !purego

package digit_test

const slow = false

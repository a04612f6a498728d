//go:build race || purego

package vision_test

const slow = true

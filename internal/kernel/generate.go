package kernel

//go:generate -command asm go run -C _asm . -pkg kernel
//go:generate asm -set AVX2 -out ../avx2_amd64.s -stubs ../avx2_stubs_amd64.go
//go:generate asm -set AVX512 -out ../avx512_amd64.s -stubs ../avx512_stubs_amd64.go
//go:generate go run -C _asm ./neon -out ../neon_arm64.s -stubs ../neon_stubs_arm64.go

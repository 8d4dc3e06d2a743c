package main

import "os"

//go:noinline
func depth(from int) int {
	return depth(from+1) + 1
}

func main() {
	os.Exit(depth(0))
}

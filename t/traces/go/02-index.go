package main

import "os"

//go:noinline
func price(prices []int, item int) int {
	return prices[item]
}

func main() {
	os.Exit(price([]int{10, 20, 30}, len(os.Args)+4))
}

package main

import (
	"errors"
	"fmt"
)

func closeAll() {
	panic(fmt.Errorf("close: %w", errors.New("disk full")))
}

func cleanUp() {
	defer closeAll()
	if reason := recover(); reason != nil {
		panic(fmt.Sprint("order 17: ", reason))
	}
}

func main() {
	defer cleanUp()
	var totals map[string]int
	totals["a"] = 1
}

package main

import (
	"fmt"
	"log"
)

func read(value interface{}) int {
	defer func() {
		if reason := recover(); reason != nil {
			log.Panicf("order 17: %v", reason)
		}
	}()
	return value.(int)
}

func main() {
	fmt.Println(read("seven"))
}

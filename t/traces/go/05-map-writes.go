package main

import "time"

var stock = map[int]int{}

func write() {
	for i := 0; ; i++ {
		stock[i%8] = i
	}
}

func main() {
	for i := 0; i < 4; i++ {
		go write()
	}
	time.Sleep(time.Minute)
}

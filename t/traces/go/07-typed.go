package main

import "os"

type Code int

type Reason string

func stop(code int) {
	defer func() {
		panic(Reason("out of \"stock\""))
	}()
	panic(Code(code))
}

func main() {
	stop(len(os.Args))
}

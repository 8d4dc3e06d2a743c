package main

import "errors"

func load() error {
	return errors.New("bad configuration:\n  line 3: no = in \"listen\"\n\nsee goroutine.conf(5)")
}

func main() {
	if err := load(); err != nil {
		panic(err)
	}
}

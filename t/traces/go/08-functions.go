package main

import (
	"fmt"
	"strings"
)

type number interface{ ~int }

type list[T number] struct {
	values []T
}

func (l *list[T]) each(f func(T)) {
	for _, value := range l.values {
		f(value)
	}
}

var check = func(value int) {
	if value > 2 {
		panic(fmt.Errorf("%d is too large", value))
	}
}

func each[T number](values []T, f func(T)) {
	(&list[T]{values}).each(f)
}

func main() {
	strings.Map(func(letter rune) rune {
		each([]int{1, 2, int(letter)}, func(value int) { check(value) })
		return letter
	}, "a")
}

package main

import "sort"

type order struct {
	number int
}

func main() {
	orders := []*order{{3}, nil, {1}}
	sort.Slice(orders, func(i, j int) bool {
		return orders[i].number < orders[j].number
	})
}

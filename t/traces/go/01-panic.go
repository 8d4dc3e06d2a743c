package main

type cart struct {
	items []int
}

func (c *cart) add(item int) {
	if item < 0 {
		panic("no such item: -1")
	}
	c.items = append(c.items, item)
}

func main() {
	c := &cart{}
	for item := 1; item >= -1; item-- {
		c.add(item)
	}
}

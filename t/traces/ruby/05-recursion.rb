# Recursion without an end: the middle of the trace is left out by Ruby.
def descend(node)
  descend(node[:child])
end

tree = {}
tree[:child] = tree
descend(tree)

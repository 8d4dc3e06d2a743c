# A mistake of syntax in the program itself.
def total(items)
  items.sum { |item| item[:price]
end

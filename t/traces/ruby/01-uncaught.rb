# An uncaught error below blocks and a constructor.
class Cart
  def initialize(items)
    @items = items
  end

  def total
    @items.sum { |item| price(item) }
  end

  private

  def price(item)
    Integer(item[:price])
  end
end

def page
  [Cart.new([{ price: '12.50' }])].each do |cart|
    puts cart.total
  end
end

page

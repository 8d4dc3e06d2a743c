# A message of several lines.
class Invalid < StandardError
  def initialize(problems)
    super("order is invalid\n" + problems.map { |problem| "- #{problem}" }.join("\n"))
  end
end

def check(order)
  raise Invalid, ['no address', 'no items'] if order.empty?
end

check({})

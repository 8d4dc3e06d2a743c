# The order that Ruby 2.5 to 2.7 used on a terminal: the most recent call last.
def inner
  Float('x')
end

def outer
  inner
rescue ArgumentError
  raise KeyError, 'no number'
end

begin
  outer
rescue KeyError => e
  $stderr.print e.full_message(highlight: false, order: :bottom)
end

# A method that nil does not have: error_highlight shows the place.
User = Struct.new(:name)

def greet(user)
  "Hello #{user.name.capitalise}"
end

puts greet(User.new('ada'))

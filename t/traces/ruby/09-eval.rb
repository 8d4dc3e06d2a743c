# Code made from text, with and without a name for it; ERB.
require 'erb'

def render(template, user)
  ERB.new(template).result(binding)
end

eval('render("Hello <%= user.fetch(:name) %>", {})')

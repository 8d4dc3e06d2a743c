# The standard library is not the site's code.
require 'json'
require 'set'

def load(text)
  JSON.parse(text)
end

Set.new(['{"id":']).each { |text| load(text) }

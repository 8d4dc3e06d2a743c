# Errors that are caught and logged by the standard Logger.
require 'logger'

def charge(amount)
  raise ArgumentError, "declined: #{amount}"
end

begin
  charge(12)
rescue ArgumentError => e
  Logger.new($stderr).error(e)
end

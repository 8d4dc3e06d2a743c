# Errors without a message.
class Stop < StandardError
  def message
    ''
  end
end

def stop
  raise Stop
end

stop

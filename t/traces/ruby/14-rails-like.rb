# What frameworks write: the class, the message, the backtrace.
module Admin
  class OrdersController
    def index
      nil.each_order
    end
  end
end

def call
  Admin::OrdersController.new.index
rescue NoMethodError => e
  warn "#{e.class} (#{e.message.lines.first.chomp}):\n  \n#{e.backtrace.join("\n")}"
end

call

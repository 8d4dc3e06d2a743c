# A thread that ends by an error, which its owner meets again.
def work(queue)
  queue.each { |job| job.call }
end

thread = Thread.new { work([-> { raise 'job failed' }]) }
thread.join

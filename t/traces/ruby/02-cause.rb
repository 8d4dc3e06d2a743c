# An error raised while another was being handled, twice.
class PageError < StandardError; end

module Store
  class QueryError < RuntimeError; end

  def self.connect(host)
    raise IOError, "no route to #{host}"
  end

  def self.query(sql)
    connect('db1')
  rescue IOError
    raise QueryError, "no answer to #{sql}"
  end
end

def page
  Store.query('SELECT 1')
rescue Store::QueryError
  raise PageError, 'page failed'
end

page

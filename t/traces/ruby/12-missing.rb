# A required file that is not there.
def settings
  require '/srv/app/settings'
end

settings

#!/usr/bin/env perl
# Sends the client's request on to another page of the site, as CGI's local redirect does.
use strict;
use warnings;

print "Location: /index.html\n\n";

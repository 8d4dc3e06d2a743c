#!/usr/bin/env perl
# Answers with the status that the query names and says nothing about why.
use strict;
use warnings;

my ($status) = ($ENV{QUERY_STRING} // '') =~ /^(\d{3})/;
$status //= 200;
print "Status: $status\nContent-Type: text/plain\n\nstatus $status\n";

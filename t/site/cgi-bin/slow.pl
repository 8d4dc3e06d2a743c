#!/usr/bin/env perl
# Answers after the seconds that the query names.
use strict;
use warnings;

my ($seconds) = ($ENV{QUERY_STRING} // '') =~ /^([\d.]+)/;
select(undef, undef, undef, $seconds // 1);
print "Content-Type: text/plain\n\nat last\n";

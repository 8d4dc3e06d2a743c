#!/usr/bin/env perl
# Licensed under the Apache License, Version 2.0; see the file LICENSE.
#
# The report of a day of the week; dies for anything else.
use strict;
use warnings;

my %visitors = (monday => 12, tuesday => 40, wednesday => 31, thursday => 8, friday => 77);
my ($day) = ($ENV{QUERY_STRING} // '') =~ /day=(\w+)/;
my $count = $visitors{ $day // 'monday' } // die "no report for $day\n";
print "Content-Type: text/plain\n\n$day: $count visitors\n";

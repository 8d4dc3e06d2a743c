#!/usr/bin/env perl
# Answers with its environment, one variable a line.
use strict;
use warnings;

print "Content-Type: text/plain\n\n";
print "$_=$ENV{$_}\n" for sort keys %ENV;

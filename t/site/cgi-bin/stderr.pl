#!/usr/bin/env perl
# Writes its request body to standard error, then answers.
use strict;
use warnings;

read(STDIN, my $text, $ENV{CONTENT_LENGTH} // 0);
print STDERR (($text // '') . "\n"); # in one write
print "Content-Type: text/plain\n\nsaid\n";

#!/usr/bin/env perl
# Dies before it has answered.
use strict;
use warnings;

die "the back room is on fire\n";

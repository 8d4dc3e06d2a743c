use strict;
use warnings;

sub check {
    die "the order has faults:\n  no tea\n  no cake";
}

check();

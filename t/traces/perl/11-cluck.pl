use strict;
use warnings;
use Carp qw(cluck);

my @sorted = sort { compare($a, $b) } 2, 1;

sub compare {
    cluck('slow');
    return $_[0] <=> $_[1];
}

use strict;
use warnings;
no warnings 'recursion';
use Carp qw(confess);

sub descend {
    my ($depth) = @_;

    confess('at the bottom') unless $depth;
    return descend($depth - 1);
}

descend(150);

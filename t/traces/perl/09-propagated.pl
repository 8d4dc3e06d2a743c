use strict;
use warnings;

sub connect_to {
    die "connection to $_[0] refused";
}

sub store {
    eval { connect_to('stock'); 1 } or die;
}

store();

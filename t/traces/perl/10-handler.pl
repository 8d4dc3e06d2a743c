use strict;
use warnings;
use Carp;

$SIG{__DIE__} = \&Carp::confess;

sub share {
    my ($sum, $count) = @_;

    return $sum / $count;
}

print share(100, 0), "\n";

use strict;
use warnings;
use Carp;

my $code = 'sub made { Carp::confess("made of text") } 1';
eval $code or die;

sub run {
    return eval 'made(@_)' // die $@;
}

run(1, 2, 3, 4, 5, 6, 7, 8, 9);

use strict;
use warnings;
use Carp;

#line 40 "/usr/share/perl5/Acme/Client.pm"
package Acme::Client {
    sub get {
        my ($class, $parse) = @_;

        return $parse->('{');
    }
}

#line 20 "/srv/app/14-library.pl"
package main;

sub fetch {
    return Acme::Client->get(sub { Carp::confess("cannot read '$_[0]'") });
}

fetch();
